/* Addresses of reservations. This file knows the ways in which relays write them, and which of
 * them are worth passing on. */
#include "p2p/relay_addrs.h"

/* What stands in front of the first /p2p or /p2p-circuit. `peer` is the ID behind it, or none.
 */
static enum pu_err take_network(const struct pu_multiaddr *addr, struct pu_multiaddr *network,
                                struct pu_peer_id *peer)
{
	struct pu_bytes cursor = pu_multiaddr_bytes(addr);
	struct pu_multiaddr_part part;
	enum pu_err err = PU_OK;

	*network = (struct pu_multiaddr){0};
	*peer = (struct pu_peer_id){0};
	while (err == PU_OK && pu_multiaddr_next(&cursor, &part)) {
		if (part.code == PU_MA_P2P)
			return pu_peer_id_decode(part.value, peer);
		if (part.code == PU_MA_P2P_CIRCUIT)
			return PU_OK;
		err = pu_multiaddr_append(network, part.code, part.value);
	}
	return err;
}

/* Whether every peer that the address goes through up to its first /p2p-circuit is the relay,
 * and there is no second circuit: behind that stands our own ID, if any. */
static bool is_through(const struct pu_multiaddr *addr, const struct pu_peer_id *relay)
{
	struct pu_bytes cursor = pu_multiaddr_bytes(addr);
	struct pu_multiaddr_part part;
	bool behind = false;

	while (pu_multiaddr_next(&cursor, &part)) {
		if (part.code == PU_MA_P2P_CIRCUIT && behind)
			return false;
		behind = behind || part.code == PU_MA_P2P_CIRCUIT;
		if (!behind && part.code == PU_MA_P2P &&
		    !pu_bytes_eq(part.value, pu_peer_id_bytes(relay)))
			return false;
	}
	return true;
}

static bool normalize(const struct pu_multiaddr *addr, const struct pu_peer_id *relay,
                      struct pu_multiaddr *out)
{
	struct pu_peer_id peer;

	return is_through(addr, relay) && take_network(addr, out, &peer) == PU_OK && out->len > 0 &&
	       pu_multiaddr_class(out) != PU_ADDR_OTHER &&
	       pu_multiaddr_add_peer(out, relay) == PU_OK;
}

static void add(struct pu_relay_addrs *out, const struct pu_multiaddr *addr)
{
	for (size_t i = 0; i < out->count; i++) {
		if (pu_multiaddr_eq(&out->addrs[i], addr))
			return;
	}
	if (out->count < PU_RELAY_ADDRS_MAX)
		out->addrs[out->count++] = *addr;
}

void pu_relay_addrs_of(const struct pu_relay_reservation *reservation,
                       const struct pu_peer_id *relay, enum pu_addr_class remote,
                       struct pu_relay_addrs *out)
{
	struct pu_multiaddr addr, made;

	out->count = 0;
	for (size_t i = 0; i < reservation->addr_count; i++) {
		if (pu_multiaddr_decode(reservation->addrs[i], &addr) == PU_OK &&
		    normalize(&addr, relay, &made) &&
		    pu_addr_class_may_keep(pu_multiaddr_class(&made), remote))
			add(out, &made);
	}
}

enum pu_err pu_relay_addr_circuit(const struct pu_multiaddr *relay,
                                  const struct pu_peer_id *peer, struct pu_multiaddr *out)
{
	struct pu_multiaddr made = *relay;
	enum pu_err err = pu_multiaddr_append(&made, PU_MA_P2P_CIRCUIT, pu_bytes(NULL, 0));

	if (err == PU_OK && peer != NULL)
		err = pu_multiaddr_append(&made, PU_MA_P2P, pu_peer_id_bytes(peer));
	if (err == PU_OK)
		*out = made;
	return err;
}
