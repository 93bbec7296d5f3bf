/* Knows which of our addresses a peer may hear of, and which of a peer's claims count. */
#include "identify_message.h"

#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "p2p/identify.h"
#include "p2p/multiaddr_class.h"
#include "p2p/peer_record.h"
#include "proto/limits.h"
#include "protocol.h"
#include "relays.h"
#include "transport.h"

#define PROTOCOL_VERSION "ipfs/0.1.0"
#define AGENT            "peerup/" PEERUP_VERSION
#define TOLD_ADDRS_MAX   32 /* in the event */
#define TOLD_PROTOS_MAX  64

static enum pu_addr_class remote_class(const struct transport_conn *conn)
{
	return pu_sockaddr_class(&conn->remote.sa);
}

enum pu_err transport_identify_write(struct transport_conn *conn, struct pu_writer *out)
{
	const struct transport *transport = conn->transport;
	const struct transport_own_addrs *own = &transport->own;
	struct pu_identify *message = PU_NEW(struct pu_identify);
	struct pu_multiaddr observed = {0};
	message->public_key =
	    pu_bytes(transport->identity.public_key, transport->identity.public_key_len);
	message->protocol_version = pu_bytes_of_str(PROTOCOL_VERSION);
	message->agent_version = pu_bytes_of_str(AGENT);
	if (pu_multiaddr_from_sockaddr(&conn->remote.sa, conn->carrier, &observed) == PU_OK)
		message->observed_addr = pu_multiaddr_bytes(&observed);
	for (size_t i = 0; i < own->listen_len; i++)
		if (pu_addr_class_may_tell(pu_multiaddr_class(&own->listen[i]), remote_class(conn)))
			message->addrs[message->addr_count++] = pu_multiaddr_bytes(&own->listen[i]);
	struct pu_multiaddr relayed[TRANSPORT_RELAYED_ADDRS_TOLD];
	size_t relayed_len =
	    transport_relays_addrs(transport->relays, relayed, TRANSPORT_RELAYED_ADDRS_TOLD);
	for (size_t i = 0; i < relayed_len && message->addr_count < PU_IDENTIFY_ADDRS_MAX; i++)
		message->addrs[message->addr_count++] = pu_multiaddr_bytes(&relayed[i]);
	const char *names[PU_IDENTIFY_PROTOCOLS_MAX];
	message->protocol_count = transport_protocol_list(conn, names, PU_IDENTIFY_PROTOCOLS_MAX);
	for (size_t i = 0; i < message->protocol_count; i++)
		message->protocols[i] = pu_bytes_of_str(names[i]);
	message->signed_peer_record = pu_bytes(own->record, own->record_len);
	enum pu_err err = pu_identify_encode(message, out);
	pu_free(message);
	return err;
}

/* ---- believing ---- */

/* The key must be that of the connection, if there is one. */
static bool is_about(const struct transport_conn *conn, const struct pu_identify *message)
{
	struct pu_public_key key;
	if (message->public_key.len == 0)
		return true;
	if (pu_public_key_decode(message->public_key, &key) != PU_OK)
		return false;
	struct pu_peer_id id = pu_peer_id_of_key(&key);
	return pu_peer_id_eq(&id, &conn->peer->id);
}

static char *to_string(struct pu_bytes bytes)
{
	return pu_strndup((const char *)bytes.data, bytes.len);
}

static void keep_protocols(struct transport_conn *conn, const struct pu_identify *message)
{
	struct pu_buffer names;
	pu_buffer_init(&names, TRANSPORT_PEER_PROTOCOLS_BYTES);
	for (size_t i = 0; i < message->protocol_count; i++) {
		struct pu_bytes name = message->protocols[i];
		if (names.len + name.len + 2 > names.max ||
		    pu_buffer_append(&names, name.data, name.len) != PU_OK ||
		    pu_buffer_append(&names, "", 1) != PU_OK)
			break;
	}
	if (pu_buffer_append(&names, "", 1) != PU_OK)
		pu_buffer_clear(&names);
	pu_free(conn->protocols);
	conn->protocols = names.len > 0 ? pu_memdup(names.data, names.len) : NULL;
	pu_buffer_fini(&names);
}

