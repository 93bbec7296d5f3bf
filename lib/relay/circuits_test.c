#include <criterion/criterion.h>
#include <malloc.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "relay/limits.h"
#include "relay/relay.h"
#include "relay/state.h"

#define START (UINT64_C(100) * PU_NS_PER_S)
#define HOUR  (UINT64_C(3600) * PU_NS_PER_S)
#define KB    UINT64_C(1000)

static struct pu_relay *relay;
static struct pu_relay_rules rules;
static struct pu_relay_circuit circuits[1000];

static struct pu_peer_id peer_id(uint32_t number)
{
	struct pu_peer_id id = {.len = 38};

	memcpy(id.bytes + 6, &number, sizeof(number));
	return id;
}

static void reserve(uint32_t number, bool guest, uint64_t now)
{
	struct pu_peer_id id = peer_id(number);

	cr_assert_eq(
	    pu_relay_reserve(relay, &(struct pu_relay_client){.id = &id, .guest = guest}, now)
	        .status,
	    PU_RELAY_OK);
	cr_assert(pu_relay_confirm(relay, &id, now + HOUR));
}

static enum pu_relay_status open_as(size_t i, uint32_t source, bool guest, uint32_t target)
{
	struct pu_peer_id from = peer_id(source), to = peer_id(target);
	struct pu_relay_client client = {.id = &from, .guest = guest};

	return pu_relay_open(relay, &circuits[i], &client, &to, START).status;
}

static void open_circuit(size_t i, uint32_t source, uint32_t target)
{
	cr_assert_eq(open_as(i, source, false, target), PU_RELAY_OK);
}

static struct pu_relay_counts counts(void)
{
	struct pu_relay_counts out;

	pu_relay_counts(relay, &out);
	return out;
}

static void begin(void)
{
	rules = (struct pu_relay_rules){.reservations_max = 20000,
	                                .source_reservations_max = 3,
	                                .guest_reservations_max = 2,
	                                .circuits_max = 1000,
	                                .peer_circuits_max = 1000,
	                                .guest_circuits_max = 2};
	relay = pu_relay_new(&rules, START);
	reserve(1, false, START);
}

static void end(void)
{
	pu_relay_free(relay);
}

static void change_rules(void)
{
	pu_relay_set_rules(relay, &rules, START);
}

TestSuite(relay_circuits, .init = begin, .fini = end);

/* ---- coming and going ---- */

Test(relay_circuits, lead_only_to_who_has_a_reservation)
{
	struct pu_peer_id one = peer_id(1), pending = peer_id(3);

	cr_assert_eq(open_as(0, 2, false, 9), PU_RELAY_NO_RESERVATION);
	cr_assert_eq(
	    pu_relay_reserve(relay, &(struct pu_relay_client){.id = &pending}, START).status,
	    PU_RELAY_OK);
	cr_assert_eq(open_as(0, 2, false, 3), PU_RELAY_NO_RESERVATION);
	cr_assert_eq(open_as(0, 1, false, 1), PU_RELAY_PERMISSION_DENIED);
	open_circuit(0, 2, 1);
	cr_assert_eq(counts().circuits, 1);
	cr_assert_eq(counts().refused, 3);
	pu_relay_unreserve(relay, &one);
	cr_assert_eq(open_as(1, 2, false, 1), PU_RELAY_NO_RESERVATION);
	cr_assert_eq(counts().circuits, 1, "what is open goes on");
	pu_relay_close(relay, &circuits[0]);
	pu_relay_close(relay, &circuits[0]);
	cr_assert_eq(counts().circuits, 0);
	cr_assert_eq(pu_map_len(&relay->peers), 1);
}

