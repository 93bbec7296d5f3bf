/* Knows the JSON shapes that docs/CLI.md promises. */
#include "show.h"

void cli_json_services(struct cli_json *json, const char *key, const struct pu_items *services)
{
	const struct pu_service_info *info = services->items;

	cli_json_list(json, key);
	for (size_t i = 0; i < services->len; i++) {
		cli_json_object(json, NULL);
		cli_json_str(json, "name", info[i].name);
		cli_json_str(json, "state", info[i].state);
		cli_json_u64(json, "pid", info[i].pid);
		cli_json_u64(json, "uptime_ms", info[i].uptime_ms);
		cli_json_u64(json, "restarts", info[i].restarts);
		cli_json_u64(json, "rss_bytes", info[i].rss_bytes);
		cli_json_u64(json, "private_bytes", info[i].private_bytes);
		cli_json_str(json, "note", info[i].note);
		cli_json_end(json);
	}
	cli_json_end(json);
}

void cli_json_connections(struct cli_json *json, const char *key,
                          const struct pu_items *connections, const struct cli_names *names)
{
	const struct pu_connection_info *info = connections->items;

	cli_json_list(json, key);
	for (size_t i = 0; i < connections->len; i++) {
		cli_json_object(json, NULL);
		cli_json_str(json, "peer_id", info[i].peer_id);
		cli_json_str(json, "name", cli_names_find(names, info[i].peer_id));
		cli_json_str(json, "address", info[i].address);
		cli_json_str(json, "direction", info[i].direction);
		cli_json_str(json, "path", info[i].path);
		cli_json_str(json, "agent", info[i].agent);
		cli_json_milli(json, "rtt_ms", info[i].rtt_us);
		cli_json_u64(json, "age_ms", info[i].age_ms);
		cli_json_u64(json, "streams", info[i].streams);
		cli_json_u64(json, "bytes_in", info[i].bytes_in);
		cli_json_u64(json, "bytes_out", info[i].bytes_out);
		cli_json_strings(json, "protocols", info[i].protocols);
		cli_json_end(json);
	}
	cli_json_end(json);
}

void cli_json_exposed(struct cli_json *json, const char *key, const struct pu_items *exposed)
{
	const struct pu_exposed *row = exposed->items;

	cli_json_list(json, key);
	for (size_t i = 0; i < exposed->len; i++) {
		cli_json_object(json, NULL);
		cli_json_str(json, "name", row[i].name);
		cli_json_str(json, "target", row[i].target);
		cli_json_bool(json, "enabled", row[i].enabled);
		cli_json_strings(json, "allowed_peers", row[i].allowed_peers);
		cli_json_strings(json, "tags", row[i].tags);
		cli_json_end(json);
	}
	cli_json_end(json);
}

void cli_json_forwards(struct cli_json *json, const char *key, const struct pu_items *forwards)
{
	const struct pu_forward *row = forwards->items;

	cli_json_list(json, key);
	for (size_t i = 0; i < forwards->len; i++) {
		cli_json_object(json, NULL);
		cli_json_str(json, "id", row[i].id);
		cli_json_str(json, "peer", row[i].peer);
		cli_json_str(json, "peer_id", row[i].peer_id);
		cli_json_str(json, "service", row[i].service);
		cli_json_str(json, "listen", row[i].listen);
		cli_json_str(json, "state", row[i].state);
		cli_json_str(json, "error", row[i].error);
		cli_json_bool(json, "permanent", row[i].permanent);
		cli_json_end(json);
	}
	cli_json_end(json);
}

void cli_json_usage(struct cli_json *json, const char *key, const struct pu_items *usage,
                    const struct cli_names *names)
{
	const struct pu_usage *row = usage->items;

	cli_json_list(json, key);
	for (size_t i = 0; i < usage->len; i++) {
		cli_json_object(json, NULL);
		cli_json_str(json, "service", row[i].service);
		cli_json_str(json, "peer_id", row[i].peer_id);
		cli_json_str(json, "name", cli_names_find(names, row[i].peer_id));
		cli_json_str(json, "direction", row[i].direction);
		cli_json_u64(json, "active", row[i].active);
		cli_json_u64(json, "total", row[i].total);
		cli_json_u64(json, "failed", row[i].failed);
		cli_json_u64(json, "bytes_in", row[i].bytes_in);
		cli_json_u64(json, "bytes_out", row[i].bytes_out);
		cli_json_end(json);
	}
	cli_json_end(json);
}
