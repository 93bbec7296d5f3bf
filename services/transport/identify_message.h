/* Identify messages as this host writes and believes them. */
#ifndef TRANSPORT_IDENTIFY_MESSAGE_H
#define TRANSPORT_IDENTIFY_MESSAGE_H

#include "p2p/writer.h"
#include "swarm.h"

/* Our message to the other end of `conn`, with its length prefix. PU_ELIMIT. */
enum pu_err transport_identify_write(struct transport_conn *conn,
                                     struct pu_writer *out) PU_MUST_CHECK;
/* What a peer said on `conn`: kept, published as peer.identified, or ignored when it does not
 * hold together. */
void transport_identify_apply(struct transport_conn *conn, struct pu_bytes stream);

#endif
