/* The connecting end of a link: a pipe to one socket in the runtime directory, made again by
 * itself whenever it is lost. */
#ifndef PU_PROTO_LINE_H
#define PU_PROTO_LINE_H

#include "proto/pipe.h"
#include "proto/socket.h"

struct pu_line_ops {
	/* The bytes live during the call. */
	void (*on_message)(void *user, struct pu_bytes message);
	/* Connected (again), or lost. */
	void (*on_pipe)(void *user, bool connected);
	/* Nobody listens there; told at each attempt. */
	void (*on_absent)(void *user);
	/* After pu_line_close(), from the loop: the owner may free itself. */
	void (*on_closed)(void *user);
};

struct pu_line {
	struct pu_pipe_options options; /* how the pipe is made */
	struct pu_pipe *pipe;           /* greeting or ready, or NULL */
	char path[PU_SOCKET_PATH_MAX];
	uv_timer_t timer;      /* to the next attempt, or to the end of the greeting */
	unsigned delay_ms;     /* before the attempt after the next failure */
	uint64_t absent_since; /* uv_now(); 0 = somebody listens, or we never tried */
	const struct pu_line_ops *ops;
	void *user;
};

/* Always leaves a line that pu_line_close() takes. */
void pu_line_init(struct pu_line *line, uv_loop_t *loop, enum pu_sp own,
                  const struct pu_line_ops *ops, void *user);
/* Connects, now or as soon as somebody listens there; attempts are 25 to 400 ms apart. Errors
 * of pu_socket_path(). */
enum pu_err pu_line_dial(struct pu_line *line, const char *runtime_dir, enum pu_service to,
                         const char *suffix) PU_MUST_CHECK;
bool pu_line_connected(const struct pu_line *line);
/* Nobody has been listening for so long; 0 = somebody does. */
uint64_t pu_line_absent_ms(const struct pu_line *line);
/* Lost when the line is not connected. */
void pu_line_send(struct pu_line *line, struct pu_bytes first, struct pu_bytes second);
void pu_line_close(struct pu_line *line);

#endif
