/* The shapes that the rows in messages.c name; each stands in the fields_*.c of its service. */
#ifndef PU_PROTO_SHAPES_H
#define PU_PROTO_SHAPES_H

#include "base/alloc.h"
#include "proto/limits.h"
#include "proto/messages.h"

#define PU_SHAPE_DECLARE(upper, lower, wire) extern const struct pu_shape pu_shape_##lower;
PU_MESSAGES(PU_SHAPE_DECLARE)
#undef PU_SHAPE_DECLARE

/* A part of several messages, of two services. */
extern const struct pu_shape pu_shape_offer;

/* Shape of struct pu_<name>, made of the table <name>_fields. */
#define PU_SHAPE(name)                                                                         \
	const struct pu_shape pu_shape_##name = {sizeof(struct pu_##name), name##_fields,          \
	                                         PU_ARRAY_LEN(name##_fields)}
#define PU_EMPTY_SHAPE(name)                                                                   \
	const struct pu_shape pu_shape_##name = {sizeof(struct pu_##name), NULL, 0}

#endif
