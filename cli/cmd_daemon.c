/* `peerup daemon`: start, stop and reload the processes behind everything. */
#include "commands.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "daemon.h"
#include "files.h"

#define PROGRAM      "peerup-supervisor"
#define STOP_WAIT_MS 20000
#define STOP_POLL_MS 20

/* ---- start ---- */

/* A program that others may change is not started. */
static bool is_trustworthy(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & 0022) == 0 &&
	       (info.st_uid == 0 || info.st_uid == geteuid()) && access(path, X_OK) == 0;
}

/* Beside this program (a build), in ../libexec/peerup (an installation), or where the
 * environment says. The caller owns it; NULL = nowhere. */
static char *find_program(void)
{
	static const char *const places[] = {"", "../libexec/peerup/"};
	const char *env = getenv("PEERUP_LIBEXEC");
	char self[PATH_MAX] = "";
	ssize_t len;
	char *dir;

	if (env != NULL && env[0] != '\0') {
		char *path = pu_asprintf("%s/" PROGRAM, env);

		if (is_trustworthy(path))
			return path;
		pu_free(path);
		return NULL;
	}
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len <= 0)
		return NULL;
	dir = dirname(self);
	for (size_t i = 0; i < PU_ARRAY_LEN(places); i++) {
		char *path = pu_asprintf("%s/%s" PROGRAM, dir, places[i]);

		if (is_trustworthy(path))
			return path;
		pu_free(path);
	}
	return NULL;
}

static enum cli_exit check_files(const struct cli *cli, char **config_path)
{
	struct pu_config config = {0};
	enum cli_exit code = cli_files_load(cli, &config);
	enum pu_err err;

	if (code != CLI_DONE)
		return code;
	err = cli_daemon_probe(config.runtime_dir);
	if (err == PU_OK)
		code = cli_fail(cli, CLI_FAILED, "see: peerup status", "the daemon is running already");
	else if (err == PU_EPERM)
		code = cli_fail(cli, CLI_FAILED, NULL, "another user's daemon uses %s",
		                config.runtime_dir);
	*config_path = pu_strdup(config.path);
	pu_config_fini(&config);
	return code;
}

static enum cli_exit run_start(struct cli *cli)
{
	char *config_path = NULL, *program = NULL;
	enum cli_exit code = check_files(cli, &config_path);

	if (code == CLI_DONE) {
		program = find_program();
		if (program == NULL)
			code = cli_fail(cli, CLI_FAILED, "set PEERUP_LIBEXEC to the folder that holds it",
			                "cannot find " PROGRAM);
	}
	if (code == CLI_DONE) {
		char *const argv[] = {(char[]){PROGRAM}, (char[]){"--config"}, config_path, NULL};

		execv(program, argv);
		code = cli_fail(cli, CLI_FAILED, NULL, "cannot start %s: %s", program, strerror(errno));
	}
	pu_free(config_path);
	pu_free(program);
	return code;
}

/* ---- stop and reload ---- */

static void use_state(void *user, const void *answer)
{
	*(uint64_t *)user = ((const struct pu_supervisor_state *)answer)->pid;
}

static bool is_gone(const struct cli_daemon *daemon, uint64_t pid)
{
	if (cli_daemon_probe(daemon->runtime_dir) == PU_OK)
		return false;
	return pid == 0 || kill((pid_t)pid, 0) != 0;
}

static enum cli_exit run_stop(struct cli *cli)
{
	const struct pu_supervisor_status status = {0};
	const struct pu_supervisor_stop stop = {0};
	struct cli_daemon *daemon = cli->daemon;
	uint64_t pid = 0, waited_ms = 0;

	if (cli_daemon_ask(daemon, PU_MSG_SUPERVISOR_STATUS, &status, use_state, &pid) != PU_OK ||
	    cli_daemon_ask(daemon, PU_MSG_SUPERVISOR_STOP, &stop, NULL, NULL) != PU_OK)
		return cli_daemon_fail(daemon, false, "cannot stop the daemon");
	while (!is_gone(daemon, pid) && waited_ms < STOP_WAIT_MS) {
		cli_daemon_wait(daemon, STOP_POLL_MS);
		waited_ms += STOP_POLL_MS;
	}
	if (!is_gone(daemon, pid))
		return cli_fail(cli, CLI_FAILED, "look at its log", "the daemon does not end");
	cli_done(cli, "process", "supervisor", "stopped", "the daemon has stopped");
	return CLI_DONE;
}

static enum cli_exit run_reload(struct cli *cli)
{
	const struct pu_supervisor_reload reload = {0};

	if (cli_daemon_ask(cli->daemon, PU_MSG_SUPERVISOR_RELOAD, &reload, NULL, NULL) != PU_OK)
		return cli_daemon_fail(cli->daemon, false, "cannot reload the configuration");
	cli_done(cli, "process", "supervisor", "reloaded",
	         "the daemon reads its configuration again");
	return CLI_DONE;
}

/* ---- the command ---- */

static const struct cli_command cmd_start = {
    .name = "start",
    .summary = "run the daemon in the foreground",
    .run = run_start,
};
static const struct cli_command cmd_stop = {
    .name = "stop",
    .summary = "stop the daemon and wait until it has ended",
    .needs_daemon = true,
    .run = run_stop,
};
static const struct cli_command cmd_reload = {
    .name = "reload",
    .summary = "make the daemon read its configuration again",
    .needs_daemon = true,
    .run = run_reload,
};
static const struct cli_command *const subs[] = {&cmd_start, &cmd_stop, &cli_cmd_status,
                                                 &cmd_reload};

const struct cli_command cli_cmd_daemon = {
    .name = "daemon",
    .summary = "run, stop or reload the daemon",
    .about =
        "Without a command: start. The daemon stays in the foreground and logs to stderr; "
        "Ctrl-C, SIGTERM or `peerup daemon stop` end it. A service manager such as systemd "
        "can start it as it is.",
    CLI_ROWS(subs, subs),
    .run = run_start,
};