Test(relay_circuits, are_bounded_in_all_and_per_peer_at_both_ends)
{
	rules.circuits_max = 4;
	rules.peer_circuits_max = 2;
	change_rules();
	reserve(2, false, START);
	reserve(3, false, START);
	open_circuit(0, 10, 1);
	open_circuit(1, 10, 2);
	cr_assert_eq(open_as(2, 10, false, 3), PU_RELAY_RESOURCE_LIMIT_EXCEEDED, "the source");
	open_circuit(2, 11, 1);
	cr_assert_eq(open_as(3, 12, false, 1), PU_RELAY_RESOURCE_LIMIT_EXCEEDED, "the target");
	cr_assert_eq(open_as(3, 1, false, 3), PU_RELAY_RESOURCE_LIMIT_EXCEEDED,
	             "a target that is a source");
	open_circuit(3, 12, 3);
	cr_assert_eq(open_as(4, 13, false, 3), PU_RELAY_RESOURCE_LIMIT_EXCEEDED, "in all");
	pu_relay_close(relay, &circuits[0]);
	open_circuit(4, 13, 3);
}

Test(relay_circuits, of_guests_leave_half_of_a_target_to_others)
{
	rules.peer_circuits_max = 4;
	rules.guest_circuits_max = 100;
	change_rules();
	cr_assert_eq(open_as(0, 10, true, 1), PU_RELAY_OK);
	cr_assert_eq(open_as(1, 11, true, 1), PU_RELAY_OK);
	cr_assert_eq(open_as(2, 12, true, 1), PU_RELAY_RESOURCE_LIMIT_EXCEEDED);
	open_circuit(2, 13, 1);
	open_circuit(3, 14, 1);
	cr_assert_eq(open_as(4, 15, false, 1), PU_RELAY_RESOURCE_LIMIT_EXCEEDED);
}

Test(relay_circuits, of_guests_have_their_own_terms_whichever_end_the_guest_is)
{
	struct pu_relay_limit limit;

	rules.guest_terms = (struct pu_relay_terms){
	    .bandwidth = 128 * KB, .duration_ns = 120 * PU_NS_PER_S, .data = 1000 * KB};
	change_rules();
	reserve(2, true, START);
	open_circuit(0, 10, 1);
	cr_assert_not(pu_relay_circuit_limit(&circuits[0], &limit));
	cr_assert_not(pu_relay_client_limit(relay, false, &limit));
	cr_assert(pu_relay_client_limit(relay, true, &limit));
	open_circuit(1, 10, 2);
	cr_assert_eq(open_as(2, 11, true, 1), PU_RELAY_OK);
	cr_assert(circuits[1].guest && circuits[2].guest);
	cr_assert(pu_relay_circuit_limit(&circuits[2], &limit));
	cr_assert_eq(limit.duration_s, 120);
	cr_assert_eq(limit.data, 1000 * KB);
	cr_assert_eq(open_as(3, 11, true, 1), PU_RELAY_RESOURCE_LIMIT_EXCEEDED);
	open_circuit(3, 11, 1);
	cr_assert_eq(counts().guest_circuits, 2);
	pu_relay_close(relay, &circuits[1]);
	cr_assert_eq(counts().guest_circuits, 1);
}

Test(relay_circuits, tell_no_duration_that_could_be_misread)
{
	struct pu_relay_limit limit;

	rules.terms.duration_ns = 30 * 24 * HOUR;
	change_rules();
	open_circuit(0, 2, 1);
	cr_assert(pu_relay_circuit_limit(&circuits[0], &limit));
	cr_assert_eq(limit.duration_s, PU_RELAY_DURATION_SURE_S);
}

Test(relay_circuits, cannot_be_asked_for_too_often)
{
	size_t opened = 0;

	while (opened < PU_ARRAY_LEN(circuits) && open_as(opened, 2, false, 1) == PU_RELAY_OK)
		opened++;
	cr_assert_eq(opened, PU_RELAY_PEER_REQUESTS_BURST);
}

/* ---- limits of one ---- */

Test(relay_circuits, end_after_their_duration)
{
	rules.terms.duration_ns = 120 * PU_NS_PER_S;
	change_rules();
	open_circuit(0, 2, 1);
	open_circuit(1, 2, 1);
	cr_assert_eq(pu_relay_next(relay), START + HOUR,
	             "it does not begin before the target agrees");
	pu_relay_start(relay, &circuits[0], START + PU_NS_PER_S);
	pu_relay_start(relay, &circuits[1], START);
	cr_assert_eq(pu_relay_next(relay), START + 120 * PU_NS_PER_S);
	cr_assert_null(pu_relay_overdue(relay, START + 120 * PU_NS_PER_S - 1));
	cr_assert_eq(pu_relay_overdue(relay, START + 120 * PU_NS_PER_S), &circuits[1]);
	pu_relay_close(relay, &circuits[1]);
	cr_assert_null(pu_relay_overdue(relay, START + 120 * PU_NS_PER_S));
	cr_assert_eq(pu_relay_overdue(relay, START + 121 * PU_NS_PER_S), &circuits[0]);
}

