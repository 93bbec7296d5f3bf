/* TCP connections, dialled or accepted (io_tcp_listen.h): what arrives is given out as it
 * comes, what is to be sent is taken as far as the path wants more. The kernel's buffers are
 * the only ones.
 *
 * Callbacks come from the event loop, never from within a call. A connection may be freed or
 * aborted in any of its callbacks. */
#ifndef TRANSPORT_IO_TCP_H
#define TRANSPORT_IO_TCP_H

#include <sys/uio.h>
#include <uv.h>

#include "base/bytes.h"
#include "base/error.h"
#include "quic/path.h"

#define TRANSPORT_TCP_READ_MAX 262144 /* bytes of one on_bytes */
#define TRANSPORT_TCP_READS    4      /* of them before others have their turn */
/* Bytes that the kernel holds unsent: little, so that what is sealed and scheduled last waits
 * for little, and a connection that stands still holds little. */
#define TRANSPORT_TCP_UNSENT_MAX 131072

struct transport_tcp;

/* What all connections of a loop share: the memory that they read into. */
struct transport_tcp_engine {
	uv_loop_t *loop;
	uint8_t *memory;
};

void transport_tcp_engine_init(struct transport_tcp_engine *engine, uv_loop_t *loop);
/* After all its connections were freed. Zeroed memory is fine. */
void transport_tcp_engine_fini(struct transport_tcp_engine *engine);

struct transport_tcp_ops {
	/* Dialled ones only, once: it can be written to, and the addresses are known. */
	void (*on_connected)(void *user);
	/* At most TRANSPORT_TCP_READ_MAX bytes, the callee's until it returns. */
	void (*on_bytes)(void *user, struct pu_bytes bytes);
	/* Nothing more will be received. PU_OK: the peer finished, it may still be written to.
	 * Otherwise the connection is lost, or was never made, and this is the last callback:
	 * PU_EREFUSED, PU_EUNREACHABLE, PU_ETIMEOUT (the kernel's, after minutes), PU_ECLOSED
	 * (reset), PU_EPERM (a firewall of this machine), PU_EIO. An error may follow PU_OK,
	 * once something is written. */
	void (*on_end)(void *user, enum pu_err err);
	/* More can be written, after a write that was short. */
	void (*on_writable)(void *user);
};

/* Begins to connect. `from` (NULL: from anywhere) is the address and port to come from, where a
 * listener of ours may be, so that NATs and the peer see the port that we listen on. Where that
 * cannot be - another connection has the same two ends, the address is gone or does not lead
 * there - any other port is used. How long it may take is the caller's affair: free it.
 *
 * PU_EINVAL: not IPv4 or IPv6, or `from` is of the other family; PU_ELIMIT: no descriptors
 * left; otherwise as on_end, which then does not come. */
enum pu_err transport_tcp_dial(struct transport_tcp_engine *engine,
                               const struct sockaddr *remote, const struct sockaddr *from,
                               const struct transport_tcp_ops *ops, void *user,
                               struct transport_tcp **out) PU_MUST_CHECK;
/* Takes over the descriptor of an accepted connection; it is closed on errors. PU_ECLOSED: it
 * is gone already; PU_EIO. */
enum pu_err transport_tcp_adopt(struct transport_tcp_engine *engine, int fd,
                                const struct transport_tcp_ops *ops, void *user,
                                struct transport_tcp **out) PU_MUST_CHECK;

/* Answers how many bytes were taken. If not all, on_writable follows (or on_end with an error,
 * if the connection was lost). Nothing is taken before on_connected, after
 * transport_tcp_finish() and after the end. */
size_t transport_tcp_write(struct transport_tcp *tcp, const struct iovec *pieces, size_t count);
/* Once connected: nothing more will be written. What was taken is sent, then the peer sees the
 * end. */
void transport_tcp_finish(struct transport_tcp *tcp);

/* Stops reading, so that the peer is slowed down; a connection that is lost meanwhile may be
 * noticed only later. Nothing is given out before the loop's next turn. */
void transport_tcp_pause(struct transport_tcp *tcp);
void transport_tcp_resume(struct transport_tcp *tcp);

/* Closes: what was taken is still sent. But if something was received that was never read, the
 * kernel resets the connection, and the peer may lose the last of it: who wants to be
 * understood finishes and reads on to the end. Accepts NULL. */
void transport_tcp_free(struct transport_tcp *tcp);
/* Resets the connection. Accepts NULL. */
void transport_tcp_abort(struct transport_tcp *tcp);

/* The local one is known once connected. */
const struct pu_quic_addr *transport_tcp_local(const struct transport_tcp *tcp);
const struct pu_quic_addr *transport_tcp_remote(const struct transport_tcp *tcp);
/* Milliseconds since the last acknowledgement; UINT64_MAX: it is not connected. */
uint64_t transport_tcp_confirmed_ms(const struct transport_tcp *tcp);

#endif
