/* Knows how a value is quoted and escaped in logfmt and in JSON, and how a line that grows too
 * long is cut so that it still parses. */
#include "base/log_line.h"

#include <stdio.h>

#include "base/utf8.h"

enum {
	TAIL_MAX = 24,   /* room for what pu_log_line_end() adds */
	ESCAPE_MAX = 10, /* the longest escape of one character */
	FIELD_MAX = PU_LOG_LINE_MAX - TAIL_MAX,
};

static void put(struct pu_log_line *line, const char *text, size_t len)
{
	if (line->cut || len > FIELD_MAX - line->len) {
		line->cut = true;
		return;
	}
	memcpy(line->text + line->len, text, len);
	line->len += len;
}

void pu_log_line_begin(struct pu_log_line *line, enum pu_log_format format)
{
	line->format = format;
	line->cut = false;
	line->len = 0;
	if (format == PU_LOG_JSON)
		put(line, "{", 1);
}

static size_t escape_code(char *out, uint32_t code)
{
	static const char names[] = "n\nt\tr\r\"\"\\\\";

	for (const char *name = names; *name != '\0'; name += 2) {
		if ((uint32_t)name[1] == code)
			return (size_t)snprintf(out, ESCAPE_MAX, "\\%c", name[0]);
	}
	return (size_t)snprintf(out, ESCAPE_MAX, "\\u%04x", (unsigned)(code & 0xffff));
}

/* Escapes the first character of the value; answers how many bytes of it that were. */
static size_t escape_one(enum pu_log_format format, struct pu_bytes value, char *out,
                         size_t *out_len)
{
	uint32_t code = 0;
	size_t len = pu_utf8_decode(value, &code);

	if (len == 0 && format == PU_LOG_JSON) {
		*out_len = (size_t)snprintf(out, ESCAPE_MAX, "\\ufffd");
		return 1;
	}
	if (len == 0) {
		*out_len = (size_t)snprintf(out, ESCAPE_MAX, "\\x%02x", value.data[0]);
		return 1;
	}
	if (pu_utf8_is_control(code) || code == '"' || code == '\\') {
		*out_len = escape_code(out, code);
		return len;
	}
	memcpy(out, value.data, len);
	*out_len = len;
	return len;
}

static void put_quoted(struct pu_log_line *line, struct pu_bytes value)
{
	put(line, "\"", 1);
	while (value.len > 0 && !line->cut) {
		char out[ESCAPE_MAX];
		size_t out_len;
		size_t used = escape_one(line->format, value, out, &out_len);

		if (out_len + 1 > FIELD_MAX - line->len)
			break;
		put(line, out, out_len);
		value = pu_bytes(value.data + used, value.len - used);
	}
	put(line, "\"", 1);
	if (value.len > 0)
		line->cut = true;
}

/* Words that logfmt shows without quotes. */
static bool is_plain(struct pu_bytes value)
{
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = value.data[i];

		if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=')
			return false;
	}
	return value.len > 0;
}

static size_t digits(struct pu_bytes value, size_t at)
{
	size_t start = at;

	while (at < value.len && value.data[at] >= '0' && value.data[at] <= '9')
		at++;
	return at - start;
}

/* RFC 8259 section 6, without exponents. */
static bool is_json_number(struct pu_bytes value)
{
	size_t at = value.len > 0 && value.data[0] == '-';
	size_t whole = digits(value, at), fraction;

	if (whole == 0 || (whole > 1 && value.data[at] == '0'))
		return false;
	at += whole;
	if (at == value.len)
		return true;
	if (value.data[at++] != '.')
		return false;
	fraction = digits(value, at);
	return fraction > 0 && at + fraction == value.len;
}

void pu_log_line_add(struct pu_log_line *line, struct pu_bytes key, struct pu_bytes value,
                     bool number)
{
	bool json = line->format == PU_LOG_JSON;
	size_t start = line->len;
	/* A field whose value would not even begin is left out whole. */
	size_t least = key.len + sizeof(",\"\":\"\"") + ESCAPE_MAX;
	bool bare = json ? number && is_json_number(value) : is_plain(value);

	if (line->cut || least > FIELD_MAX - start ||
	    (bare && json && value.len > FIELD_MAX - start - least)) {
		line->cut = true;
		return;
	}
	if (json) {
		put(line, ",", line->len > 1);
		put_quoted(line, key);
		put(line, ":", 1);
	} else {
		put(line, " ", line->len > 0);
		put(line, (const char *)key.data, key.len);
		put(line, "=", 1);
	}
	if (bare && value.len <= FIELD_MAX - line->len)
		put(line, (const char *)value.data, value.len);
	else
		put_quoted(line, value);
}

void pu_log_line_end(struct pu_log_line *line)
{
	bool json = line->format == PU_LOG_JSON;
	const char *tail = json ? "}\n" : "\n";
	size_t len;

	if (line->cut)
		tail = json ? ",\"truncated\":true}\n" : " truncated=true\n";
	len = strlen(tail);
	memcpy(line->text + line->len, tail, len);
	line->len += len;
}
