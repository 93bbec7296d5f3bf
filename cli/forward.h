/* A forward that lives as long as the command. */
#ifndef CLI_FORWARD_H
#define CLI_FORWARD_H

#include "daemon.h"

/* Asks the proxy service to listen, prints where, and stays until SIGINT or SIGTERM: prints
 * connections that failed, and asks again when the service or the daemon was restarted. */
enum cli_exit cli_forward_run(struct cli_daemon *daemon, const char *peer, const char *service,
                              const char *listen);

#endif
