/* Knows what a client may ask of this relay and in which order it is answered: the books first,
 * then auth for the voucher or the target for its consent, then the client. */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "codes.h"
#include "p2p/envelope.h"
#include "p2p/multiaddr_class.h"
#include "p2p/relay_message.h"
#include "p2p/relay_voucher.h"
#include "protocol.h"
#include "relay.h"
#include "relay_client.h"
#include "relay_talk.h"
#include "transport.h"

/* A client's request. */
struct hop {
	struct transport_relay_talk talk; /* first */
	/* RESERVE: auth signs the voucher. */
	uint64_t signing;
	uint64_t expires_s, ends_ns;
	uint8_t voucher[PU_RELAY_VOUCHER_MAX];
	size_t voucher_len;
	/* CONNECT: the target is asked. */
	struct transport_relay_ask *offer;
	struct transport_circuit *circuit;
};

static struct transport_conn *client_of(const struct hop *hop)
{
	return hop->talk.substream->conn;
}

/* What was begun for it is taken back; the substream is not touched. */
static void hop_free(struct hop *hop)
{
	struct transport *transport = hop->talk.transport;
	if (hop->signing != 0)
		pu_client_cancel(pu_host_client(transport->host, PU_SERVICE_AUTH), hop->signing);
	transport_relay_cancel(hop->offer);
	if (hop->circuit != NULL)
		pu_relay_close(transport->relay.books, &hop->circuit->entry);
	pu_free(hop->circuit);
	pu_free(hop);
}

static enum pu_err say(struct hop *hop, const struct pu_relay_hop *message)
{
	uint8_t bytes[PU_RELAY_MESSAGE_MAX];
	struct pu_writer writer = pu_writer(bytes, sizeof(bytes));
	enum pu_err err = pu_relay_hop_encode(message, &writer);
	return err == PU_OK ? transport_relay_talk_say(&hop->talk, pu_writer_bytes(&writer)) : err;
}

/* The configuration may have changed since the request came. */
static bool serves(const struct transport *transport)
{
	return pu_host_config(transport->host)->relay.serve;
}

static void refuse(struct hop *hop, enum pu_relay_status status, const char *reason)
{
	struct pu_relay_hop message = {.type = PU_RELAY_HOP_STATUS, .status = status};
	if (client_of(hop) != NULL)
		pu_debug("relay.refused", "peer=%s status=%d reason=%s", client_of(hop)->peer->text,
		         (int)status, reason);
	if (say(hop, &message) == PU_OK)
		transport_relay_talk_close(&hop->talk);
	else
		transport_relay_talk_abort(&hop->talk, STREAM_CODE_LIMIT);
	hop_free(hop);
}

/* ---- RESERVE ---- */

/* Where the client can say that it is reached: our addresses, public ones if there are any; on
 * a private network what there is. */
static size_t own_addrs(const struct hop *hop, struct pu_multiaddr out[PU_RELAY_ADDRS_MAX])
{
	const struct transport *transport = hop->talk.transport;
	enum pu_addr_class remote = pu_sockaddr_class(&client_of(hop)->remote.sa);
	size_t len = 0;
	for (int pass = 0; pass < 2 && len == 0; pass++)
		for (size_t i = 0; i < transport->own.listen_len && len < PU_RELAY_ADDRS_MAX; i++) {
			enum pu_addr_class class = pu_multiaddr_class(&transport->own.listen[i]);
			if (!pu_addr_class_may_tell(class, remote) ||
			    (pass == 0 && class != PU_ADDR_PUBLIC))
				continue;
			out[len] = transport->own.listen[i];
			if (pu_multiaddr_add_peer(&out[len], &transport->identity.peer) == PU_OK)
				len++;
		}
	return len;
}

static void confirm(struct hop *hop, struct pu_bytes envelope)
{
	struct pu_multiaddr addrs[PU_RELAY_ADDRS_MAX];
	struct pu_relay_limit limit = {0};
	struct pu_relay_hop message = {
	    .type = PU_RELAY_HOP_STATUS,
	    .status = PU_RELAY_OK,
	    .has_reservation = true,
	    .has_limit = pu_relay_client_limit(hop->talk.transport->relay.books,
	                                       client_of(hop)->guest, &limit),
	    .reservation = {.expires_s = hop->expires_s, .voucher = envelope},
	};
	message.limit = limit;
	message.reservation.addr_count = own_addrs(hop, addrs);
	for (size_t i = 0; i < message.reservation.addr_count; i++)
		message.reservation.addrs[i] = pu_multiaddr_bytes(&addrs[i]);
	if (say(hop, &message) == PU_OK)
		transport_relay_talk_close(&hop->talk);
	else
		transport_relay_talk_abort(&hop->talk, STREAM_CODE_LIMIT);
	hop_free(hop);
}

