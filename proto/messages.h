/* Every message between peerup's processes, one struct each. The rows in messages.c
 * say who may send it, to whom, and what answers it; docs/MESSAGES.md is made from
 * them. Peer IDs are base58 text, addresses multiaddr text, times milliseconds. */
#ifndef PU_PROTO_MESSAGES_H
#define PU_PROTO_MESSAGES_H

#include "proto/field.h"
#include "proto/roster.h"

/* clang-format off */
/* X(enum suffix, struct suffix, "type on the wire") */
#define PU_MESSAGES(X) \
	X(OK, ok, "ok") \
	X(ERROR, error, "error") \
	/* supervisor */ \
	X(SUPERVISOR_STATUS, supervisor_status, "supervisor.status") \
	X(SUPERVISOR_STATE, supervisor_state, "supervisor.state") \
	X(SUPERVISOR_STOP, supervisor_stop, "supervisor.stop") \
	X(SUPERVISOR_RELOAD, supervisor_reload, "supervisor.reload") \
	X(SERVICE_STATE, service_state, "service.state") \
	X(CONFIG_CHANGED, config_changed, "config.changed") \
	/* control channel between the supervisor and a service */ \
	X(SERVICE_KEPT, service_kept, "service.kept") \
	X(SERVICE_CONFIG, service_config, "service.config") \
	X(SERVICE_GO, service_go, "service.go") \
	X(SERVICE_HEALTH, service_health, "service.health") \
	X(SERVICE_HEALTHY, service_healthy, "service.healthy") \
	X(SERVICE_READY, service_ready, "service.ready") \
	X(SERVICE_NOTE, service_note, "service.note") \
	X(SERVICE_KEEP, service_keep, "service.keep") \
	X(SERVICE_DROP, service_drop, "service.drop") \
	/* auth */ \
	X(AUTH_IDENTITY, auth_identity, "auth.identity") \
	X(AUTH_SELF, auth_self, "auth.self") \
	X(AUTH_SIGN, auth_sign, "auth.sign") \
	X(AUTH_SIGNATURE, auth_signature, "auth.signature") \
	X(AUTH_CHECK, auth_check, "auth.check") \
	X(AUTH_VERDICT, auth_verdict, "auth.verdict") \
	X(AUTH_LIST, auth_list, "auth.list") \
	X(AUTH_PEERS, auth_peers, "auth.peers") \
	X(AUTH_ADD, auth_add, "auth.add") \
	X(AUTH_REMOVE, auth_remove, "auth.remove") \
	X(AUTH_CHANGED, auth_changed, "auth.changed") \
	/* naming */ \
	X(NAMING_RESOLVE, naming_resolve, "naming.resolve") \
	X(NAMING_RESOLVED, naming_resolved, "naming.resolved") \
	X(NAMING_ADDRESSES, naming_addresses, "naming.addresses") \
	X(NAMING_KNOWN, naming_known, "naming.known") \
	X(NAMING_LIST, naming_list, "naming.list") \
	X(NAMING_PEERS, naming_peers, "naming.peers") \
	X(NAMING_SERVICES, naming_services, "naming.services") \
	X(NAMING_OFFERS, naming_offers, "naming.offers") \
	X(NAMING_CHANGED, naming_changed, "naming.changed") \
	/* transport */ \
	X(TRANSPORT_STATUS, transport_status, "transport.status") \
	X(TRANSPORT_STATE, transport_state, "transport.state") \
	X(TRANSPORT_PEERS, transport_peers, "transport.peers") \
	X(TRANSPORT_CONNECTIONS, transport_connections, "transport.connections") \
	X(TRANSPORT_CONNECT, transport_connect, "transport.connect") \
	X(TRANSPORT_CONNECTED, transport_connected, "transport.connected") \
	X(TRANSPORT_DISCONNECT, transport_disconnect, "transport.disconnect") \
	X(TRANSPORT_PING, transport_ping, "transport.ping") \
	X(TRANSPORT_PONG, transport_pong, "transport.pong") \
	X(TRANSPORT_PROBE, transport_probe, "transport.probe") \
	X(TRANSPORT_PROBED, transport_probed, "transport.probed") \
	X(TRANSPORT_RELAYS, transport_relays, "transport.relays") \
	X(TRANSPORT_RESERVED, transport_reserved, "transport.reserved") \
	X(TRANSPORT_RELAYING, transport_relaying, "transport.relaying") \
	X(TRANSPORT_CIRCUITS, transport_circuits, "transport.circuits") \
	X(PEER_UP, peer_up, "peer.up") \
	X(PEER_DOWN, peer_down, "peer.down") \
	X(PEER_IDENTIFIED, peer_identified, "peer.identified") \
	X(PATH_CHANGED, path_changed, "path.changed") \
	X(RELAY_STATE, relay_state, "relay.state") \
	/* stream handoff (stream.sock) */ \
	X(STREAM_REGISTER, stream_register, "stream.register") \
	X(STREAM_OPEN, stream_open, "stream.open") \
	X(STREAM_OPENED, stream_opened, "stream.opened") \
	X(STREAM_INBOUND, stream_inbound, "stream.inbound") \
	X(STREAM_ACCEPT, stream_accept, "stream.accept") \
	X(STREAM_FAILED, stream_failed, "stream.failed") \
	X(STREAM_CLOSED, stream_closed, "stream.closed") \
	X(STREAM_NEED, stream_need, "stream.need") \
	/* proxy */ \
	X(PROXY_STATUS, proxy_status, "proxy.status") \
	X(PROXY_STATE, proxy_state, "proxy.state") \
	X(PROXY_FORWARD, proxy_forward, "proxy.forward") \
	X(PROXY_FORWARDED, proxy_forwarded, "proxy.forwarded") \
	X(PROXY_UNFORWARD, proxy_unforward, "proxy.unforward") \
	X(PROXY_OFFERS, proxy_offers, "proxy.offers") \
	X(PROXY_OFFERED, proxy_offered, "proxy.offered") \
	X(FORWARD_STATE, forward_state, "forward.state") \
	X(FORWARD_FAILED, forward_failed, "forward.failed")
