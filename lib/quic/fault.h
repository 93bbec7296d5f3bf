/* The errors of ngtcp2 and of the wire in our own terms. */
#ifndef PU_QUIC_FAULT_H
#define PU_QUIC_FAULT_H

#include "quic/state.h"

/* What is to be done about a connection for which ngtcp2 answered `liberr`. */
struct pu_quic_fault {
	struct pu_mux_end why; /* reason: borrowed, of reason_len bytes */
	size_t reason_len;
	ngtcp2_ccerr ccerr; /* what to tell the peer */
	bool quiet;         /* tell the peer nothing */
	bool drain;         /* the peer has told us: ignore what still comes */
};

void pu_quic_fault_of(struct pu_quic_conn *conn, int liberr, struct pu_quic_fault *out);

#endif
