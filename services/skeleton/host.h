/* The inside of struct pu_host, for the files of the skeleton. */
#ifndef PU_SKELETON_HOST_H
#define PU_SKELETON_HOST_H

#include "skeleton/arguments.h"
#include "skeleton/service.h"

#define SKELETON_SIGNALS 3 /* SIGTERM, SIGINT, SIGHUP */

struct pu_host {
	const struct pu_service_description *description;
	void *state;
	struct skeleton_arguments arguments;
	struct pu_config config;
	const struct pu_roster *roster;
	uv_loop_t loop;
	uv_signal_t signals[SKELETON_SIGNALS];
	uv_timer_t drain_timer;
	bool supervised; /* the configuration is handed over; else it is read */
	bool started, ready, draining, over;
	int status;                 /* what the process will exit with */
	struct pu_channel *control; /* NULL: no supervisor */
	struct pu_server *server;
	struct pu_client *clients[PU_SERVICE_COUNT];
	struct skeleton_subscription *subscriptions;
};

/* One row of the description, at work. */
struct skeleton_subscription {
	struct pu_host *host;
	const struct pu_subscription *row;
	struct pu_events *events;
};

/* ---- service.c ---- */
/* service.go, or there is no supervisor: opens the links and calls start(). */
void skeleton_start(struct pu_host *host);
void skeleton_drain(struct pu_host *host);
/* Before the start. The descriptor stays the caller's. */
void skeleton_take_config(struct pu_host *host, int fd, const char *runtime_dir);
/* After it: reads the configuration again, from the descriptor, which stays the caller's, or
 * -1 = by its path. A bad one is refused and the old one stays. */
void skeleton_reload(struct pu_host *host, int fd);

/* ---- control.c ---- */
/* Takes over descriptor 3 if it is a control channel; else leaves host->control NULL. */
enum pu_err skeleton_control_open(struct pu_host *host) PU_MUST_CHECK;
/* Nothing happens without a supervisor; takes over the descriptor (-1 = none). */
void skeleton_control_send(struct pu_host *host, enum pu_msg id, const void *message, int fd);

/* ---- host.c ---- */
/* The loop ends after this turn. */
void skeleton_end(struct pu_host *host);
/* Errors that a restart does not heal. */
bool skeleton_is_permanent(enum pu_err err);

#endif
