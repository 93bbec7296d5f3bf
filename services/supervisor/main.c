/* What this file knows: the order in which the daemon comes up: arguments, configuration, the
 * lock that makes it the only one, the supervisor, the loop. */
#include <getopt.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "io_config.h"
#include "supervisor.h"

enum {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
};

static const char usage[] = "usage: peerup-supervisor [--config PATH]\n"
                            "Starts peerup's services and keeps them running. SIGTERM stops "
                            "them, SIGHUP reads the configuration again.\n";

/* The directory of this program: the services are beside it. NULL: /proc is missing. */
static char *program_dir(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (len <= 0)
		return NULL;
	path[len] = '\0';
	return pu_path_dir(path);
}

/* Answers a status, or -1 to go on. *config_arg borrows from argv. */
static int parse_arguments(int argc, char **argv, const char **config_arg)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
	                                        {"help", no_argument, NULL, 'h'},
	                                        {"version", no_argument, NULL, 'V'},
	                                        {NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "c:hV", options, NULL)) != -1) {
		if (option == 'c') {
			*config_arg = optarg;
		} else if (option == 'h') {
			fputs(usage, stdout);
			return STATUS_OK;
		} else if (option == 'V') {
			puts("peerup-supervisor " PEERUP_VERSION);
			return STATUS_OK;
		} else {
			fputs(usage, stderr);
			return STATUS_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	fputs(usage, stderr);
	return STATUS_USAGE;
}

static enum pu_err load_config(const char *config_arg, struct pu_config *config, int *config_fd)
{
	struct pu_report report = {0};
	char *path;
	enum pu_err err = pu_config_find(config_arg, &path);

	if (err != PU_OK) {
		pu_error("config.missing", "hint=%s", "run `peerup init` or give --config");
		return err;
	}
	err = sup_config_load(path, config, config_fd, &report);
	pu_config_report_print(&report, STDERR_FILENO);
	if (err != PU_OK)
		pu_error("config.refused", "path=%s error=%s", path, pu_strerror(err));
	pu_report_fini(&report);
	pu_free(path);
	return err;
}

/* One daemon for one runtime directory; the kernel lets go of the lock when we end. */
static enum pu_err be_the_only_one(const char *runtime_dir, struct pu_file_lock *lock)
{
	enum pu_err err = pu_dir_ensure(runtime_dir);

	if (err != PU_OK) {
		pu_error("daemon.no_runtime_dir", "path=%s error=%s", runtime_dir,
		         err == PU_EPERM
		             ? "it is not ours alone: its owner must be this user and its mode 0700"
		             : pu_strerror(err));
		return err;
	}
	char *path = pu_asprintf("%s/supervisor", runtime_dir);
	err = pu_file_lock(lock, path, 0);
	pu_free(path);
	if (err == PU_ETIMEOUT)
		pu_error("daemon.already_running", "runtime_dir=%s", runtime_dir);
	else if (err != PU_OK)
		pu_error("daemon.no_lock", "runtime_dir=%s error=%s", runtime_dir, pu_strerror(err));
	return err;
}

/* Services read paths below ~ in their sandbox, where they cannot ask the system. */
static void tell_home(void)
{
	char *home = pu_path_expand("~");

	if (home != NULL)
		setenv("HOME", home, 1);
	pu_free(home);
}

static int supervise(struct pu_config *config, int config_fd, const char *dir)
{
	struct supervisor supervisor;
	uv_loop_t loop;

	if (uv_loop_init(&loop) != 0)
		pu_fatal("daemon.no_loop", "error=%s", "the system gives no event loop");
	enum pu_err err = supervisor_start(&supervisor, &loop, config, config_fd, dir);
	if (err == PU_OK)
		uv_run(&loop, UV_RUN_DEFAULT);
	else
		pu_error("daemon.cannot_start", "error=%s", pu_strerror(err));
	supervisor_fini(&supervisor);
	uv_run(&loop, UV_RUN_DEFAULT); /* the handles' closing */
	uv_loop_close(&loop);
	return err == PU_OK ? STATUS_OK : STATUS_FAILED;
}

int main(int argc, char **argv)
{
	const char *config_arg = NULL;
	struct pu_config config;
	int config_fd;
	struct pu_file_lock lock = {-1};
	int status = parse_arguments(argc, argv, &config_arg);

	if (status >= 0)
		return status;
	mallopt(M_ARENA_MAX, 1); /* one thread does almost all */
	umask(S_IRWXG | S_IRWXO);
	pu_log_init("supervisor", PU_LOG_INFO, PU_LOG_LOGFMT);
	tell_home();
	if (load_config(config_arg, &config, &config_fd) != PU_OK)
		return STATUS_FAILED;
	pu_log_set(config.log.level, config.log.format);
	char *dir = program_dir();
	if (dir == NULL)
		pu_fatal("daemon.no_proc", "path=%s", "/proc/self/exe");
	status = STATUS_FAILED;
	if (be_the_only_one(config.runtime_dir, &lock) == PU_OK)
		status = supervise(&config, config_fd, dir);
	pu_config_fini(&config);
	pu_file_unlock(&lock);
	pu_free(dir);
	if (status == STATUS_OK)
		pu_info("daemon.stopped", "pid=%d", (int)getpid());
	return status;
}
