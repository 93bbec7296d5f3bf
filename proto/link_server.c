/* The answering side of a link: open requests, and the checks of a row before its handler. */
#include "proto/link.h"

#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/transport/ipc/ipc.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/list.h"
#include "base/map.h"
#include "proto/limits.h"
#include "proto/line.h"
#include "proto/text.h"

/* A raw socket's header: the pipe's number and the asker's, four bytes each. */
#define HEADER_LEN 8
/* Messages handled before the loop gets its turn. */
#define BURST 64
/* Events that wait for one slow subscriber; then its oldest are dropped. */
#define EVENT_QUEUE 256

struct pu_request {
	struct pu_list_node node;
	struct pu_server *server;
	nng_msg *message;             /* becomes the answer: its header leads back to the asker */
	const struct pu_msg_row *row; /* NULL until decoded */
	enum pu_service sender;
	pid_t pid;
};

struct pu_server {
	struct pu_server_options options;
	const struct pu_handler *handlers[PU_MSG_COUNT];
	struct pu_line line;
	nng_socket events;
	bool events_open;
	struct pu_decoder *decoder;
	struct pu_buffer buffer;
	struct pu_list requests;
	struct pu_map open; /* requests by header: the same question may come twice */
};

static struct pu_bytes header_of(nng_msg *message)
{
	return pu_bytes(nng_msg_header(message), nng_msg_header_len(message));
}

/* ---- answers ---- */

static void request_free(struct pu_request *request)
{
	pu_map_del(&request->server->open, header_of(request->message));
	pu_list_remove(&request->node);
	nng_msg_free(request->message);
	pu_free(request);
}

/* The asker may be gone by now, or so slow that NNG drops the answer: its deadline tells it. */
static void send_answer(struct pu_request *request, struct pu_bytes encoded)
{
	nng_msg *answer;

	if (nng_msg_dup(&answer, request->message) == 0) {
		nng_msg_clear(answer);
		if (nng_msg_append(answer, encoded.data, encoded.len) != 0 ||
		    nng_sendmsg(request->server->line.socket, answer, NNG_FLAG_NONBLOCK) != 0)
			nng_msg_free(answer);
	}
	request_free(request);
}

static enum pu_err answer_encoded(struct pu_request *request, enum pu_msg id, const void *body)
{
	struct pu_server *server = request->server;

	pu_buffer_clear(&server->buffer);
	enum pu_err err = pu_encode(&server->buffer, id, body);
	if (err == PU_OK)
		send_answer(request, pu_buffer_bytes(&server->buffer));
	return err;
}

void pu_request_answer(struct pu_request *request, const void *answer)
{
	enum pu_err err = answer_encoded(request, request->row->answer, answer);

	if (err != PU_OK)
		pu_request_fail(request, err, "the answer to %s cannot be sent: %s", request->row->type,
		                pu_strerror(err));
}

void pu_request_fail(struct pu_request *request, enum pu_err err, const char *fmt, ...)
{
	char text[PU_FIELD_TEXT_MAX + 1];
	char valid[PU_FIELD_TEXT_MAX + 1];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	pu_text_copy(valid, sizeof(valid), text);
	struct pu_error error = {.code = pu_err_code(err), .message = valid};
	if (answer_encoded(request, PU_MSG_ERROR, &error) != PU_OK)
		request_free(request); /* cannot happen: both texts are within their bounds */
}

enum pu_service pu_request_sender(const struct pu_request *request)
{
	return request->sender;
}

pid_t pu_request_pid(const struct pu_request *request)
{
	return request->pid;
}

/* ---- questions ---- */

static void refuse(struct pu_request *request, const struct pu_msg_row *row)
{
	const char *self = pu_service_name(request->server->options.self);

	if (row->kind != PU_MSG_REQUEST || row->to != request->server->options.self)
		pu_request_fail(request, PU_EINVAL, "%s is not a question to %s", row->type, self);
	else if ((row->from & PU_FROM(request->sender)) == 0)
		pu_request_fail(request, PU_ENOTAUTHORIZED, "%s may not send %s",
		                pu_service_name(request->sender), row->type);
	else
		pu_request_fail(request, PU_EUNSUPPORTED, "%s does not answer %s", self, row->type);
}

static void handle(struct pu_request *request)
{
	struct pu_server *server = request->server;
	struct pu_message message;
	struct pu_bytes body =
	    pu_bytes(nng_msg_body(request->message), nng_msg_len(request->message));

	enum pu_err err = pu_decode(server->decoder, body, &message);
	if (err != PU_OK) {
		pu_request_fail(request, err, "%s", pu_decoder_error(server->decoder));
		return;
	}
	const struct pu_msg_row *row = message.row;
	const struct pu_handler *handler = server->handlers[row->id];
	request->row = row;
	if (row->kind != PU_MSG_REQUEST || row->to != server->options.self ||
	    (row->from & PU_FROM(request->sender)) == 0 || handler == NULL)
		refuse(request, row);
	else
		handler->handle(server->options.service, request, message.body);
}

