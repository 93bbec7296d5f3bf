/* Knows the columns that people are shown. */
#include "show.h"

#include <string.h>

#include "base/alloc.h"
#include "text.h"

enum cli_style cli_show_state(const char *state)
{
	static const struct {
		const char *state;
		enum cli_style style;
	} styles[] = {
	    {"running", CLI_GOOD},    {"listening", CLI_GOOD},   {"enabled", CLI_GOOD},
	    {"starting", CLI_UNSURE}, {"backoff", CLI_UNSURE},   {"stopping", CLI_UNSURE},
	    {"failed", CLI_BAD},      {"stopped", CLI_BAD},      {"disabled", CLI_FAINT},
	    {"reserved", CLI_GOOD},   {"connected", CLI_UNSURE}, {"connecting", CLI_UNSURE},
	    {"refused", CLI_BAD},
	};

	for (size_t i = 0; i < PU_ARRAY_LEN(styles); i++) {
		if (strcmp(styles[i].state, state) == 0)
			return styles[i].style;
	}
	return CLI_PLAIN;
}

void cli_show_finish(const struct cli *cli, struct cli_table *table, const char *title)
{
	if (title != NULL)
		printf("\n%s%s%s\n", cli_style_begin(CLI_TITLE, cli->color), title,
		       cli_style_end(cli->color));
	if (cli_table_rows(table) > 0)
		cli_table_print(table, stdout, title != NULL ? 2 : 0, cli->color);
	else
		printf("%*snone\n", title != NULL ? 2 : 0, "");
	cli_table_free(table);
}

static void put_list(struct cli_table *table, struct pu_strings strings, const char *none)
{
	char text[512] = "";
	size_t len = 0;

	for (size_t i = 0; i < strings.len && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i > 0 ? ", " : "",
		                        strings.items[i]);
	cli_table_cell(table, CLI_PLAIN, "%s", strings.len > 0 ? text : none);
}

void cli_show_services(const struct cli *cli, const struct pu_items *services)
{
	static const char *const heads[] = {"service",   "state",   ">pid", ">uptime",
	                                    ">restarts", ">memory", "note"};
	struct cli_table *table = cli_table_new(heads, PU_ARRAY_LEN(heads));
	const struct pu_service_info *info = services->items;

	for (size_t i = 0; i < services->len; i++) {
		char age[CLI_AMOUNT_MAX], memory[CLI_AMOUNT_MAX], pid[24] = "";

		if (info[i].pid != 0)
			snprintf(pid, sizeof(pid), "%llu", (unsigned long long)info[i].pid);
		cli_table_cell(table, CLI_PLAIN, "%s", info[i].name);
		cli_table_cell(table, cli_show_state(info[i].state), "%s", info[i].state);
		cli_table_cell(table, CLI_PLAIN, "%s", pid);
		cli_table_cell(table, CLI_PLAIN, "%s", cli_text_age(info[i].uptime_ms, age));
		cli_table_cell(table, CLI_PLAIN, "%llu", (unsigned long long)info[i].restarts);
		cli_table_cell(table, CLI_PLAIN, "%s", cli_text_bytes(info[i].private_bytes, memory));
		cli_table_cell(table, CLI_FAINT, "%s", info[i].note);
	}
	cli_show_finish(cli, table, "services");
}

void cli_show_connections(const struct cli *cli, const struct pu_items *connections,
                          const struct cli_names *names, const char *title)
{
	static const char *const heads[] = {"peer",      "path",  ">rtt",    ">age", ">streams",
	                                    ">received", ">sent", "address", "agent"};
	struct cli_table *table = cli_table_new(heads, PU_ARRAY_LEN(heads));
	const struct pu_connection_info *info = connections->items;

	for (size_t i = 0; i < connections->len; i++) {
		char rtt[CLI_AMOUNT_MAX], age[CLI_AMOUNT_MAX], in[CLI_AMOUNT_MAX], out[CLI_AMOUNT_MAX];

		cli_table_cell(table, CLI_PLAIN, "%s", cli_names_show(names, info[i].peer_id));
		cli_table_cell(table, strcmp(info[i].path, "direct") == 0 ? CLI_GOOD : CLI_UNSURE, "%s",
		               info[i].path);
		cli_table_cell(table, CLI_PLAIN, "%s", cli_text_rtt(info[i].rtt_us, rtt));
		cli_table_cell(table, CLI_PLAIN, "%s", cli_text_age(info[i].age_ms, age));
		cli_table_cell(table, CLI_PLAIN, "%llu", (unsigned long long)info[i].streams);
		cli_table_cell(table, CLI_PLAIN, "%s", cli_text_bytes(info[i].bytes_in, in));
		cli_table_cell(table, CLI_PLAIN, "%s", cli_text_bytes(info[i].bytes_out, out));
		cli_table_cell(table, CLI_FAINT, "%s", info[i].address);
		cli_table_cell(table, CLI_FAINT, "%s", info[i].agent);
	}
	cli_show_finish(cli, table, title);
}

