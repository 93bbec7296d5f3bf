/* authorized_keys: who may connect. A document of lines that keeps what it does not
 * understand (comments, blank lines, unknown attributes, even bad lines) through edits.
 * One bad line is reported and skipped; the others stay in force. Of several lines about
 * one peer the first good one counts. */
#ifndef PU_TRUST_AUTHORIZED_KEYS_H
#define PU_TRUST_AUTHORIZED_KEYS_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/error.h"
#include "p2p/peer_id.h"
#include "trust/limits.h"

struct pu_authorized_keys;

/* A peer that has a good line. Valid until the document's next edit. */
struct pu_authorized_peer {
	struct pu_peer_id peer;
	size_t line;         /* counted from 1 */
	char *comment;       /* never NULL; safe to print */
	uint64_t expires_ms; /* Unix time; 0 = never */
	size_t attributes_len;
	const char **attributes; /* "name=value", in the file's order */
};

/* A line that was skipped. */
struct pu_authorized_problem {
	size_t line;        /* counted from 1 */
	const char *reason; /* a constant, for people */
};

/* Reads a whole text. PU_ELIMIT: over PU_AUTHORIZED_KEYS_FILE_MAX bytes or
 * PU_AUTHORIZED_KEYS_LINES_MAX lines. Nothing else fails. The caller frees. */
enum pu_err pu_authorized_keys_parse(struct pu_bytes text,
                                     struct pu_authorized_keys **out) PU_MUST_CHECK;
void pu_authorized_keys_free(struct pu_authorized_keys *keys);
/* The text again: byte for byte what was read, but for the edits. PU_ELIMIT as `out`. */
enum pu_err pu_authorized_keys_print(const struct pu_authorized_keys *keys,
                                     struct pu_buffer *out) PU_MUST_CHECK;

/* Peers with a good line (expired ones too), in the file's order. */
size_t pu_authorized_keys_len(const struct pu_authorized_keys *keys);
const struct pu_authorized_peer *pu_authorized_keys_at(const struct pu_authorized_keys *keys,
                                                       size_t i);
/* Or NULL. */
const struct pu_authorized_peer *pu_authorized_keys_find(const struct pu_authorized_keys *keys,
                                                         const struct pu_peer_id *peer);

size_t pu_authorized_keys_problems(const struct pu_authorized_keys *keys);
const struct pu_authorized_problem *
pu_authorized_keys_problem(const struct pu_authorized_keys *keys, size_t i);

/* Whether the peer's time has passed: from the very millisecond on. */
bool pu_authorized_peer_expired(const struct pu_authorized_peer *peer, uint64_t now_unix_ms);
/* The earliest expiry after `now_unix_ms`; 0 = none to come. */
uint64_t pu_authorized_keys_next_expiry(const struct pu_authorized_keys *keys,
                                        uint64_t now_unix_ms);

/* ---- edits (authorized_keys_edit.c). On an error the document is unchanged. ---- */

/* Appends a line. The comment is made safe (pu_comment_clean()) and may be "" or NULL;
 * expires_ms = 0 means never, else at most PU_RFC3339_MAX_MS (PU_EINVAL). PU_EEXIST: the
 * peer has a good line. PU_ELIMIT: the file is full. */
enum pu_err pu_authorized_keys_add(struct pu_authorized_keys *keys,
                                   const struct pu_peer_id *peer, const char *comment,
                                   uint64_t expires_ms) PU_MUST_CHECK;
/* Removes every line about the peer, bad and double ones too. PU_ENOTFOUND. */
enum pu_err pu_authorized_keys_remove(struct pu_authorized_keys *keys,
                                      const struct pu_peer_id *peer) PU_MUST_CHECK;
/* Sets one attribute on the peer's line (value NULL: removes it). The line is written
 * anew: expires and verified first, then the others in their order, then the comment.
 * PU_ENOTFOUND: no good line, or no such attribute to remove. PU_EINVAL: not a name, not
 * a value, or `expires` that is no time. PU_ELIMIT: too many attributes, or the line or
 * the file would be too long. */
enum pu_err pu_authorized_keys_set(struct pu_authorized_keys *keys,
                                   const struct pu_peer_id *peer, const char *name,
                                   const char *value) PU_MUST_CHECK;

#endif
