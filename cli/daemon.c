/* Knows how a command, which does one thing after the other, asks processes that answer when
 * they can. */
#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "files.h"

#define AWAIT_KEYS_MS 1000

enum pu_err cli_daemon_probe(const char *runtime_dir)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int len =
	    snprintf(address.sun_path, sizeof(address.sun_path), "%s/supervisor.ipc", runtime_dir);
	enum pu_err err = PU_OK;
	int fd;

	if (len < 0 || (size_t)len >= sizeof(address.sun_path))
		return PU_ELIMIT;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return PU_EIO;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		err = errno == EACCES || errno == EPERM ? PU_EPERM : PU_ECLOSED;
	close(fd);
	return err;
}

static enum cli_exit not_running(const struct cli *cli, enum pu_err err)
{
	if (err == PU_EPERM)
		return cli_fail(cli, CLI_NO_DAEMON, "run this as the user that runs the daemon",
		                "the daemon belongs to another user");
	if (err == PU_ELIMIT)
		return cli_fail(cli, CLI_FAILED, "set a shorter runtime directory in the configuration",
		                "the path of the runtime directory is too long for a socket");
	return cli_fail(cli, CLI_NO_DAEMON, "start it with: peerup daemon",
	                "the daemon is not running");
}

/* What is wrong with the configuration is told once. */
static enum cli_exit open_unless_gone(struct cli *cli, struct cli_daemon *daemon,
                                      enum pu_err *gone)
{
	char *runtime_dir = NULL;
	enum cli_exit code = cli_files_runtime_dir(cli, &runtime_dir);

	if (code != CLI_DONE)
		return code;
	*gone = cli_daemon_probe(runtime_dir);
	if (*gone != PU_OK) {
		pu_free(runtime_dir);
		return CLI_DONE;
	}
	*daemon = (struct cli_daemon){.cli = cli, .runtime_dir = runtime_dir};
	uv_loop_init(&daemon->loop);
	uv_timer_init(&daemon->loop, &daemon->timer);
	return CLI_DONE;
}

enum cli_exit cli_daemon_open(struct cli *cli, struct cli_daemon *daemon)
{
	enum pu_err gone = PU_OK;
	enum cli_exit code = open_unless_gone(cli, daemon, &gone);

	return code == CLI_DONE && gone != PU_OK ? not_running(cli, gone) : code;
}

enum cli_exit cli_daemon_find(struct cli *cli, struct cli_daemon *daemon, bool *running)
{
	enum pu_err gone = PU_ECLOSED;
	enum cli_exit code = open_unless_gone(cli, daemon, &gone);

	*running = gone == PU_OK;
	return code;
}

void cli_daemon_close(struct cli_daemon *daemon)
{
	for (size_t i = 0; i < PU_SERVICE_COUNT; i++)
		pu_client_free(daemon->clients[i]);
	uv_close((uv_handle_t *)&daemon->timer, NULL);
	for (size_t i = 0; daemon->catching && i < PU_ARRAY_LEN(daemon->signals); i++)
		uv_close((uv_handle_t *)&daemon->signals[i], NULL);
	uv_run(&daemon->loop, UV_RUN_DEFAULT);
	uv_loop_close(&daemon->loop);
	pu_free(daemon->runtime_dir);
}

/* ---- waiting ---- */

static void on_timer(uv_timer_t *timer)
{
	struct cli_daemon *daemon = timer->data;

	daemon->expired = true;
	uv_stop(&daemon->loop);
}

static void on_signal(uv_signal_t *handle, int signum)
{
	struct cli_daemon *daemon = handle->data;

	(void)signum;
	daemon->interrupted = true;
	uv_stop(&daemon->loop);
}

void cli_daemon_catch_signals(struct cli_daemon *daemon)
{
	static const int signums[] = {SIGINT, SIGTERM};

	for (size_t i = 0; i < PU_ARRAY_LEN(signums); i++) {
		uv_signal_init(&daemon->loop, &daemon->signals[i]);
		daemon->signals[i].data = daemon;
		uv_signal_start(&daemon->signals[i], on_signal, signums[i]);
	}
	daemon->catching = true;
}

bool cli_daemon_until(struct cli_daemon *daemon, const bool *done, uint64_t ms)
{
	daemon->expired = false;
	daemon->timer.data = daemon;
	uv_timer_start(&daemon->timer, on_timer, ms, 0);
	while (!*done && !daemon->interrupted && !daemon->expired)
		uv_run(&daemon->loop, UV_RUN_DEFAULT);
	uv_timer_stop(&daemon->timer);
	return *done;
}

bool cli_daemon_wait(struct cli_daemon *daemon, uint64_t ms)
{
	const bool never = false;

	(void)cli_daemon_until(daemon, &never, ms);
	return !daemon->interrupted;
}

/* ---- asking ---- */

