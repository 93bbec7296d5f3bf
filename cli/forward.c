/* Knows how a command keeps a forward alive over restarts of the proxy service, and which path
 * it takes. */
#include "forward.h"

#include <stdio.h>
#include <string.h>

#include "json.h"
#include "listen.h"

#define LOOK_MS     1000 /* how often to see whether the daemon is still there */
#define PATH_EVENTS "p"  /* peer.up, peer.down, path.changed */

struct forward {
	const struct cli *cli;
	struct cli_daemon *daemon;
	const char *peer, *service;
	char listen[CLI_LISTEN_MAX]; /* what to ask for; once known, the real address */
	char id[64];
	char peer_id[128];
	bool relayed;    /* what was said last: a direct path is nothing to talk about */
	bool path_stale; /* something has happened to a connection since it was looked at */
	bool running;    /* the daemon */
	bool connected;  /* to the events of the proxy service, at least once */
	bool lost;       /* the proxy service was restarted: ask again */
};

/* ---- events ---- */

static void on_failed(struct forward *forward, const struct pu_forward_failed *failed)
{
	struct cli_json json;

	if (strcmp(failed->id, forward->id) != 0)
		return;
	if (!forward->cli->json) {
		cli_warn(forward->cli, "a connection failed: %s", failed->message);
		return;
	}
	cli_json_init(&json, stdout);
	cli_json_object(&json, NULL);
	cli_json_str(&json, "event", "failed");
	cli_json_str(&json, "code", failed->code);
	cli_json_str(&json, "message", failed->message);
	cli_json_end(&json);
	fflush(stdout);
}

/* ---- the path ---- */

static void say_path(struct forward *forward, const char *peer_id, const char *address,
                     const char *path)
{
	bool relayed = strcmp(path, "relayed") == 0;
	struct cli_json json;

	if (strcmp(peer_id, forward->peer_id) != 0 || relayed == forward->relayed)
		return;
	forward->relayed = relayed;
	if (forward->cli->json) {
		cli_json_init(&json, stdout);
		cli_json_object(&json, NULL);
		cli_json_str(&json, "event", "path");
		cli_json_str(&json, "path", path);
		cli_json_str(&json, "address", address);
		cli_json_end(&json);
	} else {
		cli_say(forward->cli, "%s is reached %s: %s", forward->peer,
		        relayed ? "through a relay" : "directly now", address);
	}
	fflush(stdout);
}

/* A connection came, went or moved: whose, and what that means, is asked later. */
static void on_path_event(void *user, const struct pu_message *event)
{
	(void)event;
	((struct forward *)user)->path_stale = true;
}

static void on_transport(void *user)
{
	((struct forward *)user)->path_stale = true;
}

/* The best connection counts: new streams take it. */
static void use_connections(void *user, const void *answer)
{
	const struct pu_transport_connections *connections = answer;
	const struct pu_connection_info *info = connections->connections.items, *best = NULL;
	struct forward *forward = user;

	for (size_t i = 0; i < connections->connections.len; i++) {
		if (strcmp(info[i].peer_id, forward->peer_id) == 0 &&
		    (best == NULL || strcmp(info[i].path, "direct") == 0))
			best = &info[i];
	}
	if (best != NULL)
		say_path(forward, best->peer_id, best->address, best->path);
}

static void look_at_path(struct forward *forward)
{
	const struct pu_transport_peers question = {0};

	forward->path_stale =
	    cli_daemon_ask_within(forward->daemon, PU_MSG_TRANSPORT_PEERS, &question, LOOK_MS,
	                          use_connections, forward) != PU_OK;
}

static void on_event(void *user, const struct pu_message *event)
{
	if (event->row->id == PU_MSG_FORWARD_FAILED)
		on_failed(user, event->body);
}

/* The line to the proxy service is there again: it is another process, which does not know
 * us. */
static void on_connected(void *user)
{
	struct forward *forward = user;

	forward->lost = forward->connected;
	forward->connected = true;
	if (forward->lost)
		uv_stop(&forward->daemon->loop);
}

/* ---- asking ---- */

static void use_forwarded(void *user, const void *answer)
{
	const struct pu_proxy_forwarded *forwarded = answer;
	struct forward *forward = user;

	snprintf(forward->id, sizeof(forward->id), "%s", forwarded->id);
	snprintf(forward->peer_id, sizeof(forward->peer_id), "%s", forwarded->peer_id);
	snprintf(forward->listen, sizeof(forward->listen), "%s", forwarded->listen);
}