static void on_signed(void *user, enum pu_err err, const char *text, const void *answer)
{
	struct hop *hop = user;
	const struct pu_auth_signature *signature = answer;
	struct transport *transport = hop->talk.transport;
	uint8_t envelope[PU_ENVELOPE_MAX];
	struct pu_writer writer = pu_writer(envelope, sizeof(envelope));
	hop->signing = 0;
	if (!serves(transport)) {
		refuse(hop, PU_RELAY_RESERVATION_REFUSED, "this is no relay any more");
		return;
	}
	if (err != PU_OK) {
		pu_warn("relay.voucher", "code=%s reason=%s", pu_err_code(err), text);
		pu_relay_count_refusal(transport->relay.books);
		refuse(hop, PU_RELAY_RESERVATION_REFUSED, "auth does not sign the voucher");
		return;
	}
	if (!pu_relay_confirm(transport->relay.books, &client_of(hop)->peer->id, hop->ends_ns)) {
		refuse(hop, PU_RELAY_RESERVATION_REFUSED, "signing the voucher took too long");
		return;
	}
	transport_relay_rearm(transport);
	struct pu_envelope parts = {
	    .public_key = signature->public_key,
	    .payload_type = pu_envelope_relay_voucher.payload_type,
	    .payload = pu_bytes(hop->voucher, hop->voucher_len),
	    .signature = signature->signature,
	};
	pu_envelope_encode(&parts, &writer);
	confirm(hop, pu_writer_bytes(&writer));
}

static struct pu_relay_client books_client(const struct transport_conn *conn)
{
	return (struct pu_relay_client){
	    .id = &conn->peer->id, .addr = &conn->remote.sa, .guest = conn->guest};
}

static void ask_voucher(struct hop *hop)
{
	struct transport *transport = hop->talk.transport;
	uint64_t ttl_ms = pu_host_config(transport->host)->relay.reservation_ttl_ms;
	struct pu_writer writer = pu_writer(hop->voucher, sizeof(hop->voucher));
	struct pu_relay_voucher voucher = {
	    .relay = transport->identity.peer,
	    .peer = client_of(hop)->peer->id,
	    .expires_s = (pu_unix_ms() + ttl_ms) / 1000,
	};
	pu_relay_voucher_encode(&voucher, &writer);
	hop->expires_s = voucher.expires_s;
	hop->ends_ns = pu_now_ns() + ttl_ms * PU_NS_PER_MS;
	hop->voucher_len = writer.len;
	struct pu_auth_sign ask = {.purpose = "voucher", .payload = pu_writer_bytes(&writer)};
	hop->signing = pu_client_ask(pu_host_client(transport->host, PU_SERVICE_AUTH),
	                             PU_MSG_AUTH_SIGN, &ask, PU_ASK_DEADLINE_MS, on_signed, hop);
}

static void reserve(struct hop *hop)
{
	struct pu_relay_client client = books_client(client_of(hop));
	struct pu_relay_answer answer =
	    pu_relay_reserve(hop->talk.transport->relay.books, &client, pu_now_ns());
	transport_relay_rearm(hop->talk.transport); /* a place is held for some time only */
	if (answer.status == PU_RELAY_OK)
		ask_voucher(hop);
	else
		refuse(hop, answer.status, answer.reason);
}

/* ---- CONNECT ---- */

static void on_circuit(void *user, struct transport_substream *target,
                       const struct pu_relay_limit *limit, enum pu_err err, const char *text)
{
	struct hop *hop = user;
	hop->offer = NULL;
	if (target != NULL && !serves(hop->talk.transport)) {
		transport_substream_abort(target, STREAM_CODE_SHUTDOWN);
		refuse(hop, PU_RELAY_PERMISSION_DENIED, "this is no relay any more");
		return;
	}
	if (target == NULL) {
		pu_relay_count_refusal(hop->talk.transport->relay.books);
		refuse(hop,
		       pu_err_is_denial(err) ? PU_RELAY_PERMISSION_DENIED : PU_RELAY_CONNECTION_FAILED,
		       text);
		return;
	}
	struct pu_relay_hop message = {
	    .type = PU_RELAY_HOP_STATUS,
	    .status = PU_RELAY_OK,
	    .has_limit = pu_relay_limit_is_set(limit),
	    .limit = *limit,
	};
	if (say(hop, &message) != PU_OK) {
		transport_substream_abort(target, STREAM_CODE_NONE);
		transport_relay_talk_abort(&hop->talk, STREAM_CODE_LIMIT);
		hop_free(hop);
		return;
	}
	struct transport_circuit *circuit = hop->circuit;
	hop->circuit = NULL;
	transport_relay_join(circuit, transport_relay_talk_release(&hop->talk), target);
	hop_free(hop);
}

