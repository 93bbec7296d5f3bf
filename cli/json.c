/* Knows how JSON is spelled. */
#include "json.h"

#include <assert.h>
#include <string.h>

#include "base/utf8.h"

void cli_json_init(struct cli_json *json, FILE *out)
{
	*json = (struct cli_json){.out = out};
}

static void put_string(FILE *out, const char *text)
{
	fputc('"', out);
	while (*text != '\0') {
		unsigned char byte = (unsigned char)*text;
		uint32_t code;
		size_t len = pu_utf8_decode(pu_bytes(text, strnlen(text, 4)), &code);

		if (byte == '"' || byte == '\\')
			fprintf(out, "\\%c", byte);
		else if (len == 0)
			fputs("\\ufffd", out);
		else if (pu_utf8_is_control(code)) /* none is beyond four digits */
			fprintf(out, "\\u%04x", (unsigned)code);
		else
			fwrite(text, 1, len, out);
		text += len == 0 ? 1 : len;
	}
	fputc('"', out);
}

static void put_key(struct cli_json *json, const char *key)
{
	if (json->depth > 0) {
		if (json->filled[json->depth - 1])
			fputc(',', json->out);
		json->filled[json->depth - 1] = true;
	}
	if (key != NULL) {
		put_string(json->out, key);
		fputc(':', json->out);
	}
}

static void end_document(struct cli_json *json)
{
	if (json->depth == 0)
		fputc('\n', json->out);
}

static void open_level(struct cli_json *json, const char *key, char open, char close)
{
	assert(json->depth < CLI_JSON_DEPTH_MAX);
	put_key(json, key);
	fputc(open, json->out);
	json->close[json->depth] = close;
	json->filled[json->depth] = false;
	json->depth++;
}

void cli_json_object(struct cli_json *json, const char *key)
{
	open_level(json, key, '{', '}');
}

void cli_json_list(struct cli_json *json, const char *key)
{
	open_level(json, key, '[', ']');
}

void cli_json_end(struct cli_json *json)
{
	assert(json->depth > 0);
	json->depth--;
	fputc(json->close[json->depth], json->out);
	end_document(json);
}

void cli_json_str(struct cli_json *json, const char *key, const char *value)
{
	put_key(json, key);
	put_string(json->out, value);
	end_document(json);
}

void cli_json_u64(struct cli_json *json, const char *key, uint64_t value)
{
	put_key(json, key);
	fprintf(json->out, "%llu", (unsigned long long)value);
	end_document(json);
}

void cli_json_bool(struct cli_json *json, const char *key, bool value)
{
	put_key(json, key);
	fputs(value ? "true" : "false", json->out);
	end_document(json);
}

void cli_json_null(struct cli_json *json, const char *key)
{
	put_key(json, key);
	fputs("null", json->out);
	end_document(json);
}

void cli_json_milli(struct cli_json *json, const char *key, uint64_t value)
{
	put_key(json, key);
	fprintf(json->out, "%llu.%03llu", (unsigned long long)(value / 1000),
	        (unsigned long long)(value % 1000));
	end_document(json);
}

void cli_json_strings(struct cli_json *json, const char *key, struct pu_strings value)
{
	cli_json_list(json, key);
	for (size_t i = 0; i < value.len; i++)
		cli_json_str(json, NULL, value.items[i]);
	cli_json_end(json);
}
