/* Knows Intel's IPsec library, of which it takes AES-128-GCM alone: with VAES it seals a
 * datagram in a third of the time that GnuTLS needs. */
#include "quic/gcm.h"

#include <intel-ipsec-mb.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct pu_quic_gcm_key {
	struct pu_list_node in_expanded;
	struct pu_quic_gcm *gcm;
	struct gcm_key_data *data; /* NULL: not in frequent use */
	unsigned epoch, uses;      /* packets in that epoch */
	uint8_t raw[PU_QUIC_GCM_KEY_LEN];
};

bool pu_quic_gcm_init(struct pu_quic_gcm *out)
{
	const uint64_t needed = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;
	IMB_MGR *mgr = alloc_mb_mgr(0);
	bool able;

	if (mgr == NULL)
		return false;
	init_mb_mgr_auto(mgr, NULL);
	able = imb_get_errno(mgr) == 0 && (mgr->features & needed) == needed;
	if (able)
		*out = (struct pu_quic_gcm){.seal = (void (*)(void))mgr->gcm128_enc,
		                            .open = (void (*)(void))mgr->gcm128_dec,
		                            .expand = (void (*)(void))mgr->gcm128_pre};
	pu_list_init(&out->expanded);
	free_mb_mgr(mgr);
	return able;
}

struct pu_quic_gcm_key *pu_quic_gcm_key_new(struct pu_quic_gcm *gcm,
                                            const uint8_t key[PU_QUIC_GCM_KEY_LEN])
{
	struct pu_quic_gcm_key *made = PU_NEW(struct pu_quic_gcm_key);

	made->gcm = gcm;
	made->epoch = gcm->epoch;
	memcpy(made->raw, key, sizeof(made->raw));
	return made;
}

static void shrink(struct pu_quic_gcm_key *key)
{
	pu_list_remove(&key->in_expanded);
	if (key->data != NULL)
		sodium_memzero(key->data, sizeof(*key->data));
	free(key->data);
	key->data = NULL;
}

void pu_quic_gcm_key_free(struct pu_quic_gcm_key *key)
{
	if (key == NULL)
		return;
	shrink(key);
	sodium_memzero(key, sizeof(*key));
	pu_free(key);
}

void pu_quic_gcm_trim(struct pu_quic_gcm *gcm)
{
	PU_LIST_FOREACH(node, &gcm->expanded) {
		struct pu_quic_gcm_key *key = PU_LIST_ENTRY(node, struct pu_quic_gcm_key, in_expanded);

		if (key->epoch != gcm->epoch || key->uses <= PU_QUIC_GCM_FEW)
			shrink(key);
	}
	gcm->epoch++;
}

static void expand(const struct pu_quic_gcm_key *key, struct gcm_key_data *out)
{
	((aes_gcm_pre_t)key->gcm->expand)(key->raw, out);
}

static void grow(struct pu_quic_gcm_key *key)
{
	key->data = aligned_alloc(64, (sizeof(*key->data) + 63) / 64 * 64);
	if (key->data == NULL)
		abort();
	expand(key, key->data);
	pu_list_append(&key->gcm->expanded, &key->in_expanded);
}

/* The expanded form: the key's own when it is in frequent use, else made in `scratch`. */
static const struct gcm_key_data *use(struct pu_quic_gcm_key *key, struct gcm_key_data *scratch)
{
	if (key->epoch != key->gcm->epoch) {
		key->epoch = key->gcm->epoch;
		key->uses = 0;
	}
	key->uses++;
	if (key->data == NULL && key->uses > PU_QUIC_GCM_FEW)
		grow(key);
	if (key->data != NULL)
		return key->data;
	expand(key, scratch);
	return scratch;
}

static void used(const struct pu_quic_gcm_key *key, struct gcm_key_data *scratch)
{
	if (key->data == NULL)
		sodium_memzero(scratch, sizeof(*scratch));
}

void pu_quic_gcm_seal(struct pu_quic_gcm_key *key, uint8_t *dest, struct pu_bytes plain,
                      const uint8_t nonce[PU_QUIC_GCM_NONCE_LEN], struct pu_bytes aad)
{
	struct gcm_context_data ctx;
	struct gcm_key_data scratch;

	((aes_gcm_enc_dec_t)key->gcm->seal)(use(key, &scratch), &ctx, dest, plain.data, plain.len,
	                                    nonce, aad.data, aad.len, dest + plain.len,
	                                    PU_QUIC_GCM_TAG_LEN);
	used(key, &scratch);
}

/* In constant time. */
static bool tags_eq(const uint8_t *a, const uint8_t *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

bool pu_quic_gcm_open(struct pu_quic_gcm_key *key, uint8_t *dest, struct pu_bytes sealed,
                      const uint8_t nonce[PU_QUIC_GCM_NONCE_LEN], struct pu_bytes aad)
{
	struct gcm_context_data ctx;
	struct gcm_key_data scratch;
	uint8_t tag[PU_QUIC_GCM_TAG_LEN];
	size_t len;

	if (sealed.len < sizeof(tag))
		return false;
	len = sealed.len - sizeof(tag);
	((aes_gcm_enc_dec_t)key->gcm->open)(use(key, &scratch), &ctx, dest, sealed.data, len, nonce,
	                                    aad.data, aad.len, tag, sizeof(tag));
	used(key, &scratch);
	return tags_eq(tag, sealed.data + len);
}
