/* How inbound connections are made. */
#ifndef PU_QUIC_CONN_STATE_H
#define PU_QUIC_CONN_STATE_H

#include "quic/state.h"

/* The first packet of a connection. */
struct pu_quic_first {
	const struct pu_quic_path *path;
	const ngtcp2_pkt_hd *hd;
	bool verified;    /* it carries a token of ours for this address */
	ngtcp2_cid odcid; /* with `verified`: the ID of the packet that we answered with Retry */
};

enum pu_err pu_quic_conn_accept(struct pu_quic_endpoint *ep, const struct pu_quic_first *first,
                                struct pu_quic_conn **out) PU_MUST_CHECK;

#endif
