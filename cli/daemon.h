/* The line to the running daemon: questions that wait for their answer, and the loop under
 * them. */
#ifndef CLI_DAEMON_H
#define CLI_DAEMON_H

#include <uv.h>

#include "cli.h"
#include "proto/link.h"
#include "proto/messages.h"

#define CLI_SERVICE_DEADLINE_MS 5000  /* answered by a service alone */
#define CLI_PEER_DEADLINE_MS    26000 /* answered when a peer has (transport gives up before) */

/* How long a service may be away before questions to it fail: one that died is back sooner. */
#define CLI_ABSENT_MS 2000

/* Whether something listens for questions to the supervisor. PU_EPERM: something that is not
 * ours to ask. */
enum pu_err cli_daemon_probe(const char *runtime_dir) PU_MUST_CHECK;

struct cli_daemon {
	const struct cli *cli;
	char *runtime_dir;
	uv_loop_t loop;
	struct pu_client *clients[PU_SERVICE_COUNT];
	uv_timer_t timer;
	uv_signal_t signals[2];
	bool catching;
	bool interrupted; /* by SIGINT or SIGTERM, when they are caught */
	bool expired;
	enum pu_err err; /* of the last question */
	char text[1024]; /* the words that came with it */
};

/* Says that the daemon is not running, unless it is. */
enum cli_exit cli_daemon_open(struct cli *cli, struct cli_daemon *daemon);
/* The same, but that it is not running is no failure: *running says so, and nothing is open. */
enum cli_exit cli_daemon_find(struct cli *cli, struct cli_daemon *daemon, bool *running);
void cli_daemon_close(struct cli_daemon *daemon);

/* The daemon's own line to a service, made on first use. */
struct pu_client *cli_daemon_client(struct cli_daemon *daemon, enum pu_service to);

/* Asks and waits. `use` gets the answer's struct, which lives during the call, and may be
 * NULL. Else the error, with daemon->text; PU_EAGAIN when interrupted. */
enum pu_err cli_daemon_ask(struct cli_daemon *daemon, enum pu_msg id, const void *message,
                           void (*use)(void *user, const void *answer),
                           void *user) PU_MUST_CHECK;
/* The same with another deadline than the service's. */
enum pu_err cli_daemon_ask_within(struct cli_daemon *daemon, enum pu_msg id,
                                  const void *message, unsigned deadline_ms,
                                  void (*use)(void *user, const void *answer),
                                  void *user) PU_MUST_CHECK;

/* From now on SIGINT and SIGTERM end waiting instead of the process. */
void cli_daemon_catch_signals(struct cli_daemon *daemon);
/* Runs the loop for that long; false: interrupted. */
bool cli_daemon_wait(struct cli_daemon *daemon, uint64_t ms);
/* Runs the loop until *done, at most that long; false: interrupted or too late. What sets
 * *done calls uv_stop(). */
bool cli_daemon_until(struct cli_daemon *daemon, const bool *done, uint64_t ms);

/* What to do about a peer that cannot be reached. */
#define CLI_HINT_UNREACHABLE                                                                   \
	"is the peer on? its known addresses: peerup peer list; the relays: peerup relay status"

/* Says what the last question failed with. About a peer: unreachable peers and late answers
 * are CLI_UNREACHABLE. */
enum cli_exit cli_daemon_fail(const struct cli_daemon *daemon, bool about_peer, const char *fmt,
                              ...) __attribute__((format(printf, 3, 4)));
/* The exit code of an error that a peer caused. */
enum cli_exit cli_daemon_peer_exit(enum pu_err err);

/* Tells the daemon to read the configuration again; nothing when it is not running. */
void cli_daemon_reload(struct cli *cli);
/* Returns once an edit of authorized_keys is in force; at once when the daemon is not running.
 */
void cli_daemon_await_keys(struct cli *cli);

#endif
