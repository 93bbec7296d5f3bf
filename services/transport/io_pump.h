/* Moves bytes between a local stream socket and a substream, half-close and resets included.
 * Bytes go from the socket into the memory that QUIC sends from, and from the memory that
 * QUIC received into to the socket: one copy each, made by the kernel. */
#ifndef TRANSPORT_IO_PUMP_H
#define TRANSPORT_IO_PUMP_H

#include <uv.h>

#include "substream.h"

struct transport_pump;

/* Runs once, when both directions have ended; the pump is gone afterwards. */
struct transport_pump_end {
	uint64_t bytes_in, bytes_out; /* from and to the peer */
	enum pu_err err;
	const char *text;
	bool local; /* the local side is what broke, or wanted no more */
};
typedef void (*transport_pump_fn)(void *user, const struct transport_pump_end *end);

/* Takes over the descriptor (PU_EINVAL: not one that can be polled; it is closed), later the
 * substream, whose handler is the pump and whose ops are transport_pump_ops. While the
 * substream is proposing nothing is read from the socket. */
extern const struct transport_substream_ops transport_pump_ops;
enum pu_err transport_pump_new(uv_loop_t *loop, int fd, transport_pump_fn done, void *user,
                               struct transport_pump **out) PU_MUST_CHECK;
/* Starts. */
void transport_pump_start(struct transport_pump *pump, struct transport_substream *substream);
/* Before _start only: gives up, closes the descriptor; `done` does not run. */
void transport_pump_free(struct transport_pump *pump);

#endif
