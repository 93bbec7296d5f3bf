/* Knows the types: how the text of each becomes its C field, what it accepts in words, and how
 * the field becomes text again. One row of the table is one type. */
#include "base/option_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/unit.h"

/* false = not what the row accepts. */
typedef bool read_value(const struct pu_option *row, const char *text, void *field);
typedef void kind_value(const struct pu_option *row, char *out, size_t room);
typedef char *text_value(const struct pu_option *row, const void *field);

static bool in_range(const struct pu_option *row, int64_t value)
{
	return (row->min == 0 && row->max == 0) || (value >= row->min && value <= row->max);
}

static bool read_bool(const struct pu_option *row, const char *text, void *field)
{
	static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};

	(void)row;
	for (size_t i = 0; i < PU_ARRAY_LEN(words); i++) {
		if (strcasecmp(text, words[i]) != 0)
			continue;
		*(bool *)field = i % 2 == 1;
		return true;
	}
	return false;
}

static void kind_bool(const struct pu_option *row, char *out, size_t room)
{
	(void)row;
	snprintf(out, room, "true or false");
}

static char *text_bool(const struct pu_option *row, const void *field)
{
	(void)row;
	return pu_strdup(*(const bool *)field ? "true" : "false");
}

static bool read_int(const struct pu_option *row, const char *text, void *field)
{
	const char *digits = text + (text[0] == '-');
	char *end;
	long long value;

	if (digits[0] < '0' || digits[0] > '9' || (digits[0] == '0' && digits[1] != '\0'))
		return false;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || !in_range(row, value))
		return false;
	*(int64_t *)field = value;
	return true;
}

static void kind_int(const struct pu_option *row, char *out, size_t room)
{
	if (row->min == 0 && row->max == 0)
		snprintf(out, room, "a whole number");
	else
		snprintf(out, room, "a whole number from %" PRId64 " to %" PRId64, row->min, row->max);
}

static char *text_int(const struct pu_option *row, const void *field)
{
	(void)row;
	return pu_asprintf("%" PRId64, *(const int64_t *)field);
}

static bool read_duration(const struct pu_option *row, const char *text, void *field)
{
	uint64_t ms;

	if (pu_duration_parse(text, &ms) != PU_OK || !in_range(row, (int64_t)ms))
		return false;
	*(uint64_t *)field = ms;
	return true;
}

static void kind_duration(const struct pu_option *row, char *out, size_t room)
{
	char min[PU_UNIT_TEXT_MAX], max[PU_UNIT_TEXT_MAX];

	pu_duration_print(min, (uint64_t)row->min);
	pu_duration_print(max, (uint64_t)row->max);
	if (row->min == 0 && row->max == 0)
		snprintf(out, room, "a duration like 1h30m or 500ms");
	else
		snprintf(out, room, "a duration from %s to %s", min, max);
}

static char *text_duration(const struct pu_option *row, const void *field)
{
	char text[PU_UNIT_TEXT_MAX];

	(void)row;
	pu_duration_print(text, *(const uint64_t *)field);
	return pu_strdup(text);
}

static bool read_size(const struct pu_option *row, const char *text, void *field)
{
	uint64_t bytes;

	if (pu_size_parse(text, &bytes) != PU_OK || !in_range(row, (int64_t)bytes))
		return false;
	*(uint64_t *)field = bytes;
	return true;
}

static void kind_size(const struct pu_option *row, char *out, size_t room)
{
	char min[PU_UNIT_TEXT_MAX], max[PU_UNIT_TEXT_MAX];

	pu_size_print(min, (uint64_t)row->min);
	pu_size_print(max, (uint64_t)row->max);
	if (row->min == 0 && row->max == 0)
		snprintf(out, room, "a size like 64MB");
	else
		snprintf(out, room, "a size from %s to %s", min, max);
}

static char *text_size(const struct pu_option *row, const void *field)
{
	char text[PU_UNIT_TEXT_MAX];

	(void)row;
	pu_size_print(text, *(const uint64_t *)field);
	return pu_strdup(text);
}

static bool read_string(const struct pu_option *row, const char *text, void *field)
{
	char **string = field;
	size_t len = strlen(text);

	if (len > PU_OPTION_TEXT_MAX || !in_range(row, (int64_t)len))
		return false;
	if (row->type == PU_OPTION_PATH && len == 0)
		return false;
	pu_free(*string);
	*string = pu_strdup(text);
	return true;
}

static void kind_string(const struct pu_option *row, char *out, size_t room)
{
	if (row->min == 0 && row->max == 0)
		snprintf(out, room, "a text");
	else
		snprintf(out, room, "a text of %" PRId64 " to %" PRId64 " bytes", row->min, row->max);
}

static void kind_path(const struct pu_option *row, char *out, size_t room)
{
	(void)row;
	snprintf(out, room, "the path of a file or directory");
}

