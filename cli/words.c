/* Knows how a list is written as one word. */
#include "words.h"

#include <string.h>

#include "base/alloc.h"

bool cli_words_split(struct cli_words *words, const char *text)
{
	char *rest = NULL;

	*words = (struct cli_words){.text = pu_strdup(text != NULL ? text : "")};
	for (char *item = strtok_r(words->text, ", ", &rest); item != NULL;
	     item = strtok_r(NULL, ", ", &rest)) {
		if (words->len == CLI_WORDS_MAX) {
			cli_words_fini(words);
			return false;
		}
		words->items[words->len++] = item;
	}
	return true;
}

void cli_words_fini(struct cli_words *words)
{
	pu_free(words->text);
	words->text = NULL;
	words->len = 0;
}

struct pu_strings cli_words_strings(const struct cli_words *words)
{
	return (struct pu_strings){.items = words->items, .len = words->len};
}
