#include <criterion/criterion.h>

#include "codes.h"
#include "identify.h"
#include "net_sim.h"
#include "p2p/identify.h"
#include "ping.h"
#include "protocol.h"

static struct net net;
static struct net_node *a, *b;
static struct transport_conn *conn;

static void set_up(void)
{
	net_init(&net);
	a = net_add(&net);
	b = net_add(&net);
	conn = net_join(a, b);
}

static void tear_down(void)
{
	net_fini(&net);
}

TestSuite(protocols, .init = set_up, .fini = tear_down);

/* ---- ping ---- */

struct pong {
	bool done;
	enum pu_err err;
	char text[128];
	uint64_t rtt_ns;
};

static void on_pong(void *user, enum pu_err err, const char *text, uint64_t rtt_ns)
{
	struct pong *pong = user;
	*pong = (struct pong){.done = true, .err = err, .rtt_ns = rtt_ns};
	snprintf(pong->text, sizeof(pong->text), "%s", text);
}

static bool is_done(void *pong)
{
	return ((struct pong *)pong)->done;
}

static struct pong ping(bool pingpong, uint64_t ms)
{
	struct pong pong = {0};
	transport_ping_start(conn, pingpong, on_pong, &pong);
	cr_assert(net_until(&net, ms, is_done, &pong));
	net_sleep(&net, 100);
	return pong;
}

Test(protocols, ping_measures_one_round_trip)
{
	struct pong pong = ping(false, 200);
	cr_assert(pong.err == PU_OK, "%s", pong.text);
	cr_assert(pong.rtt_ns >= 10 * PU_NS_PER_MS && pong.rtt_ns < 40 * PU_NS_PER_MS);
	cr_assert(conn->substreams_len == 0);
}

Test(protocols, pingpong_measures_one_round_trip)
{
	struct pong pong = ping(true, 200);
	cr_assert(pong.err == PU_OK && pong.rtt_ns >= 10 * PU_NS_PER_MS, "%s", pong.text);
	cr_assert(conn->substreams_len == 0);
}

Test(protocols, a_ping_that_is_not_answered_ends)
{
	transport_peer_best(net_peer(b, a))->state = CONN_CHECKING;
	struct pong pong = ping(false, 11000);
	cr_assert(pong.err == PU_ETIMEOUT && pong.rtt_ns == 0);
	PU_LIST_FOREACH(node, &net_peer(b, a)->conns)
		PU_LIST_ENTRY(node, struct transport_conn, in_peer)->state = CONN_UP;
}

Test(protocols, a_ping_to_who_does_not_speak_it_says_so)
{
	b->config.ping_pong.enabled = false;
	struct pong pong = ping(true, 200);
	cr_assert(pong.err == PU_ENOTFOUND);
}

Test(protocols, a_ping_on_a_connection_that_ends_says_so)
{
	struct pong pong = {0};
	transport_ping_start(conn, false, on_pong, &pong);
	transport_peer_disconnect(net_peer(a, b), CONN_CODE_NONE, "test");
	net_sleep(&net, 100);
	cr_assert(pong.done && pong.err == PU_ECLOSED);
}

/* ---- streams of the test's own ---- */

struct talk {
	struct transport_substream *substream;
	char got[256];
	size_t got_len, total;
	enum pu_recv end;
	bool failed;
};

static void on_data(struct transport_substream *substream)
{
	struct talk *talk = substream->handler;
	struct iovec piece;
	while (pu_stream_peek(substream->stream, &piece, 1, &talk->end) > 0) {
		size_t room = sizeof(talk->got) - talk->got_len;
		size_t len = piece.iov_len < room ? piece.iov_len : room;
		memcpy(talk->got + talk->got_len, piece.iov_base, len);
		talk->got_len += len;
		talk->total += piece.iov_len;
		pu_stream_consume(substream->stream, piece.iov_len);
	}
}

static void on_failed(struct transport_substream *substream, enum pu_err err, const char *text)
{
	(void)err;
	(void)text;
	((struct talk *)substream->handler)->failed = true;
	transport_substream_close(substream);
}

static const struct transport_substream_ops talk_ops = {.on_data = on_data,
                                                        .on_failed = on_failed};

static void talk_begin(struct talk *talk, const char *protocol)
{
	*talk = (struct talk){0};
	cr_assert(transport_substream_open(conn, protocol, false, &talk_ops, talk,
	                                   &talk->substream) == PU_OK);
	net_sleep(&net, 50);
	cr_assert_not(talk->failed);
}

static void say(struct talk *talk, const void *bytes, size_t len, bool finish)
{
	cr_assert(pu_stream_write(talk->substream->stream, bytes, len) == len);
	if (finish)
		pu_stream_finish(talk->substream->stream);
	net_sleep(&net, 50);
}

