/* Knows the grammar of one line of authorized_keys, and why a line is refused. */
#include "trust/authorized_line.h"

#include "base/utf8.h"
#include "trust/rfc3339.h"

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_name_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

bool pu_authorized_name_ok(struct pu_bytes name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (!is_name_char(name.data[i]))
			return false;
	}
	return name.len > 0 && name.len <= PU_AUTHORIZED_KEYS_NAME_MAX;
}

bool pu_authorized_value_ok(struct pu_bytes value)
{
	if (value.len > PU_AUTHORIZED_KEYS_VALUE_MAX)
		return false;
	while (value.len > 0) {
		uint32_t code = 0;
		size_t len = pu_utf8_decode(value, &code);

		if (len == 0 || pu_utf8_is_control(code) || code == ' ' || code == '#')
			return false;
		value = pu_bytes(value.data + len, value.len - len);
	}
	return true;
}

/* Takes the next field off `in`; an empty view at the end. */
static struct pu_bytes take_field(struct pu_bytes *in)
{
	size_t start = 0, end;
	struct pu_bytes field;

	while (start < in->len && is_space(in->data[start]))
		start++;
	for (end = start; end < in->len && !is_space(in->data[end]);)
		end++;
	field = pu_bytes(in->data + start, end - start);
	*in = pu_bytes(in->data + end, in->len - end);
	return field;
}

/* Cuts the line at the first '#'. */
static struct pu_bytes take_fields_part(struct pu_bytes line, struct pu_authorized_line *out)
{
	const uint8_t *hash = memchr(line.data, '#', line.len);
	size_t before;

	if (hash == NULL)
		return line;
	before = (size_t)(hash - line.data);
	out->has_comment = true;
	out->comment = pu_bytes(hash + 1, line.len - before - 1);
	return pu_bytes(line.data, before);
}

static bool is_known(const struct pu_authorized_line *line, struct pu_bytes name)
{
	for (size_t i = 0; i < line->attributes_len; i++) {
		if (pu_bytes_eq(line->attributes[i].name, name))
			return true;
	}
	return false;
}

/* Answers what is wrong with the attribute, or NULL. */
static const char *add_attribute(struct pu_authorized_line *line, struct pu_bytes field)
{
	const uint8_t *equals = memchr(field.data, '=', field.len);
	size_t name_len = equals != NULL ? (size_t)(equals - field.data) : field.len;
	struct pu_authorized_attribute attribute = {.text = field};

	if (equals == NULL)
		return "a field is not name=value (comments begin with #)";
	attribute.name = pu_bytes(field.data, name_len);
	attribute.value = pu_bytes(equals + 1, field.len - name_len - 1);
	if (!pu_authorized_name_ok(attribute.name))
		return "an attribute's name is empty, too long or has an odd character";
	if (!pu_authorized_value_ok(attribute.value))
		return "an attribute's value is over 256 bytes or has an odd character";
	if (is_known(line, attribute.name))
		return "an attribute is given twice";
	if (line->attributes_len == PU_AUTHORIZED_KEYS_ATTRIBUTES_MAX)
		return "more than 16 attributes";
	line->attributes[line->attributes_len++] = attribute;
	return NULL;
}

/* A time before 1970 still is a time that has passed. */
static const char *read_expiry(struct pu_authorized_line *line)
{
	for (size_t i = 0; i < line->attributes_len; i++) {
		uint64_t expires_ms;

		if (!pu_bytes_eq(line->attributes[i].name, pu_bytes_of_str("expires")))
			continue;
		if (pu_rfc3339_parse(line->attributes[i].value, &expires_ms) != PU_OK)
			return "expires is not an RFC 3339 time such as 2027-01-31T12:00:00Z";
		line->expires_ms = expires_ms > 0 ? expires_ms : 1;
	}
	return NULL;
}

static const char *read_fields(struct pu_bytes fields, struct pu_authorized_line *out)
{
	const char *wrong = NULL;

	out->peer_text = take_field(&fields);
	if (pu_peer_id_parse_bytes(out->peer_text, &out->peer) != PU_OK)
		return "the first field is not a peer ID";
	out->has_peer = true;
	for (;;) {
		struct pu_bytes field = take_field(&fields);

		if (field.len == 0)
			break;
		if (wrong == NULL)
			wrong = add_attribute(out, field);
	}
	return wrong != NULL ? wrong : read_expiry(out);
}

enum pu_authorized_kind pu_authorized_line_parse(struct pu_bytes line,
                                                 struct pu_authorized_line *out,
                                                 const char **reason)
{
	struct pu_bytes fields, rest;

	*out = (struct pu_authorized_line){0};
	if (line.len == 0)
		return PU_AUTHORIZED_BLANK;
	fields = take_fields_part(line, out);
	rest = fields;
	if (take_field(&rest).len == 0)
		return PU_AUTHORIZED_BLANK;
	*reason = read_fields(fields, out);
	if (line.len > PU_AUTHORIZED_KEYS_LINE_MAX)
		*reason = "longer than 1024 bytes";
	return *reason == NULL ? PU_AUTHORIZED_PEER : PU_AUTHORIZED_BAD;
}