static void offer(struct hop *hop, struct transport_conn *to)
{
	struct pu_relay_limit limit = {0};
	(void)pu_relay_circuit_limit(&hop->circuit->entry, &limit);
	struct transport_relay_ask *ask =
	    transport_relay_offer(to, &client_of(hop)->peer->id, &limit, on_circuit, hop);
	if (ask != NULL) /* else it is decided, and the request is gone */
		hop->offer = ask;
}

static void connect_to(struct hop *hop, const struct pu_peer_id *id)
{
	struct transport *transport = hop->talk.transport;
	const struct transport_peer *target =
	    pu_map_get(&transport->swarm.peers, pu_peer_id_bytes(id));
	struct transport_conn *to = target != NULL ? transport_peer_direct(target) : NULL;
	struct pu_relay_client client = books_client(client_of(hop));
	hop->circuit = PU_NEW(struct transport_circuit);
	hop->circuit->transport = transport;
	struct pu_relay_answer answer =
	    pu_relay_open(transport->relay.books, &hop->circuit->entry, &client, id, pu_now_ns());
	if (answer.status == PU_RELAY_OK && to == NULL)
		answer = (struct pu_relay_answer){PU_RELAY_CONNECTION_FAILED,
		                                  "the target is not connected any more"};
	if (answer.status == PU_RELAY_OK)
		offer(hop, to);
	else
		refuse(hop, answer.status, answer.reason);
}

/* ---- the request ---- */

static void on_request(struct hop *hop, const struct pu_relay_hop *request)
{
	const struct transport_conn *client = client_of(hop);
	if (client->carrier == PU_CARRIER_NONE)
		refuse(hop, PU_RELAY_PERMISSION_DENIED, "it comes through another relay");
	else if (request->type == PU_RELAY_HOP_RESERVE)
		reserve(hop);
	else if (request->type != PU_RELAY_HOP_CONNECT)
		refuse(hop, PU_RELAY_UNEXPECTED_MESSAGE, "not a request");
	else if (request->peer.len == 0 || pu_peer_id_eq(&request->peer, &client->peer->id))
		refuse(hop, PU_RELAY_MALFORMED_MESSAGE, "not a request that can be understood");
	else
		connect_to(hop, &request->peer);
}

static void on_heard(struct transport_relay_talk *talk, enum pu_err err, const char *text,
                     struct pu_bytes message)
{
	struct hop *hop = (struct hop *)talk;
	struct pu_relay_hop request;
	if (client_of(hop) == NULL || (err != PU_OK && err != PU_EMALFORMED && err != PU_ELIMIT)) {
		pu_debug("relay.request", "code=%s reason=%s", pu_err_code(err), text);
		transport_relay_talk_abort(talk, STREAM_CODE_NONE);
		hop_free(hop);
	} else if (err != PU_OK || pu_relay_hop_decode(message, &request) != PU_OK) {
		refuse(hop, PU_RELAY_MALFORMED_MESSAGE, "not a request that can be understood");
	} else {
		on_request(hop, &request);
	}
}

static bool is_deciding(const struct hop *hop)
{
	return hop->signing != 0 || hop->circuit != NULL;
}

/* While we decide, what comes early belongs to the circuit and waits. */
static void on_data(struct transport_substream *substream)
{
	if (!is_deciding(substream->handler))
		transport_relay_talk_on_data(substream);
}

static void on_failed(struct transport_substream *substream, enum pu_err err, const char *text)
{
	struct hop *hop = substream->handler;
	if (!is_deciding(hop)) {
		transport_relay_talk_on_failed(substream, err, text);
		return;
	}
	transport_relay_talk_abort(&hop->talk, STREAM_CODE_NONE);
	hop_free(hop);
}

static void on_open(struct transport_substream *substream)
{
	struct hop *hop = PU_NEW(struct hop);
	hop->talk.heard = on_heard;
	transport_relay_talk_listen(&hop->talk, substream, TRANSPORT_RELAY_HEAR_MS);
	transport_relay_talk_on_data(substream);
}

const struct transport_substream_ops transport_relay_hop_ops = {
    .on_open = on_open,
    .on_data = on_data,
    .on_failed = on_failed,
};
