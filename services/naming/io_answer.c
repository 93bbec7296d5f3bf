/* Knows how a peer's question for our services is answered: ask auth, ask proxy, write the
 * bytes, wait until the peer has done with the stream. */
#include "io_answer.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "discovery.h"

struct naming_answer {
	struct pu_list_node node;
	struct naming *naming;
	uint64_t stream;
	char *peer;
	struct pu_client *asked; /* who is being asked: auth, then proxy, then nobody */
	uint64_t ask;
	struct pu_buffer bytes;

	uv_timer_t deadline;
	uv_pipe_t pipe;
	bool has_pipe;
	uv_write_t write;
	uv_shutdown_t half_close;
	bool is_sent, is_asked; /* our FIN is out, the peer's is in */
	char discarded[512];
	unsigned handles; /* that are to be closed yet */
};

static void on_handle_closed(uv_handle_t *handle)
{
	struct naming_answer *answer = handle->data;

	if (--answer->handles > 0)
		return;
	pu_buffer_fini(&answer->bytes);
	pu_free(answer->peer);
	pu_free(answer);
}

/* The rest happens in on_handle_closed(). */
static void end(struct naming_answer *answer)
{
	pu_list_remove(&answer->node);
	answer->naming->answers_len--;
	if (answer->asked != NULL)
		pu_client_cancel(answer->asked, answer->ask);
	uv_close((uv_handle_t *)&answer->deadline, on_handle_closed);
	if (answer->has_pipe)
		uv_close((uv_handle_t *)&answer->pipe, on_handle_closed);
}

static void refuse(struct naming_answer *answer, enum pu_err err, const char *text)
{
	pu_info("discovery.refused", "peer=%s code=%s reason=%s", answer->peer, pu_err_code(err),
	        text);
	pu_streams_refuse(answer->naming->streams, answer->stream, err, text);
	end(answer);
}

static void on_deadline(uv_timer_t *timer)
{
	struct naming_answer *answer = timer->data;

	if (answer->has_pipe)
		end(answer);
	else
		refuse(answer, PU_ETIMEOUT, "no answer in time");
}

/* ---- writing ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct naming_answer *answer = handle->data;

	(void)suggested;
	*buf = uv_buf_init(answer->discarded, sizeof(answer->discarded));
}

static void end_when_done(struct naming_answer *answer)
{
	if (answer->is_sent && answer->is_asked)
		end(answer);
}

/* The question has no bytes. What comes all the same is thrown away, because closing a socket
 * with unread bytes would take our answer along. */
static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
	struct naming_answer *answer = stream->data;

	(void)buf;
	if (got >= 0)
		return;
	uv_read_stop(stream);
	answer->is_asked = true;
	end_when_done(answer);
}

/* Here and below: closing the handle cancels, and then nothing is left to do. */
static void on_half_closed(uv_shutdown_t *half_close, int status)
{
	struct naming_answer *answer = half_close->data;

	if (status == UV_ECANCELED)
		return;
	answer->is_sent = true;
	end_when_done(answer);
}

static void on_written(uv_write_t *write, int status)
{
	struct naming_answer *answer = write->data;

	if (status == UV_ECANCELED)
		return;
	if (status == 0)
		status = uv_shutdown(&answer->half_close, (uv_stream_t *)&answer->pipe, on_half_closed);
	if (status != 0)
		end(answer);
}

static int start_writing(struct naming_answer *answer, int fd)
{
	uv_stream_t *stream = (uv_stream_t *)&answer->pipe;
	uv_buf_t buf = uv_buf_init((char *)answer->bytes.data, (unsigned)answer->bytes.len);
	int status;

	uv_pipe_init(pu_host_loop(answer->naming->host), &answer->pipe, 0);
	answer->pipe.data = answer->write.data = answer->half_close.data = answer;
	answer->has_pipe = true;
	answer->handles++;
	status = uv_pipe_open(&answer->pipe, fd);
	if (status != 0) {
		close(fd);
		return status;
	}
	status = uv_read_start(stream, on_alloc, on_read);
	return status == 0 ? uv_write(&answer->write, stream, &buf, 1, on_written) : status;
}

static void accept_with(struct naming_answer *answer)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0) {
		refuse(answer, PU_EIO, "no socket");
		return;
	}
	pu_streams_accept(answer->naming->streams, answer->stream, fds[0]);
	if (start_writing(answer, fds[1]) != 0)
		end(answer);
}

/* ---- asking auth and proxy ---- */

static void on_offers(void *user, enum pu_err err, const char *text, const void *message)
{
	struct naming_answer *answer = user;
	const struct pu_proxy_offered *offered = message;

	answer->asked = NULL;
	if (err != PU_OK) {
		refuse(answer, err, text);
		return;
	}
	err = naming_offers_encode(offered->services.items, offered->services.len, &answer->bytes);
	if (err == PU_OK)
		accept_with(answer);
	else
		refuse(answer, err, "the list of services is too long");
}

static void on_verdict(void *user, enum pu_err err, const char *text, const void *message)
{
	struct naming_answer *answer = user;
	const struct pu_auth_verdict *verdict = message;
	const struct pu_proxy_offers question = {.peer_id = answer->peer};

	answer->asked = NULL;
	if (err != PU_OK) {
		refuse(answer, err, text);
		return;
	}
	if (!verdict->allowed) {
		refuse(answer, PU_ENOTAUTHORIZED, verdict->reason);
		return;
	}
	answer->asked = pu_host_client(answer->naming->host, PU_SERVICE_PROXY);
	answer->ask = pu_client_ask(answer->asked, PU_MSG_PROXY_OFFERS, &question,
	                            PU_ASK_DEADLINE_MS, on_offers, answer);
}

void naming_answer_start(struct naming *naming, const struct pu_stream_inbound *inbound)
{
	const struct pu_auth_check check = {
	    .peer = inbound->peer,
	    .action = "service",
	    .service = "discovery",
	    .address = inbound->address,
	};
	struct naming_answer *answer;

	if (naming->answers_len == NAMING_ANSWERS_MAX) {
		pu_streams_refuse(naming->streams, inbound->id, PU_EBUSY, "too many at once");
		return;
	}
	answer = PU_NEW(struct naming_answer);
	answer->naming = naming;
	answer->stream = inbound->id;
	answer->peer = pu_strdup(inbound->peer);
	pu_buffer_init(&answer->bytes, NAMING_OFFERS_BYTES_MAX + 16);
	uv_timer_init(pu_host_loop(naming->host), &answer->deadline);
	answer->deadline.data = answer;
	answer->handles = 1;
	uv_timer_start(&answer->deadline, on_deadline, NAMING_ANSWER_MS, 0);
	pu_list_append(&naming->answers, &answer->node);
	naming->answers_len++;
	answer->asked = pu_host_client(naming->host, PU_SERVICE_AUTH);
	answer->ask = pu_client_ask(answer->asked, PU_MSG_AUTH_CHECK, &check, PU_ASK_DEADLINE_MS,
	                            on_verdict, answer);
}

void naming_answer_closed(struct naming *naming, const struct pu_stream_closed *closed)
{
	PU_LIST_FOREACH(it, &naming->answers) {
		struct naming_answer *answer = PU_LIST_ENTRY(it, struct naming_answer, node);

		if (answer->stream == closed->id)
			end(answer);
	}
}

void naming_answers_stop(struct naming *naming)
{
	PU_LIST_FOREACH(it, &naming->answers)
		end(PU_LIST_ENTRY(it, struct naming_answer, node));
}
