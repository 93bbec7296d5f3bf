/* `peerup relay setup`: makes a server a relay, and says what is left to do. */
#include "relay.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "owner.h"
#include "p2p/multiaddr.h"
#include "relay_plan.h"
#include "relay_report.h"

/* ---- a new configuration ---- */

/* For the audit log. The package makes it, too. */
static void make_state_dir(const struct cli *cli)
{
	if (mkdir(CLI_SYSTEM_STATE, 0700) != 0 && errno != EEXIST)
		cli_warn(cli, "cannot make %s, for the audit log: %s", CLI_SYSTEM_STATE,
		         strerror(errno));
}

static enum cli_exit create(const struct cli *cli, struct cli_relay_plan *plan)
{
	struct pu_buffer text;
	enum cli_exit code = cli_node_files_check(cli, &plan->files);

	if (code == CLI_DONE)
		code = cli_relay_plan_ask(cli, plan);
	if (code == CLI_DONE)
		code = cli_relay_plan_addresses(cli, plan);
	if (code != CLI_DONE)
		return code;
	plan->setup.external =
	    (struct pu_strings){(const char *const *)plan->external, plan->external_len};
	pu_buffer_init(&text, CLI_NODE_TEXT_MAX);
	cli_relay_setup_config(&text, &plan->setup);
	code = cli_node_files_make(cli, &plan->files, &text);
	pu_buffer_fini(&text);
	plan->created = code == CLI_DONE;
	if (plan->created && plan->setup.system)
		make_state_dir(cli);
	return code;
}

/* ---- one that is there: at most relay.serve and relay.open are added ---- */

static bool listens(const struct pu_config *config, uint16_t port, enum pu_carrier carrier)
{
	const struct pu_strings listen = config->network.listen_addresses;
	struct pu_multiaddr address;

	for (size_t i = 0; i < listen.len; i++) {
		if (pu_multiaddr_parse(listen.items[i], &address) == PU_OK &&
		    pu_multiaddr_carrier(&address) == carrier &&
		    (port == 0 || pu_multiaddr_port(&address) == port))
			return true;
	}
	return false;
}

static bool has_external(const struct pu_config *config, const char *wanted)
{
	const struct pu_strings external = config->network.external_addresses;

	for (size_t i = 0; i < external.len; i++) {
		if (strcmp(external.items[i], wanted) == 0)
			return true;
	}
	return false;
}

/* The flag that the configuration contradicts, or NULL. */
static const char *contradiction(const struct cli *cli, const struct cli_relay_plan *plan,
                                 const struct pu_config *config)
{
	const char *name = config->node.name != NULL ? config->node.name : "";

	if (cli_value(cli, "name") != NULL && strcmp(name, plan->name) != 0)
		return "name";
	if (cli_value(cli, "port") != NULL &&
	    (!listens(config, plan->setup.port, PU_CARRIER_QUIC) ||
	     !listens(config, plan->setup.port, PU_CARRIER_TCP)))
		return "port";
	if (plan->setup.ws_port != 0 && !listens(config, plan->setup.ws_port, PU_CARRIER_WS) &&
	    !listens(config, plan->setup.ws_port, PU_CARRIER_WSS))
		return "ws";
	for (size_t i = 0; i < plan->external_len; i++) {
		if (!has_external(config, plan->external[i]))
			return "address";
	}
	return NULL;
}

static enum pu_err write_changes(struct cli_relay_plan *plan, struct cli_edit *edit)
{
	enum pu_err err = PU_OK;

	if (!edit->config.relay.serve) {
		err = pu_yaml_set(&edit->text, PU_YAML_PATH("relay", "serve"), "true");
		plan->changed[plan->changed_len++] = "relay.serve";
	}
	if (err == PU_OK && plan->setup.open && !edit->config.relay.open) {
		err = pu_yaml_set(&edit->text, PU_YAML_PATH("relay", "open"), "true");
		plan->changed[plan->changed_len++] = "relay.open";
	}
	return err;
}

static enum cli_exit amend(struct cli *cli, struct cli_relay_plan *plan)
{
	struct cli_edit edit;
	enum cli_exit code = cli_relay_plan_addresses(cli, plan);
	const char *flag;
	enum pu_err err;

	if (code == CLI_DONE)
		code = cli_edit_begin(cli, &edit);
	if (code != CLI_DONE)
		return code;
	flag = contradiction(cli, plan, &edit.config);
	if (flag != NULL) {
		cli_edit_abort(&edit);
		return cli_fail(
		    cli, CLI_FAILED, "edit it, or choose another place with --dir; nothing was changed",
		    "%s exists already, and says otherwise about --%s", plan->files.config, flag);
	}
	if (!listens(&edit.config, 0, PU_CARRIER_TCP))
		cli_warn(
		    cli,
		    "%s has no /tcp/ listening address: nodes whose network lets no UDP out cannot "
		    "use this relay",
		    plan->files.config);
	err = write_changes(plan, &edit);
	if (err == PU_OK && plan->changed_len == 0) {
		cli_edit_abort(&edit);
		return CLI_DONE;
	}
	return cli_edit_commit(cli, &edit, err);
}

