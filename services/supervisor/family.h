/* All services together: started in the table's order, ready when the core ones are, stopped
 * one after the other in reverse. As free of system calls as child.h. */
#ifndef SUPERVISOR_FAMILY_H
#define SUPERVISOR_FAMILY_H

#include <stddef.h>

#include "child.h"

struct sup_family {
	struct sup_child *children; /* borrowed; in the order of starting */
	size_t len;
	bool stopping;
};

void sup_family_start(struct sup_family *family, uint64_t now_ns);
void sup_family_reload(struct sup_family *family, uint64_t now_ns);
/* Begins to stop; sup_family_step() goes on with it. */
void sup_family_stop(struct sup_family *family, uint64_t now_ns);

/* To be called after every event: fires deadlines that have come and, while stopping, takes the
 * next service. */
void sup_family_step(struct sup_family *family, uint64_t now_ns);
/* When sup_family_step() is wanted next; 0 = not until something happens. */
uint64_t sup_family_deadline_ns(const struct sup_family *family);

bool sup_family_is_ready(const struct sup_family *family);   /* every core service runs */
bool sup_family_is_stopped(const struct sup_family *family); /* and was told to */

/* "4 of 4 services run", or what is wrong, for people. Answers `out`. */
const char *sup_family_summary(const struct sup_family *family, char *out, size_t out_size);

#endif
