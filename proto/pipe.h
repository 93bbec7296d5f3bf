/* One connected Unix socket on a libuv loop that speaks SP: it greets, cuts what comes into
 * messages, and queues what the socket does not take. */
#ifndef PU_PROTO_PIPE_H
#define PU_PROTO_PIPE_H

#include <uv.h>

#include "base/buffer.h"
#include "base/list.h"
#include "proto/codec.h"
#include "proto/limits.h"
#include "proto/sp.h"

#define PU_PIPE_MESSAGE_MAX (PU_MESSAGE_MAX + PU_LINK_TOPIC_MAX)

struct pu_pipe;

struct pu_pipe_ops {
	/* The greetings are exchanged. */
	void (*on_ready)(void *user, struct pu_pipe *pipe);
	/* The bytes live during the call. */
	void (*on_message)(void *user, struct pu_pipe *pipe, struct pu_bytes message);
	/* The other end is gone, broke the format, or does not read: only _free makes sense. */
	void (*on_closed)(void *user, struct pu_pipe *pipe);
};

struct pu_pipe_options {
	uv_loop_t *loop;
	enum pu_sp own;
	size_t queue_max; /* bytes that may wait for the other end */
	const struct pu_pipe_ops *ops;
	void *user;
};

struct pu_pipe {
	struct pu_list_node node; /* this and the number are the owner's */
	uint32_t number;
	uint64_t since; /* uv_now() when it was made */
	pid_t pid;      /* of the other end, as the kernel says */
	bool ready;
	bool closed; /* on_closed was called */
	bool freed;
	int fd;
	uv_poll_t poll;
	bool writing; /* polled for it */
	struct pu_buffer in, out;
	struct pu_pipe_options options;
};

/* Takes over the descriptor (closed on failure, too). All callbacks come from the loop, and
 * each may free the pipe. */
enum pu_err pu_pipe_new(struct pu_pipe **pipe, int fd,
                        const struct pu_pipe_options *options) PU_MUST_CHECK;
/* The loop must turn once more. */
void pu_pipe_free(struct pu_pipe *pipe);

/* One message, in two parts. When more waits than the bound, or the other end is gone, the
 * message is lost and on_closed follows. */
void pu_pipe_send(struct pu_pipe *pipe, struct pu_bytes first, struct pu_bytes second);
/* on_closed follows from the loop. */
void pu_pipe_end(struct pu_pipe *pipe);

#endif
