/* The first files of a node: configuration, key, authorized_keys. */
#ifndef CLI_NODE_FILES_H
#define CLI_NODE_FILES_H

#include <stdlib.h>

#include "base/buffer.h"
#include "cli.h"
#include "config/config.h"
#include "identity.h"

#define CLI_NODE_TEXT_MAX 65536 /* of a configuration that we write */

/* Adds to such a text; the bound is larger than any text that we have. */
#define CLI_NODE_PUT(out, ...)                                                                 \
	do {                                                                                       \
		if (pu_buffer_printf(out, __VA_ARGS__) != PU_OK)                                       \
			abort();                                                                           \
	} while (0)

struct cli_node_files {
	char *dir, *config, *key, *keys; /* absolute paths */
	bool key_was_there;
	struct cli_identity identity;
};

/* Where they go: --dir, or the place of --config or $PEERUP_CONFIG, or usual_dir. */
enum cli_exit cli_node_files_choose(const struct cli *cli, const char *usual_dir,
                                    struct cli_node_files *files);
/* Before a question is asked or a file is made: whether the directory will do. */
enum cli_exit cli_node_files_check(const struct cli *cli, const struct cli_node_files *files);
/* Writes them under the lock of the configuration, and leaves what is there: a key and
 * authorized_keys are kept, a configuration is an error and then nothing was changed. */
enum cli_exit cli_node_files_make(const struct cli *cli, struct cli_node_files *files,
                                  const struct pu_buffer *config);
void cli_node_files_fini(struct cli_node_files *files);

/* --name, checked, or what the host is called. */
enum cli_exit cli_node_name(const struct cli *cli, char out[PU_CONFIG_NAME_MAX + 1]);
/* A port from an option, checked. */
enum cli_exit cli_node_port(const struct cli *cli, const char *option, uint16_t *port);
/* How to make other commands find the files, when they would not. */
void cli_node_files_say_where(const struct cli *cli, const struct cli_node_files *files);

#endif