void cli_show_exposed(const struct cli *cli, const struct pu_items *exposed, const char *title)
{
	static const char *const heads[] = {"service", "target", "state", "peers", "tags"};
	struct cli_table *table = cli_table_new(heads, PU_ARRAY_LEN(heads));
	const struct pu_exposed *row = exposed->items;

	for (size_t i = 0; i < exposed->len; i++) {
		cli_table_cell(table, CLI_PLAIN, "%s", row[i].name);
		cli_table_cell(table, CLI_PLAIN, "%s", row[i].target);
		cli_table_cell(table, row[i].enabled ? CLI_GOOD : CLI_FAINT, "%s",
		               row[i].enabled ? "enabled" : "disabled");
		put_list(table, row[i].allowed_peers, "all authorized");
		put_list(table, row[i].tags, "");
	}
	cli_show_finish(cli, table, title);
}

void cli_show_forwards(const struct cli *cli, const struct pu_items *forwards,
                       const char *title)
{
	static const char *const heads[] = {"forward",    "peer",  "service",
	                                    "listens at", "state", "error"};
	struct cli_table *table = cli_table_new(heads, PU_ARRAY_LEN(heads));
	const struct pu_forward *row = forwards->items;

	for (size_t i = 0; i < forwards->len; i++) {
		cli_table_cell(table, CLI_PLAIN, "%s", row[i].id);
		cli_table_cell(table, CLI_PLAIN, "%s", row[i].peer);
		cli_table_cell(table, CLI_PLAIN, "%s", row[i].service);
		cli_table_cell(table, CLI_PLAIN, "%s", row[i].listen);
		cli_table_cell(table, cli_show_state(row[i].state), "%s", row[i].state);
		cli_table_cell(table, CLI_BAD, "%s", row[i].error);
	}
	cli_show_finish(cli, table, title);
}

void cli_show_usage(const struct cli *cli, const struct pu_items *usage,
                    const struct cli_names *names, const char *title)
{
	static const char *const heads[] = {"service", "peer",    "direction", ">active",
	                                    ">total",  ">failed", ">received", ">sent"};
	struct cli_table *table = cli_table_new(heads, PU_ARRAY_LEN(heads));
	const struct pu_usage *row = usage->items;

	for (size_t i = 0; i < usage->len; i++) {
		char in[CLI_AMOUNT_MAX], out[CLI_AMOUNT_MAX];

		cli_table_cell(table, CLI_PLAIN, "%s", row[i].service);
		cli_table_cell(table, CLI_PLAIN, "%s", cli_names_show(names, row[i].peer_id));
		cli_table_cell(table, CLI_PLAIN, "%s",
		               strcmp(row[i].direction, "in") == 0 ? "offered" : "used");
		cli_table_cell(table, CLI_PLAIN, "%llu", (unsigned long long)row[i].active);
		cli_table_cell(table, CLI_PLAIN, "%llu", (unsigned long long)row[i].total);
		cli_table_cell(table, row[i].failed > 0 ? CLI_BAD : CLI_PLAIN, "%llu",
		               (unsigned long long)row[i].failed);
		cli_table_cell(table, CLI_PLAIN, "%s", cli_text_bytes(row[i].bytes_in, in));
		cli_table_cell(table, CLI_PLAIN, "%s", cli_text_bytes(row[i].bytes_out, out));
	}
	cli_show_finish(cli, table, title);
}

void cli_show_exposed_rows(const struct pu_config *config, struct pu_exposed *rows)
{
	const struct pu_config_service *service = pu_config_services(config);

	for (size_t i = 0; i < config->services.len; i++)
		rows[i] = (struct pu_exposed){
		    .name = service[i].name,
		    .target = service[i].local_address,
		    .enabled = service[i].enabled,
		    .allowed_peers = service[i].allowed_peers,
		    .tags = service[i].tags,
		};
}

void cli_show_forward_rows(const struct pu_config *config, struct pu_forward *rows)
{
	const struct pu_config_forward *forward = pu_config_forwards(config);

	for (size_t i = 0; i < config->forwards.len; i++)
		rows[i] = (struct pu_forward){
		    .id = forward[i].name,
		    .peer = forward[i].peer,
		    .peer_id = "",
		    .service = forward[i].service,
		    .listen = forward[i].listen,
		    .state = forward[i].enabled ? "enabled" : "disabled",
		    .error = "",
		    .permanent = true,
		};
}
