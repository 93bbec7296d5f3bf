/* A WebSocket's inside, for the files of lib/ws only. */
#ifndef PU_WS_STATE_H
#define PU_WS_STATE_H

#include "head.h"
#include "ws.h"

#define PU_WS_MASK_LEN   4
#define PU_WS_MASKS      16 /* drawn at once */
#define PU_WS_ACCEPT_LEN 28 /* a SHA-1 in base64 */
#define PU_WS_KEY_LEN    24 /* 16 bytes in base64 */

enum pu_ws_state {
	PU_WS_OPENING, /* the header block is not complete */
	PU_WS_OPEN,
	PU_WS_ENDED,
	PU_WS_BROKEN,
};

/* Section 7.4.1 */
enum pu_ws_code {
	PU_WS_CODE_NORMAL = 1000,
	PU_WS_CODE_AWAY = 1001,
	PU_WS_CODE_PROTOCOL = 1002,
	PU_WS_CODE_UNSUPPORTED = 1003,
};

struct pu_ws {
	struct pu_secure secure;
	enum pu_ws_state state;
	bool client;
	bool close_sent;
	bool in_message; /* a fragment came that was not the last */
	/* The frame being read. */
	uint64_t left;
	uint8_t mask[PU_WS_MASK_LEN]; /* its first byte is for the next byte of payload */
	/* The handshake. */
	struct pu_ws_head head;
	char *path;                        /* server */
	char accept[PU_WS_ACCEPT_LEN + 1]; /* client: what the server must say */
	/* Output: [out_start, out_len) of `out` is to be written. */
	uint8_t *out;
	size_t out_start, out_len;
	size_t pong_at; /* where the last pong in it begins; SIZE_MAX = none */
	/* Masks of frames to come. */
	uint8_t masks[PU_WS_MASKS][PU_WS_MASK_LEN];
	uint8_t masks_left;
	struct pu_secure_result result;
};

/* ---- ws.c ---- */
void pu_ws_say(struct pu_ws *ws, const void *data, size_t len);
enum pu_secure_event pu_ws_fail(struct pu_ws *ws, enum pu_err err, const char *text);

/* ---- handshake.c ---- */
/* Section 4.2.2, item 5.4: what answers this key. */
enum pu_err pu_ws_accept(struct pu_bytes key, char out[PU_WS_ACCEPT_LEN + 1]) PU_MUST_CHECK;
/* Visible ASCII, 1 to `max` bytes. */
bool pu_ws_is_visible(const char *text, size_t max);

/* ---- client.c, server.c ---- */
/* The header block is complete (DONE), or will never be. */
enum pu_secure_event pu_ws_client_head(struct pu_ws *ws, enum pu_ws_head_state state);
enum pu_secure_event pu_ws_server_head(struct pu_ws *ws, enum pu_ws_head_state state);

/* ---- frame.c ---- */
enum pu_secure_event pu_ws_frames_read(struct pu_ws *ws, struct pu_bytes *in, uint8_t *plain,
                                       size_t *plain_len);
size_t pu_ws_frame_seal(struct pu_ws *ws, const struct iovec *plain, size_t pieces,
                        uint8_t *out);
/* Puts a close frame into the output, unless that was done. */
void pu_ws_frame_close(struct pu_ws *ws, unsigned code);

/* Made by pu_ws_*_new(). */
struct pu_ws *pu_ws_new(bool client);

#endif
