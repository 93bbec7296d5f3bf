/* Knows how two streams are one: bytes, ends and resets of one become those of the other, and
 * no circuit takes more of a turn than its share. */
#include "relay_splice.h"

#include <string.h>

#include "base/alloc.h"
#include "codes.h"
#include "substream.h"
#include "transport.h"

#define PIECES 16

struct splice_way {
	struct transport_substream *from, *to; /* views of `ends` */
	enum transport_splice_way way;
	bool ended; /* FIN was passed on, or nobody wants the bytes */
};

struct transport_splice {
	struct pu_list_node in_ready;
	struct transport *transport;
	struct transport_substream *ends[SPLICE_WAYS]; /* source, target */
	struct splice_way ways[SPLICE_WAYS];
	const struct transport_splice_ops *ops;
	void *user;
};

void transport_splices_init(struct transport_splices *splices)
{
	pu_list_init(&splices->ready);
}

/* ---- end ---- */

static void finish(struct transport_splice *splice, bool orderly, uint64_t code)
{
	struct transport *transport = splice->transport;
	for (int i = 0; i < SPLICE_WAYS; i++) {
		if (splice->ends[i] == NULL)
			continue;
		if (orderly)
			transport_substream_close(splice->ends[i]);
		else
			transport_substream_abort(splice->ends[i], code);
	}
	pu_list_remove(&splice->in_ready);
	transport->splices.len--;
	splice->ops->done(splice->user);
	pu_free(splice);
}

void transport_splice_cut(struct transport_splice *splice, uint64_t code)
{
	finish(splice, false, code);
}

/* ---- one way ---- */

enum moved {
	MOVED_ALL,  /* what there was, or what was taken: wait for events */
	MOVED_PART, /* there is more to do */
	MOVED_OVER, /* the circuit is gone */
};

/* Room for up to `want` bytes that do not wait behind too many others. If it is less,
 * on_writable follows: the stream says so only if it cannot give what it was asked for, so when
 * our own bound is met it is asked for more than any stream takes. */
static size_t make_room(struct pu_stream *to, size_t want, struct iovec room[2])
{
	size_t unsent = pu_stream_pending(to, true);
	size_t max =
	    unsent < TRANSPORT_SPLICE_UNSENT_MAX ? TRANSPORT_SPLICE_UNSENT_MAX - unsent : 0;
	size_t given = pu_stream_reserve(to, max < want ? SIZE_MAX / 2 : want, room);
	return given < max ? given : max;
}

/* Copies up to `max` bytes; answers how many. */
static size_t copy(struct pu_stream *to, const struct iovec *pieces, size_t count, size_t max)
{
	struct iovec room[2];
	size_t given = make_room(to, max, room), done = 0, at = 0, off = 0;
	if (given > max)
		given = max;
	for (int i = 0; i < 2; i++) {
		uint8_t *out = room[i].iov_base;
		size_t left = done + room[i].iov_len <= given ? room[i].iov_len : given - done;
		while (left > 0 && at < count) {
			size_t here = pieces[at].iov_len - off, len = here < left ? here : left;
			memcpy(out, (const uint8_t *)pieces[at].iov_base + off, len);
			out += len, left -= len, done += len, off += len;
			if (off == pieces[at].iov_len)
				at++, off = 0;
		}
	}
	pu_stream_commit(to, done);
	return done;
}

static size_t total(const struct iovec *pieces, size_t count)
{
	size_t len = 0;
	for (size_t i = 0; i < count; i++)
		len += pieces[i].iov_len;
	return len;
}

static void queue(struct transport_splice *splice)
{
	if (!pu_list_linked(&splice->in_ready))
		pu_list_append(&splice->transport->splices.ready, &splice->in_ready);
}

/* The incoming side has ended and everything of it has moved. What was lost has not ended:
 * on_failed follows, and nobody shall take it for the end. */
static enum moved pass_end(struct transport_splice *splice, struct splice_way *way,
                           enum pu_recv state)
{
	if (state != PU_RECV_FIN && state != PU_RECV_RESET)
		return MOVED_ALL;
	if (state == PU_RECV_RESET)
		pu_stream_reset(way->to->stream, pu_stream_reset_code(way->from->stream));
	else
		pu_stream_finish(way->to->stream);
	way->ended = true;
	if (!splice->ways[SPLICE_FORTH].ended || !splice->ways[SPLICE_BACK].ended)
		return MOVED_ALL;
	finish(splice, true, STREAM_CODE_NONE);
	return MOVED_OVER;
}

