/* The inside of struct pu_authorized_keys, for the files of this library only. */
#ifndef PU_TRUST_AUTHORIZED_KEYS_LINES_H
#define PU_TRUST_AUTHORIZED_KEYS_LINES_H

#include "base/map.h"
#include "trust/authorized_keys.h"
#include "trust/authorized_line.h"

/* Owns its text, which has no newline (and may be bytes of any kind). */
struct pu_authorized_text {
	char *text;
	size_t len;
};

struct pu_authorized_keys {
	struct pu_authorized_text *lines;
	size_t lines_len;
	size_t size;     /* bytes of the printed text */
	bool unfinished; /* the last line has no newline */

	/* Made from the lines by pu_authorized_keys_index(). */
	struct pu_authorized_peer **peers;
	size_t peers_len;
	struct pu_map by_peer; /* struct pu_authorized_peer */
	struct pu_authorized_problem *problems;
	size_t problems_len;
};

struct pu_bytes pu_authorized_keys_line(const struct pu_authorized_keys *keys, size_t i);

/* Reads all lines anew. To be called after every change of them. */
void pu_authorized_keys_index(struct pu_authorized_keys *keys);

#endif