static void talk_end(struct talk *talk)
{
	transport_substream_close(talk->substream);
	net_sleep(&net, 50);
	cr_assert(transport_peer_best(net_peer(b, a))->substreams_len == 0);
}

Test(protocols, ping_echoes_pieces_as_they_come)
{
	struct talk talk;
	talk_begin(&talk, "/ipfs/ping/1.0.0");
	say(&talk, "abc", 3, false);
	cr_assert(talk.got_len == 3);
	say(&talk, "defgh", 5, true);
	cr_assert(talk.got_len == 8 && memcmp(talk.got, "abcdefgh", 8) == 0);
	cr_assert(talk.end == PU_RECV_FIN);
	talk_end(&talk);
}

Test(protocols, pingpong_takes_a_line_in_pieces)
{
	struct talk talk;
	talk_begin(&talk, "/pingpong/1.0.0");
	say(&talk, "pi", 2, false);
	cr_assert(talk.got_len == 0);
	say(&talk, "ng\r\n", 4, true);
	cr_assert(talk.got_len == 5 && memcmp(talk.got, "pong\n", 5) == 0);
	talk_end(&talk);
}

Test(protocols, pingpong_says_what_it_does_not_know)
{
	struct talk talk;
	talk_begin(&talk, "/pingpong/1.0.0");
	say(&talk, "pingo\n", 6, true);
	cr_assert(talk.got_len == 8 && memcmp(talk.got, "unknown\n", 8) == 0);
	talk_end(&talk);
}

Test(protocols, pingpong_ends_with_a_line_that_is_none)
{
	struct talk talk;
	char junk[200];
	memset(junk, 'x', sizeof(junk));
	talk_begin(&talk, "/pingpong/1.0.0");
	say(&talk, junk, sizeof(junk), false);
	cr_assert(talk.end == PU_RECV_RESET);
	cr_assert(pu_stream_reset_code(talk.substream->stream) == STREAM_CODE_VIOLATION);
	talk_end(&talk);
}

Test(protocols, perf_sends_what_was_asked_for_after_the_upload)
{
	struct talk talk;
	const uint8_t wanted[8] = {0, 0, 0, 0, 0, 0x10, 0, 1}; /* 1 MiB and a byte */
	talk_begin(&talk, "/perf/1.0.0");
	say(&talk, wanted, 3, false);
	say(&talk, wanted + 3, 5, false);
	say(&talk, "upload", 6, false);
	cr_assert(talk.total == 0, "not before our half has ended");
	pu_stream_finish(talk.substream->stream);
	net_sleep(&net, 2000);
	cr_assert(talk.total == (1 << 20) + 1, "%zu", talk.total);
	cr_assert(talk.end == PU_RECV_FIN);
	talk_end(&talk);
}

Test(protocols, perf_without_a_whole_header_ends)
{
	struct talk talk;
	talk_begin(&talk, "/perf/1.0.0");
	say(&talk, "1234", 4, true);
	cr_assert(talk.end != PU_RECV_OPEN);
	talk_end(&talk);
}

Test(protocols, perf_stops_when_the_peer_has_enough)
{
	struct talk talk;
	const uint8_t wanted[8] = {1}; /* more than there is time for */
	talk_begin(&talk, "/perf/1.0.0");
	say(&talk, wanted, 8, true);
	net_sleep(&net, 500);
	cr_assert(talk.total > 0);
	pu_stream_stop_sending(talk.substream->stream, 0);
	net_sleep(&net, 500);
	cr_assert(transport_peer_best(net_peer(b, a))->substreams_len == 0);
	talk_end(&talk);
}

/* ---- identify ---- */

static void push(const void *message, size_t len)
{
	struct talk talk;
	talk_begin(&talk, PU_IDENTIFY_PUSH_PROTOCOL);
	say(&talk, message, len, true);
	talk_end(&talk);
}

static struct transport_conn *b_conn(void)
{
	return transport_peer_best(net_peer(b, a));
}

Test(protocols, identify_tells_each_other_agent_and_protocols)
{
	cr_assert(strncmp(conn->agent, "peerup/", 7) == 0);
	cr_assert(transport_conn_speaks(conn, "/ipfs/ping/1.0.0"));
	cr_assert(strncmp(b_conn()->agent, "peerup/", 7) == 0);
	cr_assert(a->transport.own.observed_len == 1 && b->transport.own.observed_len == 1);
}

static void forget_agent(void)
{
	pu_free(conn->agent);
	conn->agent = NULL;
	conn->identify_tries = 0;
}

