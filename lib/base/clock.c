/* The one file that reads clocks. */
#include "base/clock.h"

#include <time.h>

uint64_t pu_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * PU_NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t pu_unix_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / PU_NS_PER_MS;
}
