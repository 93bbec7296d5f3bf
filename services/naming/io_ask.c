/* Knows how to ask a peer for its services: open, half-close, read a bounded answer, and tell
 * in words why there is none. */
#include "io_ask.h"

#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "discovery.h"

struct naming_ask {
	struct pu_list_node node;
	struct naming *naming;
	struct pu_request *request; /* NULL once answered */
	struct pu_peer_id peer;
	uint64_t stream;
	struct pu_buffer answer;

	uv_timer_t deadline;
	uv_pipe_t pipe;
	bool has_pipe;
	uv_shutdown_t half_close;
	unsigned handles; /* that are to be closed yet */

	bool ended;  /* no more bytes will come */
	bool closed; /* transport has said how the stream ended: */
	enum pu_err why;
	char *text;
};

static void on_handle_closed(uv_handle_t *handle)
{
	struct naming_ask *ask = handle->data;

	if (--ask->handles > 0)
		return;
	pu_buffer_fini(&ask->answer);
	pu_free(ask->text);
	pu_free(ask);
}

/* The rest happens in on_handle_closed(). */
static void end(struct naming_ask *ask)
{
	pu_list_remove(&ask->node);
	ask->naming->asks_len--;
	uv_close((uv_handle_t *)&ask->deadline, on_handle_closed);
	if (ask->has_pipe)
		uv_close((uv_handle_t *)&ask->pipe, on_handle_closed);
}

static void fail(struct naming_ask *ask, enum pu_err err, const char *text)
{
	pu_request_fail(ask->request, err, "%s", text[0] != '\0' ? text : pu_strerror(err));
	end(ask);
}

static void succeed(struct naming_ask *ask, const struct naming_offers *offers)
{
	char peer_text[PU_PEER_ID_TEXT_MAX];

	pu_request_answer(ask->request,
	                  &(struct pu_naming_offers){
	                      .peer_id = pu_peer_id_print(&ask->peer, peer_text),
	                      .services = {.items = offers->items, .len = offers->len},
	                  });
	end(ask);
}

/* Ends the ask if the answer is complete or wrong. */
static void look_at_answer(struct naming_ask *ask)
{
	struct naming_offers offers = {0};
	enum pu_err err = naming_offers_decode(pu_buffer_bytes(&ask->answer), &offers);

	if (err == PU_OK) {
		succeed(ask, &offers);
		naming_offers_fini(&offers);
	} else if (err != PU_ETRUNCATED) {
		fail(ask, PU_EPROTOCOL, "the peer's list of services cannot be read");
	} else if (ask->ended && ask->closed && ask->why != PU_OK) {
		fail(ask, ask->why, ask->text);
	} else if (ask->ended && ask->closed) {
		fail(ask, PU_EPROTOCOL, "the peer's list of services ends too early");
	}
}

static void on_deadline(uv_timer_t *timer)
{
	fail(timer->data, PU_ETIMEOUT, "the peer did not answer in time");
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct naming_ask *ask = handle->data;
	size_t room = ask->answer.max - ask->answer.len;

	(void)suggested;
	if (room > 4096)
		room = 4096;
	if (pu_buffer_reserve(&ask->answer, room) != PU_OK)
		room = 0;
	*buf = uv_buf_init((char *)ask->answer.data + ask->answer.len, (unsigned)room);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
	struct naming_ask *ask = stream->data;

	(void)buf;
	if (got > 0) {
		ask->answer.len += (size_t)got;
	} else if (got < 0) {
		uv_read_stop(stream);
		ask->ended = true;
	}
	if (got != 0)
		look_at_answer(ask);
}

/* A reset stream shows as the end of reading, so this need not be looked at. */
static void on_half_closed(uv_shutdown_t *half_close, int status)
{
	(void)half_close;
	(void)status;
}

static int take_pipe(struct naming_ask *ask, int fd)
{
	int status;

	uv_pipe_init(pu_host_loop(ask->naming->host), &ask->pipe, 0);
	ask->pipe.data = ask;
	ask->has_pipe = true;
	ask->handles++;
	status = uv_pipe_open(&ask->pipe, fd);
	if (status != 0) {
		close(fd);
		return status;
	}
	status = uv_shutdown(&ask->half_close, (uv_stream_t *)&ask->pipe, on_half_closed);
	if (status == 0)
		status = uv_read_start((uv_stream_t *)&ask->pipe, on_alloc, on_read);
	return status;
}

static struct naming_ask *find(const struct naming *naming, uint64_t id)
{
	PU_LIST_FOREACH(it, &naming->asks) {
		struct naming_ask *ask = PU_LIST_ENTRY(it, struct naming_ask, node);

		if (ask->stream == id)
			return ask;
	}
	return NULL;
}

void naming_ask_opened(struct naming *naming, uint64_t id, enum pu_err err, const char *text,
                       int fd)
{
	struct naming_ask *ask = find(naming, id);
	int status;

	if (ask == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (err != PU_OK) {
		fail(ask, err, text);
		return;
	}
	status = take_pipe(ask, fd);
	if (status != 0)
		fail(ask, PU_EIO, uv_strerror(status));
}

void naming_ask_closed(struct naming *naming, const struct pu_stream_closed *closed)
{
	struct naming_ask *ask = find(naming, closed->id);

	if (ask == NULL)
		return;
	ask->closed = true;
	ask->why = strcmp(closed->code, "ok") == 0 ? PU_OK : pu_err_from_code(closed->code);
	pu_free(ask->text);
	ask->text = pu_strdup(closed->message);
	look_at_answer(ask);
}

void naming_ask_start(struct naming *naming, struct pu_request *request,
                      const struct pu_peer_id *peer)
{
	char peer_text[PU_PEER_ID_TEXT_MAX];
	struct naming_ask *ask;
	uint64_t stream;
	enum pu_err err;

	if (naming->asks_len == NAMING_ASKS_MAX) {
		pu_request_fail(request, PU_EBUSY, "too many peers are being asked already");
		return;
	}
	err = pu_streams_open(naming->streams, pu_peer_id_print(peer, peer_text),
	                      NAMING_DISCOVERY_PROTOCOL, NAMING_CONNECT_MS, -1, &stream);
	if (err != PU_OK) {
		pu_request_fail(request, err, "%s",
		                err == PU_ECLOSED ? "transport is not there" : pu_strerror(err));
		return;
	}
	ask = PU_NEW(struct naming_ask);
	ask->naming = naming;
	ask->request = request;
	ask->peer = *peer;
	ask->stream = stream;
	pu_buffer_init(&ask->answer, NAMING_OFFERS_BYTES_MAX + 16);
	uv_timer_init(pu_host_loop(naming->host), &ask->deadline);
	ask->deadline.data = ask;
	ask->handles = 1;
	uv_timer_start(&ask->deadline, on_deadline, NAMING_ASK_MS, 0);
	pu_list_append(&naming->asks, &ask->node);
	naming->asks_len++;
}

void naming_asks_stop(struct naming *naming)
{
	PU_LIST_FOREACH(it, &naming->asks)
		end(PU_LIST_ENTRY(it, struct naming_ask, node));
}
