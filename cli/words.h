/* Lists that are written as one word: "a,b,c". Pure. */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include <stdbool.h>

#include "base/strings.h"

#define CLI_WORDS_MAX 64

struct cli_words {
	char *text; /* what the items point into */
	const char *items[CLI_WORDS_MAX];
	size_t len;
};

/* Empty elements and spaces around them are dropped; NULL is the empty list. False: too many
 * (there is nothing to free then). */
bool cli_words_split(struct cli_words *words, const char *text);
void cli_words_fini(struct cli_words *words);
struct pu_strings cli_words_strings(const struct cli_words *words);

#endif
