#include "substream.h"

#include <criterion/criterion.h>

#include "codes.h"
#include "net_sim.h"
#include "p2p/identify.h"
#include "ping.h"

static struct net net;
static struct net_node *a, *b;

/* What a handler was told. */
static struct {
	unsigned opens, datas, writables, stops, fails;
	enum pu_err err;
	char text[256];
	uint8_t got[64];
	size_t got_len;
} seen;

static struct transport_conn *conn;

static void set_up(void)
{
	memset(&seen, 0, sizeof(seen));
	net_init(&net);
	a = net_add(&net);
	b = net_add(&net);
	conn = net_join(a, b);
}

static void tear_down(void)
{
	net_fini(&net);
}

TestSuite(substream, .init = set_up, .fini = tear_down);

static void on_open(struct transport_substream *substream)
{
	seen.opens++;
	(void)pu_stream_write(substream->stream, "12345678901234567890123456789012", 32);
}

static void on_data(struct transport_substream *substream)
{
	struct iovec piece;
	enum pu_recv state;
	seen.datas++;
	while (pu_stream_peek(substream->stream, &piece, 1, &state) > 0) {
		size_t room = sizeof(seen.got) - seen.got_len;
		size_t len = piece.iov_len < room ? piece.iov_len : room;
		memcpy(seen.got + seen.got_len, piece.iov_base, len);
		seen.got_len += len;
		pu_stream_consume(substream->stream, piece.iov_len);
	}
}

static void on_failed(struct transport_substream *substream, enum pu_err err, const char *text)
{
	seen.fails++;
	seen.err = err;
	snprintf(seen.text, sizeof(seen.text), "%s", text);
	transport_substream_close(substream);
}

static const struct transport_substream_ops ops = {
    .on_open = on_open,
    .on_data = on_data,
    .on_failed = on_failed,
};

static struct transport_substream *open_one(const char *protocol, bool lazy)
{
	struct transport_substream *substream;
	cr_assert(transport_substream_open(conn, protocol, lazy, &ops, NULL, &substream) == PU_OK);
	return substream;
}

static struct transport_conn *b_conn(void)
{
	return transport_peer_best(net_peer(b, a));
}

static bool is_over(void *unused)
{
	(void)unused;
	return conn->substreams_len == 0 && b_conn()->substreams_len == 0;
}

Test(substream, an_eager_one_opens_when_the_peer_has_agreed)
{
	struct transport_substream *substream = open_one("/ipfs/ping/1.0.0", false);
	cr_assert(seen.opens == 0 && substream->state == SUBSTREAM_PROPOSING);
	net_sleep(&net, 100);
	cr_assert(seen.opens == 1 && seen.got_len == 32 && substream->state == SUBSTREAM_OPEN);
	pu_stream_finish(substream->stream);
	transport_substream_close(substream);
	cr_assert(net_until(&net, 100, is_over, NULL));
}

Test(substream, a_lazy_one_sends_before_the_peer_has_agreed)
{
	struct transport_substream *substream = open_one("/ipfs/ping/1.0.0", true);
	on_open(substream);
	cr_assert(substream->state == SUBSTREAM_LAZY);
	net_sleep(&net, 20); /* one round trip */
	cr_assert(seen.opens == 1 && seen.got_len == 32 && seen.got[0] == '1');
	transport_substream_close(substream);
}

Test(substream, a_protocol_that_the_peer_does_not_speak_is_refused)
{
	open_one("/nobody/speaks/this", false);
	net_sleep(&net, 100);
	cr_assert(seen.opens == 0 && seen.fails == 1 && seen.err == PU_ENOTFOUND);
	cr_assert(is_over(NULL));
}

Test(substream, a_lazy_one_is_refused_whatever_it_has_sent)
{
	on_open(open_one("/nobody/speaks/this", true));
	net_sleep(&net, 100);
	cr_assert(seen.fails == 1 && seen.err == PU_ENOTFOUND, "%s", seen.text);
	cr_assert(is_over(NULL));
}

Test(substream, a_protocol_that_is_switched_off_is_refused)
{
	b->config.ping_pong.enabled = false;
	open_one("/pingpong/1.0.0", false);
	net_sleep(&net, 100);
	cr_assert(seen.err == PU_ENOTFOUND);
}

Test(substream, more_than_the_limit_of_one_protocol_are_refused_with_its_code)
{
	b->config.limits.streams_per_protocol = 2;
	struct transport_substream *one = open_one("/ipfs/ping/1.0.0", false);
	struct transport_substream *two = open_one("/ipfs/ping/1.0.0", false);
	net_sleep(&net, 100);
	cr_assert(seen.opens == 2);
	open_one("/ipfs/ping/1.0.0", false);
	net_sleep(&net, 100);
	cr_assert(seen.fails == 1 && seen.err == PU_ELIMIT, "%s", seen.text);
	transport_substream_close(one);
	transport_substream_close(two);
	net_sleep(&net, 100);
	cr_assert(is_over(NULL));
}

Test(substream, an_answer_that_does_not_come_ends_both_sides)
{
	b_conn()->state = CONN_CHECKING; /* policy first: nothing is read */
	open_one("/ipfs/ping/1.0.0", false);
	net_sleep(&net, 11000);
	cr_assert(seen.fails == 1 && seen.err == PU_ETIMEOUT);
	b_conn();
	PU_LIST_FOREACH(node, &net_peer(b, a)->conns) {
		struct transport_conn *other = PU_LIST_ENTRY(node, struct transport_conn, in_peer);
		other->state = CONN_UP;
	}
	cr_assert(is_over(NULL));
}

