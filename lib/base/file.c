/* Knows how small files are read, replaced and locked so that no reader ever sees half a file
 * and no secret is ever readable by others. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

enum {
	OTHERS_ACCESS = S_IRWXG | S_IRWXO,
	OTHERS_WRITE = S_IWGRP | S_IWOTH,
	LOCK_POLL_MS = 10,
	READ_STEP = 4096,
};

static enum pu_err read_all(int fd, size_t size_hint, struct pu_buffer *out)
{
	size_t step = size_hint > 0 ? size_hint + 1 : READ_STEP;

	for (;;) {
		size_t room = out->max - out->len;
		uint8_t probe;
		ssize_t got;

		if (step < room)
			room = step;
		if (pu_buffer_reserve(out, room) != PU_OK)
			return PU_ELIMIT;
		got = room > 0 ? read(fd, out->data + out->len, room) : read(fd, &probe, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return pu_err_from_errno_io(errno);
		if (got == 0)
			return PU_OK;
		if (room == 0)
			return PU_ELIMIT;
		out->len += (size_t)got;
		step = READ_STEP;
	}
}

static enum pu_err check_and_read(int fd, bool must_be_private, struct pu_buffer *out)
{
	struct stat st;
	size_t before = out->len;
	enum pu_err err;

	if (fstat(fd, &st) != 0)
		return pu_err_from_errno_io(errno);
	if (!S_ISREG(st.st_mode))
		return PU_EINVAL;
	if (must_be_private && (st.st_mode & OTHERS_ACCESS) != 0)
		return PU_EPERM;
	if ((uintmax_t)st.st_size > out->max - out->len)
		return PU_ELIMIT;
	err = read_all(fd, (size_t)st.st_size, out);
	if (err != PU_OK)
		out->len = before;
	return err;
}

enum pu_err pu_file_read(const char *path, bool must_be_private, struct pu_buffer *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	enum pu_err err;

	if (fd < 0)
		return pu_err_from_errno_io(errno);
	err = check_and_read(fd, must_be_private, out);
	close(fd);
	return err;
}

static enum pu_err write_all(int fd, struct pu_bytes content)
{
	while (content.len > 0) {
		ssize_t done = write(fd, content.data, content.len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return pu_err_from_errno_io(errno);
		content = pu_bytes(content.data + done, content.len - (size_t)done);
	}
	return fsync(fd) == 0 ? PU_OK : pu_err_from_errno_io(errno);
}

/* Some file systems cannot sync a directory and say EINVAL: nothing more can be done there. */
static enum pu_err sync_dir(int dir_fd)
{
	return fsync(dir_fd) == 0 || errno == EINVAL ? PU_OK : pu_err_from_errno_io(errno);
}

static enum pu_err replace(int dir_fd, const char *path, struct pu_bytes content)
{
	char *temporary = pu_asprintf("%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC);
	enum pu_err err;

	if (fd < 0) {
		err = pu_err_from_errno_io(errno);
		pu_free(temporary);
		return err;
	}
	err = write_all(fd, content);
	close(fd);
	if (err == PU_OK && rename(temporary, path) != 0)
		err = pu_err_from_errno_io(errno);
	if (err != PU_OK)
		unlink(temporary);
	else
		err = sync_dir(dir_fd);
	pu_free(temporary);
	return err;
}

enum pu_err pu_file_write(const char *path, struct pu_bytes content)
{
	/* A link stays a link: what it points to is replaced. */
	char *target = realpath(path, NULL);
	char *dir;
	int dir_fd;
	enum pu_err err;

	if (target == NULL)
		target = pu_strdup(path);
	dir = pu_path_dir(target);
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0) {
		err = pu_err_from_errno_io(errno);
	} else {
		err = replace(dir_fd, target, content);
		close(dir_fd);
	}
	pu_free(dir);
	pu_free(target);
	return err;
}

static enum pu_err make_parents(const char *path)
{
	char *partial = pu_strdup(path);
	enum pu_err err = PU_OK;

	for (char *at = partial + 1; err == PU_OK && *at != '\0'; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (mkdir(partial, S_IRWXU) != 0 && errno != EEXIST)
			err = pu_err_from_errno_io(errno);
		*at = '/';
	}
	pu_free(partial);
	return err;
}

enum pu_err pu_dir_ensure(const char *path)
{
	struct stat st;
	enum pu_err err;

	if (path[0] == '\0')
		return PU_EINVAL;
	err = make_parents(path);
	if (err != PU_OK)
		return err;
	if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST)
		return pu_err_from_errno_io(errno);
	if (stat(path, &st) != 0)
		return pu_err_from_errno_io(errno);
	if (!S_ISDIR(st.st_mode))
		return PU_EINVAL;
	if (st.st_uid != geteuid() || (st.st_mode & OTHERS_WRITE) != 0)
		return PU_EPERM;
	return PU_OK;
}

static enum pu_err wait_for_lock(int fd, unsigned timeout_ms)
{
	const struct timespec pause = {.tv_nsec = LOCK_POLL_MS * (long)PU_NS_PER_MS};
	uint64_t deadline_ns = pu_now_ns() + timeout_ms * PU_NS_PER_MS;

	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return pu_err_from_errno_io(errno);
		if (pu_now_ns() >= deadline_ns)
			return PU_ETIMEOUT;
		nanosleep(&pause, NULL);
	}
	return PU_OK;
}

enum pu_err pu_file_lock(struct pu_file_lock *lock, const char *path, unsigned timeout_ms)
{
	char *lock_path = pu_asprintf("%s.lock", path);
	int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
	enum pu_err err;

	pu_free(lock_path);
	if (fd < 0)
		return pu_err_from_errno_io(errno);
	err = wait_for_lock(fd, timeout_ms);
	if (err != PU_OK) {
		close(fd);
		return err;
	}
	lock->fd = fd;
	return PU_OK;
}

void pu_file_unlock(struct pu_file_lock *lock)
{
	if (lock->fd >= 0)
		close(lock->fd);
	lock->fd = -1;
}
