/* Knows how relays, and what a relay carries, are shown. */
#include "show.h"

#include <string.h>

#include "base/alloc.h"
#include "identity.h"
#include "text.h"

/* ---- relays that we use ---- */

/* What the relay allows one circuit, in words. */
static void put_limits(struct cli_table *table, const struct pu_relay_info *info)
{
	char duration[CLI_AMOUNT_MAX], data[CLI_AMOUNT_MAX];

	cli_text_age(info->duration_ms, duration);
	cli_text_bytes(info->data, data);
	if (info->duration_ms != 0 && info->data != 0)
		cli_table_cell(table, CLI_UNSURE, "%s, %s each way", duration, data);
	else if (info->duration_ms != 0 || info->data != 0)
		cli_table_cell(table, CLI_UNSURE, "%s", info->data == 0 ? duration : data);
	else
		cli_table_cell(table, CLI_PLAIN, "%s",
		               strcmp(info->state, "reserved") == 0 ? "none" : "");
}

static void put_relay(struct cli_table *table, const struct pu_relay_info *info,
                      const struct cli_names *names)
{
	char rtt[CLI_AMOUNT_MAX] = "", left[CLI_AMOUNT_MAX] = "", retry[CLI_AMOUNT_MAX] = "";

	if (info->rtt_us != 0)
		cli_text_rtt(info->rtt_us, rtt);
	if (info->reserved_for_ms != 0)
		cli_text_age(info->reserved_for_ms, left);
	if (info->retry_ms != 0)
		cli_text_age(info->retry_ms, retry);
	cli_table_cell(table, info->best ? CLI_GOOD : CLI_PLAIN, "%s",
	               cli_names_show(names, info->peer_id));
	cli_table_cell(table, cli_show_state(info->state), "%s%s", info->state,
	               info->best ? ", used first" : "");
	cli_table_cell(table, CLI_PLAIN, "%s", rtt);
	cli_table_cell(table, CLI_PLAIN, "%s", left);
	put_limits(table, info);
	cli_table_cell(table, CLI_PLAIN, "%s", retry);
	cli_table_cell(table, CLI_FAINT, "%s", info->address);
	cli_table_cell(table, CLI_BAD, "%s", info->error);
}

/* What its operator has to type where a relay refuses us. */
static void say_who_must_know_us(const struct cli *cli, const struct pu_items *relays)
{
	const struct pu_relay_info *info = relays->items;
	struct cli_identity self;
	size_t i = 0;

	while (i < relays->len && strcmp(info[i].state, "refused") != 0)
		i++;
	if (i == relays->len || cli_identity_own(cli, &self) != CLI_DONE)
		return;
	cli_say(cli, "  A relay and this node must know each other. On a relay that refuses:");
	cli_say(cli, "    peerup relay authorize %s", self.peer_id);
}

void cli_show_relays(const struct cli *cli, const struct pu_items *relays,
                     const struct cli_names *names, const char *title)
{
	static const char *const heads[] = {"relay",  "state",  ">rtt",    ">reserved for",
	                                    "limits", ">retry", "address", "error"};
	struct cli_table *table = cli_table_new(heads, PU_ARRAY_LEN(heads));
	const struct pu_relay_info *info = relays->items;

	for (size_t i = 0; i < relays->len; i++)
		put_relay(table, &info[i], names);
	cli_show_finish(cli, table, title);
	say_who_must_know_us(cli, relays);
}

void cli_show_relayed(const struct cli *cli, const struct pu_items *relays, const char *title)
{
	static const char *const heads[] = {"address"};
	struct cli_table *table = cli_table_new(heads, PU_ARRAY_LEN(heads));
	const struct pu_relay_info *info = relays->items;

	for (size_t i = 0; i < relays->len; i++) {
		for (size_t a = 0; a < info[i].addresses.len; a++)
			cli_table_cell(table, CLI_PLAIN, "%s", info[i].addresses.items[a]);
	}
	cli_show_finish(cli, table, title);
}

void cli_json_relays(struct cli_json *json, const char *key, const struct pu_items *relays,
                     const struct cli_names *names)
{
	const struct pu_relay_info *info = relays->items;

	cli_json_list(json, key);
	for (size_t i = 0; i < relays->len; i++) {
		cli_json_object(json, NULL);
		cli_json_str(json, "peer_id", info[i].peer_id);
		cli_json_str(json, "name", cli_names_find(names, info[i].peer_id));
		cli_json_str(json, "address", info[i].address);
		cli_json_str(json, "state", info[i].state);
		cli_json_str(json, "error", info[i].error);
		cli_json_milli(json, "rtt_ms", info[i].rtt_us);
		cli_json_u64(json, "reserved_for_ms", info[i].reserved_for_ms);
		cli_json_u64(json, "retry_ms", info[i].retry_ms);
		cli_json_u64(json, "duration_ms", info[i].duration_ms);
		cli_json_u64(json, "data", info[i].data);
		cli_json_bool(json, "best", info[i].best);
		cli_json_strings(json, "addresses", info[i].addresses);
		cli_json_end(json);
	}
	cli_json_end(json);
}

/* ---- what we carry ---- */

