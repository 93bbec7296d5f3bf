/* Answering a peer that asks what it may use: authorized? then proxy's offers, as bytes. */
#ifndef NAMING_IO_ANSWER_H
#define NAMING_IO_ANSWER_H

#include "naming.h"

/* A peer has opened a stream; it is accepted or refused, now or later. */
void naming_answer_start(struct naming *naming, const struct pu_stream_inbound *inbound);
/* Transport says that an inbound stream has ended. */
void naming_answer_closed(struct naming *naming, const struct pu_stream_closed *closed);
/* Ends all of them. */
void naming_answers_stop(struct naming *naming);

#endif
