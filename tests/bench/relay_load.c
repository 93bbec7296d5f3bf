/* Knows how to be many clients of one relay, each with an identity of its own: they reserve,
 * build circuits to each other and send small messages through them, over QUIC from one socket.
 *
 *   relay_load HOST PORT PREFIX CLIENTS CIRCUITS SECONDS RENEWALS
 *
 * PREFIX: the two first bytes of their addresses, as in 10.88, some clients at each, which must
 * lead here. A line of JSON after each phase: a tenth of the clients hold a reservation; all
 * do; the circuits stand; they have been used, a message of 64 bytes a second each; a fifth of
 * the renewals is done; all are. In a renewal a client goes, somebody else takes its place,
 * reserves, builds a circuit and closes it. After each phase it waits for a line on standard
 * input. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "crowd_socket.h"
#include "p2p/identify.h"
#include "p2p/multistream.h"
#include "p2p/relay_message.h"
#include "p2p/relay_reader.h"
#include "p2p/tls_cert.h"
#include "quic/conn.h"
#include "quic/stream.h"

enum { AT_ONCE = 32, MESSAGE = 64 };

struct client;

enum role {
	RESERVES, /* asks the relay for a reservation */
	CONNECTS, /* asks it for a circuit, then sends messages and waits for them */
	ANSWERS,  /* what the relay opened: a circuit whose messages go back */
	TELLS,    /* the same: identify */
};

struct talk {
	struct client *client;
	struct pu_quic_stream *stream;
	enum role role;
	struct pu_multistream_initiator asks;
	struct pu_multistream_responder answers;
	struct pu_relay_reader reader;
	bool agreed, through; /* on the protocol; the circuit stands */
	bool over;            /* it has its answer */
	uint64_t sent_at;
	size_t got;
};

struct client {
	struct pu_quic_conn *conn;
	struct pu_peer_id id;
	bool reserved, leaving;
	struct talk *circuit; /* as its source */
};

static struct pu_quic_endpoint *endpoint;
static struct client *clients;
static size_t clients_len, dialing, leaving, next_dial, reserved, failed;
static size_t circuits, circuits_failed, asking;
static double *times_ms;
static size_t times_len, times_max;

/* ---- a stream's first bytes ---- */

static void send_bytes(struct talk *talk, struct pu_bytes bytes)
{
	if (bytes.len > 0 && pu_quic_stream_write(talk->stream, bytes.data, bytes.len) != bytes.len)
		crowd_die("a stream takes nothing");
}

static void end(struct talk *talk)
{
	pu_relay_reader_fini(&talk->reader);
	pu_quic_stream_close(talk->stream);
	if (talk->client->circuit == talk)
		talk->client->circuit = NULL;
	pu_free(talk);
}

/* Asks in one go: protocol and message. */
static struct talk *ask(struct client *client, enum role role, const struct pu_relay_hop *hop)
{
	static const char *const names[] = {PU_RELAY_HOP_PROTOCOL};
	struct talk *talk = PU_NEW(struct talk);
	uint8_t bytes[PU_RELAY_MESSAGE_MAX];
	struct pu_writer out = pu_writer(bytes, sizeof(bytes));

	*talk = (struct talk){.client = client, .role = role};
	if (pu_quic_stream_open(client->conn, talk, &talk->stream) != PU_OK ||
	    pu_multistream_initiator_init(&talk->asks, names, 1) != PU_OK ||
	    pu_relay_hop_encode(hop, &out) != PU_OK)
		crowd_die("cannot ask");
	struct pu_bytes proposal = pu_multistream_initiator_output(&talk->asks);
	send_bytes(talk, proposal);
	pu_multistream_initiator_written(&talk->asks, proposal.len);
	send_bytes(talk, pu_writer_bytes(&out));
	return talk;
}

static void on_reserved(struct talk *talk, bool ok)
{
	talk->client->reserved = ok;
	reserved += ok;
	failed += !ok;
	dialing--;
	talk->over = true;
}

static void send_message(struct talk *talk)
{
	static const uint8_t message[MESSAGE];

	talk->got = 0;
	talk->sent_at = pu_now_ns();
	send_bytes(talk, pu_bytes(message, MESSAGE));
}

static void on_connected(struct talk *talk, bool ok)
{
	asking--;
	circuits += ok;
	circuits_failed += !ok;
	talk->through = ok;
	talk->over = !ok;
}

