/* Knows the text and the stable code of every error, and what errno values mean to us. The
 * switches have no `default`: a new error without a text does not compile. */
#include "base/error.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

const char *pu_strerror(enum pu_err err)
{
	switch (err) {
	case PU_OK:
		return "no error";
	case PU_EINVAL:
		return "invalid value";
	case PU_EMALFORMED:
		return "malformed data";
	case PU_ETRUNCATED:
		return "truncated data";
	case PU_ELIMIT:
		return "limit exceeded";
	case PU_ENOTFOUND:
		return "not found";
	case PU_EEXIST:
		return "already exists";
	case PU_ENOTAUTHORIZED:
		return "not authorized";
	case PU_EFORBIDDEN:
		return "not authorized by this node";
	case PU_EUNSUPPORTED:
		return "not supported";
	case PU_EUNREACHABLE:
		return "peer unreachable";
	case PU_EREFUSED:
		return "refused by the other side";
	case PU_ETIMEOUT:
		return "timed out";
	case PU_ECLOSED:
		return "closed by the other end";
	case PU_EAGAIN:
		return "not ready yet";
	case PU_EBUSY:
		return "in use";
	case PU_EPERM:
		return "permission denied";
	case PU_EIO:
		return "input/output error";
	case PU_ENOSPACE:
		return "no space left";
	case PU_EREADONLY:
		return "read-only file system";
	case PU_ECRYPTO:
		return "cryptographic verification failed";
	case PU_EPROTOCOL:
		return "protocol violation";
	case PU_EINTERNAL:
		return "internal error";
	}
	return "unknown error";
}

const char *pu_err_code(enum pu_err err)
{
	switch (err) {
	case PU_OK:
		return "ok";
	case PU_EINVAL:
		return "invalid";
	case PU_EMALFORMED:
		return "malformed";
	case PU_ETRUNCATED:
		return "truncated";
	case PU_ELIMIT:
		return "limit";
	case PU_ENOTFOUND:
		return "not_found";
	case PU_EEXIST:
		return "exists";
	case PU_ENOTAUTHORIZED:
		return "not_authorized";
	case PU_EFORBIDDEN:
		return "forbidden";
	case PU_EUNSUPPORTED:
		return "unsupported";
	case PU_EUNREACHABLE:
		return "unreachable";
	case PU_EREFUSED:
		return "refused";
	case PU_ETIMEOUT:
		return "timeout";
	case PU_ECLOSED:
		return "closed";
	case PU_EAGAIN:
		return "again";
	case PU_EBUSY:
		return "busy";
	case PU_EPERM:
		return "permission";
	case PU_EIO:
		return "io";
	case PU_ENOSPACE:
		return "no_space";
	case PU_EREADONLY:
		return "read_only";
	case PU_ECRYPTO:
		return "crypto";
	case PU_EPROTOCOL:
		return "protocol";
	case PU_EINTERNAL:
		return "internal";
	}
	return "internal";
}

enum pu_err pu_err_from_code(const char *code)
{
	for (enum pu_err err = PU_OK; err < PU_EINTERNAL; err++) {
		if (strcmp(code, pu_err_code(err)) == 0)
			return err;
	}
	return PU_EINTERNAL;
}

bool pu_err_is_denial(enum pu_err err)
{
	return err == PU_ENOTAUTHORIZED || err == PU_EFORBIDDEN;
}

static const struct {
	int errnum;
	enum pu_err err;
} from_errno[] = {
    {0, PU_OK},
    {EINVAL, PU_EINVAL},
    {ENAMETOOLONG, PU_EINVAL},
    {ENOTDIR, PU_EINVAL},
    {EISDIR, PU_EINVAL},
    {EDOM, PU_EINVAL},
    {ERANGE, PU_EINVAL},
    {EILSEQ, PU_EMALFORMED},
    {EBADMSG, PU_EMALFORMED},
    {EMSGSIZE, PU_ELIMIT},
    {EMFILE, PU_ELIMIT},
    {ENFILE, PU_ELIMIT},
    {ENOBUFS, PU_ELIMIT},
    {ENOMEM, PU_ELIMIT},
    {EFBIG, PU_ELIMIT},
    {ENOENT, PU_ENOTFOUND},
    {ENODEV, PU_ENOTFOUND},
    {ENXIO, PU_ENOTFOUND},
    {ESRCH, PU_ENOTFOUND},
    {EEXIST, PU_EEXIST},
    {ENOTEMPTY, PU_EEXIST},
    {ENOSYS, PU_EUNSUPPORTED},
    {EOPNOTSUPP, PU_EUNSUPPORTED},
    {EPROTONOSUPPORT, PU_EUNSUPPORTED},
    {EAFNOSUPPORT, PU_EUNSUPPORTED},
    {ENETUNREACH, PU_EUNREACHABLE},
    {EHOSTUNREACH, PU_EUNREACHABLE},
    {ENETDOWN, PU_EUNREACHABLE},
    {EHOSTDOWN, PU_EUNREACHABLE},
    {ECONNREFUSED, PU_EREFUSED},
    {ETIMEDOUT, PU_ETIMEOUT},
    {EPIPE, PU_ECLOSED},
    {ECONNRESET, PU_ECLOSED},
    {ECONNABORTED, PU_ECLOSED},
    {ENOTCONN, PU_ECLOSED},
    {ESHUTDOWN, PU_ECLOSED},
    {EAGAIN, PU_EAGAIN},
    {EINTR, PU_EAGAIN},
    {EINPROGRESS, PU_EAGAIN},
    {EALREADY, PU_EAGAIN},
    {EBUSY, PU_EBUSY},
    {EADDRINUSE, PU_EBUSY},
    {ETXTBSY, PU_EBUSY},
    {EPERM, PU_EPERM},
    {EACCES, PU_EPERM},
    {EROFS, PU_EPERM},
    {ELOOP, PU_EPERM},
    {EPROTO, PU_EPROTOCOL},
};

enum pu_err pu_err_from_errno(int errnum)
{
	for (size_t i = 0; i < sizeof(from_errno) / sizeof(from_errno[0]); i++) {
		if (from_errno[i].errnum == errnum)
			return from_errno[i].err;
	}
	return PU_EIO;
}

enum pu_err pu_err_from_errno_io(int errnum)
{
	bool is_shortage =
	    errnum == EMFILE || errnum == ENFILE || errnum == ENOMEM || errnum == ENOBUFS;

	if (errnum == ENOSPC || errnum == EDQUOT)
		return PU_ENOSPACE;
	if (errnum == EROFS)
		return PU_EREADONLY;
	return is_shortage ? PU_EIO : pu_err_from_errno(errnum);
}
