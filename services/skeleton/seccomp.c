/* seccomp: the system calls that no service needs, answered with EPERM. A list of what is
 * denied, because libraries change what they call from one version to the next. */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "skeleton/sandbox.h"

/* By name: an architecture or library that does not know one has nothing to deny. */
static const char *const denied[] = {
    /* other programs, other processes */
    "execve",
    "execveat",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "kcmp",
    "pidfd_getfd",
    /* the file system's shape */
    "mount",
    "umount",
    "umount2",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "pivot_root",
    "chroot",
    "quotactl",
    "quotactl_fd",
    "open_by_handle_at",
    "name_to_handle_at",
    "swapon",
    "swapoff",
    "acct",
    /* namespaces */
    "setns",
    "unshare",
    /* the kernel itself */
    "bpf",
    "kexec_load",
    "kexec_file_load",
    "init_module",
    "finit_module",
    "delete_module",
    "reboot",
    "syslog",
    "perf_event_open",
    "userfaultfd",
    "iopl",
    "ioperm",
    "modify_ldt",
    "personality",
    "vhangup",
    "uselib",
    "lookup_dcookie",
    "nfsservctl",
    "vm86",
    "vm86old",
    /* keys, clocks, names */
    "add_key",
    "request_key",
    "keyctl",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "stime",
    "sethostname",
    "setdomainname",
};

/* Calls that go around any such list. */
static const char *const rings[] = {"io_uring_setup", "io_uring_enter", "io_uring_register"};

static const uint64_t namespaces[] = {CLONE_NEWNS,  CLONE_NEWCGROUP, CLONE_NEWUTS,
                                      CLONE_NEWIPC, CLONE_NEWUSER,   CLONE_NEWPID,
                                      CLONE_NEWNET};

static int deny(scmp_filter_ctx filter, const char *name)
{
	int call = seccomp_syscall_resolve_name(name);

	return call == __NR_SCMP_ERROR ? 0
	                               : seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0);
}

static int deny_all(scmp_filter_ctx filter, const char *const names[], size_t len)
{
	int result = 0;

	for (size_t i = 0; i < len && result == 0; i++)
		result = deny(filter, names[i]);
	return result;
}

static int deny_calls(scmp_filter_ctx filter)
{
	int result = deny_all(filter, denied, PU_ARRAY_LEN(denied));

	if (result == 0 && !SKELETON_SANITIZED)
		result = deny(filter, "ptrace");
	return result;
}

/* Denies the call when its first argument compares so. */
static int deny_if(scmp_filter_ctx filter, int errnum, int call, struct scmp_arg_cmp argument)
{
	return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO((uint32_t)errnum), call, 1, &argument);
}

/* clone3's flags are in memory, where a filter cannot look: the C library falls back to clone.
 */
static int deny_namespaces(scmp_filter_ctx filter)
{
	int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	for (size_t i = 0; i < PU_ARRAY_LEN(namespaces) && result == 0; i++)
		result = deny_if(filter, EPERM, SCMP_SYS(clone),
		                 (struct scmp_arg_cmp){.op = SCMP_CMP_MASKED_EQ,
		                                       .datum_a = namespaces[i],
		                                       .datum_b = namespaces[i]});
	return result;
}

static bool family_allowed(int family, const struct pu_sandbox *sandbox)
{
	if (family == AF_UNIX)
		return true;
	return sandbox->inet && (family == AF_INET || family == AF_INET6 || family == AF_NETLINK);
}

static int deny_families(scmp_filter_ctx filter, const struct pu_sandbox *sandbox)
{
	int result = deny_if(filter, EAFNOSUPPORT, SCMP_SYS(socket),
	                     (struct scmp_arg_cmp){.op = SCMP_CMP_GE, .datum_a = AF_MAX});

	for (int family = 0; family < AF_MAX && result == 0; family++)
		if (!family_allowed(family, sandbox))
			result =
			    deny_if(filter, EAFNOSUPPORT, SCMP_SYS(socket),
			            (struct scmp_arg_cmp){.op = SCMP_CMP_EQ, .datum_a = (uint64_t)family});
	return result;
}

static int deny_rings(scmp_filter_ctx filter, const struct pu_sandbox *sandbox)
{
	(void)sandbox;
	return deny_all(filter, rings, PU_ARRAY_LEN(rings));
}

static int deny_the_rest(scmp_filter_ctx filter, const struct pu_sandbox *sandbox)
{
	int result = deny_calls(filter);

	if (result == 0)
		result = deny_namespaces(filter);
	if (result == 0)
		result = deny_families(filter, sandbox);
	return result;
}

/* For all threads that there are. */
static enum pu_err enter(int (*fill)(scmp_filter_ctx filter, const struct pu_sandbox *sandbox),
                         const struct pu_sandbox *sandbox)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (filter == NULL)
		return PU_EINTERNAL;
	int result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (result == 0)
		result = fill(filter, sandbox);
	if (result == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	return result == 0 ? PU_OK : pu_err_from_errno(-result);
}

enum pu_err skeleton_seccomp_no_rings(void)
{
	return enter(deny_rings, NULL);
}

enum pu_err skeleton_seccomp_enter(const struct pu_sandbox *sandbox)
{
	return enter(deny_the_rest, sandbox);
}