/* True: there may be more to read. */
static bool read_answer(struct talk *talk, struct pu_bytes *in)
{
	struct pu_bytes message;
	struct pu_relay_hop hop;

	if (!talk->agreed) {
		talk->agreed = pu_multistream_initiator_read(&talk->asks, in) == PU_MULTISTREAM_DONE;
		return talk->agreed;
	}
	if (pu_relay_reader_read(&talk->reader, in, &message) != PU_OK)
		return false;
	bool ok = pu_relay_hop_decode(message, &hop) == PU_OK && hop.status == PU_RELAY_OK;
	if (!ok && failed + circuits_failed < 3)
		fprintf(stderr, "relay_load: %s\n", pu_relay_status_text(hop.status));
	if (talk->role == RESERVES)
		on_reserved(talk, ok);
	else
		on_connected(talk, ok);
	return false; /* the target says nothing of its own */
}

static void take_echo(struct talk *talk, struct pu_bytes *in)
{
	talk->got += in->len;
	in->len = 0;
	if (talk->got < MESSAGE || talk->sent_at == 0)
		return;
	if (times_len < times_max)
		times_ms[times_len++] = (double)(pu_now_ns() - talk->sent_at) / 1e6;
	talk->sent_at = 0;
}

/* ---- what the relay opens ---- */

static void tell_identity(struct talk *talk)
{
	struct pu_identify identify = {.protocol_count = 2,
	                               .protocols = {pu_bytes_of_str(PU_IDENTIFY_PROTOCOL),
	                                             pu_bytes_of_str(PU_RELAY_STOP_PROTOCOL)}};
	uint8_t bytes[256];
	struct pu_writer out = pu_writer(bytes, sizeof(bytes));

	if (pu_identify_encode(&identify, &out) != PU_OK)
		crowd_die("cannot tell who it is");
	send_bytes(talk, pu_writer_bytes(&out));
	pu_quic_stream_finish(talk->stream);
}

static void accept_circuit(struct talk *talk, struct pu_bytes *in)
{
	struct pu_relay_stop answer = {.type = PU_RELAY_STOP_STATUS, .status = PU_RELAY_OK};
	uint8_t bytes[64];
	struct pu_writer out = pu_writer(bytes, sizeof(bytes));
	struct pu_bytes message;

	if (pu_relay_reader_read(&talk->reader, in, &message) != PU_OK)
		return;
	pu_relay_reader_fini(&talk->reader);
	if (pu_relay_stop_encode(&answer, &out) != PU_OK)
		crowd_die("cannot answer");
	send_bytes(talk, pu_writer_bytes(&out));
	talk->through = true;
}

/* True: there may be more to read. */
static bool negotiate(struct talk *talk, struct pu_bytes *in)
{
	enum pu_multistream_event event = pu_multistream_responder_read(&talk->answers, in);

	if (event == PU_MULTISTREAM_PROPOSAL) {
		struct pu_bytes name = pu_multistream_responder_proposal(&talk->answers);
		if (pu_bytes_eq(name, pu_bytes_of_str(PU_IDENTIFY_PROTOCOL)))
			talk->role = TELLS;
		talk->agreed =
		    talk->role == TELLS || pu_bytes_eq(name, pu_bytes_of_str(PU_RELAY_STOP_PROTOCOL));
		pu_multistream_responder_answer(&talk->answers, talk->agreed);
	}
	struct pu_bytes reply = pu_multistream_responder_output(&talk->answers);
	send_bytes(talk, reply);
	pu_multistream_responder_written(&talk->answers, reply.len);
	if (talk->role == TELLS)
		tell_identity(talk);
	return in->len > 0 && event != PU_MULTISTREAM_FAILED && talk->role != TELLS;
}

static bool answer(struct talk *talk, struct pu_bytes *in)
{
	if (!talk->agreed)
		return negotiate(talk, in);
	if (!talk->through) {
		accept_circuit(talk, in);
		return talk->through && in->len > 0;
	}
	send_bytes(talk, *in);
	in->len = 0;
	return false;
}

/* ---- events ---- */

/* One step of what it has to read. True: there may be more of it to read now. */
static bool step(struct talk *talk, struct pu_bytes *in)
{
	if (talk->role == TELLS)
		return false; /* nothing is said to it */
	if (talk->role == ANSWERS)
		return answer(talk, in);
	if (!talk->through)
		return read_answer(talk, in);
	take_echo(talk, in);
	return false;
}

static void on_lost(struct talk *talk)
{
	bool asks = talk->role == RESERVES || talk->role == CONNECTS;

	if (asks && !talk->through && failed + circuits_failed < 3)
		fprintf(stderr, "relay_load: a stream ended\n");
	if (talk->role == RESERVES)
		on_reserved(talk, false);
	else if (talk->role == CONNECTS && !talk->through)
		on_connected(talk, false);
	end(talk);
}

