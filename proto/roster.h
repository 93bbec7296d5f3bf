/* Who is who on this machine. The supervisor writes each child's pid into a
 * shared page that every child maps read-only (descriptor 4); the kernel names
 * the pid of whoever sent a message. What a sender claims is never asked. */
#ifndef PU_PROTO_ROSTER_H
#define PU_PROTO_ROSTER_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* Senders and receivers of messages. PU_SERVICE_USER is any process of the same
 * user (or root) that is not a service: the CLI, scripts, SDKs. */
enum pu_service {
	PU_SERVICE_USER = 0,
	PU_SERVICE_SUPERVISOR,
	PU_SERVICE_AUTH,
	PU_SERVICE_TRANSPORT,
	PU_SERVICE_NAMING,
	PU_SERVICE_PROXY,
	PU_SERVICE_COUNT,
};

#define PU_ROSTER_FD 4

/* "auth", "transport", ...; "user" for PU_SERVICE_USER. */
const char *pu_service_name(enum pu_service service);
/* PU_ENOTFOUND for an unknown name. */
enum pu_err pu_service_by_name(const char *name, enum pu_service *service) PU_MUST_CHECK;

struct pu_roster; /* the shared page */

/* Supervisor: creates the page; *fd is what children inherit as PU_ROSTER_FD
 * (they cannot make it writable). */
enum pu_err pu_roster_create(struct pu_roster **roster, int *fd) PU_MUST_CHECK;
void pu_roster_set(struct pu_roster *roster, enum pu_service service, pid_t pid);

/* Service: maps the inherited page. PU_ENOTFOUND when there is none (started by hand):
 * then every sender of the right user is PU_SERVICE_USER. */
enum pu_err pu_roster_open(int fd, const struct pu_roster **roster) PU_MUST_CHECK;
/* roster may be NULL. */
enum pu_service pu_roster_find(const struct pu_roster *roster, pid_t pid);

#endif
