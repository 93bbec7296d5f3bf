#include "p2p/peer_id.h"

#include "p2p/test_vectors.h"

static struct pu_peer_id id_of(const char *pb_hex)
{
	struct pu_bytes pb = unhex(pb_hex);
	struct pu_public_key key;

	cr_assert_eq(pu_public_key_decode(pb, &key), PU_OK);
	struct pu_peer_id id = pu_peer_id_of_key(&key);
	free_bytes(pb);
	return id;
}

/* The last two come from ipfs/specs. */
static const char *const same_peer[][4] = {
    {ED25519_PEER_ID, "bafzaajaiaejcahwr5d5ofrfbis4l5d6uwr57hu5tjodrypfm6yaq6dsc2r2pzyt6",
     "k51qzi5uqu5dgy8qsq67hbz73jqkw87l3fgf4a91qb0d9b5173tir7n4vxk1oe", NULL},
    {"12D3KooWLU2znyJMtDiHArqAGbZn8CgUGp92kxDBtefftEEaHSZS",
     "bafzaajaiaejcbhr3im6l2mocxctoxpoktgf5b5gccqojzgxviixjoycrwhtdv4kn",
     "k51qzi5uqu5dk4kbd5bpmklj30q0q8n3091bncahugkx18e84p1od2rk25olsd", NULL},
    {"QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
     "bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe", NULL, NULL},
};

Test(peer_id, comes_from_the_published_keys)
{
	static const char *const vectors[][2] = {
	    {ED25519_PUBLIC_PB, ED25519_PEER_ID},
	    {SECP256K1_PUBLIC_PB, SECP256K1_PEER_ID},
	};
	char text[PU_PEER_ID_TEXT_MAX];

	for (size_t i = 0; i < PU_ARRAY_LEN(vectors); i++) {
		struct pu_peer_id id = id_of(vectors[i][0]), parsed;

		cr_expect_str_eq(pu_peer_id_print(&id, text), vectors[i][1]);
		cr_expect_eq(pu_peer_id_parse(vectors[i][1], &parsed), PU_OK);
		cr_expect(pu_peer_id_eq(&id, &parsed));
		cr_expect_eq(memcmp(&id, &parsed, sizeof(id)), 0);
	}
}

Test(peer_id, of_a_large_key_is_its_hash)
{
	struct pu_peer_id id = id_of(RSA_PUBLIC_PB);
	struct pu_public_key key;
	char text[PU_PEER_ID_TEXT_MAX];

	cr_expect_eq(id.len, 34);
	cr_expect_eq(strncmp(pu_peer_id_print(&id, text), "Qm", 2), 0);
	cr_expect_eq(strlen(text), 46);
	cr_expect_eq(pu_peer_id_key(&id, &key), PU_ENOTFOUND);
}

Test(peer_id, reads_every_notation_of_the_same_peer)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(same_peer); i++) {
		struct pu_peer_id first, other;
		char text[PU_PEER_ID_TEXT_MAX];

		cr_expect_eq(pu_peer_id_parse(same_peer[i][0], &first), PU_OK);
		cr_expect_str_eq(pu_peer_id_print(&first, text), same_peer[i][0]);
		for (size_t k = 1; same_peer[i][k]; k++) {
			cr_expect_eq(pu_peer_id_parse(same_peer[i][k], &other), PU_OK);
			cr_expect(pu_peer_id_eq(&first, &other), "%s", same_peer[i][k]);
		}
	}
}

Test(peer_id, refuses_other_text)
{
	static const char *const texts[] = {
	    "",
	    "1",
	    "Q",
	    "Qm",
	    "12D3KooW",
	    "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pr0",
	    "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5",
	    "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5NN",
	    "bafybeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe", /* dag-pb */
	    "Bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe",
	    "home",
	    "1111111111111111111111111111111111111111111111111111111111111111111111111111",
	};
	struct pu_peer_id id;

	for (size_t i = 0; i < PU_ARRAY_LEN(texts); i++)
		cr_expect_eq(pu_peer_id_parse(texts[i], &id), PU_EMALFORMED, "%s", texts[i]);
}

