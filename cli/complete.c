/* Knows what can follow in a half-typed command line. It reads more leniently than the
 * parser: what is wrong already is not its business. */
#include "complete.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct place {
	const struct cli_command *group, *command;
	const struct cli_option *pending; /* whose value comes next */
	size_t words;
	const char *last; /* of these words, or "" */
	bool only_words;
};

static const struct cli_option *find_option(const struct place *place, const char *name,
                                            size_t len)
{
	const struct cli_option *row = NULL;

	if (place->command != NULL)
		row = cli_option_find(place->command->options, place->command->options_len, name, len);
	return row != NULL ? row : cli_option_find(cli_globals, cli_globals_len, name, len);
}

static void pass_option(struct place *place, const char *word)
{
	const struct cli_option *row;

	if (strcmp(word, "--") == 0) {
		place->only_words = true;
		return;
	}
	if (word[1] == '-' && strchr(word, '=') != NULL)
		return;
	if (word[1] != '-' && word[2] != '\0')
		return; /* letters with a value attached, or several flags */
	row = word[1] == '-' ? find_option(place, word + 2, strlen(word + 2))
	                     : find_option(place, word + 1, 1);
	if (row != NULL && row->kind != CLI_FLAG)
		place->pending = row;
}

static void pass_word(struct place *place, const char *word)
{
	const struct cli_command *sub = NULL;

	if (place->command == NULL) {
		place->command = cli_command_find(cli_commands, cli_commands_len, word);
		return;
	}
	if (place->group == NULL && place->words == 0)
		sub = cli_command_find(place->command->subs, place->command->subs_len, word);
	if (sub != NULL) {
		place->group = place->command;
		place->command = sub;
		return;
	}
	place->words++;
	place->last = word;
}

static void pass(struct place *place, const char *word)
{
	if (place->pending != NULL)
		place->pending = NULL;
	else if (!place->only_words && word[0] == '-' && word[1] != '\0')
		pass_option(place, word);
	else
		pass_word(place, word);
}

static void offer_commands(const struct cli_command *const *commands, size_t len,
                           const struct cli_complete_ops *ops, void *user)
{
	for (size_t i = 0; i < len; i++) {
		if (!commands[i]->hidden)
			ops->candidate(user, commands[i]->name, commands[i]->summary);
	}
}

static void offer_options(const struct cli_option *rows, size_t len,
                          const struct cli_complete_ops *ops, void *user)
{
	for (size_t i = 0; i < len; i++) {
		char name[64];

		if (rows[i].hidden)
			continue;
		snprintf(name, sizeof(name), "--%s", rows[i].name);
		ops->candidate(user, name, rows[i].help);
	}
}

static void offer_subs(const struct cli_command *group, const struct cli_complete_ops *ops,
                       void *user)
{
	if (group != NULL)
		offer_commands(group->subs, group->subs_len, ops, user);
}

static void offer_kind(const struct place *place, enum cli_offer kind,
                       const struct cli_complete_ops *ops, void *user)
{
	if (kind == CLI_OFFER_COMMAND)
		offer_commands(cli_commands, cli_commands_len, ops, user);
	else if (kind == CLI_OFFER_SUB)
		offer_subs(cli_command_find(cli_commands, cli_commands_len, place->last), ops, user);
	else if (kind != CLI_OFFER_NOTHING)
		ops->offer(user, kind, place->last);
}

static void offer_positional(const struct place *place, const struct cli_complete_ops *ops,
                             void *user)
{
	const struct cli_command *command = place->command;
	size_t i = place->words;

	if (place->group == NULL && place->words == 0)
		offer_commands(command->subs, command->subs_len, ops, user);
	if (command->positionals_len == 0)
		return;
	if (i >= command->positionals_len) {
		i = command->positionals_len - 1;
		if (!command->positionals[i].repeated)
			return;
	}
	offer_kind(place, command->positionals[i].offer, ops, user);
}

void cli_complete(const char *const *words, size_t words_len,
                  const struct cli_complete_ops *ops, void *user)
{
	struct place place = {.last = ""};
	const char *typed = words_len > 0 ? words[words_len - 1] : "";

	for (size_t i = 0; i + 1 < words_len; i++)
		pass(&place, words[i]);
	if (place.pending != NULL) {
		offer_kind(&place, place.pending->offer, ops, user);
	} else if (typed[0] == '-' && !place.only_words) {
		if (place.command != NULL)
			offer_options(place.command->options, place.command->options_len, ops, user);
		offer_options(cli_globals, cli_globals_len, ops, user);
	} else if (place.command == NULL) {
		offer_commands(cli_commands, cli_commands_len, ops, user);
	} else {
		offer_positional(&place, ops, user);
	}
}
