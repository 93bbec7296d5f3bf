/* A service built on the skeleton, run as the supervisor runs it: this test is the supervisor.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "proto/handoff.h"
#include "proto/link.h"
#include "proto/test_loop.h"
#include "skeleton/sandbox.h"

#define NOTES_MAX 8

static struct {
	char runtime_dir[80], config[80];
	struct pu_channel *channel;
	struct pu_client *client;
	pid_t pid;
} world;

static struct {
	bool ready, healthy, gone, dropped;
	unsigned kept_fds;
	unsigned notes_len;
	char notes[NOTES_MAX][64];
	unsigned answered;
	enum pu_err err;
	char text[128];
	char peer_id[32];
} seen;

/* ---- the supervisor's end ---- */

static void on_message(void *user, struct pu_channel *channel, const struct pu_message *message,
                       int fd)
{
	(void)user;
	(void)channel;
	if (message->row->id == PU_MSG_SERVICE_READY)
		seen.ready = true;
	else if (message->row->id == PU_MSG_SERVICE_HEALTHY)
		seen.healthy = true;
	else if (message->row->id == PU_MSG_SERVICE_DROP)
		seen.dropped = true;
	else if (message->row->id == PU_MSG_SERVICE_KEEP && fd >= 0)
		seen.kept_fds++;
	else if (message->row->id == PU_MSG_SERVICE_NOTE && seen.notes_len < NOTES_MAX)
		snprintf(seen.notes[seen.notes_len++], sizeof(seen.notes[0]), "%s",
		         ((const struct pu_service_note *)message->body)->text);
	if (fd >= 0)
		close(fd);
}

static void on_closed(void *user, struct pu_channel *channel)
{
	(void)user;
	cr_assert_str_eq(pu_channel_error(channel), "");
	seen.gone = true;
}

static const struct pu_channel_ops channel_ops = {on_message, on_closed};

static bool noted(const char *text)
{
	for (unsigned i = 0; i < seen.notes_len; i++)
		if (strcmp(seen.notes[i], text) == 0)
			return true;
	return false;
}

static void send_control(enum pu_msg id, const void *message, int fd)
{
	cr_assert_eq(pu_channel_send(world.channel, id, message, fd), PU_OK);
}

static void write_config(const char *name, const char *more)
{
	char *text = pu_asprintf("version: 1\nruntime_dir: %s\nnode:\n  name: %s\n%s",
	                         world.runtime_dir, name, more);

	cr_assert_eq(pu_file_write(world.config, pu_bytes_of_str(text)), PU_OK);
	pu_free(text);
}

/* -1: without a supervisor. */
static void become_service(int control)
{
	char *const argv[] = {(char *)TEST_SERVICE,  (char *)"--config", world.config,
	                      (char *)"--log-level", (char *)"error",    NULL};

	if (control < 0 || dup2(control, PU_CONTROL_FD) == PU_CONTROL_FD)
		execv(argv[0], argv);
	_exit(127);
}

