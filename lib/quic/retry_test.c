/* Knows what a Retry token proves: this address, this ID, not long ago, nothing else. */
#include "quic/retry.h"

#include <criterion/criterion.h>
#include <string.h>

static struct pu_quic_endpoint ep;
static struct pu_quic_path path;
static uint8_t sent[256];
static size_t sent_len;

static size_t on_send(void *user, const struct pu_quic_datagrams *out)
{
	(void)user;
	cr_assert_leq(out->len, sizeof(sent));
	memcpy(sent, out->data, sent_len = out->len);
	return out->len;
}

static const struct pu_quic_callbacks callbacks = {.send = on_send};

static void start(bool fast)
{
	memset(&ep, 0, sizeof(ep));
	ep.cb = &callbacks;
	ep.now = 1000 * PU_NS_PER_S;
	ep.has_gcm = pu_quic_keys_init(&ep.keys) && fast;
	pu_quic_retry_init(&ep);
	memset(&path, 0, sizeof(path));
	path.remote.len = sizeof(path.remote.in);
	path.remote.in.sin_family = AF_INET;
	path.remote.in.sin_port = htons(4001);
	path.remote.in.sin_addr.s_addr = htonl(0x01020304);
}

static void stop(void)
{
	pu_quic_retry_fini(&ep);
	pu_quic_keys_fini(&ep.keys);
}

static ngtcp2_pkt_hd first_packet(size_t dcid_len)
{
	ngtcp2_pkt_hd hd = {.version = NGTCP2_PROTO_VER_V1, .type = NGTCP2_PKT_INITIAL};

	ngtcp2_cid_init(&hd.dcid, (const uint8_t *)"abcdefghijklmnopqrst", dcid_len);
	ngtcp2_cid_init(&hd.scid, (const uint8_t *)"source", 6);
	return hd;
}

/* What the client sends after the Retry that we sent last. */
static ngtcp2_pkt_hd second_packet(void)
{
	ngtcp2_pkt_hd hd = first_packet(8);

	cr_assert_eq(sent[5], 6, "the client's ID comes first");
	cr_assert_eq(sent[12], PU_QUIC_CID_LEN);
	ngtcp2_cid_init(&hd.dcid, sent + 13, PU_QUIC_CID_LEN);
	hd.token = sent + 13 + PU_QUIC_CID_LEN;
	hd.tokenlen = sent_len - 13 - PU_QUIC_CID_LEN - PU_GCM_TAG_LEN;
	return hd;
}

static enum pu_err verify(const ngtcp2_pkt_hd *hd)
{
	ngtcp2_cid odcid;

	return pu_quic_retry_verify(&ep, &path, hd, &odcid);
}

static ngtcp2_pkt_hd answered(size_t dcid_len)
{
	ngtcp2_pkt_hd first = first_packet(dcid_len);

	pu_quic_retry_send(&ep, &path, &first);
	return second_packet();
}

Test(quic_retry, a_token_brings_back_the_first_id_whatever_its_length)
{
	start(true);
	for (size_t len = NGTCP2_MIN_INITIAL_DCIDLEN; len <= NGTCP2_MAX_CIDLEN; len++) {
		ngtcp2_pkt_hd first = first_packet(len), second = answered(len);
		ngtcp2_cid odcid;

		cr_assert_eq(pu_quic_retry_verify(&ep, &path, &second, &odcid), PU_OK);
		cr_assert(ngtcp2_cid_eq(&odcid, &first.dcid));
		cr_assert_leq(sent_len, PU_QUIC_RETRY_PACKET_MAX);
	}
	cr_assert_eq(ep.stats.retries_sent, 13);
	stop();
}

Test(quic_retry, the_packet_is_the_same_without_the_fast_way)
{
	uint8_t fast[sizeof(sent)];

	start(true);
	if (!ep.has_gcm)
		cr_skip_test("no fast AES-GCM on this machine");
	answered(8);
	memcpy(fast, sent, sizeof(sent));
	stop();
	start(false);
	answered(8);
	cr_assert_eq(memcmp(fast, sent, sent_len), 0);
	stop();
}

Test(quic_retry, a_token_changed_in_one_bit_or_cut_proves_nothing)
{
	ngtcp2_pkt_hd hd;
	uint8_t token[128];

	start(true);
	hd = answered(20);
	memcpy(token, hd.token, hd.tokenlen);
	hd.token = token;
	for (size_t bit = 0; bit < hd.tokenlen * 8; bit++) {
		token[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert_neq(verify(&hd), PU_OK, "%zu", bit);
		token[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	cr_assert_eq(verify(&hd), PU_OK);
	for (size_t len = hd.tokenlen; len-- > 0;) {
		hd.tokenlen = len;
		cr_assert_eq(verify(&hd), len == 0 ? PU_ENOTFOUND : PU_ECRYPTO, "%zu", len);
	}
	stop();
}

Test(quic_retry, a_token_is_of_use_only_from_where_it_was_asked_for_and_with_its_id)
{
	ngtcp2_pkt_hd hd;

	start(true);
	hd = answered(8);
	path.remote.in.sin_port ^= 1;
	cr_assert_eq(verify(&hd), PU_ECRYPTO);
	path.remote.in.sin_port ^= 1;
	path.remote.in.sin_addr.s_addr ^= 1;
	cr_assert_eq(verify(&hd), PU_ECRYPTO);
	path.remote.in.sin_addr.s_addr ^= 1;
	hd.dcid.data[7] ^= 1;
	cr_assert_eq(verify(&hd), PU_ECRYPTO);
	hd.dcid.data[7] ^= 1;
	hd.dcid.datalen--;
	cr_assert_eq(verify(&hd), PU_ECRYPTO);
	hd.dcid.datalen++;
	cr_assert_eq(verify(&hd), PU_OK);
	stop();
}

Test(quic_retry, a_token_ages)
{
	ngtcp2_pkt_hd hd;

	start(true);
	hd = answered(8);
	ep.now += PU_QUIC_RETRY_TOKEN_LIFE;
	cr_assert_eq(verify(&hd), PU_OK);
	ep.now += PU_NS_PER_S;
	cr_assert_eq(verify(&hd), PU_ECRYPTO);
	ep.now = 999 * PU_NS_PER_S;
	cr_assert_eq(verify(&hd), PU_ECRYPTO, "from the future");
	stop();
}

/* A token of another implementation, from NEW_TOKEN, is none. */
Test(quic_retry, other_tokens_are_none)
{
	ngtcp2_pkt_hd hd;

	start(true);
	hd = answered(8);
	hd.token = (const uint8_t *)"another token, quite long, as they are, isn't it?";
	cr_assert_eq(verify(&hd), PU_ENOTFOUND);
	stop();
}
