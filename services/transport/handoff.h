/* The stream handoff: other processes register protocols, open streams and take inbound ones
 * over stream.sock; each message may carry the descriptor that transport then pumps. */
#ifndef TRANSPORT_HANDOFF_H
#define TRANSPORT_HANDOFF_H

#include "protocol.h"

struct transport_handoff;
struct transport_peer;

enum pu_err transport_handoff_new(struct transport *transport,
                                  struct transport_handoff **out) PU_MUST_CHECK;
void transport_handoff_free(struct transport_handoff *handoff);

/* Who registered this protocol; NULL: nobody. */
const struct transport_protocol *transport_handoff_find(struct transport_handoff *handoff,
                                                        const char *name);
/* Exact names registered (no prefixes): at most `max`, views. */
size_t transport_handoff_list(const struct transport_handoff *handoff, const char **names,
                              size_t max);
/* The connection gives stream credit (again): opens what waits for it. */
void transport_handoff_streams_available(struct transport_handoff *handoff,
                                         struct transport_conn *conn);
/* A connection of the peer is gone: what waited for its credit looks for another one. */
void transport_handoff_conn_down(struct transport_handoff *handoff,
                                 struct transport_peer *peer);

#endif
