/* `peerup key`: work on bare key files, with no configuration and no daemon. */
#include "commands.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli.h"
#include "identity.h"
#include "json.h"
#include "trust/key_file.h"

#define ENCODED_MAX 256

/* Any key file, which need not be this node's. */
static enum cli_exit load(const struct cli *cli, const char *path, struct pu_key *key)
{
	enum pu_err err = pu_key_file_load(path, key);

	if (err == PU_ENOTFOUND)
		return cli_fail(cli, CLI_FAILED, "peerup key generate FILE makes a key",
		                "there is no file \"%s\"", path);
	if (err != PU_OK)
		return cli_fail(cli, CLI_FAILED, NULL, "%s %s", path, pu_key_file_advice(err));
	return CLI_DONE;
}

static enum cli_exit run_generate(struct cli *cli)
{
	const char *path = cli_word(cli, 0);
	struct cli_identity identity;
	struct cli_json json;
	struct pu_key key;
	enum pu_err err;

	if (path[0] == '\0')
		return cli_fail(cli, CLI_USAGE, "such as identity.key", "FILE must not be empty");
	err = pu_key_file_create(path, &key);
	if (err == PU_ENOTFOUND)
		return cli_fail(cli, CLI_FAILED, NULL, "cannot write %s: there is no such directory",
		                path);
	if (err == PU_EEXIST)
		return cli_fail(cli, CLI_FAILED, "choose another name, or move the old key away",
		                "%s exists already", path);
	if (err != PU_OK)
		return cli_fail_err(cli, err, NULL, "cannot write %s", path);
	cli_identity_of_key(&key, &identity);
	pu_key_fini(&key);
	if (cli->json) {
		cli_json_init(&json, stdout);
		cli_json_object(&json, NULL);
		cli_json_str(&json, "file", path);
		cli_json_str(&json, "peer_id", identity.peer_id);
		cli_json_end(&json);
	} else {
		puts(identity.peer_id);
	}
	return CLI_DONE;
}

static enum cli_exit run_show(struct cli *cli)
{
	struct cli_identity identity;
	struct pu_key key;
	enum cli_exit code = load(cli, cli_word(cli, 0), &key);

	if (code != CLI_DONE)
		return code;
	cli_identity_of_key(&key, &identity);
	pu_key_fini(&key);
	cli_identity_print(cli, &identity);
	return CLI_DONE;
}

/* ---- convert ---- */

/* Each writes its form of the key and answers its length. */
static size_t to_raw(const struct pu_key *key, char out[ENCODED_MAX])
{
	pu_key_encode(key, (uint8_t *)out);
	return PU_ED25519_PRIVATE_PB_LEN;
}

static size_t to_base64(const struct pu_key *key, char out[ENCODED_MAX])
{
	uint8_t raw[PU_ED25519_PRIVATE_PB_LEN];

	pu_key_encode(key, raw);
	sodium_bin2base64(out, ENCODED_MAX, raw, sizeof(raw), sodium_base64_VARIANT_ORIGINAL);
	sodium_memzero(raw, sizeof(raw));
	return strlen(out);
}

static size_t to_hex(const struct pu_key *key, char out[ENCODED_MAX])
{
	uint8_t raw[PU_ED25519_PRIVATE_PB_LEN];

	pu_key_encode(key, raw);
	sodium_bin2hex(out, ENCODED_MAX, raw, sizeof(raw));
	sodium_memzero(raw, sizeof(raw));
	return strlen(out);
}

static size_t to_seed(const struct pu_key *key, char out[ENCODED_MAX])
{
	sodium_bin2hex(out, ENCODED_MAX, key->secret, PU_ED25519_SEED_LEN);
	return strlen(out);
}

static const struct coding {
	const char *name;
	size_t (*write)(const struct pu_key *key, char out[ENCODED_MAX]);
	bool binary;
} codings[] = {
    {"base64", to_base64, false},
    {"hex", to_hex, false},
    {"raw", to_raw, true},
    {"seed", to_seed, false},
};

static const struct coding *find_coding(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof(codings) / sizeof(codings[0]); i++) {
		if (strcmp(codings[i].name, name) == 0)
			return &codings[i];
	}
	return NULL;
}

