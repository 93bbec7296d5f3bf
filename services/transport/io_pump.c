/* Knows how a stream socket and a substream end in each other's terms, and when to stop reading
 * one because the other is full. */
#include "io_pump.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "codes.h"

#define READ_MIN   4096   /* asked of a stream of small messages */
#define READ_MAX   262144 /* asked of a bulk transfer */
#define READ_TURNS 4      /* reads before others have their turn */
#define PIECES     16

struct transport_pump {
	uv_poll_t poll;
	int fd;
	struct transport_substream *substream;
	transport_pump_fn done;
	void *user;
	struct transport_pump_end end;
	size_t read_want;  /* follows what the socket gives */
	int events;        /* polled for */
	bool started;      /* the protocol is agreed on, or taken for granted */
	bool send_full;    /* QUIC takes no more now */
	bool local_full;   /* the socket takes no more now */
	bool local_ended;  /* nothing more to read from the socket */
	bool remote_ended; /* nothing more to write to it */
	bool broken;       /* close it with a reset */
};

static void on_poll(uv_poll_t *handle, int status, int events);

static void update_poll(struct transport_pump *pump)
{
	int events = 0;
	if (pump->started && !pump->local_ended && !pump->send_full)
		events |= UV_READABLE;
	if (!pump->remote_ended && pump->local_full)
		events |= UV_WRITABLE;
	if (events == pump->events)
		return;
	pump->events = events;
	if (events == 0)
		uv_poll_stop(&pump->poll);
	else
		uv_poll_start(&pump->poll, events, on_poll);
}

static void on_closed(uv_handle_t *handle)
{
	pu_free(handle->data);
}

