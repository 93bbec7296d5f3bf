/* The one codec: struct <-> msgpack map {"type": ..., fields}. Holds every msgpack call. */
#ifndef PU_PROTO_CODEC_H
#define PU_PROTO_CODEC_H

#include "base/buffer.h"
#include "base/error.h"
#include "proto/messages.h"

#define PU_MESSAGE_MAX (256 * 1024) /* bytes of one encoded message */

/* A decoded message: `body` points to the struct of `row`; everything in it lives in the
 * decoder's memory until the next decode or _fini. */
struct pu_message {
	const struct pu_msg_row *row;
	const void *body;
};

struct pu_decoder; /* owns reusable memory */
struct pu_decoder *pu_decoder_new(void);
void pu_decoder_free(struct pu_decoder *decoder);

/* Unknown fields are ignored. A missing, ill-typed or over-long field, an unknown type,
 * trailing bytes: PU_EINVAL/PU_EMALFORMED/PU_ELIMIT, and pu_decoder_error() says which field
 * and why. */
enum pu_err pu_decode(struct pu_decoder *decoder, struct pu_bytes bytes,
                      struct pu_message *out) PU_MUST_CHECK;
const char *pu_decoder_error(const struct pu_decoder *decoder);

/* Appends the encoded message. Checks the same bounds as decoding. NULL strings are sent as "".
 */
enum pu_err pu_encode(struct pu_buffer *out, enum pu_msg id, const void *body) PU_MUST_CHECK;

/* Message <-> JSON object with the same names (bytes as base64); for `peerup call`, `peerup
 * events` and --json. From JSON-like words: pu_encode_words() takes "key=value" strings and
 * uses the row's kinds (lists of strings: comma separated). */
enum pu_err pu_message_to_json(const struct pu_message *message,
                               struct pu_buffer *out) PU_MUST_CHECK;
enum pu_err pu_encode_words(struct pu_buffer *out, const struct pu_msg_row *row,
                            const char *const *words, size_t words_len, char *error,
                            size_t error_size) PU_MUST_CHECK;

#endif