static enum cli_exit save(const struct cli *cli, const char *path, const char *text, size_t len)
{
	enum pu_err err;

	if (access(path, F_OK) == 0)
		return cli_fail(cli, CLI_FAILED, "choose another name", "%s exists already", path);
	err = pu_file_write(path, pu_bytes(text, len));
	if (err != PU_OK)
		return cli_fail_err(cli, err, NULL, "cannot write %s", path);
	cli_say(cli, "%s written (mode 0600); it holds the private key.", path);
	return CLI_DONE;
}

static enum cli_exit put_coded(const struct cli *cli, const struct coding *coding,
                               const struct pu_key *key)
{
	const char *path = cli_value(cli, "out");
	char text[ENCODED_MAX];
	size_t len = coding->write(key, text);
	enum cli_exit code = CLI_DONE;

	if (!coding->binary)
		text[len++] = '\n';
	if (path != NULL)
		code = save(cli, path, text, len);
	else if (coding->binary && isatty(STDOUT_FILENO) == 1)
		code = cli_fail(cli, CLI_USAGE, "add --out FILE, or redirect the output",
		                "the raw form of a key is not text");
	else
		fwrite(text, 1, len, stdout);
	sodium_memzero(text, sizeof(text));
	return code;
}

static enum cli_exit run_convert(struct cli *cli)
{
	const char *to = cli_value(cli, "to");
	const struct coding *coding = find_coding(to);
	const char *path = cli_word(cli, 0);
	struct pu_key key;
	enum cli_exit code;

	if (coding == NULL && to != NULL)
		return cli_fail(cli, CLI_USAGE, "base64, hex, raw or seed",
		                "--to: there is no form \"%s\"", to);
	if (coding == NULL)
		return cli_fail(cli, CLI_USAGE, "one of --to base64, hex, raw, seed",
		                "which form of the key?");
	if (cli->json)
		return cli_fail(cli, CLI_USAGE, "leave --json away", "a private key has no JSON form");
	code = load(cli, path, &key);
	if (code != CLI_DONE)
		return code;
	code = put_coded(cli, coding, &key);
	pu_key_fini(&key);
	return code;
}

/* ---- the command ---- */

static const struct cli_positional new_file[] = {
    {.name = "FILE", .offer = CLI_OFFER_FILE, .help = "where to write the key; must not exist"},
};
static const struct cli_positional key_file[] = {
    {.name = "FILE", .offer = CLI_OFFER_FILE, .help = "a private key, such as identity.key"},
};
static const struct cli_option show_options[] = {
    {.name = "did", .kind = CLI_FLAG, .help = "print the did:key form"},
    {.name = "public", .kind = CLI_FLAG, .help = "print the public key in hexadecimal"},
};
static const struct cli_option convert_options[] = {
    {.name = "to",
     .kind = CLI_STRING,
     .value = "FORM",
     .offer = CLI_OFFER_CODING,
     .help =
         "base64 or hex (of the libp2p key message), raw (its bytes), seed (32 bytes in hex)"},
    {.name = "out",
     .letter = 'o',
     .kind = CLI_STRING,
     .value = "FILE",
     .offer = CLI_OFFER_FILE,
     .help = "write there, with mode 0600, instead of printing"},
};

static const struct cli_command generate = {
    .name = "generate",
    .summary = "make a new key and print its peer ID",
    CLI_ROWS(positionals, new_file),
    .run = run_generate,
};
static const struct cli_command show = {
    .name = "show",
    .summary = "print the peer ID of a key file",
    CLI_ROWS(positionals, key_file),
    CLI_ROWS(options, show_options),
    .run = run_show,
};
static const struct cli_command convert = {
    .name = "convert",
    .summary = "print a private key in another form",
    .about = "This prints the secret itself: keep what it prints to yourself.",
    CLI_ROWS(positionals, key_file),
    CLI_ROWS(options, convert_options),
    .run = run_convert,
};
static const struct cli_command *const subs[] = {&generate, &show, &convert};

const struct cli_command cli_cmd_key = {
    .name = "key",
    .summary = "make, show and convert key files",
    CLI_ROWS(subs, subs),
};
