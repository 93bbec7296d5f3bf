/* `peerup peer`: where peers are. Edits the configuration; the list asks the daemon, if it
 * runs, for what it has learned besides. */
#include "commands.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "config/check.h"
#include "daemon.h"
#include "files.h"
#include "json.h"
#include "p2p/multiaddr.h"
#include "peer.h"
#include "table.h"
#include "text.h"

/* The key under `addresses` that is about this peer: the one in the file (case of names does
 * not count), or what the user typed. */
static const char *address_key(const struct pu_config *config, const char *name)
{
	const struct pu_config_addresses *known = pu_config_addresses(config);

	for (size_t i = 0; i < config->addresses.len; i++) {
		if (strcasecmp(known[i].name, name) == 0)
			return known[i].name;
	}
	return name;
}

static const struct pu_config_addresses *find_addresses(const struct pu_config *config,
                                                        const char *name)
{
	const struct pu_config_addresses *known = pu_config_addresses(config);

	for (size_t i = 0; i < config->addresses.len; i++) {
		if (strcasecmp(known[i].name, name) == 0)
			return &known[i];
	}
	return NULL;
}

/* ---- add ---- */

struct addition {
	const char *name; /* as typed: a name or a peer ID */
	struct pu_peer_id peer;
	bool new_name; /* names.<name> has to be written */
};

/* The ID that --id or one of the addresses says, or { 0 }. */
static enum cli_exit told_peer(const struct cli *cli, struct pu_peer_id *told)
{
	const char *id = cli_value(cli, "id");

	*told = (struct pu_peer_id){0};
	if (id != NULL && pu_peer_id_parse(id, told) != PU_OK)
		return cli_fail(cli, CLI_USAGE, NULL, "--id: \"%s\" is not a peer ID", id);
	for (size_t i = 1; i < cli->args.words_len; i++) {
		struct pu_multiaddr address;
		struct pu_peer_id peer;

		enum cli_exit code = cli_peer_address(cli, cli_word(cli, i), &address);

		if (code != CLI_DONE)
			return code;
		if (pu_multiaddr_peer(&address, &peer) != PU_OK)
			continue;
		if (told->len != 0 && !pu_peer_id_eq(told, &peer))
			return cli_fail(cli, CLI_USAGE, NULL, "%s is the address of another peer",
			                cli_word(cli, i));
		*told = peer;
	}
	return CLI_DONE;
}

static enum cli_exit plan(const struct cli *cli, const struct pu_config *config,
                          struct addition *addition)
{
	struct pu_peer_id told;
	enum cli_exit code = told_peer(cli, &told);

	if (code != CLI_DONE)
		return code;
	addition->name = cli_word(cli, 0);
	addition->new_name = false;
	if (cli_files_peer(config, addition->name, &addition->peer) == PU_OK) {
		if (told.len != 0 && !pu_peer_id_eq(&told, &addition->peer))
			return cli_fail(cli, CLI_FAILED, "peerup resolve NAME, peerup peer remove NAME",
			                "\"%s\" is another peer", addition->name);
		return CLI_DONE;
	}
	if (pu_check_name(addition->name) != NULL)
		return cli_fail(cli, CLI_USAGE, NULL, "expected %s or a peer ID, not \"%s\"",
		                pu_check_name(addition->name), addition->name);
	if (told.len == 0)
		return cli_fail(
		    cli, CLI_FAILED,
		    "say who it is with --id PEERID, or first: peerup auth add PEERID --name NAME",
		    "nobody is called \"%s\" yet", addition->name);
	addition->peer = told;
	addition->new_name = true;
	return CLI_DONE;
}

