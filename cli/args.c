/* Knows how words on a command line are told apart: commands, options in all their
 * spellings, values and positionals. */
#include "args.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/suggest.h"
#include "base/unit.h"

struct reader {
	struct cli_args *args;
	const struct cli_command *const *commands;
	size_t commands_len;
	const char *const *argv;
	size_t argc, pos;
	bool only_words; /* after "--" */
};

static enum pu_err wrong(struct cli_args *args, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static enum pu_err wrong(struct cli_args *args, const char *fmt, ...)
{
	va_list list;
	char path[CLI_TEXT_MAX];

	va_start(list, fmt);
	vsnprintf(args->error, sizeof(args->error), fmt, list);
	va_end(list);
	if (args->hint[0] == '\0')
		snprintf(args->hint, sizeof(args->hint), "see: peerup help%.200s%.40s",
		         args->command != NULL ? " " : "", cli_args_path(args, path));
	return PU_EINVAL;
}

const char *cli_args_path(const struct cli_args *args, char out[CLI_TEXT_MAX])
{
	if (args->command == NULL)
		out[0] = '\0';
	else if (args->group != NULL)
		snprintf(out, CLI_TEXT_MAX, "%s %s", args->group->name, args->command->name);
	else
		snprintf(out, CLI_TEXT_MAX, "%s", args->command->name);
	return out;
}

/* ---- options ---- */

struct slot {
	const struct cli_option *row;
	const char **value;
};

/* Options of the command hide the globals. */
static struct slot find_option(struct cli_args *args, const char *name, size_t name_len)
{
	const struct cli_option *row = NULL;

	if (args->command != NULL)
		row =
		    cli_option_find(args->command->options, args->command->options_len, name, name_len);
	if (row != NULL)
		return (struct slot){row, &args->values[row - args->command->options]};
	row = cli_option_find(cli_globals, cli_globals_len, name, name_len);
	if (row != NULL)
		return (struct slot){row, &args->globals[row - cli_globals]};
	return (struct slot){NULL, NULL};
}

enum pu_err cli_args_number(const char *text, uint64_t *number)
{
	uint64_t value = 0;

	if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0' || strlen(text) > 18)
		return PU_EINVAL;
	for (; *text != '\0'; text++)
		value = value * 10 + (uint64_t)(*text - '0');
	*number = value;
	return PU_OK;
}

static enum pu_err check_value(struct cli_args *args, const struct cli_option *row,
                               const char *value)
{
	uint64_t number;
	enum pu_err err = PU_OK;
	const char *expected = "a value";

	switch (row->kind) {
	case CLI_FLAG:
		break;
	case CLI_STRING:
		err = value[0] == '\0' ? PU_EINVAL : PU_OK;
		break;
	case CLI_NUMBER:
		err = cli_args_number(value, &number);
		expected = "a number";
		break;
	case CLI_DURATION:
		err = pu_duration_parse(value, &number);
		expected = "a duration such as 10s or 1h30m";
		break;
	case CLI_SIZE:
		err = pu_size_parse(value, &number);
		expected = "a size such as 500KB or 100MB";
		break;
	}
	if (err == PU_OK)
		return PU_OK;
	return wrong(args, "--%s: expected %s, not \"%.80s\"", row->name, expected, value);
}

static void offer_options(struct pu_suggest *suggest, const struct cli_option *rows, size_t len)
{
	for (size_t i = 0; i < len; i++)
		pu_suggest_offer(suggest, rows[i].name, strlen(rows[i].name));
}

static void suggest_option(struct cli_args *args, const char *name)
{
	struct pu_suggest suggest;

	pu_suggest_begin(&suggest, name);
	if (args->command != NULL)
		offer_options(&suggest, args->command->options, args->command->options_len);
	offer_options(&suggest, cli_globals, cli_globals_len);
	if (pu_suggest_best(&suggest) != NULL)
		snprintf(args->hint, sizeof(args->hint), "did you mean --%.80s?",
		         pu_suggest_best(&suggest));
}

static enum pu_err unknown_option(struct cli_args *args, const char *word)
{
	char path[CLI_TEXT_MAX], name[64];

	if (word[0] == '-' && word[1] == '-') {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
		suggest_option(args, name);
	}
	cli_args_path(args, path);
	return wrong(args, "%.80s has no option \"%.80s\"", path[0] ? path : "peerup", word);
}

/* Takes the value after "=" (or after the letter), or else the next word. */
static enum pu_err store(struct reader *in, struct slot slot, const char *attached)
{
	if (slot.row->kind == CLI_FLAG) {
		if (attached != NULL)
			return wrong(in->args, "--%s takes no value", slot.row->name);
		*slot.value = "";
		return PU_OK;
	}
	if (attached == NULL) {
		if (in->pos == in->argc)
			return wrong(in->args, "--%s needs a value: %s", slot.row->name, slot.row->value);
		attached = in->argv[in->pos++];
	}
	*slot.value = attached;
	in->args->given[in->args->given_len++] = (struct cli_given){slot.row, attached};
	return check_value(in->args, slot.row, attached);
}

static enum pu_err read_long(struct reader *in, const char *word)
{
	const char *name = word + 2;
	size_t len = strcspn(name, "=");
	struct slot slot = {NULL, NULL};

	if (len == 4 && memcmp(name, "help", 4) == 0) {
		in->args->help = true;
		return PU_OK;
	}
	if (strcmp(name, "version") == 0 && in->args->command == NULL) {
		in->args->version = true;
		return PU_OK;
	}
	if (len > 1)
		slot = find_option(in->args, name, len);
	if (slot.row == NULL)
		return unknown_option(in->args, word);
	return store(in, slot, name[len] == '=' ? name + len + 1 : NULL);
}

/* "-q", "-c5", "-c 5", "-qc5". */
static enum pu_err read_letters(struct reader *in, const char *word)
{
	for (const char *letter = word + 1; *letter != '\0'; letter++) {
		struct slot slot;
		enum pu_err err;

		if (*letter == 'h') {
			in->args->help = true;
			continue;
		}
		slot = find_option(in->args, letter, 1);
		if (slot.row == NULL)
			return unknown_option(in->args, word);
		if (slot.row->kind != CLI_FLAG)
			return store(in, slot, letter[1] != '\0' ? letter + 1 : NULL);
		err = store(in, slot, NULL);
		if (err != PU_OK)
			return err;
	}
	return PU_OK;
}

/* ---- words ---- */

static enum pu_err unknown_command(struct cli_args *args,
                                   const struct cli_command *const *commands, size_t len,
                                   const char *word)
{
	struct pu_suggest suggest;
	char path[CLI_TEXT_MAX];

	pu_suggest_begin(&suggest, word);
	cli_command_suggest(&suggest, commands, len);
	cli_args_path(args, path);
	if (pu_suggest_best(&suggest) != NULL)
		snprintf(args->hint, sizeof(args->hint), "did you mean: peerup%s%.80s %.80s",
		         path[0] ? " " : "", path, pu_suggest_best(&suggest));
	return path[0] != '\0' ? wrong(args, "%.80s has no command \"%.80s\"", path, word)
	                       : wrong(args, "there is no command \"%.80s\"", word);
}

/* Steps from a group to one of its commands; values of options given before carry over
 * only when both have the same row, which none has: so there must be none. */
static bool enter_sub(struct cli_args *args, const char *word)
{
	const struct cli_command *sub;

	if (args->group != NULL || args->words_len > 0)
		return false;
	sub = cli_command_find(args->command->subs, args->command->subs_len, word);
	if (sub == NULL)
		return false;
	args->group = args->command;
	args->command = sub;
	memset(args->values, 0, sizeof(args->values));
	return true;
}

static enum pu_err read_word(struct reader *in, const char *word)
{
	struct cli_args *args = in->args;

	if (args->command == NULL) {
		args->command = cli_command_find(in->commands, in->commands_len, word);
		return args->command != NULL
		           ? PU_OK
		           : unknown_command(args, in->commands, in->commands_len, word);
	}
	if (!in->only_words && enter_sub(args, word))
		return PU_OK;
	if (args->command->run == NULL)
		return unknown_command(args, args->command->subs, args->command->subs_len, word);
	args->words[args->words_len++] = word;
	return PU_OK;
}

static enum pu_err read_one(struct reader *in)
{
	const char *word = in->argv[in->pos++];

	if (in->only_words || word[0] != '-' || word[1] == '\0')
		return read_word(in, word);
	if (strcmp(word, "--") == 0) {
		in->only_words = true;
		return PU_OK;
	}
	return word[1] == '-' ? read_long(in, word) : read_letters(in, word);
}

static enum pu_err check_words(struct cli_args *args)
{
	const struct cli_command *command = args->command;
	char path[CLI_TEXT_MAX];

	cli_args_path(args, path);
	if (command->run == NULL)
		return wrong(args, "%.80s: a command is missing", path);
	for (size_t i = args->words_len; i < command->positionals_len; i++) {
		if (!command->positionals[i].optional)
			return wrong(args, "%.80s: %s is missing", path, command->positionals[i].name);
	}
	if (args->words_len > command->positionals_len &&
	    (command->positionals_len == 0 ||
	     !command->positionals[command->positionals_len - 1].repeated))
		return wrong(args, "%.80s: unexpected argument \"%.80s\"", path,
		             args->words[command->positionals_len]);
	return PU_OK;
}

enum pu_err cli_args_parse(struct cli_args *args, const struct cli_command *const *commands,
                           size_t commands_len, const char *const *argv, size_t argc)
{
	struct reader in = {args, commands, commands_len, argv, argc, 0, false};

	*args = (struct cli_args){.words = pu_calloc(argc + 1, sizeof(*args->words)),
	                          .given = pu_calloc(argc + 1, sizeof(*args->given))};
	while (in.pos < argc) {
		enum pu_err err = read_one(&in);

		if (err != PU_OK)
			return err;
	}
	if (args->help || args->version || args->command == NULL)
		return PU_OK;
	return check_words(args);
}

void cli_args_fini(struct cli_args *args)
{
	pu_free(args->words);
	pu_free(args->given);
	args->words = NULL;
	args->given = NULL;
	args->given_len = 0;
}

const char *cli_args_value(const struct cli_args *args, const char *name)
{
	struct cli_args *searched = (struct cli_args *)(uintptr_t)args;
	struct slot slot = find_option(searched, name, strlen(name));

	assert(slot.row != NULL);
	return *slot.value != NULL ? *slot.value : slot.row->fallback;
}

const char *cli_args_nth(const struct cli_args *args, const char *name, size_t i)
{
	for (size_t at = 0; at < args->given_len; at++) {
		if (strcmp(args->given[at].row->name, name) == 0 && i-- == 0)
			return args->given[at].value;
	}
	return NULL;
}
