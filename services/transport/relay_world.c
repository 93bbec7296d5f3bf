/* Knows how a relay, a source and a target come together, and what stands at the ends of their
 * circuits in place of relayed.c. */
#include "relay_world.h"

#include <criterion/criterion.h>

#include "relay_client.h"
#include "relayed.h"
#include "substream.h"

struct net net;
struct net_node *relay, *source, *target;
struct transport_conn *to_relay;

/* ---- one end of a circuit ---- */

struct end ends[WORLD_ENDS_MAX];
size_t ends_len;

static uint8_t byte_at(size_t at)
{
	return (uint8_t)(at * 7 + at / 251);
}

void end_close(struct end *end)
{
	if (end->substream != NULL)
		transport_substream_close(end->substream);
	end->substream = NULL;
}

void end_write(struct end *end)
{
	struct iovec room[2];
	while (end->sent < end->to_send) {
		size_t want = end->to_send - end->sent < 64 * KB ? end->to_send - end->sent : 64 * KB;
		size_t given = pu_stream_reserve(end->substream->stream, want, room);
		for (size_t i = 0; i < given; i++) {
			size_t first = room[0].iov_len;
			uint8_t *at = i < first ? (uint8_t *)room[0].iov_base + i
			                        : (uint8_t *)room[1].iov_base + (i - first);
			*at = byte_at(end->sent + i);
		}
		pu_stream_commit(end->substream->stream, given);
		end->sent += given;
		if (given == 0)
			return;
	}
	if (end->finishes)
		pu_stream_finish(end->substream->stream);
}

void end_read(struct end *end)
{
	struct iovec piece;
	while (!end->deaf && pu_stream_peek(end->substream->stream, &piece, 1, &end->state) > 0) {
		for (size_t i = 0; i < piece.iov_len; i++)
			end->sum = (uint8_t)(end->sum * 31 + ((const uint8_t *)piece.iov_base)[i]);
		end->got += piece.iov_len;
		end->answered_at = pu_now_ns();
		if (end->echoes)
			cr_assert_eq(pu_stream_write(end->substream->stream, piece.iov_base, piece.iov_len),
			             piece.iov_len);
		pu_stream_consume(end->substream->stream, piece.iov_len);
	}
	if (end->state == PU_RECV_RESET)
		end->code = pu_stream_reset_code(end->substream->stream);
}

uint8_t end_sum_of(size_t len)
{
	uint8_t sum = 0;
	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum * 31 + byte_at(i));
	return sum;
}

static void on_end_data(struct transport_substream *substream)
{
	end_read(substream->handler);
}

static void on_end_writable(struct transport_substream *substream)
{
	end_write(substream->handler);
}

static void on_end_stopped(struct transport_substream *substream)
{
	((struct end *)substream->handler)->stopped = true;
}

static void on_end_failed(struct transport_substream *substream, enum pu_err err,
                          const char *text)
{
	struct end *end = substream->handler;
	(void)err, (void)text;
	end->failed = true;
	end_close(end);
}

static const struct transport_substream_ops end_ops = {
    .on_data = on_end_data,
    .on_writable = on_end_writable,
    .on_stopped = on_end_stopped,
    .on_failed = on_end_failed,
};

static void end_begin(struct end *end, struct transport_substream *substream)
{
	end->substream = substream;
	substream->ops = &end_ops;
	substream->handler = end;
	end_read(end);
	end_write(end);
}

/* ---- in place of relayed.c ---- */

struct end as_target;

void transport_relayed_accept(struct transport_conn *via, struct transport_substream *substream,
                              const struct pu_peer_id *peer, const struct pu_relay_limit *limit)
{
	struct end *end = &ends[ends_len++];
	cr_assert_eq(via->transport, &target->transport);
	*end = as_target;
	end->peer = *peer;
	end->limit = *limit;
	end_begin(end, substream);
}

enum pu_err transport_relayed_dial(struct transport_conn *conn,
                                   const struct pu_multiaddr *address)
{
	(void)conn, (void)address;
	return PU_EUNSUPPORTED;
}

/* ---- the three ---- */

struct transport_conn *world_at_relay(const struct net_node *of)
{
	return transport_peer_direct(net_peer(relay, of));
}

bool world_has_reservation(void *node)
{
	return net_has_reservation(relay, node);
}

void world_set_up(void)
{
	net_init(&net);
	relay = net_add(&net);
	source = net_add(&net);
	target = net_add(&net);
	relay->config.limits.streams_per_protocol = 64;
	target->config.limits.streams_per_protocol = 64;
	net_serve(relay);
	net_use_relays(target, &relay, 1);
	cr_assert(net_until(&net, 2000, world_has_reservation, target));
	to_relay = net_join(source, relay);
	as_target = (struct end){0};
}

void world_tear_down(void)
{
	for (size_t i = 0; i < ends_len; i++)
		end_close(&ends[i]);
	net_sleep(&net, 200);
	cr_assert_eq(relay->transport.splices.len, 0, "%zu circuits are left",
	             relay->transport.splices.len);
	net_fini(&net);
}

/* ---- asking ---- */

bool world_is_done(void *asked)
{
	return ((struct asked *)asked)->done;
}

static void note(struct asked *asked, enum pu_err err, const char *text)
{
	cr_assert_not(asked->done);
	asked->done = true;
	asked->err = err;
	snprintf(asked->text, sizeof(asked->text), "%s", text);
}

void world_on_reserved(void *user, const struct transport_reservation *reservation,
                       enum pu_err err, const char *text)
{
	struct asked *asked = user;
	note(asked, err, text);
	if (reservation != NULL)
		asked->reservation = *reservation;
}

void world_on_circuit(void *user, struct transport_substream *substream,
                      const struct pu_relay_limit *limit, enum pu_err err, const char *text)
{
	struct asked *asked = user;
	note(asked, err, text);
	if (substream == NULL)
		return;
	asked->limit = *limit;
	end_begin(&asked->end, substream);
}

void world_reserve(struct asked *asked, uint64_t ms)
{
	asked->done = false;
	(void)transport_relay_reserve(to_relay, world_on_reserved, asked);
	cr_assert(net_until(&net, ms, world_is_done, asked));
}

void world_connect_to(struct asked *asked, const struct net_node *node, uint64_t ms)
{
	(void)transport_relay_connect(to_relay, &node->sim->id, world_on_circuit, asked);
	cr_assert(net_until(&net, ms, world_is_done, asked));
}

/* A circuit that the test is sure of. */
void world_join(struct asked *asked)
{
	world_connect_to(asked, target, 1000);
	cr_assert_eq(asked->err, PU_OK, "%s", asked->text);
	cr_assert_gt(ends_len, 0);
}

struct pu_relay_counts world_counts(void)
{
	struct pu_relay_counts out;
	pu_relay_counts(relay->transport.relay.books, &out);
	return out;
}
