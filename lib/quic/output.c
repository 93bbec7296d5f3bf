/* Knows how packets become runs of equal size that one system call can send (UDP GSO): the
 * connections write into one scratch buffer in turn, and a run ends where the size, the path or
 * the ECN bits change. */
#include "quic/output.h"

#include <string.h>

#include "quic/stream_send.h"

ngtcp2_path pu_quic_path_to_ngtcp2(const struct pu_quic_path *path)
{
	return (ngtcp2_path){
	    .local = {(ngtcp2_sockaddr *)&path->local.sa, path->local.len},
	    .remote = {(ngtcp2_sockaddr *)&path->remote.sa, path->remote.len},
	    .user_data = path->user,
	};
}

static struct pu_quic_addr addr_from(const ngtcp2_addr *addr)
{
	struct pu_quic_addr out = {.len = addr->addrlen};

	memcpy(&out.in6, addr->addr, addr->addrlen);
	return out;
}

struct pu_quic_path pu_quic_path_from_ngtcp2(const ngtcp2_path *path)
{
	return (struct pu_quic_path){addr_from(&path->local), addr_from(&path->remote),
	                             path->user_data};
}

static size_t send_bytes(struct pu_quic_endpoint *ep, const struct pu_quic_datagrams *out)
{
	size_t taken = ep->cb->send(ep->user, out);

	ep->stats.sends++;
	ep->stats.bytes_out += taken;
	ep->stats.datagrams_out += (taken + out->segment - 1) / out->segment;
	return taken;
}

void pu_quic_output_single(struct pu_quic_endpoint *ep, const struct pu_quic_path *path,
                           struct pu_bytes packet)
{
	struct pu_quic_datagrams out = {
	    .path = path, .data = packet.data, .len = packet.len, .segment = packet.len};

	if (!ep->blocked && packet.len > 0)
		send_bytes(ep, &out);
}

/* Hands the run to the host; false: the socket blocks, and the rest of the run is kept. */
static bool run_send(struct pu_quic_endpoint *ep)
{
	struct pu_quic_run *run = &ep->run;
	struct pu_quic_datagrams out = {.path = &run->path,
	                                .data = ep->scratch + run->off,
	                                .len = run->len,
	                                .segment = run->segment,
	                                .ecn = run->ecn};
	size_t taken;

	if (run->len == 0)
		return true;
	taken = send_bytes(ep, &out);
	if (taken < run->len) {
		run->off += taken;
		run->len -= taken;
		run->open = false;
		ep->blocked = true;
		return false;
	}
	run->off = run->len = run->count = 0;
	run->open = false;
	return true;
}

bool pu_quic_output_resume(struct pu_quic_endpoint *ep)
{
	ep->blocked = false;
	return run_send(ep);
}

static bool run_takes(const struct pu_quic_run *run, const ngtcp2_path *path, uint8_t ecn,
                      size_t len)
{
	ngtcp2_path mine = pu_quic_path_to_ngtcp2(&run->path);

	return run->open && run->ecn == ecn && len <= run->segment &&
	       run->count < PU_QUIC_RUN_SEGMENTS_MAX && run->len + len <= PU_QUIC_RUN_MAX &&
	       ngtcp2_path_eq(&mine, path);
}

/* The packet lies behind the run. If it does not fit to it, the run leaves first and the packet
 * begins the next one; should the socket block just then, the packet counts as lost. */
static bool run_add(struct pu_quic_endpoint *ep, const ngtcp2_path *path, uint8_t ecn,
                    size_t len)
{
	struct pu_quic_run *run = &ep->run;

	if (!run_takes(run, path, ecn, len)) {
		uint8_t *packet = ep->scratch + run->len;

		if (!run_send(ep))
			return false;
		if (packet != ep->scratch)
			memmove(ep->scratch, packet, len);
		run->path = pu_quic_path_from_ngtcp2(path);
		run->segment = len;
		run->ecn = ecn;
		run->open = true;
	}
	run->len += len;
	run->count++;
	if (len < run->segment || run->count == PU_QUIC_RUN_SEGMENTS_MAX ||
	    run->len + run->segment > PU_QUIC_RUN_MAX)
		return run_send(ep);
	return true;
}

/* How long a packet may be, and what ngtcp2 says about the one that it wrote. */
struct pu_quic_packet {
	ngtcp2_path_storage path;
	ngtcp2_pkt_info pi;
	size_t max; /* bytes that it may have */
};

/* The next stream in turn, or NULL. */
static struct pu_quic_stream *next_stream(struct pu_quic_conn *conn, bool blocked)
{
	struct pu_list_node *node = blocked ? NULL : pu_list_first(&conn->sendable);

	return node == NULL ? NULL : PU_LIST_ENTRY(node, struct pu_quic_stream, in_sendable);
}

/* FIN only if the packet could take all that is left, MORE if another stream could fill up what
 * this one leaves. */
static uint32_t stream_flags(const struct pu_quic_conn *conn,
                             const struct pu_quic_stream *stream, const struct iovec data[2])
{
	uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_NONE;

	if (stream->fin_wanted && data[0].iov_len + data[1].iov_len == stream->unsent)
		flags |= NGTCP2_WRITE_STREAM_FLAG_FIN;
	if (stream->in_sendable.next != &conn->sendable.head)
		flags |= NGTCP2_WRITE_STREAM_FLAG_MORE;
	return flags;
}

