/* Knows how HTTP writes lines, fields and lists, and which fields an upgrade is made of. */
#include "head.h"

#include <strings.h>

#include "base/alloc.h"
#include "ws.h"

/* ---- collecting ---- */

void pu_ws_head_fini(struct pu_ws_head *head)
{
	pu_free(head->bytes);
	*head = (struct pu_ws_head){0};
}

static bool is_text(uint8_t byte)
{
	return (byte >= ' ' && byte != 0x7f) || byte == '\t' || byte == '\r' || byte == '\n';
}

/* The line is complete. */
static enum pu_ws_head_state end_line(struct pu_ws_head *head)
{
	size_t len = head->len - head->line_at - 1u;

	if (len == 0 || (len == 1 && head->bytes[head->line_at] == '\r'))
		return PU_WS_HEAD_DONE;
	head->line_at = head->len;
	return ++head->lines > PU_WS_LINES_MAX ? PU_WS_HEAD_LONG : PU_WS_HEAD_MORE;
}

static enum pu_ws_head_state take_byte(struct pu_ws_head *head, uint8_t byte)
{
	bool after_cr = head->len > 0 && head->bytes[head->len - 1] == '\r';

	if (!is_text(byte) || (after_cr && byte != '\n'))
		return PU_WS_HEAD_BAD;
	if (head->len == PU_WS_HEAD_MAX)
		return PU_WS_HEAD_LONG;
	head->bytes[head->len++] = byte;
	return byte == '\n' ? end_line(head) : PU_WS_HEAD_MORE;
}

enum pu_ws_head_state pu_ws_head_take(struct pu_ws_head *head, struct pu_bytes *in)
{
	enum pu_ws_head_state state = PU_WS_HEAD_MORE;
	size_t at = 0;

	if (head->bytes == NULL)
		head->bytes = pu_alloc(PU_WS_HEAD_MAX);
	while (at < in->len && state == PU_WS_HEAD_MORE)
		state = take_byte(head, in->data[at++]);
	if (at > 0)
		*in = pu_bytes(in->data + at, in->len - at);
	return state;
}

/* ---- words ---- */

static void skip(struct pu_bytes *text, size_t len)
{
	*text = pu_bytes(text->data + len, text->len - len);
}

static size_t find(struct pu_bytes text, char byte)
{
	const uint8_t *at = text.len == 0 ? NULL : memchr(text.data, byte, text.len);

	return at == NULL ? text.len : (size_t)(at - text.data);
}

/* Takes what is in front of `byte`, and `byte` too. */
static struct pu_bytes cut(struct pu_bytes *text, char byte)
{
	struct pu_bytes front = pu_bytes(text->data, find(*text, byte));

	skip(text, front.len < text->len ? front.len + 1 : front.len);
	return front;
}

static struct pu_bytes cut_line(struct pu_bytes *text)
{
	struct pu_bytes line = cut(text, '\n');

	if (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	return line;
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

static struct pu_bytes trim(struct pu_bytes text)
{
	while (text.len > 0 && is_blank(text.data[0]))
		skip(&text, 1);
	while (text.len > 0 && is_blank(text.data[text.len - 1]))
		text.len--;
	return text;
}

static bool is_word(struct pu_bytes text, const char *word)
{
	return text.len == strlen(word) &&
	       strncasecmp((const char *)text.data, word, text.len) == 0;
}

static bool lists(struct pu_bytes list, const char *word)
{
	bool found = false;

	while (list.len > 0 && !found)
		found = is_word(trim(cut(&list, ',')), word);
	return found;
}

/* ---- the first line ---- */

bool pu_ws_head_start(const struct pu_ws_head *head, struct pu_bytes words[3])
{
	struct pu_bytes text = pu_bytes(head->bytes, head->len), line = cut_line(&text);

	if (find(line, ' ') == line.len)
		return false;
	words[0] = cut(&line, ' ');
	words[1] = cut(&line, ' ');
	words[2] = line;
	return true;
}

bool pu_ws_head_version(struct pu_bytes word, int *minor)
{
	if (word.len != 8 || memcmp(word.data, "HTTP/1.", 7) != 0 || word.data[7] < '0' ||
	    word.data[7] > '9')
		return false;
	*minor = word.data[7] - '0';
	return true;
}

/* ---- fields ---- */

static bool take_once(struct pu_bytes *field, struct pu_bytes value)
{
	if (field->len > 0 || value.len == 0)
		return false;
	*field = value;
	return true;
}

static bool take_host(struct pu_ws_fields *fields, struct pu_bytes value)
{
	return take_once(&fields->host, value);
}

static bool take_key(struct pu_ws_fields *fields, struct pu_bytes value)
{
	return take_once(&fields->key, value);
}

static bool take_accept(struct pu_ws_fields *fields, struct pu_bytes value)
{
	return take_once(&fields->accept, value);
}

static bool take_version(struct pu_ws_fields *fields, struct pu_bytes value)
{
	return take_once(&fields->version, value);
}

static bool take_upgrade(struct pu_ws_fields *fields, struct pu_bytes value)
{
	fields->upgrade = fields->upgrade || lists(value, "websocket");
	return true;
}

static bool take_connection(struct pu_ws_fields *fields, struct pu_bytes value)
{
	fields->connection = fields->connection || lists(value, "upgrade");
	return true;
}

static bool take_length(struct pu_ws_fields *fields, struct pu_bytes value)
{
	fields->body = fields->body || !is_word(value, "0");
	return true;
}

static bool take_coding(struct pu_ws_fields *fields, struct pu_bytes value)
{
	(void)value;
	fields->body = true;
	return true;
}

static bool take_choice(struct pu_ws_fields *fields, struct pu_bytes value)
{
	(void)value;
	fields->choice = true;
	return true;
}

static const struct {
	const char *name;
	bool (*take)(struct pu_ws_fields *fields, struct pu_bytes value);
} known[] = {
    {"Host", take_host},
    {"Upgrade", take_upgrade},
    {"Connection", take_connection},
    {"Sec-WebSocket-Key", take_key},
    {"Sec-WebSocket-Accept", take_accept},
    {"Sec-WebSocket-Version", take_version},
    {"Sec-WebSocket-Extensions", take_choice},
    {"Sec-WebSocket-Protocol", take_choice},
    {"Content-Length", take_length},
    {"Transfer-Encoding", take_coding},
};

static bool take_field(struct pu_ws_fields *fields, struct pu_bytes line)
{
	bool has_colon = find(line, ':') < line.len;
	struct pu_bytes name = cut(&line, ':');

	/* A blank in the name: a folded line, or a request to be smuggled past a proxy. */
	if (!has_colon || name.len == 0 || find(name, ' ') < name.len ||
	    find(name, '\t') < name.len)
		return false;
	for (size_t i = 0; i < PU_ARRAY_LEN(known); i++)
		if (is_word(name, known[i].name))
			return known[i].take(fields, trim(line));
	return true;
}

bool pu_ws_head_fields(const struct pu_ws_head *head, struct pu_ws_fields *out)
{
	struct pu_bytes text = pu_bytes(head->bytes, head->len), line;
	struct pu_ws_fields fields = {0};

	(void)cut_line(&text);
	while ((line = cut_line(&text)).len > 0)
		if (!take_field(&fields, line))
			return false;
	*out = fields;
	return true;
}