/* clang-format on */

enum pu_msg {
	PU_MSG_NONE = 0,
#define PU_MSG_ENUM(upper, lower, wire) PU_MSG_##upper,
	PU_MESSAGES(PU_MSG_ENUM)
#undef PU_MSG_ENUM
	    PU_MSG_COUNT,
};

/* Messages without fields. (C has no empty structs: one unused byte.) */
#define PU_EMPTY_MESSAGE(name)                                                                 \
	struct pu_##name {                                                                         \
		char unused;                                                                           \
	}

PU_EMPTY_MESSAGE(ok);
struct pu_error {
	const char *code;    /* pu_err_code() */
	const char *message; /* for people */
};

/* ---- supervisor ---- */
PU_EMPTY_MESSAGE(supervisor_status);
struct pu_service_info {
	const char *name;
	const char *state; /* starting, running, backoff, failed, stopping, stopped */
	uint64_t pid;      /* 0 = none */
	uint64_t uptime_ms;
	uint64_t restarts;
	uint64_t rss_bytes;
	uint64_t private_bytes;
	const char *note; /* what the service says of itself, or why it last ended */
};
struct pu_supervisor_state {
	const char *version;
	const char *config;
	const char *name; /* of the node; "" = none */
	uint64_t pid;
	uint64_t uptime_ms;
	struct pu_items services; /* struct pu_service_info; the supervisor itself is the first */
};
PU_EMPTY_MESSAGE(supervisor_stop);
PU_EMPTY_MESSAGE(supervisor_reload);
struct pu_service_state { /* event */
	const char *name;
	const char *state;
	uint64_t pid;
	const char *reason;
};
PU_EMPTY_MESSAGE(config_changed); /* event: all have been handed the new one */

/* Control channel, descriptor 3 of a service. Supervisor to service: kept* config go (health |
 * config)*; service to supervisor: ready, note, keep, drop, healthy. */
struct pu_service_kept { /* with a descriptor that an earlier process had kept */
	const char *name;
};
/* With the text of the configuration that is in force, open for reading: the file may have
 * become another one meanwhile, and a service need not be able to open anything in the config
 * directory, where the identity key is. After service.go: it has changed. */
struct pu_service_config {
	const char *runtime_dir;
};
PU_EMPTY_MESSAGE(service_go); /* no more kept descriptors; the roster is right */
PU_EMPTY_MESSAGE(service_health);
PU_EMPTY_MESSAGE(service_healthy);
PU_EMPTY_MESSAGE(service_ready);
struct pu_service_note {
	const char *text;
};
struct pu_service_keep { /* with a descriptor */
	const char *name;
};
struct pu_service_drop {
	const char *name;
};

