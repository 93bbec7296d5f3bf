#include "complete.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct seen {
	char values[8192]; /* " a b c " */
	enum cli_offer kind;
	char before[64];
};

static void on_candidate(void *user, const char *value, const char *help)
{
	struct seen *seen = user;
	size_t len = strlen(seen->values);

	cr_assert_not_null(help);
	snprintf(seen->values + len, sizeof(seen->values) - len, "%s ", value);
}

static void on_offer(void *user, enum cli_offer kind, const char *before)
{
	struct seen *seen = user;

	seen->kind = kind;
	snprintf(seen->before, sizeof(seen->before), "%s", before);
}

static struct seen complete(const char *const *words, size_t len)
{
	static const struct cli_complete_ops ops = {on_candidate, on_offer};
	struct seen seen = {" ", CLI_OFFER_NOTHING, ""};

	cli_complete(words, len, &ops, &seen);
	return seen;
}

#define COMPLETE(...)                                                                          \
	complete((const char *const[]){__VA_ARGS__},                                               \
	         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static bool has(struct seen seen, const char *value)
{
	char word[64];

	snprintf(word, sizeof(word), " %s ", value);
	return strstr(seen.values, word) != NULL;
}

Test(complete, offers_commands_first)
{
	struct seen seen = COMPLETE("");

	cr_assert(has(seen, "init"));
	cr_assert(has(seen, "proxy"));
	cr_assert_not(has(seen, "__complete"));
	cr_assert(has(complete(NULL, 0), "init"));
}

Test(complete, offers_the_commands_of_a_group)
{
	struct seen seen = COMPLETE("auth", "");

	cr_assert(has(seen, "add"));
	cr_assert(has(seen, "validate"));
	cr_assert_not(has(seen, "init"));
}

Test(complete, offers_subs_and_peers_where_both_may_follow)
{
	struct seen seen = COMPLETE("proxy", "");

	cr_assert(has(seen, "add"));
	cr_assert_eq(seen.kind, CLI_OFFER_PEER);
	cr_assert_eq(COMPLETE("proxy", "home", "").kind, CLI_OFFER_REMOTE);
	cr_assert_eq(COMPLETE("proxy", "add", "web", "").kind, CLI_OFFER_PEER);
}

Test(complete, offers_options_after_a_dash)
{
	struct seen seen = COMPLETE("ping", "home", "-");

	cr_assert(has(seen, "--count"));
	cr_assert(has(seen, "--json"));
	cr_assert(has(seen, "--help"));
	cr_assert_not(has(COMPLETE("help", "--"), "--man"));
	cr_assert_not(has(COMPLETE("ping", "--", "-"), "--count"));
}

Test(complete, knows_what_an_options_value_is)
{
	cr_assert_eq(COMPLETE("ping", "--config", "").kind, CLI_OFFER_FILE);
	cr_assert_eq(COMPLETE("key", "convert", "--to", "").kind, CLI_OFFER_CODING);
	cr_assert_eq(COMPLETE("ping", "-c", "").kind, CLI_OFFER_NOTHING);
	cr_assert_eq(COMPLETE("ping", "--protocol", "").kind, CLI_OFFER_PING);
	cr_assert_eq(COMPLETE("ping", "-c", "4", "").kind, CLI_OFFER_PEER);
	cr_assert_eq(COMPLETE("ping", "-c4", "").kind, CLI_OFFER_PEER);
	cr_assert_eq(COMPLETE("ping", "--count=4", "").kind, CLI_OFFER_PEER);
	cr_assert_eq(COMPLETE("init", "--dir", "").kind, CLI_OFFER_DIR);
}

Test(complete, offers_the_commands_that_help_takes)
{
	cr_assert(has(COMPLETE("help", ""), "relay"));
	cr_assert_not(has(COMPLETE("help", ""), "__complete"));
	cr_assert(has(COMPLETE("help", "relay", ""), "setup"));
	cr_assert_not(has(COMPLETE("help", "relay", ""), "init"));
	cr_assert_str_eq(COMPLETE("help", "ping", "").values, " ");
	cr_assert_str_eq(COMPLETE("help", "nonsense", "").values, " ");
	cr_assert_str_eq(COMPLETE("help", "relay", "setup", "").values, " ");
}

Test(complete, tells_which_service_a_message_is_for)
{
	struct seen seen = COMPLETE("call", "auth", "");

	cr_assert_eq(seen.kind, CLI_OFFER_MESSAGE);
	cr_assert_str_eq(seen.before, "auth");
	cr_assert_str_eq(COMPLETE("call", "--json", "").before, "");
}

Test(complete, offers_nothing_after_the_last_positional)
{
	cr_assert_eq(COMPLETE("ping", "home", "").kind, CLI_OFFER_NOTHING);
	cr_assert_str_eq(COMPLETE("ping", "home", "").values, " ");
	cr_assert_str_eq(COMPLETE("nonsense", "").values[0] == ' ' ? "ok" : "", "ok");
}

Test(complete, has_a_script_for_three_shells)
{
	cr_assert_not_null(strstr(cli_complete_script("bash"), "complete -F _peerup peerup"));
	cr_assert_not_null(strstr(cli_complete_script("zsh"), "#compdef peerup"));
	cr_assert_not_null(strstr(cli_complete_script("fish"), "complete -c peerup"));
	cr_assert_null(cli_complete_script("csh"));
}
