/* Knows authorized_keys as a document: its lines, which of them count, and who has expired. */
#include "trust/authorized_keys.h"

#include "base/alloc.h"
#include "trust/authorized_keys_lines.h"
#include "trust/comment.h"

/* Growing arrays double: room is made when the length is 0 or a power of two. */
static bool is_full(size_t len)
{
	return (len & (len - 1)) == 0;
}

static size_t grown(size_t len)
{
	return len > 0 ? 2 * len : 1;
}

static void peer_free(struct pu_authorized_peer *peer)
{
	for (size_t i = 0; i < peer->attributes_len; i++)
		pu_free((void *)peer->attributes[i]);
	pu_free(peer->attributes);
	pu_free(peer->comment);
	pu_free(peer);
}

static struct pu_authorized_peer *peer_new(const struct pu_authorized_line *line, size_t number)
{
	struct pu_authorized_peer *peer = PU_NEW(struct pu_authorized_peer);

	peer->peer = line->peer;
	peer->line = number;
	peer->comment = pu_comment_clean(line->comment);
	peer->expires_ms = line->expires_ms;
	peer->attributes_len = line->attributes_len;
	if (line->attributes_len > 0)
		peer->attributes = pu_calloc(line->attributes_len, sizeof(*peer->attributes));
	for (size_t i = 0; i < line->attributes_len; i++) {
		struct pu_bytes text = line->attributes[i].text;

		peer->attributes[i] = pu_strndup((const char *)text.data, text.len);
	}
	return peer;
}

static void index_clear(struct pu_authorized_keys *keys)
{
	for (size_t i = 0; i < keys->peers_len; i++)
		peer_free(keys->peers[i]);
	pu_free(keys->peers);
	pu_free(keys->problems);
	pu_map_fini(&keys->by_peer);
	keys->peers = NULL;
	keys->problems = NULL;
	keys->peers_len = keys->problems_len = 0;
}

static void add_problem(struct pu_authorized_keys *keys, size_t number, const char *reason)
{
	if (is_full(keys->problems_len))
		keys->problems =
		    pu_realloc(keys->problems, grown(keys->problems_len), sizeof(*keys->problems));
	keys->problems[keys->problems_len++] =
	    (struct pu_authorized_problem){.line = number, .reason = reason};
}

static void add_peer(struct pu_authorized_keys *keys, const struct pu_authorized_line *line,
                     size_t number)
{
	struct pu_authorized_peer *peer;

	if (pu_authorized_keys_find(keys, &line->peer) != NULL) {
		add_problem(keys, number, "this peer is listed above already; that line counts");
		return;
	}
	if (keys->peers_len == PU_AUTHORIZED_KEYS_PEERS_MAX) {
		add_problem(keys, number, "more than 10000 peers");
		return;
	}
	if (is_full(keys->peers_len))
		keys->peers = pu_realloc(keys->peers, grown(keys->peers_len),
		                         sizeof(struct pu_authorized_peer *));
	peer = peer_new(line, number);
	keys->peers[keys->peers_len++] = peer;
	pu_map_put(&keys->by_peer, pu_peer_id_bytes(&peer->peer), peer);
}

struct pu_bytes pu_authorized_keys_line(const struct pu_authorized_keys *keys, size_t i)
{
	return pu_bytes(keys->lines[i].text, keys->lines[i].len);
}

void pu_authorized_keys_index(struct pu_authorized_keys *keys)
{
	index_clear(keys);
	keys->size = keys->lines_len - (keys->unfinished ? 1 : 0);
	for (size_t i = 0; i < keys->lines_len; i++) {
		struct pu_authorized_line line;
		const char *reason;
		enum pu_authorized_kind kind =
		    pu_authorized_line_parse(pu_authorized_keys_line(keys, i), &line, &reason);

		keys->size += keys->lines[i].len;
		if (kind == PU_AUTHORIZED_PEER)
			add_peer(keys, &line, i + 1);
		else if (kind == PU_AUTHORIZED_BAD)
			add_problem(keys, i + 1, reason);
	}
}