/* ---- auth ---- */
PU_EMPTY_MESSAGE(auth_identity);
struct pu_auth_self {
	const char *peer_id;
	struct pu_bytes public_key; /* libp2p PublicKey protobuf */
};
struct pu_auth_sign {
	const char *purpose; /* "tls": payload = DER SubjectPublicKeyInfo of the certificate key;
	                      * "record": payload = PeerRecord protobuf (auth checks that it is
	                      * about us); "noise": payload = X25519 static public key, 32 bytes;
	                      * "voucher": payload = ReservationVoucher protobuf (auth checks that
	                      * we are its relay, and its time) */
	struct pu_bytes payload; /* auth adds the purpose's domain by itself */
};
struct pu_auth_signature {
	struct pu_bytes signature;  /* 64 bytes */
	struct pu_bytes public_key; /* libp2p PublicKey protobuf */
};
struct pu_auth_check {
	const char *peer;
	const char *action; /* "connect" (inbound), "dial" (outbound), "service" (inbound stream) */
	const char *service; /* for action "service" */
	const char *address; /* for the audit log */
};
struct pu_auth_verdict {
	bool allowed;
	bool guest; /* not authorized, and allowed to use the relay all the same: nothing else */
	const char *reason;  /* "authorized", "not in authorized_keys", "expired on ...", ... */
	uint64_t generation; /* of authorized_keys; a newer auth.changed makes this verdict stale */
};
PU_EMPTY_MESSAGE(auth_list);
struct pu_auth_peer {
	const char *peer_id;
	const char *comment;
	uint64_t expires_ms; /* Unix time; 0 = never */
	bool expired;
	struct pu_strings attributes; /* "key=value", all of them */
};
struct pu_auth_peers {
	uint64_t generation;
	struct pu_items peers; /* struct pu_auth_peer */
};
struct pu_auth_add {
	const char *peer;
	const char *comment;
	uint64_t expires_ms; /* Unix time; 0 = never */
};
struct pu_auth_remove {
	const char *peer;
};
struct pu_auth_changed { /* event: ask again about everybody */
	uint64_t generation;
};

/* ---- naming ---- */
struct pu_naming_resolve {
	const char *name; /* a name, or a peer ID in any text form */
};
struct pu_naming_resolved {
	const char *name;    /* the name as configured; "" when there is none */
	const char *peer_id; /* base58 */
	const char *source;  /* "config", "peer_id" */
};
struct pu_naming_addresses {
	const char *peer; /* name or peer ID */
};
struct pu_naming_address {
	const char *address;
	const char *source; /* "config", "identify", "connection" */
	uint64_t age_ms;
};
struct pu_naming_known {
	const char *name;
	const char *peer_id;
	struct pu_items addresses; /* struct pu_naming_address, best first */
};
PU_EMPTY_MESSAGE(naming_list);
struct pu_naming_peers {
	struct pu_items peers; /* struct pu_naming_known */
};
struct pu_naming_services {
	const char *peer; /* name or peer ID */
};
struct pu_offer {
	const char *name;
	const char *protocol; /* "/peerup/web/1.0.0" */
	struct pu_strings tags;
};
struct pu_naming_offers {
	const char *peer_id;
	struct pu_items services; /* struct pu_offer */
};
PU_EMPTY_MESSAGE(naming_changed); /* event: names or configured addresses changed */

