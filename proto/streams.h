/* Client stub of the stream handoff: what proxy, naming and the CLI use to register protocols
 * and open streams. Reconnects by itself when transport restarts, and then repeats
 * registrations and needs. */
#ifndef PU_PROTO_STREAMS_H
#define PU_PROTO_STREAMS_H

#include <uv.h>

#include "base/error.h"
#include "proto/handoff.h"

struct pu_streams;

struct pu_streams_ops {
	/* A peer opened a stream for a protocol that we registered. Answer once, now or later, with
	 * pu_streams_accept() or pu_streams_refuse(). Strings live during the call. */
	void (*on_inbound)(void *user, const struct pu_stream_inbound *inbound);
	/* Answer to pu_streams_open(): err == PU_OK and fd (>= 0 when none was given, else -1), or
	 * why not. */
	void (*on_opened)(void *user, uint64_t id, enum pu_err err, const char *text, int fd);
	/* A stream that was opened or accepted has ended, or an inbound one ended before it was
	 * answered. When transport itself dies this comes for each of them, with code "closed"
	 * (and on_opened for those that were to be opened). */
	void (*on_closed)(void *user, const struct pu_stream_closed *closed, bool inbound);
	/* Connected to transport, registrations sent (also after each restart); may be NULL. */
	void (*on_connected)(void *user);
};

struct pu_streams *pu_streams_new(uv_loop_t *loop, const char *runtime_dir,
                                  const struct pu_streams_ops *ops, void *user);
/* From its own callbacks, too; the loop must turn once more. */
void pu_streams_free(struct pu_streams *streams);

/* Whether transport is there now. */
bool pu_streams_connected(const struct pu_streams *streams);

/* A registration that transport refuses is repeated every second. */
void pu_streams_register(struct pu_streams *streams, const char *protocol);
void pu_streams_need(struct pu_streams *streams, const char *peer_id, bool needed);

/* fd: a connected stream socket that transport takes over, or -1 to get one. Answers the
 * stream's id. PU_ECLOSED when transport is not there: the descriptor is closed. */
enum pu_err pu_streams_open(struct pu_streams *streams, const char *peer_id,
                            const char *protocol, unsigned deadline_ms, int fd,
                            uint64_t *id) PU_MUST_CHECK;
/* What has ended meanwhile is ignored (and its descriptor closed). */
void pu_streams_accept(struct pu_streams *streams, uint64_t id, int fd);
void pu_streams_refuse(struct pu_streams *streams, uint64_t id, enum pu_err err,
                       const char *text);

#endif
