/* Edits of any text. The first byte chooses the edit; a refused one leaves the text alone, and
 * what comes out of one that is done still parses. */
#include <stdlib.h>
#include <string.h>

#include "base/yaml_edit.h"
#include "base/yaml_node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const values[] = {"1", "localhost:80", "null", "a: b # c", "two\nlines", ""};

static enum pu_err edit(struct pu_buffer *text, uint8_t choice)
{
	const char *value = values[choice / 8 % 6];
	const char *const both[] = {value, "other"};
	const struct pu_strings list = {.items = both, .len = choice / 64 % 3};
	const struct pu_yaml_path deep = PU_YAML_PATH("a", "b", "c"), flat = PU_YAML_PATH("l");

	switch (choice % 8) {
	case 0:
		return pu_yaml_set(text, deep, value);
	case 1:
		return pu_yaml_set(text, flat, value);
	case 2:
		return pu_yaml_set_list(text, deep, &list);
	case 3:
		return pu_yaml_list_add(text, deep, value);
	case 4:
		return pu_yaml_list_add(text, flat, value);
	case 5:
		return pu_yaml_list_remove(text, flat, value);
	case 6:
		return pu_yaml_remove(text, deep);
	default:
		return pu_yaml_remove(text, flat);
	}
}

static void must_parse(const struct pu_buffer *text)
{
	struct pu_yaml_node *root = NULL;
	struct pu_yaml_error error;

	if (pu_yaml_parse(pu_buffer_bytes(text), &root, &error) != PU_OK)
		abort();
	pu_yaml_free(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pu_buffer text;
	struct pu_bytes before;

	if (size == 0)
		return 0;
	before = pu_bytes(data + 1, size - 1);
	pu_buffer_init(&text, (size_t)2 << 20);
	if (pu_buffer_append(&text, before.data, before.len) != PU_OK) {
		pu_buffer_fini(&text);
		return 0;
	}
	if (edit(&text, data[0]) == PU_OK)
		must_parse(&text);
	else if (!pu_bytes_eq(pu_buffer_bytes(&text), before))
		abort();
	pu_buffer_fini(&text);
	return 0;
}
