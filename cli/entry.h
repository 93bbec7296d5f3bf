/* Entries of the configuration that have a name and can be switched off: services and forwards.
 */
#ifndef CLI_ENTRY_H
#define CLI_ENTRY_H

#include "cli.h"
#include "config/config.h"

struct cli_entry_kind {
	const char *section; /* of the configuration */
	const char *noun;    /* in JSON: "service" */
	const char *words;   /* in an error: "permanent forward" */
	const char *hint;    /* when there is no such entry */
	bool (*is_there)(const struct pu_config *config, const char *name);
};

/* What commands with an `entry` run, for the one that their first argument names. */
enum cli_exit cli_entry_remove(struct cli *cli);
enum cli_exit cli_entry_enable(struct cli *cli);
enum cli_exit cli_entry_disable(struct cli *cli);

#endif
