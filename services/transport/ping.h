/* Asking for a ping; see protocol.h for answering one. */
#ifndef TRANSPORT_PING_H
#define TRANSPORT_PING_H

#include "substream.h"

/* Measures one round trip on a new substream: 32 random bytes and back with
 * "/ipfs/ping/1.0.0", one line and back with "/pingpong/1.0.0". The stream's negotiation is
 * not part of the time. `done` runs once, later or at once. */
typedef void (*transport_ping_fn)(void *user, enum pu_err err, const char *text,
                                  uint64_t rtt_ns);
void transport_ping_start(struct transport_conn *conn, bool pingpong, transport_ping_fn done,
                          void *user);

#endif
