/* The rows of all messages: who may send each, who answers or publishes it, and with what. */
#include "proto/messages.h"

#include <string.h>

#include "proto/shapes.h"

/* The texts of messages.h under the names of the enum; one that no row uses is a warning. */
#define TYPE(upper, lower, wire) static const char type_##upper[] = wire;
PU_MESSAGES(TYPE)
#undef TYPE

#define U   PU_FROM_USER
#define SUP PU_FROM(PU_SERVICE_SUPERVISOR)
#define A   PU_FROM(PU_SERVICE_AUTH)
#define T   PU_FROM(PU_SERVICE_TRANSPORT)
#define N   PU_FROM(PU_SERVICE_NAMING)
#define P   PU_FROM(PU_SERVICE_PROXY)
#define ANY PU_FROM_ANY
/* Every service but the supervisor. Not a list: a new service needs no change here. */
#define SVC (PU_FROM_ANY & ~(U | SUP))

#define ROW(upper, lower, kind_, from_, to_, answer_, help_)                                   \
	[PU_MSG_##upper] = {.id = PU_MSG_##upper,                                                  \
	                    .type = type_##upper,                                                  \
	                    .kind = PU_MSG_##kind_,                                                \
	                    .shape = &pu_shape_##lower,                                            \
	                    .from = (from_),                                                       \
	                    .to = PU_SERVICE_##to_,                                                \
	                    .answer = PU_MSG_##answer_,                                            \
	                    .help = (help_)}

