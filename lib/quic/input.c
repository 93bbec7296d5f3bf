/* Knows where a datagram goes: to a connection, to the tomb of one, to accept.c, to a stateless
 * answer, or nowhere. What arrives here is hostile until ngtcp2 has decrypted it. */
#include "quic/input.h"

#include <string.h>

#include "quic/accept.h"
#include "quic/output.h"
#include "quic/route.h"
#include "quic/stateless.h"
#include "quic/tomb.h"

/* Of a packet's first byte; a short header has the second alone (RFC 9000, 17). */
enum { FIXED_BIT = 0x40, FORM_AND_FIXED_BIT = 0xc0 };

/* Where the datagram before this one went. */
struct last_route {
	struct pu_quic_conn *conn;
	bool is_short;
	uint8_t cid[PU_QUIC_CID_LEN];
};

int pu_quic_input_read(struct pu_quic_conn *conn, const struct pu_quic_datagrams *in,
                       struct pu_bytes datagram)
{
	ngtcp2_path path = pu_quic_path_to_ngtcp2(in->path);
	ngtcp2_pkt_info pi = {.ecn = in->ecn};

	conn->bytes_in += datagram.len;
	return ngtcp2_conn_read_pkt(conn->quic, &path, &pi, datagram.data, datagram.len,
	                            conn->ep->now);
}

static void read_known(struct pu_quic_conn *conn, const struct pu_quic_datagrams *in,
                       struct pu_bytes datagram)
{
	int rv;

	if (conn->state == PU_QUIC_CONN_ENDING)
		return;
	rv = pu_quic_input_read(conn, in, datagram);
	if (rv != 0)
		pu_quic_conn_fail(conn, rv);
	else
		pu_quic_conn_wake(conn);
}

/* No connection has this ID. */
static void read_unknown(struct pu_quic_endpoint *ep, const struct pu_quic_datagrams *in,
                         struct pu_bytes datagram, const ngtcp2_version_cid *cids)
{
	struct pu_quic_conn *conn;

	if (cids->version != 0) {
		pu_quic_accept(ep, in, datagram);
		return;
	}
	conn = pu_quic_route_find_reset(ep, datagram.data, datagram.len);
	if (conn != NULL)
		read_known(conn, in, datagram);
	else if ((datagram.data[0] & FORM_AND_FIXED_BIT) == FIXED_BIT)
		pu_quic_stateless_reset(ep, in->path, cids, datagram.len);
	else
		ep->stats.dropped_garbage++;
}

static void read_datagram(struct pu_quic_endpoint *ep, const struct pu_quic_datagrams *in,
                          struct pu_bytes datagram, struct last_route *last)
{
	struct pu_quic_owner *owner;
	ngtcp2_version_cid cids;
	int rv;

	rv = ngtcp2_pkt_decode_version_cid(&cids, datagram.data, datagram.len, PU_QUIC_CID_LEN);
	/* ngtcp2 speaks version 2; all around it here is version 1. */
	if (rv == 0 && cids.version != 0 && cids.version != NGTCP2_PROTO_VER_V1)
		rv = datagram.len < NGTCP2_MAX_UDP_PAYLOAD_SIZE ? NGTCP2_ERR_INVALID_ARGUMENT
		                                                : NGTCP2_ERR_VERSION_NEGOTIATION;
	if (rv == NGTCP2_ERR_VERSION_NEGOTIATION) {
		if (ep->config.accept)
			pu_quic_stateless_negotiate(ep, in->path, &cids);
		return;
	}
	if (rv != 0) {
		ep->stats.dropped_garbage++;
		return;
	}
	owner = pu_quic_route_find(ep, cids.dcid, cids.dcidlen);
	if (owner == NULL) {
		read_unknown(ep, in, datagram, &cids);
	} else if (owner->is_tomb) {
		pu_quic_tomb_input(ep, PU_CONTAINER_OF(owner, struct pu_quic_tomb, owner), in->path);
	} else {
		last->conn = PU_CONTAINER_OF(owner, struct pu_quic_conn, owner);
		last->is_short = cids.version == 0;
		memcpy(last->cid, datagram.data + 1, sizeof(last->cid));
		read_known(last->conn, in, datagram);
	}
}

/* Connections are never freed from within input() once they are known, so the last one may
 * be remembered for the datagrams that came with it. */
static bool is_like_last(const struct last_route *last, struct pu_bytes datagram)
{
	return last->is_short && datagram.len > PU_QUIC_CID_LEN &&
	       (datagram.data[0] & FORM_AND_FIXED_BIT) == FIXED_BIT &&
	       memcmp(last->cid, datagram.data + 1, sizeof(last->cid)) == 0;
}

void pu_quic_endpoint_input(struct pu_quic_endpoint *ep, uint64_t now,
                            const struct pu_quic_datagrams *in)
{
	size_t segment = in->segment == 0 ? in->len : in->segment;
	struct last_route last = {0};

	pu_quic_endpoint_tick(ep, now);
	ep->stats.bytes_in += in->len;
	for (size_t at = 0; at < in->len; at += segment) {
		size_t left = in->len - at;
		struct pu_bytes datagram = pu_bytes(in->data + at, left < segment ? left : segment);

		ep->stats.datagrams_in++;
		if (is_like_last(&last, datagram))
			read_known(last.conn, in, datagram);
		else
			read_datagram(ep, in, datagram, &last);
	}
}
