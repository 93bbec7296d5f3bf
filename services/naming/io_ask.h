/* Asking a peer what it offers: one stream, its answer, the reply to whoever asked us. */
#ifndef NAMING_IO_ASK_H
#define NAMING_IO_ASK_H

#include "naming.h"

/* Answers the request, now or later. */
void naming_ask_start(struct naming *naming, struct pu_request *request,
                      const struct pu_peer_id *peer);

/* What transport says of streams that we opened; unknown ones are not ours any more. */
void naming_ask_opened(struct naming *naming, uint64_t id, enum pu_err err, const char *text,
                       int fd);
void naming_ask_closed(struct naming *naming, const struct pu_stream_closed *closed);

/* Ends all of them; their requests die unanswered. */
void naming_asks_stop(struct naming *naming);

#endif