Test(relay_circuits, carry_so_much_in_each_direction)
{
	rules.terms.data = 100;
	change_rules();
	open_circuit(0, 2, 1);
	cr_assert_eq(pu_relay_allows(relay, &circuits[0], PU_RELAY_FORTH, 60, START), 60);
	pu_relay_carried(relay, &circuits[0], PU_RELAY_FORTH, 60);
	cr_assert_eq(pu_relay_allows(relay, &circuits[0], PU_RELAY_FORTH, 60, START), 40);
	cr_assert_eq(pu_relay_allows(relay, &circuits[0], PU_RELAY_BACK, 600, START), 100);
	pu_relay_carried(relay, &circuits[0], PU_RELAY_FORTH, 40);
	cr_assert(pu_relay_is_spent(&circuits[0], PU_RELAY_FORTH));
	cr_assert_not(pu_relay_is_spent(&circuits[0], PU_RELAY_BACK));
	cr_assert_eq(pu_relay_allows(relay, &circuits[0], PU_RELAY_FORTH, 60, START), 0);
	cr_assert_eq(counts().bytes, 100);
}

Test(relay_circuits, without_limits_never_wait)
{
	open_circuit(0, 2, 1);
	for (int i = 0; i < 1000; i++) {
		cr_assert_eq(pu_relay_allows(relay, &circuits[0], i % 2, 1 << 20, START), 1 << 20);
		pu_relay_carried(relay, &circuits[0], i % 2, 1 << 20);
	}
	cr_assert_not(pu_relay_wait(relay, &circuits[0], 1, START));
	cr_assert_null(circuits[0].peers[0]->bucket);
}

/* ---- fairness ---- */

/* Carries what circuit i may, at most `want`; then it waits, if it must. */
static size_t carry(size_t i, size_t want, uint64_t now)
{
	size_t sum = 0, allowed;

	if (pu_relay_is_waiting(&circuits[i]))
		return 0;
	while (sum < want && (allowed = pu_relay_allows(relay, &circuits[i], PU_RELAY_FORTH,
	                                                want - sum, now)) > 0) {
		pu_relay_carried(relay, &circuits[i], PU_RELAY_FORTH, allowed);
		sum += allowed;
	}
	if (sum < want)
		cr_assert(pu_relay_wait(relay, &circuits[i], want - sum, now));
	return sum;
}

/* `count` circuits that always want more, for so long; each takes when it is told to. */
static void run_greedy(size_t count, uint64_t seconds)
{
	uint64_t now = START;

	for (size_t i = 0; i < count; i++)
		carry(i, SIZE_MAX, now);
	while (now < START + seconds * PU_NS_PER_S) {
		struct pu_relay_circuit *ready;

		cr_assert_gt(pu_relay_next(relay), now);
		now = pu_relay_next(relay);
		while ((ready = pu_relay_ready(relay, now)) != NULL)
			carry((size_t)(ready - circuits), SIZE_MAX, now);
	}
}

static void assert_about(uint64_t value, uint64_t expected, uint64_t percent)
{
	cr_assert_geq(value, expected - expected * percent / 100);
	cr_assert_leq(value, expected + expected * percent / 100);
}

Test(relay_circuits, share_the_bandwidth_of_all_evenly)
{
	rules.bandwidth = 1000 * KB;
	change_rules();
	for (uint32_t i = 0; i < 100; i++)
		open_circuit(i, 100 + i, 1);
	run_greedy(100, 60);
	for (size_t i = 0; i < 100; i++)
		assert_about(circuits[i].bytes[PU_RELAY_FORTH], 60 * 1000 * KB / 100, 20);
	assert_about(counts().bytes, 60 * 1000 * KB, 2);
}

