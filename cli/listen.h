/* Addresses on this machine, as people write them. Pure. */
#ifndef CLI_LISTEN_H
#define CLI_LISTEN_H

#include "base/error.h"

#define CLI_LISTEN_MAX 256 /* with the final NUL */

/* Where a forward listens: "8080" -> "localhost:8080"; "host:port" and "unix:/path" stay;
 * NULL -> port 0 (any) of localhost. PU_EINVAL: none of these. */
enum pu_err cli_listen_parse(const char *text, char out[CLI_LISTEN_MAX]) PU_MUST_CHECK;
/* Where a service is: the same forms, without port 0. */
enum pu_err cli_target_parse(const char *text, char out[CLI_LISTEN_MAX]) PU_MUST_CHECK;

#endif