struct question {
	struct cli_daemon *daemon;
	void (*use)(void *user, const void *answer);
	void *user;
	bool answered;
};

static void on_answer(void *user, enum pu_err err, const char *text, const void *answer)
{
	struct question *question = user;
	struct cli_daemon *daemon = question->daemon;

	question->answered = true;
	daemon->err = err;
	snprintf(daemon->text, sizeof(daemon->text), "%s", text != NULL ? text : "");
	if (err == PU_OK && question->use != NULL)
		question->use(question->user, answer);
	uv_stop(&daemon->loop);
}

struct pu_client *cli_daemon_client(struct cli_daemon *daemon, enum pu_service to)
{
	if (daemon->clients[to] == NULL) {
		daemon->clients[to] = pu_client_new(&daemon->loop, daemon->runtime_dir, to);
		pu_client_set_patience(daemon->clients[to], CLI_ABSENT_MS);
	}
	return daemon->clients[to];
}

enum pu_err cli_daemon_ask_within(struct cli_daemon *daemon, enum pu_msg id,
                                  const void *message, unsigned deadline_ms,
                                  void (*use)(void *user, const void *answer), void *user)
{
	struct question question = {daemon, use, user, false};
	enum pu_service to = pu_msg_row(id)->to;
	uint64_t ask;

	ask = pu_client_ask(cli_daemon_client(daemon, to), id, message, deadline_ms, on_answer,
	                    &question);
	if (cli_daemon_until(daemon, &question.answered, deadline_ms + 1000))
		return daemon->err;
	pu_client_cancel(daemon->clients[to], ask);
	daemon->err = daemon->interrupted ? PU_EAGAIN : PU_ETIMEOUT;
	snprintf(daemon->text, sizeof(daemon->text), "%s", pu_strerror(daemon->err));
	return daemon->err;
}

enum pu_err cli_daemon_ask(struct cli_daemon *daemon, enum pu_msg id, const void *message,
                           void (*use)(void *user, const void *answer), void *user)
{
	return cli_daemon_ask_within(daemon, id, message, CLI_SERVICE_DEADLINE_MS, use, user);
}

/* ---- failing ---- */

enum cli_exit cli_daemon_peer_exit(enum pu_err err)
{
	return err == PU_ETIMEOUT || err == PU_ECLOSED ? CLI_UNREACHABLE : cli_exit_of(err);
}

static const char *hint_for(enum pu_err err, enum cli_exit code)
{
	if (err == PU_EREFUSED)
		return "a relay says no: peerup relay status";
	if (err == PU_EFORBIDDEN)
		return "let it in here: peerup auth add PEERID";
	if (code == CLI_UNREACHABLE)
		return CLI_HINT_UNREACHABLE;
	if (code == CLI_DENIED)
		return "each side must authorize the other: peerup auth add PEERID (yours: peerup "
		       "whoami)";
	return NULL;
}

enum cli_exit cli_daemon_fail(const struct cli_daemon *daemon, bool about_peer, const char *fmt,
                              ...)
{
	enum cli_exit code =
	    about_peer ? cli_daemon_peer_exit(daemon->err) : cli_exit_of(daemon->err);
	const char *text = daemon->text[0] != '\0' ? daemon->text : pu_strerror(daemon->err);
	char what[CLI_TEXT_MAX];
	va_list list;

	va_start(list, fmt);
	vsnprintf(what, sizeof(what), fmt, list);
	va_end(list);
	return cli_fail(daemon->cli, code, about_peer ? hint_for(daemon->err, code) : NULL,
	                "%s: %s", what, text);
}

void cli_daemon_reload(struct cli *cli)
{
	const struct pu_supervisor_reload reload = {0};
	struct cli_daemon daemon;
	bool running;

	if (cli_daemon_find(cli, &daemon, &running) != CLI_DONE || !running)
		return;
	if (cli_daemon_ask(&daemon, PU_MSG_SUPERVISOR_RELOAD, &reload, NULL, NULL) != PU_OK)
		cli_warn(cli, "the daemon did not reload its configuration: %s", daemon.text);
	cli_daemon_close(&daemon);
}

/* Auth would see the edit by itself, a moment later. It reads the file before it lists it. */
void cli_daemon_await_keys(struct cli *cli)
{
	const struct pu_auth_list list = {0};
	struct cli_daemon daemon;
	enum pu_err err;
	bool running;

	if (cli_daemon_find(cli, &daemon, &running) != CLI_DONE || !running)
		return;
	err = cli_daemon_ask_within(&daemon, PU_MSG_AUTH_LIST, &list, AWAIT_KEYS_MS, NULL, NULL);
	if (err != PU_OK && err != PU_ELIMIT) /* a list too long for a message was read, too */
		cli_warn(cli, "the daemon has not confirmed the edit yet: %s", daemon.text);
	cli_daemon_close(&daemon);
}
