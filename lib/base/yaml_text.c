/* Knows which texts YAML takes for something else when they are not quoted, and how it
 * escapes inside double quotes (YAML 1.1, sections 5.7 and 9). */
#include "base/yaml_text.h"

#include <stdio.h>
#include <strings.h>

#include "base/utf8.h"

static bool starts_plain(const char *text)
{
	static const char indicators[] = "-?:,[]{}#&*!|>'\"%@`=<. ";

	if (text[0] == '\0' || strcmp(text, "~") == 0 || strcasecmp(text, "null") == 0)
		return false;
	if (strchr(indicators, text[0]) == NULL)
		return true;
	/* -5, .5, ./file and ../file are harmless; "- a", "---" and "..." are not. */
	if (text[0] == '-')
		return text[1] >= '0' && text[1] <= '9';
	if (text[0] == '.')
		return text[1] != '\0' && strncmp(text, "...", 3) != 0;
	return false;
}

bool pu_yaml_is_plain(const char *text)
{
	size_t len = strlen(text);

	if (!starts_plain(text) || text[len - 1] == ' ' || text[len - 1] == ':')
		return false;
	if (strstr(text, ": ") != NULL || strstr(text, " #") != NULL)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return true;
}

/* Controls, the byte order mark and what is not a character at all. */
static bool needs_escape(uint32_t code)
{
	return pu_utf8_is_control(code) || code == 0xfeff || (code & 0xfffe) == 0xfffe;
}

/* The first character of `text`; its length goes to *used. */
static enum pu_err append_char(struct pu_buffer *out, struct pu_bytes text, size_t *used)
{
	uint32_t code;

	*used = pu_utf8_decode(text, &code);
	if (*used == 0)
		return PU_EINVAL;
	if (code == '"' || code == '\\')
		return pu_buffer_printf(out, "\\%c", (char)code);
	if (code == '\n' || code == '\t' || code == '\r')
		return pu_buffer_append(out, code == '\n' ? "\\n" : code == '\t' ? "\\t" : "\\r", 2);
	if (code > 0xffff && needs_escape(code))
		return pu_buffer_printf(out, "\\U%08x", (unsigned)code);
	if (needs_escape(code))
		return pu_buffer_printf(out, "\\u%04x", (unsigned)code);
	return pu_buffer_append(out, text.data, *used);
}

static enum pu_err append_quoted(struct pu_buffer *out, struct pu_bytes text)
{
	enum pu_err err = pu_buffer_append(out, "\"", 1);

	while (err == PU_OK && text.len > 0) {
		size_t used;

		err = append_char(out, text, &used);
		if (err == PU_OK)
			text = pu_bytes(text.data + used, text.len - used);
	}
	return err == PU_OK ? pu_buffer_append(out, "\"", 1) : err;
}

enum pu_err pu_yaml_append_scalar(struct pu_buffer *out, const char *text, bool quoted)
{
	size_t before = out->len;
	enum pu_err err;

	if (!quoted && pu_yaml_is_plain(text))
		return pu_buffer_append(out, text, strlen(text));
	err = append_quoted(out, pu_bytes_of_str(text));
	if (err != PU_OK)
		out->len = before;
	return err;
}
