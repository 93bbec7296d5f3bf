/* The addresses of a reservation: what a relay says, made usable. Implementations differ in
 * what stands behind the relay's own address. */
#ifndef PU_P2P_RELAY_ADDRS_H
#define PU_P2P_RELAY_ADDRS_H

#include "p2p/multiaddr.h"
#include "p2p/multiaddr_class.h"
#include "p2p/relay_message.h"

/* About 8 KiB. */
struct pu_relay_addrs {
	size_t count;
	struct pu_multiaddr addrs[PU_RELAY_ADDRS_MAX]; /* each ends with /p2p/RELAY */
};

/* The addresses at which others find `relay`, by the reservation. A missing /p2p/RELAY is
 * added, a doubled one taken away, and /p2p-circuit with all behind it too. Left out are
 * addresses that do not parse, those of another peer, those behind yet another relay, those
 * that say nothing of a network, doubles, and those that the relay has no business to tell us
 * over a connection to `remote` (pu_addr_class_may_keep). None may be left: then the relay is
 * where it was dialed. */
void pu_relay_addrs_of(const struct pu_relay_reservation *reservation,
                       const struct pu_peer_id *relay, enum pu_addr_class remote,
                       struct pu_relay_addrs *out);

/* `<relay>/p2p-circuit`, and /p2p/ID behind it when `peer` is given. PU_ELIMIT. */
enum pu_err pu_relay_addr_circuit(const struct pu_multiaddr *relay,
                                  const struct pu_peer_id *peer,
                                  struct pu_multiaddr *out) PU_MUST_CHECK;

#endif