static enum pu_err write_addresses(const struct cli *cli, struct cli_edit *edit,
                                   const struct addition *addition)
{
	const char *key = address_key(&edit->config, addition->name);
	char text[PU_MULTIADDR_TEXT_MAX], id[PU_PEER_ID_TEXT_MAX];
	enum pu_err err = PU_OK;

	if (addition->new_name)
		err = pu_yaml_set(&edit->text, PU_YAML_PATH("names", addition->name),
		                  pu_peer_id_print(&addition->peer, id));
	for (size_t i = 1; i < cli->args.words_len && err == PU_OK; i++) {
		struct pu_multiaddr address;

		err = pu_multiaddr_parse(cli_word(cli, i), &address);
		if (err != PU_OK)
			break;
		pu_multiaddr_strip_peer(&address);
		pu_multiaddr_print(&address, text);
		err = pu_yaml_list_add(&edit->text, PU_YAML_PATH("addresses", key), text);
		if (err == PU_EEXIST)
			err = PU_OK;
	}
	return err;
}

static enum cli_exit run_add(struct cli *cli)
{
	struct addition addition = {0};
	struct cli_edit edit;
	enum cli_exit code = cli_edit_begin(cli, &edit);

	if (code != CLI_DONE)
		return code;
	code = plan(cli, &edit.config, &addition);
	if (code != CLI_DONE) {
		cli_edit_abort(&edit);
		return code;
	}
	code = cli_edit_commit(cli, &edit, write_addresses(cli, &edit, &addition));
	if (code == CLI_DONE)
		cli_done(cli, "peer", addition.name, "added", "%s can be dialed there now",
		         addition.name);
	return code;
}

/* ---- remove ---- */

static bool is_used(const struct pu_config *config, const char *name)
{
	const struct pu_config_forward *forwards = pu_config_forwards(config);
	const struct pu_config_service *services = pu_config_services(config);

	for (size_t i = 0; i < config->forwards.len; i++) {
		if (strcasecmp(forwards[i].peer, name) == 0)
			return true;
	}
	for (size_t i = 0; i < config->services.len; i++) {
		for (size_t p = 0; p < services[i].allowed_peers.len; p++) {
			if (strcasecmp(services[i].allowed_peers.items[p], name) == 0)
				return true;
		}
	}
	return false;
}

static enum cli_exit remove_address(struct cli *cli, struct cli_edit *edit, const char *key)
{
	struct pu_multiaddr address;
	char text[PU_MULTIADDR_TEXT_MAX];
	enum pu_err err;

	snprintf(text, sizeof(text), "%s", cli_word(cli, 1));
	err = pu_yaml_list_remove(&edit->text, PU_YAML_PATH("addresses", key), text);
	if (err == PU_ENOTFOUND && pu_multiaddr_parse(text, &address) == PU_OK) {
		pu_multiaddr_strip_peer(&address);
		err = pu_yaml_list_remove(&edit->text, PU_YAML_PATH("addresses", key),
		                          pu_multiaddr_print(&address, text));
	}
	if (err != PU_ENOTFOUND)
		return cli_edit_commit(cli, edit, err);
	cli_edit_abort(edit);
	return cli_fail(cli, CLI_FAILED, "peerup peer list shows all",
	                "%s has no configured address %s", cli_word(cli, 0), cli_word(cli, 1));
}

static enum cli_exit remove_all(struct cli *cli, struct cli_edit *edit, const char *key)
{
	const struct pu_config_name *name = pu_config_name(&edit->config, cli_word(cli, 0));
	enum pu_err err = PU_OK;

	if (name != NULL && is_used(&edit->config, name->name)) {
		cli_edit_abort(edit);
		return cli_fail(cli, CLI_FAILED, "see: peerup proxy list, peerup service list",
		                "a forward or a service names \"%s\"", cli_word(cli, 0));
	}
	if (find_addresses(&edit->config, key) != NULL)
		err = pu_yaml_remove(&edit->text, PU_YAML_PATH("addresses", key));
	if (err == PU_OK && name != NULL)
		err = pu_yaml_remove(&edit->text, PU_YAML_PATH("names", name->name));
	return cli_edit_commit(cli, edit, err);
}

static enum cli_exit run_remove(struct cli *cli)
{
	const char *name = cli_word(cli, 0);
	struct cli_edit edit;
	enum cli_exit code = cli_edit_begin(cli, &edit);
	const char *key;

