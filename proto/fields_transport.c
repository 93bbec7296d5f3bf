/* Fields of transport's messages and events: their names, bounds and meaning. */
#include "proto/shapes.h"

/* clang-format off */
PU_EMPTY_SHAPE(transport_status);

#define S struct pu_transport_state
static const struct pu_field transport_state_fields[] = {
	PU_FIELD(S, peer_id, PU_REQUIRED, PU_FIELD_PEER_MAX, "ours; empty until auth has told it"),
	PU_FIELD_STRINGS(S, listen,   PU_FIELD_ADDRESSES_MAX, PU_FIELD_ADDRESS_MAX, "real addresses, without /p2p"),
	PU_FIELD_STRINGS(S, observed, PU_FIELD_ADDRESSES_MAX, PU_FIELD_ADDRESS_MAX, "what peers say that our addresses are"),
	PU_FIELD(S, connections,  PU_REQUIRED, 0, "established"),
	PU_FIELD(S, streams,      PU_REQUIRED, 0, "open"),
	PU_FIELD(S, handshakes,   PU_REQUIRED, 0, "in progress"),
	PU_FIELD(S, memory_bytes, PU_REQUIRED, 0, "connection state and buffers"),
	PU_FIELD(S, bytes_in,     PU_REQUIRED, 0, "from peers, since the start"),
	PU_FIELD(S, bytes_out,    PU_REQUIRED, 0, "to peers, since the start"),
	PU_FIELD(S, gso,          PU_REQUIRED, 0, "batched send works on this kernel"),
};
#undef S
PU_SHAPE(transport_state);

PU_EMPTY_SHAPE(transport_peers);

#define S struct pu_connection_info
static const struct pu_field connection_info_fields[] = {
	PU_FIELD(S, peer_id,   PU_REQUIRED, PU_FIELD_PEER_MAX,    "base58"),
	PU_FIELD(S, address,   PU_REQUIRED, PU_FIELD_ADDRESS_MAX, "the remote one, as multiaddr"),
	PU_FIELD(S, direction, PU_REQUIRED, PU_FIELD_WORD_MAX,    "in or out"),
	PU_FIELD(S, path,      PU_REQUIRED, PU_FIELD_WORD_MAX,    "direct or relayed"),
	PU_FIELD(S, agent,     PU_OPTIONAL, PU_FIELD_AGENT_MAX,   "what the peer says it runs"),
	PU_FIELD(S, rtt_us,    PU_REQUIRED, 0, "smoothed round trip"),
	PU_FIELD(S, age_ms,    PU_REQUIRED, 0, "since the handshake"),
	PU_FIELD(S, streams,   PU_REQUIRED, 0, "open"),
	PU_FIELD(S, bytes_in,  PU_REQUIRED, 0, "from the peer"),
	PU_FIELD(S, bytes_out, PU_REQUIRED, 0, "to the peer"),
	PU_FIELD_STRINGS(S, protocols, PU_FIELD_PROTOCOLS_MAX, PU_FIELD_PROTOCOL_MAX, "that the peer says it speaks"),
};
#undef S
static PU_SHAPE(connection_info);

static const struct pu_field transport_connections_fields[] = {
	PU_FIELD_ITEMS(struct pu_transport_connections, connections, PU_FIELD_CONNECTIONS_MAX, &pu_shape_connection_info, "all that are established"),
};
PU_SHAPE(transport_connections);

#define S struct pu_transport_connect
static const struct pu_field transport_connect_fields[] = {
	PU_FIELD(S, peer, PU_REQUIRED, PU_FIELD_PEER_MAX, "peer ID"),
	PU_FIELD_STRINGS(S, addresses, PU_FIELD_ADDRESSES_MAX, PU_FIELD_ADDRESS_MAX, "besides those that naming knows"),
	PU_FIELD(S, deadline_ms, PU_OPTIONAL, 0, "0 = 15 s"),
};
#undef S
PU_SHAPE(transport_connect);

#define F(member, need, max, help) PU_FIELD(struct pu_transport_connected, member, need, max, help)
static const struct pu_field transport_connected_fields[] = {
	F(peer_id, PU_REQUIRED, PU_FIELD_PEER_MAX,    "base58"),
	F(address, PU_REQUIRED, PU_FIELD_ADDRESS_MAX, "that led to the peer"),
	F(path,    PU_REQUIRED, PU_FIELD_WORD_MAX,    "direct or relayed"),
	F(rtt_us,  PU_REQUIRED, 0, "round trip"),
	F(already, PU_REQUIRED, 0, "there was a connection before"),
};
#undef F
PU_SHAPE(transport_connected);

static const struct pu_field transport_disconnect_fields[] = {
	PU_FIELD(struct pu_transport_disconnect, peer, PU_REQUIRED, PU_FIELD_PEER_MAX, "peer ID"),
};
PU_SHAPE(transport_disconnect);

#define F(member, need, max, help) PU_FIELD(struct pu_transport_ping, member, need, max, help)
static const struct pu_field transport_ping_fields[] = {
	F(peer,     PU_REQUIRED, PU_FIELD_PEER_MAX,     "peer ID"),
	F(protocol, PU_OPTIONAL, PU_FIELD_PROTOCOL_MAX, "empty = /ipfs/ping/1.0.0; or /pingpong/1.0.0"),
};
#undef F
PU_SHAPE(transport_ping);

