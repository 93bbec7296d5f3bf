/* Knows what a user can do about each way in which a forwarded connection fails. */
#include "reason.h"

#include <stdio.h>

static void print_not_authorized(const struct proxy_reason *reason, char *out)
{
	const char *self = reason->self[0] != '\0' ? reason->self : "<the ID that whoami prints>";

	snprintf(out, PROXY_TEXT_MAX,
	         "%s does not let you use %s: on %s run 'peerup auth add %s', or add this ID to "
	         "the service's allowed_peers",
	         reason->peer, reason->service, reason->peer, self);
}

static void print_timeout(const struct proxy_reason *reason, char *out)
{
	if (reason->opened)
		snprintf(out, PROXY_TEXT_MAX,
		         "%s is there, but the program behind its service %s does not answer",
		         reason->peer, reason->service);
	else
		snprintf(out, PROXY_TEXT_MAX,
		         "%s did not answer in time: is it on? 'peerup ping %s' tells", reason->peer,
		         reason->peer);
}

const char *proxy_reason_print(const struct proxy_reason *reason, char out[PROXY_TEXT_MAX])
{
	const char *peer = reason->peer, *service = reason->service;

	if (reason->err == PU_ENOTAUTHORIZED)
		print_not_authorized(reason, out);
	else if (reason->err == PU_EFORBIDDEN)
		snprintf(
		    out, PROXY_TEXT_MAX,
		    "this node does not authorize %s: 'peerup auth add' with its peer ID lets it in",
		    peer);
	else if (reason->err == PU_ENOTFOUND)
		snprintf(out, PROXY_TEXT_MAX,
		         "%s has no service %s: 'peerup services %s' lists what it offers", peer,
		         service, peer);
	else if (reason->err == PU_EREFUSED)
		snprintf(out, PROXY_TEXT_MAX,
		         "%s is there, but the program behind its service %s is not running", peer,
		         service);
	else if (reason->err == PU_ETIMEOUT)
		print_timeout(reason, out);
	else if (reason->err == PU_EUNREACHABLE)
		snprintf(
		    out, PROXY_TEXT_MAX,
		    "%s cannot be reached: is it on, and does 'peerup peer list' have its address?",
		    peer);
	else if (reason->err == PU_ELIMIT)
		snprintf(out, PROXY_TEXT_MAX, "too many connections: %s", reason->text);
	else if (reason->err == PU_ECLOSED)
		snprintf(out, PROXY_TEXT_MAX, "the connection to %s was cut: %s", peer, reason->text);
	else
		snprintf(out, PROXY_TEXT_MAX, "%s failed at %s: %s", service, peer,
		         reason->text[0] != '\0' ? reason->text : pu_strerror(reason->err));
	return out;
}
