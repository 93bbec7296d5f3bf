/* Knows which files make a node, where they go, and that none of them replaces another. */
#include "node_files.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "config/check.h"
#include "files.h"
#include "owner.h"
#include "text.h"
#include "trust/key_file.h"

static const char keys_text[] =
    "# Who may connect to this node: one peer ID a line, then attributes, then a comment.\n"
    "#\n"
    "#   12D3KooW...  expires=2027-01-31T00:00:00Z  # laptop\n"
    "#\n"
    "# Changes take effect at once. `peerup auth add PEERID --name NAME` adds a line.\n";

/* ---- choices ---- */

static void name_of_host(char out[PU_CONFIG_NAME_MAX + 1])
{
	char host[256] = "";
	size_t len = 0;

	if (gethostname(host, sizeof(host) - 1) != 0)
		host[0] = '\0';
	for (const char *c = host; *c != '\0' && *c != '.' && len < PU_CONFIG_NAME_MAX; c++) {
		if (isalnum((unsigned char)*c))
			out[len++] = (char)tolower((unsigned char)*c);
		else if (len > 0 && out[len - 1] != '-')
			out[len++] = '-';
	}
	while (len > 0 && out[len - 1] == '-')
		len--;
	out[len] = '\0';
	if (pu_check_name(out) != NULL)
		snprintf(out, PU_CONFIG_NAME_MAX + 1, "node");
}

enum cli_exit cli_node_name(const struct cli *cli, char out[PU_CONFIG_NAME_MAX + 1])
{
	const char *name = cli_value(cli, "name");

	if (name == NULL)
		name_of_host(out);
	else if (pu_check_name(name) != NULL)
		return cli_fail(cli, CLI_USAGE, NULL, "--name: expected %s, not \"%s\"",
		                pu_check_name(name), name);
	else
		snprintf(out, PU_CONFIG_NAME_MAX + 1, "%s", name);
	return CLI_DONE;
}

enum cli_exit cli_node_port(const struct cli *cli, const char *option, uint16_t *port)
{
	uint64_t number = cli_amount(cli, option);

	if (number < 1 || number > UINT16_MAX)
		return cli_fail(cli, CLI_USAGE, NULL, "--%s: expected 1 to 65535", option);
	*port = (uint16_t)number;
	return CLI_DONE;
}

static enum cli_exit choose_path(const struct cli *cli, const char *typed, char **path)
{
	char *expanded;
	enum cli_exit code = cli_files_expand(cli, typed, &expanded);

	if (code != CLI_DONE)
		return code;
	*path = pu_path_absolute(expanded);
	pu_free(expanded);
	return CLI_DONE;
}

enum cli_exit cli_node_files_choose(const struct cli *cli, const char *usual_dir,
                                    struct cli_node_files *files)
{
	const char *dir = cli_value(cli, "dir"), *config = cli_value(cli, "config");
	enum cli_exit code;

	*files = (struct cli_node_files){0};
	if (config != NULL && dir != NULL)
		return cli_fail(cli, CLI_USAGE, "give one of them", "--config and --dir contradict");
	if (config == NULL && dir == NULL)
		config = getenv("PEERUP_CONFIG");
	if (config != NULL && config[0] == '\0')
		config = NULL; /* as if it were not set */
	if (config != NULL)
		code = choose_path(cli, config, &files->config);
	else
		code = choose_path(cli, dir != NULL ? dir : usual_dir, &files->dir);
	if (code != CLI_DONE)
		return code;
	if (config != NULL)
		files->dir = pu_path_dir(files->config);
	else
		files->config = pu_asprintf("%s/config.yaml", files->dir);
	files->key = pu_asprintf("%s/identity.key", files->dir);
	files->keys = pu_asprintf("%s/authorized_keys", files->dir);
	return CLI_DONE;
}

