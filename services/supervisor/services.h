/* The services of this daemon. Adding one is one row here and one folder. */
#ifndef SUPERVISOR_SERVICES_H
#define SUPERVISOR_SERVICES_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/roster.h"

#define SUP_SERVICES_LEN 4

struct sup_service {
	enum pu_service id; /* its program is peerup-<name> */
	bool core;          /* without it the daemon is not ready */
};

/* In the order of starting; they are stopped in reverse. */
extern const struct sup_service sup_services[SUP_SERVICES_LEN];

#endif
