/* Knows the order of the steps by which a byte stream becomes a libp2p connection, and who
 * proposes what. */
#include <string.h>

#include "base/alloc.h"
#include "upgrade/upgrade_state.h"
#include "ws/ws.h"

static const char *const securities[] = {PU_TLS_PROTOCOL, PU_NOISE_PROTOCOL};
static const char *const muxers[] = {PU_YAMUX_PROTOCOL};

struct names {
	const char *const *list;
	size_t len;
};

/* In order of preference. */
static struct names our_names(const struct pu_upgraded *conn)
{
	const struct pu_upgrader_config *config = &conn->upgrader->config;
	size_t first = config->tls == NULL, end = config->noise == NULL ? 1 : 2;

	if (conn->stage == UPGRADE_MUXER)
		return (struct names){muxers, PU_ARRAY_LEN(muxers)};
	return (struct names){securities + first, first < end ? end - first : 0};
}

/* ---- layers ---- */

static enum pu_err add_layer(struct pu_upgraded *conn, struct pu_secure *secure,
                             enum pu_upgrade_stage stage)
{
	struct pu_upgrade_layer *layer = &conn->layers[conn->layers_len];

	if (secure == NULL)
		return PU_EINTERNAL;
	layer->secure = secure;
	pu_buffer_init(&layer->partial, PU_UPGRADE_PARTIAL_MAX);
	conn->layers_len++;
	conn->stage = stage;
	pu_upgraded_push_layer(conn, conn->layers_len - 1);
	return PU_OK;
}

static enum pu_err begin_web_tls(struct pu_upgraded *conn)
{
	const struct pu_upgrader_config *config = &conn->upgrader->config;

	return add_layer(conn,
	                 conn->initiator ? pu_tls_new_web(config->web_client, conn->server_name)
	                                 : pu_tls_new_web(config->web_server, NULL),
	                 UPGRADE_WEB_TLS);
}

static enum pu_err begin_ws(struct pu_upgraded *conn)
{
	struct pu_secure *ws;
	enum pu_err err = conn->initiator
	                      ? pu_ws_client_new(conn->host != NULL ? conn->host : "", "/", &ws)
	                      : pu_ws_server_new("/", &ws);

	return err == PU_OK ? add_layer(conn, ws, UPGRADE_WS) : err;
}

static enum pu_err begin_securing(struct pu_upgraded *conn, const char *name)
{
	const struct pu_upgrader_config *config = &conn->upgrader->config;
	struct pu_secure_config secure = {
	    .initiator = conn->initiator,
	    .expected = conn->has_expected ? &conn->expected : NULL,
	    .muxers = muxers,
	    .muxers_len = PU_ARRAY_LEN(muxers),
	};

	return add_layer(conn,
	                 strcmp(name, PU_NOISE_PROTOCOL) == 0 ? pu_noise_new(config->noise, &secure)
	                                                      : pu_tls_new(config->tls, &secure),
	                 UPGRADE_SECURING);
}

/* ---- selecting ---- */

static void push_selection(struct pu_upgraded *conn)
{
	struct pu_upgrade_select *select = conn->select;
	struct pu_bytes out = conn->initiator ? pu_multistream_initiator_output(&select->initiator)
	                                      : pu_multistream_responder_output(&select->responder);

	if (out.len == 0)
		return;
	pu_upgraded_push(conn, conn->layers_len,
	                 &(struct iovec){(void *)(uintptr_t)out.data, out.len}, 1);
	if (conn->initiator)
		pu_multistream_initiator_written(&select->initiator, out.len);
	else
		pu_multistream_responder_written(&select->responder, out.len);
}

static enum pu_err begin_selecting(struct pu_upgraded *conn, enum pu_upgrade_stage stage)
{
	enum pu_err err = PU_OK;
	struct names ours;

	conn->stage = stage;
	conn->select = PU_NEW(struct pu_upgrade_select);
	ours = our_names(conn);
	if (conn->initiator)
		err = pu_multistream_initiator_init(&conn->select->initiator, ours.list, ours.len);
	else
		pu_multistream_responder_init(&conn->select->responder);
	if (err == PU_OK)
		push_selection(conn);
	return err;
}

/* The one of our names that the peer proposes, or NULL. */
static const char *known_name(const struct pu_upgraded *conn, struct pu_bytes proposal)
{
	struct names ours = our_names(conn);

	for (size_t i = 0; i < ours.len; i++)
		if (pu_bytes_eq(proposal, pu_bytes_of_str(ours.list[i])))
			return ours.list[i];
	return NULL;
}

