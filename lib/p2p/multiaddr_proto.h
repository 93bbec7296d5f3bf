/* The table of multiaddr protocols, for multiaddr*.c only. */
#ifndef PU_P2P_MULTIADDR_PROTO_H
#define PU_P2P_MULTIADDR_PROTO_H

#include "p2p/multiaddr.h"
#include "p2p/writer.h"

/* The value has a length prefix. */
#define PU_MA_VARIABLE (-1)

struct pu_ma_proto {
	enum pu_multiaddr_code code;
	const char *name;
	int size; /* bytes of the value, or PU_MA_VARIABLE */
	/* NULL: any value of the right size (not empty, if variable). */
	bool (*is_valid)(struct pu_bytes value);
	/* NULL: no value in text either. */
	enum pu_err (*parse)(struct pu_bytes text, struct pu_writer *value);
	enum pu_err (*print)(struct pu_bytes value, struct pu_writer *text);
};

/* NULL: unknown. */
const struct pu_ma_proto *pu_ma_proto_by_code(uint64_t code);
const struct pu_ma_proto *pu_ma_proto_by_name(struct pu_bytes name);

/* Whether `value` fits the protocol. */
bool pu_ma_value_is_valid(const struct pu_ma_proto *proto, struct pu_bytes value);
/* Whether it takes the rest of the text, and nothing may follow. */
bool pu_ma_is_path(const struct pu_ma_proto *proto);
/* Takes one component off `in`, checked. PU_EUNSUPPORTED: an unknown code. */
enum pu_err pu_ma_get(struct pu_bytes *in, const struct pu_ma_proto **proto,
                      struct pu_bytes *value) PU_MUST_CHECK;

#endif
