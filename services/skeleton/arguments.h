/* What a service is told on its command line. */
#ifndef PU_SKELETON_ARGUMENTS_H
#define PU_SKELETON_ARGUMENTS_H

#include <stdbool.h>

#include "base/log.h"
#include "skeleton/service.h"

struct skeleton_arguments {
	const char *config;         /* --config, or NULL */
	bool has_level, has_format; /* these beat the configuration */
	enum pu_log_level level;
	enum pu_log_format format;
};

/* Answers an exit status when the process is to end (0 for --help and --version, 2 for wrong
 * usage), or -1 to go on. */
int skeleton_arguments_parse(int argc, char **argv,
                             const struct pu_service_description *description,
                             struct skeleton_arguments *arguments);

#endif
