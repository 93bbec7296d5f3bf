/* The answering side of a link: open requests, and the checks of a row before its handler. */
#include "proto/link.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/list.h"
#include "base/map.h"
#include "proto/hub.h"
#include "proto/limits.h"
#include "proto/text.h"

#define HUBS 2

/* Who asked, and by which number: the same question may come twice. */
struct question {
	uint32_t pipe;
	uint32_t number;
};

struct pu_request {
	struct pu_list_node node;
	struct pu_server *server;
	struct question question;
	struct pu_pipe *pipe;         /* NULL: the asker is gone */
	const struct pu_msg_row *row; /* NULL until decoded */
	enum pu_service sender;
	pid_t pid;
};

struct pu_server {
	struct pu_server_options options;
	const struct pu_handler *handlers[PU_MSG_COUNT];
	struct pu_hub questions, events;
	unsigned hubs; /* not closed yet */
	struct pu_decoder *decoder;
	struct pu_buffer buffer;
	struct pu_list requests;
	struct pu_map open; /* requests by question */
};

static struct pu_bytes key_of(const struct question *question)
{
	return pu_bytes(question, sizeof(*question));
}

/* ---- answers ---- */

static void request_free(struct pu_request *request)
{
	pu_map_del(&request->server->open, key_of(&request->question));
	pu_list_remove(&request->node);
	pu_free(request);
}

static void send_answer(struct pu_request *request, struct pu_bytes encoded)
{
	uint8_t number[PU_SP_NUMBER_LEN];

	pu_sp_put_number(number, request->question.number);
	if (request->pipe != NULL)
		pu_pipe_send(request->pipe, pu_bytes(number, sizeof(number)), encoded);
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

static void handle(struct pu_request *request, struct pu_bytes body)
{
	struct pu_server *server = request->server;
	struct pu_message message;

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

static void on_question(void *user, struct pu_pipe *pipe, struct pu_bytes message)
{
	struct pu_server *server = user;
	struct question question = {.pipe = pipe->number};

	if (pu_sp_take_number(&message, &question.number) != PU_OK) {
		pu_pipe_end(pipe);
		return;
	}
	if (pu_map_get(&server->open, key_of(&question)) != NULL)
		return;
	struct pu_request *request = PU_NEW(struct pu_request);
	*request = (struct pu_request){.server = server,
	                               .question = question,
	                               .pipe = pipe,
	                               .sender = pu_roster_find(server->options.roster, pipe->pid),
	                               .pid = pipe->pid};
	pu_list_append(&server->requests, &request->node);
	pu_map_put(&server->open, key_of(&request->question), request);
	if (pu_map_len(&server->open) > PU_LINK_REQUESTS_MAX)
		pu_request_fail(request, PU_EBUSY, "%s has too many open requests",
		                pu_service_name(server->options.self));
	else
		handle(request, message);
}

/* Its questions are still being worked on; the answers will go nowhere. */
static void on_asker_gone(void *user, struct pu_pipe *pipe)
{
	struct pu_server *server = user;

	PU_LIST_FOREACH(node, &server->requests) {
		struct pu_request *request = PU_LIST_ENTRY(node, struct pu_request, node);
		if (request->pipe == pipe)
			request->pipe = NULL;
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
		pu_hub_publish(&server->events, pu_buffer_bytes(buffer));
}

/* Subscribers have nothing to say. */
static void on_subscriber_message(void *user, struct pu_pipe *pipe, struct pu_bytes message)
{
	(void)user;
	(void)message;
	pu_pipe_end(pipe);
}

/* It may come back, and then knows that it missed something. */
static void on_subscriber_gone(void *user, struct pu_pipe *pipe)
{
	(void)user;
	(void)pipe;
}

/* ---- life ---- */

static void on_closed(void *user)
{
	struct pu_server *server = user;

	if (--server->hubs > 0)
		return;
	pu_decoder_free(server->decoder);
	pu_buffer_fini(&server->buffer);
	pu_map_fini(&server->open);
	pu_free(server);
}

static const struct pu_hub_ops question_ops = {
    .on_message = on_question,
    .on_gone = on_asker_gone,
    .on_closed = on_closed,
};

static const struct pu_hub_ops event_ops = {
    .on_message = on_subscriber_message,
    .on_gone = on_subscriber_gone,
    .on_closed = on_closed,
};

static enum pu_err listen_for_all(struct pu_server *server)
{
	const char *dir = server->options.runtime_dir;
	enum pu_service self = server->options.self;

	enum pu_err err = pu_hub_listen(&server->events, dir, self, PU_SOCKET_EVENTS);
	return err == PU_OK ? pu_hub_listen(&server->questions, dir, self, PU_SOCKET_QUESTIONS)
	                    : err;
}

enum pu_err pu_server_new(struct pu_server **out, const struct pu_server_options *options)
{
	enum pu_err err = pu_dir_ensure(options->runtime_dir);
	if (err != PU_OK)
		return err;
	struct pu_server *server = PU_NEW(struct pu_server);
	server->options = *options;
	server->decoder = pu_decoder_new();
	pu_buffer_init(&server->buffer, PU_PIPE_MESSAGE_MAX);
	pu_list_init(&server->requests);
	pu_map_init(&server->open);
	server->hubs = HUBS;
	pu_hub_init(&server->questions, options->loop, PU_SP_REP, PU_LINK_QUEUE_MAX, &question_ops,
	            server);
	pu_hub_init(&server->events, options->loop, PU_SP_PUB, PU_LINK_EVENTS_MAX, &event_ops,
	            server);
	for (size_t i = 0; i < options->handlers_len; i++)
		server->handlers[options->handlers[i].id] = &options->handlers[i];
	err = listen_for_all(server);
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
	pu_hub_close(&server->questions);
	pu_hub_close(&server->events);
}
