/* Fields of the stream handoff's messages: their names, bounds and meaning. */
#include "proto/shapes.h"

#define ID_HELP "chosen by the asker; names the stream until stream.closed"

/* clang-format off */
#define F(member, need, max, help) PU_FIELD(struct pu_stream_register, member, need, max, help)
static const struct pu_field stream_register_fields[] = {
	F(id,       PU_REQUIRED, 0, "of this registration, for the answer"),
	F(protocol, PU_REQUIRED, PU_FIELD_PROTOCOL_MAX, "exact, or a prefix that ends in *"),
};
#undef F
PU_SHAPE(stream_register);

#define F(member, need, max, help) PU_FIELD(struct pu_stream_open, member, need, max, help)
static const struct pu_field stream_open_fields[] = {
	F(id,          PU_REQUIRED, 0, ID_HELP),
	F(peer,        PU_REQUIRED, PU_FIELD_PEER_MAX,     "peer ID"),
	F(protocol,    PU_REQUIRED, PU_FIELD_PROTOCOL_MAX, "libp2p protocol ID"),
	F(deadline_ms, PU_OPTIONAL, 0, "for the connection to the peer; 0 = 15 s"),
};
#undef F
PU_SHAPE(stream_open);

#define F(member, need, max, help) PU_FIELD(struct pu_stream_opened, member, need, max, help)
static const struct pu_field stream_opened_fields[] = {
	F(id,      PU_REQUIRED, 0, "of the stream or of the registration"),
	F(address, PU_OPTIONAL, PU_FIELD_ADDRESS_MAX, "of the peer; empty for a registration"),
};
#undef F
PU_SHAPE(stream_opened);

#define F(member, need, max, help) PU_FIELD(struct pu_stream_inbound, member, need, max, help)
static const struct pu_field stream_inbound_fields[] = {
	F(id,       PU_REQUIRED, 0, ID_HELP),
	F(peer,     PU_REQUIRED, PU_FIELD_PEER_MAX,     "who opened it"),
	F(protocol, PU_REQUIRED, PU_FIELD_PROTOCOL_MAX, "for what"),
	F(address,  PU_OPTIONAL, PU_FIELD_ADDRESS_MAX,  "of the peer"),
};
#undef F
PU_SHAPE(stream_inbound);

static const struct pu_field stream_accept_fields[] = {
	PU_FIELD(struct pu_stream_accept, id, PU_REQUIRED, 0, "what stream.inbound said"),
};
PU_SHAPE(stream_accept);

#define F(member, need, max, help) PU_FIELD(struct pu_stream_failed, member, need, max, help)
static const struct pu_field stream_failed_fields[] = {
	F(id,      PU_REQUIRED, 0, "of the stream or of the registration"),
	F(code,    PU_REQUIRED, PU_FIELD_WORD_MAX, "what kind of failure, for programs"),
	F(message, PU_OPTIONAL, PU_FIELD_TEXT_MAX, "what failed, for people"),
};
#undef F
PU_SHAPE(stream_failed);

#define F(member, need, max, help) PU_FIELD(struct pu_stream_closed, member, need, max, help)
static const struct pu_field stream_closed_fields[] = {
	F(id,        PU_REQUIRED, 0, "of the stream"),
	F(bytes_in,  PU_REQUIRED, 0, "from the peer"),
	F(bytes_out, PU_REQUIRED, 0, "to the peer"),
	F(code,      PU_REQUIRED, PU_FIELD_WORD_MAX, "ok, or why it broke"),
	F(message,   PU_OPTIONAL, PU_FIELD_TEXT_MAX, "the same for people"),
};
#undef F
PU_SHAPE(stream_closed);

#define F(member, need, max, help) PU_FIELD(struct pu_stream_need, member, need, max, help)
static const struct pu_field stream_need_fields[] = {
	F(peer,   PU_REQUIRED, PU_FIELD_PEER_MAX, "peer ID"),
	F(needed, PU_REQUIRED, 0, "keep a connection to it, or no longer"),
};
#undef F
PU_SHAPE(stream_need);
/* clang-format on */
