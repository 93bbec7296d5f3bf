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

/* Both for the entry that the command's first argument names. */
enum cli_exit cli_entry_remove(struct cli *cli, const struct cli_entry_kind *kind);
enum cli_exit cli_entry_enable(struct cli *cli, const struct cli_entry_kind *kind, bool enable);

#endif