/* Offers the stream's next bytes (NULL: none) to the packet at `dest`. */
static ngtcp2_ssize offer(struct pu_quic_conn *conn, struct pu_quic_stream *stream,
                          struct pu_quic_packet *packet)
{
	struct pu_quic_endpoint *ep = conn->ep;
	struct iovec data[2] = {{0}, {0}};
	uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_NONE;
	ngtcp2_ssize taken = -1, len;
	size_t count = 0;

	if (stream != NULL) {
		count = pu_quic_stream_unsent(stream, data);
		flags = stream_flags(conn, stream, data);
	}
	/* A struct iovec is an ngtcp2_vec. */
	len = ngtcp2_conn_writev_stream(conn->quic, &packet->path.path, &packet->pi,
	                                ep->scratch + ep->run.len, packet->max, &taken, flags,
	                                stream != NULL ? stream->id : -1, (const ngtcp2_vec *)data,
	                                count, ep->now);
	if (stream != NULL && taken >= 0)
		pu_quic_stream_was_sent(stream, (size_t)taken);
	return len;
}

/* One packet into the scratch buffer, from as many streams as fit. Answers its length, 0:
 * nothing to send or not allowed now, < 0: the connection has failed. */
static ngtcp2_ssize write_packet(struct pu_quic_conn *conn, struct pu_quic_packet *packet)
{
	bool blocked = false;

	for (;;) {
		struct pu_quic_stream *stream = next_stream(conn, blocked);
		ngtcp2_ssize len = offer(conn, stream, packet);

		switch (len) {
		case NGTCP2_ERR_WRITE_MORE:
			break;
		case NGTCP2_ERR_STREAM_DATA_BLOCKED:
			blocked = ngtcp2_conn_get_max_data_left(conn->quic) == 0;
			if (!blocked)
				pu_quic_stream_park(stream);
			break;
		case NGTCP2_ERR_STREAM_SHUT_WR:
		case NGTCP2_ERR_STREAM_NOT_FOUND:
			pu_quic_stream_was_stopped(stream);
			break;
		default:
			return len;
		}
	}
}

/* Bytes of a stream are under way, or lost. */
static bool awaits_confirmation(const struct pu_quic_conn *conn)
{
	PU_LIST_FOREACH(it, &conn->streams) {
		const struct pu_quic_stream *stream = PU_LIST_ENTRY(it, struct pu_quic_stream, in_conn);

		if (!stream->send_ended && stream->send.len > stream->unsent)
			return true;
	}
	return false;
}

static size_t packet_max(struct pu_quic_conn *conn)
{
	const struct pu_quic_endpoint *ep = conn->ep;
	struct pu_quic_packet_size *size = &conn->packet_size;
	ngtcp2_duration pto = ngtcp2_conn_get_pto(conn->quic);

	if (ep->config.jumbo)
		return ep->config.udp_payload_max;
	if (pu_quic_packet_size_is_silent(size, ep->now, pto) && !awaits_confirmation(conn))
		pu_quic_packet_size_moved(size, ep->now);
	return pu_quic_packet_size_next(size, ep->config.udp_payload_max, ep->now, pto);
}

/* A packet that is to find out whether the path takes its length: should it be too long, no
 * other packet may go with it. */
static bool is_probe(const struct pu_quic_conn *conn, size_t len)
{
	return len > ngtcp2_conn_get_path_max_tx_udp_payload_size(conn->quic);
}

/* One turn of a connection; true: it may have more to send. */
static bool turn(struct pu_quic_conn *conn, size_t *budget)
{
	struct pu_quic_endpoint *ep = conn->ep;
	size_t quantum = ngtcp2_conn_get_send_quantum(conn->quic), sent = 0;
	size_t most = quantum < PU_QUIC_RUN_MAX ? quantum : PU_QUIC_RUN_MAX;
	struct pu_quic_packet packet;
	ngtcp2_ssize len = 0;
	bool free_way = true;

	pu_quic_conn_look_at_parked(conn);
	packet.max = packet_max(conn);
	ngtcp2_path_storage_zero(&packet.path);
	do {
		len = write_packet(conn, &packet);
		if (len <= 0)
			break;
		sent += (size_t)len;
		free_way = run_add(ep, &packet.path.path, (uint8_t)packet.pi.ecn, (size_t)len);
		if (free_way && is_probe(conn, (size_t)len))
			free_way = run_send(ep);
	} while (free_way && sent + (size_t)len <= most);
	if (free_way)
		free_way = run_send(ep);
	conn->bytes_out += sent;
	*budget -= sent < *budget ? sent : *budget;
	if (len < 0) {
		pu_quic_conn_fail(conn, (int)len);
		return false;
	}
	if (sent > 0)
		ngtcp2_conn_update_pkt_tx_time(conn->quic, ep->now);
	return len > 0;
}

static void settle(struct pu_quic_conn *conn)
{
	ngtcp2_conn_info info;

	ngtcp2_conn_get_conn_info(conn->quic, &info);
	conn->cwnd = info.cwnd;
	pu_heap_set(&conn->ep->deadlines, &conn->owner.timer, ngtcp2_conn_get_expiry(conn->quic));
}

void pu_quic_output(struct pu_quic_endpoint *ep, size_t *budget)
{
	while (!ep->blocked && *budget > 0 && !pu_list_empty(&ep->output)) {
		struct pu_quic_conn *conn =
		    PU_LIST_ENTRY(pu_list_first(&ep->output), struct pu_quic_conn, in_output);

		pu_list_remove(&conn->in_output);
		if (conn->state == PU_QUIC_CONN_ENDING)
			continue;
		if (turn(conn, budget))
			pu_list_append(&ep->output, &conn->in_output);
		if (conn->state != PU_QUIC_CONN_ENDING)
			settle(conn);
	}
}