static enum pu_err ask(struct forward *forward)
{
	const struct pu_proxy_forward question = {
	    .peer = forward->peer,
	    .service = forward->service,
	    .listen = forward->listen,
	};

	return cli_daemon_ask_within(forward->daemon, PU_MSG_PROXY_FORWARD, &question,
	                             CLI_PEER_DEADLINE_MS, use_forwarded, forward);
}

static void say_listening(const struct forward *forward)
{
	struct cli_json json;

	if (forward->cli->json) {
		cli_json_init(&json, stdout);
		cli_json_object(&json, NULL);
		cli_json_str(&json, "event", "listening");
		cli_json_str(&json, "id", forward->id);
		cli_json_str(&json, "peer_id", forward->peer_id);
		cli_json_str(&json, "service", forward->service);
		cli_json_str(&json, "listen", forward->listen);
		cli_json_end(&json);
	} else if (forward->cli->quiet) {
		puts(forward->listen);
	} else {
		cli_say(forward->cli, "%s leads to %s on %s. Ctrl-C ends it.", forward->listen,
		        forward->service, forward->peer);
	}
	fflush(stdout);
}

/* False: the successor refuses. What may pass is tried again at the next look. */
static bool recover(struct forward *forward)
{
	enum pu_err err = ask(forward);

	if (err == PU_OK) {
		forward->lost = false;
		say_listening(forward);
		return true;
	}
	if (err != PU_ETIMEOUT && err != PU_EBUSY && err != PU_ECLOSED && err != PU_EAGAIN)
		return false;
	return true;
}

/* Says once that the daemon is gone, and once that it is back. */
static void look(struct forward *forward)
{
	bool running = cli_daemon_probe(forward->daemon->runtime_dir) == PU_OK;

	if (running == forward->running)
		return;
	forward->running = running;
	cli_warn(forward->cli, running ? "the daemon is back"
	                               : "the daemon is gone; waiting for it to come back");
}

static enum cli_exit stay(struct forward *forward)
{
	struct cli_daemon *daemon = forward->daemon;

	while (!daemon->interrupted) {
		look(forward);
		if (forward->running && forward->lost && !recover(forward))
			return cli_daemon_fail(daemon, true, "cannot forward to %s any more",
			                       forward->peer);
		if (forward->running && forward->path_stale)
			look_at_path(forward);
		if (forward->lost)
			(void)cli_daemon_wait(daemon, LOOK_MS);
		else
			(void)cli_daemon_until(daemon, &forward->lost, LOOK_MS);
	}
	return CLI_DONE;
}

static void unforward(struct forward *forward)
{
	const struct pu_proxy_unforward question = {.id = forward->id};

	forward->daemon->interrupted = false;
	if (cli_daemon_probe(forward->daemon->runtime_dir) == PU_OK &&
	    cli_daemon_ask_within(forward->daemon, PU_MSG_PROXY_UNFORWARD, &question, 1000, NULL,
	                          NULL) != PU_OK)
		return; /* the proxy notices by itself that this process has ended */
}

enum cli_exit cli_forward_run(struct cli_daemon *daemon, const char *peer, const char *service,
                              const char *listen)
{
	struct forward forward = {.cli = daemon->cli,
	                          .daemon = daemon,
	                          .peer = peer,
	                          .service = service,
	                          .running = true,
	                          .path_stale = true};
	struct pu_events *events, *paths;
	enum cli_exit code;

	snprintf(forward.listen, sizeof(forward.listen), "%s", listen);
	cli_daemon_catch_signals(daemon);
	if (ask(&forward) != PU_OK)
		return daemon->interrupted
		           ? CLI_FAILED
		           : cli_daemon_fail(daemon, true, "cannot forward to %s", peer);
	events = pu_events_new(&daemon->loop, daemon->runtime_dir, PU_SERVICE_PROXY, "forward.",
	                       on_event, &forward);
	pu_events_on_connected(events, on_connected);
	paths = pu_events_new(&daemon->loop, daemon->runtime_dir, PU_SERVICE_TRANSPORT, PATH_EVENTS,
	                      on_path_event, &forward);
	pu_events_on_connected(paths, on_transport);
	say_listening(&forward);
	code = stay(&forward);
	pu_events_free(paths);
	pu_events_free(events);
	if (code == CLI_DONE)
		unforward(&forward);
	return code;
}
