/* Error codes shared by every peerup library and process. */
#ifndef PU_BASE_ERROR_H
#define PU_BASE_ERROR_H

#include <stdbool.h>

/* What a fallible function returns. Another library's error is mapped to one
 * of these once, in the file that calls that library. Outputs of a function
 * that does not return PU_OK are left untouched. */
enum pu_err {
	PU_OK = 0,
	PU_EINVAL,         /* an argument or field has an impossible value */
	PU_EMALFORMED,     /* bytes that do not follow their format */
	PU_ETRUNCATED,     /* bytes end before their format does */
	PU_ELIMIT,         /* a named bound would be exceeded */
	PU_ENOTFOUND,      /* no such peer, service, key, file, ... */
	PU_EEXIST,         /* already there */
	PU_ENOTAUTHORIZED, /* policy says no */
	PU_EFORBIDDEN,     /* our own policy says no, where a peer's might have */
	PU_EUNSUPPORTED,   /* understood, but not offered */
	PU_EUNREACHABLE,   /* no address led to the peer */
	PU_EREFUSED,       /* the other side said no */
	PU_ETIMEOUT,       /* the deadline passed */
	PU_ECLOSED,        /* the other end is gone */
	PU_EAGAIN,         /* nothing now; ask again when told */
	PU_EBUSY,          /* in use by somebody else */
	PU_EPERM,          /* the system refused: ownership, mode, sandbox */
	PU_EIO,            /* the system failed: disk, descriptor, ... */
	PU_ENOSPACE,       /* no space left for a file */
	PU_EREADONLY,      /* a file system that is read-only */
	PU_ECRYPTO,        /* a signature, certificate or key did not verify */
	PU_EPROTOCOL,      /* the peer broke its protocol */
	PU_EINTERNAL,      /* a library failed in a way we cannot name */
};

#define PU_MUST_CHECK __attribute__((warn_unused_result))

/* A short lower-case text without a full stop, for people. */
const char *pu_strerror(enum pu_err err);

/* The stable code that error messages carry ("not_authorized"), and back.
 * pu_err_from_code() answers PU_EINTERNAL for a code that it does not know. */
const char *pu_err_code(enum pu_err err);
enum pu_err pu_err_from_code(const char *code);

/* A policy says no, the peer's or our own. */
bool pu_err_is_denial(enum pu_err err);

/* The pu_err for an errno value. */
enum pu_err pu_err_from_errno(int errnum);
/* The same for files and what else has a bound of its own: PU_ELIMIT is that bound. That the
 * machine has no descriptor or memory left is PU_EIO here: it may pass. Only here PU_ENOSPACE
 * (else PU_EIO) and PU_EREADONLY (else PU_EPERM): it is a file that could not be written. */
enum pu_err pu_err_from_errno_io(int errnum);

#endif
