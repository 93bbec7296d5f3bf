/* Keeps what happens a thousand times a second from filling the log. */
#ifndef PROXY_BURST_H
#define PROXY_BURST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct proxy_burst {
	uint64_t until_ms;
	uint64_t suppressed; /* since the last line that was allowed */
	enum pu_err err;
};

/* True: write a line now; *suppressed is how many went unwritten since the last one. False: the
 * same error had its line less than PROXY_LOG_BURST_MS ago. */
bool proxy_burst_allows(struct proxy_burst *burst, enum pu_err err, uint64_t now_ms,
                        uint64_t *suppressed);

#endif
