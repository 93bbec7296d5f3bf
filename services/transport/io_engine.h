/* The QUIC endpoint joined to the event loop: its sockets, its one deadline, and the flush
 * before every sleep. */
#ifndef TRANSPORT_IO_ENGINE_H
#define TRANSPORT_IO_ENGINE_H

#include <uv.h>

#include "base/error.h"
#include "io_udp.h"
#include "limits.h"
#include "quic/endpoint.h"

struct transport_engine {
	uv_loop_t *loop;
	struct pu_quic_endpoint *quic;
	struct pu_quic_callbacks callbacks; /* the host's, with our send() */
	struct transport_udp *sockets[TRANSPORT_SOCKETS_MAX];
	size_t sockets_len;
	uv_prepare_t prepare;
	uv_timer_t coarse; /* deadlines that a millisecond does not hurt */
	uv_poll_t fine;    /* a timerfd for the others: pacing */
	int fine_fd;
	uint64_t armed; /* the deadline that is armed; UINT64_MAX = none */
};

/* Starts without sockets. The callbacks' `send` is filled in here, their user is `user`. */
enum pu_err transport_engine_init(struct transport_engine *engine, uv_loop_t *loop,
                                  const struct pu_quic_config *config,
                                  const struct pu_quic_callbacks *callbacks,
                                  void *user) PU_MUST_CHECK;
/* Frees the endpoint without a word; see pu_quic_endpoint_shutdown(). Zeroed memory is fine. */
void transport_engine_fini(struct transport_engine *engine);

/* PU_ELIMIT: TRANSPORT_SOCKETS_MAX; else as transport_udp_new(). */
enum pu_err transport_engine_listen(struct transport_engine *engine,
                                    const struct sockaddr *addr) PU_MUST_CHECK;
/* The path to dial `remote` from: a listening socket of its family, so that NATs and peers
 * see the address that we listen on. PU_EUNREACHABLE. */
enum pu_err transport_engine_route(struct transport_engine *engine,
                                   const struct sockaddr *remote,
                                   struct pu_quic_path *path) PU_MUST_CHECK;
/* Flushes now instead of before the next sleep (at the end of a process). */
void transport_engine_flush(struct transport_engine *engine);
bool transport_engine_gso(const struct transport_engine *engine);

#endif
