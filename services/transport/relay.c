/* Knows the circuits that run, what the books say of each, and when one has to end. */
#include "relay.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "codes.h"
#include "substream.h"
#include "transport.h"

/* Of what a message may hold; a reservation or circuit takes some 200 bytes. */
#define DESCRIBED_MAX 1000

/* ---- the books ---- */

/* What is due: circuits whose time is over, then those that waited for bandwidth. */
static void on_due(struct transport_deadline *deadline)
{
	struct transport *transport = PU_CONTAINER_OF(deadline, struct transport, relay.due);
	struct pu_relay *books = transport->relay.books;
	struct pu_relay_circuit *entry;
	while ((entry = pu_relay_overdue(books, pu_now_ns())) != NULL)
		transport_splice_cut(PU_CONTAINER_OF(entry, struct transport_circuit, entry)->splice,
		                     STREAM_CODE_LIMIT);
	while ((entry = pu_relay_ready(books, pu_now_ns())) != NULL)
		transport_splice_resume(
		    PU_CONTAINER_OF(entry, struct transport_circuit, entry)->splice);
	transport_relay_rearm(transport);
}

void transport_relay_rearm(struct transport *transport)
{
	struct transport_relay *relay = &transport->relay;
	uint64_t at = pu_relay_next(relay->books), now = pu_now_ns();
	if (at == UINT64_MAX)
		transport_deadline_clear(&transport->timers, &relay->due);
	else
		transport_deadline_set(&transport->timers, &relay->due,
		                       at > now ? (at - now) / PU_NS_PER_MS + 1 : 0, on_due);
}

static struct pu_relay_rules rules_of(const struct transport *transport)
{
	const struct pu_config_relay *relay = &pu_host_config(transport->host)->relay;
	return (struct pu_relay_rules){
	    .reservations_max = (uint32_t)relay->max_reservations,
	    .source_reservations_max = (uint32_t)relay->max_reservations_per_ip,
	    .guest_reservations_max = (uint32_t)relay->guest_reservations,
	    .circuits_max = (uint32_t)relay->max_circuits,
	    .peer_circuits_max = (uint32_t)relay->max_circuits_per_peer,
	    .guest_circuits_max = (uint32_t)relay->guest_circuits,
	    .bandwidth = relay->bandwidth,
	    .peer_bandwidth = relay->bandwidth_per_peer,
	    .terms = {.bandwidth = relay->bandwidth_per_circuit,
	              .duration_ns = relay->session_duration_ms * PU_NS_PER_MS,
	              .data = relay->session_data},
	    .guest_terms = {.bandwidth = relay->guest_bandwidth,
	                    .duration_ns = relay->guest_session_duration_ms * PU_NS_PER_MS,
	                    .data = relay->guest_session_data},
	};
}

void transport_relay_init(struct transport *transport)
{
	struct pu_relay_rules rules = rules_of(transport);
	transport_splices_init(&transport->splices);
	transport->relay.books = pu_relay_new(&rules, pu_now_ns());
}

/* Those that are still being made end with their requests. */
static void cut_circuits(struct transport *transport)
{
	PU_LIST_FOREACH(node, pu_relay_circuits(transport->relay.books)) {
		struct transport_circuit *circuit =
		    PU_CONTAINER_OF(PU_LIST_ENTRY(node, struct pu_relay_circuit, in_relay),
		                    struct transport_circuit, entry);
		if (circuit->splice != NULL)
			transport_splice_cut(circuit->splice, STREAM_CODE_SHUTDOWN);
	}
}

static void drop_reservations(struct transport *transport)
{
	struct pu_relay_reserved reserved;
	size_t pos = 0;
	while (pu_relay_next_reserved(transport->relay.books, &pos, &reserved)) {
		struct pu_peer_id id = *reserved.id;
		pu_relay_unreserve(transport->relay.books, &id);
	}
}

void transport_relay_reload(struct transport *transport)
{
	struct pu_relay_rules rules = rules_of(transport);
	pu_relay_set_rules(transport->relay.books, &rules, pu_now_ns());
	if (!pu_host_config(transport->host)->relay.serve) {
		drop_reservations(transport);
		cut_circuits(transport);
	}
	transport_relay_rearm(transport);
}

void transport_relay_fini(struct transport *transport)
{
	struct transport_relay *relay = &transport->relay;
	if (relay->books == NULL)
		return;
	transport_deadline_clear(&transport->timers, &relay->due);
	pu_relay_free(relay->books);
	relay->books = NULL;
}

void transport_relay_conn_down(const struct transport_peer *peer)
{
	struct pu_relay *books = peer->transport->relay.books;
	if (books != NULL && transport_peer_direct(peer) == NULL)
		pu_relay_unreserve(books, &peer->id);
}

/* ---- circuits ---- */

static size_t allow(void *user, enum transport_splice_way way, size_t want)
{
	struct transport_circuit *circuit = user;
	struct transport *transport = circuit->transport;
	struct pu_relay *books = transport->relay.books;
	uint64_t now = pu_now_ns();
	if (pu_relay_is_spent(&circuit->entry, (enum pu_relay_way)way))
		return TRANSPORT_SPLICE_CUT;
	size_t allowed = pu_relay_allows(books, &circuit->entry, (enum pu_relay_way)way, want, now);
	if (allowed == 0 && pu_relay_wait(books, &circuit->entry, want, now))
		transport_relay_rearm(transport);
	return allowed;
}

static void carried(void *user, enum transport_splice_way way, size_t len)
{
	struct transport_circuit *circuit = user;
	pu_relay_carried(circuit->transport->relay.books, &circuit->entry, (enum pu_relay_way)way,
	                 len);
}

