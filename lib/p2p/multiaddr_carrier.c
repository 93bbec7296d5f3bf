/* Knows which addresses our sockets can dial, and how a relayed address is taken apart. */
#include "p2p/multiaddr.h"

static bool is_host(enum pu_multiaddr_code code)
{
	return code == PU_MA_IP4 || code == PU_MA_IP6 || code == PU_MA_DNS || code == PU_MA_DNS4 ||
	       code == PU_MA_DNS6;
}

/* Takes the host off; false: there is none that could be dialed. */
static bool take_host(struct pu_bytes *cursor)
{
	struct pu_multiaddr_part part;

	if (!pu_multiaddr_next(cursor, &part))
		return false;
	if (part.code == PU_MA_IP6ZONE && !pu_multiaddr_next(cursor, &part))
		return false;
	return is_host(part.code);
}

static bool take(struct pu_bytes *cursor, enum pu_multiaddr_code code)
{
	struct pu_bytes rest = *cursor;
	struct pu_multiaddr_part part;

	if (!pu_multiaddr_next(&rest, &part) || part.code != code)
		return false;
	*cursor = rest;
	return true;
}

/* What stands behind /tcp/P. */
static enum pu_carrier tcp_carrier(struct pu_bytes *cursor)
{
	if (take(cursor, PU_MA_WS))
		return PU_CARRIER_WS;
	if (take(cursor, PU_MA_WSS))
		return PU_CARRIER_WSS;
	if (!take(cursor, PU_MA_TLS))
		return PU_CARRIER_TCP;
	(void)take(cursor, PU_MA_SNI);
	return take(cursor, PU_MA_WS) ? PU_CARRIER_WSS : PU_CARRIER_NONE;
}

enum pu_carrier pu_multiaddr_carrier(const struct pu_multiaddr *addr)
{
	struct pu_bytes cursor = pu_multiaddr_bytes(addr);
	enum pu_carrier carrier = PU_CARRIER_NONE;

	if (!take_host(&cursor))
		return PU_CARRIER_NONE;
	if (take(&cursor, PU_MA_UDP))
		carrier = take(&cursor, PU_MA_QUIC_V1) ? PU_CARRIER_QUIC : PU_CARRIER_NONE;
	else if (take(&cursor, PU_MA_TCP))
		carrier = tcp_carrier(&cursor);
	(void)take(&cursor, PU_MA_P2P);
	return cursor.len == 0 ? carrier : PU_CARRIER_NONE;
}

uint16_t pu_multiaddr_port(const struct pu_multiaddr *addr)
{
	struct pu_multiaddr_part part;

	if (pu_multiaddr_carrier(addr) == PU_CARRIER_NONE)
		return 0;
	if (!pu_multiaddr_find(addr, PU_MA_UDP, &part) &&
	    !pu_multiaddr_find(addr, PU_MA_TCP, &part))
		return 0;
	return (uint16_t)(part.value.data[0] << 8 | part.value.data[1]);
}

enum pu_err pu_multiaddr_split_circuit(const struct pu_multiaddr *addr,
                                       struct pu_multiaddr *relay)
{
	struct pu_bytes cursor = pu_multiaddr_bytes(addr);
	struct pu_multiaddr made = {0};
	struct pu_multiaddr_part part;
	struct pu_peer_id peer;

	while (pu_multiaddr_next(&cursor, &part) && part.code != PU_MA_P2P_CIRCUIT)
		if (pu_multiaddr_append(&made, part.code, part.value) != PU_OK)
			return PU_EINVAL;
	if (part.code != PU_MA_P2P_CIRCUIT)
		return PU_ENOTFOUND;
	(void)take(&cursor, PU_MA_P2P);
	if (cursor.len > 0 || pu_multiaddr_peer(&made, &peer) != PU_OK)
		return PU_EINVAL;
	*relay = made;
	return PU_OK;
}

bool pu_multiaddr_is_dialable(const struct pu_multiaddr *addr)
{
	struct pu_multiaddr relay;

	return pu_multiaddr_carrier(addr) != PU_CARRIER_NONE ||
	       pu_multiaddr_split_circuit(addr, &relay) == PU_OK;
}