static enum pu_err decode(const char *hex)
{
	struct pu_bytes bytes = unhex(hex);
	struct pu_peer_id id;
	enum pu_err err = pu_peer_id_decode(bytes, &id);

	free_bytes(bytes);
	return err;
}

Test(peer_id, accepts_only_keys_and_sha2_256_in_binary)
{
	cr_expect_eq(decode("0024" ED25519_PUBLIC_PB), PU_OK);
	cr_expect_eq(decode("0025" SECP256K1_PUBLIC_PB), PU_OK);
	cr_expect_eq(decode("1220" ED25519_PUBLIC), PU_OK);
	cr_expect_eq(decode("1320" ED25519_PUBLIC), PU_EMALFORMED, "another hash");
	cr_expect_eq(decode("121f" ED25519_PUBLIC), PU_EMALFORMED, "short digest");
	cr_expect_eq(decode("0003616263"), PU_EMALFORMED, "no key");
	cr_expect_eq(decode("0024" ED25519_PUBLIC_PB "00"), PU_EMALFORMED, "trailing byte");
	cr_expect_eq(decode("8000" ED25519_PUBLIC_PB), PU_EMALFORMED, "padded code");
	cr_expect_eq(decode("005f" ECDSA_PUBLIC_PB), PU_EMALFORMED, "a key that must be hashed");
}

Test(peer_id, notices_every_truncation)
{
	static const char *const ids[] = {"0024" ED25519_PUBLIC_PB, "1220" ED25519_PUBLIC};
	struct pu_peer_id id;

	for (size_t i = 0; i < PU_ARRAY_LEN(ids); i++) {
		struct pu_bytes whole = unhex(ids[i]);

		for (size_t len = 0; len < whole.len; len++) {
			struct pu_bytes part = prefix_of(whole, len);
			cr_expect_eq(pu_peer_id_decode(part, &id), PU_ETRUNCATED);
			free_bytes(part);
		}
		free_bytes(whole);
	}
}

Test(peer_id, gives_back_the_key_within)
{
	struct pu_peer_id id = id_of(ED25519_PUBLIC_PB);
	struct pu_bytes expected = unhex(ED25519_PUBLIC);
	struct pu_public_key key;

	cr_expect_eq(pu_peer_id_key(&id, &key), PU_OK);
	cr_expect_eq(key.type, PU_KEY_ED25519);
	cr_expect(pu_bytes_eq(key.bytes, expected));
	free_bytes(expected);
}

Test(peer_id, prints_a_did_key)
{
	struct pu_peer_id id = id_of(ED25519_PUBLIC_PB), rsa = id_of(RSA_PUBLIC_PB), other;
	char text[PU_DID_KEY_TEXT_MAX];

	cr_expect_eq(pu_peer_id_did(&id, text), PU_OK);
	cr_expect_eq(strncmp(text, "did:key:z6Mk", 12), 0);
	cr_expect_eq(strlen(text), 56);
	cr_expect_eq(pu_peer_id_did(&rsa, text), PU_EUNSUPPORTED);
	other = id_of(SECP256K1_PUBLIC_PB);
	cr_expect_eq(pu_peer_id_did(&other, text), PU_EUNSUPPORTED);
}

/* From the did:key method specification. */
Test(peer_id, prints_the_published_did_key)
{
	struct pu_bytes raw =
	    unhex("2e6fcce36701dc791488e0d0b1745cc1e33a4c1c9fcc41c63bd343dbbe0970e6");
	struct pu_public_key key = {.type = PU_KEY_ED25519, .bytes = raw};
	struct pu_peer_id id = pu_peer_id_of_key(&key);
	char text[PU_DID_KEY_TEXT_MAX];

	cr_expect_eq(pu_peer_id_did(&id, text), PU_OK);
	cr_expect_str_eq(text, "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK");
	free_bytes(raw);
}

Test(peer_id, no_peer_equals_only_itself)
{
	struct pu_peer_id none = {0}, also_none = {0}, some = id_of(ED25519_PUBLIC_PB);
	char text[PU_PEER_ID_TEXT_MAX];

	cr_expect(pu_peer_id_eq(&none, &also_none));
	cr_expect_not(pu_peer_id_eq(&none, &some));
	cr_expect_str_eq(pu_peer_id_print(&none, text), "");
}
