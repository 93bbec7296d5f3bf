/* The asking side of a link: the table of open questions, their deadlines, and sending them
 * again when the service at the other end is a new one. */
#include "proto/link.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "proto/limits.h"
#include "proto/line.h"

struct ask {
	struct pu_heap_node deadline;
	struct pu_list_node node; /* in `waiting` or in `sent` */
	uint64_t id;
	uint32_t wire; /* the low bits of the ID: the question's number in SP */
	bool sent;
	const struct pu_msg_row *row; /* NULL: raw */
	struct pu_bytes encoded;      /* owned */
	unsigned deadline_ms;
	enum pu_err broken; /* why it cannot even be sent */
	pu_answer_fn answered;
	pu_raw_answer_fn raw_answered;
	void *user;
};

struct pu_client {
	enum pu_service to;
	struct pu_line line;
	uv_timer_t timer;
	unsigned closing; /* handles that are not closed yet */
	bool freed;
	enum pu_err broken; /* why there is no line */
	struct pu_decoder *decoder;
	struct pu_heap deadlines;
	struct pu_list waiting, sent;
	size_t sent_len;
	struct pu_map asks; /* by wire ID */
	uint64_t next_id;
	unsigned patience_ms; /* with a service that is not there; 0 = any */
};

static struct pu_bytes wire_key(const uint32_t *wire)
{
	return pu_bytes(wire, sizeof(*wire));
}

/* Out of all tables; the caller still has it. */
static void unlink_ask(struct pu_client *client, struct ask *ask)
{
	pu_heap_remove(&client->deadlines, &ask->deadline);
	pu_list_remove(&ask->node);
	pu_map_del(&client->asks, wire_key(&ask->wire));
	if (ask->sent)
		client->sent_len--;
}

static void ask_free(struct ask *ask)
{
	pu_free((void *)ask->encoded.data);
	pu_free(ask);
}

static void arm_timer(struct pu_client *client);

static void end_ask(struct pu_client *client, struct ask *ask, enum pu_err err,
                    const char *text, const struct pu_message *answer)
{
	unlink_ask(client, ask);
	if (ask->raw_answered != NULL)
		ask->raw_answered(ask->user, err, text, answer);
	else
		ask->answered(ask->user, err, text, err == PU_OK ? answer->body : NULL);
	ask_free(ask);
}

/* ---- sending ---- */

static void send_ask(struct pu_client *client, const struct ask *ask)
{
	uint8_t number[PU_SP_NUMBER_LEN];

	pu_sp_put_number(number, ask->wire);
	pu_line_send(&client->line, pu_bytes(number, sizeof(number)), ask->encoded);
}

static void flush(struct pu_client *client)
{
	while (pu_line_connected(&client->line) && client->sent_len < PU_LINK_WINDOW) {
		struct pu_list_node *first = pu_list_first(&client->waiting);
		if (first == NULL)
			break;
		struct ask *ask = PU_LIST_ENTRY(first, struct ask, node);
		send_ask(client, ask);
		pu_list_remove(&ask->node);
		pu_list_append(&client->sent, &ask->node);
		ask->sent = true;
		client->sent_len++;
	}
	arm_timer(client);
}

/* A new pipe leads to a service that knows nothing of our questions. */
static void on_pipe(void *user, bool connected)
{
	struct pu_client *client = user;

	if (client->freed)
		return;
	while (!pu_list_empty(&client->sent)) {
		struct pu_list_node *last = client->sent.head.prev;
		pu_list_remove(last);
		pu_list_prepend(&client->waiting, last);
		PU_LIST_ENTRY(last, struct ask, node)->sent = false;
	}
	client->sent_len = 0;
	if (connected)
		flush(client);
}

/* ---- deadlines ---- */

