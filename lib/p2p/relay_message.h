/* Messages of circuit relay v2 (libp2p specs, relay/circuit-v2.md): hop, from a client to its
 * relay, and stop, from a relay to the target. On a stream each stands behind its length
 * (pu_delimited_put, p2p/relay_reader.h). Behind the answer OK to CONNECT the stream is the
 * circuit's. */
#ifndef PU_P2P_RELAY_MESSAGE_H
#define PU_P2P_RELAY_MESSAGE_H

#include "base/bytes.h"
#include "base/error.h"
#include "p2p/limits.h"
#include "p2p/peer_id.h"
#include "p2p/writer.h"

#define PU_RELAY_HOP_PROTOCOL  "/libp2p/circuit/relay/0.2.0/hop"
#define PU_RELAY_STOP_PROTOCOL "/libp2p/circuit/relay/0.2.0/stop"

enum pu_relay_status {
	PU_RELAY_UNUSED = 0, /* the message has none */
	PU_RELAY_OK = 100,
	PU_RELAY_RESERVATION_REFUSED = 200,
	PU_RELAY_RESOURCE_LIMIT_EXCEEDED = 201,
	PU_RELAY_PERMISSION_DENIED = 202,
	PU_RELAY_CONNECTION_FAILED = 203,
	PU_RELAY_NO_RESERVATION = 204,
	PU_RELAY_MALFORMED_MESSAGE = 400,
	PU_RELAY_UNEXPECTED_MESSAGE = 401,
};

/* What a status of a relay means to the one who asked it, for people; numbers that came after
 * us have a text too. And the error that it is: never PU_OK but for PU_RELAY_OK. */
const char *pu_relay_status_text(uint32_t status);
enum pu_err pu_relay_status_err(uint32_t status);

/* Of a circuit; 0 in a member is no limit of that kind. A relay counts data in each direction
 * (go) or in both (rust, js). */
struct pu_relay_limit {
	uint32_t duration_s;
	uint64_t data;
};
/* Whether there is a limit of any kind. */
bool pu_relay_limit_is_set(const struct pu_relay_limit *limit);
/* Beyond this a duration may be meant in milliseconds, which js-libp2p sends: we neither tell
 * a longer one nor believe it. */
#define PU_RELAY_DURATION_SURE_S (24 * 60 * 60)
/* The duration as a hint, in milliseconds: the shorter reading when both are possible. */
uint64_t pu_relay_limit_duration_ms(const struct pu_relay_limit *limit);

/* Of a reservation; views. What the addresses are worth: p2p/relay_addrs.h. */
struct pu_relay_reservation {
	uint64_t expires_s;      /* Unix time */
	struct pu_bytes voucher; /* an envelope (p2p/relay_voucher.h), not verified; may be empty */
	size_t addr_count;
	struct pu_bytes addrs[PU_RELAY_ADDRS_MAX];
};

enum pu_relay_hop_type {
	PU_RELAY_HOP_RESERVE = 0,
	PU_RELAY_HOP_CONNECT = 1,
	PU_RELAY_HOP_STATUS = 2,
};

enum pu_relay_stop_type {
	PU_RELAY_STOP_CONNECT = 0,
	PU_RELAY_STOP_STATUS = 1,
};

/* An absent peer has len 0, an absent status is PU_RELAY_UNUSED. A peer's addresses are
 * neither sent nor looked at. */
struct pu_relay_hop {
	uint32_t type; /* enum pu_relay_hop_type, or a number that came after us */
	uint32_t status;
	bool has_reservation, has_limit;
	struct pu_peer_id peer;
	struct pu_relay_limit limit;
	struct pu_relay_reservation reservation;
};

struct pu_relay_stop {
	uint32_t type; /* enum pu_relay_stop_type, or a number that came after us */
	uint32_t status;
	bool has_limit;
	struct pu_peer_id peer;
	struct pu_relay_limit limit;
};

/* One message with its length prefix. PU_ELIMIT: it does not fit in PU_RELAY_MESSAGE_MAX or
 * in `out`, which is unchanged. */
enum pu_err pu_relay_hop_encode(const struct pu_relay_hop *message,
                                struct pu_writer *out) PU_MUST_CHECK;
enum pu_err pu_relay_stop_encode(const struct pu_relay_stop *message,
                                 struct pu_writer *out) PU_MUST_CHECK;

/* One whole message without its prefix. Unknown fields and addresses beyond PU_RELAY_ADDRS_MAX
 * are left out. PU_EMALFORMED: not a message, no type, or a peer that is none. */
enum pu_err pu_relay_hop_decode(struct pu_bytes message,
                                struct pu_relay_hop *out) PU_MUST_CHECK;
enum pu_err pu_relay_stop_decode(struct pu_bytes message,
                                 struct pu_relay_stop *out) PU_MUST_CHECK;

#endif