	if (code != CLI_DONE)
		return code;
	key = address_key(&edit.config, name);
	if (find_addresses(&edit.config, key) == NULL &&
	    (cli_word(cli, 1) != NULL || pu_config_name(&edit.config, name) == NULL)) {
		cli_edit_abort(&edit);
		return cli_fail(cli, CLI_FAILED, "peerup peer list shows all",
		                "nothing is configured about \"%s\"", name);
	}
	code = cli_word(cli, 1) != NULL ? remove_address(cli, &edit, key)
	                                : remove_all(cli, &edit, key);
	if (code == CLI_DONE)
		cli_done(cli, "peer", name, "removed", "%s is forgotten",
		         cli_word(cli, 1) != NULL ? cli_word(cli, 1) : name);
	return code;
}

/* ---- list ---- */

static void list_json(const struct pu_naming_known *known, size_t len)
{
	struct cli_json json;

	cli_json_init(&json, stdout);
	cli_json_object(&json, NULL);
	cli_json_list(&json, "peers");
	for (size_t i = 0; i < len; i++) {
		const struct pu_naming_address *address = known[i].addresses.items;

		cli_json_object(&json, NULL);
		cli_json_str(&json, "name", known[i].name);
		cli_json_str(&json, "peer_id", known[i].peer_id);
		cli_json_list(&json, "addresses");
		for (size_t a = 0; a < known[i].addresses.len; a++) {
			cli_json_object(&json, NULL);
			cli_json_str(&json, "address", address[a].address);
			cli_json_str(&json, "source", address[a].source);
			cli_json_u64(&json, "age_ms", address[a].age_ms);
			cli_json_end(&json);
		}
		cli_json_end(&json);
		cli_json_end(&json);
	}
	cli_json_end(&json);
	cli_json_end(&json);
}

static void put_address(struct cli_table *table, const struct pu_naming_known *known, size_t a)
{
	const struct pu_naming_address *address = known->addresses.items;
	char age[CLI_AMOUNT_MAX] = "";
	bool configured = a < known->addresses.len && strcmp(address[a].source, "config") == 0;

	if (a < known->addresses.len && !configured)
		cli_text_age(address[a].age_ms, age);
	cli_table_cell(table, CLI_PLAIN, "%s", a == 0 ? known->name : " ");
	cli_table_cell(table, CLI_FAINT, "%s", a == 0 ? known->peer_id : " ");
	cli_table_cell(table, CLI_PLAIN, "%s",
	               a < known->addresses.len ? address[a].address : "no known address");
	cli_table_cell(table, CLI_FAINT, "%s", a < known->addresses.len ? address[a].source : "");
	cli_table_cell(table, CLI_FAINT, "%s", age);
}

static void list(const struct cli *cli, const struct pu_naming_known *known, size_t len)
{
	static const char *const heads[] = {"name", "peer ID", "address", "source", ">age"};
	struct cli_table *table;

	if (cli->json) {
		list_json(known, len);
		return;
	}
	table = cli_table_new(heads, PU_ARRAY_LEN(heads));
	for (size_t i = 0; i < len; i++) {
		for (size_t a = 0; a == 0 || a < known[i].addresses.len; a++)
			put_address(table, &known[i], a);
	}
	if (len > 0)
		cli_table_print(table, stdout, 0, cli->color);
	else
		cli_say(cli, "No peers are known yet: peerup auth add PEERID --name NAME");
	cli_table_free(table);
}

static void use_peers(void *user, const void *answer)
{
	const struct pu_naming_peers *peers = answer;

	list(user, peers->peers.items, peers->peers.len);
}

