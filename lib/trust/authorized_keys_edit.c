/* Knows how authorized_keys is edited without losing what else stands in it. */
#include "trust/authorized_keys.h"

#include <string.h>

#include "base/alloc.h"
#include "trust/authorized_keys_lines.h"
#include "trust/comment.h"
#include "trust/rfc3339.h"

/* Attributes that are written before all others, in this order. */
static const char *const leading[] = {"expires", "verified"};

static void append_line(struct pu_authorized_keys *keys, struct pu_bytes text)
{
	keys->lines = pu_realloc(keys->lines, keys->lines_len + 1, sizeof(*keys->lines));
	keys->lines[keys->lines_len++] = (struct pu_authorized_text){
	    .text = pu_memdup(text.data, text.len),
	    .len = text.len,
	};
	keys->unfinished = false;
	pu_authorized_keys_index(keys);
}

static bool is_room_for(const struct pu_authorized_keys *keys, size_t len)
{
	size_t newlines = keys->unfinished ? 2 : 1;

	return keys->lines_len < PU_AUTHORIZED_KEYS_LINES_MAX &&
	       keys->peers_len < PU_AUTHORIZED_KEYS_PEERS_MAX &&
	       keys->size + len + newlines <= PU_AUTHORIZED_KEYS_FILE_MAX;
}

/* The longest peer ID, expiry and comment stay under PU_AUTHORIZED_KEYS_LINE_MAX. */
static char *compose(const struct pu_peer_id *peer, const char *comment, uint64_t expires_ms)
{
	char *safe = pu_comment_clean(pu_bytes_of_str(comment != NULL ? comment : ""));
	char peer_text[PU_PEER_ID_TEXT_MAX], time[PU_RFC3339_TEXT_MAX];
	char *line = pu_asprintf("%s%s%s%s%s", pu_peer_id_print(peer, peer_text),
	                         expires_ms != 0 ? "  expires=" : "",
	                         expires_ms != 0 ? pu_rfc3339_print(expires_ms, time) : "",
	                         safe[0] != '\0' ? "  # " : "", safe);

	pu_free(safe);
	return line;
}

enum pu_err pu_authorized_keys_add(struct pu_authorized_keys *keys,
                                   const struct pu_peer_id *peer, const char *comment,
                                   uint64_t expires_ms)
{
	enum pu_err err = PU_OK;
	char *line;

	if (peer->len == 0 || expires_ms > PU_RFC3339_MAX_MS)
		return PU_EINVAL;
	if (pu_authorized_keys_find(keys, peer) != NULL)
		return PU_EEXIST;
	line = compose(peer, comment, expires_ms);
	if (is_room_for(keys, strlen(line)))
		append_line(keys, pu_bytes_of_str(line));
	else
		err = PU_ELIMIT;
	pu_free(line);
	return err;
}

static bool is_about(const struct pu_authorized_keys *keys, size_t i,
                     const struct pu_peer_id *peer)
{
	struct pu_authorized_line line;
	const char *reason;

	if (pu_authorized_line_parse(pu_authorized_keys_line(keys, i), &line, &reason) ==
	    PU_AUTHORIZED_BLANK)
		return false;
	return line.has_peer && pu_peer_id_eq(&line.peer, peer);
}

enum pu_err pu_authorized_keys_remove(struct pu_authorized_keys *keys,
                                      const struct pu_peer_id *peer)
{
	size_t kept = 0;
	bool last_removed = false;

	for (size_t i = 0; i < keys->lines_len; i++) {
		last_removed = is_about(keys, i, peer);
		if (last_removed)
			pu_free(keys->lines[i].text);
		else
			keys->lines[kept++] = keys->lines[i];
	}
	if (kept == keys->lines_len)
		return PU_ENOTFOUND;
	keys->lines_len = kept;
	if (last_removed)
		keys->unfinished = false;
	pu_authorized_keys_index(keys);
	return PU_OK;
}

static bool is_value_fit(struct pu_bytes name, struct pu_bytes value)
{
	uint64_t time_ms;

	if (!pu_authorized_value_ok(value))
		return false;
	return !pu_bytes_eq(name, pu_bytes_of_str("expires")) ||
	       pu_rfc3339_parse(value, &time_ms) == PU_OK;
}

