#include "book.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "limits.h"
#include "p2p/key.h"

#define ALICE "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"
#define BOB   "12D3KooWLU2znyJMtDiHArqAGbZn8CgUGp92kxDBtefftEEaHSZS"
#define A     "/ip4/192.0.2.1/udp/4001/quic-v1"
#define B     "/ip4/192.0.2.2/udp/4001/quic-v1"
#define C     "/ip6/2001:db8::1/udp/4001/quic-v1"

static struct naming_book book;
static struct pu_peer_id alice, bob;

static void begin(void)
{
	naming_book_init(&book);
	cr_assert_eq(pu_peer_id_parse(ALICE, &alice), PU_OK);
	cr_assert_eq(pu_peer_id_parse(BOB, &bob), PU_OK);
}

static void end(void)
{
	naming_book_fini(&book);
}

static void learn(const char *address, enum naming_source source, uint64_t now_ns)
{
	cr_assert_eq(naming_book_learn(&book, &alice, address, source, now_ns), PU_OK, "%s",
	             address);
}

static void assert_address(size_t i, const char *text, enum naming_source source,
                           uint64_t seen_ns)
{
	const struct naming_peer *entry = naming_book_find(&book, &alice);

	cr_assert_lt(i, entry->len);
	cr_assert_str_eq(entry->addresses[i].text, text);
	cr_assert_eq(entry->addresses[i].source, source);
	cr_assert_eq(entry->addresses[i].seen_ns, seen_ns);
}

static void assert_count(size_t count)
{
	const struct naming_peer *entry = naming_book_find(&book, &alice);

	cr_assert_eq(entry != NULL ? entry->len : 0, count);
}

/* The i-th of many peers. */
static struct pu_peer_id peer(unsigned i)
{
	uint8_t raw[PU_ED25519_PUBLIC_LEN] = {(uint8_t)i, (uint8_t)(i >> 8), 1};
	struct pu_public_key key = {.type = PU_KEY_ED25519, .bytes = pu_bytes(raw, sizeof(raw))};

	return pu_peer_id_of_key(&key);
}

TestSuite(naming_book, .init = begin, .fini = end);

Test(naming_book, knows_nobody_at_first)
{
	cr_assert_null(naming_book_find(&book, &alice));
}

Test(naming_book, puts_the_best_source_and_the_freshest_first)
{
	learn(A, NAMING_IDENTIFY, 1);
	learn(B, NAMING_IDENTIFY, 2);
	learn(C, NAMING_CONNECTION, 1);
	assert_address(0, C, NAMING_CONNECTION, 1);
	assert_address(1, B, NAMING_IDENTIFY, 2);
	assert_address(2, A, NAMING_IDENTIFY, 1);
	learn("/dns4/home.example/udp/4001/quic-v1", NAMING_CONFIG, 0);
	learn("/dns4/alt.example/udp/4001/quic-v1", NAMING_CONFIG, 0);
	assert_address(0, "/dns4/home.example/udp/4001/quic-v1", NAMING_CONFIG, 0);
	assert_address(1, "/dns4/alt.example/udp/4001/quic-v1", NAMING_CONFIG, 0);
	assert_address(2, C, NAMING_CONNECTION, 1);
}

Test(naming_book, keeps_one_entry_per_address_with_its_best_source)
{
	learn(A, NAMING_IDENTIFY, 1);
	learn(A, NAMING_CONNECTION, 2);
	assert_count(1);
	assert_address(0, A, NAMING_CONNECTION, 2);
	learn(A "/p2p/" ALICE, NAMING_IDENTIFY, 3);
	assert_count(1);
	assert_address(0, A, NAMING_CONNECTION, 3);
	learn(A, NAMING_CONFIG, 4);
	learn(A, NAMING_CONNECTION, 5);
	assert_count(1);
	assert_address(0, A, NAMING_CONFIG, 5);
}

/* The operator wrote the order. */
Test(naming_book, leaves_a_configured_address_in_its_place_when_it_is_used_or_told)
{
	learn(A, NAMING_CONFIG, 1);
	learn(B, NAMING_CONFIG, 1);
	learn(C, NAMING_CONNECTION, 1);
	learn(A, NAMING_CONNECTION, 2);
	assert_count(3);
	assert_address(0, A, NAMING_CONFIG, 2);
	assert_address(1, B, NAMING_CONFIG, 1);
	learn(A, NAMING_IDENTIFY, 3);
	assert_address(0, A, NAMING_CONFIG, 3);
	learn(C, NAMING_CONFIG, 4);
	assert_address(2, C, NAMING_CONFIG, 4);
	learn(B, NAMING_CONFIG, 5);
	assert_address(1, B, NAMING_CONFIG, 5);
}

Test(naming_book, refuses_what_is_no_address_of_the_peer)
{
	cr_assert_eq(naming_book_learn(&book, &alice, "nonsense", NAMING_CONFIG, 1), PU_EINVAL);
	cr_assert_eq(naming_book_learn(&book, &alice, "", NAMING_CONFIG, 1), PU_EINVAL);
	cr_assert_eq(naming_book_learn(&book, &alice, A "/p2p/" BOB, NAMING_CONFIG, 1), PU_EINVAL);
	cr_assert_eq(naming_book_learn(&book, &alice, "/p2p/" ALICE, NAMING_CONFIG, 1), PU_EINVAL);
	cr_assert_null(naming_book_find(&book, &alice));
}

