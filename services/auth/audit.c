/* Knows the form of a line of the audit log. */
#include "audit.h"

#include "trust/rfc3339.h"

static void add(struct pu_log_line *line, const char *key, const char *value)
{
	pu_log_line_add(line, pu_bytes_of_str(key), pu_bytes_of_str(value), false);
}

void auth_audit_format(const struct auth_audit_record *record, struct pu_log_line *line)
{
	char time[PU_RFC3339_TEXT_MAX];

	pu_log_line_begin(line, PU_LOG_JSON);
	add(line, "time", pu_rfc3339_print(record->unix_ms, time));
	add(line, "peer", record->peer);
	add(line, "action", record->action);
	add(line, "service", record->service);
	add(line, "address", record->address);
	add(line, "result", record->allowed ? "allow" : "deny");
	add(line, "reason", record->reason);
	pu_log_line_end(line);
}