Test(protocols, identify_is_asked_again_of_who_was_silent)
{
	struct transport_conn *silent = transport_peer_best(net_peer(b, a));
	forget_agent();
	silent->state = CONN_CHECKING;
	transport_identify_begin(conn);
	net_sleep(&net, TRANSPORT_IDENTIFY_MS + 100);
	cr_assert_null(conn->agent);
	silent->state = CONN_UP;
	net_sleep(&net, TRANSPORT_IDENTIFY_AGAIN_MS + 1000);
	cr_assert_not_null(conn->agent);
}

Test(protocols, identify_is_not_asked_forever)
{
	struct transport_conn *silent = transport_peer_best(net_peer(b, a));
	forget_agent();
	silent->state = CONN_CHECKING;
	transport_identify_begin(conn);
	net_sleep(&net, 300000);
	cr_assert_eq(conn->identify_tries, TRANSPORT_IDENTIFY_TRIES);
	silent->state = CONN_UP;
}

Test(protocols, a_push_replaces_what_was_known)
{
	uint8_t message[128];
	struct pu_identify *identify = PU_NEW(struct pu_identify);
	struct pu_writer writer = pu_writer(message, sizeof(message));
	identify->agent_version = pu_bytes_of_str("other/2");
	identify->protocols[identify->protocol_count++] = pu_bytes_of_str("/only/this");
	cr_assert(pu_identify_encode(identify, &writer) == PU_OK);
	pu_free(identify);
	push(message, writer.len);
	cr_assert_str_eq(b_conn()->agent, "other/2");
	cr_assert(transport_conn_speaks(b_conn(), "/only/this"));
	cr_assert_not(transport_conn_speaks(b_conn(), "/ipfs/ping/1.0.0"));
}

Test(protocols, a_push_about_somebody_else_is_ignored)
{
	uint8_t message[128], other_key[36] = {8, 1, 18, 32, 7};
	struct pu_identify *identify = PU_NEW(struct pu_identify);
	struct pu_writer writer = pu_writer(message, sizeof(message));
	identify->agent_version = pu_bytes_of_str("liar/1");
	identify->public_key = pu_bytes(other_key, sizeof(other_key));
	cr_assert(pu_identify_encode(identify, &writer) == PU_OK);
	pu_free(identify);
	push(message, writer.len);
	cr_assert(strncmp(b_conn()->agent, "peerup/", 7) == 0);
}

Test(protocols, pushes_beyond_a_rate_are_not_read)
{
	unsigned before = b->events[PU_MSG_PEER_IDENTIFIED];
	struct talk talks[3 * TRANSPORT_PUSHES_BURST] = {0};
	for (size_t i = 0; i < PU_ARRAY_LEN(talks); i++) {
		cr_assert(transport_substream_open(conn, PU_IDENTIFY_PUSH_PROTOCOL, false, &talk_ops,
		                                   &talks[i], &talks[i].substream) == PU_OK);
		net_sleep(&net, 50);
		if (!talks[i].failed)
			say(&talks[i], "\x07\x32\x05other", 8, true);
	}
	unsigned told = b->events[PU_MSG_PEER_IDENTIFIED] - before;
	cr_assert_geq(told, TRANSPORT_PUSHES_BURST, "%u", told);
	cr_assert_leq(told, TRANSPORT_PUSHES_BURST + 3, "%u", told); /* in three seconds */
	for (size_t i = 0; i < PU_ARRAY_LEN(talks); i++)
		if (!talks[i].failed)
			talk_end(&talks[i]);
}

Test(protocols, a_push_that_never_ends_is_cut_off)
{
	struct talk talk;
	talk_begin(&talk, PU_IDENTIFY_PUSH_PROTOCOL);
	say(&talk, "\x10", 1, false);
	net_sleep(&net, TRANSPORT_IDENTIFY_MS);
	cr_assert(b_conn()->substreams_len == 0);
	talk_end(&talk);
}

Test(protocols, a_push_of_more_than_identify_may_have_is_cut_off)
{
	static char junk[PU_IDENTIFY_STREAM_MAX + 100];
	struct talk talk;
	talk_begin(&talk, PU_IDENTIFY_PUSH_PROTOCOL);
	memset(junk, 1, sizeof(junk));
	say(&talk, junk, sizeof(junk), false);
	cr_assert(b_conn()->substreams_len == 0);
	talk_end(&talk);
}

Test(protocols, a_change_is_pushed_once_after_a_while)
{
	unsigned before = b->events[PU_MSG_PEER_IDENTIFIED];
	transport_push_later(&a->transport);
	transport_push_later(&a->transport);
	net_sleep(&net, TRANSPORT_PUSH_DEBOUNCE_MS / 2);
	cr_assert(b->events[PU_MSG_PEER_IDENTIFIED] == before);
	net_sleep(&net, TRANSPORT_PUSH_DEBOUNCE_MS);
	cr_assert(b->events[PU_MSG_PEER_IDENTIFIED] == before + 1);
}