Test(naming_book, refuses_an_address_that_no_message_holds)
{
	char address[1024];
	int len = snprintf(address, sizeof(address), "/unix/");

	for (int i = 0; i < 200; i++)
		len += snprintf(address + len, sizeof(address) - (size_t)len, "%%01");
	cr_assert_eq(naming_book_learn(&book, &alice, address, NAMING_IDENTIFY, 1), PU_ELIMIT);
}

Test(naming_book, forgets_the_worst_and_oldest_address)
{
	char address[64];

	learn(C, NAMING_CONNECTION, 1);
	for (unsigned i = 0; i < NAMING_LEARNED_ADDRESSES_MAX; i++) {
		snprintf(address, sizeof(address), "/ip4/10.0.0.%u/udp/4001/quic-v1", i);
		learn(address, NAMING_IDENTIFY, 10 + i);
	}
	assert_count(NAMING_LEARNED_ADDRESSES_MAX);
	assert_address(0, C, NAMING_CONNECTION, 1);
	assert_address(NAMING_LEARNED_ADDRESSES_MAX - 1, "/ip4/10.0.0.1/udp/4001/quic-v1",
	               NAMING_IDENTIFY, 11);
}

Test(naming_book, never_forgets_a_configured_address)
{
	char address[64];

	for (unsigned i = 0; i < NAMING_CONFIG_ADDRESSES_MAX; i++) {
		snprintf(address, sizeof(address), "/ip4/10.0.0.%u/udp/4001/quic-v1", i);
		learn(address, NAMING_CONFIG, 1);
	}
	cr_assert_eq(naming_book_learn(&book, &alice, A, NAMING_CONFIG, 1), PU_ELIMIT);
	for (unsigned i = 0; i < 2 * NAMING_LEARNED_ADDRESSES_MAX; i++) {
		snprintf(address, sizeof(address), "/ip4/10.1.0.%u/udp/4001/quic-v1", i);
		learn(address, NAMING_CONNECTION, 2);
	}
	assert_count(NAMING_CONFIG_ADDRESSES_MAX + NAMING_LEARNED_ADDRESSES_MAX);
	assert_address(0, "/ip4/10.0.0.0/udp/4001/quic-v1", NAMING_CONFIG, 1);
}

Test(naming_book, forgets_the_peer_heard_of_longest_ago_but_none_that_is_configured)
{
	naming_book_pin(&book, &bob);
	learn(A, NAMING_CONFIG, 1);
	for (unsigned i = 0; i < NAMING_LEARNED_PEERS_MAX; i++) {
		struct pu_peer_id other = peer(i);

		cr_assert_eq(naming_book_learn(&book, &other, B, NAMING_IDENTIFY, i), PU_OK);
	}
	struct pu_peer_id first = peer(0), second = peer(1), last = peer(NAMING_LEARNED_PEERS_MAX);

	cr_assert_eq(naming_book_learn(&book, &first, C, NAMING_IDENTIFY, 5000), PU_OK);
	cr_assert_eq(naming_book_learn(&book, &last, B, NAMING_IDENTIFY, 5001), PU_OK);
	cr_assert_not_null(naming_book_find(&book, &first));
	cr_assert_null(naming_book_find(&book, &second));
	cr_assert_not_null(naming_book_find(&book, &last));
	cr_assert_not_null(naming_book_find(&book, &alice));
	cr_assert_not_null(naming_book_find(&book, &bob));
	cr_assert_eq(book.learned_len, NAMING_LEARNED_PEERS_MAX);
}

Test(naming_book, replaces_what_a_peer_said_of_itself)
{
	learn(A, NAMING_IDENTIFY, 1);
	learn(B, NAMING_CONNECTION, 1);
	naming_book_forget_identified(&book, &alice);
	assert_count(1);
	assert_address(0, B, NAMING_CONNECTION, 1);
	naming_book_forget_identified(&book, &bob);
}

Test(naming_book, drops_a_peer_without_addresses)
{
	learn(A, NAMING_IDENTIFY, 1);
	naming_book_forget_identified(&book, &alice);
	cr_assert_null(naming_book_find(&book, &alice));
	cr_assert_eq(book.learned_len, 0);
}

Test(naming_book, keeps_what_it_learned_when_the_configuration_changes)
{
	learn(A, NAMING_CONFIG, 1);
	learn(B, NAMING_CONNECTION, 1);
	naming_book_pin(&book, &bob);
	naming_book_pin(&book, &bob);
	naming_book_unpin_all(&book);
	assert_count(1);
	assert_address(0, B, NAMING_CONNECTION, 1);
	cr_assert_null(naming_book_find(&book, &bob));
	cr_assert_eq(book.learned_len, 1);
	naming_book_pin(&book, &alice);
	cr_assert_eq(book.learned_len, 0);
	assert_count(1);
}

Test(naming_book, names_its_sources)
{
	cr_assert_str_eq(naming_source_name(NAMING_CONFIG), "config");
	cr_assert_str_eq(naming_source_name(NAMING_CONNECTION), "connection");
	cr_assert_str_eq(naming_source_name(NAMING_IDENTIFY), "identify");
}
