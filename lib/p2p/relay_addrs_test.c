#include "p2p/relay_addrs.h"

#include "p2p/test_vectors.h"

#define RELAY  "/p2p/" ED25519_PEER_ID
#define OTHER  "/p2p/" SECP256K1_PEER_ID
#define PUBLIC "/ip4/8.8.8.8/udp/4001/quic-v1"

static struct pu_relay_addrs found;
static struct pu_multiaddr told[PU_RELAY_ADDRS_MAX];

/* What becomes of one reservation's addresses over a connection of this class. */
static void made_of(enum pu_addr_class remote, size_t count, const char *const *texts)
{
	struct pu_relay_reservation reservation = {.addr_count = count};
	struct pu_peer_id relay;

	for (size_t i = 0; i < count; i++) {
		cr_assert_eq(pu_multiaddr_parse(texts[i], &told[i]), PU_OK, "%s", texts[i]);
		reservation.addrs[i] = pu_multiaddr_bytes(&told[i]);
	}
	cr_assert_eq(pu_peer_id_parse(ED25519_PEER_ID, &relay), PU_OK);
	pu_relay_addrs_of(&reservation, &relay, remote, &found);
}

static void assert_is(size_t i, const char *text)
{
	char printed[PU_MULTIADDR_TEXT_MAX];

	cr_assert_lt(i, found.count);
	cr_assert_str_eq(pu_multiaddr_print(&found.addrs[i], printed), text);
}

Test(relay_addrs, end_with_the_relay_once_whatever_they_came_with)
{
	static const char *const texts[] = {
	    PUBLIC RELAY,          PUBLIC,
	    PUBLIC RELAY RELAY,    PUBLIC RELAY "/p2p-circuit",
	    PUBLIC "/p2p-circuit", PUBLIC RELAY "/p2p-circuit" OTHER,
	};

	made_of(PU_ADDR_PUBLIC, PU_ARRAY_LEN(texts), texts);
	cr_assert_eq(found.count, 1);
	assert_is(0, PUBLIC RELAY);
}

Test(relay_addrs, keep_their_order)
{
	static const char *const texts[] = {"/dns4/relay.example.org/tcp/443/tls/ws" RELAY, PUBLIC};

	made_of(PU_ADDR_PUBLIC, 2, texts);
	cr_assert_eq(found.count, 2);
	assert_is(0, "/dns4/relay.example.org/tcp/443/tls/ws" RELAY);
	assert_is(1, PUBLIC RELAY);
}

Test(relay_addrs, of_others_are_left_out)
{
	static const char *const texts[] = {
	    PUBLIC OTHER,
	    PUBLIC OTHER "/p2p-circuit" RELAY,
	    PUBLIC RELAY OTHER,
	    PUBLIC RELAY "/p2p-circuit" OTHER "/p2p-circuit",
	    RELAY,
	    "/unix/%2Frun%2Fx",
	};

	made_of(PU_ADDR_PUBLIC, PU_ARRAY_LEN(texts), texts);
	cr_assert_eq(found.count, 0);
}

Test(relay_addrs, within_our_networks_are_believed_only_from_there)
{
	static const char *const texts[] = {"/ip4/127.0.0.1/tcp/1", "/ip4/10.0.0.1/tcp/1", PUBLIC};

	made_of(PU_ADDR_PUBLIC, 3, texts);
	cr_assert_eq(found.count, 1);
	made_of(PU_ADDR_PRIVATE, 3, texts);
	cr_assert_eq(found.count, 2);
	made_of(PU_ADDR_UNROUTABLE, 3, texts);
	cr_assert_eq(found.count, 2);
	made_of(PU_ADDR_LOOPBACK, 3, texts);
	cr_assert_eq(found.count, 3);
}

Test(relay_addrs, that_do_not_parse_are_left_out)
{
	struct pu_relay_reservation reservation = {.addr_count = 2,
	                                           .addrs = {pu_bytes("\7", 1), pu_bytes(NULL, 0)}};
	struct pu_peer_id relay;

	cr_assert_eq(pu_peer_id_parse(ED25519_PEER_ID, &relay), PU_OK);
	pu_relay_addrs_of(&reservation, &relay, PU_ADDR_LOOPBACK, &found);
	cr_assert_eq(found.count, 0);
}

static void assert_circuit(const char *relay, const char *peer, const char *expected)
{
	char printed[PU_MULTIADDR_TEXT_MAX];
	struct pu_multiaddr addr, made;
	struct pu_peer_id id;

	cr_assert_eq(pu_multiaddr_parse(relay, &addr), PU_OK);
	if (peer != NULL)
		cr_assert_eq(pu_peer_id_parse(peer, &id), PU_OK);
	cr_assert_eq(pu_relay_addr_circuit(&addr, peer != NULL ? &id : NULL, &made), PU_OK);
	cr_assert_str_eq(pu_multiaddr_print(&made, printed), expected);
}

Test(relay_addrs, become_circuits)
{
	assert_circuit(PUBLIC RELAY, NULL, PUBLIC RELAY "/p2p-circuit");
	assert_circuit(PUBLIC RELAY, SECP256K1_PEER_ID, PUBLIC RELAY "/p2p-circuit" OTHER);
}
