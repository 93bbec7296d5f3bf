/* `peerup init`: the first files of a node. */
#include "commands.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/rand.h"
#include "config/check.h"
#include "files.h"
#include "identity.h"
#include "json.h"
#include "trust/key_file.h"

#define PORT_FIRST 30000
#define PORT_COUNT 30000
#define PORT_TRIES 64

struct plan {
	char *dir, *config, *key, *keys; /* paths */
	char name[PU_CONFIG_NAME_MAX + 1];
	uint64_t port;
	bool key_was_there;
	struct cli_identity identity;
};

static const char keys_text[] =
    "# Who may connect to this node: one peer ID a line, then attributes, then a comment.\n"
    "#\n"
    "#   12D3KooW...  expires=2027-01-31T00:00:00Z  # laptop\n"
    "#\n"
    "# Changes take effect at once. `peerup auth add PEERID --name NAME` adds a line.\n";

static void write_config(struct pu_buffer *out, const struct plan *plan)
{
	enum pu_err err = pu_buffer_printf(
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
	    "    - /ip4/0.0.0.0/udp/%llu/quic-v1\n"
	    "    - /ip6/::/udp/%llu/quic-v1\n"
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
	    "forwards: {}\n",
	    plan->name, (unsigned long long)plan->port, (unsigned long long)plan->port);

	if (err != PU_OK)
		abort(); /* the buffer's bound is larger than this text */
}

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

static bool port_is_free(uint16_t port)
{
	const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_free = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;

	if (fd >= 0)
		close(fd);
	return is_free;
}

static uint64_t some_port(void)
{
	uint64_t port = PORT_FIRST;

	for (unsigned i = 0; i < PORT_TRIES; i++) {
		port = PORT_FIRST + pu_rand_uniform(PORT_COUNT);
		if (port_is_free((uint16_t)port))
			break;
	}
	return port;
}

static enum cli_exit choose(const struct cli *cli, struct plan *plan)
{
	const char *dir = cli_value(cli, "dir"), *config = cli_value(cli, "config");
	const char *name = cli_value(cli, "name");
	const char *env = getenv("PEERUP_CONFIG");

	if (config == NULL && dir == NULL)
		config = env;
	if (name == NULL)
		name_of_host(plan->name);
	else if (pu_check_name(name) != NULL)
		return cli_fail(cli, CLI_USAGE, NULL, "--name: expected %s, not \"%s\"",
		                pu_check_name(name), name);
	else
		snprintf(plan->name, sizeof(plan->name), "%s", name);
	plan->port = cli_value(cli, "port") != NULL ? cli_amount(cli, "port") : some_port();
	if (plan->port < 1 || plan->port > 65535)
		return cli_fail(cli, CLI_USAGE, NULL, "--port: expected 1 to 65535");
	if (config != NULL && dir != NULL)
		return cli_fail(cli, CLI_USAGE, "give one of them", "--config and --dir contradict");
	plan->config = config != NULL ? pu_path_expand(config) : NULL;
	plan->dir = config != NULL ? pu_path_dir(plan->config)
	                           : pu_path_expand(dir != NULL ? dir : "~/.config/peerup");
	if (plan->config == NULL)
		plan->config = pu_asprintf("%s/config.yaml", plan->dir);
	plan->key = pu_asprintf("%s/identity.key", plan->dir);
	plan->keys = pu_asprintf("%s/authorized_keys", plan->dir);
	return CLI_DONE;
}

/* ---- files ---- */

static enum cli_exit make_key(const struct cli *cli, struct plan *plan)
{
	struct pu_key key;
	enum pu_err err = pu_key_file_create(plan->key, &key);

	if (err == PU_EEXIST) {
		plan->key_was_there = true;
		return cli_identity_load(cli, plan->key, &plan->identity);
	}
	if (err != PU_OK)
		return cli_fail_err(cli, err, NULL, "cannot write %s", plan->key);
	cli_identity_of_key(&key, &plan->identity);
	pu_key_fini(&key);
	return CLI_DONE;
}

static enum cli_exit make_config(const struct cli *cli, const struct plan *plan)
{
	struct pu_buffer text;
	enum pu_err err;

	pu_buffer_init(&text, 16384);
	write_config(&text, plan);
	err = pu_file_write(plan->config, pu_buffer_bytes(&text));
	pu_buffer_fini(&text);
	return err == PU_OK ? CLI_DONE
	                    : cli_fail_err(cli, err, NULL, "cannot write %s", plan->config);
}

static enum cli_exit make_files(const struct cli *cli, struct plan *plan)
{
	enum cli_exit code;
	enum pu_err err;

	if (access(plan->config, F_OK) == 0)
		return cli_fail(cli, CLI_FAILED,
		                "edit it, or choose another place with --dir; nothing was changed",
		                "%s exists already", plan->config);
	code = make_key(cli, plan);
	if (code != CLI_DONE)
		return code;
	if (access(plan->keys, F_OK) != 0) {
		err = pu_file_write(plan->keys, pu_bytes_of_str(keys_text));
		if (err != PU_OK)
			return cli_fail_err(cli, err, NULL, "cannot write %s", plan->keys);
	}
	return make_config(cli, plan);
}

static enum cli_exit make(const struct cli *cli, struct plan *plan)
{
	struct pu_file_lock lock = {.fd = -1};
	enum pu_err err = pu_dir_ensure(plan->dir);
	enum cli_exit code;

	if (err == PU_OK)
		err = pu_file_lock(&lock, plan->config, CLI_LOCK_MS);
	if (err != PU_OK)
		return cli_fail_err(cli, err, "it must be yours, and only you may write to it",
		                    "cannot use the directory %s", plan->dir);
	code = make_files(cli, plan);
	pu_file_unlock(&lock);
	return code;
}

/* ---- what the user sees ---- */

/* Only a file that was asked for can lie where no other command would look. */
static void say_where(const struct cli *cli, const struct plan *plan)
{
	char *usual = pu_path_expand("~/.config/peerup/config.yaml");
	char *path = realpath(plan->config, NULL);
	const char *env = getenv("PEERUP_CONFIG");

	if (path != NULL && strcmp(plan->config, usual) != 0 &&
	    (env == NULL || strcmp(plan->config, env) != 0)) {
		cli_say(cli, "Say --config %s with each command, or once:", path);
		cli_say(cli, "  export PEERUP_CONFIG=%s", path);
	}
	free(path);
	pu_free(usual);
}

static void report(const struct cli *cli, const struct plan *plan)
{
	struct cli_json json;

	if (cli->json) {
		cli_json_init(&json, stdout);
		cli_json_object(&json, NULL);
		cli_json_str(&json, "name", plan->name);
		cli_json_str(&json, "peer_id", plan->identity.peer_id);
		cli_json_str(&json, "config", plan->config);
		cli_json_str(&json, "key_file", plan->key);
		cli_json_str(&json, "authorized_keys_file", plan->keys);
		cli_json_u64(&json, "port", plan->port);
		cli_json_end(&json);
		return;
	}
	if (cli->quiet) {
		puts(plan->identity.peer_id);
		return;
	}
	cli_say(cli, "%s is ready, with its files in %s%s.", plan->name, plan->dir,
	        plan->key_was_there ? " and the key that was there" : "");
	cli_say(cli, "Its peer ID: %s", plan->identity.peer_id);
	say_where(cli, plan);
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
	pu_free(plan.dir);
	pu_free(plan.config);
	pu_free(plan.key);
	pu_free(plan.keys);
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
     .help = "the UDP port to listen on (default: a free one, chosen now)"},
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