static void on_done(void *user)
{
	struct transport_circuit *circuit = user;
	pu_relay_close(circuit->transport->relay.books, &circuit->entry);
	pu_free(circuit);
}

static const struct transport_splice_ops circuit_ops = {
    .allow = allow, .carried = carried, .done = on_done};

void transport_relay_join(struct transport_circuit *circuit, struct transport_substream *source,
                          struct transport_substream *target)
{
	struct transport *transport = circuit->transport;
	pu_relay_start(transport->relay.books, &circuit->entry, pu_now_ns());
	transport_relay_rearm(transport);
	circuit->splice = transport_splice_new(transport, source, target, &circuit_ops, circuit);
}

/* ---- telling ---- */

static char *text_of(const struct pu_peer_id *id)
{
	char text[PU_PEER_ID_TEXT_MAX];
	return pu_strdup(pu_peer_id_print(id, text));
}

static const char *address_of(const struct transport *transport, const struct pu_peer_id *id)
{
	const struct transport_peer *peer =
	    pu_map_get(&transport->swarm.peers, pu_peer_id_bytes(id));
	const struct transport_conn *conn = peer != NULL ? transport_peer_direct(peer) : NULL;
	return conn != NULL ? conn->address : "";
}

static uint64_t ms_until(uint64_t at)
{
	uint64_t now = pu_now_ns();
	return at > now ? (at - now) / PU_NS_PER_MS : 0;
}

static size_t describe_reservations(const struct transport *transport, size_t max,
                                    struct pu_reservation_info *out)
{
	struct pu_relay_reserved reserved;
	size_t len = 0, pos = 0;
	while (len < max && pu_relay_next_reserved(transport->relay.books, &pos, &reserved))
		out[len++] = (struct pu_reservation_info){
		    .peer_id = text_of(reserved.id),
		    .address = pu_strdup(address_of(transport, reserved.id)),
		    .expires_ms = ms_until(reserved.ends),
		    .circuits = reserved.circuits,
		    .guest = reserved.guest,
		};
	return len;
}

static size_t describe_circuits(const struct transport *transport, size_t max,
                                struct pu_circuit_info *out)
{
	size_t len = 0;
	PU_LIST_FOREACH(node, pu_relay_circuits(transport->relay.books)) {
		const struct pu_relay_circuit *circuit =
		    PU_LIST_ENTRY(node, struct pu_relay_circuit, in_relay);
		if (len == max)
			break;
		out[len++] = (struct pu_circuit_info){
		    .source = text_of(pu_relay_peer_id(circuit->peers[PU_RELAY_FORTH])),
		    .target = text_of(pu_relay_peer_id(circuit->peers[PU_RELAY_BACK])),
		    .age_ms = (pu_now_ns() - circuit->since) / PU_NS_PER_MS,
		    .bytes_in = circuit->bytes[PU_RELAY_FORTH],
		    .bytes_out = circuit->bytes[PU_RELAY_BACK],
		    .guest = circuit->guest,
		};
	}
	return len;
}

static size_t memory_of(const struct pu_relay *books)
{
	size_t size = 0;
	PU_LIST_FOREACH(node, pu_relay_circuits(books)) {
		const struct transport_circuit *circuit =
		    PU_CONTAINER_OF(PU_LIST_ENTRY(node, struct pu_relay_circuit, in_relay),
		                    struct transport_circuit, entry);
		size += sizeof(*circuit);
		if (circuit->splice != NULL)
			size += transport_splice_memory(circuit->splice);
	}
	return size;
}

void transport_relay_describe(const struct transport *transport, size_t limit,
                              struct pu_transport_circuits *out)
{
	const struct pu_config_relay *config = &pu_host_config(transport->host)->relay;
	size_t max = limit != 0 && limit < DESCRIBED_MAX / 2 ? limit : DESCRIBED_MAX / 2;
	struct pu_relay_counts counts;
	pu_relay_counts(transport->relay.books, &counts);
	struct pu_reservation_info *reservations = pu_calloc(max, sizeof(*reservations));
	struct pu_circuit_info *circuits = pu_calloc(max, sizeof(*circuits));
	*out = (struct pu_transport_circuits){
	    .serving = config->serve,
	    .open = config->open,
	    .reservations_len = counts.reservations,
	    .reservations_max = (uint64_t)config->max_reservations,
	    .circuits_len = counts.circuits,
	    .circuits_max = (uint64_t)config->max_circuits,
	    .bytes = counts.bytes,
	    .refused = counts.refused,
	    .memory_bytes = counts.memory + memory_of(transport->relay.books),
	    .reservations = {reservations, describe_reservations(transport, max, reservations)},
	    .circuits = {circuits, describe_circuits(transport, max, circuits)},
	};
}

void transport_relay_described(struct pu_transport_circuits *out)
{
	struct pu_reservation_info *reservations = (void *)(uintptr_t)out->reservations.items;
	struct pu_circuit_info *circuits = (void *)(uintptr_t)out->circuits.items;
	for (size_t i = 0; i < out->reservations.len; i++) {
		pu_free((char *)(uintptr_t)reservations[i].peer_id);
		pu_free((char *)(uintptr_t)reservations[i].address);
	}
	for (size_t i = 0; i < out->circuits.len; i++) {
		pu_free((char *)(uintptr_t)circuits[i].source);
		pu_free((char *)(uintptr_t)circuits[i].target);
	}
	pu_free(reservations);
	pu_free(circuits);
}
