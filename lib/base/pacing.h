/* Whether the kernel spreads out in time what a TCP connection sends.
 *
 * BBR does, with a timer for every segment. On a path of less than a millisecond that takes
 * more than half of the processor time of a transfer, and there is nothing to win: a loss is
 * made good at once. So where BBR is the system's congestion control, connections begin without
 * it (Reno, which every kernel has and allows), and those whose handshake took longer get it
 * then. The other way round is too late: the kernel goes on pacing a connection that BBR has
 * begun. Where the system has another congestion control, nothing is changed. */
#ifndef PU_BASE_PACING_H
#define PU_BASE_PACING_H

#include <stdint.h>

#define PU_PACING_SHORT_US 1000 /* round trip below which a path is short */

/* A TCP socket before connect() or listen(); what is accepted inherits it. */
void pu_pacing_put_off(int fd);
/* Such a socket once it is connected, or one that was accepted. Nothing for other sockets. */
void pu_pacing_decide(int fd, uint32_t short_us);

#endif
