/* Knows the bytes of a yamux header, and which of its fields go together. */
#include "mux/yamux_frame.h"

enum { VERSION = 0 };
enum {
	STREAM_FLAGS = PU_YAMUX_SYN | PU_YAMUX_ACK | PU_YAMUX_FIN | PU_YAMUX_RST,
	OPENING_AND_OPENED = PU_YAMUX_SYN | PU_YAMUX_ACK,
};

/* type     of a stream  flags */
static const struct rule {
	bool of_stream;
	uint16_t flags;
} rules[] = {
    [PU_YAMUX_DATA] = {true, STREAM_FLAGS},
    [PU_YAMUX_WINDOW] = {true, STREAM_FLAGS},
    [PU_YAMUX_PING] = {false, PU_YAMUX_SYN | PU_YAMUX_ACK},
    [PU_YAMUX_GOAWAY] = {false, STREAM_FLAGS}, /* means nothing there, and harms nobody */
};

static void put_u32(uint8_t *out, uint32_t value)
{
	out[0] = (uint8_t)(value >> 24);
	out[1] = (uint8_t)(value >> 16);
	out[2] = (uint8_t)(value >> 8);
	out[3] = (uint8_t)value;
}

static uint32_t get_u32(const uint8_t *in)
{
	return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

void pu_yamux_header_write(const struct pu_yamux_header *header,
                           uint8_t out[PU_YAMUX_HEADER_LEN])
{
	out[0] = VERSION;
	out[1] = (uint8_t)header->type;
	out[2] = (uint8_t)(header->flags >> 8);
	out[3] = (uint8_t)header->flags;
	put_u32(out + 4, header->id);
	put_u32(out + 8, header->len);
}

static bool is_possible(const struct pu_yamux_header *header)
{
	const struct rule *rule = &rules[header->type];

	if ((header->id != 0) != rule->of_stream || (header->flags & ~rule->flags) != 0)
		return false;
	if (header->type == PU_YAMUX_PING && header->flags == 0)
		return false;
	return (header->flags & OPENING_AND_OPENED) != OPENING_AND_OPENED ||
	       header->type == PU_YAMUX_GOAWAY;
}

enum pu_err pu_yamux_header_read(struct pu_bytes in, struct pu_yamux_header *out)
{
	struct pu_yamux_header header;

	if (in.len < PU_YAMUX_HEADER_LEN)
		return PU_ETRUNCATED;
	if (in.data[0] != VERSION || in.data[1] > PU_YAMUX_GOAWAY)
		return PU_EMALFORMED;
	header = (struct pu_yamux_header){
	    .type = (enum pu_yamux_type)in.data[1],
	    .flags = (uint16_t)(in.data[2] << 8 | in.data[3]),
	    .id = get_u32(in.data + 4),
	    .len = get_u32(in.data + 8),
	};
	if (!is_possible(&header))
		return PU_EMALFORMED;
	*out = header;
	return PU_OK;
}
