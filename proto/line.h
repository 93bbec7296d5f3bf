/* One NNG socket on a libuv loop: what the server, client and events of link.h stand on. Our
 * code runs on the loop's thread, but for one callback of line.c that NNG calls when a pipe
 * comes or goes: it stores the pipe's number in an atomic and wakes the loop. */
#ifndef PU_PROTO_LINE_H
#define PU_PROTO_LINE_H

#include <nng/nng.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

#include "base/error.h"
#include "proto/roster.h"

/* Fits every path that a Unix socket can have, and NNG's scheme before it. */
#define PU_LINE_URL_MAX 128

#define PU_LINE_QUESTIONS ".ipc"
#define PU_LINE_EVENTS    ".events.ipc"

struct pu_line_ops {
	void (*on_readable)(void *user);
	/* Dialed lines: connected (again), or lost. May be NULL. */
	void (*on_pipe)(void *user, bool connected);
	/* After pu_line_close(), from the loop: the owner may free itself. */
	void (*on_closed)(void *user);
};

struct pu_line {
	nng_socket socket;
	bool open; /* the socket is */
	bool polled;
	uv_poll_t poll;
	uv_async_t async;
	unsigned handles;       /* not closed yet */
	_Atomic(uint32_t) pipe; /* NNG's number of the connected pipe; 0 = none */
	uint32_t pipe_seen;     /* the last that on_pipe was told of */
	const struct pu_line_ops *ops;
	void *user;
};

enum pu_err pu_nng_err(int result);

/* "ipc://<runtime dir>/<service><suffix>"; PU_ELIMIT when the path does not fit a socket
 * address. */
enum pu_err pu_line_url(char url[PU_LINE_URL_MAX], const char *runtime_dir,
                        enum pu_service service, const char *suffix) PU_MUST_CHECK;

/* Always leaves a line that pu_line_close() takes. */
void pu_line_init(struct pu_line *line, uv_loop_t *loop, const struct pu_line_ops *ops,
                  void *user);
/* `open`: nng_rep0_open_raw and the like. The line can then be set up and read. */
enum pu_err pu_line_open(struct pu_line *line, int (*open)(nng_socket *socket),
                         int send_queue) PU_MUST_CHECK;
/* Calls on_readable when messages wait. */
enum pu_err pu_line_poll(struct pu_line *line) PU_MUST_CHECK;
/* Mode 0600; a stale socket file is replaced. PU_EBUSY when somebody listens there. */
enum pu_err pu_line_listen(nng_socket socket, const char *url) PU_MUST_CHECK;
/* Connects and reconnects in the background, 50 ms to 1 s apart. */
enum pu_err pu_line_dial(struct pu_line *line, const char *url) PU_MUST_CHECK;
bool pu_line_connected(const struct pu_line *line);
/* The next message, or NULL. */
nng_msg *pu_line_receive(struct pu_line *line);
void pu_line_close(struct pu_line *line);

#endif