static void on_stream_data(void *user, struct pu_quic_stream *stream)
{
	struct talk *talk = pu_quic_stream_user(stream);
	struct iovec piece;
	enum pu_recv state;
	(void)user;

	while (pu_quic_stream_peek(stream, &piece, 1, &state) > 0) {
		struct pu_bytes in = pu_bytes(piece.iov_base, piece.iov_len);
		while (in.len > 0 && step(talk, &in))
			;
		pu_quic_stream_consume(stream, piece.iov_len);
		if (talk->over) {
			end(talk);
			return;
		}
	}
	if (state != PU_RECV_OPEN)
		on_lost(talk);
}

static void on_stream_new(void *user, struct pu_quic_stream *stream)
{
	struct talk *talk = PU_NEW(struct talk);
	(void)user;

	*talk = (struct talk){.client = pu_quic_conn_user(pu_quic_stream_conn(stream)),
	                      .stream = stream,
	                      .role = ANSWERS};
	pu_multistream_responder_init(&talk->answers);
	pu_quic_stream_set_user(stream, talk);
}

static void reserve(struct client *client)
{
	static const struct pu_relay_hop hop = {.type = PU_RELAY_HOP_RESERVE};

	(void)ask(client, RESERVES, &hop);
}

static void on_conn_up(void *user, struct pu_quic_conn *conn)
{
	(void)user;
	reserve(pu_quic_conn_user(conn));
}

static void on_conn_down(void *user, struct pu_quic_conn *conn, const struct pu_mux_end *why)
{
	struct client *client = pu_quic_conn_user(conn);
	(void)user;

	if (client->leaving)
		leaving--;
	else if (failed++ < 3)
		fprintf(stderr, "relay_load: a connection is gone: %s\n", why->reason);
	if (client->reserved)
		reserved--;
	else if (!client->leaving)
		dialing--;
	*client = (struct client){0};
}

static bool turn(uint64_t until)
{
	return crowd_socket_turn(endpoint, until);
}

static void wait_for_a_line(void)
{
	char line[16];

	fflush(stdout);
	while (!turn(pu_now_ns() + PU_NS_PER_S))
		;
	if (read(STDIN_FILENO, line, sizeof(line)) <= 0)
		exit(0);
}

static enum pu_err verify_cert(void *user, struct pu_bytes der, struct pu_peer_id *out)
{
	(void)user;
	return pu_tls_cert_verify(der, (uint64_t)time(NULL), out);
}

/* A new identity for the connections to come. */
static gnutls_certificate_credentials_t identity(struct pu_peer_id *id)
{
	gnutls_certificate_credentials_t credentials;
	struct pu_tls_cert cert;
	struct pu_key key;

	pu_key_generate(&key);
	struct pu_public_key public = pu_key_public(&key);
	if (pu_tls_cert_make(&cert, &key, (uint64_t)time(NULL)) != PU_OK ||
	    pu_tls_cert_credentials(&cert, &credentials) != PU_OK)
		crowd_die("cannot make an identity");
	*id = pu_peer_id_of_key(&public);
	pu_tls_cert_fini(&cert);
	return credentials;
}

static void make_endpoint(void)
{
	static const struct pu_quic_callbacks callbacks = {.send = crowd_socket_send,
	                                                   .on_conn_up = on_conn_up,
	                                                   .on_conn_down = on_conn_down,
	                                                   .on_stream_new = on_stream_new,
	                                                   .on_stream_data = on_stream_data};
	struct pu_quic_config config;
	struct pu_peer_id nobody;

	pu_quic_config_default(&config);
	config.accept = false;
	config.verify_cert = verify_cert;
	config.conns_max = (uint32_t)clients_len + AT_ONCE;
	config.memory_max = (size_t)8 << 30;
	config.credentials = identity(&nobody);
	if (pu_quic_endpoint_new(&config, &callbacks, NULL, &endpoint) != PU_OK)
		crowd_die("cannot make an endpoint");
}

/* ---- phases ---- */

static void dial(struct client *client)
{
	struct pu_quic_path from = crowd_socket_path((size_t)(client - clients));
	struct pu_quic_dial dial = {.path = &from, .user = client};

	pu_quic_endpoint_set_credentials(endpoint, identity(&client->id));
	dialing++;
	if (pu_quic_endpoint_dial(endpoint, pu_now_ns(), &dial, &client->conn) != PU_OK)
		crowd_die("cannot dial");
}

static void reserve_all(size_t until)
{
	uint64_t start = pu_now_ns();

	while (next_dial < until || dialing > 0) {
		while (next_dial < until && dialing < AT_ONCE)
			dial(&clients[next_dial++]);
		(void)turn(pu_now_ns() + PU_NS_PER_S);
	}
	printf("{\"reservations\": %zu, \"failed\": %zu, \"seconds\": %.1f}\n", reserved, failed,
	       (double)(pu_now_ns() - start) / 1e9);
	wait_for_a_line();
}