static const char *chosen_name(const struct pu_upgraded *conn)
{
	if (conn->initiator)
		return pu_multistream_initiator_chosen(&conn->select->initiator);
	return known_name(conn, pu_multistream_responder_proposal(&conn->select->responder));
}

static void go_up(struct pu_upgraded *conn)
{
	struct pu_upgrader *upgrader = conn->upgrader;

	conn->yamux = pu_yamux_new(&upgrader->config.yamux, &pu_upgraded_yamux_callbacks, conn,
	                           conn->initiator, upgrader->now);
	conn->stage = UPGRADE_UP;
	upgrader->stats.handshakes -= conn->counted;
	conn->counted = false;
	upgrader->stats.up++;
	pu_upgraded_wake(conn);
}

static enum pu_err selected(struct pu_upgraded *conn)
{
	const char *name = chosen_name(conn);
	enum pu_err err = PU_OK;

	pu_free(conn->select);
	conn->select = NULL;
	if (conn->stage == UPGRADE_MUXER)
		go_up(conn);
	else
		err = begin_securing(conn, name);
	if (err != PU_OK)
		pu_upgraded_fail(conn, err, "the handshake could not begin");
	return err;
}

static enum pu_err refuse(struct pu_upgraded *conn, enum pu_err err, const char *text)
{
	pu_upgraded_fail(conn, err, text);
	return err;
}

enum pu_err pu_upgraded_select(struct pu_upgraded *conn, struct pu_bytes *in)
{
	struct pu_upgrade_select *select = conn->select;

	for (;;) {
		enum pu_multistream_event event =
		    conn->initiator ? pu_multistream_initiator_read(&select->initiator, in)
		                    : pu_multistream_responder_read(&select->responder, in);

		if (event == PU_MULTISTREAM_PROPOSAL)
			pu_multistream_responder_answer(&select->responder,
			                                known_name(conn, pu_multistream_responder_proposal(
			                                                     &select->responder)) != NULL);
		push_selection(conn);
		if (conn->stage == UPGRADE_ENDING)
			return PU_ELIMIT; /* the answer had no room */
		switch (event) {
		case PU_MULTISTREAM_MORE:
			return PU_OK;
		case PU_MULTISTREAM_FLUSH:
		case PU_MULTISTREAM_PROPOSAL:
			break;
		case PU_MULTISTREAM_DONE:
			return selected(conn);
		case PU_MULTISTREAM_REFUSED:
			return refuse(conn, PU_EUNSUPPORTED, "the peer speaks none of our protocols");
		case PU_MULTISTREAM_FAILED:
			return refuse(conn, PU_EPROTOCOL, "the peer broke the protocol negotiation");
		}
	}
}

/* ---- steps ---- */

enum pu_err pu_upgraded_begin(struct pu_upgraded *conn)
{
	switch (conn->kind) {
	case PU_CARRIER_WSS:
		return begin_web_tls(conn);
	case PU_CARRIER_WS:
		return begin_ws(conn);
	case PU_CARRIER_TCP:
	case PU_CARRIER_NONE:
		return begin_selecting(conn, UPGRADE_SECURITY);
	case PU_CARRIER_QUIC:
	case PU_CARRIERS:
		break;
	}
	return PU_EUNSUPPORTED;
}

static enum pu_err secured(struct pu_upgraded *conn)
{
	const struct pu_secure_result *result =
	    pu_secure_result(conn->layers[conn->layers_len - 1].secure);

	conn->peer = result->peer;
	conn->has_peer = true;
	if (result->muxer == NULL)
		return begin_selecting(conn, UPGRADE_MUXER);
	go_up(conn);
	return PU_OK;
}

static enum pu_err ws_is_open(struct pu_upgraded *conn)
{
	pu_free(conn->host);
	pu_free(conn->server_name);
	conn->host = conn->server_name = NULL;
	return begin_selecting(conn, UPGRADE_SECURITY);
}

enum pu_err pu_upgraded_established(struct pu_upgraded *conn)
{
	enum pu_err err = PU_EINTERNAL;

	if (conn->stage == UPGRADE_WEB_TLS)
		err = begin_ws(conn);
	else if (conn->stage == UPGRADE_WS)
		err = ws_is_open(conn);
	else if (conn->stage == UPGRADE_SECURING)
		err = secured(conn);
	if (err != PU_OK)
		pu_upgraded_fail(conn, err, "the handshake could not go on");
	return err;
}