/* What is told to the others; strings are owned. */
struct told {
	const char *addrs[TOLD_ADDRS_MAX];
	size_t addrs_len;
	const char *protocols[TOLD_PROTOS_MAX];
	size_t protocols_len;
};

static void tell_addr(struct told *told, const struct transport_conn *conn,
                      struct pu_bytes bytes)
{
	struct pu_multiaddr addr;
	char text[PU_MULTIADDR_TEXT_MAX];
	if (told->addrs_len == TOLD_ADDRS_MAX || pu_multiaddr_decode(bytes, &addr) != PU_OK)
		return;
	if (!pu_addr_class_may_keep(pu_multiaddr_class(&addr), remote_class(conn)))
		return;
	pu_multiaddr_strip_peer(&addr);
	if (strlen(pu_multiaddr_print(&addr, text)) <= PU_FIELD_ADDRESS_MAX)
		told->addrs[told->addrs_len++] = pu_strdup(text);
}

/* The signed record counts for more than the plain list. */
static void tell_addrs(struct told *told, const struct transport_conn *conn,
                       const struct pu_identify *message)
{
	struct pu_peer_record record;
	if (message->signed_peer_record.len > 0 &&
	    pu_peer_record_open(message->signed_peer_record, &record) == PU_OK &&
	    pu_peer_id_eq(&record.peer, &conn->peer->id)) {
		for (size_t i = 0; i < record.addr_count; i++)
			tell_addr(told, conn, record.addrs[i]);
		return;
	}
	for (size_t i = 0; i < message->addr_count; i++)
		tell_addr(told, conn, message->addrs[i]);
}

static void observe(struct transport_conn *conn, const struct pu_identify *message, char *text)
{
	struct pu_multiaddr observed;
	text[0] = '\0';
	if (message->observed_addr.len == 0 ||
	    pu_multiaddr_decode(message->observed_addr, &observed) != PU_OK)
		return;
	pu_multiaddr_strip_peer(&observed); /* js appends our own peer ID */
	transport_own_addrs_observe(conn->transport, &observed);
	if (strlen(pu_multiaddr_print(&observed, text)) > PU_FIELD_ADDRESS_MAX)
		text[0] = '\0';
}

static void publish(struct transport_conn *conn, const struct pu_identify *message)
{
	struct told told = {0};
	char observed[PU_MULTIADDR_TEXT_MAX];
	observe(conn, message, observed);
	tell_addrs(&told, conn, message);
	for (size_t i = 0; i < message->protocol_count && i < TOLD_PROTOS_MAX; i++)
		told.protocols[told.protocols_len++] = to_string(message->protocols[i]);
	struct pu_peer_identified event = {
	    .peer_id = conn->peer->text,
	    .agent = conn->agent,
	    .protocols = {told.protocols, told.protocols_len},
	    .addresses = {told.addrs, told.addrs_len},
	    .observed = observed,
	};
	pu_debug("peer.identified", "peer=%s agent=%s addrs=%zu protocols=%zu", event.peer_id,
	         event.agent, told.addrs_len, told.protocols_len);
	if (!conn->guest)
		pu_host_publish(conn->transport->host, PU_MSG_PEER_IDENTIFIED, &event);
	for (size_t i = 0; i < told.addrs_len; i++)
		pu_free((void *)(uintptr_t)told.addrs[i]);
	for (size_t i = 0; i < told.protocols_len; i++)
		pu_free((void *)(uintptr_t)told.protocols[i]);
}

void transport_identify_apply(struct transport_conn *conn, struct pu_bytes stream)
{
	struct pu_identify *message = PU_NEW(struct pu_identify);
	enum pu_err err = pu_identify_decode(stream, message);
	if (err == PU_OK && !is_about(conn, message))
		err = PU_ECRYPTO;
	if (err != PU_OK) {
		pu_warn("identify.ignored", "peer=%s code=%s", conn->peer->text, pu_err_code(err));
		pu_free(message);
		return;
	}
	pu_free(conn->agent);
	conn->agent = to_string(message->agent_version);
	keep_protocols(conn, message);
	transport_relays_identified(conn->transport->relays, conn);
	publish(conn, message);
	pu_free(message);
}