static char *text_string(const struct pu_option *row, const void *field)
{
	const char *string = *(char *const *)field;

	(void)row;
	return string != NULL ? pu_strdup(string) : NULL;
}

static bool read_enum(const struct pu_option *row, const char *text, void *field)
{
	for (unsigned i = 0; row->words[i] != NULL; i++) {
		if (strcmp(text, row->words[i]) == 0) {
			*(unsigned *)field = i;
			return true;
		}
	}
	return false;
}

static void kind_enum(const struct pu_option *row, char *out, size_t room)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; row->words[i] != NULL && len < room; i++) {
		const char *joint = i == 0 ? "" : row->words[i + 1] == NULL ? " or " : ", ";

		len += (size_t)snprintf(out + len, room - len, "%s%s", joint, row->words[i]);
	}
}

static char *text_enum(const struct pu_option *row, const void *field)
{
	return pu_strdup(row->words[*(const unsigned *)field]);
}

static bool read_element(const struct pu_option *row, const char *text, void *field)
{
	struct pu_strings *list = field;
	size_t max = row->max > 0 ? (size_t)row->max : PU_OPTION_LIST_MAX;
	const char **items;

	if (list->len >= max || strlen(text) > PU_OPTION_TEXT_MAX)
		return false;
	items = pu_realloc((void *)list->items, list->len + 1, sizeof(items[0]));
	items[list->len++] = pu_strdup(text);
	list->items = items;
	return true;
}

static void kind_list(const struct pu_option *row, char *out, size_t room)
{
	if (row->min == 0 && row->max == 0)
		snprintf(out, room, "a list");
	else
		snprintf(out, room, "a list of %" PRId64 " to %" PRId64 " elements", row->min,
		         row->max);
}

static void kind_unused(const struct pu_option *row, char *out, size_t room)
{
	(void)row;
	snprintf(out, room, "anything");
}

/*  type                  read           kind           text          */
static const struct {
	read_value *read;
	kind_value *kind;
	text_value *text;
} types[] = {
    [PU_OPTION_BOOL] = {read_bool, kind_bool, text_bool},
    [PU_OPTION_INT] = {read_int, kind_int, text_int},
    [PU_OPTION_DURATION] = {read_duration, kind_duration, text_duration},
    [PU_OPTION_SIZE] = {read_size, kind_size, text_size},
    [PU_OPTION_STRING] = {read_string, kind_string, text_string},
    [PU_OPTION_PATH] = {read_string, kind_path, text_string},
    [PU_OPTION_ENUM] = {read_enum, kind_enum, text_enum},
    [PU_OPTION_LIST] = {read_element, kind_list, NULL},
    [PU_OPTION_UNUSED] = {NULL, kind_unused, NULL},
};

void pu_option_kind(const struct pu_option *row, char out[PU_OPTION_KIND_MAX])
{
	types[row->type].kind(row, out, PU_OPTION_KIND_MAX);
}

const char *pu_option_expected(const struct pu_option *row, char out[PU_OPTION_KIND_MAX])
{
	/* Nothing that has a check takes the empty text: its answer is the description. */
	const char *wanted = row->check != NULL ? row->check("") : NULL;

	if (wanted != NULL)
		return wanted;
	pu_option_kind(row, out);
	return out;
}

const char *pu_option_read(const struct pu_option *row, const char *text, void *field,
                           char expected[PU_OPTION_KIND_MAX])
{
	const char *wanted = row->check != NULL ? row->check(text) : NULL;

	if (wanted != NULL)
		return wanted;
	if (types[row->type].read(row, text, field))
		return NULL;
	pu_option_kind(row, expected);
	return expected;
}

static void default_list(const struct pu_option *row, struct pu_strings *list)
{
	char *words = pu_strdup(row->def), *rest = words;

	for (char *word = strtok_r(rest, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest))
		(void)read_element(row, word, list);
	pu_free(words);
}

void pu_option_default(const struct pu_option *row, void *field)
{
	if (row->def == NULL || row->type == PU_OPTION_UNUSED)
		return;
	if (row->type == PU_OPTION_LIST)
		default_list(row, field);
	else
		(void)types[row->type].read(row, row->def, field);
}

static void clear_list(struct pu_strings *list)
{
	for (size_t i = 0; i < list->len; i++)
		pu_free((void *)list->items[i]);
	pu_free((void *)list->items);
	*list = (struct pu_strings){0};
}

void pu_option_clear(const struct pu_option *row, void *field)
{
	if (row->type == PU_OPTION_LIST) {
		clear_list(field);
	} else if (row->type == PU_OPTION_STRING || row->type == PU_OPTION_PATH) {
		char **string = field;

		pu_free(*string);
		*string = NULL;
	}
}

char *pu_option_text(const struct pu_option *row, const void *field)
{
	return types[row->type].text != NULL ? types[row->type].text(row, field) : NULL;
}
