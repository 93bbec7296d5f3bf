/* authorized_keys on disk. Every edit holds the file's lock from read to write, so that
 * the auth service and commands that work without it never lose each other's edits. */
#ifndef PU_TRUST_AUTHORIZED_KEYS_FILE_H
#define PU_TRUST_AUTHORIZED_KEYS_FILE_H

#include "base/buffer.h"
#include "trust/authorized_keys.h"

/* Reads the file; the caller frees *out. PU_ENOTFOUND: no such file. PU_ELIMIT: too
 * large. PU_EPERM, PU_EIO, PU_EINVAL (not a file). */
enum pu_err pu_authorized_keys_file_load(const char *path,
                                         struct pu_authorized_keys **out) PU_MUST_CHECK;

/* One edit of the file: lock, read, change, replace atomically (mode 0600). Errors: those
 * of the edit, of reading and writing, and PU_ETIMEOUT when another program holds the
 * lock for PU_TRUST_LOCK_MS. On an error the file is as before. */

/* As pu_authorized_keys_add(). The file is made when there is none. */
enum pu_err pu_authorized_keys_file_add(const char *path, const struct pu_peer_id *peer,
                                        const char *comment, uint64_t expires_ms) PU_MUST_CHECK;
/* As pu_authorized_keys_remove(). */
enum pu_err pu_authorized_keys_file_remove(const char *path,
                                           const struct pu_peer_id *peer) PU_MUST_CHECK;
/* As pu_authorized_keys_set(); value NULL removes the attribute. */
enum pu_err pu_authorized_keys_file_set(const char *path, const struct pu_peer_id *peer,
                                        const char *name, const char *value) PU_MUST_CHECK;

#endif
