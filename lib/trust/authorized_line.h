/* The grammar of one line of authorized_keys:
 *
 *     <peer ID>  name=value name=value  # comment
 *
 * Fields are separated by spaces and tabs; the comment begins at the first '#'. */
#ifndef PU_TRUST_AUTHORIZED_LINE_H
#define PU_TRUST_AUTHORIZED_LINE_H

#include "base/bytes.h"
#include "p2p/peer_id.h"
#include "trust/limits.h"

struct pu_authorized_attribute {
	struct pu_bytes text; /* "name=value" */
	struct pu_bytes name, value;
};

/* Views into the line. */
struct pu_authorized_line {
	bool has_peer; /* the first field is a peer ID (also of some bad lines) */
	struct pu_peer_id peer;
	struct pu_bytes peer_text;
	uint64_t expires_ms; /* Unix time; 0 = never */
	size_t attributes_len;
	struct pu_authorized_attribute attributes[PU_AUTHORIZED_KEYS_ATTRIBUTES_MAX];
	bool has_comment;
	struct pu_bytes comment; /* what follows the '#' */
};

enum pu_authorized_kind {
	PU_AUTHORIZED_BLANK, /* nothing, or only a comment */
	PU_AUTHORIZED_PEER,
	PU_AUTHORIZED_BAD,
};

/* Reads one line (without its newline). For PU_AUTHORIZED_BAD, *reason says what is wrong,
 * in a constant text for people. `out` is filled as far as the line could be read. */
enum pu_authorized_kind pu_authorized_line_parse(struct pu_bytes line,
                                                 struct pu_authorized_line *out,
                                                 const char **reason);

/* Whether this may be an attribute's name ([A-Za-z0-9._-], at most
 * PU_AUTHORIZED_KEYS_NAME_MAX bytes), and its value (no space, no '#', no control
 * character, at most PU_AUTHORIZED_KEYS_VALUE_MAX bytes; may be empty). */
bool pu_authorized_name_ok(struct pu_bytes name);
bool pu_authorized_value_ok(struct pu_bytes value);

#endif