/* Changes the parsed line: value == NULL removes. */
static enum pu_err change(struct pu_authorized_line *line, struct pu_bytes name,
                          const char *value)
{
	size_t i = 0;

	while (i < line->attributes_len && !pu_bytes_eq(line->attributes[i].name, name))
		i++;
	if (value == NULL) {
		if (i == line->attributes_len)
			return PU_ENOTFOUND;
		line->attributes_len--;
		memmove(&line->attributes[i], &line->attributes[i + 1],
		        (line->attributes_len - i) * sizeof(line->attributes[i]));
		return PU_OK;
	}
	if (i == PU_AUTHORIZED_KEYS_ATTRIBUTES_MAX)
		return PU_ELIMIT;
	if (i == line->attributes_len)
		line->attributes_len++;
	line->attributes[i].name = name;
	line->attributes[i].value = pu_bytes_of_str(value);
	return PU_OK;
}

/* 0 and 1 for the leading ones, 2 for the others. */
static size_t rank(struct pu_bytes name)
{
	size_t i = 0;

	while (i < PU_ARRAY_LEN(leading) && !pu_bytes_eq(name, pu_bytes_of_str(leading[i])))
		i++;
	return i;
}

static enum pu_err put(struct pu_buffer *out, const char *before, struct pu_bytes text)
{
	enum pu_err err = pu_buffer_append(out, before, strlen(before));

	return err == PU_OK ? pu_buffer_append(out, text.data, text.len) : err;
}

/* PU_ELIMIT when it does not fit in a line. */
static enum pu_err print_line(const struct pu_authorized_line *line, struct pu_buffer *out)
{
	enum pu_err err = put(out, "", line->peer_text);

	for (size_t r = 0; r <= PU_ARRAY_LEN(leading); r++) {
		for (size_t i = 0; err == PU_OK && i < line->attributes_len; i++) {
			if (rank(line->attributes[i].name) != r)
				continue;
			err = put(out, "  ", line->attributes[i].name);
			if (err == PU_OK)
				err = put(out, "=", line->attributes[i].value);
		}
	}
	if (err == PU_OK && line->has_comment)
		err = put(out, "  #", line->comment);
	return err;
}

/* Puts the printed line in the place of line i. */
static enum pu_err replace_line(struct pu_authorized_keys *keys, size_t i, struct pu_bytes text)
{
	struct pu_authorized_text *old = &keys->lines[i];

	if (keys->size - old->len + text.len > PU_AUTHORIZED_KEYS_FILE_MAX)
		return PU_ELIMIT;
	pu_free(old->text);
	*old = (struct pu_authorized_text){
	    .text = pu_memdup(text.data, text.len),
	    .len = text.len,
	};
	pu_authorized_keys_index(keys);
	return PU_OK;
}

enum pu_err pu_authorized_keys_set(struct pu_authorized_keys *keys,
                                   const struct pu_peer_id *peer, const char *name,
                                   const char *value)
{
	const struct pu_authorized_peer *found = pu_authorized_keys_find(keys, peer);
	struct pu_bytes name_bytes = pu_bytes_of_str(name);
	struct pu_authorized_line line;
	struct pu_buffer text;
	const char *reason;
	enum pu_err err;

	if (!pu_authorized_name_ok(name_bytes) ||
	    (value != NULL && !is_value_fit(name_bytes, pu_bytes_of_str(value))))
		return PU_EINVAL;
	if (found == NULL ||
	    pu_authorized_line_parse(pu_authorized_keys_line(keys, found->line - 1), &line,
	                             &reason) != PU_AUTHORIZED_PEER)
		return PU_ENOTFOUND;
	pu_buffer_init(&text, PU_AUTHORIZED_KEYS_LINE_MAX);
	err = change(&line, name_bytes, value);
	if (err == PU_OK)
		err = print_line(&line, &text);
	if (err == PU_OK)
		err = replace_line(keys, found->line - 1, pu_buffer_bytes(&text));
	pu_buffer_fini(&text);
	return err;
}
