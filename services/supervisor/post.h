/* The line between the supervisor and one service's process: its start, its control channel and
 * the descriptors kept for it. */
#ifndef SUPERVISOR_POST_H
#define SUPERVISOR_POST_H

#include "supervisor.h"

/* What a struct sup_child asks for; child.user is a struct sup_post. */
extern const struct sup_child_ops sup_post_ops;

/* The process may have ended: takes notice. */
void sup_post_reap(struct sup_post *post, uint64_t now_ns);
void sup_post_fini(struct sup_post *post);

#endif
