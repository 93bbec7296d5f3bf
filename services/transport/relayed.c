/* Knows how a circuit comes to be and that its stream carries a connection: whatever becomes
 * of one becomes of the other. */
#include "relayed.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "codes.h"
#include "conn_upgraded.h"
#include "relay_client.h"
#include "relays.h"
#include "substream.h"
#include "transport.h"

#define PIECES 16

struct relayed {
	struct transport_carrier carrier; /* first */
	struct transport *transport;
	struct transport_conn *conn;
	struct pu_peer_id target;
	struct transport_waiter waiter;        /* for a connection to the relay */
	struct transport_relay_ask *ask;       /* for the circuit */
	struct transport_substream *substream; /* NULL: not yet */
};

/* ---- bytes ---- */

static size_t write_out(void *carrier, const uint8_t *data, size_t len)
{
	struct relayed *relayed = carrier;
	if (relayed->substream == NULL)
		return 0;
	size_t taken = pu_stream_write(relayed->substream->stream, data, len);
	return pu_stream_can_send(relayed->substream->stream) ? taken : len;
}

static const struct pu_carrier_ops carrier_ops = {.write = write_out};

static void on_data(struct transport_substream *substream)
{
	struct relayed *relayed = substream->handler;
	struct iovec pieces[PIECES];
	enum pu_recv state;
	size_t count;
	while ((count = pu_stream_peek(substream->stream, pieces, PIECES, &state)) > 0) {
		size_t len = 0;
		for (size_t i = 0; i < count; i++) {
			pu_upgraded_input(relayed->carrier.upgraded, pu_now_ns(),
			                  pu_bytes(pieces[i].iov_base, pieces[i].iov_len));
			len += pieces[i].iov_len;
		}
		pu_stream_consume(substream->stream, len);
	}
	if (state == PU_RECV_FIN)
		pu_upgraded_input_end(relayed->carrier.upgraded);
	else if (state == PU_RECV_RESET)
		pu_upgraded_lost(relayed->carrier.upgraded, PU_ECLOSED, "the circuit was cut");
}

static void on_writable(struct transport_substream *substream)
{
	struct relayed *relayed = substream->handler;
	pu_upgraded_writable(relayed->carrier.upgraded, pu_now_ns());
}

static void on_stopped(struct transport_substream *substream)
{
	struct relayed *relayed = substream->handler;
	pu_upgraded_lost(relayed->carrier.upgraded, PU_ECLOSED, "the circuit was cut");
}

/* What a relay thinks of us or of the peer, or we of it, is not what the peer thinks of us. */
static void give_up(struct relayed *relayed, enum pu_err err, const char *text)
{
	pu_upgraded_lost(relayed->carrier.upgraded, pu_err_is_denial(err) ? PU_EREFUSED : err,
	                 text);
}

static void on_failed(struct transport_substream *substream, enum pu_err err, const char *text)
{
	struct relayed *relayed = substream->handler;
	relayed->substream = NULL;
	transport_substream_close(substream);
	give_up(relayed, err, text);
}

static const struct transport_substream_ops circuit_ops = {
    .on_data = on_data,
    .on_writable = on_writable,
    .on_stopped = on_stopped,
    .on_failed = on_failed,
};

static void carry(struct relayed *relayed, struct transport_substream *substream)
{
	relayed->substream = substream;
	substream->ops = &circuit_ops;
	substream->handler = relayed;
	on_writable(substream);
	on_data(substream);
}

/* ---- life ---- */

static void close_relayed(struct transport_carrier *carrier, bool orderly)
{
	struct relayed *relayed = (struct relayed *)carrier;
	transport_waiter_cancel(&relayed->waiter);
	transport_relay_cancel(relayed->ask);
	if (relayed->substream != NULL && orderly) {
		pu_stream_finish(relayed->substream->stream);
		transport_substream_close(relayed->substream);
	} else if (relayed->substream != NULL) {
		transport_substream_abort(relayed->substream, STREAM_CODE_NONE);
	}
	pu_free(relayed);
}

