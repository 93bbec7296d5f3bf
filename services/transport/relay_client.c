/* Knows what is asked in which words, and what an answer is worth. */
#include "relay_client.h"

#include <stdio.h>

#include "base/alloc.h"
#include "codes.h"
#include "p2p/multiaddr_class.h"
#include "p2p/relay_voucher.h"
#include "relay_talk.h"
#include "transport.h"

struct transport_relay_ask {
	struct transport_relay_talk talk; /* first */
	struct transport_conn *conn;
	const struct ask_kind *kind;
	struct pu_peer_id peer; /* target or source */
	struct pu_relay_limit limit;
	transport_reserved_fn reserved;
	transport_circuit_fn circuit;
	void *user;
	bool at_once; /* the caller has not been told of it yet */
	bool over;    /* and will not be */
};

/* What differs. */
struct ask_kind {
	const char *protocol;
	enum pu_err (*encode)(const struct transport_relay_ask *ask, struct pu_writer *out);
	void (*answered)(struct transport_relay_ask *ask, struct pu_bytes message);
};

static void ask_free(struct transport_relay_ask *ask)
{
	if (ask->at_once)
		ask->over = true;
	else
		pu_free(ask);
}

/* The last of it; the substream has been dealt with. */
static void fail(struct transport_relay_ask *ask, enum pu_err err, const char *text)
{
	if (ask->reserved != NULL)
		ask->reserved(ask->user, NULL, err, text);
	else
		ask->circuit(ask->user, NULL, NULL, err, text);
	ask_free(ask);
}

static void refuse(struct transport_relay_ask *ask, uint32_t status)
{
	transport_relay_talk_close(&ask->talk);
	fail(ask, pu_relay_status_err(status), pu_relay_status_text(status));
}

static void violate(struct transport_relay_ask *ask)
{
	transport_relay_talk_abort(&ask->talk, STREAM_CODE_VIOLATION);
	fail(ask, PU_EPROTOCOL, "the peer broke the relay protocol");
}

/* ---- a reservation ---- */

static enum pu_err encode_reserve(const struct transport_relay_ask *ask, struct pu_writer *out)
{
	(void)ask;
	struct pu_relay_hop message = {.type = PU_RELAY_HOP_RESERVE};
	return pu_relay_hop_encode(&message, out);
}

/* A relay may do without; what it gives must be its word that we are reached through it. */
static bool voucher_holds(const struct transport_relay_ask *ask, struct pu_bytes envelope)
{
	struct pu_relay_voucher voucher;
	return envelope.len == 0 ||
	       (pu_relay_voucher_open(envelope, &voucher) == PU_OK &&
	        pu_peer_id_eq(&voucher.relay, &ask->conn->peer->id) &&
	        pu_peer_id_eq(&voucher.peer, &ask->conn->transport->identity.peer));
}

static void reserved(struct transport_relay_ask *ask, struct pu_bytes message)
{
	struct pu_relay_hop answer;
	if (pu_relay_hop_decode(message, &answer) != PU_OK || answer.type != PU_RELAY_HOP_STATUS) {
		violate(ask);
		return;
	}
	if (answer.status != PU_RELAY_OK) {
		refuse(ask, answer.status);
		return;
	}
	if (!voucher_holds(ask, answer.reservation.voucher)) {
		transport_relay_talk_abort(&ask->talk, STREAM_CODE_VIOLATION);
		fail(ask, PU_ECRYPTO, "the relay's voucher is not its word for us");
		return;
	}
	struct transport_reservation *reservation = PU_NEW(struct transport_reservation);
	reservation->expires_s = answer.reservation.expires_s;
	if (answer.has_limit)
		reservation->limit = answer.limit;
	pu_relay_addrs_of(&answer.reservation, &ask->conn->peer->id,
	                  pu_sockaddr_class(&ask->conn->remote.sa), &reservation->addrs);
	transport_relay_talk_close(&ask->talk);
	ask->reserved(ask->user, reservation, PU_OK, "");
	pu_free(reservation);
	ask_free(ask);
}

static const struct ask_kind reserve_kind = {PU_RELAY_HOP_PROTOCOL, encode_reserve, reserved};

/* ---- a circuit ---- */

static void opened(struct transport_relay_ask *ask, const struct pu_relay_limit *limit)
{
	ask->circuit(ask->user, transport_relay_talk_release(&ask->talk), limit, PU_OK, "");
	ask_free(ask);
}

static enum pu_err encode_connect(const struct transport_relay_ask *ask, struct pu_writer *out)
{
	struct pu_relay_hop message = {.type = PU_RELAY_HOP_CONNECT, .peer = ask->peer};
	return pu_relay_hop_encode(&message, out);
}

static void connected(struct transport_relay_ask *ask, struct pu_bytes message)
{
	struct pu_relay_hop answer;
	if (pu_relay_hop_decode(message, &answer) != PU_OK || answer.type != PU_RELAY_HOP_STATUS)
		violate(ask);
	else if (answer.status != PU_RELAY_OK)
		refuse(ask, answer.status);
	else
		opened(ask, &answer.limit);
}

static const struct ask_kind connect_kind = {PU_RELAY_HOP_PROTOCOL, encode_connect, connected};