static void show_reservations(const struct cli *cli, const struct pu_items *reservations,
                              const struct cli_names *names)
{
	static const char *const heads[] = {"peer", ">ends in", ">circuits", "guest", "address"};
	struct cli_table *table = cli_table_new(heads, PU_ARRAY_LEN(heads));
	const struct pu_reservation_info *info = reservations->items;

	for (size_t i = 0; i < reservations->len; i++) {
		char left[CLI_AMOUNT_MAX];

		cli_table_cell(table, CLI_PLAIN, "%s", cli_names_show(names, info[i].peer_id));
		cli_table_cell(table, CLI_PLAIN, "%s", cli_text_age(info[i].expires_ms, left));
		cli_table_cell(table, CLI_PLAIN, "%llu", (unsigned long long)info[i].circuits);
		cli_table_cell(table, CLI_UNSURE, "%s", info[i].guest ? "guest" : "");
		cli_table_cell(table, CLI_FAINT, "%s", info[i].address);
	}
	cli_show_finish(cli, table, "reservations");
}

static void show_open(const struct cli *cli, const struct pu_items *circuits,
                      const struct cli_names *names)
{
	static const char *const heads[] = {"from", "to", ">age", ">there", ">back", "guest"};
	struct cli_table *table = cli_table_new(heads, PU_ARRAY_LEN(heads));
	const struct pu_circuit_info *info = circuits->items;

	for (size_t i = 0; i < circuits->len; i++) {
		char age[CLI_AMOUNT_MAX], there[CLI_AMOUNT_MAX], back[CLI_AMOUNT_MAX];

		cli_table_cell(table, CLI_PLAIN, "%s", cli_names_show(names, info[i].source));
		cli_table_cell(table, CLI_PLAIN, "%s", cli_names_show(names, info[i].target));
		cli_table_cell(table, CLI_PLAIN, "%s", cli_text_age(info[i].age_ms, age));
		cli_table_cell(table, CLI_PLAIN, "%s", cli_text_bytes(info[i].bytes_in, there));
		cli_table_cell(table, CLI_PLAIN, "%s", cli_text_bytes(info[i].bytes_out, back));
		cli_table_cell(table, CLI_UNSURE, "%s", info[i].guest ? "guest" : "");
	}
	cli_show_finish(cli, table, "circuits");
}

void cli_show_circuits(const struct cli *cli, const struct pu_transport_circuits *circuits,
                       const struct cli_names *names)
{
	char carried[CLI_AMOUNT_MAX], memory[CLI_AMOUNT_MAX];

	printf("\n%sas a relay%s\n", cli_style_begin(CLI_TITLE, cli->color),
	       cli_style_end(cli->color));
	printf("  for         %s\n",
	       circuits->open ? "authorized peers, and guests" : "authorized peers");
	printf("  holds       %llu of %llu reservations, %llu of %llu circuits\n",
	       (unsigned long long)circuits->reservations_len,
	       (unsigned long long)circuits->reservations_max,
	       (unsigned long long)circuits->circuits_len,
	       (unsigned long long)circuits->circuits_max);
	printf("  carried     %s, %s under way\n", cli_text_bytes(circuits->bytes, carried),
	       cli_text_bytes(circuits->memory_bytes, memory));
	printf("  refused     %llu request%s\n", (unsigned long long)circuits->refused,
	       circuits->refused == 1 ? "" : "s");
	show_reservations(cli, &circuits->reservations, names);
	show_open(cli, &circuits->circuits, names);
}

static void json_reservations(struct cli_json *json, const struct pu_items *reservations,
                              const struct cli_names *names)
{
	const struct pu_reservation_info *info = reservations->items;

	cli_json_list(json, "reservations");
	for (size_t i = 0; i < reservations->len; i++) {
		cli_json_object(json, NULL);
		cli_json_str(json, "peer_id", info[i].peer_id);
		cli_json_str(json, "name", cli_names_find(names, info[i].peer_id));
		cli_json_str(json, "address", info[i].address);
		cli_json_u64(json, "expires_ms", info[i].expires_ms);
		cli_json_u64(json, "circuits", info[i].circuits);
		cli_json_bool(json, "guest", info[i].guest);
		cli_json_end(json);
	}
	cli_json_end(json);
}

static void json_open(struct cli_json *json, const struct pu_items *circuits,
                      const struct cli_names *names)
{
	const struct pu_circuit_info *info = circuits->items;

	cli_json_list(json, "circuits");
	for (size_t i = 0; i < circuits->len; i++) {
		cli_json_object(json, NULL);
		cli_json_str(json, "source", info[i].source);
		cli_json_str(json, "source_name", cli_names_find(names, info[i].source));
		cli_json_str(json, "target", info[i].target);
		cli_json_str(json, "target_name", cli_names_find(names, info[i].target));
		cli_json_u64(json, "age_ms", info[i].age_ms);
		cli_json_u64(json, "bytes_in", info[i].bytes_in);
		cli_json_u64(json, "bytes_out", info[i].bytes_out);
		cli_json_bool(json, "guest", info[i].guest);
		cli_json_end(json);
	}
	cli_json_end(json);
}

void cli_json_circuits(struct cli_json *json, const char *key,
                       const struct pu_transport_circuits *circuits,
                       const struct cli_names *names)
{
	cli_json_object(json, key);
	cli_json_bool(json, "open", circuits->open);
	cli_json_u64(json, "reservations_len", circuits->reservations_len);
	cli_json_u64(json, "reservations_max", circuits->reservations_max);
	cli_json_u64(json, "circuits_len", circuits->circuits_len);
	cli_json_u64(json, "circuits_max", circuits->circuits_max);
	cli_json_u64(json, "bytes", circuits->bytes);
	cli_json_u64(json, "refused", circuits->refused);
	cli_json_u64(json, "memory_bytes", circuits->memory_bytes);
	json_reservations(json, &circuits->reservations, names);
	json_open(json, &circuits->circuits, names);
	cli_json_end(json);
}
