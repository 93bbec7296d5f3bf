/* The naming service: who a name means, where peers may be reached, what they offer. */
#ifndef NAMING_NAMING_H
#define NAMING_NAMING_H

#include "book.h"
#include "names.h"
#include "skeleton/service.h"

struct naming {
	struct pu_host *host;
	struct naming_names names;
	struct naming_book book;
	struct pu_streams *streams;
	uv_timer_t patience; /* with transport, before we are ready without it */
	struct pu_list asks; /* struct naming_ask (io_ask.c) */
	size_t asks_len;
	struct pu_list answers; /* struct naming_answer (io_answer.c) */
	size_t answers_len;
};

/* The service's life and its events, for main.c. */
enum pu_err naming_start(struct pu_host *host, void *state);
void naming_config_changed(void *state, const struct pu_config *old);
void naming_stop(void *state);
void naming_on_transport_event(void *state, const struct pu_message *event);
void naming_on_connected(void *state, enum pu_service service);

/* One handler per message (handlers.c). */
extern const struct pu_handler naming_handlers[];
extern const size_t naming_handlers_len;

#endif
