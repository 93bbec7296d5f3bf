/* Clients that came while transport was away: it is back soon, so they wait a little. */
#ifndef PROXY_HELD_H
#define PROXY_HELD_H

#include "proxy.h"

/* Holds the client for PROXY_HOLD_MS at most, then `give_up` gets it. False: too many wait, and
 * the descriptor is still the caller's. */
bool proxy_held_add(struct proxy *proxy, struct proxy_forward *forward, int fd);
/* Transport is back: `take` gets every client of every forward, oldest first. */
void proxy_held_release(struct proxy *proxy,
                        void (*take)(struct proxy_forward *forward, int fd));
/* The forward ends or leads elsewhere: its clients are reset. Answers how many there were. */
size_t proxy_held_drop(struct proxy_forward *forward);

void proxy_held_init(struct proxy *proxy,
                     void (*give_up)(struct proxy_forward *forward, int fd));
/* All forwards are gone. */
void proxy_held_fini(struct proxy *proxy);

#endif
