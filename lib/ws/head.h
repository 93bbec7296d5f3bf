/* The header block of an HTTP/1.1 message (RFC 9112), as far as an upgrade needs it. */
#ifndef PU_WS_HEAD_H
#define PU_WS_HEAD_H

#include "base/bytes.h"

/* Collects the block; the memory exists from its first byte to _fini(). */
struct pu_ws_head {
	uint8_t *bytes;
	uint16_t len, line_at; /* collected; where the line being read begins */
	uint8_t lines;
};

enum pu_ws_head_state {
	PU_WS_HEAD_MORE, /* took all input */
	PU_WS_HEAD_DONE, /* took the block and nothing behind it */
	PU_WS_HEAD_BAD,  /* no text, or a lone CR */
	PU_WS_HEAD_LONG, /* PU_WS_HEAD_MAX or PU_WS_LINES_MAX */
};

enum pu_ws_head_state pu_ws_head_take(struct pu_ws_head *head, struct pu_bytes *in);
void pu_ws_head_fini(struct pu_ws_head *head);

/* What the block says; views into it. Empty = not there. */
struct pu_ws_fields {
	struct pu_bytes host, key, accept, version;
	bool upgrade;    /* Upgrade lists "websocket" */
	bool connection; /* Connection lists "upgrade" */
	bool body;       /* a body is announced */
	bool choice;     /* an extension or a subprotocol */
};

/* Splits the first line into its three words; the last one may hold spaces, or be empty if
 * there is only one space. Answers false if there is none. */
bool pu_ws_head_start(const struct pu_ws_head *head, struct pu_bytes words[3]);
/* Reads the other lines. False: malformed, or a field twice that may be there once. */
bool pu_ws_head_fields(const struct pu_ws_head *head, struct pu_ws_fields *out);
/* Whether a version word is HTTP/1.x; *minor is x. */
bool pu_ws_head_version(struct pu_bytes word, int *minor);

#endif
