#include "args.h"

#include <criterion/criterion.h>
#include <string.h>

static enum cli_exit run_nothing(struct cli *cli)
{
	(void)cli;
	return CLI_DONE;
}

static const struct cli_option send_options[] = {
    {.name = "count", .letter = 'c', .kind = CLI_NUMBER, .value = "N", .fallback = "4"},
    {.name = "wait", .kind = CLI_DURATION, .value = "TIME"},
    {.name = "bytes", .kind = CLI_SIZE, .value = "SIZE"},
    {.name = "loud", .letter = 'l', .kind = CLI_FLAG},
    {.name = "tag", .kind = CLI_STRING, .value = "TEXT"},
};
static const struct cli_positional send_positionals[] = {
    {.name = "PEER"},
    {.name = "WORD", .optional = true, .repeated = true},
};
static const struct cli_positional one[] = {{.name = "NAME"}};
static const struct cli_command send_command = {
    .name = "send",
    .summary = "s",
    CLI_ROWS(options, send_options),
    CLI_ROWS(positionals, send_positionals),
    .run = run_nothing,
};
static const struct cli_command add = {
    .name = "add", .summary = "s", CLI_ROWS(positionals, one), .run = run_nothing};
static const struct cli_command list = {
    .name = "list", .alias = "ls", .summary = "s", .run = run_nothing};
static const struct cli_command *const subs[] = {&add, &list};
static const struct cli_command group = {.name = "group", .summary = "s", CLI_ROWS(subs, subs)};
static const struct cli_positional two[] = {{.name = "A"}, {.name = "B"}};
static const struct cli_command mixed = {.name = "mixed",
                                         .summary = "s",
                                         CLI_ROWS(subs, subs),
                                         CLI_ROWS(positionals, two),
                                         .run = run_nothing};
static const struct cli_command hidden = {
    .name = "__hide", .summary = "s", .hidden = true, .run = run_nothing};
static const struct cli_command *const commands[] = {&send_command, &group, &mixed, &hidden};