Test(relay_circuits, share_the_bandwidth_of_their_peer_evenly)
{
	rules.peer_bandwidth = 128 * KB;
	change_rules();
	reserve(2, false, START);
	/* Three circuits of one peer, and one of others. */
	for (uint32_t i = 0; i < 3; i++)
		open_circuit(i, 10, 1);
	open_circuit(3, 11, 2);
	run_greedy(4, 60);
	for (size_t i = 0; i < 3; i++)
		assert_about(circuits[i].bytes[PU_RELAY_FORTH], 60 * 128 * KB / 3, 5);
	assert_about(circuits[3].bytes[PU_RELAY_FORTH], 60 * 128 * KB, 5);
}

Test(relay_circuits, keep_to_their_own_bandwidth_beside_others)
{
	rules.guest_terms = (struct pu_relay_terms){.bandwidth = 10 * KB};
	rules.bandwidth = 1000 * KB;
	change_rules();
	cr_assert_eq(open_as(0, 10, true, 1), PU_RELAY_OK);
	cr_assert_eq(open_as(1, 11, true, 1), PU_RELAY_OK);
	open_circuit(2, 12, 1);
	run_greedy(3, 60);
	/* The burst of the smallest bucket counts too. */
	cr_assert_leq(circuits[0].bytes[PU_RELAY_FORTH], 60 * 10 * KB + PU_RELAY_BURST_MIN + KB);
	assert_about(circuits[0].bytes[PU_RELAY_FORTH], circuits[1].bytes[PU_RELAY_FORTH], 5);
	assert_about(circuits[2].bytes[PU_RELAY_FORTH], 60 * 980 * KB, 3);
}

Test(relay_circuits, that_are_small_wait_for_one_turn_of_each_greedy_one)
{
	uint64_t now = START, longest = 0, asked[100] = {0};

	rules.bandwidth = 1000 * KB;
	change_rules();
	for (uint32_t i = 0; i < 101; i++)
		open_circuit(i, 100 + i, 1);
	carry(100, SIZE_MAX, now);
	/* A hundred send 100 bytes each second, 10 ms apart, beside one that takes all it gets. */
	for (uint64_t tick = 0; tick < 10100; tick++) {
		struct pu_relay_circuit *ready;
		size_t i = tick % 1000 / 10;

		now = START + tick * PU_NS_PER_MS;
		while ((ready = pu_relay_ready(relay, now)) != NULL) {
			size_t who = (size_t)(ready - circuits);

			if (who < 100 && now - asked[who] > longest)
				longest = now - asked[who];
			carry(who, who < 100 ? 100 : SIZE_MAX, now);
		}
		if (tick % 10 == 0 && tick < 10000) {
			asked[i] = now;
			carry(i, 100, now);
		}
	}
	for (size_t i = 0; i < 100; i++)
		cr_assert_eq(circuits[i].bytes[PU_RELAY_FORTH], 10 * 100, "%zu", i);
	/* A turn of one MB/s is 16 ms; the clock ticks every one. */
	cr_assert_leq(longest, PU_NS_PER_S / PU_RELAY_TURN_SHARE + 2 * PU_NS_PER_MS);
	assert_about(circuits[100].bytes[PU_RELAY_FORTH], 10 * 990 * KB, 3);
}

Test(relay_circuits, that_wait_do_not_lose_their_place_by_asking)
{
	struct pu_relay_circuit *ready;
	uint64_t when;

	rules.bandwidth = 128 * KB;
	change_rules();
	open_circuit(0, 2, 1);
	open_circuit(1, 3, 1);
	carry(0, SIZE_MAX, START);
	carry(1, SIZE_MAX, START);
	when = pu_relay_next(relay);
	for (int i = 0; i < 100; i++)
		cr_assert(pu_relay_wait(relay, &circuits[0], 1, START + (uint64_t)i));
	cr_assert_eq(pu_relay_next(relay), when);
	cr_assert_null(pu_relay_ready(relay, when - 1));
	/* A newcomer does not go before them. */
	open_circuit(2, 4, 1);
	cr_assert_eq(pu_relay_allows(relay, &circuits[2], PU_RELAY_FORTH, 1, when), 0);
	ready = pu_relay_ready(relay, when);
	cr_assert_eq(ready, &circuits[0]);
	cr_assert_gt(carry(0, SIZE_MAX, when), 0);
	cr_assert_null(pu_relay_ready(relay, when));
	when = pu_relay_next(relay);
	cr_assert_eq(pu_relay_ready(relay, when), &circuits[1]);
}

