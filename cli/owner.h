/* Whose files a command works on. */
#ifndef CLI_OWNER_H
#define CLI_OWNER_H

#include "cli.h"

/* Root becomes the owner of the directory, for good, when that is somebody else: what it writes
 * there, the owner's daemon must be able to read, and the daemon answers its own user only.
 * Nothing for everybody else, or when there is no such directory. */
enum cli_exit cli_owner_become(const struct cli *cli, const char *dir);

#endif
