/* `peerup __complete`: what the shells' completion asks. Never fails, never says anything but
 * candidates: a half-typed line is no place for errors. */
#include "commands.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "cli.h"
#include "complete.h"
#include "config/config.h"
#include "proto/messages.h"

static void put_candidate(void *user, const char *value, const char *help)
{
	(void)user;
	if (help[0] != '\0')
		printf("%s\t%s\n", value, help);
	else
		puts(value);
}

static void put_peers(const struct pu_config *config)
{
	for (size_t i = 0; i < config->names.len; i++)
		put_candidate(NULL, pu_config_names(config)[i].name, pu_config_names(config)[i].peer);
}

static void put_exposed(const struct pu_config *config)
{
	for (size_t i = 0; i < config->services.len; i++)
		put_candidate(NULL, pu_config_services(config)[i].name,
		              pu_config_services(config)[i].local_address);
}

static void put_forwards(const struct pu_config *config)
{
	for (size_t i = 0; i < config->forwards.len; i++)
		put_candidate(NULL, pu_config_forwards(config)[i].name,
		              pu_config_forwards(config)[i].listen);
}

static void put_remote(const struct pu_config *config)
{
	for (size_t i = 0; i < config->forwards.len; i++)
		put_candidate(NULL, pu_config_forwards(config)[i].service,
		              pu_config_forwards(config)[i].peer);
}

static void put_relays(const struct pu_config *config)
{
	for (size_t i = 0; i < config->relay.addresses.len; i++)
		put_candidate(NULL, config->relay.addresses.items[i], "");
}

/* What a user may ask that service, or any if it is none. */
static void put_messages(const char *service)
{
	enum pu_service to;
	bool known = pu_service_by_name(service, &to) == PU_OK;

	for (int id = PU_MSG_NONE + 1; id < PU_MSG_COUNT; id++) {
		const struct pu_msg_row *row = pu_msg_row((enum pu_msg)id);

		if (row->kind == PU_MSG_REQUEST && (row->from & PU_FROM(PU_SERVICE_USER)) != 0 &&
		    (!known || row->to == to))
			put_candidate(NULL, row->type, row->help);
	}
}

static void put_processes(const struct pu_config *config)
{
	(void)config;
	for (int service = PU_SERVICE_SUPERVISOR; service < PU_SERVICE_COUNT; service++)
		puts(pu_service_name((enum pu_service)service));
}

/* Either fixed lines, or a function that reads the configuration or a table. */
static const struct source {
	const char *lines;
	void (*put)(const struct pu_config *config);
} sources[] = {
    [CLI_OFFER_NOTHING] = {"", NULL},
    [CLI_OFFER_FILE] = {":files\n", NULL},
    [CLI_OFFER_DIR] = {":dirs\n", NULL},
    [CLI_OFFER_PEER] = {"", put_peers},
    [CLI_OFFER_REMOTE] = {"", put_remote},
    [CLI_OFFER_EXPOSED] = {"", put_exposed},
    [CLI_OFFER_FORWARD] = {"", put_forwards},
    [CLI_OFFER_RELAY] = {"", put_relays},
    [CLI_OFFER_PROCESS] = {"", put_processes},
    [CLI_OFFER_MESSAGE] = {"", NULL}, /* needs the word before */
    [CLI_OFFER_SHELL] = {"bash\nzsh\nfish\n", NULL},
    [CLI_OFFER_CODING] = {"base64\nhex\nraw\nseed\n", NULL},
    [CLI_OFFER_PING] = {"ipfs\npingpong\n", NULL},
};

static void put_offer(void *user, enum cli_offer kind, const char *before)
{
	if (kind == CLI_OFFER_MESSAGE)
		put_messages(before);
	fputs(sources[kind].lines, stdout);
	if (sources[kind].put != NULL)
		sources[kind].put(user);
}

/* The --config of the line that is being typed, or NULL. */
static const char *typed_config(const struct cli *cli)
{
	for (size_t i = 0; i + 1 < cli->args.words_len; i++) {
		if (strcmp(cli->args.words[i], "--config") == 0)
			return cli->args.words[i + 1];
	}
	return NULL;
}

static enum cli_exit run(struct cli *cli)
{
	static const struct cli_complete_ops ops = {put_candidate, put_offer};
	struct pu_config config = {0};
	struct pu_report report = {0};
	char *path = NULL;
	bool loaded = pu_config_find(typed_config(cli), &path) == PU_OK &&
	              pu_config_load(path, &config, &report) == PU_OK;

	cli_complete(cli->args.words, cli->args.words_len, &ops, &config);
	if (loaded)
		pu_config_fini(&config);
	pu_report_fini(&report);
	pu_free(path);
	return CLI_DONE;
}

static const struct cli_positional positionals[] = {
    {.name = "WORD", .optional = true, .repeated = true, .help = "what was typed so far"},
};

const struct cli_command cli_cmd_complete = {
    .name = "__complete",
    .summary = "print what may follow",
    CLI_ROWS(positionals, positionals),
    .hidden = true,
    .run = run,
};
