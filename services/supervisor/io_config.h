/* The configuration in force and its text, which services are handed: the file may be broken,
 * gone or unreadable by the time one of them is started again. */
#ifndef SUPERVISOR_IO_CONFIG_H
#define SUPERVISOR_IO_CONFIG_H

#include "config/config.h"

/* Reads the file. *text_fd, the caller's, is a sealed copy of what was read, in memory. As
 * pu_config_load() otherwise; PU_ELIMIT also when no descriptor is left. */
enum pu_err sup_config_load(const char *path, struct pu_config *config, int *text_fd,
                            struct pu_report *report) PU_MUST_CHECK;

#endif