Test(substream, what_waits_for_policy_is_answered_afterwards)
{
	struct transport_conn *other = b_conn();
	other->state = CONN_CHECKING;
	struct transport_substream *substream = open_one("/ipfs/ping/1.0.0", false);
	struct transport_substream *gone = open_one("/ipfs/ping/1.0.0", false);
	net_sleep(&net, 100);
	transport_substream_abort(gone, 0);
	net_sleep(&net, 100);
	cr_assert(seen.opens == 0 && other->substreams_len == 2);
	other->state = CONN_UP;
	PU_LIST_FOREACH(node, &other->substreams)
		transport_substream_resume(PU_LIST_ENTRY(node, struct transport_substream, in_conn));
	cr_assert(other->substreams_len == 1, "the one that was reset is noticed");
	net_sleep(&net, 100);
	cr_assert(seen.opens == 1 && seen.got_len == 32);
	transport_substream_close(substream);
}

Test(substream, a_lazy_one_that_is_closed_at_once_still_reads_the_answer)
{
	uint8_t message[64];
	struct pu_identify identify = {.agent_version = pu_bytes_of_str("changed/1")};
	struct pu_writer writer = pu_writer(message, sizeof(message));
	cr_assert(pu_identify_encode(&identify, &writer) == PU_OK);
	struct transport_substream *substream = open_one(PU_IDENTIFY_PUSH_PROTOCOL, true);
	cr_assert(pu_stream_write(substream->stream, message, writer.len) == writer.len);
	pu_stream_finish(substream->stream);
	transport_substream_close(substream);
	cr_assert(conn->substreams_len == 1 && substream->state == SUBSTREAM_LINGERING);
	net_sleep(&net, 100);
	cr_assert_str_eq(b_conn()->agent, "changed/1");
	cr_assert(is_over(NULL) && seen.fails == 0);
}

Test(substream, a_lingering_one_ends_with_the_negotiation_time)
{
	struct transport_conn *other = b_conn();
	other->state = CONN_CHECKING;
	transport_substream_close(open_one("/ipfs/ping/1.0.0", true));
	net_sleep(&net, 5000);
	cr_assert(conn->substreams_len == 1);
	net_sleep(&net, 5100);
	cr_assert(conn->substreams_len == 0);
	other->state = CONN_UP;
}

Test(substream, one_that_is_aborted_does_not_linger)
{
	transport_substream_abort(open_one("/ipfs/ping/1.0.0", true), STREAM_CODE_GATED);
	cr_assert(conn->substreams_len == 0);
	net_sleep(&net, 100);
	cr_assert(is_over(NULL));
}

Test(substream, the_loss_of_the_connection_reaches_every_one)
{
	open_one("/ipfs/ping/1.0.0", false);
	net_sleep(&net, 100);
	open_one("/ipfs/ping/1.0.0", false);
	transport_peer_disconnect(net_peer(b, a), CONN_CODE_NONE, "test");
	net_sleep(&net, 100);
	cr_assert(seen.fails == 2 && seen.err == PU_ECLOSED);
	cr_assert(strstr(seen.text, "closed the connection") != NULL, "%s", seen.text);
}

Test(substream, no_stream_is_opened_on_a_connection_that_ends)
{
	struct transport_substream *substream;
	transport_peer_disconnect(net_peer(a, b), CONN_CODE_NONE, "test");
	cr_assert_null(transport_peer_best(net_peer(a, b)));
	cr_assert(transport_substream_open(conn, "/ipfs/ping/1.0.0", false, &ops, NULL,
	                                   &substream) == PU_ECLOSED);
}

/* ---- a peer that does not follow the rules: bytes on a bare stream ---- */

static void send_raw(const char *bytes, size_t len, bool finish)
{
	/* A substream in the open state negotiates nothing. */
	struct transport_substream *substream = open_one("/x", false);
	substream->state = SUBSTREAM_OPEN;
	(void)pu_stream_write(substream->stream, bytes, len);
	if (finish)
		pu_stream_finish(substream->stream);
	net_sleep(&net, 100);
	transport_substream_abort(substream, 0);
	net_sleep(&net, 100);
}

Test(substream, an_impossible_length_resets_the_stream)
{
	/* "/x" was proposed and refused; then this. */
	send_raw("\xff\xff\xff\xff", 4, false);
	cr_assert(b_conn() != NULL && b_conn()->substreams_len == 0);
}

Test(substream, an_end_in_the_middle_of_a_proposal_leaves_nothing)
{
	send_raw("\x13/ipfs/", 7, true);
	cr_assert(b_conn() != NULL && b_conn()->substreams_len == 0);
}

Test(substream, thousands_of_streams_leave_nothing)
{
	struct pu_quic_stats stats;
	for (int i = 0; i < 2000; i++) {
		transport_substream_close(open_one("/ipfs/ping/1.0.0", i % 2 == 0));
		net_step(&net, 20);
	}
	net_sleep(&net, 100);
	cr_assert(is_over(NULL));
	pu_quic_endpoint_stats(b->sim->ep, &stats);
	cr_assert(stats.streams == 0);
}
