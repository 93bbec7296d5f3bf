/* Knows where an identity comes from and how it is shown. */
#include "identity.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>

#include "files.h"
#include "json.h"
#include "trust/key_file.h"

void cli_identity_of_key(const struct pu_key *key, struct cli_identity *out)
{
	struct pu_public_key public_key = pu_key_public(key);
	struct pu_peer_id id = pu_peer_id_of_key(&public_key);
	enum pu_err err = pu_peer_id_did(&id, out->did);

	assert(err == PU_OK); /* our keys are Ed25519 */
	(void)err;
	pu_peer_id_print(&id, out->peer_id);
	sodium_bin2hex(out->public_hex, sizeof(out->public_hex), public_key.bytes.data,
	               public_key.bytes.len);
}

enum cli_exit cli_identity_load(const struct cli *cli, const char *path,
                                struct cli_identity *out)
{
	struct pu_key key;
	enum pu_err err = pu_key_file_load(path, &key);

	if (err != PU_OK)
		return cli_fail(cli, CLI_FAILED, NULL, "%s %s", path, pu_key_file_advice(err));
	cli_identity_of_key(&key, out);
	pu_key_fini(&key);
	return CLI_DONE;
}

enum cli_exit cli_identity_own(const struct cli *cli, struct cli_identity *out)
{
	struct pu_config config = {0};
	enum cli_exit code = cli_files_load(cli, &config);

	if (code == CLI_DONE)
		code = cli_identity_load(cli, config.identity.key_file, out);
	pu_config_fini(&config);
	return code;
}

void cli_identity_print(const struct cli *cli, const struct cli_identity *identity)
{
	struct cli_json json;

	if (cli->json) {
		cli_json_init(&json, stdout);
		cli_json_object(&json, NULL);
		cli_json_str(&json, "peer_id", identity->peer_id);
		cli_json_str(&json, "did", identity->did);
		cli_json_str(&json, "public_key", identity->public_hex);
		cli_json_end(&json);
	} else if (cli_flag(cli, "did")) {
		puts(identity->did);
	} else if (cli_flag(cli, "public")) {
		puts(identity->public_hex);
	} else {
		puts(identity->peer_id);
	}
}
