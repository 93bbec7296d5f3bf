/* Knows how to learn a peer's ID from its address: whoever it is, nothing is served on the
 * connection, and nothing is asked but the handshake. */
#include "probe.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "codes.h"
#include "conn_tcp.h"
#include "dial_rank.h"
#include "transport.h"

struct transport_probe {
	struct transport *transport;
	struct pu_request *request; /* NULL: answered */
	struct transport_conn *conn;
	struct transport_candidate candidate;
	struct pu_peer_id expected;
	bool has_expected, looking_up;
	uint64_t started_ns;
	uv_getaddrinfo_t lookup;
	struct transport_deadline deadline;
};

static void probe_free(struct transport_probe *probe)
{
	transport_deadline_clear(&probe->transport->timers, &probe->deadline);
	pu_free(probe);
}

/* Nobody waits any more. */
static void fail(struct transport_probe *probe, enum pu_err err, const char *text)
{
	if (probe->request != NULL)
		pu_request_fail(probe->request, err, "%s", text);
	probe->request = NULL;
	if (probe->conn == NULL && !probe->looking_up)
		probe_free(probe);
}

void transport_probe_answered(struct transport_conn *conn)
{
	struct transport_probe *probe = conn->probe;
	char id[PU_PEER_ID_TEXT_MAX];
	struct pu_transport_probed answer = {
	    .peer_id = pu_peer_id_print(pu_mux_peer(conn->mux), id),
	    .address = conn->address,
	    .agent = "",
	    .rtt_us = (pu_now_ns() - probe->started_ns) / PU_NS_PER_US,
	};
	if (probe->request != NULL)
		pu_request_answer(probe->request, &answer);
	probe->request = NULL;
	pu_mux_close(conn->mux, CONN_CODE_NONE, "only asked who you are");
}

void transport_probe_failed(struct transport_conn *conn, enum pu_err err, const char *text)
{
	struct transport_probe *probe = conn->probe;
	conn->probe = NULL;
	probe->conn = NULL;
	fail(probe, err, text);
}

static void on_late(struct transport_deadline *deadline)
{
	struct transport_probe *probe = PU_CONTAINER_OF(deadline, struct transport_probe, deadline);
	if (probe->conn != NULL)
		pu_mux_close(probe->conn->mux, CONN_CODE_NONE, "too slow");
	fail(probe, PU_ETIMEOUT, "nobody answered there in time");
}

static void dial(struct transport_probe *probe)
{
	struct transport *transport = probe->transport;
	const struct pu_peer_id *expected = probe->has_expected ? &probe->expected : NULL;
	if (!transport_conn_has_room(transport)) {
		fail(probe, PU_ELIMIT, TRANSPORT_CONN_NO_ROOM);
		return;
	}
	struct transport_conn *conn = transport_conn_new(transport, NULL);
	conn->inbound = false;
	enum pu_err err = probe->candidate.carrier == PU_CARRIER_QUIC
	                      ? transport_quic_conn_dial(conn, expected, &probe->candidate)
	                      : transport_tcp_conn_dial(conn, expected, &probe->candidate);
	if (err != PU_OK) {
		transport_conn_free(conn);
		fail(probe, err,
		     err == PU_EUNREACHABLE ? "no route to this address" : pu_strerror(err));
		return;
	}
	conn->probe = probe;
	probe->conn = conn;
}

/* ---- names ---- */

static bool take_address(struct transport_probe *probe, const struct pu_multiaddr *addr)
{
	socklen_t len;
	probe->candidate.carrier = pu_multiaddr_carrier(addr);
	return pu_multiaddr_to_sockaddr(addr, &probe->candidate.addr, &len) == PU_OK;
}

static void on_looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *result)
{
	struct transport_probe *probe = request->data;
	struct pu_multiaddr resolved;
	bool found = false;
	probe->looking_up = false;
	for (const struct addrinfo *ai = result; ai != NULL && !found; ai = ai->ai_next)
		found = pu_multiaddr_resolved(&probe->candidate.multiaddr, ai->ai_addr, &resolved) ==
		            PU_OK &&
		        take_address(probe, &resolved);
	uv_freeaddrinfo(result);
	if (probe->request == NULL)
		probe_free(probe);
	else if (found)
		dial(probe);
	else
		fail(probe, PU_EUNREACHABLE,
		     status != 0 ? "this host name does not resolve" : "the host has no such address");
}

static void look_up(struct transport_probe *probe, const struct pu_multiaddr_part *host)
{
	char *name = pu_strndup((const char *)host->value.data, host->value.len);
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
	probe->lookup.data = probe;
	probe->looking_up = uv_getaddrinfo(probe->transport->loop, &probe->lookup, on_looked_up,
	                                   name, NULL, &hints) == 0;
	pu_free(name);
	if (!probe->looking_up)
		fail(probe, PU_EIO, "the resolver cannot be asked");
}

void transport_probe_start(struct transport *transport, struct pu_request *request,
                           const struct pu_transport_probe *ask)
{
	struct pu_multiaddr addr;
	struct pu_multiaddr_part host;
	if (pu_multiaddr_parse(ask->address, &addr) != PU_OK ||
	    pu_multiaddr_carrier(&addr) == PU_CARRIER_NONE) {
		pu_request_fail(request, PU_EINVAL, "'%s' is not an address that can be dialed",
		                ask->address);
		return;
	}
	struct transport_probe *probe = PU_NEW(struct transport_probe);
	probe->transport = transport;
	probe->request = request;
	probe->has_expected = pu_multiaddr_peer(&addr, &probe->expected) == PU_OK;
	pu_multiaddr_strip_peer(&addr);
	probe->candidate.multiaddr = addr;
	probe->started_ns = pu_now_ns();
	transport_deadline_set(&transport->timers, &probe->deadline,
	                       ask->deadline_ms != 0 ? ask->deadline_ms : TRANSPORT_PROBE_MS,
	                       on_late);
	if (pu_multiaddr_dns_host(&addr, &host))
		look_up(probe, &host);
	else if (take_address(probe, &addr))
		dial(probe);
	else
		fail(probe, PU_EINVAL, "this address cannot be dialed");
}
