/* Connections that are made of a byte stream: TCP (conn_tcp.c) and circuits (circuit.c). */
#ifndef TRANSPORT_CONN_UPGRADED_H
#define TRANSPORT_CONN_UPGRADED_H

#include "conn.h"
#include "upgrade/upgrade.h"

/* What carries one; embedded first in each kind. */
struct transport_carrier {
	/* The connection is over: the last use of the carrier. `orderly`: what was written shall
	 * still arrive. */
	void (*close)(struct transport_carrier *carrier, bool orderly);
	/* Our end's address, of length 0 while it is not known; NULL: it has none of its own. */
	const struct pu_quic_addr *(*local)(const struct transport_carrier *carrier);
	/* How long ago the other end's kernel confirmed that bytes arrived; NULL: there is none. */
	uint64_t (*confirmed_ms)(const struct transport_carrier *carrier);
	struct pu_upgraded *upgraded;
};

/* The callbacks of the upgrader; their user is struct transport. */
extern const struct pu_upgrade_callbacks transport_conn_upgraded_callbacks;

#endif