static enum moved move(struct transport_splice *splice, struct splice_way *way)
{
	size_t budget = TRANSPORT_SPLICE_TURN;
	if (way->ended)
		return MOVED_ALL;
	for (;;) {
		struct iovec pieces[PIECES];
		enum pu_recv state;
		size_t count = pu_stream_peek(way->from->stream, pieces, PIECES, &state);
		size_t want = total(pieces, count);
		if (count == 0)
			return pass_end(splice, way, state);
		if (budget == 0)
			return MOVED_PART;
		if (!pu_stream_can_send(way->to->stream))
			return MOVED_ALL; /* on_stopped or on_failed says why */
		size_t allowed =
		    splice->ops->allow(splice->user, way->way, want < budget ? want : budget);
		if (allowed == TRANSPORT_SPLICE_CUT) {
			transport_splice_cut(splice, STREAM_CODE_LIMIT);
			return MOVED_OVER;
		}
		if (allowed == 0)
			return MOVED_ALL; /* transport_splice_resume() follows */
		size_t moved = copy(way->to->stream, pieces, count, allowed);
		pu_stream_consume(way->from->stream, moved);
		splice->ops->carried(splice->user, way->way, moved);
		budget -= moved;
		if (moved == 0)
			return MOVED_ALL; /* full: on_writable follows */
	}
}

/* Both ways; queued again if there is more to do. */
static void turn(struct transport_splice *splice)
{
	enum moved forth = move(splice, &splice->ways[SPLICE_FORTH]);
	if (forth == MOVED_OVER)
		return;
	enum moved back = move(splice, &splice->ways[SPLICE_BACK]);
	if (back != MOVED_OVER && (forth == MOVED_PART || back == MOVED_PART))
		queue(splice);
}

bool transport_splices_wait(const struct transport_splices *splices)
{
	return !pu_list_empty(&splices->ready);
}

void transport_splices_run(struct transport_splices *splices)
{
	struct pu_list round;
	struct pu_list_node *node;
	pu_list_init(&round);
	while ((node = pu_list_first(&splices->ready)) != NULL) {
		pu_list_remove(node);
		pu_list_append(&round, node);
	}
	while ((node = pu_list_first(&round)) != NULL) {
		pu_list_remove(node);
		turn(PU_LIST_ENTRY(node, struct transport_splice, in_ready));
	}
}

/* ---- events ---- */

/* Not now if its turn is due anyway. */
static void on_event(struct transport_substream *substream)
{
	struct transport_splice *splice = substream->handler;
	if (!pu_list_linked(&splice->in_ready))
		turn(splice);
}

/* The peer at this end wants no more bytes: whoever sends them is told. */
static void on_stopped(struct transport_substream *substream)
{
	struct transport_splice *splice = substream->handler;
	struct splice_way *way =
	    &splice->ways[substream == splice->ends[SPLICE_FORTH] ? SPLICE_BACK : SPLICE_FORTH];
	pu_stream_stop_sending(way->from->stream, STREAM_CODE_NONE);
	way->ended = true;
	if (splice->ways[SPLICE_FORTH].ended && splice->ways[SPLICE_BACK].ended)
		finish(splice, true, STREAM_CODE_NONE);
}

static void on_failed(struct transport_substream *substream, enum pu_err err, const char *text)
{
	(void)err, (void)text;
	transport_splice_cut(substream->handler, STREAM_CODE_NONE);
}

static const struct transport_substream_ops splice_ops = {
    .on_data = on_event,
    .on_writable = on_event,
    .on_stopped = on_stopped,
    .on_failed = on_failed,
};

/* ---- beginning ---- */

struct transport_splice *transport_splice_new(struct transport *transport,
                                              struct transport_substream *source,
                                              struct transport_substream *target,
                                              const struct transport_splice_ops *ops,
                                              void *user)
{
	struct transport_splice *splice = PU_NEW(struct transport_splice);
	splice->transport = transport;
	splice->ends[SPLICE_FORTH] = source;
	splice->ends[SPLICE_BACK] = target;
	splice->ways[SPLICE_FORTH].from = splice->ways[SPLICE_BACK].to = source;
	splice->ways[SPLICE_FORTH].to = splice->ways[SPLICE_BACK].from = target;
	splice->ops = ops;
	splice->user = user;
	splice->ways[SPLICE_BACK].way = SPLICE_BACK;
	for (int i = 0; i < SPLICE_WAYS; i++) {
		splice->ends[i]->ops = &splice_ops;
		splice->ends[i]->handler = splice;
	}
	transport->splices.len++;
	queue(splice); /* what has arrived already */
	return splice;
}

/* Now, also if its turn is due anyway: what it does not take is the next one's. */
void transport_splice_resume(struct transport_splice *splice)
{
	pu_list_remove(&splice->in_ready);
	turn(splice);
}

size_t transport_splice_memory(const struct transport_splice *splice)
{
	size_t size = sizeof(*splice);
	for (int i = 0; i < SPLICE_WAYS; i++)
		size += pu_stream_pending(splice->ends[i]->stream, false) +
		        pu_stream_readable(splice->ends[i]->stream);
	return size;
}
