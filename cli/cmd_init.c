/* `peerup init`: the first files of a node. */
#include "commands.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rand.h"
#include "json.h"
#include "node_files.h"
#include "relay_address.h"
#include "trust/authorized_keys_file.h"

#define PORT_FIRST 30000
#define PORT_COUNT 30000
#define PORT_TRIES 64
#define RELAYS_MAX 8 /* as many as the configuration takes */

struct plan {
	struct cli_node_files files;
	char name[PU_CONFIG_NAME_MAX + 1];
	uint16_t port;
	struct cli_relay_address relays[RELAYS_MAX];
	size_t relays_len;
};

static void write_relays(struct pu_buffer *out, const struct plan *plan)
{
	CLI_NODE_PUT(out,
	             "\n# Relays to be reached through: peerup relay add 203.0.113.50\n"
	             "relay:\n"
	             "  addresses:%s\n",
	             plan->relays_len > 0 ? "" : " []");
	for (size_t i = 0; i < plan->relays_len; i++) {
		const struct cli_relay_address *relay = &plan->relays[i];
		char text[PU_MULTIADDR_TEXT_MAX];

		for (size_t a = 0; a < relay->len; a++)
			CLI_NODE_PUT(out, "    - %s\n",
			             cli_relay_address_print(&relay->addresses[a], &relay->peer, text));
	}
}

static void write_config(struct pu_buffer *out, const struct plan *plan)
{
	CLI_NODE_PUT(
	    out,
	    "# The configuration of this peerup node; `man peerup.yaml` explains every key.\n"
	    "# `peerup config validate` checks it, `peerup daemon reload` applies changes.\n"
	    "version: 1\n"
	    "\n"
	    "node:\n"
	    "  name: %s\n"
	    "\n"
	    "network:\n"
	    "  # A fixed port, so that peers find this node again after a restart.\n"
	    "  listen_addresses:\n"
	    "    - /ip4/0.0.0.0/udp/%u/quic-v1\n"
	    "    - /ip6/::/udp/%u/quic-v1\n"
	    "    - /ip4/0.0.0.0/tcp/%u\n"
	    "    - /ip6/::/tcp/%u\n",
	    plan->name, plan->port, plan->port, plan->port, plan->port);
	write_relays(out, plan);
	CLI_NODE_PUT(out,
	             "\n"
	             "# Local services that peers may use: peerup service add web localhost:8000\n"
	             "services: {}\n"
	             "\n"
	             "# What you call your peers: peerup auth add PEERID --name home\n"
	             "names: {}\n"
	             "\n"
	             "# Where they are: peerup peer add home /ip4/192.0.2.1/udp/41641/quic-v1\n"
	             "addresses: {}\n"
	             "\n"
	             "# Listeners that lead to their services: peerup proxy add web home web 8080\n"
	             "forwards: {}\n");
}

/* ---- choices ---- */

static bool port_is_free_for(int type, uint16_t port)
{
	const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	bool is_free = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;

	if (fd >= 0)
		close(fd);
	return is_free;
}

static bool port_is_free(uint16_t port)
{
	return port_is_free_for(SOCK_DGRAM, port) && port_is_free_for(SOCK_STREAM, port);
}

static uint16_t some_port(void)
{
	uint16_t port = PORT_FIRST;

	for (unsigned i = 0; i < PORT_TRIES; i++) {
		port = (uint16_t)(PORT_FIRST + pu_rand_uniform(PORT_COUNT));
		if (port_is_free(port))
			break;
	}
	return port;
}

static enum cli_exit too_many(const struct cli *cli)
{
	return cli_fail(cli, CLI_USAGE, "a host without a multiaddr counts twice",
	                "--relay: at most %d addresses", RELAYS_MAX);
}

/* There is no daemon yet that could learn who answers. */
static enum cli_exit read_relays(const struct cli *cli, struct plan *plan)
{
	const char *typed;
	size_t addresses = 0;

	while ((typed = cli_nth(cli, "relay", plan->relays_len)) != NULL) {
		struct cli_relay_address *relay = &plan->relays[plan->relays_len];

		if (addresses >= RELAYS_MAX)
			return too_many(cli);
		if (cli_relay_address_parse(typed, CLI_RELAY_PORT, relay) != PU_OK)
			return cli_fail(cli, CLI_USAGE, CLI_RELAY_FORMS,
			                "--relay: \"%s\" is no address of a relay", typed);
		if (relay->peer.len == 0)
			return cli_fail(cli, CLI_USAGE,
			                "add /p2p/PEERID, or later, with the daemon running: peerup relay "
			                "add ADDR",
			                "--relay: \"%s\" does not say who the relay is", typed);
		plan->relays_len++;
		addresses += relay->len;
	}
	return addresses > RELAYS_MAX ? too_many(cli) : CLI_DONE;
}

