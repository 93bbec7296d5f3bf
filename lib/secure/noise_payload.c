/* Knows the protobuf message in which a Noise handshake carries an identity. */
#include "secure/noise_payload.h"

#include <string.h>

#include "p2p/pb.h"

enum { IDENTITY_KEY = 1, IDENTITY_SIG = 2, EXTENSIONS = 4 }; /* NoiseHandshakePayload */
enum { STREAM_MUXERS = 2 };                                  /* NoiseExtensions */

static const char prefix[] = "noise-libp2p-static-key:";
_Static_assert(sizeof(prefix) - 1 + PU_NOISE_KEY_LEN == PU_NOISE_TO_SIGN_LEN, "to sign");

void pu_noise_payload_to_sign(const uint8_t key[PU_NOISE_KEY_LEN],
                              uint8_t out[PU_NOISE_TO_SIGN_LEN])
{
	memcpy(out, prefix, sizeof(prefix) - 1);
	memcpy(out + sizeof(prefix) - 1, key, PU_NOISE_KEY_LEN);
}

enum pu_err pu_noise_payload_encode(const struct pu_noise_identity *identity,
                                    const struct pu_secure_config *config,
                                    struct pu_writer *out)
{
	uint8_t list[PU_NOISE_HANDSHAKE_MAX];
	struct pu_writer extensions = pu_writer(list, sizeof(list));

	pu_pb_put_bytes(out, IDENTITY_KEY, pu_bytes(identity->key_pb, sizeof(identity->key_pb)));
	pu_pb_put_bytes(out, IDENTITY_SIG,
	                pu_bytes(identity->signature, sizeof(identity->signature)));
	for (size_t i = 0; i < config->muxers_len; i++)
		pu_pb_put_bytes(&extensions, STREAM_MUXERS, pu_bytes_of_str(config->muxers[i]));
	if (extensions.len > 0)
		pu_pb_put_bytes(out, EXTENSIONS, pu_writer_bytes(&extensions));
	return extensions.overflow ? PU_ELIMIT : pu_writer_check(out);
}

/* Which of ours a name is; muxers_len: none. */
static size_t muxer_index(const struct pu_secure_config *config, struct pu_bytes muxer)
{
	size_t i = 0;

	while (i < config->muxers_len && !pu_bytes_eq(pu_bytes_of_str(config->muxers[i]), muxer))
		i++;
	return i;
}

/* The initiator's order counts: as initiator the best of ours, as responder the first of the
 * peer's. */
static enum pu_err choose_muxer(struct pu_bytes extensions,
                                const struct pu_secure_config *config, size_t *best)
{
	struct pu_pb_field field;
	enum pu_err err;

	while ((err = pu_pb_next(&extensions, &field)) == PU_OK) {
		size_t i;

		if (field.number != STREAM_MUXERS || field.wire != PU_PB_LEN)
			continue;
		i = muxer_index(config, field.bytes);
		if (config->initiator ? i < *best : *best == config->muxers_len)
			*best = i;
	}
	return err == PU_ENOTFOUND ? PU_OK : err;
}

struct payload {
	struct pu_bytes key, signature;
	size_t muxer;
};

static enum pu_err decode(struct pu_bytes in, const struct pu_secure_config *config,
                          struct payload *out)
{
	struct pu_pb_field field;
	enum pu_err err;

	*out = (struct payload){.muxer = config->muxers_len};
	while ((err = pu_pb_next(&in, &field)) == PU_OK) {
		if (field.wire != PU_PB_LEN)
			continue;
		if (field.number == IDENTITY_KEY)
			out->key = field.bytes;
		else if (field.number == IDENTITY_SIG)
			out->signature = field.bytes;
		else if (field.number == EXTENSIONS)
			err = choose_muxer(field.bytes, config, &out->muxer);
		if (err != PU_OK)
			return err;
	}
	return err == PU_ENOTFOUND ? PU_OK : err;
}

enum pu_err pu_noise_payload_verify(struct pu_bytes payload, const uint8_t rs[PU_NOISE_KEY_LEN],
                                    const struct pu_secure_config *config,
                                    struct pu_peer_id *peer, const char **muxer)
{
	uint8_t signed_text[PU_NOISE_TO_SIGN_LEN];
	struct pu_public_key key;
	struct payload read;
	enum pu_err err = decode(payload, config, &read);

	if (err == PU_OK)
		err = pu_public_key_decode(read.key, &key);
	if (err != PU_OK)
		return err;
	pu_noise_payload_to_sign(rs, signed_text);
	err =
	    pu_public_key_verify(&key, pu_bytes(signed_text, sizeof(signed_text)), read.signature);
	if (err != PU_OK)
		return err;
	*peer = pu_peer_id_of_key(&key);
	*muxer = read.muxer < config->muxers_len ? config->muxers[read.muxer] : NULL;
	return PU_OK;
}