/* clang-format off */
static const struct pu_msg_row rows[PU_MSG_COUNT] = {
/*      message                                       kind     from           to          answer */
	ROW(OK, ok,                                       ANSWER,  ANY,           USER,       NONE, "Done; there is nothing to tell."),
	ROW(ERROR, error,                                 ANSWER,  ANY,           USER,       NONE, "Takes the place of any answer."),

	ROW(SUPERVISOR_STATUS, supervisor_status,         REQUEST, U,             SUPERVISOR, SUPERVISOR_STATE, "How the daemon and its services are."),
	ROW(SUPERVISOR_STATE, supervisor_state,           ANSWER,  SUP,           USER,       NONE, "The daemon and its services."),
	ROW(SUPERVISOR_STOP, supervisor_stop,             REQUEST, U,             SUPERVISOR, OK, "Stops the daemon, as SIGTERM does."),
	ROW(SUPERVISOR_RELOAD, supervisor_reload,         REQUEST, U,             SUPERVISOR, OK, "Reads the configuration again, as SIGHUP does; a bad one is refused and the old one stays."),
	ROW(SERVICE_STATE, service_state,                 EVENT,   SUP,           SUPERVISOR, NONE, "A service has changed its state."),
	ROW(CONFIG_CHANGED, config_changed,               EVENT,   SUP,           SUPERVISOR, NONE, "All services were told to read the configuration again."),

	ROW(SERVICE_KEPT, service_kept,                   CONTROL, SUP,           USER,       NONE, "A descriptor that an earlier process of this service kept; comes before service.go."),
	ROW(SERVICE_CONFIG, service_config,               CONTROL, SUP,           USER,       NONE, "The text of the configuration in force, open for reading. Before service.go: the first; later: it has changed, and one that is refused leaves the old one."),
	ROW(SERVICE_GO, service_go,                       CONTROL, SUP,           USER,       NONE, "Start: no more kept descriptors follow, and the roster is right."),
	ROW(SERVICE_HEALTH, service_health,               CONTROL, SUP,           USER,       NONE, "Are you well? Answered by service.healthy from the event loop."),
	ROW(SERVICE_HEALTHY, service_healthy,             CONTROL, SVC,           SUPERVISOR, NONE, "The event loop runs."),
	ROW(SERVICE_READY, service_ready,                 CONTROL, SVC,           SUPERVISOR, NONE, "The service can serve."),
	ROW(SERVICE_NOTE, service_note,                   CONTROL, SVC,           SUPERVISOR, NONE, "What the service says of itself."),
	ROW(SERVICE_KEEP, service_keep,                   CONTROL, SVC,           SUPERVISOR, NONE, "Keeps the descriptor for the next process of this service; replaces one of the same name."),
	ROW(SERVICE_DROP, service_drop,                   CONTROL, SVC,           SUPERVISOR, NONE, "Closes a kept descriptor."),

	ROW(AUTH_IDENTITY, auth_identity,                 REQUEST, U|T|N|P,       AUTH,       AUTH_SELF, "Who we are."),
	ROW(AUTH_SELF, auth_self,                         ANSWER,  A,             USER,       NONE, "Our peer ID and public key."),
	ROW(AUTH_SIGN, auth_sign,                         REQUEST, T,             AUTH,       AUTH_SIGNATURE, "Signs with the identity key, for one of a few purposes."),
	ROW(AUTH_SIGNATURE, auth_signature,               ANSWER,  A,             USER,       NONE, "The signature and the key that verifies it."),
	ROW(AUTH_CHECK, auth_check,                       REQUEST, T|P|N,         AUTH,       AUTH_VERDICT, "May this peer do this? Goes into the audit log."),
	ROW(AUTH_VERDICT, auth_verdict,                   ANSWER,  A,             USER,       NONE, "Whether it may, and why."),
	ROW(AUTH_LIST, auth_list,                         REQUEST, U,             AUTH,       AUTH_PEERS, "Lists authorized_keys."),
	ROW(AUTH_PEERS, auth_peers,                       ANSWER,  A,             USER,       NONE, "Everybody in authorized_keys."),
	ROW(AUTH_ADD, auth_add,                           REQUEST, U,             AUTH,       OK, "Authorizes a peer; fails with exists if it is authorized with another comment or expiry."),
	ROW(AUTH_REMOVE, auth_remove,                     REQUEST, U,             AUTH,       OK, "Takes a peer's authorization away, if it has one; its connections end."),
	ROW(AUTH_CHANGED, auth_changed,                   EVENT,   A,             AUTH,       NONE, "authorized_keys has changed: ask again about everybody."),

	ROW(NAMING_RESOLVE, naming_resolve,               REQUEST, U|T|P,         NAMING,     NAMING_RESOLVED, "From a name to a peer ID."),
	ROW(NAMING_RESOLVED, naming_resolved,             ANSWER,  N,             USER,       NONE, "Whose name it is."),
	ROW(NAMING_ADDRESSES, naming_addresses,           REQUEST, U|T|P,         NAMING,     NAMING_KNOWN, "Where a peer may be reached."),
	ROW(NAMING_KNOWN, naming_known,                   ANSWER,  N,             USER,       NONE, "What is known of one peer."),
	ROW(NAMING_LIST, naming_list,                     REQUEST, U,             NAMING,     NAMING_PEERS, "Lists all known peers."),
	ROW(NAMING_PEERS, naming_peers,                   ANSWER,  N,             USER,       NONE, "What is known of all peers."),
	ROW(NAMING_SERVICES, naming_services,             REQUEST, U,             NAMING,     NAMING_OFFERS, "Asks a peer which of its services we may use."),
	ROW(NAMING_OFFERS, naming_offers,                 ANSWER,  N,             USER,       NONE, "What the peer offers."),
	ROW(NAMING_CHANGED, naming_changed,               EVENT,   N,             NAMING,     NONE, "Names or configured addresses have changed."),

	ROW(TRANSPORT_STATUS, transport_status,           REQUEST, U|N|P,         TRANSPORT,  TRANSPORT_STATE, "How the host is."),
	ROW(TRANSPORT_STATE, transport_state,             ANSWER,  T,             USER,       NONE, "Addresses, counters and memory of the host."),
	ROW(TRANSPORT_PEERS, transport_peers,             REQUEST, U|N|P,         TRANSPORT,  TRANSPORT_CONNECTIONS, "Lists connections."),
	ROW(TRANSPORT_CONNECTIONS, transport_connections, ANSWER,  T,             USER,       NONE, "All connections."),
	ROW(TRANSPORT_CONNECT, transport_connect,         REQUEST, U,             TRANSPORT,  TRANSPORT_CONNECTED, "Connects to a peer, or answers with the connection that there is."),
	ROW(TRANSPORT_CONNECTED, transport_connected,     ANSWER,  T,             USER,       NONE, "The connection to the peer."),
	ROW(TRANSPORT_DISCONNECT, transport_disconnect,   REQUEST, U,             TRANSPORT,  OK, "Closes all connections to a peer."),
	ROW(TRANSPORT_PING, transport_ping,               REQUEST, U,             TRANSPORT,  TRANSPORT_PONG, "Measures one round trip, connecting first if needed."),
	ROW(TRANSPORT_PONG, transport_pong,               ANSWER,  T,             USER,       NONE, "The peer answered."),
	ROW(TRANSPORT_PROBE, transport_probe,             REQUEST, U,             TRANSPORT,  TRANSPORT_PROBED, "Connects once to an address to learn who answers there, authorized or not, and closes again: no stream of the peer is served meanwhile."),
	ROW(TRANSPORT_PROBED, transport_probed,           ANSWER,  T,             USER,       NONE, "The peer that answered."),
	ROW(TRANSPORT_RELAYS, transport_relays,           REQUEST, U|N,           TRANSPORT,  TRANSPORT_RESERVED, "Lists the relays that we use."),
	ROW(TRANSPORT_RESERVED, transport_reserved,       ANSWER,  T,             USER,       NONE, "The relays that we use, best first."),
	ROW(TRANSPORT_RELAYING, transport_relaying,       REQUEST, U,             TRANSPORT,  TRANSPORT_CIRCUITS, "What we carry as a relay."),
	ROW(TRANSPORT_CIRCUITS, transport_circuits,       ANSWER,  T,             USER,       NONE, "Reservations and circuits."),
	ROW(PEER_UP, peer_up,                             EVENT,   T,             TRANSPORT,  NONE, "A connection to a peer was established."),
	ROW(PEER_DOWN, peer_down,                         EVENT,   T,             TRANSPORT,  NONE, "A connection to a peer has ended."),
	ROW(PEER_IDENTIFIED, peer_identified,             EVENT,   T,             TRANSPORT,  NONE, "A peer has told about itself."),
	ROW(PATH_CHANGED, path_changed,                   EVENT,   T,             TRANSPORT,  NONE, "A peer has moved, or another path became best."),
	ROW(RELAY_STATE, relay_state,                     EVENT,   T,             TRANSPORT,  NONE, "A relay that we use has changed."),

	ROW(STREAM_REGISTER, stream_register,             STREAM,  U|N|P,         TRANSPORT,  NONE, "Inbound streams of this protocol shall come to us. Answered by stream.opened or stream.failed."),
	ROW(STREAM_OPEN, stream_open,                     STREAM,  U|N|P,         TRANSPORT,  NONE, "Opens a stream, with a connected socket or without. Answered by stream.opened or stream.failed."),
	ROW(STREAM_OPENED, stream_opened,                 STREAM,  T,             USER,       NONE, "The stream is open (with a socket if none was given), or the protocol is registered."),
	ROW(STREAM_INBOUND, stream_inbound,               STREAM,  T,             USER,       NONE, "A peer opened a stream. Answered by stream.accept or stream.failed."),
	ROW(STREAM_ACCEPT, stream_accept,                 STREAM,  U|N|P,         TRANSPORT,  NONE, "Takes an inbound stream; with the socket of the connected target."),
	ROW(STREAM_FAILED, stream_failed,                 STREAM,  U|N|P|T,       TRANSPORT,  NONE, "Takes the place of stream.opened or stream.accept."),
	ROW(STREAM_CLOSED, stream_closed,                 STREAM,  T,             USER,       NONE, "A stream that was opened or accepted has ended; comes once."),
	ROW(STREAM_NEED, stream_need,                     STREAM,  U|N|P,         TRANSPORT,  NONE, "Keep a connection to this peer, reconnect with backoff. Forgotten when the sender's socket closes. No answer."),

	ROW(PROXY_STATUS, proxy_status,                   REQUEST, U,             PROXY,      PROXY_STATE, "Services, forwards and their usage."),
	ROW(PROXY_STATE, proxy_state,                     ANSWER,  P,             USER,       NONE, "Services, forwards and their usage."),
	ROW(PROXY_FORWARD, proxy_forward,                 REQUEST, U,             PROXY,      PROXY_FORWARDED, "Listens here for a peer's service, as long as the asking process lives or until proxy.unforward."),
	ROW(PROXY_FORWARDED, proxy_forwarded,             ANSWER,  P,             USER,       NONE, "The forward listens."),
	ROW(PROXY_UNFORWARD, proxy_unforward,             REQUEST, U,             PROXY,      OK, "Ends a forward."),
	ROW(PROXY_OFFERS, proxy_offers,                   REQUEST, U|N,           PROXY,      PROXY_OFFERED, "Which services this peer may use."),
	ROW(PROXY_OFFERED, proxy_offered,                 ANSWER,  P,             USER,       NONE, "Services that the peer may use."),
	ROW(FORWARD_STATE, forward_state,                 EVENT,   P,             PROXY,      NONE, "A forward has changed its state."),
	ROW(FORWARD_FAILED, forward_failed,               EVENT,   P,             PROXY,      NONE, "One connection through a forward has ended badly."),
};
/* clang-format on */

const struct pu_msg_row *pu_msg_row(enum pu_msg id)
{
	return id > PU_MSG_NONE && id < PU_MSG_COUNT ? &rows[id] : NULL;
}

const struct pu_msg_row *pu_msg_row_by_type(const char *type, size_t len)
{
	for (size_t i = PU_MSG_NONE + 1; i < PU_ARRAY_LEN(rows); i++)
		if (strlen(rows[i].type) == len && memcmp(rows[i].type, type, len) == 0)
			return &rows[i];
	return NULL;
}
