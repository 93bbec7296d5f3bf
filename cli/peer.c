/* Knows how a name becomes a peer ID and back. */
#include "peer.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

static void use_resolved(void *user, const void *answer)
{
	const struct pu_naming_resolved *resolved = answer;
	struct cli_peer *peer = user;

	snprintf(peer->name, sizeof(peer->name), "%s", resolved->name);
	snprintf(peer->peer_id, sizeof(peer->peer_id), "%s", resolved->peer_id);
	snprintf(peer->source, sizeof(peer->source), "%s", resolved->source);
}

enum cli_exit cli_peer_resolve(struct cli_daemon *daemon, const char *typed,
                               struct cli_peer *peer)
{
	const struct pu_naming_resolve question = {.name = typed};
	enum pu_err err;

	*peer = (struct cli_peer){0};
	snprintf(peer->typed, sizeof(peer->typed), "%s", typed);
	err = cli_daemon_ask(daemon, PU_MSG_NAMING_RESOLVE, &question, use_resolved, peer);
	if (err == PU_ENOTFOUND)
		return cli_fail(daemon->cli, CLI_FAILED,
		                "peerup peer list shows the names; peerup auth add PEERID --name NAME "
		                "adds one",
		                "nobody is called \"%s\"", typed);
	return err == PU_OK ? CLI_DONE
	                    : cli_daemon_fail(daemon, false, "cannot resolve \"%s\"", typed);
}

/* ---- names ---- */

struct entry {
	char *name, *peer_id;
};

struct cli_names {
	struct entry *entries;
	size_t len;
};

static void use_peers(void *user, const void *answer)
{
	const struct pu_naming_peers *peers = answer;
	const struct pu_naming_known *known = peers->peers.items;
	struct cli_names *names = user;

	names->entries = pu_calloc(peers->peers.len, sizeof(*names->entries));
	for (size_t i = 0; i < peers->peers.len; i++)
		names->entries[names->len++] =
		    (struct entry){pu_strdup(known[i].name), pu_strdup(known[i].peer_id)};
}

struct cli_names *cli_names_load(struct cli_daemon *daemon)
{
	const struct pu_naming_list question = {0};
	struct cli_names *names = PU_NEW(struct cli_names);

	if (cli_daemon_ask(daemon, PU_MSG_NAMING_LIST, &question, use_peers, names) != PU_OK)
		names->len = 0;
	return names;
}

void cli_names_free(struct cli_names *names)
{
	for (size_t i = 0; i < names->len; i++) {
		pu_free(names->entries[i].name);
		pu_free(names->entries[i].peer_id);
	}
	pu_free(names->entries);
	pu_free(names);
}

const char *cli_names_find(const struct cli_names *names, const char *peer_id)
{
	for (size_t i = 0; i < names->len; i++) {
		if (strcmp(names->entries[i].peer_id, peer_id) == 0)
			return names->entries[i].name;
	}
	return "";
}

const char *cli_names_show(const struct cli_names *names, const char *peer_id)
{
	const char *name = cli_names_find(names, peer_id);

	return name[0] != '\0' ? name : peer_id;
}

enum cli_exit cli_peer_address(const struct cli *cli, const char *typed,
                               struct pu_multiaddr *address)
{
	if (pu_multiaddr_parse(typed, address) != PU_OK)
		return cli_fail(cli, CLI_USAGE, "such as /ip4/192.0.2.1/udp/41641/quic-v1",
		                "\"%s\" is not a multiaddr", typed);
	if (!pu_multiaddr_is_dialable(address))
		return cli_fail(cli, CLI_USAGE,
		                "such as /ip4/192.0.2.1/udp/41641/quic-v1 or /ip4/192.0.2.1/tcp/41641",
		                "%s says no way to connect", typed);
	return CLI_DONE;
}
