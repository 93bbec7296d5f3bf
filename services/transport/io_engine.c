/* Knows when the QUIC endpoint and the upgrader want to be called, and wakes up for nothing
 * else.
 */
#include "io_engine.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"

/* Below this a millisecond timer is too coarse. */
#define FINE_BELOW_NS (3 * PU_NS_PER_MS)

static void on_coarse(uv_timer_t *timer);

static void arm_fine(struct transport_engine *engine, uint64_t deadline)
{
	struct itimerspec spec = {.it_value = {.tv_sec = (time_t)(deadline / PU_NS_PER_S),
	                                       .tv_nsec = (long)(deadline % PU_NS_PER_S)}};
	(void)timerfd_settime(engine->fine_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void arm(struct transport_engine *engine)
{
	uint64_t deadline = pu_quic_endpoint_deadline(engine->quic);
	uint64_t upgrader = pu_upgrader_deadline(engine->upgrader);
	if (upgrader < deadline)
		deadline = upgrader;
	if (deadline == engine->armed)
		return;
	uint64_t now = pu_now_ns();
	if (engine->armed < deadline && engine->armed < now + FINE_BELOW_NS)
		return; /* it comes early once: to set the kernel's timer again costs more */
	engine->armed = deadline;
	uv_timer_stop(&engine->coarse);
	if (deadline == UINT64_MAX)
		return;
	if (deadline < now + FINE_BELOW_NS) {
		arm_fine(engine, deadline == 0 ? 1 : deadline);
		return;
	}
	uv_update_time(engine->loop);
	uv_timer_start(&engine->coarse, on_coarse,
	               (deadline - now + PU_NS_PER_MS - 1) / PU_NS_PER_MS, 0);
}

static void expire(struct transport_engine *engine)
{
	engine->armed = UINT64_MAX;
	uint64_t now = pu_now_ns();
	if (pu_quic_endpoint_deadline(engine->quic) <= now)
		pu_quic_endpoint_expire(engine->quic, now);
	if (pu_upgrader_deadline(engine->upgrader) <= now)
		pu_upgrader_expire(engine->upgrader, now);
}

static void on_coarse(uv_timer_t *timer)
{
	expire(timer->data);
}

static void on_fine(uv_poll_t *poll, int status, int events)
{
	struct transport_engine *engine = poll->data;
	uint64_t expirations;
	if (status == 0 && (events & UV_READABLE) &&
	    read(engine->fine_fd, &expirations, sizeof(expirations)) > 0)
		expire(engine);
}

/* Circuits make each depend on the other: what QUIC received may be for a connection of the
 * upgrader, and what that says leaves through QUIC. */
void transport_engine_flush(struct transport_engine *engine)
{
	pu_quic_endpoint_flush(engine->quic, pu_now_ns());
	if (!pu_upgrader_busy(engine->upgrader))
		return;
	pu_upgrader_flush(engine->upgrader, pu_now_ns());
	pu_quic_endpoint_flush(engine->quic, pu_now_ns());
}

static void on_busy(uv_idle_t *idle)
{
	(void)idle; /* that the loop does not sleep is all there is to it */
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct transport_engine *engine = prepare->data;
	if (uv_is_active((uv_handle_t *)&engine->busy))
		expire(engine);
	transport_splices_run(engine->splices);
	transport_engine_flush(engine);
	if (pu_upgrader_busy(engine->upgrader) || transport_splices_wait(engine->splices)) {
		uv_idle_start(&engine->busy, on_busy);
		return; /* the next turn comes at once, and looks at the clock */
	}
	uv_idle_stop(&engine->busy);
	arm(engine);
}

static void on_datagrams(void *user, const struct pu_quic_datagrams *in)
{
	struct transport_engine *engine = user;
	pu_quic_endpoint_input(engine->quic, pu_now_ns(), in);
}

static void on_refused(void *user, const struct sockaddr *remote)
{
	struct transport_engine *engine = user;
	engine->refused(engine->user, remote);
}

static void on_writable(void *user)
{
	struct transport_engine *engine = user;
	pu_quic_endpoint_writable(engine->quic, pu_now_ns());
}

static const struct transport_udp_ops udp_ops = {
    .on_datagrams = on_datagrams,
    .on_refused = on_refused,
    .on_writable = on_writable,
};

static size_t send_out(void *user, const struct pu_quic_datagrams *out)
{
	(void)user;
	struct transport_udp *udp = out->path->user;
	size_t taken = transport_udp_send(udp, out);
	if (taken < out->len)
		transport_udp_want_writable(udp);
	return taken;
}

static enum pu_err make_fine_timer(struct transport_engine *engine)
{
	engine->fine_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (engine->fine_fd < 0)
		return PU_EIO;
	if (uv_poll_init(engine->loop, &engine->fine, engine->fine_fd) != 0) {
		close(engine->fine_fd);
		return PU_EIO;
	}
	engine->fine.data = engine;
	uv_poll_start(&engine->fine, UV_READABLE, on_fine);
	return PU_OK;
}

static void close_fine_timer(struct transport_engine *engine)
{
	uv_poll_stop(&engine->fine);
	uv_close((uv_handle_t *)&engine->fine, NULL);
	close(engine->fine_fd);
}

enum pu_err transport_engine_init(struct transport_engine *engine, uv_loop_t *loop,
                                  const struct pu_quic_config *config,
                                  const struct pu_quic_callbacks *callbacks, void *user)
{
	*engine = (struct transport_engine){
	    .loop = loop, .callbacks = *callbacks, .armed = UINT64_MAX, .fine_fd = -1};
	engine->callbacks.send = send_out;
	enum pu_err err = make_fine_timer(engine);
	if (err != PU_OK)
		return err;
	err = pu_quic_endpoint_new(config, &engine->callbacks, user, &engine->quic);
	if (err != PU_OK) {
		close_fine_timer(engine);
		return err;
	}
	uv_timer_init(loop, &engine->coarse);
	engine->coarse.data = engine;
	uv_prepare_init(loop, &engine->prepare);
	engine->prepare.data = engine;
	uv_prepare_start(&engine->prepare, on_prepare);
	uv_idle_init(loop, &engine->busy);
	transport_tcp_engine_init(&engine->tcp, loop);
	return PU_OK;
}

void transport_engine_upgrade(struct transport_engine *engine,
                              const struct pu_upgrader_config *config,
                              const struct pu_upgrade_callbacks *callbacks, void *user)
{
	engine->upgrader = pu_upgrader_new(config, callbacks, user);
	engine->serves_wss = config->web_server != NULL;
}

void transport_engine_fini(struct transport_engine *engine)
{
	if (engine->quic == NULL)
		return;
	for (size_t i = 0; i < engine->sockets_len; i++)
		transport_udp_free(engine->sockets[i]);
	uv_close((uv_handle_t *)&engine->prepare, NULL);
	uv_close((uv_handle_t *)&engine->coarse, NULL);
	uv_close((uv_handle_t *)&engine->busy, NULL);
	close_fine_timer(engine);
	pu_upgrader_free(engine->upgrader);
	engine->upgrader = NULL;
	transport_tcp_engine_fini(&engine->tcp);
	pu_quic_endpoint_free(engine->quic);
	engine->quic = NULL; /* the handles are closing: their memory stays */
}

enum pu_err transport_engine_listen(struct transport_engine *engine,
                                    const struct sockaddr *addr)
{
	if (engine->sockets_len == TRANSPORT_SOCKETS_MAX)
		return PU_ELIMIT;
	struct transport_udp *udp;
	enum pu_err err = transport_udp_new(&udp, engine->loop, addr, &udp_ops, engine);
	if (err == PU_OK)
		engine->sockets[engine->sockets_len++] = udp;
	return err;
}

enum pu_err transport_engine_route(struct transport_engine *engine,
                                   const struct sockaddr *remote, struct pu_quic_path *path)
{
	for (size_t i = 0; i < engine->sockets_len; i++) {
		struct pu_quic_path found;
		if (transport_udp_route(engine->sockets[i], remote, &found) == PU_OK) {
			*path = found;
			return PU_OK;
		}
	}
	return PU_EUNREACHABLE;
}

bool transport_engine_gso(const struct transport_engine *engine)
{
	return engine->sockets_len > 0 && transport_udp_gso(engine->sockets[0]);
}