static void close_socket(struct transport_pump *pump)
{
	uv_poll_stop(&pump->poll);
	if (pump->broken) {
		struct linger linger = {.l_onoff = 1, .l_linger = 0};
		(void)setsockopt(pump->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	}
	close(pump->fd);
	uv_close((uv_handle_t *)&pump->poll, on_closed);
}

/* Ends the pump when both directions have ended; else waits for what comes next. */
static void settle(struct transport_pump *pump)
{
	if (!pump->local_ended || !pump->remote_ended) {
		update_poll(pump);
		return;
	}
	close_socket(pump);
	transport_substream_close(pump->substream);
	pump->done(pump->user, &pump->end);
}

static void note(struct transport_pump *pump, enum pu_err err, const char *text)
{
	if (pump->end.err == PU_OK) {
		pump->end.err = err;
		pump->end.text = text;
	}
}

/* Both directions are over, and not well. */
static void give_up(struct transport_pump *pump)
{
	pump->broken = pump->local_ended = pump->remote_ended = true;
}

static void break_off(struct transport_pump *pump, enum pu_err err, const char *text)
{
	note(pump, err, text);
	give_up(pump);
}

/* ---- socket to peer ---- */

static void note_local(struct transport_pump *pump, const char *text)
{
	pump->end.local = pump->end.local || pump->end.err == PU_OK;
	note(pump, PU_ECLOSED, text);
}

static void local_failed(struct transport_pump *pump)
{
	pu_stream_reset(pump->substream->stream, STREAM_CODE_TARGET_RESET);
	pu_stream_stop_sending(pump->substream->stream, STREAM_CODE_TARGET_RESET);
	note_local(pump, "the local connection was reset");
	give_up(pump);
}

/* The peer wants no more of it. A writer on a Unix socket learns that at once. */
static void stop_local(struct transport_pump *pump)
{
	(void)shutdown(pump->fd, SHUT_RD);
	pump->local_ended = true;
}

/* Asks for as much as the socket seems to have. */
static void adapt(struct transport_pump *pump, size_t got, size_t room)
{
	if (got == room && pump->read_want < READ_MAX)
		pump->read_want *= 2;
	else if (got < pump->read_want / 4 && pump->read_want > READ_MIN)
		pump->read_want /= 2;
}

/* Reads once; answers true when there may be more to read at once. */
static bool read_once(struct transport_pump *pump)
{
	struct pu_stream *stream = pump->substream->stream;
	struct iovec out[2] = {0};
	size_t room = pu_stream_reserve(stream, pump->read_want, out);
	pump->send_full = room == 0;
	if (room == 0) {
		pu_stream_commit(stream, 0);
		/* The peer may have stopped us before we began: nobody tells that twice. */
		if (!pu_stream_can_send(stream))
			stop_local(pump);
		return false;
	}
	ssize_t got = readv(pump->fd, out, out[1].iov_len > 0 ? 2 : 1);
	pu_stream_commit(stream, got > 0 ? (size_t)got : 0);
	if (got > 0) {
		pump->end.bytes_out += (size_t)got;
		adapt(pump, (size_t)got, room);
		return (size_t)got == room;
	}
	if (got == 0) {
		pu_stream_finish(stream);
		pump->local_ended = true;
	} else if (errno != EAGAIN && errno != EINTR) {
		local_failed(pump);
	}
	return false;
}

static void from_local(struct transport_pump *pump)
{
	for (int turn = 0; turn < READ_TURNS && !pump->local_ended; turn++)
		if (!read_once(pump))
			return;
}

/* ---- peer to socket ---- */

static void remote_ended(struct transport_pump *pump, enum pu_recv state)
{
	if (state == PU_RECV_FIN) {
		(void)shutdown(pump->fd, SHUT_WR);
		pump->remote_ended = true;
	} else if (state == PU_RECV_RESET) {
		uint64_t code = pu_stream_reset_code(pump->substream->stream);
		pu_stream_reset(pump->substream->stream, code);
		break_off(pump, transport_stream_code_err(code), transport_stream_code_text(code));
	}
}

static void write_failed(struct transport_pump *pump)
{
	if (errno == EAGAIN || errno == EINTR) {
		pump->local_full = true;
		return;
	}
	if (errno != EPIPE) {
		local_failed(pump);
		return;
	}
	/* The local side reads no more; it may still send. */
	pu_stream_stop_sending(pump->substream->stream, STREAM_CODE_TARGET_RESET);
	note_local(pump, "the local side closed the connection");
	pump->remote_ended = true;
}

static void to_local(struct transport_pump *pump)
{
	struct pu_stream *stream = pump->substream->stream;
	pump->local_full = false;
	while (!pump->remote_ended && !pump->local_full) {
		struct iovec pieces[PIECES];
		enum pu_recv state;
		size_t count = pu_stream_peek(stream, pieces, PIECES, &state);
		if (count == 0) {
			remote_ended(pump, state);
			return;
		}
		ssize_t sent = writev(pump->fd, pieces, (int)count);
		if (sent < 0) {
			write_failed(pump);
			return;
		}
		pump->end.bytes_in += (size_t)sent;
		pu_stream_consume(stream, (size_t)sent);
	}
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
	struct transport_pump *pump = handle->data;
	if (status < 0) {
		local_failed(pump);
	} else {
		if (events & UV_WRITABLE)
			to_local(pump);
		if ((events & UV_READABLE) && !pump->local_ended)
			from_local(pump);
	}
	settle(pump);
}

/* ---- the substream's events ---- */

static void on_open(struct transport_substream *substream)
{
	struct transport_pump *pump = substream->handler;
	pump->started = true;
	to_local(pump);
	settle(pump);
}

static void on_data(struct transport_substream *substream)
{
	struct transport_pump *pump = substream->handler;
	if (pump->local_full || pump->remote_ended)
		return;
	to_local(pump);
	settle(pump);
}

static void on_writable(struct transport_substream *substream)
{
	struct transport_pump *pump = substream->handler;
	pump->send_full = false;
	update_poll(pump);
}

static void on_stopped(struct transport_substream *substream)
{
	struct transport_pump *pump = substream->handler;
	stop_local(pump);
	settle(pump);
}

static void on_failed(struct transport_substream *substream, enum pu_err err, const char *text)
{
	struct transport_pump *pump = substream->handler;
	note(pump, err, text);
	if (substream->state == SUBSTREAM_OPEN && !pump->remote_ended)
		to_local(pump); /* what came before the connection was lost */
	break_off(pump, err, text);
	settle(pump);
}

const struct transport_substream_ops transport_pump_ops = {
    .on_open = on_open,
    .on_data = on_data,
    .on_writable = on_writable,
    .on_stopped = on_stopped,
    .on_failed = on_failed,
};

/* ---- life ---- */

enum pu_err transport_pump_new(uv_loop_t *loop, int fd, transport_pump_fn done, void *user,
                               struct transport_pump **out)
{
	struct transport_pump *pump = PU_NEW(struct transport_pump);
	pump->fd = fd;
	pump->done = done;
	pump->user = user;
	pump->read_want = READ_MIN;
	pump->end.text = "";
	if (uv_poll_init(loop, &pump->poll, fd) != 0) {
		close(fd);
		pu_free(pump);
		return PU_EINVAL;
	}
	pump->poll.data = pump;
	*out = pump;
	return PU_OK;
}

void transport_pump_free(struct transport_pump *pump)
{
	close_socket(pump);
}

void transport_pump_start(struct transport_pump *pump, struct transport_substream *substream)
{
	pump->substream = substream;
	pump->started = substream->state != SUBSTREAM_PROPOSING;
	update_poll(pump);
}
