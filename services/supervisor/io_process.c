/* What this file knows: how a service's process comes to be, from fork to exec, and how the
 * kernel tells its end and its size. Other threads may exist: between fork and exec
 * only calls that are safe in a signal handler are made. */
#include "io_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "proto/handoff.h"
#include "proto/roster.h"

/* glibc keeps up to seven free blocks of each size for the thread that freed them, for good. Of
 * the large ones that is memory which a service with many quiet connections never sees again:
 * 4 KiB for each of them, measured. */
#define TUNABLES       "GLIBC_TUNABLES=glibc.malloc.tcache_max=520"
#define FIRST_OTHER_FD 5
#define NOT_EXECUTED   127 /* as shells say it */

/* What a service must not inherit: the line to systemd is the supervisor's. */
static const char *const private_variables[] = {
    "NOTIFY_SOCKET=", "WATCHDOG_PID=", "WATCHDOG_USEC=",
    "LISTEN_PID=",    "LISTEN_FDS=",   "LISTEN_FDNAMES="};

struct start {
	const char *const *argv;
	char **environment;
	int control_fd, roster_fd;
	int report_fd; /* closed by a successful exec; else carries errno */
	pid_t parent;
};

static bool is_private(const char *variable)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(private_variables); i++)
		if (strncmp(variable, private_variables[i], strlen(private_variables[i])) == 0)
			return true;
	return false;
}

/* The strings stay environ's own. Whoever sets tunables knows better. */
static char **service_environment(void)
{
	static char tunables[] = TUNABLES;
	size_t len = 0, kept = 0;

	while (environ[len] != NULL)
		len++;
	char **environment = pu_calloc(len + 2, sizeof(*environment));
	for (size_t i = 0; i < len; i++)
		if (!is_private(environ[i]))
			environment[kept++] = environ[i];
	if (getenv("GLIBC_TUNABLES") == NULL)
		environment[kept] = tunables;
	return environment;
}

static void default_signals(void)
{
	sigset_t none;

	for (int signo = 1; signo < NSIG; signo++)
		signal(signo, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* First out of the way of the numbers that they are to get. */
static bool place_descriptors(const struct start *start)
{
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int control_fd = fcntl(start->control_fd, F_DUPFD_CLOEXEC, FIRST_OTHER_FD);
	int roster_fd = fcntl(start->roster_fd, F_DUPFD_CLOEXEC, FIRST_OTHER_FD);

	if (null_fd < 0 || control_fd < 0 || roster_fd < 0)
		return false;
	if (dup2(null_fd, STDIN_FILENO) < 0 || dup2(control_fd, PU_CONTROL_FD) < 0 ||
	    dup2(roster_fd, PU_ROSTER_FD) < 0)
		return false;
	/* Ours are all closed on exec; this is for those that we were given. May be unknown to an
	 * old kernel. */
	(void)close_range(FIRST_OTHER_FD, ~0u, CLOSE_RANGE_CLOEXEC);
	return true;
}

__attribute__((noreturn)) static void become_service(const struct start *start)
{
	setpgid(0, 0);
	default_signals();
	/* The second question: did the parent die before the first was asked? */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == start->parent &&
	    place_descriptors(start))
		execve(start->argv[0], (char *const *)start->argv, start->environment);
	int errnum = errno;
	ssize_t ignored = write(start->report_fd, &errnum, sizeof(errnum));
	(void)ignored;
	_exit(NOT_EXECUTED);
}

/* Waits for exec or its failure. */
static enum pu_err read_report(int fd, pid_t pid)
{
	int errnum = 0;
	ssize_t got;

	do
		got = read(fd, &errnum, sizeof(errnum));
	while (got < 0 && errno == EINTR);
	if (got != sizeof(errnum))
		return PU_OK;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return pu_err_from_errno(errnum);
}

enum pu_err sup_process_spawn(const char *const argv[], int control_fd, int roster_fd,
                              pid_t *pid)
{
	int report[2];
	struct start start = {
	    .argv = argv, .control_fd = control_fd, .roster_fd = roster_fd, .parent = getpid()};

	if (pipe2(report, O_CLOEXEC) != 0)
		return pu_err_from_errno(errno);
	/* Above the numbers that the service's descriptors get. */
	start.report_fd = fcntl(report[1], F_DUPFD_CLOEXEC, FIRST_OTHER_FD);
	start.environment = service_environment();
	pid_t child = start.report_fd < 0 ? -1 : fork();
	if (child == 0)
		become_service(&start);
	enum pu_err err = child < 0 ? pu_err_from_errno(errno) : PU_OK;
	close(report[1]);
	if (start.report_fd >= 0)
		close(start.report_fd);
	pu_free(start.environment);
	if (err == PU_OK)
		err = read_report(report[0], child);
	close(report[0]);
	if (err == PU_OK)
		*pid = child;
	return err;
}

bool sup_process_reap(pid_t pid, int *wait_status)
{
	return waitpid(pid, wait_status, WNOHANG) == pid;
}

const char *sup_process_describe(int wait_status, char *out, size_t out_size)
{
	if (WIFSIGNALED(wait_status))
		snprintf(out, out_size, "was killed by signal %d (%s)", WTERMSIG(wait_status),
		         strsignal(WTERMSIG(wait_status)));
	else
		snprintf(out, out_size, "exited with status %d", WEXITSTATUS(wait_status));
	return out;
}

/* statm is readable even where a process has made itself undumpable; smaps is not. */
struct sup_memory sup_process_memory(pid_t pid)
{
	char path[64], line[128] = "";
	unsigned long long resident = 0, shared = 0;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return (struct sup_memory){0};
	ssize_t got = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (got <= 0 || sscanf(line, "%*u %llu %llu", &resident, &shared) != 2)
		return (struct sup_memory){0};
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	return (struct sup_memory){.rss_bytes = resident * page,
	                           .private_bytes = (resident - shared) * page};
}
