/* Multiaddrs as text. This file knows how slashes cut them. */
#include "p2p/multiaddr.h"
#include "p2p/multiaddr_proto.h"

/* Takes what stands before the next slash, and that slash. */
static struct pu_bytes take_segment(struct pu_bytes *text)
{
	const uint8_t *slash = text->len ? memchr(text->data, '/', text->len) : NULL;
	struct pu_bytes segment = *text;

	if (!slash) {
		*text = pu_bytes(NULL, 0);
		return segment;
	}
	segment.len = (size_t)(slash - text->data);
	*text = pu_bytes(slash + 1, text->len - segment.len - 1);
	return segment;
}

static enum pu_err parse_component(struct pu_bytes *text, struct pu_multiaddr *addr)
{
	uint8_t value[PU_MULTIADDR_MAX];
	struct pu_writer writer = pu_writer(value, sizeof(value));
	const struct pu_ma_proto *proto;
	struct pu_bytes segment = take_segment(text);
	enum pu_err err;

	if (segment.len == 0)
		return PU_EMALFORMED;
	proto = pu_ma_proto_by_name(segment);
	if (!proto)
		return PU_EUNSUPPORTED;
	if (!proto->parse)
		return pu_multiaddr_append(addr, proto->code, pu_bytes(NULL, 0));
	if (pu_ma_is_path(proto)) {
		segment = *text;
		*text = pu_bytes(NULL, 0);
	} else {
		segment = take_segment(text);
	}
	if (segment.len == 0)
		return PU_EMALFORMED;
	err = proto->parse(segment, &writer);
	if (err == PU_OK)
		err = pu_writer_check(&writer);
	return err == PU_OK ? pu_multiaddr_append(addr, proto->code, pu_writer_bytes(&writer))
	                    : err;
}

enum pu_err pu_multiaddr_parse(const char *text, struct pu_multiaddr *out)
{
	struct pu_bytes rest = pu_bytes_of_str(text);
	struct pu_multiaddr addr = {0};

	if (rest.len >= PU_MULTIADDR_TEXT_MAX)
		return PU_ELIMIT;
	while (rest.len > 0 && rest.data[rest.len - 1] == '/')
		rest.len--;
	if (rest.len == 0 || rest.data[0] != '/')
		return PU_EMALFORMED;
	rest = pu_bytes(rest.data + 1, rest.len - 1);
	while (rest.len > 0) {
		enum pu_err err = parse_component(&rest, &addr);
		if (err != PU_OK)
			return err;
	}
	*out = addr;
	return PU_OK;
}

const char *pu_multiaddr_print(const struct pu_multiaddr *addr, char out[PU_MULTIADDR_TEXT_MAX])
{
	struct pu_writer writer = pu_writer(out, PU_MULTIADDR_TEXT_MAX - 1);
	struct pu_bytes cursor = pu_multiaddr_bytes(addr), value;
	const struct pu_ma_proto *proto;

	while (cursor.len > 0 && pu_ma_get(&cursor, &proto, &value) == PU_OK) {
		pu_writer_put_byte(&writer, '/');
		pu_writer_put(&writer, pu_bytes_of_str(proto->name));
		if (!proto->print)
			continue;
		pu_writer_put_byte(&writer, '/');
		if (proto->print(value, &writer) != PU_OK)
			break;
	}
	out[writer.len] = '\0';
	return out;
}
