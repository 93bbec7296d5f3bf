/* Failures of forwarded connections, in words that tell what to do. */
#ifndef PROXY_REASON_H
#define PROXY_REASON_H

#include <stdbool.h>

#include "base/error.h"

#define PROXY_TEXT_MAX 512

struct proxy_reason {
	enum pu_err err;
	bool opened;      /* the stream was open: the peer said so, not our transport */
	const char *peer; /* as the user wrote it */
	const char *service;
	const char *self; /* our peer ID, or "" while it is not known */
	const char *text; /* what transport said, or "" */
};

/* One sentence without a full stop. Returns `out`. */
const char *proxy_reason_print(const struct proxy_reason *reason, char out[PROXY_TEXT_MAX]);

#endif
