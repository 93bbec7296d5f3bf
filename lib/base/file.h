/* Whole small files: bounded reads, atomic writes, locks, private modes. PU_ELIMIT speaks of
 * the file; that the machine has no descriptor or memory left is PU_EIO.
 * What writes can end with PU_ENOSPACE and PU_EREADONLY. */
#ifndef PU_BASE_FILE_H
#define PU_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/error.h"

/* Reads a regular file of at most out->max bytes (PU_ELIMIT beyond).
 * With `must_be_private`, PU_EPERM when group or others have any access. */
enum pu_err pu_file_read(const char *path, bool must_be_private,
                         struct pu_buffer *out) PU_MUST_CHECK;

/* Temporary file in the same directory (mode 0600), fsync, rename, fsync of the
 * directory. On any error the old file is untouched and no temporary file is left. */
enum pu_err pu_file_write(const char *path, struct pu_bytes content) PU_MUST_CHECK;

/* Creates the directory (and its parents) with mode 0700; PU_EPERM when it exists and
 * is not ours or others may write to it. */
enum pu_err pu_dir_ensure(const char *path) PU_MUST_CHECK;

/* Exclusive advisory lock on `<path>.lock`, waiting at most timeout_ms: what every
 * program that edits `path` holds from read to write. PU_ETIMEOUT. */
struct pu_file_lock {
	int fd; /* -1 = not held */
};
enum pu_err pu_file_lock(struct pu_file_lock *lock, const char *path,
                         unsigned timeout_ms) PU_MUST_CHECK;
void pu_file_unlock(struct pu_file_lock *lock);

/* `path` if absolute, else `<directory of base>/path`. Owned by the caller. */
char *pu_path_resolve(const char *base, const char *path);
/* "a/b/c.yaml" -> "a/b". Owned by the caller. */
char *pu_path_dir(const char *path);
/* The same from the root on, or if the current directory cannot be told as it is. Owned by the
 * caller. */
char *pu_path_absolute(const char *path);
/* "~" or "~/x": in $HOME, or without one in the home directory that the system knows; NULL: it
 * knows none. Else the path as it is. Owned by the caller. */
char *pu_path_expand(const char *path);

#endif
