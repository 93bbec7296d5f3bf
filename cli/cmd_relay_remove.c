/* `peerup relay remove`: takes addresses of relays out of the configuration, and relays of
 * which none is left out of authorized_keys. */
#include "relay.h"

#include "auth.h"
#include "files.h"
#include "relay_address.h"

/* What the user means: a peer, addresses, or addresses of a peer. */
static enum cli_exit read_target(const struct cli *cli, const struct pu_config *config,
                                 struct cli_relay_address *target)
{
	*target = (struct cli_relay_address){0};
	if (cli_files_peer(config, cli_word(cli, 0), &target->peer) == PU_OK ||
	    cli_relay_address_parse(cli_word(cli, 0), CLI_RELAY_PORT, target) == PU_OK)
		return CLI_DONE;
	return cli_fail(cli, CLI_USAGE, "peerup relay list shows all",
	                "\"%s\" is neither an address nor a peer", cli_word(cli, 0));
}

static bool is_meant(const struct cli_relay_address *target, const struct pu_multiaddr *address,
                     const struct pu_peer_id *peer)
{
	if (target->peer.len != 0 && !pu_peer_id_eq(&target->peer, peer))
		return false;
	for (size_t i = 0; i < target->len; i++) {
		if (pu_multiaddr_eq(&target->addresses[i], address))
			return true;
	}
	return target->len == 0;
}

/* The peers of what is removed, unless another of their addresses stays. */
struct removal {
	struct pu_peer_id gone[CLI_RELAYS_MAX];
	size_t gone_len, addresses;
};

static void forget(struct removal *removal, const struct pu_peer_id *peer)
{
	for (size_t i = 0; i < removal->gone_len; i++) {
		if (pu_peer_id_eq(&removal->gone[i], peer))
			return;
	}
	if (removal->gone_len < CLI_RELAYS_MAX)
		removal->gone[removal->gone_len++] = *peer;
}

static void keep(struct removal *removal, const struct pu_peer_id *peer)
{
	for (size_t i = 0; i < removal->gone_len; i++) {
		if (pu_peer_id_eq(&removal->gone[i], peer))
			removal->gone[i] = removal->gone[--removal->gone_len];
	}
}

static enum pu_err remove_all(struct cli_edit *edit, const struct cli_relay_address *target,
                              struct removal *removal)
{
	const struct pu_strings known = edit->config.relay.addresses;
	struct pu_multiaddr address;
	struct pu_peer_id peer;
	enum pu_err err = PU_OK;

	for (size_t i = 0; i < known.len && err == PU_OK; i++) {
		if (!cli_relay_address_split(known.items[i], &address, &peer) ||
		    !is_meant(target, &address, &peer))
			continue;
		err = pu_yaml_list_remove(&edit->text, PU_YAML_PATH("relay", "addresses"),
		                          known.items[i]);
		forget(removal, &peer);
		removal->addresses++;
	}
	for (size_t i = 0; i < known.len; i++) {
		if (cli_relay_address_split(known.items[i], &address, &peer) &&
		    !is_meant(target, &address, &peer))
			keep(removal, &peer);
	}
	return err;
}

static enum cli_exit deauthorize(struct cli *cli, const struct removal *removal)
{
	struct pu_config config = {0};
	enum cli_exit code = cli_files_load(cli, &config);
	bool removed;

	for (size_t i = 0; code == CLI_DONE && i < removal->gone_len; i++)
		code = cli_auth_refuse(cli, &config, &removal->gone[i], &removed);
	pu_config_fini(&config);
	return code;
}

static enum cli_exit run_remove(struct cli *cli)
{
	struct cli_relay_address target;
	struct removal removal = {0};
	struct cli_edit edit;
	enum cli_exit code = cli_edit_begin(cli, &edit);
	enum pu_err err = PU_OK;

	if (code != CLI_DONE)
		return code;
	code = read_target(cli, &edit.config, &target);
	if (code == CLI_DONE)
		err = remove_all(&edit, &target, &removal);
	if (code == CLI_DONE && removal.addresses == 0)
		code = cli_fail(cli, CLI_FAILED, "peerup relay list shows all",
		                "this node uses no relay %s", cli_word(cli, 0));
	if (code != CLI_DONE) {
		cli_edit_abort(&edit);
		return code;
	}
	code = cli_edit_commit(cli, &edit, err);
	if (code == CLI_DONE && cli_flag(cli, "deauthorize"))
		code = deauthorize(cli, &removal);
	if (code == CLI_DONE)
		cli_done(cli, "relay", cli_word(cli, 0), "removed", "%s is no relay of this node now%s",
		         cli_word(cli, 0),
		         cli_flag(cli, "deauthorize") ? ", and may not connect"
		                                      : "; it stays in authorized_keys");
	return code;
}

/* ---- the command ---- */

static const struct cli_positional positionals[] = {
    {.name = "RELAY",
     .offer = CLI_OFFER_RELAY,
     .help = "its peer ID or name, or one of its addresses"},
};
static const struct cli_option options[] = {
    {.name = "deauthorize",
     .kind = CLI_FLAG,
     .help = "take it out of authorized_keys, too, once none of its addresses is left"},
};

const struct cli_command cli_relay_remove = {
    .name = "remove",
    .alias = "rm",
    .summary = "use a relay no more",
    CLI_ROWS(positionals, positionals),
    CLI_ROWS(options, options),
    .run = run_remove,
};
