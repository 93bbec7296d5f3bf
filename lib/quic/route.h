/* Which connection a datagram belongs to. */
#ifndef PU_QUIC_ROUTE_H
#define PU_QUIC_ROUTE_H

#include "quic/state.h"

/* PU_ELIMIT: the owner has too many; PU_EEXIST: somebody else has this ID. */
enum pu_err pu_quic_route_add(struct pu_quic_endpoint *ep, struct pu_quic_owner *owner,
                              const ngtcp2_cid *cid) PU_MUST_CHECK;
void pu_quic_route_del(struct pu_quic_endpoint *ep, struct pu_quic_owner *owner,
                       const ngtcp2_cid *cid);
void pu_quic_route_del_all(struct pu_quic_endpoint *ep, struct pu_quic_owner *owner);
/* All IDs of `from` lead to `to` from now on. */
void pu_quic_route_move(struct pu_quic_endpoint *ep, struct pu_quic_owner *from,
                        struct pu_quic_owner *to);
struct pu_quic_owner *pu_quic_route_find(const struct pu_quic_endpoint *ep, const uint8_t *cid,
                                         size_t len);
/* A random connection ID that nobody has. */
void pu_quic_route_make_cid(const struct pu_quic_endpoint *ep, ngtcp2_cid *cid);

/* Stateless reset tokens of the peer (RFC 9000, 10.3): a datagram that ends in one of them
 * belongs to its connection. */
void pu_quic_route_add_reset(struct pu_quic_conn *conn, uint64_t seq, const uint8_t *token);
void pu_quic_route_del_reset(struct pu_quic_conn *conn, uint64_t seq);
void pu_quic_route_del_resets(struct pu_quic_conn *conn);
struct pu_quic_conn *pu_quic_route_find_reset(const struct pu_quic_endpoint *ep,
                                              const uint8_t *data, size_t len);

#endif
