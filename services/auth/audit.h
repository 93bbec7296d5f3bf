/* One line of the audit log: a JSON object with time, peer, action, service, address, result
 * and reason. What a peer chose is escaped. */
#ifndef AUTH_AUDIT_H
#define AUTH_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log_line.h"

struct auth_audit_record {
	uint64_t unix_ms;
	const char *peer;    /* base58 */
	const char *action;  /* "connect", "dial", "service"; "add", "remove" for edits by message,
	                      * "added",  "removed" by other edits */
	const char *service; /* or "" */
	const char *address; /* or "" */
	bool allowed;        /* result "allow" or "deny" */
	const char *reason;
};

/* Writes the line with its newline into line->text, line->len bytes. */
void auth_audit_format(const struct auth_audit_record *record, struct pu_log_line *line);

#endif