/* Cuts the text into lines. */
static enum pu_err split(struct pu_authorized_keys *keys, struct pu_bytes text)
{
	while (text.len > 0) {
		const uint8_t *newline = memchr(text.data, '\n', text.len);
		size_t len = newline != NULL ? (size_t)(newline - text.data) : text.len;
		size_t taken = newline != NULL ? len + 1 : len;

		if (keys->lines_len == PU_AUTHORIZED_KEYS_LINES_MAX)
			return PU_ELIMIT;
		if (is_full(keys->lines_len))
			keys->lines = pu_realloc(keys->lines, grown(keys->lines_len), sizeof(*keys->lines));
		keys->lines[keys->lines_len++] = (struct pu_authorized_text){
		    .text = len > 0 ? pu_memdup(text.data, len) : NULL,
		    .len = len,
		};
		keys->unfinished = newline == NULL;
		text = pu_bytes(text.data + taken, text.len - taken);
	}
	return PU_OK;
}

enum pu_err pu_authorized_keys_parse(struct pu_bytes text, struct pu_authorized_keys **out)
{
	struct pu_authorized_keys *keys;
	enum pu_err err;

	if (text.len > PU_AUTHORIZED_KEYS_FILE_MAX)
		return PU_ELIMIT;
	keys = PU_NEW(struct pu_authorized_keys);
	pu_map_init(&keys->by_peer);
	err = split(keys, text);
	if (err != PU_OK) {
		pu_authorized_keys_free(keys);
		return err;
	}
	pu_authorized_keys_index(keys);
	*out = keys;
	return PU_OK;
}

void pu_authorized_keys_free(struct pu_authorized_keys *keys)
{
	if (keys == NULL)
		return;
	index_clear(keys);
	for (size_t i = 0; i < keys->lines_len; i++)
		pu_free(keys->lines[i].text);
	pu_free(keys->lines);
	pu_free(keys);
}

enum pu_err pu_authorized_keys_print(const struct pu_authorized_keys *keys,
                                     struct pu_buffer *out)
{
	enum pu_err err = PU_OK;

	for (size_t i = 0; err == PU_OK && i < keys->lines_len; i++) {
		bool last = i + 1 == keys->lines_len;

		err = pu_buffer_append(out, keys->lines[i].text, keys->lines[i].len);
		if (err == PU_OK && !(last && keys->unfinished))
			err = pu_buffer_append(out, "\n", 1);
	}
	return err;
}

size_t pu_authorized_keys_len(const struct pu_authorized_keys *keys)
{
	return keys->peers_len;
}

const struct pu_authorized_peer *pu_authorized_keys_at(const struct pu_authorized_keys *keys,
                                                       size_t i)
{
	return keys->peers[i];
}

const struct pu_authorized_peer *pu_authorized_keys_find(const struct pu_authorized_keys *keys,
                                                         const struct pu_peer_id *peer)
{
	return pu_map_get(&keys->by_peer, pu_peer_id_bytes(peer));
}

size_t pu_authorized_keys_problems(const struct pu_authorized_keys *keys)
{
	return keys->problems_len;
}

const struct pu_authorized_problem *
pu_authorized_keys_problem(const struct pu_authorized_keys *keys, size_t i)
{
	return &keys->problems[i];
}

bool pu_authorized_peer_expired(const struct pu_authorized_peer *peer, uint64_t now_unix_ms)
{
	return peer->expires_ms != 0 && now_unix_ms >= peer->expires_ms;
}

uint64_t pu_authorized_keys_next_expiry(const struct pu_authorized_keys *keys,
                                        uint64_t now_unix_ms)
{
	uint64_t next_ms = 0;

	for (size_t i = 0; i < keys->peers_len; i++) {
		uint64_t at_ms = keys->peers[i]->expires_ms;

		if (at_ms > now_unix_ms && (next_ms == 0 || at_ms < next_ms))
			next_ms = at_ms;
	}
	return next_ms;
}