/* One of the config's peers with its configured addresses; `key` is a name or a peer ID. */
static void add_known(struct pu_naming_known *known, const struct pu_config *config,
                      const char *key)
{
	const struct pu_config_addresses *addresses = find_addresses(config, key);
	const struct pu_config_name *name = pu_config_name(config, key);
	struct pu_naming_address *rows;

	known->name = name != NULL ? name->name : "";
	known->peer_id = name != NULL ? name->peer : key;
	if (addresses == NULL)
		return;
	rows = pu_calloc(addresses->addresses.len + 1, sizeof(*rows));
	for (size_t i = 0; i < addresses->addresses.len; i++)
		rows[i] = (struct pu_naming_address){addresses->addresses.items[i], "config", 0};
	known->addresses = (struct pu_items){.items = rows, .len = addresses->addresses.len};
}

static enum cli_exit list_config(const struct cli *cli)
{
	struct pu_config config = {0};
	enum cli_exit code = cli_files_load(cli, &config);
	struct pu_naming_known *known;
	size_t len = 0;

	if (code != CLI_DONE)
		return code;
	known = pu_calloc(config.names.len + config.addresses.len + 1, sizeof(*known));
	for (size_t i = 0; i < config.names.len; i++)
		add_known(&known[len++], &config, pu_config_names(&config)[i].name);
	for (size_t i = 0; i < config.addresses.len; i++) {
		const char *key = pu_config_addresses(&config)[i].name;

		if (pu_config_name(&config, key) == NULL)
			add_known(&known[len++], &config, key);
	}
	list(cli, known, len);
	for (size_t i = 0; i < len; i++)
		pu_free((void *)known[i].addresses.items);
	pu_free(known);
	pu_config_fini(&config);
	return CLI_DONE;
}

static enum cli_exit run_list(struct cli *cli)
{
	const struct pu_naming_list question = {0};
	struct cli_daemon daemon;
	bool running;
	enum cli_exit code = cli_daemon_find(cli, &daemon, &running);

	if (code != CLI_DONE)
		return code;
	if (!running)
		return list_config(cli);
	if (cli_daemon_ask(&daemon, PU_MSG_NAMING_LIST, &question, use_peers, cli) != PU_OK)
		code = cli_daemon_fail(&daemon, false, "cannot list the peers");
	cli_daemon_close(&daemon);
	return code;
}

/* ---- the command ---- */

static const struct cli_positional add_positionals[] = {
    {.name = "PEER", .offer = CLI_OFFER_PEER, .help = "a name or a peer ID"},
    {.name = "MULTIADDR",
     .repeated = true,
     .help = "such as /ip4/192.0.2.1/udp/41641/quic-v1, with or without /p2p/PEERID"},
};
static const struct cli_positional remove_positionals[] = {
    {.name = "PEER", .offer = CLI_OFFER_PEER, .help = "a name or a peer ID"},
    {.name = "MULTIADDR", .optional = true, .help = "only this address"},
};
static const struct cli_option add_options[] = {
    {.name = "id", .kind = CLI_STRING, .value = "PEERID", .help = "who a new name is"},
};

static const struct cli_command cmd_add = {
    .name = "add",
    .summary = "say where a peer can be reached",
    .about =
        "  peerup peer add home /ip4/192.0.2.1/udp/41641/quic-v1\n\n"
        "A new name needs --id, or an address that ends with /p2p/PEERID. This does not let "
        "the peer connect to us: that is peerup auth add.",
    CLI_ROWS(positionals, add_positionals),
    CLI_ROWS(options, add_options),
    .run = run_add,
};
static const struct cli_command cmd_list = {
    .name = "list",
    .alias = "ls",
    .summary = "list names, peer IDs and known addresses",
    .about = "With the daemon running, addresses that it has learned are listed too.",
    .run = run_list,
};
static const struct cli_command cmd_remove = {
    .name = "remove",
    .alias = "rm",
    .summary = "forget a peer's name and configured addresses, or one address",
    CLI_ROWS(positionals, remove_positionals),
    .run = run_remove,
};
static const struct cli_command *const subs[] = {&cmd_add, &cmd_list, &cmd_remove};

const struct cli_command cli_cmd_peer = {
    .name = "peer",
    .summary = "say where peers are",
    CLI_ROWS(subs, subs),
};
