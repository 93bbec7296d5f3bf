/* The state of this process: the family of services, what belongs to each, and the handles that
 * drive them. */
#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

#include <uv.h>

#include "config/config.h"
#include "family.h"
#include "io_kept.h"
#include "proto/handoff.h"
#include "proto/link.h"
#include "services.h"

struct supervisor;

/* A service and what the supervisor holds for it; child.user points here. */
struct sup_post {
	struct supervisor *supervisor;
	struct sup_child *child;
	char *program;              /* path */
	struct pu_channel *channel; /* NULL = none */
	struct sup_kept kept;
};

struct supervisor {
	uv_loop_t *loop;
	struct pu_config config;
	int config_fd; /* its text */
	struct sup_child children[SUP_SERVICES_LEN];
	struct sup_post posts[SUP_SERVICES_LEN];
	struct sup_family family;
	struct pu_roster *roster;
	int roster_fd;
	struct pu_server *server;
	uv_timer_t deadline, alive;
	uv_signal_t on_hup, on_term, on_int, on_child;
	uint64_t started_ns;
	bool was_ready;
	char said[2 * SUP_NOTE_MAX]; /* the last status for systemd */
};

/* Takes over the configuration and its text, also on failure. Listens, starts every service and
 * returns; the loop does the rest, and uv_run() returns when all have stopped. `program_dir` is
 * where peerup-<name> are.
 */
enum pu_err supervisor_start(struct supervisor *supervisor, uv_loop_t *loop,
                             struct pu_config *config, int config_fd,
                             const char *program_dir) PU_MUST_CHECK;
/* After uv_run(); also after a start that failed. */
void supervisor_fini(struct supervisor *supervisor);

/* As SIGTERM and SIGHUP do. A bad configuration: PU_EINVAL and so on; *text, the caller's, says
 * what is wrong, and nothing has changed. */
void supervisor_stop(struct supervisor *supervisor);
enum pu_err supervisor_reload(struct supervisor *supervisor, char **text) PU_MUST_CHECK;

/* After every event: deadlines, what systemd is told, the end. */
void supervisor_settle(struct supervisor *supervisor);

extern const struct pu_handler sup_handlers[];
extern const size_t sup_handlers_len;

#endif
