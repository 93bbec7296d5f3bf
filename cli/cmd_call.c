/* `peerup call SERVICE TYPE [key=value...]`: any question, asked as it stands. */
#include "commands.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/suggest.h"
#include "daemon.h"

struct reply {
	struct cli_daemon *daemon;
	bool answered;
	enum pu_err err;
};

static void print(const struct pu_message *message)
{
	struct pu_buffer text;

	pu_buffer_init(&text, 4 * PU_MESSAGE_MAX);
	if (pu_message_to_json(message, &text) == PU_OK)
		printf("%.*s\n", (int)text.len, (const char *)text.data);
	pu_buffer_fini(&text);
}

static void on_answer(void *user, enum pu_err err, const char *text,
                      const struct pu_message *answer)
{
	struct reply *reply = user;

	reply->answered = true;
	reply->err = err;
	reply->daemon->err = err;
	snprintf(reply->daemon->text, sizeof(reply->daemon->text), "%s", text != NULL ? text : "");
	if (answer != NULL)
		print(answer);
	if (answer != NULL && answer->row->id == PU_MSG_ERROR) {
		const struct pu_error *error = answer->body;

		reply->err = pu_err_from_code(error->code);
	}
	uv_stop(&reply->daemon->loop);
}

/* What users may not ask at all is no matter between peers. */
static bool may_be_about_peer(const struct pu_msg_row *row)
{
	return (row->from & PU_FROM(PU_SERVICE_USER)) != 0;
}

static enum cli_exit ask(struct cli *cli, enum pu_service to, const struct pu_msg_row *row,
                         struct pu_bytes encoded)
{
	struct cli_daemon *daemon = cli->daemon;
	unsigned deadline_ms = (unsigned)cli_amount(cli, "deadline");
	struct reply reply = {.daemon = daemon};

	pu_client_ask_raw(cli_daemon_client(daemon, to), encoded, deadline_ms, on_answer, &reply);
	if (!cli_daemon_until(daemon, &reply.answered, deadline_ms + 1000))
		return cli_fail(cli, CLI_FAILED, NULL, "%s did not answer", pu_service_name(to));
	if (reply.err == PU_OK)
		return CLI_DONE;
	daemon->err = reply.err;
	return cli_daemon_fail(daemon, may_be_about_peer(row), "%s answered with an error",
	                       pu_service_name(to));
}

static enum cli_exit unknown_type(const struct cli *cli, const char *type)
{
	struct pu_suggest suggest;
	char hint[CLI_TEXT_MAX] = "docs/MESSAGES.md lists all messages";

	pu_suggest_begin(&suggest, type);
	for (int id = PU_MSG_NONE + 1; id < PU_MSG_COUNT; id++) {
		const struct pu_msg_row *row = pu_msg_row((enum pu_msg)id);

		if (row->kind == PU_MSG_REQUEST)
			pu_suggest_offer(&suggest, row->type, strlen(row->type));
	}
	if (pu_suggest_best(&suggest) != NULL)
		snprintf(hint, sizeof(hint), "did you mean %s?", pu_suggest_best(&suggest));
	return cli_fail(cli, CLI_USAGE, hint, "there is no question \"%s\"", type);
}

static enum cli_exit run(struct cli *cli)
{
	const char *type = cli_word(cli, 1);
	const struct pu_msg_row *row = pu_msg_row_by_type(type, strlen(type));
	char error[CLI_TEXT_MAX] = "";
	struct pu_buffer encoded;
	enum pu_service to;
	enum cli_exit code;

	if (pu_service_by_name(cli_word(cli, 0), &to) != PU_OK || to == PU_SERVICE_USER)
		return cli_fail(cli, CLI_USAGE, "supervisor, auth, transport, naming or proxy",
		                "there is no service \"%s\"", cli_word(cli, 0));
	if (row == NULL || row->kind != PU_MSG_REQUEST)
		return unknown_type(cli, type);
	pu_buffer_init(&encoded, PU_MESSAGE_MAX);
	if (pu_encode_words(&encoded, row, cli->args.words + 2, cli->args.words_len - 2, error,
	                    sizeof(error)) != PU_OK)
		code = cli_fail(cli, CLI_USAGE, NULL, "%s", error);
	else
		code = ask(cli, to, row, pu_buffer_bytes(&encoded));
	pu_buffer_fini(&encoded);
	return code;
}

static const struct cli_positional positionals[] = {
    {.name = "SERVICE",
     .offer = CLI_OFFER_PROCESS,
     .help = "supervisor, auth, transport, naming or proxy"},
    {.name = "TYPE", .offer = CLI_OFFER_MESSAGE, .help = "such as transport.status"},
    {.name = "KEY=VALUE",
     .optional = true,
     .repeated = true,
     .help = "fields of the message; the elements of a list are divided by commas"},
};
static const struct cli_option options[] = {
    {.name = "deadline",
     .kind = CLI_DURATION,
     .value = "TIME",
     .fallback = "20s",
     .help = "how long to wait for the answer"},
};

const struct cli_command cli_cmd_call = {
    .name = "call",
    .summary = "ask a service, print its answer as JSON",
    .about = "For scripts and for finding out. docs/MESSAGES.md lists the messages and their "
             "fields.\n\n"
             "  peerup call transport transport.status\n"
             "  peerup call naming naming.resolve name=home",
    CLI_ROWS(positionals, positionals),
    CLI_ROWS(options, options),
    .needs_daemon = true,
    .run = run,
};