#define F(member, need, max, help) PU_FIELD(struct pu_transport_pong, member, need, max, help)
static const struct pu_field transport_pong_fields[] = {
	F(rtt_us,  PU_REQUIRED, 0, "of this ping"),
	F(address, PU_REQUIRED, PU_FIELD_ADDRESS_MAX, "of the peer"),
	F(path,    PU_REQUIRED, PU_FIELD_WORD_MAX,    "direct or relayed"),
};
#undef F
PU_SHAPE(transport_pong);

#define F(member, need, max, help) PU_FIELD(struct pu_transport_probe, member, need, max, help)
static const struct pu_field transport_probe_fields[] = {
	F(address,     PU_REQUIRED, PU_FIELD_ADDRESS_MAX, "one multiaddr; if it ends with /p2p/ID, that peer must answer"),
	F(deadline_ms, PU_OPTIONAL, 0, "0 = 10 s"),
};
#undef F
PU_SHAPE(transport_probe);

#define F(member, need, max, help) PU_FIELD(struct pu_transport_probed, member, need, max, help)
static const struct pu_field transport_probed_fields[] = {
	F(peer_id, PU_REQUIRED, PU_FIELD_PEER_MAX,    "proven by the handshake"),
	F(address, PU_REQUIRED, PU_FIELD_ADDRESS_MAX, "that was asked, names resolved, without /p2p"),
	F(agent,   PU_OPTIONAL, PU_FIELD_AGENT_MAX,   "what the peer says it runs"),
	F(rtt_us,  PU_REQUIRED, 0, "round trip"),
};
#undef F
PU_SHAPE(transport_probed);

PU_EMPTY_SHAPE(transport_relays);

#define S struct pu_relay_info
static const struct pu_field relay_info_fields[] = {
	PU_FIELD(S, peer_id, PU_REQUIRED, PU_FIELD_PEER_MAX,    "base58"),
	PU_FIELD(S, address, PU_REQUIRED, PU_FIELD_ADDRESS_MAX, "as configured"),
	PU_FIELD(S, state,   PU_REQUIRED, PU_FIELD_WORD_MAX,    "connecting, connected (without a reservation), reserved, backoff or refused"),
	PU_FIELD(S, error,   PU_OPTIONAL, PU_FIELD_TEXT_MAX,    "why the last attempt failed; empty = it did not"),
	PU_FIELD(S, rtt_us,          PU_REQUIRED, 0, "round trip; 0 = unknown"),
	PU_FIELD(S, reserved_for_ms, PU_REQUIRED, 0, "until the reservation ends"),
	PU_FIELD(S, retry_ms,        PU_REQUIRED, 0, "until the next attempt, in state backoff or refused"),
	PU_FIELD(S, duration_ms,     PU_REQUIRED, 0, "the relay's limit for a circuit; 0 = none"),
	PU_FIELD(S, data,            PU_REQUIRED, 0, "the same in bytes each way; 0 = none"),
	PU_FIELD(S, best,            PU_REQUIRED, 0, "used first"),
	PU_FIELD_STRINGS(S, addresses, PU_FIELD_ADDRESSES_MAX, PU_FIELD_ADDRESS_MAX, "ours through it, with /p2p-circuit"),
};
#undef S
static PU_SHAPE(relay_info);

static const struct pu_field transport_reserved_fields[] = {
	PU_FIELD_ITEMS(struct pu_transport_reserved, relays, PU_FIELD_RELAYS_MAX, &pu_shape_relay_info, "best first"),
};
PU_SHAPE(transport_reserved);

static const struct pu_field transport_relaying_fields[] = {
	PU_FIELD(struct pu_transport_relaying, limit, PU_OPTIONAL, 0, "most reservations and most circuits to list; 0 = as many as fit"),
};
PU_SHAPE(transport_relaying);

#define S struct pu_reservation_info
static const struct pu_field reservation_info_fields[] = {
	PU_FIELD(S, peer_id,    PU_REQUIRED, PU_FIELD_PEER_MAX,    "base58"),
	PU_FIELD(S, address,    PU_REQUIRED, PU_FIELD_ADDRESS_MAX, "where the peer comes from"),
	PU_FIELD(S, expires_ms, PU_REQUIRED, 0, "from now"),
	PU_FIELD(S, circuits,   PU_REQUIRED, 0, "that lead to the peer"),
	PU_FIELD(S, guest,      PU_REQUIRED, 0, "the peer is not authorized"),
};
#undef S
static PU_SHAPE(reservation_info);

#define S struct pu_circuit_info
static const struct pu_field circuit_info_fields[] = {
	PU_FIELD(S, source,    PU_REQUIRED, PU_FIELD_PEER_MAX, "the peer that asked for it"),
	PU_FIELD(S, target,    PU_REQUIRED, PU_FIELD_PEER_MAX, "the peer that it leads to"),
	PU_FIELD(S, age_ms,    PU_REQUIRED, 0, "since it was made"),
	PU_FIELD(S, bytes_in,  PU_REQUIRED, 0, "from source to target"),
	PU_FIELD(S, bytes_out, PU_REQUIRED, 0, "from target to source"),
	PU_FIELD(S, guest,     PU_REQUIRED, 0, "a guest's limits apply"),
};
#undef S
static PU_SHAPE(circuit_info);

