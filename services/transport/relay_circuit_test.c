/* What a relay carries: bytes, ends and resets both ways, and each circuit in its turn. */
#include "relay_world.h"

#include <criterion/criterion.h>

#include "codes.h"
#include "p2p/relay_message.h"
#include "relay_raw.h"
#include "substream.h"

TestSuite(relay_circuit, .init = world_set_up, .fini = world_tear_down);

/* ---- circuits ---- */

Test(relay_circuit, carries_bytes_both_ways)
{
	struct asked asked = {.end = {.to_send = 3000}};
	as_target = (struct end){.echoes = true};
	world_join(&asked);
	cr_assert(pu_peer_id_eq(&ends[0].peer, &source->sim->id));
	net_sleep(&net, 200);
	cr_assert_eq(ends[0].got, 3000);
	cr_assert_eq(ends[0].sum, end_sum_of(3000));
	cr_assert_eq(asked.end.got, 3000);
	cr_assert_eq(asked.end.sum, end_sum_of(3000));
	cr_assert_eq(world_counts().bytes, 6000);
	end_close(&asked.end);
}

Test(relay_circuit, carries_what_the_target_says_right_behind_its_answer)
{
	struct asked asked = {0};
	as_target = (struct end){.to_send = 5000};
	world_join(&asked);
	net_sleep(&net, 200);
	cr_assert_eq(asked.end.got, 5000);
	cr_assert_eq(asked.end.sum, end_sum_of(5000));
	end_close(&asked.end);
}

Test(relay_circuit, carries_what_the_source_says_before_it_is_answered)
{
	uint8_t bytes[128];
	struct pu_writer writer = pu_writer(bytes, sizeof(bytes));
	struct pu_relay_hop hop = {.type = PU_RELAY_HOP_CONNECT, .peer = target->sim->id};
	struct raw raw = {0};
	cr_assert_eq(pu_relay_hop_encode(&hop, &writer), PU_OK);
	pu_writer_put(&writer, pu_bytes_of_str("early"));
	raw_begin(&raw, bytes, writer.len);
	net_sleep(&net, 300);
	cr_assert_eq(raw.answer.status, PU_RELAY_OK);
	cr_assert_eq(ends_len, 1);
	cr_assert_eq(ends[0].got, 5);
	raw_end(&raw);
}

Test(relay_circuit, passes_on_that_one_half_has_ended)
{
	struct asked asked = {.end = {.to_send = 100, .finishes = true}};
	world_join(&asked);
	net_sleep(&net, 200);
	cr_assert_eq(ends[0].got, 100);
	cr_assert_eq(ends[0].state, PU_RECV_FIN);
	cr_assert_eq(world_counts().circuits, 1);
	ends[0].to_send = 7000;
	ends[0].finishes = true;
	end_write(&ends[0]);
	net_sleep(&net, 200);
	cr_assert_eq(asked.end.got, 7000);
	cr_assert_eq(asked.end.state, PU_RECV_FIN);
	cr_assert_eq(world_counts().circuits, 0);
	end_close(&asked.end);
}

Test(relay_circuit, passes_on_a_reset_and_its_code)
{
	struct asked asked = {0};
	world_join(&asked);
	pu_stream_reset(asked.end.substream->stream, 42);
	net_sleep(&net, 200);
	cr_assert_eq(ends[0].state, PU_RECV_RESET);
	cr_assert_eq(ends[0].code, 42);
	cr_assert_eq(world_counts().circuits, 1, "the other direction goes on");
	ends[0].to_send = 10;
	end_write(&ends[0]);
	net_sleep(&net, 200);
	cr_assert_eq(asked.end.got, 10);
	end_close(&asked.end);
}

Test(relay_circuit, passes_on_that_nobody_listens_any_more)
{
	struct asked asked = {0};
	world_join(&asked);
	pu_stream_stop_sending(ends[0].substream->stream, STREAM_CODE_NONE);
	/* Each leg learns of it when it has something to send. */
	for (int i = 0; i < 3; i++) {
		asked.end.to_send += 100;
		end_write(&asked.end);
		net_sleep(&net, 100);
	}
	cr_assert(asked.end.stopped);
	ends[0].to_send = 10;
	end_write(&ends[0]);
	net_sleep(&net, 100);
	cr_assert_eq(asked.end.got, 10, "the other direction goes on");
	cr_assert_eq(world_counts().circuits, 1);
	end_close(&asked.end);
}

