/* Multiaddrs as values. This file knows how components stand behind each other, and what
 * the last one says about the peer. */
#include "p2p/multiaddr.h"

#include "p2p/multiaddr_proto.h"
#include "p2p/uvi.h"

enum pu_err pu_multiaddr_decode(struct pu_bytes bytes, struct pu_multiaddr *out)
{
	struct pu_bytes rest = bytes, value;
	const struct pu_ma_proto *proto;

	if (bytes.len == 0)
		return PU_EMALFORMED;
	if (bytes.len > PU_MULTIADDR_MAX)
		return PU_ELIMIT;
	while (rest.len > 0) {
		enum pu_err err = pu_ma_get(&rest, &proto, &value);
		if (err != PU_OK)
			return err;
		if (pu_ma_is_path(proto) && rest.len > 0)
			return PU_EMALFORMED;
	}
	memset(out, 0, sizeof(*out));
	out->len = (uint16_t)bytes.len;
	memcpy(out->bytes, bytes.data, bytes.len);
	return PU_OK;
}

bool pu_multiaddr_eq(const struct pu_multiaddr *a, const struct pu_multiaddr *b)
{
	return pu_bytes_eq(pu_multiaddr_bytes(a), pu_multiaddr_bytes(b));
}

struct pu_bytes pu_multiaddr_bytes(const struct pu_multiaddr *addr)
{
	return pu_bytes(addr->bytes, addr->len);
}

bool pu_multiaddr_next(struct pu_bytes *cursor, struct pu_multiaddr_part *part)
{
	const struct pu_ma_proto *proto;

	if (cursor->len == 0 || pu_ma_get(cursor, &proto, &part->value) != PU_OK)
		return false;
	part->code = proto->code;
	return true;
}

bool pu_multiaddr_find(const struct pu_multiaddr *addr, enum pu_multiaddr_code code,
                       struct pu_multiaddr_part *part)
{
	struct pu_bytes cursor = pu_multiaddr_bytes(addr);
	struct pu_multiaddr_part found;

	while (pu_multiaddr_next(&cursor, &found)) {
		if (found.code == code) {
			*part = found;
			return true;
		}
	}
	return false;
}

bool pu_multiaddr_has(const struct pu_multiaddr *addr, enum pu_multiaddr_code code)
{
	struct pu_multiaddr_part part;

	return pu_multiaddr_find(addr, code, &part);
}

/* The last component, and where it begins. False: the address is empty. */
static bool find_last(const struct pu_multiaddr *addr, struct pu_multiaddr_part *part,
                      size_t *offset)
{
	struct pu_bytes cursor = pu_multiaddr_bytes(addr);
	size_t start = 0;
	bool found = false;

	while (pu_multiaddr_next(&cursor, part)) {
		*offset = start;
		start = (size_t)(cursor.data - addr->bytes);
		found = true;
	}
	return found;
}

enum pu_err pu_multiaddr_append(struct pu_multiaddr *addr, enum pu_multiaddr_code code,
                                struct pu_bytes value)
{
	const struct pu_ma_proto *proto = pu_ma_proto_by_code((uint64_t)code);
	struct pu_writer writer =
	    pu_writer(addr->bytes + addr->len, sizeof(addr->bytes) - addr->len);
	struct pu_multiaddr_part last;
	size_t offset;

	if (!proto)
		return PU_EUNSUPPORTED;
	if (!pu_ma_value_is_valid(proto, value))
		return PU_EMALFORMED;
	if (find_last(addr, &last, &offset) && last.code == PU_MA_UNIX)
		return PU_EMALFORMED;
	size_t prefix_len = proto->size == PU_MA_VARIABLE ? pu_uvi_len(value.len) : 0;
	if (pu_uvi_len((uint64_t)code) + prefix_len + value.len > writer.max)
		return PU_ELIMIT;
	pu_uvi_put(&writer, (uint64_t)code);
	if (proto->size == PU_MA_VARIABLE)
		pu_delimited_put(&writer, value);
	else
		pu_writer_put(&writer, value);
	addr->len = (uint16_t)(addr->len + writer.len);
	return PU_OK;
}

enum pu_err pu_multiaddr_peer(const struct pu_multiaddr *addr, struct pu_peer_id *out)
{
	struct pu_multiaddr_part last;
	size_t offset;

	if (!find_last(addr, &last, &offset) || last.code != PU_MA_P2P)
		return PU_ENOTFOUND;
	return pu_peer_id_decode(last.value, out);
}

enum pu_err pu_multiaddr_add_peer(struct pu_multiaddr *addr, const struct pu_peer_id *id)
{
	struct pu_peer_id present;

	if (pu_multiaddr_peer(addr, &present) == PU_OK)
		return pu_peer_id_eq(&present, id) ? PU_OK : PU_EINVAL;
	return pu_multiaddr_append(addr, PU_MA_P2P, pu_peer_id_bytes(id));
}

void pu_multiaddr_strip_peer(struct pu_multiaddr *addr)
{
	struct pu_multiaddr_part last;
	size_t offset;

	if (!find_last(addr, &last, &offset) || last.code != PU_MA_P2P)
		return;
	memset(addr->bytes + offset, 0, addr->len - offset);
	addr->len = (uint16_t)offset;
}
