/* The order in which a process gives up what it does not need. */
#include "skeleton/sandbox.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/log.h"

/* Asks for `wanted` descriptors; less is no reason not to start. */
static void raise_files(unsigned wanted)
{
	struct rlimit limit;

	if (wanted == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
		pu_warn("sandbox.files", "wanted=%u have=%llu", wanted,
		        (unsigned long long)limit.rlim_cur);
}

enum pu_err skeleton_sandbox_enter(const struct skeleton_sandbox *sandbox,
                                   const struct pu_config *config)
{
	const struct rlimit none = {0, 0};

	raise_files(sandbox->allowed.files_max);
	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return pu_err_from_errno(errno);
	enum pu_err err = skeleton_landlock_enter(sandbox, config);
	pu_debug("sandbox.landlock", "state=%s", err == PU_OK ? "on" : pu_strerror(err));
	if (err != PU_OK && err != PU_EUNSUPPORTED)
		return err;
	err = skeleton_seccomp_enter(&sandbox->allowed);
	pu_debug("sandbox.seccomp", "state=%s", err == PU_OK ? "on" : pu_strerror(err));
	return err;
}
