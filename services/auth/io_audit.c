/* Knows how the audit log is kept on disk, and what to do when the disk refuses. */
#include "io_audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"

/* Says it once, until a line gets through again. */
static void note_loss(struct auth_audit *audit, const char *what, int errnum)
{
	if (audit->lost++ == 0)
		pu_error("auth.audit_failed", "path=%s doing=%s error=%s", audit->path, what,
		         strerror(errnum));
}

/* 0, or an errno value. Not blocking: opening a FIFO would wait for its reader. */
static int open_file(struct auth_audit *audit)
{
	struct stat st;
	int fd =
	    open(audit->path,
	         O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK,
	         S_IRUSR | S_IWUSR);

	if (fd < 0)
		return errno;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return EINVAL;
	}
	audit->fd = fd;
	audit->size = (uint64_t)st.st_size;
	return 0;
}

static void close_file(struct auth_audit *audit)
{
	if (audit->fd >= 0)
		close(audit->fd);
	audit->fd = -1;
}

void auth_audit_init(struct auth_audit *audit, const char *path)
{
	*audit = (struct auth_audit){.fd = -1, .rotate_bytes = AUTH_AUDIT_ROTATE_BYTES};
	auth_audit_reopen(audit, path);
}

void auth_audit_fini(struct auth_audit *audit)
{
	if (audit->path == NULL)
		return;
	close_file(audit);
	pu_free(audit->path);
	audit->path = NULL;
}

void auth_audit_reopen(struct auth_audit *audit, const char *path)
{
	char *copy = pu_strdup(path);
	int errnum;

	auth_audit_fini(audit);
	audit->path = copy;
	errnum = open_file(audit);
	if (errnum != 0)
		pu_error("auth.audit_failed", "path=%s doing=open error=%s", path, strerror(errnum));
}

/* 0, or an errno value; then the old file is still the current one. */
static int rotate(struct auth_audit *audit)
{
	char *old = pu_asprintf("%s.1", audit->path);
	int errnum = rename(audit->path, old) == 0 ? 0 : errno;

	pu_free(old);
	if (errnum != 0 && errnum != ENOENT)
		return errnum;
	close_file(audit);
	return open_file(audit);
}

/* A line that was written in part is taken back, so that the next one begins a line. */
static int append(struct auth_audit *audit, const struct pu_log_line *line)
{
	ssize_t done;
	int errnum;

	do
		done = write(audit->fd, line->text, line->len);
	while (done < 0 && errno == EINTR);
	if (done == (ssize_t)line->len) {
		audit->size += line->len;
		return 0;
	}
	errnum = done < 0 ? errno : ENOSPC;
	if (done > 0 && ftruncate(audit->fd, (off_t)audit->size) != 0)
		audit->size += (uint64_t)done;
	return errnum;
}

static bool make_ready(struct auth_audit *audit, size_t len)
{
	int errnum = 0;
	const char *what = "open";

	if (audit->fd < 0) {
		errnum = open_file(audit);
	} else if (audit->size > 0 && audit->size + len > audit->rotate_bytes) {
		what = "rotate";
		errnum = rotate(audit);
	}
	if (errnum != 0)
		note_loss(audit, what, errnum);
	return errnum == 0;
}

void auth_audit_write(struct auth_audit *audit, const struct auth_audit_record *record)
{
	struct pu_log_line line;
	int errnum;

	auth_audit_format(record, &line);
	if (!make_ready(audit, line.len))
		return;
	errnum = append(audit, &line);
	if (errnum != 0) {
		note_loss(audit, "write", errnum);
		return;
	}
	if (audit->lost > 0)
		pu_warn("auth.audit_resumed", "path=%s lost=%llu", audit->path,
		        (unsigned long long)audit->lost);
	audit->lost = 0;
}