#define PARSE(args, ...)                                                                       \
	cli_args_parse((args), commands, 4, (const char *const[]){__VA_ARGS__},                    \
	               sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

Test(args, keeps_every_value_of_an_option_in_order)
{
	struct cli_args args;

	cr_assert_eq(PARSE(&args, "send", "home", "--tag", "a", "-c1", "--tag=b"), PU_OK);
	cr_assert_str_eq(cli_args_nth(&args, "tag", 0), "a");
	cr_assert_str_eq(cli_args_nth(&args, "tag", 1), "b");
	cr_assert_null(cli_args_nth(&args, "tag", 2));
	cr_assert_null(cli_args_nth(&args, "wait", 0));
	cr_assert_str_eq(cli_args_value(&args, "tag"), "b", "the last one counts");
	cli_args_fini(&args);
}

Test(args, finds_the_command_and_its_positionals)
{
	struct cli_args args;

	cr_assert_eq(PARSE(&args, "send", "home", "a", "b"), PU_OK);
	cr_assert_eq(args.command, &send_command);
	cr_assert_eq(args.words_len, 3);
	cr_assert_str_eq(args.words[2], "b");
	cli_args_fini(&args);
}

Test(args, takes_options_after_positionals_in_every_spelling)
{
	struct cli_args args;

	cr_assert_eq(PARSE(&args, "send", "home", "-c5", "--wait=1m30s", "-l", "--bytes", "10MB"),
	             PU_OK);
	cr_assert_str_eq(cli_args_value(&args, "count"), "5");
	cr_assert_str_eq(cli_args_value(&args, "wait"), "1m30s");
	cr_assert_str_eq(cli_args_value(&args, "bytes"), "10MB");
	cr_assert_str_eq(cli_args_value(&args, "loud"), "");
	cr_assert_null(cli_args_value(&args, "tag"));
	cli_args_fini(&args);
}

Test(args, joins_letters_and_ends_them_with_a_value)
{
	struct cli_args args;

	cr_assert_eq(PARSE(&args, "send", "-lqc", "7", "home"), PU_OK);
	cr_assert_str_eq(cli_args_value(&args, "count"), "7");
	cr_assert_not_null(cli_args_value(&args, "quiet"));
	cr_assert_str_eq(args.words[0], "home");
	cli_args_fini(&args);
}

Test(args, falls_back_to_the_rows_default)
{
	struct cli_args args;

	cr_assert_eq(PARSE(&args, "send", "home"), PU_OK);
	cr_assert_str_eq(cli_args_value(&args, "count"), "4");
	cli_args_fini(&args);
}

Test(args, takes_globals_before_the_command)
{
	struct cli_args args;

	cr_assert_eq(PARSE(&args, "--json", "--config", "x.yaml", "group", "add", "n"), PU_OK);
	cr_assert_eq(args.group, &group);
	cr_assert_eq(args.command, &add);
	cr_assert_str_eq(cli_args_value(&args, "config"), "x.yaml");
	cli_args_fini(&args);
}

Test(args, stops_reading_options_at_two_dashes)
{
	struct cli_args args;

	cr_assert_eq(PARSE(&args, "send", "--", "--json", "-x"), PU_OK);
	cr_assert_eq(args.words_len, 2);
	cr_assert_str_eq(args.words[0], "--json");
	cr_assert_null(cli_args_value(&args, "json"));
	cli_args_fini(&args);
}

Test(args, takes_a_single_dash_as_a_word)
{
	struct cli_args args;

	cr_assert_eq(PARSE(&args, "send", "-"), PU_OK);
	cr_assert_str_eq(args.words[0], "-");
	cli_args_fini(&args);
}

Test(args, finds_subs_by_alias)
{
	struct cli_args args;
	char path[CLI_TEXT_MAX];

	cr_assert_eq(PARSE(&args, "group", "ls"), PU_OK);
	cr_assert_eq(args.command, &list);
	cr_assert_str_eq(cli_args_path(&args, path), "group list");
	cli_args_fini(&args);
}

Test(args, prefers_a_sub_over_the_groups_own_positional_but_only_in_first_place)
{
	struct cli_args args;

	cr_assert_eq(PARSE(&args, "mixed", "x", "add"), PU_OK);
	cr_assert_eq(args.command, &mixed);
	cr_assert_str_eq(args.words[1], "add");
	cli_args_fini(&args);
	cr_assert_eq(PARSE(&args, "mixed", "add", "x"), PU_OK);
	cr_assert_eq(args.command, &add);
	cli_args_fini(&args);
	cr_assert_eq(PARSE(&args, "mixed", "--", "add", "x"), PU_OK);
	cr_assert_eq(args.command, &mixed);
	cli_args_fini(&args);
}

Test(args, asks_for_help_even_when_something_is_missing)
{
	struct cli_args args;

	cr_assert_eq(PARSE(&args, "send", "--help"), PU_OK);
	cr_assert(args.help);
	cli_args_fini(&args);
	cr_assert_eq(PARSE(&args, "group", "-h"), PU_OK);
	cr_assert(args.help);
	cli_args_fini(&args);
}

struct wrong {
	const char *argv[4];
	const char *error, *hint;
};

static void check_wrong(const struct wrong *wrong)
{
	struct cli_args args;
	size_t argc = 0;

	while (argc < 4 && wrong->argv[argc] != NULL)
		argc++;
	cr_assert_eq(cli_args_parse(&args, commands, 4, wrong->argv, argc), PU_EINVAL);
	cr_assert_str_eq(args.error, wrong->error);
	cr_assert_str_eq(args.hint, wrong->hint);
	cli_args_fini(&args);
}

Test(args, says_what_is_wrong)
{
	static const struct wrong cases[] = {
	    {{"sned"}, "there is no command \"sned\"", "did you mean: peerup send"},
	    {{"zzzzz"}, "there is no command \"zzzzz\"", "see: peerup help"},
	    {{"group"}, "group: a command is missing", "see: peerup help group"},
	    {{"group", "lits"}, "group has no command \"lits\"", "did you mean: peerup group list"},
	    {{"send"}, "send: PEER is missing", "see: peerup help send"},
	    {{"group", "add", "a", "b"},
	     "group add: unexpected argument \"b\"",
	     "see: peerup help group add"},
	    {{"send", "x", "--cuont=1"},
	     "send has no option \"--cuont=1\"",
	     "did you mean --count?"},
	    {{"send", "x", "-z"}, "send has no option \"-z\"", "see: peerup help send"},
	    {{"send", "x", "--c"}, "send has no option \"--c\"", "see: peerup help send"},
	    {{"send", "x", "--count"}, "--count needs a value: N", "see: peerup help send"},
	    {{"send", "x", "--count=-1"},
	     "--count: expected a number, not \"-1\"",
	     "see: peerup help send"},
	    {{"send", "x", "--wait=soon"},
	     "--wait: expected a duration such as 10s or 1h30m, not \"soon\"",
	     "see: peerup help send"},
	    {{"send", "x", "--bytes=many"},
	     "--bytes: expected a size such as 500KB or 100MB, not \"many\"",
	     "see: peerup help send"},
	    {{"send", "x", "--tag="}, "--tag: expected a value, not \"\"", "see: peerup help send"},
	    {{"send", "x", "--loud=1"}, "--loud takes no value", "see: peerup help send"},
	    {{"--count=1"}, "peerup has no option \"--count=1\"", "see: peerup help"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_wrong(&cases[i]);
}

Test(args, reads_numbers_of_up_to_18_digits)
{
	uint64_t number = 7;

	cr_assert_eq(cli_args_number("0", &number), PU_OK);
	cr_assert_eq(number, 0);
	cr_assert_eq(cli_args_number("999999999999999999", &number), PU_OK);
	cr_assert_eq(number, UINT64_C(999999999999999999));
	cr_assert_eq(cli_args_number("9999999999999999999", &number), PU_EINVAL);
	cr_assert_eq(cli_args_number("", &number), PU_EINVAL);
	cr_assert_eq(cli_args_number("1x", &number), PU_EINVAL);
	cr_assert_eq(number, UINT64_C(999999999999999999));
}

/* The real tables: what the parser and the help take for granted. */
static void check(const struct cli_command *command, bool is_sub)
{
	bool optional = false;

	cr_assert(command->run != NULL || command->subs_len > 0, "%s", command->name);
	cr_assert_not_null(command->summary, "%s", command->name);
	cr_assert_leq(command->options_len, CLI_OPTIONS_MAX, "%s", command->name);
	for (size_t i = 0; i < command->options_len; i++) {
		const struct cli_option *row = &command->options[i];

		cr_assert_gt(strlen(row->name), 1, "%s", row->name);
		cr_assert_not_null(row->help, "%s", row->name);
		cr_assert(row->kind == CLI_FLAG || row->value != NULL, "%s", row->name);
		cr_assert_null(
		    cli_option_find(cli_globals, cli_globals_len, row->name, strlen(row->name)),
		    "%s hides a global", row->name);
	}
	for (size_t i = 0; i < command->positionals_len; i++) {
		const struct cli_positional *row = &command->positionals[i];

		cr_assert(row->optional || !optional, "%s: %s", command->name, row->name);
		cr_assert(!row->repeated || i + 1 == command->positionals_len, "%s", row->name);
		optional = row->optional;
	}
	cr_assert(!is_sub || command->subs_len == 0, "%s", command->name);
	for (size_t i = 0; i < command->subs_len; i++)
		check(command->subs[i], true);
}

Test(args, the_tables_of_all_commands_are_sound)
{
	for (size_t i = 0; i < cli_commands_len; i++)
		check(cli_commands[i], false);
}