/* ---- transport ---- */
PU_EMPTY_MESSAGE(transport_status);
struct pu_transport_state {
	const char *peer_id;
	struct pu_strings listen;   /* real addresses, without /p2p */
	struct pu_strings observed; /* what peers say that our addresses are */
	uint64_t connections;
	uint64_t streams;
	uint64_t handshakes;   /* in progress */
	uint64_t memory_bytes; /* QUIC state and buffers */
	uint64_t bytes_in;
	uint64_t bytes_out;
	bool gso; /* batched send works on this kernel */
};
PU_EMPTY_MESSAGE(transport_peers);
struct pu_connection_info {
	const char *peer_id;
	const char *address;   /* remote, as multiaddr */
	const char *direction; /* "in", "out" */
	const char *path;      /* "direct", "relayed" */
	const char *agent;
	uint64_t rtt_us;
	uint64_t age_ms;
	uint64_t streams;
	uint64_t bytes_in;
	uint64_t bytes_out;
	struct pu_strings protocols;
};
struct pu_transport_connections {
	struct pu_items connections; /* struct pu_connection_info */
};
struct pu_transport_connect {
	const char *peer;            /* peer ID */
	struct pu_strings addresses; /* besides those that naming knows */
	uint64_t deadline_ms;        /* 0 = 15 s */
};
struct pu_transport_connected {
	const char *peer_id;
	const char *address;
	const char *path;
	uint64_t rtt_us;
	bool already; /* there was a connection before */
};
struct pu_transport_disconnect {
	const char *peer;
};
struct pu_transport_ping {
	const char *peer;
	const char *protocol; /* "" = /ipfs/ping/1.0.0; or /pingpong/1.0.0 */
};
struct pu_transport_pong {
	uint64_t rtt_us;
	const char *address;
	const char *path;
};
struct pu_transport_probe {
	const char *address;  /* one multiaddr; if it ends with /p2p/ID, that peer must answer */
	uint64_t deadline_ms; /* 0 = 10 s */
};
struct pu_transport_probed {
	const char *peer_id; /* proven by the handshake */
	const char *address; /* that was asked, names resolved, without /p2p */
	const char *agent;   /* what the peer says it runs; "" = it did not say */
	uint64_t rtt_us;
};
PU_EMPTY_MESSAGE(transport_relays);
struct pu_relay_info { /* a relay that we use */
	const char *peer_id;
	const char *address;      /* as configured */
	const char *state;        /* "connecting", "connected" (without a reservation), "reserved",
	                           * "backoff",	    "refused" */
	const char *error;        /* why the last attempt failed; "" = it did not */
	uint64_t rtt_us;          /* 0 = unknown */
	uint64_t reserved_for_ms; /* until the reservation ends */
	uint64_t retry_ms;        /* until the next attempt, in state backoff or refused */
	uint64_t duration_ms;     /* its limit for a circuit; 0 = none */
	uint64_t data;            /* bytes each way; 0 = no limit */
	bool best;                /* what others are told first, and what we dial through first */
	struct pu_strings addresses; /* ours through it, with /p2p-circuit */
};
struct pu_transport_reserved {
	struct pu_items relays; /* struct pu_relay_info, best first */
};
struct pu_transport_relaying {
	uint64_t limit; /* of circuits listed; 0 = as many as fit */
};
struct pu_reservation_info {
	const char *peer_id;
	const char *address; /* the peer's */
	uint64_t expires_ms; /* from now */
	uint64_t circuits;
	bool guest;
};
struct pu_circuit_info {
	const char *source, *target; /* peer IDs */
	uint64_t age_ms;
	uint64_t bytes_in, bytes_out; /* from source to target, and back */
	bool guest;
};
struct pu_transport_circuits { /* what we do as a relay */
	bool serving;
	bool open; /* for guests too */
	uint64_t reservations_len, reservations_max, circuits_len, circuits_max;
	uint64_t bytes;               /* carried since the start */
	uint64_t refused;             /* requests, since the start */
	uint64_t memory_bytes;        /* of circuits: what is under way */
	struct pu_items reservations; /* struct pu_reservation_info; those that fit */
	struct pu_items circuits;     /* struct pu_circuit_info; those that fit */
};
struct pu_relay_state { /* event: a relay that we use changed */
	const char *peer_id;
	const char *state; /* as in relay_info */
	const char *reason;
};
struct pu_peer_up { /* event */
	const char *peer_id;
	const char *address;
	const char *direction;
	const char *path;
};
struct pu_peer_down { /* event: the last or one of several connections */
	const char *peer_id;
	const char *address;
	const char *reason;
	uint64_t code;
	bool by_remote;
	uint64_t remaining; /* connections to this peer that are left */
};
struct pu_peer_identified { /* event */
	const char *peer_id;
	const char *agent;
	struct pu_strings protocols;
	struct pu_strings addresses; /* filtered listen addresses of the peer */
	const char *observed;        /* our address as the peer sees it */
};
struct pu_path_changed { /* event: the peer moved, or another path became best */
	const char *peer_id;
	const char *address;
	const char *path;
};

/* ---- stream handoff: Unix seqpacket <runtime dir>/stream.sock, transport listens ----
 * `id` is chosen by the asker, unique per connection, and names the stream until
 * stream.closed. A service's have the top bit set and transport's have not, so that
 * stream.closed says whose stream it was. A descriptor in a message is SCM_RIGHTS. */