static void expire(struct pu_client *client, struct ask *ask)
{
	const char *name = pu_service_name(client->to);
	char text[128];
	enum pu_err err = ask->broken;

	if (err != PU_OK) {
		snprintf(text, sizeof(text), "cannot ask %s: %s", name, pu_strerror(err));
	} else if (client->line.absent_since != 0) {
		err = PU_ECLOSED;
		snprintf(text, sizeof(text), "%s is not running", name);
	} else {
		err = PU_ETIMEOUT;
		snprintf(text, sizeof(text), "%s did not answer in %u ms", name, ask->deadline_ms);
	}
	end_ask(client, ask, err, text, NULL);
}

static void on_timer(uv_timer_t *timer)
{
	struct pu_client *client = timer->data;

	while (!client->freed) {
		struct pu_heap_node *min = pu_heap_min(&client->deadlines);
		if (min == NULL || min->key > uv_now(timer->loop))
			break;
		expire(client, PU_CONTAINER_OF(min, struct ask, deadline));
	}
	if (!client->freed)
		flush(client);
}

static void arm_timer(struct pu_client *client)
{
	const struct pu_heap_node *min = pu_heap_min(&client->deadlines);

	if (min == NULL) {
		uv_timer_stop(&client->timer);
		return;
	}
	uint64_t now = uv_now(client->timer.loop);
	uv_timer_start(&client->timer, on_timer, min->key > now ? min->key - now : 0, 0);
}

static void on_absent(void *user)
{
	struct pu_client *client = user;

	if (client->patience_ms == 0 || pu_line_absent_ms(&client->line) < client->patience_ms)
		return;
	while (!client->freed && pu_heap_min(&client->deadlines) != NULL)
		expire(client, PU_CONTAINER_OF(pu_heap_min(&client->deadlines), struct ask, deadline));
	if (!client->freed)
		arm_timer(client);
}

void pu_client_set_patience(struct pu_client *client, unsigned absent_ms)
{
	client->patience_ms = absent_ms;
}

/* ---- answers ---- */

static void check_answer(struct pu_client *client, struct ask *ask,
                         const struct pu_message *message)
{
	const struct pu_msg_row *row = message->row;
	char text[160];

	if (row->id == PU_MSG_ERROR) {
		const struct pu_error *error = message->body;
		enum pu_err err = pu_err_from_code(error->code);
		end_ask(client, ask, err != PU_OK ? err : PU_EINTERNAL, error->message, message);
	} else if (ask->row != NULL && row->id != ask->row->answer) {
		snprintf(text, sizeof(text), "%s answered %s with %s", pu_service_name(client->to),
		         ask->row->type, row->type);
		end_ask(client, ask, PU_EPROTOCOL, text, NULL);
	} else {
		end_ask(client, ask, PU_OK, "", message);
	}
}

/* Answers to what was cancelled, came too late or was asked twice find no question. */
static void receive(struct pu_client *client, struct pu_bytes body)
{
	struct pu_message answer;
	uint32_t wire;

	if (pu_sp_take_number(&body, &wire) != PU_OK)
		return;
	struct ask *ask = pu_map_get(&client->asks, wire_key(&wire));
	if (ask == NULL)
		return;
	enum pu_err err = pu_decode(client->decoder, body, &answer);
	if (err != PU_OK)
		end_ask(client, ask, err, pu_decoder_error(client->decoder), NULL);
	else
		check_answer(client, ask, &answer);
}

static void on_message(void *user, struct pu_bytes message)
{
	struct pu_client *client = user;

	receive(client, message);
	if (!client->freed)
		flush(client);
}

/* ---- asking ---- */

static struct ask *ask_new(struct pu_client *client, unsigned deadline_ms)
{
	struct ask *ask = PU_NEW(struct ask);

	do {
		ask->id = ++client->next_id;
		ask->wire = (uint32_t)ask->id & PU_SP_NUMBER_MASK;
	} while (pu_map_get(&client->asks, wire_key(&ask->wire)) != NULL);
	ask->deadline_ms = deadline_ms;
	ask->broken = client->broken;
	if (pu_map_len(&client->asks) >= PU_LINK_ASKS_MAX)
		ask->broken = PU_ELIMIT;
	return ask;
}

