/* Knows which authorized_keys a command works on, and how another command lets a peer in on the
 * way. */
#include "auth.h"

#include <string.h>

#include "base/alloc.h"
#include "daemon.h"
#include "files.h"
#include "identity.h"
#include "trust/authorized_keys_file.h"
#include "trust/key_file.h"

enum cli_exit cli_auth_open(const struct cli *cli, const char *file, bool names,
                            struct cli_auth_place *place)
{
	enum cli_exit code = CLI_DONE;

	*place = (struct cli_auth_place){.in_force = file == NULL};
	if (file == NULL || names)
		code = cli_files_load(cli, &place->config);
	if (code == CLI_DONE && file != NULL)
		code = cli_files_expand(cli, file, &place->path);
	else if (code == CLI_DONE)
		place->path = pu_strdup(place->config.security.authorized_keys_file);
	if (code != CLI_DONE)
		cli_auth_close(place);
	return code;
}

void cli_auth_close(struct cli_auth_place *place)
{
	pu_config_fini(&place->config);
	pu_free(place->path);
}

enum cli_exit cli_auth_load(const struct cli *cli, const char *path,
                            struct pu_authorized_keys **keys)
{
	enum pu_err err = pu_authorized_keys_file_load(path, keys);

	if (err == PU_ENOTFOUND)
		return cli_fail(cli, CLI_FAILED, "peerup auth add PEERID makes it",
		                "there is no file %s", path);
	return err == PU_OK ? CLI_DONE : cli_fail_err(cli, err, NULL, "cannot read %s", path);
}

enum cli_exit cli_auth_check_not_self(const struct cli *cli, const struct pu_config *config,
                                      const struct pu_peer_id *peer)
{
	char text[PU_PEER_ID_TEXT_MAX];
	struct cli_identity self;
	struct pu_key key;

	if (config->identity.key_file == NULL ||
	    pu_key_file_load(config->identity.key_file, &key) != PU_OK)
		return CLI_DONE;
	cli_identity_of_key(&key, &self);
	pu_key_fini(&key);
	if (strcmp(self.peer_id, pu_peer_id_print(peer, text)) != 0)
		return CLI_DONE;
	return cli_fail(cli, CLI_FAILED, "give the other node's ID: peerup whoami prints it there",
	                "this is the peer ID of this node itself");
}

enum cli_exit cli_auth_allow(struct cli *cli, const struct pu_config *config,
                             const struct pu_peer_id *peer, const char *comment, bool *added)
{
	const char *path = config->security.authorized_keys_file;
	enum pu_err err = pu_authorized_keys_file_add(path, peer, comment, 0);

	if (err != PU_OK && err != PU_EEXIST)
		return cli_fail_err(cli, err, NULL, "cannot edit %s", path);
	*added = err == PU_OK;
	cli_daemon_await_keys(cli);
	return CLI_DONE;
}

enum cli_exit cli_auth_refuse(struct cli *cli, const struct pu_config *config,
                              const struct pu_peer_id *peer, bool *removed)
{
	const char *path = config->security.authorized_keys_file;
	enum pu_err err = pu_authorized_keys_file_remove(path, peer);

	if (err != PU_OK && err != PU_ENOTFOUND)
		return cli_fail_err(cli, err, NULL, "cannot edit %s", path);
	*removed = err == PU_OK;
	cli_daemon_await_keys(cli);
	return CLI_DONE;
}
