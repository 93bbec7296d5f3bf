/* The audit log as a file: appended to, reopened, rotated. Nothing that goes wrong with it
 * stops a decision; it is logged once and counted. */
#ifndef AUTH_IO_AUDIT_H
#define AUTH_IO_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "audit.h"

/* Size at which the file becomes <path>.1 (whose predecessor goes) and a new one begins. */
#define AUTH_AUDIT_ROTATE_BYTES (10 * 1024 * 1024)

struct auth_audit {
	char *path; /* NULL before _init and after _fini */
	int fd;     /* -1 = not open */
	uint64_t size;
	uint64_t rotate_bytes;
	uint64_t lost; /* lines since the last one that was written */
};

/* Opens the file for appending, made with mode 0600. */
void auth_audit_init(struct auth_audit *audit, const char *path);
void auth_audit_fini(struct auth_audit *audit);
/* After SIGHUP: closes the file and opens it anew, under a new path if that changed. */
void auth_audit_reopen(struct auth_audit *audit, const char *path);
void auth_audit_write(struct auth_audit *audit, const struct auth_audit_record *record);

#endif
