/* Knows when a relay may lead a circuit to us: only one that we have asked for it. */
#include "base/alloc.h"
#include "base/log.h"
#include "codes.h"
#include "p2p/relay_message.h"
#include "protocol.h"
#include "relay_talk.h"
#include "relayed.h"
#include "relays.h"
#include "transport.h"

static bool answer(struct transport_relay_talk *talk, enum pu_relay_status status)
{
	uint8_t bytes[64];
	struct pu_writer writer = pu_writer(bytes, sizeof(bytes));
	struct pu_relay_stop message = {.type = PU_RELAY_STOP_STATUS, .status = status};
	return pu_relay_stop_encode(&message, &writer) == PU_OK &&
	       transport_relay_talk_say(talk, pu_writer_bytes(&writer)) == PU_OK;
}

/* What is said to an offer; PU_RELAY_OK: taken. */
static enum pu_relay_status judge(const struct transport_relay_talk *talk,
                                  const struct pu_relay_stop *offer)
{
	const struct transport_conn *conn = talk->substream->conn;
	if (offer->type != PU_RELAY_STOP_CONNECT)
		return PU_RELAY_UNEXPECTED_MESSAGE;
	if (offer->peer.len == 0 || pu_peer_id_eq(&offer->peer, &talk->transport->identity.peer))
		return PU_RELAY_MALFORMED_MESSAGE;
	if (conn->carrier == PU_CARRIER_NONE ||
	    !transport_relays_has(talk->transport->relays, &conn->peer->id))
		return PU_RELAY_PERMISSION_DENIED;
	return PU_RELAY_OK;
}

static void on_heard(struct transport_relay_talk *talk, enum pu_err err, const char *text,
                     struct pu_bytes message)
{
	struct pu_relay_stop offer;
	enum pu_relay_status status = PU_RELAY_MALFORMED_MESSAGE;
	if (err != PU_OK || talk->substream->conn == NULL) {
		pu_debug("circuit.offer", "code=%s reason=%s", pu_err_code(err), text);
		transport_relay_talk_abort(talk, STREAM_CODE_VIOLATION);
		pu_free(talk);
		return;
	}
	if (pu_relay_stop_decode(message, &offer) == PU_OK)
		status = judge(talk, &offer);
	bool said = answer(talk, status);
	if (status == PU_RELAY_OK && said) {
		struct transport_conn *via = talk->substream->conn;
		transport_relayed_accept(via, transport_relay_talk_release(talk), &offer.peer,
		                         &offer.limit);
	} else {
		transport_relay_talk_close(talk);
	}
	pu_free(talk);
}

static void on_open(struct transport_substream *substream)
{
	struct transport_relay_talk *talk = PU_NEW(struct transport_relay_talk);
	talk->heard = on_heard;
	transport_relay_talk_listen(talk, substream, TRANSPORT_RELAY_HEAR_MS);
	transport_relay_talk_on_data(substream);
}

const struct transport_substream_ops transport_relay_stop_ops = {
    .on_open = on_open,
    .on_data = transport_relay_talk_on_data,
    .on_failed = transport_relay_talk_on_failed,
};
