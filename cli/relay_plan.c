/* Knows what `relay setup` is asked for: by options, and by the person at the terminal for what
 * no option says. */
#include "relay_plan.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "config/check.h"
#include "prompt.h"
#include "relay_address.h"
#include "relay_reach.h"

#define ADDRESSES_MAX 5 /* of --address; each becomes up to three external ones */
#define RULES_NAME    "peerup-relay.nft"

/* ---- what the flags say ---- */

static void add_external(struct cli_relay_plan *plan, const char *address)
{
	for (size_t i = 0; i < plan->external_len; i++) {
		if (strcmp(plan->external[i], address) == 0)
			return;
	}
	plan->external[plan->external_len++] = pu_strdup(address);
}

/* The port that was typed leads to the relay's own one, and not to that of WebSocket. */
static void add_websocket(struct cli_relay_plan *plan, const struct pu_multiaddr *tcp)
{
	char text[PU_MULTIADDR_TEXT_MAX], *port;

	port = strrchr(pu_multiaddr_print(tcp, text), '/') + 1;
	snprintf(port, (size_t)(text + sizeof(text) - port), "%u/ws", plan->setup.ws_port);
	add_external(plan, text);
}

/* A host has the ports of this relay; an address of the machine itself is told anyway. */
static enum cli_exit add_address(const struct cli *cli, struct cli_relay_plan *plan,
                                 const char *typed)
{
	struct cli_relay_address parsed;
	char text[PU_MULTIADDR_TEXT_MAX];

	if (cli_relay_address_parse(typed, plan->setup.port, &parsed) != PU_OK ||
	    parsed.peer.len != 0)
		return cli_fail(cli, CLI_USAGE, "such as 203.0.113.50 or relay.example.org",
		                "--address: \"%s\" is no address of this server", typed);
	if (cli_reach_is_ours(pu_multiaddr_print(&parsed.addresses[0], text)))
		return CLI_DONE;
	for (size_t i = 0; i < parsed.len; i++)
		add_external(plan, pu_multiaddr_print(&parsed.addresses[i], text));
	if (plan->setup.ws_port != 0 && parsed.len == 2)
		add_websocket(plan, &parsed.addresses[1]);
	return CLI_DONE;
}

enum cli_exit cli_relay_plan_addresses(const struct cli *cli, struct cli_relay_plan *plan)
{
	enum cli_exit code = CLI_DONE;
	const char *typed;

	for (size_t i = 0; code == CLI_DONE && (typed = cli_nth(cli, "address", i)) != NULL; i++) {
		if (i == ADDRESSES_MAX)
			return cli_fail(cli, CLI_USAGE, NULL, "--address: at most %d", ADDRESSES_MAX);
		code = add_address(cli, plan, typed);
	}
	return code;
}

enum cli_exit cli_relay_plan_read(const struct cli *cli, struct cli_relay_plan *plan)
{
	enum cli_exit code = cli_node_name(cli, plan->name);

	plan->setup = (struct cli_relay_setup){
	    .name = plan->name,
	    .port = CLI_RELAY_PORT,
	    .open = cli_flag(cli, "open"),
	};
	if (code == CLI_DONE && cli_value(cli, "port") != NULL)
		code = cli_node_port(cli, "port", &plan->setup.port);
	if (code == CLI_DONE && cli_value(cli, "ws") != NULL)
		code = cli_node_port(cli, "ws", &plan->setup.ws_port);
	if (code == CLI_DONE && plan->setup.port == plan->setup.ws_port)
		code = cli_fail(cli, CLI_USAGE, NULL, "--ws needs another port than --port");
	if (code == CLI_DONE)
		code = cli_node_files_choose(cli, geteuid() == 0 ? CLI_SYSTEM_DIR : "~/.config/peerup",
		                             &plan->files);
	if (code != CLI_DONE)
		return code;
	plan->setup.system = strcmp(plan->files.dir, CLI_SYSTEM_DIR) == 0;
	plan->rules = pu_asprintf("%s/" RULES_NAME, plan->files.dir);
	return CLI_DONE;
}

/* ---- what the person at the terminal says ---- */

static bool may_ask(const struct cli *cli)
{
	return !cli->json && !cli_flag(cli, "non-interactive") && cli_prompt_possible();
}

/* Answers whether it will do; if not it has said why. */
typedef enum cli_exit (*take_fn)(const struct cli *cli, struct cli_relay_plan *plan,
                                 const char *answer);