#define S struct pu_transport_circuits
static const struct pu_field transport_circuits_fields[] = {
	PU_FIELD(S, serving,          PU_REQUIRED, 0, "we are a relay"),
	PU_FIELD(S, open,             PU_REQUIRED, 0, "guests may use it"),
	PU_FIELD(S, reservations_len, PU_REQUIRED, 0, "held"),
	PU_FIELD(S, reservations_max, PU_REQUIRED, 0, "that may be held"),
	PU_FIELD(S, circuits_len,     PU_REQUIRED, 0, "open"),
	PU_FIELD(S, circuits_max,     PU_REQUIRED, 0, "that may be open"),
	PU_FIELD(S, bytes,            PU_REQUIRED, 0, "carried since the start"),
	PU_FIELD(S, refused,          PU_REQUIRED, 0, "requests refused since the start"),
	PU_FIELD(S, memory_bytes,     PU_REQUIRED, 0, "under way in circuits"),
	PU_FIELD_ITEMS(S, reservations, PU_FIELD_CONNECTIONS_MAX, &pu_shape_reservation_info, "those that fit"),
	PU_FIELD_ITEMS(S, circuits,     PU_FIELD_CONNECTIONS_MAX, &pu_shape_circuit_info,     "those that fit"),
};
#undef S
PU_SHAPE(transport_circuits);

#define F(member, need, max, help) PU_FIELD(struct pu_relay_state, member, need, max, help)
static const struct pu_field relay_state_fields[] = {
	F(peer_id, PU_REQUIRED, PU_FIELD_PEER_MAX, "the relay's"),
	F(state,   PU_REQUIRED, PU_FIELD_WORD_MAX, "connecting, connected, reserved, backoff or refused"),
	F(reason,  PU_OPTIONAL, PU_FIELD_TEXT_MAX, "why"),
};
#undef F
PU_SHAPE(relay_state);

#define F(member, need, max, help) PU_FIELD(struct pu_peer_up, member, need, max, help)
static const struct pu_field peer_up_fields[] = {
	F(peer_id,   PU_REQUIRED, PU_FIELD_PEER_MAX,    "base58"),
	F(address,   PU_REQUIRED, PU_FIELD_ADDRESS_MAX, "the remote one"),
	F(direction, PU_REQUIRED, PU_FIELD_WORD_MAX,    "in or out"),
	F(path,      PU_REQUIRED, PU_FIELD_WORD_MAX,    "direct or relayed"),
};
#undef F
PU_SHAPE(peer_up);

#define F(member, need, max, help) PU_FIELD(struct pu_peer_down, member, need, max, help)
static const struct pu_field peer_down_fields[] = {
	F(peer_id,   PU_REQUIRED, PU_FIELD_PEER_MAX,    "base58"),
	F(address,   PU_REQUIRED, PU_FIELD_ADDRESS_MAX, "the remote one"),
	F(reason,    PU_OPTIONAL, PU_FIELD_TEXT_MAX,    "why it ended"),
	F(code,      PU_REQUIRED, 0, "error code on the wire"),
	F(by_remote, PU_REQUIRED, 0, "the peer closed it"),
	F(remaining, PU_REQUIRED, 0, "connections to this peer that are left"),
};
#undef F
PU_SHAPE(peer_down);

#define S struct pu_peer_identified
static const struct pu_field peer_identified_fields[] = {
	PU_FIELD(S, peer_id, PU_REQUIRED, PU_FIELD_PEER_MAX,  "base58"),
	PU_FIELD(S, agent,   PU_OPTIONAL, PU_FIELD_AGENT_MAX, "what the peer says it runs"),
	PU_FIELD_STRINGS(S, protocols, PU_FIELD_PROTOCOLS_MAX, PU_FIELD_PROTOCOL_MAX, "that the peer says it speaks"),
	PU_FIELD_STRINGS(S, addresses, PU_FIELD_ADDRESSES_MAX, PU_FIELD_ADDRESS_MAX,  "filtered listen addresses of the peer"),
	PU_FIELD(S, observed, PU_OPTIONAL, PU_FIELD_ADDRESS_MAX, "our address as the peer sees it"),
};
#undef S
PU_SHAPE(peer_identified);

#define F(member, need, max, help) PU_FIELD(struct pu_path_changed, member, need, max, help)
static const struct pu_field path_changed_fields[] = {
	F(peer_id, PU_REQUIRED, PU_FIELD_PEER_MAX,    "base58"),
	F(address, PU_REQUIRED, PU_FIELD_ADDRESS_MAX, "the new remote one"),
	F(path,    PU_REQUIRED, PU_FIELD_WORD_MAX,    "direct or relayed"),
};
#undef F
PU_SHAPE(path_changed);
/* clang-format on */
