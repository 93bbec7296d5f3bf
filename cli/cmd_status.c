/* `peerup status`: one screen about everything. */
#include "commands.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "daemon.h"
#include "files.h"
#include "identity.h"
#include "show.h"
#include "text.h"

#define WATCH_MS 2000

struct view {
	const struct cli *cli;
	struct cli_daemon *daemon;
	struct cli_names *names;
	const char *silent; /* the service that did not answer */
	struct cli_json json;
};

static void put_field(const char *label, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void put_field(const char *label, const char *fmt, ...)
{
	char text[1024];
	va_list list;

	va_start(list, fmt);
	vsnprintf(text, sizeof(text), fmt, list);
	va_end(list);
	cli_text_clean(text);
	printf("  %-12s%s\n", label, text);
}

/* ---- with the daemon ---- */

static void use_supervisor(void *user, const void *answer)
{
	const struct pu_supervisor_state *state = answer;
	struct view *view = user;
	char age[CLI_AMOUNT_MAX];

	if (view->cli->json) {
		cli_json_bool(&view->json, "running", true);
		cli_json_str(&view->json, "version", state->version);
		cli_json_str(&view->json, "config", state->config);
		cli_json_u64(&view->json, "pid", state->pid);
		cli_json_u64(&view->json, "uptime_ms", state->uptime_ms);
		cli_json_str(&view->json, "name", state->name);
		cli_json_services(&view->json, "services", &state->services);
		return;
	}
	printf("%speerup %s%s, running for %s\n", cli_style_begin(CLI_TITLE, view->cli->color),
	       state->version, cli_style_end(view->cli->color),
	       cli_text_age(state->uptime_ms, age));
	if (state->name[0] != '\0')
		put_field("name", "%s", state->name);
	put_field("config", "%s", state->config);
	cli_show_services(view->cli, &state->services);
}

static void use_identity(void *user, const void *answer)
{
	const struct pu_auth_self *self = answer;
	struct view *view = user;

	if (view->cli->json)
		cli_json_str(&view->json, "peer_id", self->peer_id);
	else
		printf("\n%snode%s\n  %-12s%s\n", cli_style_begin(CLI_TITLE, view->cli->color),
		       cli_style_end(view->cli->color), "peer ID", self->peer_id);
}

static void transport_json(struct cli_json *json, const struct pu_transport_state *state)
{
	cli_json_object(json, "transport");
	cli_json_strings(json, "listen", state->listen);
	cli_json_strings(json, "observed", state->observed);
	cli_json_u64(json, "connections", state->connections);
	cli_json_u64(json, "streams", state->streams);
	cli_json_u64(json, "handshakes", state->handshakes);
	cli_json_u64(json, "memory_bytes", state->memory_bytes);
	cli_json_u64(json, "bytes_in", state->bytes_in);
	cli_json_u64(json, "bytes_out", state->bytes_out);
	cli_json_bool(json, "gso", state->gso);
	cli_json_end(json);
}

static void use_transport(void *user, const void *answer)
{
	const struct pu_transport_state *state = answer;
	struct view *view = user;
	char in[CLI_AMOUNT_MAX], out[CLI_AMOUNT_MAX], memory[CLI_AMOUNT_MAX];

	if (view->cli->json) {
		transport_json(&view->json, state);
		return;
	}
	for (size_t i = 0; i < state->listen.len; i++)
		put_field(i == 0 ? "listens at" : "", "%s", state->listen.items[i]);
	for (size_t i = 0; i < state->observed.len; i++)
		put_field(i == 0 ? "seen as" : "", "%s", state->observed.items[i]);
	put_field("traffic", "%s received, %s sent", cli_text_bytes(state->bytes_in, in),
	          cli_text_bytes(state->bytes_out, out));
	put_field("open", "%llu connection%s, %llu stream%s, %s",
	          (unsigned long long)state->connections, state->connections == 1 ? "" : "s",
	          (unsigned long long)state->streams, state->streams == 1 ? "" : "s",
	          cli_text_bytes(state->memory_bytes, memory));
}

static void use_peers(void *user, const void *answer)
{
	const struct pu_transport_connections *connections = answer;
	struct view *view = user;

	if (view->cli->json)
		cli_json_connections(&view->json, "peers", &connections->connections, view->names);
	else
		cli_show_connections(view->cli, &connections->connections, view->names,
		                     "connected peers");
}

static void use_relays(void *user, const void *answer)
{
	const struct pu_transport_reserved *reserved = answer;
	struct view *view = user;

	if (view->cli->json)
		cli_json_relays(&view->json, "relays", &reserved->relays, view->names);
	else if (reserved->relays.len > 0)
		cli_show_relays(view->cli, &reserved->relays, view->names, "relays");
}

static void use_proxy(void *user, const void *answer)
{
	const struct pu_proxy_state *state = answer;
	struct view *view = user;

	if (view->cli->json) {
		cli_json_exposed(&view->json, "exposed", &state->services);
		cli_json_forwards(&view->json, "forwards", &state->forwards);
		cli_json_usage(&view->json, "usage", &state->usage, view->names);
		return;
	}
	cli_show_exposed(view->cli, &state->services, "offered services");
	cli_show_forwards(view->cli, &state->forwards, "forwards");
	if (state->usage.len > 0)
		cli_show_usage(view->cli, &state->usage, view->names, "usage");
}

/* What the screen is made of, in its order. */
static const struct part {
	enum pu_msg id;
	const char *service;
	void (*use)(void *user, const void *answer);
	const char *keys[3]; /* null in the JSON when there is no answer */
} parts[] = {
    {PU_MSG_SUPERVISOR_STATUS, "supervisor", use_supervisor, {"services"}},
    {PU_MSG_AUTH_IDENTITY, "auth", use_identity, {"peer_id"}},
    {PU_MSG_TRANSPORT_STATUS, "transport", use_transport, {"transport"}},
    {PU_MSG_TRANSPORT_PEERS, "transport", use_peers, {"peers"}},
    {PU_MSG_TRANSPORT_RELAYS, "transport", use_relays, {"relays"}},
    {PU_MSG_PROXY_STATUS, "proxy", use_proxy, {"exposed", "forwards", "usage"}},
};

#define PART_DEADLINE_MS 1500

static void put_part(struct view *view, const struct part *part)
{
	const struct pu_ok empty = {0}; /* all of these questions have no fields */

	bool was_silent = view->silent != NULL && strcmp(view->silent, part->service) == 0;

	if (!was_silent && cli_daemon_ask_within(view->daemon, part->id, &empty, PART_DEADLINE_MS,
	                                         part->use, view) == PU_OK)
		return;
	view->silent = part->service;
	if (!view->cli->json && !was_silent)
		printf("\n%s does not answer: %s\n", part->service, view->daemon->text);
	if (!view->cli->json)
		return;
	for (size_t i = 0; i < PU_ARRAY_LEN(part->keys) && part->keys[i] != NULL; i++)
		cli_json_null(&view->json, part->keys[i]);
}

static void put_screen(struct view *view)
{
	view->silent = NULL;
	view->names = cli_names_load(view->daemon);
	if (view->cli->json) {
		cli_json_init(&view->json, stdout);
		cli_json_object(&view->json, NULL);
	}
	for (size_t i = 0; i < PU_ARRAY_LEN(parts); i++)
		put_part(view, &parts[i]);
	if (view->cli->json)
		cli_json_end(&view->json);
	cli_names_free(view->names);
	fflush(stdout);
}

static void run_online(struct cli *cli, struct cli_daemon *daemon)
{
	struct view view = {.cli = cli, .daemon = daemon};
	bool watch = cli_flag(cli, "watch");

	if (watch)
		cli_daemon_catch_signals(daemon);
	do {
		if (watch && cli->color)
			fputs("\033[H\033[2J", stdout);
		put_screen(&view);
	} while (watch && ferror(stdout) == 0 && cli_daemon_wait(daemon, WATCH_MS));
}

/* ---- without ---- */

static void put_offline(const struct cli *cli, const struct pu_config *config,
                        const char *peer_id)
{
	struct pu_exposed *exposed = pu_calloc(config->services.len + 1, sizeof(*exposed));
	struct pu_forward *forwards = pu_calloc(config->forwards.len + 1, sizeof(*forwards));
	const struct pu_items services = {exposed, config->services.len};
	const struct pu_items listeners = {forwards, config->forwards.len};
	const char *name = config->node.name != NULL ? config->node.name : "";
	struct cli_json json;

	cli_show_exposed_rows(config, exposed);
	cli_show_forward_rows(config, forwards);
	if (cli->json) {
		cli_json_init(&json, stdout);
		cli_json_object(&json, NULL);
		cli_json_bool(&json, "running", false);
		cli_json_str(&json, "version", PEERUP_VERSION);
		cli_json_str(&json, "config", config->path);
		cli_json_str(&json, "name", name);
		cli_json_str(&json, "peer_id", peer_id);
		cli_json_exposed(&json, "exposed", &services);
		cli_json_forwards(&json, "forwards", &listeners);
		cli_json_end(&json);
	} else {
		put_field("name", "%s", name);
		put_field("config", "%s", config->path);
		put_field("peer ID", "%s", peer_id);
		cli_show_exposed(cli, &services, "offered services");
		cli_show_forwards(cli, &listeners, "forwards");
		putchar('\n');
	}
	pu_free(exposed);
	pu_free(forwards);
}

static enum cli_exit run_offline(const struct cli *cli)
{
	struct pu_config config = {0};
	struct cli_identity self;
	enum cli_exit code = cli_files_load(cli, &config);

	if (code != CLI_DONE)
		return code;
	code = cli_identity_load(cli, config.identity.key_file, &self);
	put_offline(cli, &config, code == CLI_DONE ? self.peer_id : "");
	pu_config_fini(&config);
	return cli_fail(cli, CLI_NO_DAEMON, "start it with: peerup daemon",
	                "the daemon is not running");
}

static enum cli_exit run(struct cli *cli)
{
	struct cli_daemon daemon;
	bool running;
	enum cli_exit code = cli_daemon_find(cli, &daemon, &running);

	if (code != CLI_DONE)
		return code;
	if (!running)
		return run_offline(cli);
	run_online(cli, &daemon);
	cli_daemon_close(&daemon);
	return CLI_DONE;
}

static const struct cli_option options[] = {
    {.name = "watch", .letter = 'w', .kind = CLI_FLAG, .help = "again every 2 s, until Ctrl-C"},
};

const struct cli_command cli_cmd_status = {
    .name = "status",
    .summary = "show this node, its services, peers and forwards",
    .about = "Without the daemon: what the files say, and exit status 5.",
    CLI_ROWS(options, options),
    .run = run,
};
