/* The smallest service, for skeleton_test: it answers under auth's name. auth.remove probes
 * what the sandbox lets through: the field names the probe. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "skeleton/service.h"

struct test_service {
	struct pu_host *host;
	unsigned kept;
};

/* ---- probes: each answers errno, or 0 ---- */

static int try_exec(const struct pu_config *config)
{
	char *const argv[] = {(char *)"true", NULL};

	(void)config;
	execv("/bin/true", argv);
	return errno;
}

static int try_family(int family)
{
	int fd = socket(family, SOCK_DGRAM, 0);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int try_inet(const struct pu_config *config)
{
	(void)config;
	return try_family(AF_INET);
}

static int try_unix(const struct pu_config *config)
{
	(void)config;
	return try_family(AF_UNIX);
}

static int try_namespace(const struct pu_config *config)
{
	(void)config;
	return unshare(CLONE_NEWNET) == 0 ? 0 : errno;
}

static int try_file(const char *dir, int flags)
{
	char *path = pu_asprintf("%s/probe", dir);
	int fd = open(path, flags | O_CLOEXEC, S_IRUSR | S_IWUSR);
	int errnum = fd < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	pu_free(path);
	return errnum;
}

static int try_runtime_dir(const struct pu_config *config)
{
	return try_file(config->runtime_dir, O_RDWR | O_CREAT);
}

static int try_config_dir(const struct pu_config *config)
{
	return try_file(config->dir, O_RDWR | O_CREAT);
}

static int try_read_config(const struct pu_config *config)
{
	int fd = open(config->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int try_other_dir(const struct pu_config *config)
{
	(void)config;
	return try_file("/var/tmp", O_RDWR | O_CREAT);
}

static int try_web_certificate(const struct pu_config *config)
{
	int fd = open(config->network.tls_certificate, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int try_keys(const struct pu_config *config)
{
	int fd = open(config->security.authorized_keys_file, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static void *nothing(void *arg)
{
	return arg;
}

static int try_thread(const struct pu_config *config)
{
	pthread_t thread;
	int errnum = pthread_create(&thread, NULL, nothing, NULL);

	(void)config;
	return errnum != 0 ? errnum : pthread_join(thread, NULL);
}

static const struct {
	const char *name;
	int (*run)(const struct pu_config *config);
} probes[] = {
    {"exec", try_exec},
    {"inet", try_inet},
    {"unix", try_unix},
    {"namespace", try_namespace},
    {"runtime_dir", try_runtime_dir},
    {"config_dir", try_config_dir},
    {"read_config", try_read_config},
    {"other_dir", try_other_dir},
    {"web_certificate", try_web_certificate},
    {"keys", try_keys},
    {"thread", try_thread},
};

static void on_remove(void *service, struct pu_request *request, const void *message)
{
	const struct test_service *self = service;
	const struct pu_auth_remove *remove = message;

	for (size_t i = 0; i < PU_ARRAY_LEN(probes); i++) {
		if (strcmp(probes[i].name, remove->peer) != 0)
			continue;
		int errnum = probes[i].run(pu_host_config(self->host));
		if (errnum == 0)
			pu_request_answer(request, NULL);
		else
			pu_request_fail(request, pu_err_from_errno(errnum), "%s", strerrorname_np(errnum));
		return;
	}
	pu_request_fail(request, PU_ENOTFOUND, "no such probe");
}

/* ---- the service ---- */

static void on_identity(void *service, struct pu_request *request, const void *message)
{
	const struct test_service *self = service;
	char text[64];

	(void)message;
	snprintf(text, sizeof(text), "%s-kept-%u", pu_host_config(self->host)->node.name,
	         self->kept);
	pu_request_answer(request, &(struct pu_auth_self){.peer_id = text});
}

static enum pu_err start(struct pu_host *host, void *state)
{
	struct test_service *self = state;
	const char *name = pu_host_config(host)->node.name;
	int pipe_fds[2];

	self->host = host;
	if (name != NULL && strcmp(name, "fail") == 0)
		return PU_ECRYPTO;
	pu_host_note(host, "starting");
	if (pipe(pipe_fds) == 0) {
		pu_host_keep(host, "pipe", pipe_fds[0]);
		close(pipe_fds[0]);
		close(pipe_fds[1]);
	}
	pu_host_drop(host, "old");
	pu_host_ready(host);
	return PU_OK;
}

static void reload(void *state, const struct pu_config *old)
{
	const struct test_service *self = state;

	pu_host_note(self->host, "reloaded from %s to %s", old->node.name,
	             pu_host_config(self->host)->node.name);
}

static void drain(void *state)
{
	const struct test_service *self = state;

	pu_host_note(self->host, "draining");
	pu_host_drained(self->host);
}

static void kept(void *state, const char *name, int fd)
{
	struct test_service *self = state;

	if (strcmp(name, "listener") == 0)
		self->kept++;
	close(fd);
}

static const struct pu_handler handlers[] = {
    {PU_MSG_AUTH_IDENTITY, on_identity},
    {PU_MSG_AUTH_REMOVE, on_remove},
};

int main(int argc, char **argv)
{
	const struct pu_service_description description = {
	    .id = PU_SERVICE_AUTH,
	    .about = "answers tests",
	    .state_size = sizeof(struct test_service),
	    .handlers = handlers,
	    .handlers_len = PU_ARRAY_LEN(handlers),
	    .sandbox = {.web = true, .config_dir = getenv("TEST_CONFIG_DIR") != NULL},
	    .start = start,
	    .reload = reload,
	    .drain = drain,
	    .kept = kept,
	};

	return pu_service_main(argc, argv, &description);
}