struct pu_stream_register { /* service to transport, answered by stream.opened (address "") or
	                         * stream.failed with the id */
	uint64_t id;
	const char
	    *protocol; /* exact, or ending in "*": "/peerup/" prefix for one handler of many */
};
struct pu_stream_open { /* with a connected stream socket, or without: then opened brings one */
	uint64_t id;
	const char *peer;
	const char *protocol;
	uint64_t deadline_ms; /* for the connection to the peer; 0 = 15 s */
};
struct pu_stream_opened { /* answers open and register */
	uint64_t id;
	const char *address; /* of the peer; "" for a registration */
};
struct pu_stream_inbound { /* transport to the service that registered the protocol */
	uint64_t id;
	const char *peer;
	const char *protocol;
	const char *address;
};
struct pu_stream_accept { /* with the descriptor of the connected target */
	uint64_t id;
};
struct pu_stream_failed { /* answers register, open (to service) and inbound (to transport) */
	uint64_t id;
	const char *code; /* pu_err_code() */
	const char *message;
};
struct pu_stream_closed { /* transport to service, once for each stream that was opened or
	                         accepted */
	uint64_t id;
	uint64_t bytes_in;  /* from the peer */
	uint64_t bytes_out; /* to the peer */
	const char *code;   /* "ok" (also when the opener's own socket ended it early), or why it
	                       broke: "not_authorized", "not_found", "refused", "closed", ... */
	const char *message;
};
struct pu_stream_need { /* service to transport: keep a connection to this peer, reconnect with
	                     * backoff; forgotten when the service's socket closes. No answer. */
	const char *peer;
	bool needed;
};

/* ---- proxy ---- */
PU_EMPTY_MESSAGE(proxy_status);
struct pu_exposed { /* a local service that peers may use */
	const char *name;
	const char *target;
	bool enabled;
	struct pu_strings allowed_peers;
	struct pu_strings tags;
};
struct pu_forward {   /* a local listener that leads to a peer's service */
	const char *id;   /* "forward-3"; permanent ones have their config name */
	const char *peer; /* as the user wrote it */
	const char *peer_id;
	const char *service;
	const char *listen; /* real: port 0 is resolved */
	const char *state;  /* "listening", "disabled", "failed" */
	const char *error;
	bool permanent;
};
struct pu_usage { /* per service and peer */
	const char *service;
	const char *peer_id;
	const char *direction; /* "in": they use ours; "out": we use theirs */
	uint64_t active;
	uint64_t total;
	uint64_t failed;
	uint64_t bytes_in;
	uint64_t bytes_out;
};
struct pu_proxy_state {
	struct pu_items services; /* struct pu_exposed */
	struct pu_items forwards; /* struct pu_forward */
	struct pu_items usage;    /* struct pu_usage */
};
struct pu_proxy_forward { /* lives as long as the asking process (watched by pid) or until
	                         unforward */
	const char *peer;
	const char *service;
	const char *listen; /* "localhost:8080", "127.0.0.1:0", "unix:/path" */
};
struct pu_proxy_forwarded {
	const char *id;
	const char *peer_id;
	const char *listen;
};
struct pu_proxy_unforward {
	const char *id;
};
struct pu_proxy_offers { /* what we offer to this peer (naming asks, for discovery) */
	const char *peer_id;
};
struct pu_proxy_offered {
	struct pu_items services; /* struct pu_offer */
};
struct pu_forward_state { /* event */
	const char *id;
	const char *peer;
	const char *service;
	const char *listen;
	const char *state;
	const char *error;
};
struct pu_forward_failed { /* event: one connection through a forward ended badly */
	const char *id;
	const char *peer;
	const char *service;
	const char *code;
	const char *message;
};

/* ---- rows ---- */
enum pu_msg_kind {
	PU_MSG_REQUEST, /* over a link, has an answer */
	PU_MSG_ANSWER,
	PU_MSG_EVENT,   /* PUB/SUB */
	PU_MSG_CONTROL, /* between supervisor and service, descriptor 3 */
	PU_MSG_STREAM,  /* over stream.sock */
};

#define PU_FROM(service) (1u << (service))
#define PU_FROM_USER     PU_FROM(PU_SERVICE_USER)
#define PU_FROM_ANY      (~0u)

struct pu_msg_row {
	enum pu_msg id;
	const char *type;
	enum pu_msg_kind kind;
	const struct pu_shape *shape;
	unsigned from;      /* who may send it: PU_FROM() bits */
	enum pu_service to; /* who answers it (requests) or publishes it (events) */
	enum pu_msg answer; /* of a request; else PU_MSG_NONE */
	const char *help;
};

/* NULL for PU_MSG_NONE. */
const struct pu_msg_row *pu_msg_row(enum pu_msg id);
/* NULL for an unknown type. */
const struct pu_msg_row *pu_msg_row_by_type(const char *type, size_t len);

#endif
