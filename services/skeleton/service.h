/* The one skeleton of all services: arguments, config, log, sandbox, control channel, links,
 * event loop, readiness, reload, drain. A service's main.c is a const description handed to
 * pu_service_main(), which owns the order of start and stop. */
#ifndef PU_SKELETON_SERVICE_H
#define PU_SKELETON_SERVICE_H

#include <uv.h>

#include "base/error.h"
#include "config/config.h"
#include "proto/link.h"
#include "proto/streams.h"

struct pu_host; /* this process, as its service sees it */

struct pu_subscription {
	enum pu_service from;
	const char *prefix; /* "auth." */
	void (*on_event)(void *state, const struct pu_message *event);
};

/* What the process may touch, from before start() on (Landlock where the kernel has it,
 * seccomp, rlimits): the runtime directory, reading the config directory and system libraries,
 * and: */
struct pu_sandbox {
	bool inet;          /* may make IPv4/IPv6 sockets */
	bool config_dir;    /* may write in the config directory (auth: keys, audit log) */
	bool connect_unix;  /* may connect to Unix sockets anywhere (proxy targets) */
	bool system_dns;    /* may read resolver files */
	bool web;           /* may read the system's authorities and its own web certificate */
	unsigned files_max; /* RLIMIT_NOFILE to ask for; 0 = leave */
};

struct pu_service_description {
	enum pu_service id;
	const char *about; /* one line, for --help */
	size_t state_size; /* allocated, zeroed, given to every callback */
	const struct pu_handler *handlers;
	size_t handlers_len;
	const struct pu_subscription *subscriptions;
	size_t subscriptions_len;
	struct pu_sandbox sandbox;

	/* Opens what the service needs and calls pu_host_ready() when it can serve, now or later.
	 * On failure the process exits: PU_EPERM, PU_EINVAL, PU_EMALFORMED and PU_ECRYPTO mean
	 * permanently (status 100), others are retried. */
	enum pu_err (*start)(struct pu_host *host, void *state);
	/* SIGHUP: pu_host_config() is already the new one, `old` dies afterwards. May be NULL. */
	void (*reload)(void *state, const struct pu_config *old);
	/* The line to the events of a service in `subscriptions` is (again) there: events may have
	 * been missed, so ask what matters. May be NULL. */
	void (*connected)(void *state, enum pu_service service);
	/* SIGTERM: stop taking new work and call pu_host_drained() when done; the skeleton waits at
	 * most PU_DRAIN_MS. May be NULL. */
	void (*drain)(void *state);
	/* Closes everything; the loop runs once more so that uv_close() callbacks come. May be
	 * NULL. */
	void (*stop)(void *state);
	/* A descriptor that an earlier process of this service kept (before start). NULL: they are
	 * closed. */
	void (*kept)(void *state, const char *name, int fd);
};

#define PU_DRAIN_MS       2000
#define PU_EXIT_PERMANENT 100

int pu_service_main(int argc, char **argv, const struct pu_service_description *description);

uv_loop_t *pu_host_loop(const struct pu_host *host);
const struct pu_config *pu_host_config(const struct pu_host *host);
const struct pu_roster *pu_host_roster(const struct pu_host *host); /* or NULL */
/* The line to another service, made on first use. */
struct pu_client *pu_host_client(struct pu_host *host, enum pu_service to);
void pu_host_publish(struct pu_host *host, enum pu_msg id, const void *event);

void pu_host_ready(struct pu_host *host);
void pu_host_note(struct pu_host *host, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void pu_host_drained(struct pu_host *host);
/* Ends the process after start(): permanent = status 100, and the supervisor does not start it
 * again. */
void pu_host_fail(struct pu_host *host, bool permanent, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Hands a copy of the descriptor to the supervisor, which gives it to the next process of this
 * service. */
void pu_host_keep(struct pu_host *host, const char *name, int fd);
void pu_host_drop(struct pu_host *host, const char *name);

#endif