Test(relay_circuit, cuts_circuits_to_who_is_gone_and_never_as_if_they_had_ended)
{
	struct asked asked = {0};
	as_target = (struct end){.to_send = 1000};
	world_join(&asked);
	net_sleep(&net, 200);
	transport_peer_disconnect(net_peer(target, relay), CONN_CODE_NONE, "test");
	net_sleep(&net, 300);
	cr_assert_eq(asked.end.got, 1000);
	cr_assert_eq(asked.end.state, PU_RECV_RESET);
	cr_assert_eq(world_counts().circuits, 0);
	end_close(&asked.end);
}

/* The end of a connection may come with bytes that are still to be carried, and with halves
 * that are closed already. */
Test(relay_circuit, takes_a_lost_connection_for_no_end_even_if_the_other_half_has_ended)
{
	struct asked asked = {.end = {.to_send = 10, .finishes = true}};
	as_target = (struct end){.to_send = MB};
	world_join(&asked);
	net_sleep(&net, 100);
	transport_peer_disconnect(net_peer(target, relay), CONN_CODE_NONE, "test");
	net_sleep(&net, 500);
	cr_assert_neq(asked.end.state, PU_RECV_FIN);
	cr_assert_eq(world_counts().circuits, 0);
	end_close(&asked.end);
}

Test(relay_circuit, ends_circuits_of_a_source_that_is_gone)
{
	struct asked asked = {0};
	world_join(&asked);
	transport_peer_disconnect(net_peer(source, relay), CONN_CODE_NONE, "test");
	net_sleep(&net, 300);
	cr_assert(asked.end.failed);
	cr_assert_eq(ends[0].state, PU_RECV_RESET);
	cr_assert_eq(world_counts().circuits, 0);
	cr_assert(world_has_reservation(target));
}

Test(relay_circuit, says_when_the_target_does_not_want_it)
{
	struct asked asked = {0};
	struct net_node *other = net_add(&net);
	struct transport_conn *via = net_join(other, relay);
	struct asked reserved = {0};
	/* It has a reservation, but does not use the relay as its configuration has it. */
	(void)transport_relay_reserve(via, world_on_reserved, &reserved);
	cr_assert(net_until(&net, 500, world_is_done, &reserved));
	cr_assert_eq(reserved.err, PU_OK);
	world_connect_to(&asked, other, 1000);
	cr_assert_eq(asked.err, PU_EUNREACHABLE, "%s", asked.text);
	cr_assert_eq(world_counts().circuits, 0);
}

Test(relay_circuit, says_when_the_target_does_not_answer)
{
	struct asked asked = {0};
	struct transport_conn *conn = transport_peer_best(net_peer(target, relay));
	conn->state = CONN_CHECKING;
	world_connect_to(&asked, target, 12000);
	cr_assert(asked.err == PU_EUNREACHABLE || asked.err == PU_ETIMEOUT, "%s", asked.text);
	net_sleep(&net, 1000);
	cr_assert_eq(world_counts().circuits, 0);
	conn->state = CONN_UP;
}

Test(relay_circuit, gives_up_for_a_source_that_has_gone_while_the_target_is_asked)
{
	struct asked asked = {0};
	struct transport_conn *conn = transport_peer_best(net_peer(target, relay));
	conn->state = CONN_CHECKING;
	(void)transport_relay_connect(to_relay, &target->sim->id, world_on_circuit, &asked);
	net_sleep(&net, 200);
	cr_assert_eq(world_counts().circuits, 1, "its place is held");
	transport_peer_disconnect(net_peer(source, relay), CONN_CODE_NONE, "test");
	net_sleep(&net, 200);
	cr_assert(asked.done && asked.err == PU_ECLOSED);
	cr_assert_eq(world_counts().circuits, 0);
	conn->state = CONN_UP;
}

Test(relay_circuit, is_not_told_of_what_was_cancelled)
{
	struct asked asked = {0};
	struct transport_relay_ask *ask =
	    transport_relay_connect(to_relay, &target->sim->id, world_on_circuit, &asked);
	transport_relay_cancel(ask);
	net_sleep(&net, 500);
	cr_assert_not(asked.done);
	cr_assert_eq(world_counts().circuits, 0);
}

/* ---- flow control and turns ---- */

/* Of the one circuit, at the relay. */
static size_t unsent_to(const struct net_node *node)
{
	struct pu_list_node *first = pu_list_first(&world_at_relay(node)->substreams);
	cr_assert_eq(world_at_relay(node)->substreams_len, 1);
	return pu_stream_pending(PU_LIST_ENTRY(first, struct transport_substream, in_conn)->stream,
	                         true);
}

