/* Knows which keys XX sends in which message and which of them it multiplies. */
#include "secure/noise_xx.h"

#include <sodium.h>
#include <string.h>

static const char name[] = "Noise_XX_25519_ChaChaPoly_SHA256";
_Static_assert(sizeof(name) - 1 == PU_NOISE_HASH_LEN, "the name needs no hashing");

enum token { END, E, S, EE, ES, SE };

static const enum token pattern[PU_NOISE_XX_MESSAGES][5] = {
    {E, END},
    {E, EE, S, ES, END},
    {S, SE, END},
};

void pu_noise_pair_generate(struct pu_noise_pair *pair)
{
	randombytes_buf(pair->secret, sizeof(pair->secret));
	crypto_scalarmult_curve25519_base(pair->public_key, pair->secret);
}

void pu_noise_pair_from_secret(struct pu_noise_pair *pair,
                               const uint8_t secret[PU_NOISE_KEY_LEN])
{
	memcpy(pair->secret, secret, sizeof(pair->secret));
	crypto_scalarmult_curve25519_base(pair->public_key, pair->secret);
}

void pu_noise_xx_init(struct pu_noise_xx *xx, bool initiator, struct pu_bytes prologue,
                      const struct pu_noise_pair *s, const struct pu_noise_pair *e)
{
	*xx = (struct pu_noise_xx){.s = s, .e = *e, .initiator = initiator};
	pu_noise_symmetric_init(&xx->symmetric, name, prologue);
}

static enum pu_err mix_product(struct pu_noise_xx *xx, const uint8_t *secret,
                               const uint8_t *public_key)
{
	uint8_t shared[PU_NOISE_KEY_LEN];

	if (crypto_scalarmult_curve25519(shared, secret, public_key) != 0)
		return PU_ECRYPTO;
	pu_noise_mix_key(&xx->symmetric, pu_bytes(shared, sizeof(shared)));
	sodium_memzero(shared, sizeof(shared));
	return PU_OK;
}

/* The first letter is the initiator's key, the second the responder's. */
static enum pu_err mix_keys(struct pu_noise_xx *xx, enum token token)
{
	if (token == EE)
		return mix_product(xx, xx->e.secret, xx->re);
	if ((token == ES) == xx->initiator)
		return mix_product(xx, xx->e.secret, xx->rs);
	return mix_product(xx, xx->s->secret, xx->re);
}

static void put_static(struct pu_noise_xx *xx, struct pu_writer *out)
{
	uint8_t sealed[PU_NOISE_KEY_LEN + PU_NOISE_TAG_LEN];
	size_t len = pu_noise_encrypt_and_hash(
	    &xx->symmetric, pu_bytes(xx->s->public_key, sizeof(xx->s->public_key)), sealed);

	pu_writer_put(out, pu_bytes(sealed, len));
}

static enum pu_err write_token(struct pu_noise_xx *xx, enum token token, struct pu_writer *out)
{
	const struct pu_bytes e = pu_bytes(xx->e.public_key, sizeof(xx->e.public_key));

	if (token == S) {
		put_static(xx, out);
		return PU_OK;
	}
	if (token != E)
		return mix_keys(xx, token);
	pu_writer_put(out, e);
	pu_noise_mix_hash(&xx->symmetric, e);
	return PU_OK;
}

enum pu_err pu_noise_xx_write(struct pu_noise_xx *xx, struct pu_bytes payload,
                              struct pu_writer *out)
{
	if (out->max - out->len < payload.len + PU_NOISE_XX_OVERHEAD)
		return PU_ELIMIT;
	for (const enum token *token = pattern[xx->next]; *token != END; token++) {
		enum pu_err err = write_token(xx, *token, out);

		if (err != PU_OK)
			return err;
	}
	out->len += pu_noise_encrypt_and_hash(&xx->symmetric, payload, out->data + out->len);
	xx->next++;
	return PU_OK;
}

static enum pu_err take(struct pu_bytes *in, size_t len, struct pu_bytes *out)
{
	if (in->len < len)
		return PU_ETRUNCATED;
	*out = pu_bytes(in->data, len);
	*in = pu_bytes(in->data + len, in->len - len);
	return PU_OK;
}

static enum pu_err read_ephemeral(struct pu_noise_xx *xx, struct pu_bytes *in)
{
	struct pu_bytes key;
	enum pu_err err = take(in, sizeof(xx->re), &key);

	if (err != PU_OK)
		return err;
	memcpy(xx->re, key.data, key.len);
	pu_noise_mix_hash(&xx->symmetric, key);
	return PU_OK;
}

static enum pu_err read_static(struct pu_noise_xx *xx, struct pu_bytes *in)
{
	struct pu_bytes sealed;
	enum pu_err err = take(in, sizeof(xx->rs) + PU_NOISE_TAG_LEN, &sealed);
	size_t len;

	if (err != PU_OK)
		return err;
	return pu_noise_decrypt_and_hash(&xx->symmetric, sealed, xx->rs, &len);
}

static enum pu_err read_token(struct pu_noise_xx *xx, enum token token, struct pu_bytes *in)
{
	if (token == E)
		return read_ephemeral(xx, in);
	return token == S ? read_static(xx, in) : mix_keys(xx, token);
}

enum pu_err pu_noise_xx_read(struct pu_noise_xx *xx, struct pu_bytes message, uint8_t *payload,
                             size_t *payload_len)
{
	enum pu_err err;

	for (const enum token *token = pattern[xx->next]; *token != END; token++) {
		err = read_token(xx, *token, &message);
		if (err != PU_OK)
			return err;
	}
	err = pu_noise_decrypt_and_hash(&xx->symmetric, message, payload, payload_len);
	if (err == PU_OK)
		xx->next++;
	return err;
}

void pu_noise_xx_split(const struct pu_noise_xx *xx, struct pu_noise_cipher *tx,
                       struct pu_noise_cipher *rx)
{
	if (xx->initiator)
		pu_noise_split(&xx->symmetric, tx, rx);
	else
		pu_noise_split(&xx->symmetric, rx, tx);
}

void pu_noise_xx_fini(struct pu_noise_xx *xx)
{
	sodium_memzero(xx, sizeof(*xx));
}
