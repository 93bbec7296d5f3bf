/* A peer as the user names it. */
#ifndef CLI_PEER_H
#define CLI_PEER_H

#include "daemon.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_id.h"

#define CLI_PEER_NAME_MAX 128

struct cli_peer {
	char typed[CLI_PEER_NAME_MAX]; /* for messages to the user */
	char name[CLI_PEER_NAME_MAX];  /* as configured; "" = none */
	char peer_id[PU_PEER_ID_TEXT_MAX];
	char source[32];
};

/* Asks naming who that is; says so when nobody is. */
enum cli_exit cli_peer_resolve(struct cli_daemon *daemon, const char *typed,
                               struct cli_peer *peer);

/* An address that a peer can be dialed at; says what is wrong with any other. */
enum cli_exit cli_peer_address(const struct cli *cli, const char *typed,
                               struct pu_multiaddr *address);

/* Names by peer ID, as naming knows them. */
struct cli_names;
/* Never NULL; without names when naming does not answer. */
struct cli_names *cli_names_load(struct cli_daemon *daemon);
void cli_names_free(struct cli_names *names);
/* The name, or "". */
const char *cli_names_find(const struct cli_names *names, const char *peer_id);
/* The name, or else the peer ID. */
const char *cli_names_show(const struct cli_names *names, const char *peer_id);

#endif