Test(relay_circuits, may_go_away_while_they_wait)
{
	struct pu_relay_circuit *ready;
	uint64_t now = START;

	rules.bandwidth = rules.peer_bandwidth = rules.terms.bandwidth = 128 * KB;
	change_rules();
	for (uint32_t i = 0; i < 10; i++) {
		open_circuit(i, 10 + i / 2, 1);
		carry(i, SIZE_MAX, now);
	}
	for (size_t i = 0; i < 10; i += 2)
		pu_relay_close(relay, &circuits[i]);
	for (int round = 0; round < 100; round++) {
		now = pu_relay_next(relay);
		while ((ready = pu_relay_ready(relay, now)) != NULL) {
			cr_assert_eq((ready - circuits) % 2, 1);
			carry((size_t)(ready - circuits), SIZE_MAX, now);
		}
	}
	for (size_t i = 1; i < 10; i += 2) {
		cr_assert_gt(circuits[i].bytes[PU_RELAY_FORTH], 0);
		pu_relay_close(relay, &circuits[i]);
	}
	cr_assert_eq(relay->refills.len, 0);
	cr_assert_eq(pu_relay_next(relay), START + HOUR);
}

Test(relay_circuits, go_on_when_their_limit_is_lifted)
{
	rules.bandwidth = rules.peer_bandwidth = 128 * KB;
	change_rules();
	open_circuit(0, 2, 1);
	open_circuit(1, 2, 1);
	carry(0, SIZE_MAX, START);
	carry(1, SIZE_MAX, START);
	rules.bandwidth = rules.peer_bandwidth = 0;
	change_rules();
	for (size_t i = 0; i < 2; i++) {
		cr_assert_eq(pu_relay_next(relay), START);
		cr_assert_eq(pu_relay_ready(relay, START), &circuits[i]);
		cr_assert_eq(carry(i, 1 << 20, START), 1 << 20);
	}
	cr_assert_null(pu_relay_ready(relay, START));
	cr_assert_eq(relay->refills.len, 0);
	rules.peer_bandwidth = 128 * KB;
	change_rules();
	cr_assert_eq(carry(0, 1 << 20, START), 0);
	cr_assert(pu_relay_is_waiting(&circuits[0]));
}

/* ---- memory ---- */

Test(relay_circuits, leave_no_memory_behind)
{
	struct pu_peer_id target = peer_id(1);
	uint64_t now = START;
	size_t after = 0;

	rules.bandwidth = rules.peer_bandwidth = rules.terms.bandwidth = 128 * KB;
	rules.terms.duration_ns = HOUR;
	change_rules();
	cr_assert(pu_relay_confirm(relay, &target, UINT64_MAX - 1));
	for (uint32_t i = 0; i < 100000; i++, now += PU_NS_PER_MS) {
		struct pu_peer_id from = peer_id(i + 2);
		struct pu_relay_client client = {.id = &from};

		cr_assert_eq(pu_relay_open(relay, &circuits[0], &client, &target, now).status,
		             PU_RELAY_OK);
		pu_relay_start(relay, &circuits[0], now);
		carry(0, 100, now);
		pu_relay_close(relay, &circuits[0]);
		circuits[0] = (struct pu_relay_circuit){0};
		if (i == 20000)
			after = mallinfo2().uordblks + counts().memory;
	}
	cr_assert_leq(mallinfo2().uordblks + counts().memory, after + 4096);
	cr_assert_eq(pu_map_len(&relay->peers), 1);
}

Test(relay_circuits, are_small)
{
	cr_assert_leq(sizeof(struct pu_relay_circuit), 256);
}
