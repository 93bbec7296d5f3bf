/* The stream handoff: other processes register protocols, open streams and take inbound ones
 * over stream.sock; each message may carry the descriptor that transport then pumps. */
#ifndef TRANSPORT_HANDOFF_H
#define TRANSPORT_HANDOFF_H

#include "protocol.h"

struct transport_handoff;

enum pu_err transport_handoff_new(struct transport *transport,
                                  struct transport_handoff **out) PU_MUST_CHECK;
void transport_handoff_free(struct transport_handoff *handoff);

/* Who registered this protocol; NULL: nobody. */
const struct transport_protocol *transport_handoff_find(struct transport_handoff *handoff,
                                                        const char *name);
/* Exact names registered (no prefixes): at most `max`, views. */
size_t transport_handoff_list(const struct transport_handoff *handoff, const char **names,
                              size_t max);
/* The connection gives stream credit again. */
void transport_handoff_streams_available(struct transport_handoff *handoff,
                                         struct transport_conn *conn);

#endif