static enum cli_exit no_answer(const struct cli *cli)
{
	fputc('\n', stderr);
	return cli_fail(cli, CLI_FAILED, NULL, "no answer: nothing has been set up");
}

/* Until an answer will do, or there is none. */
static enum cli_exit ask(const struct cli *cli, struct cli_relay_plan *plan,
                         const char *question, const char *fallback, take_fn take)
{
	char answer[CLI_PROMPT_MAX];

	do {
		if (!cli_prompt_line(stdin, stderr, question, fallback, answer))
			return no_answer(cli);
	} while (take(cli, plan, answer) != CLI_DONE);
	return CLI_DONE;
}

static enum cli_exit take_name(const struct cli *cli, struct cli_relay_plan *plan,
                               const char *answer)
{
	if (pu_check_name(answer) != NULL)
		return cli_fail(cli, CLI_USAGE, NULL, "expected %s, not \"%s\"", pu_check_name(answer),
		                answer);
	snprintf(plan->name, sizeof(plan->name), "%s", answer);
	return CLI_DONE;
}

static enum cli_exit to_port(const struct cli *cli, const char *answer, uint16_t other,
                             uint16_t *port)
{
	uint64_t number;

	if (cli_args_number(answer, &number) != PU_OK || number < 1 || number > UINT16_MAX)
		return cli_fail(cli, CLI_USAGE, NULL, "expected a port, not \"%s\"", answer);
	if (number == other)
		return cli_fail(cli, CLI_USAGE, NULL, "%u is taken: WebSocket needs its own port",
		                other);
	*port = (uint16_t)number;
	return CLI_DONE;
}

static enum cli_exit take_port(const struct cli *cli, struct cli_relay_plan *plan,
                               const char *answer)
{
	return to_port(cli, answer, plan->setup.ws_port, &plan->setup.port);
}

static enum cli_exit take_ws_port(const struct cli *cli, struct cli_relay_plan *plan,
                                  const char *answer)
{
	return answer[0] != '\0' ? to_port(cli, answer, plan->setup.port, &plan->setup.ws_port)
	                         : CLI_DONE;
}

static enum cli_exit take_address(const struct cli *cli, struct cli_relay_plan *plan,
                                  const char *answer)
{
	return answer[0] != '\0' ? add_address(cli, plan, answer) : CLI_DONE;
}

static bool has_public_address(void)
{
	static const char *const every[] = {"/ip4/0.0.0.0/tcp/1", "/ip6/::/tcp/1"};
	struct cli_reach reach;

	cli_reach_find(&reach, (struct pu_strings){0}, (struct pu_strings){every, 2}, "");
	bool is_public = reach.is_public;
	cli_reach_fini(&reach);
	return is_public;
}

enum cli_exit cli_relay_plan_ask(const struct cli *cli, struct cli_relay_plan *plan)
{
	enum cli_exit code = CLI_DONE;
	char port[8], name[PU_CONFIG_NAME_MAX + 1];

	if (!may_ask(cli))
		return CLI_DONE;
	snprintf(port, sizeof(port), "%u", plan->setup.port);
	snprintf(name, sizeof(name), "%s", plan->name);
	if (cli_value(cli, "name") == NULL)
		code = ask(cli, plan, "What shall this relay be called", name, take_name);
	if (code == CLI_DONE && cli_value(cli, "port") == NULL)
		code = ask(cli, plan, "Which port, UDP and TCP", port, take_port);
	if (code == CLI_DONE && cli_value(cli, "ws") == NULL)
		code = ask(cli, plan,
		           "A WebSocket port for networks that let nothing else out, such as 443 "
		           "(empty: none)",
		           "", take_ws_port);
	if (code == CLI_DONE && cli_value(cli, "address") == NULL && !has_public_address())
		code = ask(cli, plan,
		           "No interface has a public address. Which IP address or name leads here "
		           "(empty: none)",
		           "", take_address);
	if (code == CLI_DONE && !plan->setup.open) {
		plan->setup.open = cli_prompt_yes(
		    stdin, stderr, "May peers that are not authorized use it, within small limits?");
		if (feof(stdin))
			code = no_answer(cli);
	}
	return code;
}

void cli_relay_plan_fini(struct cli_relay_plan *plan)
{
	for (size_t i = 0; i < plan->external_len; i++)
		pu_free(plan->external[i]);
	cli_node_files_fini(&plan->files);
	pu_free(plan->rules);
}
