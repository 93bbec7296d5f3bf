/* Knows what a terminal may be shown, and how people read amounts. */
#include "text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/utf8.h"

#define SHELL_PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-"

void cli_text_clean(char *text)
{
	char *out = text;

	while (*text != '\0') {
		uint32_t code;
		size_t len = pu_utf8_decode(pu_bytes(text, strnlen(text, 4)), &code);

		if (len == 0 || pu_utf8_is_control(code))
			*out++ = '?';
		else
			out = (char *)memmove(out, text, len) + len;
		text += len == 0 ? 1 : len;
	}
	*out = '\0';
}

/* The end of the JSON text that begins with a quote at `at`: behind its last quote. */
static const char *end_of_text(const char *at)
{
	for (at++; *at != '\0' && *at != '"'; at++)
		at += *at == '\\' && at[1] != '\0';
	return *at == '"' ? at + 1 : at;
}

/* The end of a value: the comma behind it, or the end of all. */
static const char *end_of_value(const char *at)
{
	size_t depth = 0;

	while (*at != '\0' && (depth > 0 || *at != ',')) {
		depth += *at == '[' || *at == '{';
		depth -= (*at == ']' || *at == '}') && depth > 0;
		at = *at == '"' ? end_of_text(at) : at + 1;
	}
	return at;
}

static bool is_plain_text(const char *at, const char *end)
{
	size_t len = (size_t)(end - at);

	if (len <= 2 || at[0] != '"' || end[-1] != '"')
		return false;
	return memchr(at, ' ', len) == NULL && memchr(at, '\\', len) == NULL &&
	       memchr(at + 1, '"', len - 2) == NULL && at[1] != '[' && at[1] != '{';
}

static char *put(char *out, const char *at, const char *end)
{
	return (char *)memmove(out, at, (size_t)(end - at)) + (end - at);
}

/* Writes one field as key=value; `key_end` is its colon. Answers where the output ends. */
static char *put_field(char *out, const char *key, const char *key_end, const char *end)
{
	const char *value = key_end + 1;
	bool plain = is_plain_text(value, end);

	out = put(out, key + 1, key_end - 1);
	*out++ = '=';
	return put(out, value + plain, end - plain);
}

void cli_text_of_fields(char *json)
{
	const char *at = json, *key_end;
	char *out = json;

	while (*at == '"' && *(key_end = end_of_text(at)) == ':') {
		const char *end = end_of_value(key_end);
		bool more = *end == ',';

		out = put_field(out, at, key_end, end);
		if (more)
			*out++ = ' ';
		at = end + more;
	}
	put(out, at, at + strlen(at) + 1);
}

char *cli_text_quoted(const char *text)
{
	size_t quotes = 0;
	char *quoted, *out;

	if (text[0] != '\0' && text[strspn(text, SHELL_PLAIN)] == '\0')
		return pu_strdup(text);
	for (const char *at = text; *at != '\0'; at++)
		quotes += *at == '\'';
	quoted = out = pu_calloc(strlen(text) + 3 * quotes + 3, 1);
	*out++ = '\'';
	for (; *text != '\0'; text++)
		out = *text == '\'' ? (char *)memcpy(out, "'\\''", 4) + 4 : put(out, text, text + 1);
	memcpy(out, "'", 2);
	return quoted;
}

size_t cli_text_width(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

const char *cli_text_bytes(uint64_t bytes, char out[CLI_AMOUNT_MAX])
{
	static const char *const units[] = {"B", "KB", "MB", "GB", "TB", "PB"};
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	snprintf(out, CLI_AMOUNT_MAX, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
	return out;
}

const char *cli_text_age(uint64_t ms, char out[CLI_AMOUNT_MAX])
{
	static const struct {
		uint64_t seconds;
		const char *unit, *small;
	} steps[] = {{86400, "d", "h"}, {3600, "h", "m"}, {60, "m", "s"}};
	static const uint64_t small[] = {3600, 60, 1};
	uint64_t seconds = ms / 1000;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (seconds < steps[i].seconds)
			continue;
		snprintf(out, CLI_AMOUNT_MAX, "%llu%s %llu%s",
		         (unsigned long long)(seconds / steps[i].seconds), steps[i].unit,
		         (unsigned long long)(seconds % steps[i].seconds / small[i]), steps[i].small);
		return out;
	}
	snprintf(out, CLI_AMOUNT_MAX, "%llus", (unsigned long long)seconds);
	return out;
}

const char *cli_text_rtt(uint64_t us, char out[CLI_AMOUNT_MAX])
{
	snprintf(out, CLI_AMOUNT_MAX, "%llu.%03llu ms", (unsigned long long)(us / 1000),
	         (unsigned long long)(us % 1000));
	return out;
}

const char *cli_text_time(uint64_t unix_ms, char out[CLI_AMOUNT_MAX])
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL ||
	    strftime(out, CLI_AMOUNT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, CLI_AMOUNT_MAX, "-");
	return out;
}