static void build_circuit(size_t from)
{
	struct pu_relay_hop hop = {.type = PU_RELAY_HOP_CONNECT,
	                           .peer = clients[(from + 1) % clients_len].id};

	asking++;
	clients[from].circuit = ask(&clients[from], CONNECTS, &hop);
}

static void connect_all(size_t wanted)
{
	for (size_t i = 0; i < wanted || asking > 0;) {
		for (; i < wanted && asking < AT_ONCE; i++)
			build_circuit(i);
		(void)turn(pu_now_ns() + PU_NS_PER_S);
	}
	printf("{\"circuits\": %zu, \"failed\": %zu}\n", circuits, circuits_failed);
	wait_for_a_line();
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

/* Each circuit has its moment of the second. */
static void use_all(size_t wanted, size_t seconds)
{
	uint64_t start = pu_now_ns();
	size_t missed = 0;

	times_max = wanted * seconds;
	times_ms = pu_calloc(times_max + 1, sizeof(*times_ms));
	for (size_t i = 0; i < times_max; i++) {
		uint64_t due = start + i * PU_NS_PER_S / wanted;
		struct talk *talk = clients[i % wanted].circuit;
		while (pu_now_ns() < due)
			(void)turn(due);
		if (talk == NULL || talk->sent_at != 0)
			missed++;
		else
			send_message(talk);
	}
	for (uint64_t until = pu_now_ns() + PU_NS_PER_S; pu_now_ns() < until;)
		(void)turn(until);
	qsort(times_ms, times_len, sizeof(*times_ms), compare);
	printf("{\"messages\": %zu, \"missed\": %zu, \"median_ms\": %.3f, \"p99_ms\": %.3f, "
	       "\"max_ms\": %.3f}\n",
	       times_len, missed + (times_max - missed - times_len), times_ms[times_len / 2],
	       times_ms[times_len * 99 / 100], times_ms[times_len > 0 ? times_len - 1 : 0]);
	wait_for_a_line();
}

/* ---- renewals ---- */

static void leave(struct client *client)
{
	if (client->conn == NULL)
		return;
	client->leaving = true;
	leaving++;
	pu_quic_conn_close(client->conn, 0, NULL);
}

static void wait_until_none(const size_t *these)
{
	while (*these > 0)
		(void)turn(pu_now_ns() + PU_NS_PER_S);
}

/* Some clients at once; the next in the row is always there as the target of the last. */
static void renew_some(size_t first, size_t len)
{
	for (size_t i = first; i < first + len; i++)
		leave(&clients[i % clients_len]);
	wait_until_none(&leaving);
	for (size_t i = first; i < first + len; i++)
		dial(&clients[i % clients_len]);
	wait_until_none(&dialing);
	for (size_t i = first; i < first + len; i++)
		if (clients[i % clients_len].reserved)
			build_circuit(i % clients_len);
	wait_until_none(&asking);
	for (size_t i = first; i < first + len; i++)
		if (clients[i % clients_len].circuit != NULL)
			end(clients[i % clients_len].circuit);
}

static void renew(size_t times)
{
	static size_t at;
	uint64_t start = pu_now_ns();

	for (size_t end_at = at + times; at < end_at;) {
		size_t len = end_at - at < AT_ONCE ? end_at - at : AT_ONCE;
		renew_some(at, len);
		at += len;
	}
	printf("{\"renewals\": %zu, \"reservations\": %zu, \"failed\": %zu, \"seconds\": %.1f}\n",
	       at, reserved, failed + circuits_failed, (double)(pu_now_ns() - start) / 1e9);
	wait_for_a_line();
}

int main(int argc, char **argv)
{
	if (argc != 8) {
		fprintf(stderr, "relay_load HOST PORT PREFIX CLIENTS CIRCUITS SECONDS RENEWALS\n");
		return 2;
	}
	clients_len = strtoul(argv[4], NULL, 10);
	size_t wanted = strtoul(argv[5], NULL, 10);
	clients = pu_calloc(clients_len, sizeof(*clients));
	size_t renewals = strtoul(argv[7], NULL, 10);
	crowd_socket_open(argv[1], argv[2], argv[3]);
	make_endpoint();
	reserve_all(clients_len / 10);
	reserve_all(clients_len);
	connect_all(wanted);
	use_all(wanted, strtoul(argv[6], NULL, 10));
	renew(renewals / 5);
	renew(renewals - renewals / 5);
	return 0;
}
