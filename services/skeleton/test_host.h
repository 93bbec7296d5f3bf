/* A host of a test's own, and one request at a time: what a service is tested against, in place
 * of pu_skeleton. */
#ifndef PU_SKELETON_TEST_HOST_H
#define PU_SKELETON_TEST_HOST_H

#include "skeleton/service.h"

struct pu_host {
	uv_loop_t loop;
	struct pu_config config;
	bool ready, failed, permanent;
	char failure[512];
	unsigned published;
	void (*look)(enum pu_msg id, const void *event); /* at what is published; may be NULL */
};

struct pu_request {
	bool answered;
	enum pu_err err;
	char text[512];
	void (*look)(const void *answer); /* may be NULL */
};

/* The handler of that message; there must be one. */
const struct pu_handler *skeleton_test_handler(const struct pu_handler *handlers, size_t len,
                                               enum pu_msg id);

#endif