static enum pu_err encode_offer(const struct transport_relay_ask *ask, struct pu_writer *out)
{
	struct pu_relay_stop message = {
	    .type = PU_RELAY_STOP_CONNECT,
	    .peer = ask->peer,
	    .has_limit = pu_relay_limit_is_set(&ask->limit),
	    .limit = ask->limit,
	};
	return pu_relay_stop_encode(&message, out);
}

static void offered(struct transport_relay_ask *ask, struct pu_bytes message)
{
	struct pu_relay_stop answer;
	if (pu_relay_stop_decode(message, &answer) != PU_OK || answer.type != PU_RELAY_STOP_STATUS)
		violate(ask);
	else if (answer.status != PU_RELAY_OK)
		refuse(ask, answer.status);
	else
		opened(ask, &ask->limit);
}

static const struct ask_kind offer_kind = {PU_RELAY_STOP_PROTOCOL, encode_offer, offered};

/* ---- asking ---- */

static void on_heard(struct transport_relay_talk *talk, enum pu_err err, const char *text,
                     struct pu_bytes message)
{
	struct transport_relay_ask *ask = (struct transport_relay_ask *)talk;
	if (err == PU_OK) {
		ask->kind->answered(ask, message);
		return;
	}
	transport_relay_talk_abort(talk, STREAM_CODE_NONE);
	if (err == PU_ENOTFOUND) /* not spoken there: that says nothing of the peer that we want */
		fail(ask, PU_EUNSUPPORTED, ask->kind == &offer_kind ? text : "it is no relay");
	else
		fail(ask, err, text);
}

static void on_open(struct transport_substream *substream)
{
	struct transport_relay_ask *ask = substream->handler;
	uint8_t bytes[PU_RELAY_MESSAGE_MAX];
	struct pu_writer writer = pu_writer(bytes, sizeof(bytes));
	if (ask->kind->encode(ask, &writer) != PU_OK ||
	    transport_relay_talk_say(&ask->talk, pu_writer_bytes(&writer)) != PU_OK) {
		transport_relay_talk_abort(&ask->talk, STREAM_CODE_NONE);
		fail(ask, PU_ELIMIT, "the relay's stream takes no bytes");
		return;
	}
	if (substream->state == SUBSTREAM_OPEN) /* else the answer comes as on_data */
		transport_relay_talk_on_data(substream);
}

static const struct transport_substream_ops ask_ops = {
    .on_open = on_open,
    .on_data = transport_relay_talk_on_data,
    .on_failed = transport_relay_talk_on_failed,
};

/* Where the peer is known to speak the protocol one round trip is spared. */
static struct transport_relay_ask *begin(struct transport_relay_ask *ask, bool lazy)
{
	struct transport_substream *substream;
	struct transport_conn *conn = ask->conn;
	ask->talk.heard = on_heard;
	ask->at_once = true;
	lazy = lazy && conn->agent != NULL && transport_conn_speaks(conn, ask->kind->protocol);
	enum pu_err err =
	    transport_substream_open(conn, ask->kind->protocol, lazy, &ask_ops, ask, &substream);
	if (err != PU_OK) {
		fail(ask, err,
		     err == PU_EAGAIN ? "the relay allows no more streams now" : pu_strerror(err));
	} else {
		transport_relay_talk_listen(&ask->talk, substream, TRANSPORT_RELAY_ASK_MS);
		if (substream->state == SUBSTREAM_LAZY)
			on_open(substream);
	}
	ask->at_once = false;
	if (!ask->over)
		return ask;
	pu_free(ask);
	return NULL;
}

static struct transport_relay_ask *ask_new(struct transport_conn *conn,
                                           const struct ask_kind *kind, void *user)
{
	struct transport_relay_ask *ask = PU_NEW(struct transport_relay_ask);
	ask->conn = conn;
	ask->kind = kind;
	ask->user = user;
	return ask;
}

struct transport_relay_ask *transport_relay_reserve(struct transport_conn *relay,
                                                    transport_reserved_fn done, void *user)
{
	struct transport_relay_ask *ask = ask_new(relay, &reserve_kind, user);
	ask->reserved = done;
	return begin(ask, false);
}

struct transport_relay_ask *transport_relay_connect(struct transport_conn *relay,
                                                    const struct pu_peer_id *target,
                                                    transport_circuit_fn done, void *user)
{
	struct transport_relay_ask *ask = ask_new(relay, &connect_kind, user);
	ask->circuit = done;
	ask->peer = *target;
	return begin(ask, true);
}

struct transport_relay_ask *transport_relay_offer(struct transport_conn *target,
                                                  const struct pu_peer_id *source,
                                                  const struct pu_relay_limit *limit,
                                                  transport_circuit_fn done, void *user)
{
	struct transport_relay_ask *ask = ask_new(target, &offer_kind, user);
	ask->circuit = done;
	ask->peer = *source;
	ask->limit = *limit;
	return begin(ask, true);
}

void transport_relay_cancel(struct transport_relay_ask *ask)
{
	if (ask == NULL)
		return;
	transport_relay_talk_abort(&ask->talk, STREAM_CODE_NONE);
	pu_free(ask);
}