static void start_service(void)
{
	int ends[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	/* Out of the way of the number that the child's end gets. */
	int control = fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
	close(ends[1]);
	world.pid = fork();
	if (world.pid == 0)
		become_service(control);
	close(control);
	cr_assert_eq(pu_channel_new(&world.channel, &test_loop.loop, ends[0], &channel_ops, NULL),
	             PU_OK);
	pu_channel_set_peer(world.channel, PU_SERVICE_AUTH);
}

static void hand_config(void)
{
	const struct pu_service_config config = {.runtime_dir = world.runtime_dir};
	int fd = open(world.config, O_RDONLY | O_CLOEXEC);

	cr_assert_geq(fd, 0);
	send_control(PU_MSG_SERVICE_CONFIG, &config, fd);
}

static void start_and_go(void)
{
	start_service();
	hand_config();
	send_control(PU_MSG_SERVICE_GO, NULL, -1);
	RUN_UNTIL(seen.ready);
}

static int wait_status(void)
{
	int status = -1;

	RUN_UNTIL(seen.gone);
	cr_assert_eq(waitpid(world.pid, &status, 0), world.pid);
	world.pid = 0;
	cr_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void setup(void)
{
	memset(&world, 0, sizeof(world));
	memset(&seen, 0, sizeof(seen));
	test_loop_begin();
	snprintf(world.runtime_dir, sizeof(world.runtime_dir), "%s/run", test_loop.dir);
	snprintf(world.config, sizeof(world.config), "%s/config.yaml", test_loop.dir);
	world.client = pu_client_new(&test_loop.loop, world.runtime_dir, PU_SERVICE_AUTH);
	write_config("first", "");
}

static void teardown(void)
{
	if (world.pid > 0) {
		kill(world.pid, SIGKILL);
		waitpid(world.pid, NULL, 0);
	}
	pu_channel_free(world.channel);
	pu_client_free(world.client);
	test_loop_unlink("run/auth.ipc");
	test_loop_unlink("run/auth.events.ipc");
	test_loop_unlink("run/probe");
	test_loop_unlink("config.yaml");
	test_loop_unlink("probe");
	test_loop_unlink("web.pem");
	rmdir(world.runtime_dir);
	test_loop_end();
}

TestSuite(skeleton, .init = setup, .fini = teardown, .timeout = 60);

static void on_answer(void *user, enum pu_err err, const char *text, const void *answer)
{
	(void)user;
	seen.answered++;
	seen.err = err;
	snprintf(seen.text, sizeof(seen.text), "%s", text);
	if (err == PU_OK && answer != NULL)
		snprintf(seen.peer_id, sizeof(seen.peer_id), "%s",
		         ((const struct pu_auth_self *)answer)->peer_id);
}

static void ask_identity(void)
{
	seen.answered = 0;
	pu_client_ask(world.client, PU_MSG_AUTH_IDENTITY, NULL, PATIENCE_MS, on_answer, NULL);
	RUN_UNTIL(seen.answered == 1);
}

static void on_probed(void *user, enum pu_err err, const char *text, const void *answer)
{
	(void)answer;
	on_answer(user, err, text, NULL);
}

static enum pu_err probe(const char *name)
{
	seen.answered = 0;
	pu_client_ask(world.client, PU_MSG_AUTH_REMOVE, &(struct pu_auth_remove){name}, PATIENCE_MS,
	              on_probed, NULL);
	RUN_UNTIL(seen.answered == 1);
	return seen.err;
}

/* ---- tests ---- */

Test(skeleton, becomes_ready_and_says_what_it_keeps)
{
	start_and_go();
	RUN_UNTIL(seen.dropped);
	cr_assert(noted("starting"));
	cr_assert_eq(seen.kept_fds, 1);
}

Test(skeleton, waits_for_go_and_hands_over_what_was_kept)
{
	int fds[2];

	cr_assert_eq(pipe(fds), 0);
	start_service();
	send_control(PU_MSG_SERVICE_HEALTH, NULL, -1);
	RUN_UNTIL(seen.healthy);
	cr_assert(!seen.ready);
	send_control(PU_MSG_SERVICE_KEPT, &(struct pu_service_kept){"listener"}, fds[0]);
	hand_config();
	send_control(PU_MSG_SERVICE_GO, NULL, -1);
	RUN_UNTIL(seen.ready);
	close(fds[1]);
	ask_identity();
	cr_assert_eq(seen.err, PU_OK, "%s", seen.text);
	cr_assert_str_eq(seen.peer_id, "first-kept-1");
}

Test(skeleton, answers_for_its_health)
{
	start_and_go();
	send_control(PU_MSG_SERVICE_HEALTH, NULL, -1);
	RUN_UNTIL(seen.healthy);
}

Test(skeleton, reloads_a_configuration_and_keeps_it_when_the_next_is_bad)
{
	start_and_go();
	write_config("bad", "no_such_key: 1\n");
	hand_config();
	write_config("second", "");
	hand_config();
	RUN_UNTIL(noted("reloaded from first to second"));
}

/* The file is the supervisor's to judge: what it has accepted counts. */
Test(skeleton, starts_with_what_is_handed_over_whatever_the_file_says)
{
	start_service();
	hand_config();
	write_config("bad", "no_such_key: 1\n");
	send_control(PU_MSG_SERVICE_GO, NULL, -1);
	RUN_UNTIL(seen.ready);
	kill(world.pid, SIGHUP);
	write_config("second", "");
	hand_config();
	RUN_UNTIL(noted("reloaded from first to second"));
}

Test(skeleton, stays_in_the_runtime_directory_that_it_is_told)
{
	cr_assert_eq(pu_file_write(world.config,
	                           pu_bytes_of_str("version: 1\nruntime_dir: /nonexistent/run\n"
	                                           "node: {name: first}\n")),
	             PU_OK);
	start_and_go();
	hand_config();
	RUN_UNTIL(noted("reloaded from first to first"));
	ask_identity();
	cr_assert_eq(seen.err, PU_OK, "%s", seen.text);
}

static void start_by_hand(void)
{
	world.pid = fork();
	if (world.pid == 0) {
		close(PU_CONTROL_FD);
		become_service(-1);
	}
}

static bool is_called(const char *identity)
{
	ask_identity();
	return strcmp(seen.peer_id, identity) == 0;
}

Test(skeleton, started_by_hand_it_reads_the_file)
{
	start_by_hand();
	RUN_UNTIL(is_called("first-kept-0"));
	write_config("second", "");
	kill(world.pid, SIGHUP);
	RUN_UNTIL(is_called("second-kept-0"));
}

Test(skeleton, goes_only_with_a_configuration)
{
	start_service();
	send_control(PU_MSG_SERVICE_GO, NULL, -1);
	cr_assert_eq(wait_status(), 1);
	cr_assert(noted("no configuration was handed over"));
}

Test(skeleton, drains_on_sigterm)
{
	start_and_go();
	kill(world.pid, SIGTERM);
	cr_assert_eq(wait_status(), 0);
	cr_assert(noted("draining"));
}

Test(skeleton, ends_when_the_supervisor_is_gone)
{
	int status;

	start_and_go();
	pu_channel_free(world.channel);
	world.channel = NULL;
	cr_assert_eq(waitpid(world.pid, &status, 0), world.pid);
	world.pid = 0;
	cr_assert(WIFEXITED(status));
	cr_assert_eq(WEXITSTATUS(status), 0);
}

Test(skeleton, a_bad_configuration_is_permanent)
{
	write_config("first", "no_such_key: 1\n");
	start_service();
	hand_config();
	cr_assert_eq(wait_status(), PU_EXIT_PERMANENT);
}

Test(skeleton, a_permanent_failure_of_start_is_told)
{
	write_config("fail", "");
	start_service();
	hand_config();
	send_control(PU_MSG_SERVICE_GO, NULL, -1);
	cr_assert_eq(wait_status(), PU_EXIT_PERMANENT);
	cr_assert(noted(pu_strerror(PU_ECRYPTO)));
}

Test(skeleton, the_sandbox_denies_what_no_service_needs)
{
	start_and_go();
	cr_assert_eq(probe("exec"), PU_EPERM, "%s", seen.text);
	cr_assert_eq(probe("namespace"), PU_EPERM, "%s", seen.text);
	cr_assert_neq(probe("inet"), PU_OK);
	cr_assert_str_eq(seen.text, "EAFNOSUPPORT");
	cr_assert_eq(probe("unix"), PU_OK, "%s", seen.text);
	cr_assert_eq(probe("thread"), PU_OK, "%s", seen.text);
	cr_assert_eq(probe("runtime_dir"), PU_OK, "%s", seen.text);
}

Test(skeleton, landlock_keeps_other_directories_out_of_reach)
{
	if (SKELETON_SANITIZED || !skeleton_landlock_available())
		cr_skip_test("no Landlock here");
	start_and_go();
	cr_assert_neq(probe("read_config"), PU_OK);
	cr_assert_str_eq(seen.text, "EACCES");
	cr_assert_neq(probe("config_dir"), PU_OK);
	cr_assert_str_eq(seen.text, "EACCES");
	cr_assert_neq(probe("other_dir"), PU_OK);
	cr_assert_str_eq(seen.text, "EACCES");
}

/* The certificate may stand beside what must stay hidden. */
Test(skeleton, landlock_leaves_the_web_certificate_readable)
{
	char *path = pu_asprintf("%s/web.pem", test_loop.dir);
	char *network = pu_asprintf("network: {tls_certificate: %s}\n", path);

	cr_assert_eq(pu_file_write(path, pu_bytes_of_str("-----BEGIN")), PU_OK);
	write_config("first", network);
	pu_free(network);
	pu_free(path);
	start_and_go();
	cr_assert_eq(probe("web_certificate"), PU_OK, "%s", seen.text);
	if (!SKELETON_SANITIZED && skeleton_landlock_available())
		cr_assert_neq(probe("read_config"), PU_OK);
}

/* The configuration directory may be kept somewhere else, with links to it. */
Test(skeleton, landlock_follows_the_links_to_what_auth_may_touch)
{
	char elsewhere[] = "/tmp/peerup-elsewhere-XXXXXX";
	if (SKELETON_SANITIZED || !skeleton_landlock_available())
		cr_skip_test("no Landlock here");
	cr_assert_not_null(mkdtemp(elsewhere));
	char *keys = pu_asprintf("%s/keys", elsewhere);
	char *link = pu_asprintf("%s/authorized_keys", test_loop.dir);

	cr_assert_eq(pu_file_write(keys, pu_bytes_of_str("")), PU_OK);
	cr_assert_eq(symlink(keys, link), 0);
	write_config("first", "security: {authorized_keys_file: authorized_keys}\n");
	setenv("TEST_CONFIG_DIR", "1", 1);
	start_and_go();
	cr_expect_eq(probe("keys"), PU_OK, "%s", seen.text);
	cr_expect_neq(probe("other_dir"), PU_OK);
	unlink(link);
	unlink(keys);
	rmdir(elsewhere);
	pu_free(link);
	pu_free(keys);
}
