/* For tests: a message of any row, filled through its field table. */
#ifndef PU_PROTO_SAMPLE_H
#define PU_PROTO_SAMPLE_H

#include "proto/arena.h"
#include "proto/messages.h"

/* The struct of `row`, in the arena. `len`: bytes of each string and entries of each list, as
 * far as the bounds allow; numbers differ by field. */
void *pu_sample(struct pu_arena *arena, const struct pu_msg_row *row, size_t len);
/* Whether both structs have the same content. */
bool pu_sample_eq(const struct pu_shape *shape, const void *a, const void *b);

#endif
