/* What is left of a closed connection: its IDs, for the closing and draining periods
 * (RFC 9000, 10.2), and the last packet, repeated to a peer that has not heard it. */
#ifndef PU_QUIC_TOMB_H
#define PU_QUIC_TOMB_H

#include "quic/state.h"

struct pu_quic_tomb {
	struct pu_quic_owner owner; /* first */
	struct pu_list_node in_ep;
	struct pu_quic_path path;
	uint32_t packets_in; /* since the close: answered at 1, 2, 4, 8... */
	size_t len;          /* of `packet`; 0 = draining, say nothing */
	uint8_t packet[];
};

/* Takes over the connection's IDs until `until`. `packet` empty: draining. */
void pu_quic_tomb_new(struct pu_quic_conn *conn, struct pu_bytes packet, uint64_t until);
void pu_quic_tomb_free(struct pu_quic_endpoint *ep, struct pu_quic_tomb *tomb);
/* The owner of a CID got a datagram on this path. */
void pu_quic_tomb_input(struct pu_quic_endpoint *ep, struct pu_quic_tomb *tomb,
                        const struct pu_quic_path *path);

#endif