/* What cannot be sent fails from the loop, as everything else. */
static uint64_t start_ask(struct pu_client *client, struct ask *ask)
{
	uv_loop_t *loop = client->timer.loop;

	uv_update_time(loop);
	pu_map_put(&client->asks, wire_key(&ask->wire), ask);
	if (ask->broken == PU_OK)
		pu_list_append(&client->waiting, &ask->node);
	pu_heap_set(&client->deadlines, &ask->deadline,
	            uv_now(loop) + (ask->broken == PU_OK ? ask->deadline_ms : 0));
	flush(client);
	return ask->id;
}

uint64_t pu_client_ask(struct pu_client *client, enum pu_msg id, const void *message,
                       unsigned deadline_ms, pu_answer_fn answered, void *user)
{
	struct ask *ask = ask_new(client, deadline_ms);
	struct pu_buffer buffer;

	ask->row = pu_msg_row(id);
	ask->answered = answered;
	ask->user = user;
	pu_buffer_init(&buffer, PU_MESSAGE_MAX);
	enum pu_err err = pu_encode(&buffer, id, message);
	if (err != PU_OK)
		ask->broken = err;
	ask->encoded = pu_bytes(pu_memdup(buffer.data, buffer.len), buffer.len);
	pu_buffer_fini(&buffer);
	return start_ask(client, ask);
}

uint64_t pu_client_ask_raw(struct pu_client *client, struct pu_bytes encoded,
                           unsigned deadline_ms, pu_raw_answer_fn answered, void *user)
{
	struct ask *ask = ask_new(client, deadline_ms);

	ask->raw_answered = answered;
	ask->user = user;
	if (encoded.len > PU_MESSAGE_MAX)
		ask->broken = PU_ELIMIT;
	else
		ask->encoded = pu_bytes(pu_memdup(encoded.data, encoded.len), encoded.len);
	return start_ask(client, ask);
}

void pu_client_cancel(struct pu_client *client, uint64_t id)
{
	const uint32_t wire = (uint32_t)id & PU_SP_NUMBER_MASK;
	struct ask *ask = pu_map_get(&client->asks, wire_key(&wire));

	if (ask == NULL || ask->id != id)
		return;
	unlink_ask(client, ask);
	ask_free(ask);
	flush(client);
}

/* ---- life ---- */

static void one_closed(struct pu_client *client)
{
	if (--client->closing > 0)
		return;
	pu_decoder_free(client->decoder);
	pu_heap_fini(&client->deadlines);
	pu_map_fini(&client->asks);
	pu_free(client);
}

static void on_line_closed(void *user)
{
	one_closed(user);
}

static void on_timer_closed(uv_handle_t *timer)
{
	one_closed(timer->data);
}

static const struct pu_line_ops line_ops = {
    .on_message = on_message,
    .on_pipe = on_pipe,
    .on_absent = on_absent,
    .on_closed = on_line_closed,
};

struct pu_client *pu_client_new(uv_loop_t *loop, const char *runtime_dir, enum pu_service to)
{
	struct pu_client *client = PU_NEW(struct pu_client);

	client->to = to;
	client->closing = 2;
	client->decoder = pu_decoder_new();
	pu_heap_init(&client->deadlines);
	pu_list_init(&client->waiting);
	pu_list_init(&client->sent);
	pu_map_init(&client->asks);
	uv_timer_init(loop, &client->timer);
	client->timer.data = client;
	pu_line_init(&client->line, loop, PU_SP_REQ, &line_ops, client);
	client->broken = pu_line_dial(&client->line, runtime_dir, to, PU_SOCKET_QUESTIONS);
	return client;
}

/* Memory lives until the loop has closed the handles: we may be inside an answer's callback. */
void pu_client_free(struct pu_client *client)
{
	if (client == NULL)
		return;
	client->freed = true;
	struct pu_heap_node *min;
	while ((min = pu_heap_min(&client->deadlines)) != NULL) {
		struct ask *ask = PU_CONTAINER_OF(min, struct ask, deadline);
		unlink_ask(client, ask);
		ask_free(ask);
	}
	uv_close((uv_handle_t *)&client->timer, on_timer_closed);
	pu_line_close(&client->line);
}
