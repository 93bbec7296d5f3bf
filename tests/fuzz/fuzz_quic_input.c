/* Arbitrary datagrams into an endpoint that serves, and into one that dials. The input is a
 * sequence of records: one byte of what to do, two bytes of length, the datagram. */
#include <stdlib.h>
#include <string.h>

#include "quic/conn.h"
#include "quic/sim.h"
#include "quic/state.h"
#include "quic/stream.h"

enum {
	TO_DIALLER = 1,   /* else to the server */
	KNOWN_CID = 2,    /* put a connection ID of the receiver where a short header has it */
	LATER = 4,        /* 50 ms pass */
	OTHER_SOURCE = 8, /* from another address */
};

static void on_stream(void *user, struct pu_quic_stream *stream)
{
	(void)user;
	pu_quic_stream_close(stream);
}

static void on_data(void *user, struct pu_quic_stream *stream)
{
	(void)user;
	pu_quic_stream_close(stream);
}

static void on_new(void *user, struct pu_quic_conn *conn)
{
	struct sim_host *host = user;

	host->test = conn;
}

static void on_down(void *user, struct pu_quic_conn *conn, const struct pu_mux_end *why)
{
	struct sim_host *host = user;

	(void)why;
	if (host->test == conn)
		host->test = NULL;
}

static const struct pu_quic_callbacks callbacks = {
    .on_conn_new = on_new,
    .on_conn_down = on_down,
    .on_stream_new = on_stream,
    .on_stream_data = on_data,
};

static void patch_cid(const struct sim_host *to, uint8_t *data, size_t len)
{
	const struct pu_quic_conn *conn = to->test;

	if (conn != NULL && len > PU_QUIC_CID_LEN)
		memcpy(data + 1, conn->owner.cids[0].data, PU_QUIC_CID_LEN);
}

static void feed(struct sim *sim, uint8_t what, uint8_t *data, size_t len)
{
	struct sim_host *to = &sim->hosts[what & TO_DIALLER ? 0 : 1];
	struct sim_host from = sim->hosts[what & TO_DIALLER ? 1 : 0];

	if (what & KNOWN_CID)
		patch_cid(to, data, len);
	if (what & OTHER_SOURCE)
		from.addr.in.sin_port ^= 7;
	sim_inject(to, &from, data, len);
	sim_run(sim, what & LATER ? 50 * PU_NS_PER_MS : 1, NULL, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t datagram[65536];
	struct sim sim;

	sim_init(&sim, 1);
	sim_start(sim_add(&sim, &callbacks, NULL));
	sim_start(sim_add(&sim, &callbacks, NULL));
	sim.hosts[0].test = sim_dial(&sim.hosts[0], &sim.hosts[1], NULL, NULL);
	if (size > 0 && (data[0] & 0x80) != 0)
		sim_run(&sim, PU_NS_PER_S, NULL, NULL);
	while (size >= 3) {
		size_t len = (size_t)data[1] << 8 | data[2];

		if (len > size - 3)
			len = size - 3;
		memcpy(datagram, data + 3, len);
		feed(&sim, data[0], datagram, len);
		data += 3 + len;
		size -= 3 + len;
	}
	sim_run(&sim, 20 * PU_NS_PER_S, NULL, NULL);
	sim_fini(&sim);
	return 0;
}