/* Makes the connection, of which nothing moves before carry(). */
static enum pu_err begin(struct relayed *relayed, const struct pu_peer_id *expected,
                         bool initiator)
{
	struct transport_conn *conn = relayed->conn;
	struct pu_upgrade how = {
	    .initiator = initiator,
	    .kind = PU_CARRIER_NONE,
	    .expected = expected,
	    .ops = &carrier_ops,
	    .carrier = relayed,
	    .user = conn,
	};
	relayed->carrier.close = close_relayed;
	enum pu_err err = pu_upgraded_new(relayed->transport->engine.upgrader, pu_now_ns(), &how,
	                                  &relayed->carrier.upgraded);
	if (err != PU_OK)
		return err;
	conn->mux = pu_upgraded_mux(relayed->carrier.upgraded);
	conn->upgraded_by = &relayed->carrier;
	return PU_OK;
}

/* ---- inbound ---- */

static char *relayed_address(const struct transport_conn *via)
{
	return pu_asprintf("%s/p2p/%s/p2p-circuit", via->address, via->peer->text);
}

void transport_relayed_accept(struct transport_conn *via, struct transport_substream *substream,
                              const struct pu_peer_id *source,
                              const struct pu_relay_limit *limit)
{
	struct transport *transport = via->transport;
	if (!transport_conn_has_room(transport)) {
		transport_substream_abort(substream, STREAM_CODE_LIMIT);
		return;
	}
	struct relayed *relayed = PU_NEW(struct relayed);
	char *address = relayed_address(via);
	relayed->transport = transport;
	relayed->conn = transport_conn_begin_relayed(via, address);
	relayed->conn->limited = pu_relay_limit_is_set(limit);
	pu_free(address);
	if (begin(relayed, source, false) != PU_OK) {
		transport_conn_free(relayed->conn);
		pu_free(relayed);
		transport_substream_abort(substream, STREAM_CODE_LIMIT);
		return;
	}
	carry(relayed, substream);
}

/* ---- outbound ---- */

static void on_circuit(void *user, struct transport_substream *substream,
                       const struct pu_relay_limit *limit, enum pu_err err, const char *text)
{
	struct relayed *relayed = user;
	relayed->ask = NULL;
	if (substream == NULL) {
		give_up(relayed, err, text);
		return;
	}
	relayed->conn->limited = pu_relay_limit_is_set(limit);
	carry(relayed, substream);
}

static void on_relay(struct transport_waiter *waiter, struct transport_conn *via,
                     enum pu_err err, const char *text)
{
	struct relayed *relayed = PU_CONTAINER_OF(waiter, struct relayed, waiter);
	char why[256];
	if (via == NULL) {
		snprintf(why, sizeof(why), "its relay cannot be reached: %s", text);
		give_up(relayed, err, why);
		return;
	}
	if (via->carrier == PU_CARRIER_NONE) {
		give_up(relayed, PU_EUNSUPPORTED, "a relay cannot be used through another one");
		return;
	}
	relayed->conn->remote = via->remote;
	relayed->ask = transport_relay_connect(via, &relayed->target, on_circuit, relayed);
}

enum pu_err transport_relayed_dial(struct transport_conn *conn,
                                   const struct pu_multiaddr *relay)
{
	struct transport *transport = conn->transport;
	char text[PU_MULTIADDR_TEXT_MAX];
	struct pu_peer_id id;
	enum pu_err err = pu_multiaddr_peer(relay, &id);
	if (err != PU_OK)
		return err;
	struct transport_peer *relay_peer = transport_swarm_peer(transport, &id);
	if (relay_peer == NULL)
		return PU_ELIMIT;
	struct relayed *relayed = PU_NEW(struct relayed);
	relayed->transport = transport;
	relayed->target = conn->peer->id;
	relayed->conn = conn;
	conn->carrier = PU_CARRIER_NONE;
	conn->address = pu_asprintf("%s/p2p-circuit", pu_multiaddr_print(relay, text));
	err = begin(relayed, &conn->peer->id, true);
	if (err != PU_OK) {
		pu_free(relayed);
		transport_peer_settle(relay_peer);
		return err;
	}
	relayed->waiter.done = on_relay;
	transport_relays_connect(relay_peer, relay, &relayed->waiter);
	return PU_OK;
}