Test(relay_circuit, holds_little_for_who_does_not_read)
{
	struct asked asked = {.end = {.to_send = 30 * MB}};
	struct pu_quic_stats stats;
	as_target = (struct end){.deaf = true};
	world_join(&asked);
	net_sleep(&net, 5000);
	cr_assert_lt(asked.end.sent, 30 * MB);
	cr_assert_leq(unsent_to(target), TRANSPORT_SPLICE_UNSENT_MAX);
	cr_assert_gt(unsent_to(target), 0);
	pu_quic_endpoint_stats(relay->sim->ep, &stats);
	/* What the source may send, what is on its way, and what waits: no more. */
	cr_assert_lt(stats.memory_send + stats.memory_recv, 4 * MB, "%zu sending, %zu received",
	             stats.memory_send, stats.memory_recv);
	ends[0].deaf = false;
	end_read(&ends[0]);
	for (int i = 0; i < 600 && ends[0].got < 30 * MB; i++)
		net_sleep(&net, 100);
	cr_assert_eq(ends[0].got, 30 * MB);
	cr_assert_eq(ends[0].sum, end_sum_of(30 * MB));
	end_close(&asked.end);
}

Test(relay_circuit, lets_small_circuits_pass_beside_a_greedy_one)
{
	static struct asked small[20], greedy;
	uint64_t longest = 0;
	memset(small, 0, sizeof(small));
	greedy = (struct asked){.end = {.to_send = 200 * MB}};
	relay->config.relay.bandwidth = MB;
	transport_relay_reload(&relay->transport);
	world_join(&greedy);
	as_target = (struct end){.echoes = true};
	for (size_t i = 0; i < PU_ARRAY_LEN(small); i++)
		world_join(&small[i]);
	net_sleep(&net, 1000);
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < PU_ARRAY_LEN(small); i++) {
			small[i].end.to_send += 64;
			small[i].end.asked_at = pu_now_ns();
			end_write(&small[i].end);
		}
		net_sleep(&net, 500);
		for (size_t i = 0; i < PU_ARRAY_LEN(small); i++) {
			uint64_t took = small[i].end.answered_at - small[i].end.asked_at;
			cr_assert_eq(small[i].end.got, small[i].end.sent, "circuit %zu, round %d", i,
			             round);
			longest = took > longest ? took : longest;
		}
	}
	/* Two ways over two legs of 10 ms, and a turn of the greedy one (16 ms) each way. */
	cr_assert_lt(longest, 150 * PU_NS_PER_MS, "%lu ms", longest / PU_NS_PER_MS);
	cr_assert_gt(ends[0].got, 8 * MB, "the greedy one gets the rest");
	cr_assert_lt(ends[0].got, 13 * MB);
	transport_substream_abort(greedy.end.substream, STREAM_CODE_NONE);
	for (size_t i = 0; i < PU_ARRAY_LEN(small); i++)
		end_close(&small[i].end);
}

Test(relay_circuit, gives_greedy_circuits_the_same)
{
	static struct asked greedy[5];
	size_t least = SIZE_MAX, most = 0;
	memset(greedy, 0, sizeof(greedy));
	relay->config.relay.bandwidth = MB;
	transport_relay_reload(&relay->transport);
	for (size_t i = 0; i < PU_ARRAY_LEN(greedy); i++)
		world_join(&greedy[i]);
	/* Only now: they share the windows of two connections. */
	for (size_t i = 0; i < PU_ARRAY_LEN(greedy); i++) {
		greedy[i].end.to_send = ends[i].to_send = 100 * MB;
		end_write(&greedy[i].end);
		end_write(&ends[i]);
	}
	net_sleep(&net, 20000);
	for (size_t i = 0; i < PU_ARRAY_LEN(greedy); i++) {
		size_t got = ends[i].got + greedy[i].end.got;
		least = got < least ? got : least;
		most = got > most ? got : most;
		transport_substream_abort(greedy[i].end.substream, STREAM_CODE_NONE);
	}
	cr_assert_gt(least, 3 * MB);
	cr_assert_lt(most - least, MB, "%zu to %zu", least, most);
}

Test(relay_circuit, tells_what_is_under_way)
{
	struct asked asked = {.end = {.to_send = 4 * MB}};
	struct pu_transport_circuits told;
	as_target = (struct end){.deaf = true};
	world_join(&asked);
	net_sleep(&net, 2000);
	transport_relay_describe(&relay->transport, 0, &told);
	cr_assert(told.serving && !told.open);
	cr_assert_eq(told.reservations.len, 1);
	cr_assert_eq(told.circuits.len, 1);
	cr_assert_gt(told.memory_bytes, 256 * KB);
	const struct pu_circuit_info *circuit = told.circuits.items;
	cr_assert_gt(circuit->bytes_in, 0);
	cr_assert_eq(circuit->bytes_out, 0);
	transport_relay_described(&told);
	end_close(&asked.end);
}
