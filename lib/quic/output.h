/* Packets out: from connections that have something to say to send(). */
#ifndef PU_QUIC_OUTPUT_H
#define PU_QUIC_OUTPUT_H

#include "quic/state.h"

/* Lets connections take turns until none has more to send, the socket blocks, or `budget`
 * (bytes) is used up. */
void pu_quic_output(struct pu_quic_endpoint *ep, size_t *budget);
/* What was kept when the socket blocked; true: all gone. */
bool pu_quic_output_resume(struct pu_quic_endpoint *ep);
/* One datagram outside of any connection's flow; dropped when the socket blocks. */
void pu_quic_output_single(struct pu_quic_endpoint *ep, const struct pu_quic_path *path,
                           struct pu_bytes packet);

/* The two forms of a path. */
ngtcp2_path pu_quic_path_to_ngtcp2(const struct pu_quic_path *path);
struct pu_quic_path pu_quic_path_from_ngtcp2(const ngtcp2_path *path);

#endif
