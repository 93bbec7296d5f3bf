/* The QUIC endpoint and the upgrader joined to the event loop: the sockets, one deadline, and
 * the flush before every sleep. */
#ifndef TRANSPORT_IO_ENGINE_H
#define TRANSPORT_IO_ENGINE_H

#include <uv.h>

#include "base/error.h"
#include "conn_tcp.h"
#include "io_tcp.h"
#include "io_udp.h"
#include "limits.h"
#include "quic/endpoint.h"
#include "relay_splice.h"
#include "upgrade/upgrade.h"

struct transport_engine {
	uv_loop_t *loop;
	struct pu_quic_endpoint *quic;
	struct pu_quic_callbacks callbacks; /* the host's, with our send() */
	struct transport_udp *sockets[TRANSPORT_SOCKETS_MAX];
	size_t sockets_len;
	struct pu_upgrader *upgrader;
	struct transport_tcp_engine tcp;
	struct transport_listener listeners[TRANSPORT_LISTENERS_MAX]; /* see conn_tcp.h */
	size_t listeners_len;
	bool serves_wss; /* there is a certificate for it */
	/* Bad news about datagrams to this address; set by the host before it listens. */
	void (*refused)(void *user, const struct sockaddr *remote);
	void *user;
	struct transport_splices *splices; /* that wait for their turn; the host's */
	uv_prepare_t prepare;
	uv_timer_t coarse; /* deadlines that a millisecond does not hurt */
	uv_poll_t fine;    /* a timerfd for the others: pacing */
	int fine_fd;
	uv_idle_t busy; /* runs while a flush has left work */
	uint64_t armed; /* the deadline that is armed; UINT64_MAX = none */
};

/* Starts without sockets. The callbacks' `send` is filled in here, their user is `user`. */
enum pu_err transport_engine_init(struct transport_engine *engine, uv_loop_t *loop,
                                  const struct pu_quic_config *config,
                                  const struct pu_quic_callbacks *callbacks,
                                  void *user) PU_MUST_CHECK;
/* The same for connections over byte streams; after _init(). */
void transport_engine_upgrade(struct transport_engine *engine,
                              const struct pu_upgrader_config *config,
                              const struct pu_upgrade_callbacks *callbacks, void *user);
/* Frees the endpoint and the upgrader without a word; see pu_quic_endpoint_shutdown(). Zeroed
 * memory is fine. */
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