static enum cli_exit choose(const struct cli *cli, struct plan *plan)
{
	enum cli_exit code = cli_node_name(cli, plan->name);

	if (code == CLI_DONE && cli_value(cli, "port") != NULL)
		code = cli_node_port(cli, "port", &plan->port);
	else
		plan->port = some_port();
	if (code == CLI_DONE)
		code = read_relays(cli, plan);
	if (code == CLI_DONE)
		code = cli_node_files_choose(cli, "~/.config/peerup", &plan->files);
	return code == CLI_DONE ? cli_node_files_check(cli, &plan->files) : code;
}

static enum cli_exit authorize_relays(const struct cli *cli, const struct plan *plan)
{
	for (size_t i = 0; i < plan->relays_len; i++) {
		enum pu_err err =
		    pu_authorized_keys_file_add(plan->files.keys, &plan->relays[i].peer, "relay", 0);

		if (err != PU_OK && err != PU_EEXIST)
			return cli_fail_err(cli, err, NULL, "cannot edit %s", plan->files.keys);
	}
	return CLI_DONE;
}

static enum cli_exit make(const struct cli *cli, struct plan *plan)
{
	struct pu_buffer text;
	enum cli_exit code;

	pu_buffer_init(&text, CLI_NODE_TEXT_MAX);
	write_config(&text, plan);
	code = cli_node_files_make(cli, &plan->files, &text);
	pu_buffer_fini(&text);
	return code == CLI_DONE ? authorize_relays(cli, plan) : code;
}

/* ---- what the user sees ---- */

static void report(const struct cli *cli, const struct plan *plan)
{
	struct cli_json json;

	if (cli->json) {
		cli_json_init(&json, stdout);
		cli_json_object(&json, NULL);
		cli_json_str(&json, "name", plan->name);
		cli_json_str(&json, "peer_id", plan->files.identity.peer_id);
		cli_json_str(&json, "config", plan->files.config);
		cli_json_str(&json, "key_file", plan->files.key);
		cli_json_str(&json, "authorized_keys_file", plan->files.keys);
		cli_json_u64(&json, "port", plan->port);
		cli_json_end(&json);
		return;
	}
	if (cli->quiet) {
		puts(plan->files.identity.peer_id);
		return;
	}
	cli_say(cli, "%s is ready, with its files in %s%s.", plan->name, plan->files.dir,
	        plan->files.key_was_there ? " and the key that was there" : "");
	cli_say(cli, "Its peer ID: %s", plan->files.identity.peer_id);
	cli_node_files_say_where(cli, &plan->files);
	puts("\nNext:\n"
	     "  peerup daemon                            start it (stays in the foreground)\n"
	     "  peerup auth add PEERID --name NAME       let another node in, and name it\n"
	     "  peerup peer add NAME MULTIADDR           say where that node is\n"
	     "  peerup service add web localhost:8000    offer a local service\n"
	     "  peerup proxy NAME web 8080               use a service of that node");
}

static enum cli_exit run(struct cli *cli)
{
	struct plan plan = {0};
	enum cli_exit code = choose(cli, &plan);

	if (code == CLI_DONE)
		code = make(cli, &plan);
	if (code == CLI_DONE)
		report(cli, &plan);
	cli_node_files_fini(&plan.files);
	return code;
}

static const struct cli_option options[] = {
    {.name = "name",
     .kind = CLI_STRING,
     .value = "NAME",
     .help = "what this node calls itself (default: the host's name)"},
    {.name = "dir",
     .kind = CLI_STRING,
     .value = "DIR",
     .offer = CLI_OFFER_DIR,
     .help = "where to put the files (default: ~/.config/peerup)"},
    {.name = "port",
     .kind = CLI_NUMBER,
     .value = "PORT",
     .help = "the UDP and TCP port to listen on (default: a free one, chosen now)"},
    {.name = "relay",
     .kind = CLI_STRING,
     .value = "ADDR",
     .help = "a relay to be reached through, with its peer ID, such as "
             "203.0.113.50/p2p/PEERID; may be given several times"},
};

const struct cli_command cli_cmd_init = {
    .name = "init",
    .summary = "create the configuration and the key of this node",
    .about =
        "Makes a folder that only you can read with config.yaml, identity.key and "
        "authorized_keys. Nothing that exists is overwritten: a key that is there is kept, a "
        "configuration that is there is an error.",
    CLI_ROWS(options, options),
    .run = run,
};