/* Who holds the other end, as the kernel says. False when it is another user. */
static bool identify(const struct pu_server *server, struct pu_request *request)
{
	nng_pipe pipe = nng_msg_get_pipe(request->message);
	uint64_t uid, pid;

	if (nng_pipe_get_uint64(pipe, NNG_OPT_IPC_PEER_UID, &uid) != 0 ||
	    nng_pipe_get_uint64(pipe, NNG_OPT_IPC_PEER_PID, &pid) != 0)
		return false;
	if (uid != geteuid() && uid != 0)
		return false;
	request->pid = (pid_t)pid;
	request->sender = pu_roster_find(server->options.roster, request->pid);
	return true;
}

static void receive(struct pu_server *server, nng_msg *message)
{
	struct pu_request *request = PU_NEW(struct pu_request);

	*request = (struct pu_request){.server = server, .message = message};
	if (nng_msg_header_len(message) != HEADER_LEN || !identify(server, request) ||
	    pu_map_get(&server->open, header_of(message)) != NULL) {
		nng_msg_free(message);
		pu_free(request);
		return;
	}
	pu_list_append(&server->requests, &request->node);
	pu_map_put(&server->open, header_of(message), request);
	if (pu_map_len(&server->open) > PU_LINK_REQUESTS_MAX)
		pu_request_fail(request, PU_EBUSY, "%s has too many open requests",
		                pu_service_name(server->options.self));
	else
		handle(request);
}

static void on_readable(void *user)
{
	struct pu_server *server = user;

	for (int i = 0; i < BURST && server->line.open; i++) {
		nng_msg *message = pu_line_receive(&server->line);
		if (message == NULL)
			return;
		receive(server, message);
	}
}

/* ---- events ---- */

void pu_server_publish(struct pu_server *server, enum pu_msg id, const void *event)
{
	const struct pu_msg_row *row = pu_msg_row(id);
	struct pu_buffer *buffer = &server->buffer;

	/* The topic that subscribers filter by: the type with its NUL. */
	pu_buffer_clear(buffer);
	if (pu_buffer_append(buffer, row->type, strlen(row->type) + 1) == PU_OK &&
	    pu_encode(buffer, id, event) == PU_OK)
		nng_send(server->events, buffer->data, buffer->len, NNG_FLAG_NONBLOCK);
}

/* ---- life ---- */

static void on_closed(void *user)
{
	struct pu_server *server = user;

	pu_decoder_free(server->decoder);
	pu_buffer_fini(&server->buffer);
	pu_map_fini(&server->open);
	pu_free(server);
}

static const struct pu_line_ops line_ops = {
    .on_readable = on_readable,
    .on_closed = on_closed,
};

static enum pu_err listen_for_questions(struct pu_server *server)
{
	char url[PU_LINE_URL_MAX];

	enum pu_err err =
	    pu_line_url(url, server->options.runtime_dir, server->options.self, PU_LINE_QUESTIONS);
	if (err == PU_OK)
		err = pu_line_open(&server->line, nng_rep0_open_raw, PU_LINK_REQUESTS_MAX);
	if (err == PU_OK)
		err = pu_line_listen(server->line.socket, url);
	return err == PU_OK ? pu_line_poll(&server->line) : err;
}

static enum pu_err listen_for_subscribers(struct pu_server *server)
{
	char url[PU_LINE_URL_MAX];

	enum pu_err err =
	    pu_line_url(url, server->options.runtime_dir, server->options.self, PU_LINE_EVENTS);
	if (err == PU_OK)
		err = pu_nng_err(nng_pub0_open(&server->events));
	if (err != PU_OK)
		return err;
	server->events_open = true;
	err = pu_nng_err(nng_socket_set_int(server->events, NNG_OPT_SENDBUF, EVENT_QUEUE));
	return err == PU_OK ? pu_line_listen(server->events, url) : err;
}

enum pu_err pu_server_new(struct pu_server **out, const struct pu_server_options *options)
{
	enum pu_err err = pu_dir_ensure(options->runtime_dir);
	if (err != PU_OK)
		return err;
	struct pu_server *server = PU_NEW(struct pu_server);
	server->options = *options;
	server->decoder = pu_decoder_new();
	pu_buffer_init(&server->buffer, PU_MESSAGE_MAX + PU_FIELD_NAME_MAX);
	pu_list_init(&server->requests);
	pu_map_init(&server->open);
	pu_line_init(&server->line, options->loop, &line_ops, server);
	for (size_t i = 0; i < options->handlers_len; i++)
		server->handlers[options->handlers[i].id] = &options->handlers[i];
	err = listen_for_subscribers(server);
	if (err == PU_OK)
		err = listen_for_questions(server);
	if (err != PU_OK) {
		pu_server_free(server);
		return err;
	}
	*out = server;
	return PU_OK;
}

void pu_server_free(struct pu_server *server)
{
	if (server == NULL)
		return;
	PU_LIST_FOREACH(node, &server->requests)
		request_free(PU_LIST_ENTRY(node, struct pu_request, node));
	if (server->events_open)
		nng_close(server->events);
	pu_line_close(&server->line);
}
