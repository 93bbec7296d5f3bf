/* Links between processes: questions and events on the Unix sockets <runtime
 * dir>/<service>.ipc and <runtime dir>/<service>.events.ipc, in SP: what NNG's REQ/REP and
 * PUB/SUB speak on ipc://. All on one libuv loop and its thread.
 *
 * Every object here has handles on the loop: after _free the loop must turn once more. _free
 * may be called from the object's own callbacks. */
#ifndef PU_PROTO_LINK_H
#define PU_PROTO_LINK_H

#include <uv.h>

#include "base/error.h"
#include "proto/codec.h"
#include "proto/messages.h"

/* ---- answering ---- */
struct pu_server;
struct pu_request; /* a question that must be answered exactly once, now or later */

/* One handler per message, in table order: row checks (sender, fields) are already done. */
struct pu_handler {
	enum pu_msg id;
	void (*handle)(void *service, struct pu_request *request, const void *message);
};

struct pu_server_options {
	uv_loop_t *loop;
	const char *runtime_dir;
	enum pu_service self;
	const struct pu_roster *roster; /* or NULL */
	const struct pu_handler *handlers;
	size_t handlers_len;
	void *service; /* first argument of the handlers */
};

/* Creates the runtime directory (0700) if needed, listens for questions and opens the event
 * publisher; sockets have mode 0600, stale ones are replaced. PU_ELIMIT when the directory's
 * name is too long for a socket address, PU_EBUSY when somebody listens there, PU_EPERM. */
enum pu_err pu_server_new(struct pu_server **server,
                          const struct pu_server_options *options) PU_MUST_CHECK;
void pu_server_free(struct pu_server *server); /* open requests die unanswered */

/* The answer must be the one that the row names. Both end the request's life. */
void pu_request_answer(struct pu_request *request, const void *answer);
void pu_request_fail(struct pu_request *request, enum pu_err err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
enum pu_service pu_request_sender(const struct pu_request *request);
pid_t pu_request_pid(const struct pu_request *request);

/* Publishes an event. Never blocks: a subscriber that does not read is disconnected, so that it
 * knows that it missed something (pu_events_on_connected). */
void pu_server_publish(struct pu_server *server, enum pu_msg id, const void *event);

/* ---- asking ---- */
struct pu_client; /* this process's line to one service; connects and reconnects by itself */

/* err == PU_OK: `answer` is the struct that the row names, valid during the call.
 * Else `text` explains: the service's own words, or ours for PU_ETIMEOUT. */
typedef void (*pu_answer_fn)(void *user, enum pu_err err, const char *text, const void *answer);

struct pu_client *pu_client_new(uv_loop_t *loop, const char *runtime_dir, enum pu_service to);
void pu_client_free(struct pu_client *client); /* open questions are dropped silently */
/* Once nobody has been listening for so long, questions fail with PU_ECLOSED, "<service> is not
 * running"; 0, as at first: they wait until their deadline. */
void pu_client_set_patience(struct pu_client *client, unsigned absent_ms);

#define PU_ASK_DEADLINE_MS 5000

/* Asks, with a deadline over everything including reconnects: a question whose service died is
 * asked again of its successor, so handlers must bear repetition. Answers an ID for
 * pu_client_cancel(), never 0. */
uint64_t pu_client_ask(struct pu_client *client, enum pu_msg id, const void *message,
                       unsigned deadline_ms, pu_answer_fn answered, void *user);
/* For raw messages (peerup call); `raw` gets the decoded message whatever it is. */
typedef void (*pu_raw_answer_fn)(void *user, enum pu_err err, const char *text,
                                 const struct pu_message *answer);
uint64_t pu_client_ask_raw(struct pu_client *client, struct pu_bytes encoded,
                           unsigned deadline_ms, pu_raw_answer_fn answered, void *user);
/* The callback will not run. Unknown IDs are ignored. */
void pu_client_cancel(struct pu_client *client, uint64_t ask);

/* ---- events ---- */
struct pu_events; /* subscription to one service's events */
typedef void (*pu_event_fn)(void *user, const struct pu_message *event);
/* prefix: "" = all, or an event type such as "peer." */
struct pu_events *pu_events_new(uv_loop_t *loop, const char *runtime_dir, enum pu_service from,
                                const char *prefix, pu_event_fn on_event, void *user);
/* Called whenever the line is (again) there: events may have been missed before. May be NULL.
 */
void pu_events_on_connected(struct pu_events *events, void (*on_connected)(void *user));
/* PU_OK, or why there will never be events: PU_ELIMIT for a runtime directory with too long a
 * name. */
enum pu_err pu_events_error(const struct pu_events *events);
void pu_events_free(struct pu_events *events);

#endif