/* ---- the firewall ---- */

/* The ports that the configuration has, which need not be those of the flags. */
static void find_ports(struct cli_relay_plan *plan, const struct pu_config *config)
{
	const struct pu_strings listen = config->network.listen_addresses;
	struct pu_multiaddr address;

	for (size_t i = listen.len; i-- > 0;) {
		if (pu_multiaddr_parse(listen.items[i], &address) != PU_OK ||
		    pu_multiaddr_port(&address) == 0)
			continue;
		if (pu_multiaddr_carrier(&address) == PU_CARRIER_QUIC)
			plan->setup.port = pu_multiaddr_port(&address);
		if (pu_multiaddr_carrier(&address) == PU_CARRIER_WS ||
		    pu_multiaddr_carrier(&address) == PU_CARRIER_WSS)
			plan->setup.ws_port = pu_multiaddr_port(&address);
	}
}

/* Rules that are there are the operator's. */
static enum cli_exit write_rules(const struct cli *cli, const struct cli_relay_plan *plan)
{
	struct pu_buffer text;
	enum pu_err err;

	if (access(plan->rules, F_OK) == 0)
		return CLI_DONE;
	pu_buffer_init(&text, CLI_NODE_TEXT_MAX);
	cli_relay_setup_rules(&text, &plan->setup);
	err = pu_file_write(plan->rules, pu_buffer_bytes(&text));
	pu_buffer_fini(&text);
	return err == PU_OK ? CLI_DONE
	                    : cli_fail_err(cli, err, NULL, "cannot write %s", plan->rules);
}

/* ---- the command ---- */

static enum cli_exit finish(struct cli *cli, struct cli_relay_plan *plan)
{
	struct pu_config config = {0};
	struct cli_reach reach;
	enum cli_exit code = cli_files_load(cli, &config);

	if (code == CLI_DONE)
		code = cli_identity_load(cli, config.identity.key_file, &plan->files.identity);
	if (code == CLI_DONE) {
		find_ports(plan, &config);
		code = write_rules(cli, plan);
	}
	if (code == CLI_DONE) {
		cli_reach_find(&reach, config.network.external_addresses,
		               config.network.listen_addresses, plan->files.identity.peer_id);
		cli_relay_report(cli, plan, &config, &reach);
		cli_reach_fini(&reach);
	}
	pu_config_fini(&config);
	return code;
}

static enum cli_exit run(struct cli *cli)
{
	struct cli_relay_plan plan = {0};
	enum cli_exit code = cli_relay_plan_read(cli, &plan);

	if (code == CLI_DONE)
		code = cli_owner_become(cli, plan.files.dir);
	if (code == CLI_DONE) {
		cli->config = plan.files.config;
		code = access(plan.files.config, F_OK) == 0 ? amend(cli, &plan) : create(cli, &plan);
	}
	if (code == CLI_DONE)
		code = finish(cli, &plan);
	cli->config = NULL;
	cli_relay_plan_fini(&plan);
	return code;
}

static const struct cli_option options[] = {
    {.name = "dir",
     .kind = CLI_STRING,
     .value = "DIR",
     .offer = CLI_OFFER_DIR,
     .help = "where to put the files (default: /etc/peerup for root, else ~/.config/peerup)"},
    {.name = "name",
     .kind = CLI_STRING,
     .value = "NAME",
     .help = "what the relay calls itself (default: the host's name)"},
    {.name = "address",
     .kind = CLI_STRING,
     .value = "ADDR",
     .help =
         "an IP address or a name that leads here and is no interface's: behind a router, or "
         "in the DNS; may be given several times"},
    {.name = "port",
     .kind = CLI_NUMBER,
     .value = "PORT",
     .help = "to listen on, over UDP and TCP (default: 4001)"},
    {.name = "ws",
     .kind = CLI_NUMBER,
     .value = "PORT",
     .help = "listen for WebSocket, too: 443 gets through where nothing else does"},
    {.name = "open",
     .kind = CLI_FLAG,
     .help = "also for peers that are not authorized, within the relay.guest_ limits"},
    {.name = "non-interactive", .kind = CLI_FLAG, .help = "ask nothing, also on a terminal"},
    {.name = "no-systemd", .kind = CLI_FLAG, .help = "do not mention the systemd unit"},
};

const struct cli_command cli_relay_setup = {
    .name = "setup",
    .summary = "make this server a relay",
    .about = "Writes config.yaml, identity.key, authorized_keys and firewall rules, and says "
             "what to open and how to start. On a terminal it asks for what no option says. "
             "Again, it changes nothing; in the configuration of a node it only adds "
             "relay.serve.\n\n"
             "  peerup relay setup --address relay.example.org --ws 443",
    CLI_ROWS(options, options),
    .run = run,
};
