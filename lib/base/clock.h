/* The one place that reads clocks. Protocol logic gets `now` as an argument. */
#ifndef PU_BASE_CLOCK_H
#define PU_BASE_CLOCK_H

#include <stdint.h>

#define PU_NS_PER_US UINT64_C(1000)
#define PU_NS_PER_MS UINT64_C(1000000)
#define PU_NS_PER_S  UINT64_C(1000000000)

uint64_t pu_now_ns(void);  /* CLOCK_MONOTONIC */
uint64_t pu_unix_ms(void); /* CLOCK_REALTIME */

#endif
