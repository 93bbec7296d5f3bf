#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <malloc.h>
#include <netinet/in.h>
#include <stdio.h>

#include "base/clock.h"
#include "relay/limits.h"
#include "relay/relay.h"
#include "relay/state.h"

#define START (UINT64_C(100) * PU_NS_PER_S)
#define HOUR  (UINT64_C(3600) * PU_NS_PER_S)

static struct pu_relay *relay;
static struct pu_relay_rules rules;

static void begin(void)
{
	rules = (struct pu_relay_rules){.reservations_max = 10,
	                                .source_reservations_max = 3,
	                                .guest_reservations_max = 2,
	                                .circuits_max = 10,
	                                .peer_circuits_max = 3,
	                                .guest_circuits_max = 2};
	relay = pu_relay_new(&rules, START);
}

static void end(void)
{
	pu_relay_free(relay);
}

TestSuite(relay_reservations, .init = begin, .fini = end);

/* Peer IDs that differ: not those of keys, which nobody looks at here. */
static struct pu_peer_id peer_id(uint32_t number)
{
	struct pu_peer_id id = {.len = 38};

	memcpy(id.bytes + 6, &number, sizeof(number));
	return id;
}

static struct sockaddr_storage address(const char *text)
{
	struct sockaddr_storage out = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)&out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&out;

	if (inet_pton(AF_INET, text, &in->sin_addr) == 1)
		out.ss_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1)
		out.ss_family = AF_INET6;
	return out;
}

static struct pu_relay_answer reserve(uint32_t number, const char *from, bool guest,
                                      uint64_t now)
{
	struct pu_peer_id id = peer_id(number);
	struct sockaddr_storage addr = address(from);
	struct pu_relay_client client = {
	    .id = &id, .addr = (const struct sockaddr *)&addr, .guest = guest};

	return pu_relay_reserve(relay, &client, now);
}

static void assert_reserve(uint32_t number, const char *from, bool guest,
                           enum pu_relay_status status)
{
	cr_assert_eq(reserve(number, from, guest, START).status, status, "%u from %s", number,
	             from);
}

static bool confirm(uint32_t number, uint64_t ends)
{
	struct pu_peer_id id = peer_id(number);

	return pu_relay_confirm(relay, &id, ends);
}

static bool has(uint32_t number)
{
	struct pu_peer_id id = peer_id(number);

	return pu_relay_has(relay, &id);
}

static void drop(uint32_t number)
{
	struct pu_peer_id id = peer_id(number);

	pu_relay_unreserve(relay, &id);
}

static struct pu_relay_counts counts(void)
{
	struct pu_relay_counts out;

	pu_relay_counts(relay, &out);
	return out;
}

Test(relay_reservations, count_once_they_are_confirmed)
{
	assert_reserve(1, "192.0.2.1", false, PU_RELAY_OK);
	cr_assert_not(has(1));
	cr_assert_eq(counts().reservations, 1, "the place is taken");
	cr_assert(confirm(1, START + HOUR));
	cr_assert(has(1));
	cr_assert_eq(pu_relay_next(relay), START + HOUR);
}

Test(relay_reservations, end_by_themselves_when_nobody_confirms)
{
	assert_reserve(1, "192.0.2.1", false, PU_RELAY_OK);
	cr_assert_eq(pu_relay_next(relay), START + PU_RELAY_CONFIRM_WITHIN);
	cr_assert_null(pu_relay_overdue(relay, START + PU_RELAY_CONFIRM_WITHIN - 1));
	cr_assert_eq(counts().reservations, 1);
	cr_assert_null(pu_relay_overdue(relay, START + PU_RELAY_CONFIRM_WITHIN));
	cr_assert_eq(counts().reservations, 0);
	cr_assert_not(confirm(1, START + HOUR));
	cr_assert_eq(pu_relay_next(relay), UINT64_MAX);
}

Test(relay_reservations, go_on_while_they_are_renewed)
{
	assert_reserve(1, "192.0.2.1", false, PU_RELAY_OK);
	cr_assert(confirm(1, START + HOUR));
	assert_reserve(1, "192.0.2.1", false, PU_RELAY_OK);
	cr_assert(has(1));
	cr_assert_eq(pu_relay_next(relay), START + HOUR, "not before it is confirmed");
	cr_assert(confirm(1, START + 2 * HOUR));
	cr_assert_null(pu_relay_overdue(relay, START + HOUR));
	cr_assert(has(1));
	cr_assert_eq(counts().reservations, 1);
	cr_assert_null(pu_relay_overdue(relay, START + 2 * HOUR));
	cr_assert_not(has(1));
}

