/* Answers of the services as tables and as JSON; `status` and the commands about one of them
 * share these. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "config/config.h"
#include "json.h"
#include "peer.h"
#include "proto/messages.h"
#include "table.h"

/* Tables with a title line above unless title is NULL; "none" when there is nothing. */
void cli_show_services(const struct cli *cli, const struct pu_items *services);
void cli_show_connections(const struct cli *cli, const struct pu_items *connections,
                          const struct cli_names *names, const char *title);
void cli_show_exposed(const struct cli *cli, const struct pu_items *exposed, const char *title);
void cli_show_forwards(const struct cli *cli, const struct pu_items *forwards,
                       const char *title);
void cli_show_usage(const struct cli *cli, const struct pu_items *usage,
                    const struct cli_names *names, const char *title);

void cli_json_services(struct cli_json *json, const char *key, const struct pu_items *services);
void cli_json_connections(struct cli_json *json, const char *key,
                          const struct pu_items *connections, const struct cli_names *names);
void cli_json_exposed(struct cli_json *json, const char *key, const struct pu_items *exposed);
void cli_json_forwards(struct cli_json *json, const char *key, const struct pu_items *forwards);
void cli_json_usage(struct cli_json *json, const char *key, const struct pu_items *usage,
                    const struct cli_names *names);

/* The relays that we use, best first; and the addresses that we have through them. */
void cli_show_relays(const struct cli *cli, const struct pu_items *relays,
                     const struct cli_names *names, const char *title);
void cli_show_relayed(const struct cli *cli, const struct pu_items *relays, const char *title);
void cli_json_relays(struct cli_json *json, const char *key, const struct pu_items *relays,
                     const struct cli_names *names);
/* What we carry as a relay. */
void cli_show_circuits(const struct cli *cli, const struct pu_transport_circuits *circuits,
                       const struct cli_names *names);
void cli_json_circuits(struct cli_json *json, const char *key,
                       const struct pu_transport_circuits *circuits,
                       const struct cli_names *names);

/* Prints the table below its title (NULL: without one), or "none", and frees it. */
void cli_show_finish(const struct cli *cli, struct cli_table *table, const char *title);

/* Rows as the configuration has them, for when the daemon does not run: as many as the
 * configuration has services or forwards. They borrow its strings. */
void cli_show_exposed_rows(const struct pu_config *config, struct pu_exposed *rows);
void cli_show_forward_rows(const struct pu_config *config, struct pu_forward *rows);

/* The colour of a service's or forward's state. */
enum cli_style cli_show_state(const char *state);

#endif