/* Sockets are made beside the configuration, and the system bounds the names of sockets. */
enum cli_exit cli_node_files_check(const struct cli *cli, const struct cli_node_files *files)
{
	if (strlen(files->dir) + strlen("/run") <= PU_CONFIG_RUNTIME_DIR_MAX)
		return CLI_DONE;
	return cli_fail(cli, CLI_FAILED, "choose a shorter one with --dir",
	                "the path of the directory is too long for sockets in it (at most %zu "
	                "bytes): %s",
	                PU_CONFIG_RUNTIME_DIR_MAX - strlen("/run"), files->dir);
}

/* ---- files ---- */

static enum cli_exit make_key(const struct cli *cli, struct cli_node_files *files)
{
	struct pu_key key;
	enum pu_err err = pu_key_file_create(files->key, &key);

	if (err == PU_EEXIST) {
		files->key_was_there = true;
		return cli_identity_load(cli, files->key, &files->identity);
	}
	if (err != PU_OK)
		return cli_fail_err(cli, err, NULL, "cannot write %s", files->key);
	cli_identity_of_key(&key, &files->identity);
	pu_key_fini(&key);
	return CLI_DONE;
}

static enum cli_exit make_keys(const struct cli *cli, const struct cli_node_files *files)
{
	enum pu_err err;

	if (access(files->keys, F_OK) == 0)
		return CLI_DONE;
	err = pu_file_write(files->keys, pu_bytes_of_str(keys_text));
	return err == PU_OK ? CLI_DONE
	                    : cli_fail_err(cli, err, NULL, "cannot write %s", files->keys);
}

static enum cli_exit make_files(const struct cli *cli, struct cli_node_files *files,
                                const struct pu_buffer *config)
{
	enum cli_exit code;
	enum pu_err err;

	if (access(files->config, F_OK) == 0)
		return cli_fail(cli, CLI_FAILED,
		                "edit it, or choose another place with --dir; nothing was changed",
		                "%s exists already", files->config);
	code = make_key(cli, files);
	if (code == CLI_DONE)
		code = make_keys(cli, files);
	if (code != CLI_DONE)
		return code;
	err = pu_file_write(files->config, pu_buffer_bytes(config));
	return err == PU_OK ? CLI_DONE
	                    : cli_fail_err(cli, err, NULL, "cannot write %s", files->config);
}

enum cli_exit cli_node_files_make(const struct cli *cli, struct cli_node_files *files,
                                  const struct pu_buffer *config)
{
	struct pu_file_lock lock = {.fd = -1};
	enum cli_exit code = cli_owner_become(cli, files->dir);
	enum pu_err err;

	if (code != CLI_DONE)
		return code;
	err = pu_dir_ensure(files->dir);
	if (err == PU_OK)
		err = pu_file_lock(&lock, files->config, CLI_LOCK_MS);
	if (err != PU_OK)
		return cli_fail_err(
		    cli, err, err == PU_EPERM ? "it must be yours, and only you may write to it" : NULL,
		    "cannot use the directory %s", files->dir);
	code = make_files(cli, files, config);
	pu_file_unlock(&lock);
	return code;
}

void cli_node_files_fini(struct cli_node_files *files)
{
	pu_free(files->dir);
	pu_free(files->config);
	pu_free(files->key);
	pu_free(files->keys);
}

/* Only a file that was asked for can lie where no other command would look. */
void cli_node_files_say_where(const struct cli *cli, const struct cli_node_files *files)
{
	char *usual = pu_path_expand("~/.config/peerup/config.yaml");
	char *quoted = cli_text_quoted(files->config);
	const char *env = getenv("PEERUP_CONFIG");

	if ((usual == NULL || strcmp(files->config, usual) != 0) &&
	    (env == NULL || strcmp(files->config, env) != 0)) {
		cli_say(cli, "Say --config %s with each command, or once:", quoted);
		cli_say(cli, "  export PEERUP_CONFIG=%s", quoted);
	}
	pu_free(quoted);
	pu_free(usual);
}
