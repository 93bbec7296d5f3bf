/* Knows the numbers that say why on the wire, both ways. */
#include "codes.h"

#include <stddef.h>

#include "base/alloc.h"

static const struct stream_code {
	uint64_t code;
	enum pu_err err;
	const char *text;
} stream_codes[] = {
    {STREAM_CODE_GATED, PU_ENOTAUTHORIZED, "the peer does not let us use it"},
    {STREAM_CODE_NEGOTIATION, PU_ENOTFOUND, "the peer has no such service"},
    {STREAM_CODE_TARGET_DOWN, PU_EREFUSED, "the service's target on the peer is down"},
    {STREAM_CODE_TARGET_TIMEOUT, PU_ETIMEOUT,
     "the service's target on the peer does not answer"},
    {STREAM_CODE_TARGET_RESET, PU_ECLOSED,
     "the service's target on the peer reset the connection"},
    {STREAM_CODE_LIMIT, PU_ELIMIT, "the peer is at a limit"},
    {STREAM_CODE_UNAVAILABLE, PU_EBUSY, "the peer cannot serve it just now"},
    {STREAM_CODE_SHUTDOWN, PU_ECLOSED, "the peer shuts down"},
    {STREAM_CODE_VIOLATION, PU_EPROTOCOL, "the peer says that we broke the protocol"},
    {STREAM_CODE_NONE, PU_ECLOSED, "the peer reset the stream"},
};

uint64_t transport_stream_code(enum pu_err err)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(stream_codes); i++)
		if (stream_codes[i].err == err)
			return stream_codes[i].code;
	return STREAM_CODE_UNAVAILABLE;
}

static const struct stream_code *find(uint64_t code)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(stream_codes); i++)
		if (stream_codes[i].code == code)
			return &stream_codes[i];
	return &stream_codes[PU_ARRAY_LEN(stream_codes) - 1];
}

enum pu_err transport_stream_code_err(uint64_t code)
{
	return find(code)->err;
}

const char *transport_stream_code_text(uint64_t code)
{
	return find(code)->text;
}

enum pu_err transport_conn_code_err(uint64_t code)
{
	switch (code) {
	case CONN_CODE_GATED:
		return PU_ENOTAUTHORIZED;
	case CONN_CODE_LIMIT:
		return PU_ELIMIT;
	default:
		return PU_ECLOSED;
	}
}
