/* Knows naming's life: what it takes from the configuration, and what it learns from
 * transport's events. */
#include "naming.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "discovery.h"
#include "io_answer.h"
#include "io_ask.h"

/* ---- configuration ---- */

static void learn_configured(struct naming *naming, const struct pu_config_addresses *from)
{
	uint64_t now_ns = pu_now_ns();
	struct pu_peer_id peer;

	if (naming_names_resolve(&naming->names, from->name, &peer, NULL) != PU_OK) {
		pu_warn("naming.unknown_peer", "addresses=%s reason=%s", from->name,
		        "neither a name nor a peer ID");
		return;
	}
	naming_book_pin(&naming->book, &peer);
	for (size_t i = 0; i < from->addresses.len; i++) {
		const char *address = from->addresses.items[i];
		enum pu_err err =
		    naming_book_learn(&naming->book, &peer, address, NAMING_CONFIG, now_ns);

		if (err != PU_OK)
			pu_warn("naming.address_skipped", "peer=%s address=%s reason=%s", from->name,
			        address,
			        err == PU_EINVAL ? "not an address of this peer" : pu_strerror(err));
	}
}

static void read_config(struct naming *naming)
{
	const struct pu_config *config = pu_host_config(naming->host);
	const struct pu_config_addresses *addresses = pu_config_addresses(config);

	naming_names_init(&naming->names, config);
	for (size_t i = 0; i < naming->names.len; i++)
		naming_book_pin(&naming->book, &naming->names.items[i].peer);
	for (size_t i = 0; i < config->addresses.len; i++)
		learn_configured(naming, &addresses[i]);
}

static void note_names(const struct naming *naming)
{
	pu_host_note(naming->host, "%zu name%s", naming->names.len,
	             naming->names.len == 1 ? "" : "s");
}

void naming_config_changed(void *state, const struct pu_config *old)
{
	struct naming *naming = state;

	(void)old;
	naming_names_fini(&naming->names);
	naming_book_unpin_all(&naming->book);
	read_config(naming);
	note_names(naming);
	pu_host_publish(naming->host, PU_MSG_NAMING_CHANGED, &(struct pu_naming_changed){0});
}

/* ---- what transport tells ---- */

static void learn(struct naming *naming, const char *peer_text, const char *address,
                  enum naming_source source)
{
	struct pu_peer_id peer;
	enum pu_err err = pu_peer_id_parse(peer_text, &peer);

	if (err == PU_OK)
		err = naming_book_learn(&naming->book, &peer, address, source, pu_now_ns());
	if (err != PU_OK)
		pu_debug("naming.address_skipped", "peer=%s address=%s reason=%s", peer_text, address,
		         pu_strerror(err));
}

/* Only what we dialed: where an inbound connection comes from need not be where the peer
 * listens. */
static void learn_from_connection(struct naming *naming, const char *peer, const char *address,
                                  const char *direction)
{
	if (strcmp(direction, "out") == 0)
		learn(naming, peer, address, NAMING_CONNECTION);
}

static void learn_from_identify(struct naming *naming, const struct pu_peer_identified *event)
{
	struct pu_peer_id peer;

	if (pu_peer_id_parse(event->peer_id, &peer) != PU_OK)
		return;
	naming_book_forget_identified(&naming->book, &peer);
	/* From the last to the first, so that the peer's first is the freshest. */
	for (size_t i = event->addresses.len; i > 0; i--)
		learn(naming, event->peer_id, event->addresses.items[i - 1], NAMING_IDENTIFY);
}

void naming_on_transport_event(void *state, const struct pu_message *event)
{
	const struct pu_peer_up *up = event->body;

	if (event->row->id == PU_MSG_PEER_IDENTIFIED)
		learn_from_identify(state, event->body);
	else if (event->row->id == PU_MSG_PEER_UP)
		learn_from_connection(state, up->peer_id, up->address, up->direction);
}

static void on_connections(void *user, enum pu_err err, const char *text, const void *answer)
{
	const struct pu_transport_connections *known = answer;

	if (err != PU_OK) {
		pu_debug("naming.connections_unknown", "reason=%s", text);
		return;
	}
	for (size_t i = 0; i < known->connections.len; i++) {
		const struct pu_connection_info *info =
		    (const struct pu_connection_info *)known->connections.items + i;

		learn_from_connection(user, info->peer_id, info->address, info->direction);
	}
}

/* What was learned before a restart of either side is asked for again. */
void naming_on_connected(void *state, enum pu_service service)
{
	struct naming *naming = state;

	if (service == PU_SERVICE_TRANSPORT)
		pu_client_ask(pu_host_client(naming->host, service), PU_MSG_TRANSPORT_PEERS,
		              &(struct pu_transport_peers){0}, PU_ASK_DEADLINE_MS, on_connections,
		              naming);
}

/* ---- streams ---- */

static void on_inbound(void *user, const struct pu_stream_inbound *inbound)
{
	naming_answer_start(user, inbound);
}

static void on_opened(void *user, uint64_t id, enum pu_err err, const char *text, int fd)
{
	naming_ask_opened(user, id, err, text, fd);
}

static void on_closed(void *user, const struct pu_stream_closed *closed, bool inbound)
{
	if (inbound)
		naming_answer_closed(user, closed);
	else
		naming_ask_closed(user, closed);
}

/* Peers can ask us from now on. */
static void on_streams_connected(void *user)
{
	struct naming *naming = user;

	uv_timer_stop(&naming->patience);
	pu_host_ready(naming->host);
}

static void on_no_transport(uv_timer_t *timer)
{
	struct naming *naming = timer->data;

	pu_host_ready(naming->host);
}

/* ---- life ---- */

enum pu_err naming_start(struct pu_host *host, void *state)
{
	static const struct pu_streams_ops ops = {
	    .on_inbound = on_inbound,
	    .on_opened = on_opened,
	    .on_closed = on_closed,
	    .on_connected = on_streams_connected,
	};
	struct naming *naming = state;

	naming->host = host;
	pu_list_init(&naming->asks);
	pu_list_init(&naming->answers);
	naming_book_init(&naming->book);
	read_config(naming);
	uv_timer_init(pu_host_loop(host), &naming->patience);
	naming->patience.data = naming;
	uv_timer_start(&naming->patience, on_no_transport, NAMING_READY_MS, 0);
	naming->streams =
	    pu_streams_new(pu_host_loop(host), pu_host_config(host)->runtime_dir, &ops, naming);
	pu_streams_register(naming->streams, NAMING_DISCOVERY_PROTOCOL);
	note_names(naming);
	return PU_OK;
}

void naming_stop(void *state)
{
	struct naming *naming = state;

	naming_asks_stop(naming);
	naming_answers_stop(naming);
	pu_streams_free(naming->streams);
	uv_close((uv_handle_t *)&naming->patience, NULL);
	naming_book_fini(&naming->book);
	naming_names_fini(&naming->names);
}
