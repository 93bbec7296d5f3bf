/* Knows when the log last heard of an error. */
#include "burst.h"

#include "limits.h"

bool proxy_burst_allows(struct proxy_burst *burst, enum pu_err err, uint64_t now_ms,
                        uint64_t *suppressed)
{
	if (err == burst->err && now_ms < burst->until_ms) {
		burst->suppressed++;
		return false;
	}
	*suppressed = burst->suppressed;
	burst->suppressed = 0;
	burst->err = err;
	burst->until_ms = now_ms + PROXY_LOG_BURST_MS;
	return true;
}