Test(relay_reservations, are_bounded_in_all)
{
	char from[32];

	for (uint32_t i = 0; i < 10; i++) {
		snprintf(from, sizeof(from), "192.0.2.%u", i + 1);
		assert_reserve(i, from, false, PU_RELAY_OK);
	}
	assert_reserve(10, "192.0.2.99", false, PU_RELAY_RESOURCE_LIMIT_EXCEEDED);
	assert_reserve(3, "192.0.2.4", false, PU_RELAY_OK);
	drop(5);
	assert_reserve(10, "192.0.2.99", false, PU_RELAY_OK);
	cr_assert_eq(counts().refused, 1);
}

Test(relay_reservations, are_bounded_per_address)
{
	for (uint32_t i = 0; i < 3; i++)
		assert_reserve(i, "192.0.2.1", false, PU_RELAY_OK);
	assert_reserve(3, "192.0.2.1", false, PU_RELAY_RESOURCE_LIMIT_EXCEEDED);
	assert_reserve(3, "::ffff:192.0.2.1", false, PU_RELAY_RESOURCE_LIMIT_EXCEEDED);
	assert_reserve(1, "192.0.2.1", false, PU_RELAY_OK);
	assert_reserve(3, "192.0.2.2", false, PU_RELAY_OK);
	drop(0);
	assert_reserve(4, "192.0.2.1", false, PU_RELAY_OK);
}

Test(relay_reservations, are_bounded_per_prefix_of_a_customer)
{
	for (uint32_t i = 0; i < 3; i++)
		assert_reserve(i, i == 0 ? "2001:db8:0:100::1" : "2001:db8:0:1ff::1", false,
		               PU_RELAY_OK);
	assert_reserve(3, "2001:db8:0:142::2", false, PU_RELAY_RESOURCE_LIMIT_EXCEEDED);
	assert_reserve(3, "2001:db8:0:200::2", false, PU_RELAY_OK);
}

Test(relay_reservations, from_loopback_are_not_counted_per_address)
{
	for (uint32_t i = 0; i < 10; i++)
		assert_reserve(i, i % 2 ? "127.0.0.1" : "::1", false, PU_RELAY_OK);
	cr_assert_eq(pu_map_len(&relay->sources), 0);
}

Test(relay_reservations, move_with_their_peer)
{
	for (uint32_t i = 0; i < 3; i++)
		assert_reserve(i, "192.0.2.1", false, PU_RELAY_OK);
	assert_reserve(0, "192.0.2.2", false, PU_RELAY_OK);
	assert_reserve(3, "192.0.2.1", false, PU_RELAY_OK);
	/* Back where three are already: refused, and still in its new place. */
	assert_reserve(0, "192.0.2.1", false, PU_RELAY_RESOURCE_LIMIT_EXCEEDED);
	cr_assert_eq(counts().reservations, 4);
	drop(0);
	cr_assert_eq(pu_map_len(&relay->sources), 1);
}

Test(relay_reservations, of_guests_are_few)
{
	assert_reserve(1, "192.0.2.1", true, PU_RELAY_OK);
	assert_reserve(2, "192.0.2.2", true, PU_RELAY_OK);
	assert_reserve(3, "192.0.2.3", true, PU_RELAY_RESOURCE_LIMIT_EXCEEDED);
	assert_reserve(3, "192.0.2.3", false, PU_RELAY_OK);
	assert_reserve(1, "192.0.2.1", true, PU_RELAY_OK);
	/* A guest becomes a member, a member a guest. */
	assert_reserve(1, "192.0.2.1", false, PU_RELAY_OK);
	cr_assert_eq(counts().guest_reservations, 1);
	assert_reserve(3, "192.0.2.3", true, PU_RELAY_OK);
	assert_reserve(4, "192.0.2.4", true, PU_RELAY_RESOURCE_LIMIT_EXCEEDED);
	drop(2);
	drop(3);
	cr_assert_eq(counts().guest_reservations, 0);
	cr_assert_eq(counts().reservations, 1);
}

