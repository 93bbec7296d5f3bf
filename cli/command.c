/* Knows how commands and options are looked up by name. */
#include "command.h"

#include <string.h>

const struct cli_command *cli_command_find(const struct cli_command *const *commands,
                                           size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++) {
		if (strcmp(commands[i]->name, name) == 0 ||
		    (commands[i]->alias != NULL && strcmp(commands[i]->alias, name) == 0))
			return commands[i];
	}
	return NULL;
}

const struct cli_option *cli_option_find(const struct cli_option *rows, size_t len,
                                         const char *name, size_t name_len)
{
	for (size_t i = 0; i < len; i++) {
		if (name_len == 1
		        ? rows[i].letter == name[0]
		        : strlen(rows[i].name) == name_len && memcmp(rows[i].name, name, name_len) == 0)
			return &rows[i];
	}
	return NULL;
}

void cli_command_suggest(struct pu_suggest *suggest, const struct cli_command *const *commands,
                         size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!commands[i]->hidden)
			pu_suggest_offer(suggest, commands[i]->name, strlen(commands[i]->name));
	}
}
