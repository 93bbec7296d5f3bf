/* Who may connect: the file, and what several commands do with it. */
#ifndef CLI_AUTH_H
#define CLI_AUTH_H

#include "cli.h"
#include "config/config.h"
#include "p2p/peer_id.h"
#include "trust/authorized_keys.h"

/* The file and, when there is one, the configuration beside it (names). */
struct cli_auth_place {
	char *path;
	bool in_force; /* the daemon's, if it runs */
	struct pu_config config;
};

/* `file` (NULL: what the configuration says). With a file the configuration is read only for
 * names, and only if `names` are needed. */
enum cli_exit cli_auth_open(const struct cli *cli, const char *file, bool names,
                            struct cli_auth_place *place);
void cli_auth_close(struct cli_auth_place *place);
/* Reads the file, or says why not. */
enum cli_exit cli_auth_load(const struct cli *cli, const char *path,
                            struct pu_authorized_keys **keys);

/* Says so when the peer is this node itself. */
enum cli_exit cli_auth_check_not_self(const struct cli *cli, const struct pu_config *config,
                                      const struct pu_peer_id *peer);
/* Lets a peer in, and returns when that is in force. *added: it was not in before. */
enum cli_exit cli_auth_allow(struct cli *cli, const struct pu_config *config,
                             const struct pu_peer_id *peer, const char *comment, bool *added);
/* *removed: it was in before. */
enum cli_exit cli_auth_refuse(struct cli *cli, const struct pu_config *config,
                              const struct pu_peer_id *peer, bool *removed);

/* --file, of all of them. */
#define CLI_AUTH_FILE_OPTION                                                                   \
	{                                                                                          \
		.name = "file", .kind = CLI_STRING, .value = "FILE", .offer = CLI_OFFER_FILE,          \
		.help = "work on this authorized_keys instead of the configured one"                   \
	}

extern const struct cli_command cli_auth_list, cli_auth_validate; /* cmd_auth_list.c */

#endif
