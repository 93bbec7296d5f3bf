/* Knows both ping protocols, both ends: /ipfs/ping/1.0.0 (32 bytes echoed, as often as the
 * opener likes) and peer-up's /pingpong/1.0.0 ("ping\n" answered by "pong\n"). */
#include "ping.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/rand.h"
#include "codes.h"
#include "protocol.h"
#include "swarm.h"
#include "transport.h"

#define PING_LEN     32
#define PINGPONG_MAX 64 /* a longer line is not a ping */
#define ECHO_PIECE   4096

/* ---- answering /ipfs/ping ---- */

/* Sends back what has come as far as there is room; flow control does the rest. */
static void echo(struct transport_substream *substream)
{
	struct iovec piece;
	enum pu_recv state;
	while (pu_stream_peek(substream->stream, &piece, 1, &state) > 0) {
		size_t want = piece.iov_len < ECHO_PIECE ? piece.iov_len : ECHO_PIECE;
		size_t sent = pu_stream_write(substream->stream, piece.iov_base, want);
		pu_stream_consume(substream->stream, sent);
		if (sent < want)
			return;
	}
	if (state == PU_RECV_FIN || state == PU_RECV_RESET) {
		pu_stream_finish(substream->stream);
		transport_substream_close(substream);
	}
}

static void on_stopped(struct transport_substream *substream)
{
	transport_substream_close(substream);
}

static void on_failed(struct transport_substream *substream, enum pu_err err, const char *text)
{
	(void)err;
	(void)text;
	transport_substream_close(substream);
}

const struct transport_substream_ops transport_ping_ops = {
    .on_data = echo,
    .on_writable = echo,
    .on_stopped = on_stopped,
    .on_failed = on_failed,
};

/* ---- answering /pingpong ---- */

/* Our half is over: waits for the end of the peer's, because stopping a stream that has just
 * been answered makes some implementations forget the answer. */
static void drain(struct transport_substream *substream)
{
	struct iovec piece;
	enum pu_recv state;
	while (pu_stream_peek(substream->stream, &piece, 1, &state) > 0)
		pu_stream_consume(substream->stream, piece.iov_len);
	if (state == PU_RECV_FIN || state == PU_RECV_RESET)
		transport_substream_close(substream);
}

static const struct transport_substream_ops answered_ops = {
    .on_data = drain,
    .on_failed = on_failed,
};

/* The first bytes, wherever QUIC has them. */
static size_t peek_line(struct transport_substream *substream, char line[PINGPONG_MAX],
                        enum pu_recv *state)
{
	struct iovec pieces[4];
	size_t have = 0;
	size_t count = pu_stream_peek(substream->stream, pieces, PU_ARRAY_LEN(pieces), state);
	for (size_t i = 0; i < count && have < PINGPONG_MAX; i++) {
		size_t room = PINGPONG_MAX - have;
		size_t len = pieces[i].iov_len < room ? pieces[i].iov_len : room;
		memcpy(line + have, pieces[i].iov_base, len);
		have += len;
	}
	return have;
}

static void answer_line(struct transport_substream *substream)
{
	char line[PINGPONG_MAX];
	enum pu_recv state;
	size_t have = peek_line(substream, line, &state);
	const char *end = memchr(line, '\n', have);
	if (end == NULL && have < PINGPONG_MAX && state == PU_RECV_OPEN)
		return; /* the line is not whole yet */
	if (end == NULL) {
		transport_substream_abort(substream, STREAM_CODE_VIOLATION);
		return;
	}
	size_t len = (size_t)(end - line);
	bool ping = len >= 4 && memcmp(line, "ping", 4) == 0 && (len == 4 || line[4] == '\r');
	const char *reply = ping ? "pong\n" : "unknown\n";
	(void)pu_stream_write(substream->stream, reply, strlen(reply));
	pu_stream_finish(substream->stream);
	substream->ops = &answered_ops;
	drain(substream);
}

const struct transport_substream_ops transport_pingpong_ops = {
    .on_data = answer_line,
    .on_stopped = on_stopped,
    .on_failed = on_failed,
};

/* ---- asking ---- */

struct ping {
	struct transport_substream *substream;
	struct transport_timers *timers;
	struct transport_deadline deadline;
	transport_ping_fn done;
	void *user;
	bool pingpong;
	uint64_t sent_ns;
	uint8_t expected[PING_LEN];
	size_t expected_len, got;
};

/* The reply has come (PU_OK), or will not. */
static void finish(struct ping *ping, enum pu_err err, const char *text)
{
	uint64_t rtt_ns = err == PU_OK ? pu_now_ns() - ping->sent_ns : 0;
	transport_deadline_clear(ping->timers, &ping->deadline);
	if (ping->substream != NULL) {
		pu_stream_finish(ping->substream->stream);
		transport_substream_close(ping->substream);
	}
	ping->done(ping->user, err, text, rtt_ns);
	pu_free(ping);
}

static void on_deadline(struct transport_deadline *deadline)
{
	finish(PU_CONTAINER_OF(deadline, struct ping, deadline), PU_ETIMEOUT,
	       "no answer to the ping in time");
}

static void read_reply(struct transport_substream *substream)
{
	struct ping *ping = substream->handler;
	struct iovec piece;
	enum pu_recv state;
	while (pu_stream_peek(substream->stream, &piece, 1, &state) > 0) {
		size_t len = piece.iov_len;
		if (len > ping->expected_len - ping->got ||
		    memcmp(piece.iov_base, ping->expected + ping->got, len) != 0) {
			finish(ping, PU_EPROTOCOL, "the peer answered something else than the ping");
			return;
		}
		ping->got += len;
		pu_stream_consume(substream->stream, len);
		if (ping->got == ping->expected_len) {
			finish(ping, PU_OK, "");
			return;
		}
	}
	if (state == PU_RECV_FIN || state == PU_RECV_RESET)
		finish(ping, PU_ECLOSED, "the peer closed the ping stream");
}

static void send_ping(struct transport_substream *substream)
{
	struct ping *ping = substream->handler;
	ping->sent_ns = pu_now_ns();
	if (ping->pingpong) {
		memcpy(ping->expected, "pong\n", 5);
		ping->expected_len = 5;
		(void)pu_stream_write(substream->stream, "ping\n", 5);
	} else {
		pu_rand_bytes(ping->expected, PING_LEN);
		ping->expected_len = PING_LEN;
		(void)pu_stream_write(substream->stream, ping->expected, PING_LEN);
	}
}

static void on_ping_failed(struct transport_substream *substream, enum pu_err err,
                           const char *text)
{
	struct ping *ping = substream->handler;
	finish(ping, err, text);
}

static const struct transport_substream_ops asking_ops = {
    .on_open = send_ping,
    .on_data = read_reply,
    .on_failed = on_ping_failed,
};

void transport_ping_start(struct transport_conn *conn, bool pingpong, transport_ping_fn done,
                          void *user)
{
	struct ping *ping = PU_NEW(struct ping);
	ping->timers = &conn->transport->timers;
	ping->done = done;
	ping->user = user;
	ping->pingpong = pingpong;
	const char *protocol = pingpong ? "/pingpong/1.0.0" : "/ipfs/ping/1.0.0";
	enum pu_err err =
	    transport_substream_open(conn, protocol, false, &asking_ops, ping, &ping->substream);
	if (err != PU_OK) {
		finish(ping, err, pu_strerror(err));
		return;
	}
	transport_deadline_set(ping->timers, &ping->deadline, TRANSPORT_PING_MS, on_deadline);
}