Test(relay_reservations, cannot_be_asked_for_too_often)
{
	struct pu_relay_answer answer;
	uint64_t now = START;
	unsigned passed = 0;

	for (; now < START + 60 * PU_NS_PER_S; now += 10 * PU_NS_PER_MS)
		passed += reserve(1, "192.0.2.1", false, now).status == PU_RELAY_OK;
	cr_assert_leq(passed, PU_RELAY_PEER_REQUESTS_BURST + PU_RELAY_PEER_REQUESTS);
	cr_assert_geq(passed, PU_RELAY_PEER_REQUESTS_BURST + PU_RELAY_PEER_REQUESTS - 1);
	for (passed = 0; reserve(2, "192.0.2.2", true, now).status == PU_RELAY_OK; passed++)
		;
	cr_assert_eq(passed, PU_RELAY_GUEST_REQUESTS_BURST);
	answer = reserve(2, "192.0.2.2", true, now);
	cr_assert_eq(answer.status, PU_RELAY_RESERVATION_REFUSED);
	cr_assert_str_eq(answer.reason, "too many requests; ask again later");
}

Test(relay_reservations, cannot_be_asked_for_too_often_by_many_from_one_address)
{
	unsigned passed = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		enum pu_relay_status status = reserve(i, "192.0.2.1", true, START).status;

		passed += status == PU_RELAY_OK || status == PU_RELAY_RESOURCE_LIMIT_EXCEEDED;
	}
	cr_assert_eq(passed, PU_RELAY_GUEST_SOURCE_REQUESTS_BURST);
}

Test(relay_reservations, end_in_the_order_of_their_times)
{
	enum { MANY = 10000 };
	uint64_t ends[MANY];
	uint32_t left = MANY;

	rules.reservations_max = MANY;
	pu_relay_set_rules(relay, &rules, START);
	for (uint32_t i = 0; i < MANY; i++) {
		/* Every second of MANY seconds once, in a scattered order. */
		ends[i] = START + HOUR + (i * UINT64_C(7919) % MANY) * PU_NS_PER_S;
		assert_reserve(i, "127.0.0.1", false, PU_RELAY_OK);
		cr_assert(confirm(i, ends[i]));
	}
	for (uint64_t now = START + HOUR; left > 0; now += 100 * PU_NS_PER_S) {
		cr_assert_null(pu_relay_overdue(relay, now));
		left = 0;
		for (uint32_t i = 0; i < MANY; i++) {
			cr_assert_eq(has(i), ends[i] > now, "%u", i);
			left += has(i);
		}
		cr_assert_eq(counts().reservations, left);
	}
}

Test(relay_reservations, are_listed)
{
	struct pu_relay_reserved info;
	size_t pos = 0, found = 0;

	assert_reserve(1, "192.0.2.1", false, PU_RELAY_OK);
	assert_reserve(2, "192.0.2.2", true, PU_RELAY_OK);
	assert_reserve(3, "192.0.2.3", false, PU_RELAY_OK);
	cr_assert(confirm(1, START + HOUR) && confirm(2, START + HOUR));
	for (; pu_relay_next_reserved(relay, &pos, &info); found++) {
		struct pu_peer_id guest = peer_id(2);

		cr_assert_eq(info.guest, pu_peer_id_eq(info.id, &guest));
		cr_assert_eq(info.ends, START + HOUR);
	}
	cr_assert_eq(found, 2);
}

Test(relay_reservations, leave_no_memory_behind)
{
	uint64_t now = START;
	size_t after = 0;

	for (uint32_t i = 0; i < 100000; i++, now += PU_NS_PER_MS) {
		cr_assert_eq(reserve(i, "127.0.0.1", false, now).status, PU_RELAY_OK);
		cr_assert(confirm(i, now + HOUR));
		drop(i);
		if (i == 20000)
			after = mallinfo2().uordblks + counts().memory;
	}
	cr_assert_leq(mallinfo2().uordblks + counts().memory, after + 4096);
	cr_assert_eq(pu_map_len(&relay->peers), 0);
}

Test(relay_reservations, take_little_memory)
{
	size_t before;

	rules.reservations_max = 10000;
	pu_relay_set_rules(relay, &rules, START);
	before = mallinfo2().uordblks;
	for (uint32_t i = 0; i < 10000; i++) {
		assert_reserve(i, "127.0.0.1", false, PU_RELAY_OK);
		cr_assert(confirm(i, START + HOUR));
	}
	/* Time passes, and what was asked is forgotten. */
	cr_assert_eq(reserve(0, "127.0.0.1", false, START + 60 * PU_NS_PER_S).status, PU_RELAY_OK);
	cr_assert_leq((mallinfo2().uordblks - before) / 10000, 400);
}
