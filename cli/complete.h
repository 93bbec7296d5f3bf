/* What a shell may offer after the words typed so far. Pure: names that only files know come
 * from the caller. */
#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

#include <stddef.h>

#include "command.h"

struct cli_complete_ops {
	/* One candidate; `help` may be "". It may not match what was typed: the shell filters. */
	void (*candidate)(void *user, const char *value, const char *help);
	/* Offer whatever is of this kind, of none that this file knows: neither nothing nor
	 * commands. `before` is the positional before this one, or "". */
	void (*offer)(void *user, enum cli_offer kind, const char *before);
};

/* The last word is the one being typed ("" when none is begun yet). */
void cli_complete(const char *const *words, size_t words_len,
                  const struct cli_complete_ops *ops, void *user);

/* The script for "bash", "zsh" or "fish" that asks `peerup __complete`; NULL for another. */
const char *cli_complete_script(const char *shell);

#endif
