/* Knows the frames of a Noise channel and the course of its handshake: who speaks when, and
 * that the initiator looks at the responder before it says who it is itself. */
#include "secure/noise.h"

#include <sodium.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "secure/noise_payload.h"

enum {
	PREFIX_LEN = 2,
	FRAME_MAX = 65535,
	OUTPUT_MAX = 2 * (PREFIX_LEN + PU_NOISE_HANDSHAKE_MAX)
};

_Static_assert(FRAME_MAX - PU_NOISE_TAG_LEN == PU_SECURE_PLAIN_MAX, "frames fit `plain`");
_Static_assert(FRAME_MAX + PREFIX_LEN == PU_SECURE_RECORD_MAX, "frames fit the input");

/* Only while the handshake runs. */
struct handshake {
	struct pu_noise_xx xx;
	const struct pu_noise_identity *identity;
	struct pu_secure_config config;
	struct pu_peer_id expected;
	uint8_t payload[PU_NOISE_HANDSHAKE_MAX];
};

struct pu_noise {
	struct pu_secure base;
	struct handshake *handshake;
	struct pu_noise_cipher tx, rx;
	struct pu_buffer output;
	struct pu_secure_result result;
	bool failed, ended;
};

static struct pu_noise *noise_of(struct pu_secure *secure)
{
	return PU_CONTAINER_OF(secure, struct pu_noise, base);
}

static void end_handshake(struct pu_noise *noise)
{
	if (noise->handshake == NULL)
		return;
	sodium_memzero(noise->handshake, sizeof(*noise->handshake));
	pu_free(noise->handshake);
	noise->handshake = NULL;
}

static enum pu_secure_event fail(struct pu_noise *noise, enum pu_err err, const char *text)
{
	noise->failed = true;
	noise->result.err = err;
	noise->result.text = text;
	noise->result.peer = (struct pu_peer_id){0};
	noise->result.muxer = NULL;
	end_handshake(noise);
	return PU_SECURE_FAILED;
}

/* The next message of ours into the output. */
static enum pu_err speak(struct pu_noise *noise)
{
	struct handshake *handshake = noise->handshake;
	uint8_t message[PREFIX_LEN + PU_NOISE_HANDSHAKE_MAX];
	struct pu_writer payload = pu_writer(handshake->payload, sizeof(handshake->payload));
	struct pu_writer out = pu_writer(message + PREFIX_LEN, PU_NOISE_HANDSHAKE_MAX);
	enum pu_err err = PU_OK;

	if (handshake->xx.next > 0) /* the first one would be read by anybody */
		err = pu_noise_payload_encode(handshake->identity, &handshake->config, &payload);
	if (err == PU_OK)
		err = pu_noise_xx_write(&handshake->xx, pu_writer_bytes(&payload), &out);
	if (err != PU_OK)
		return err;
	message[0] = (uint8_t)(out.len >> 8);
	message[1] = (uint8_t)out.len;
	return pu_buffer_append(&noise->output, message, PREFIX_LEN + out.len);
}

static const char *payload_text(enum pu_err err)
{
	if (err == PU_EUNSUPPORTED)
		return "a kind of identity key that cannot be verified";
	if (err == PU_ECRYPTO)
		return "the identity key did not sign the static key";
	return "malformed handshake payload";
}

/* Who the peer is. False: failed. */
static bool identify(struct pu_noise *noise, struct pu_bytes payload)
{
	const struct handshake *handshake = noise->handshake;
	const bool has_expected = handshake->config.expected != NULL;
	struct pu_secure_result *result = &noise->result;
	enum pu_err err = pu_noise_payload_verify(payload, handshake->xx.rs, &handshake->config,
	                                          &result->peer, &result->muxer);

	if (err != PU_OK) {
		fail(noise, err, payload_text(err));
		return false;
	}
	if (has_expected && !pu_peer_id_eq(&result->peer, &handshake->expected)) {
		result->wrong_peer = true;
		fail(noise, PU_ECRYPTO, "another peer than expected");
		return false;
	}
	return true;
}

static enum pu_secure_event go_on(struct pu_noise *noise)
{
	struct handshake *handshake = noise->handshake;

	if (handshake->xx.next < PU_NOISE_XX_MESSAGES) {
		enum pu_err err = speak(noise);

		if (err != PU_OK)
			return fail(noise, err, "cannot go on with this handshake");
	}
	if (handshake->xx.next < PU_NOISE_XX_MESSAGES)
		return PU_SECURE_PROGRESS;
	pu_noise_xx_split(&handshake->xx, &noise->tx, &noise->rx);
	end_handshake(noise);
	return PU_SECURE_ESTABLISHED;
}

static enum pu_secure_event listen(struct pu_noise *noise, struct pu_bytes message)
{
	struct handshake *handshake = noise->handshake;
	const bool names_peer = handshake->xx.next > 0;
	size_t len = 0;
	enum pu_err err = pu_noise_xx_read(&handshake->xx, message, handshake->payload, &len);

	if (err != PU_OK)
		return fail(noise, err, "bad handshake message");
	if (names_peer && !identify(noise, pu_bytes(handshake->payload, len)))
		return PU_SECURE_FAILED;
	return go_on(noise);
}

static enum pu_secure_event open_frame(struct pu_noise *noise, struct pu_bytes frame,
                                       uint8_t *plain, size_t *plain_len)
{
	if (!pu_noise_cipher_open(&noise->rx, frame, (struct pu_bytes){0}, plain))
		return fail(noise, PU_ECRYPTO, "forged frame");
	*plain_len = frame.len - PU_NOISE_TAG_LEN;
	return *plain_len > 0 ? PU_SECURE_DATA : PU_SECURE_PROGRESS;
}

static enum pu_secure_event noise_read(struct pu_secure *secure, struct pu_bytes *in,
                                       uint8_t *plain, size_t *plain_len)
{
	struct pu_noise *noise = noise_of(secure);
	struct pu_bytes frame;
	size_t len;

	if (noise->failed)
		return PU_SECURE_FAILED;
	if (in->len < PREFIX_LEN)
		return PU_SECURE_MORE;
	len = (size_t)in->data[0] << 8 | in->data[1];
	if (noise->handshake != NULL && len > PU_NOISE_HANDSHAKE_MAX)
		return fail(noise, PU_ELIMIT, "handshake message too long");
	if (in->len < PREFIX_LEN + len)
		return PU_SECURE_MORE;
	frame = pu_bytes(in->data + PREFIX_LEN, len);
	*in = pu_bytes(frame.data + len, in->len - PREFIX_LEN - len);
	if (noise->handshake != NULL)
		return listen(noise, frame);
	return open_frame(noise, frame, plain, plain_len);
}

static struct pu_bytes noise_output(const struct pu_secure *secure)
{
	return pu_buffer_bytes(&((const struct pu_noise *)secure)->output);
}

static void noise_written(struct pu_secure *secure, size_t len)
{
	struct pu_noise *noise = noise_of(secure);

	pu_buffer_consume(&noise->output, len);
	if (noise->output.len > 0)
		return;
	pu_buffer_fini(&noise->output);
	pu_buffer_init(&noise->output, OUTPUT_MAX);
}

/* libsodium has no ChaCha20-Poly1305 in pieces: they are brought together where they will be
 * sealed. */
static size_t noise_seal(struct pu_secure *secure, const struct iovec *plain, size_t pieces,
                         uint8_t *out)
{
	struct pu_noise *noise = noise_of(secure);
	uint8_t *body = out + PREFIX_LEN;
	struct pu_bytes text = pu_bytes(body, 0);

	if (noise->failed || noise->ended || noise->handshake != NULL)
		return 0;
	for (size_t i = 0; i < pieces && pieces > 1; i++) {
		if (plain[i].iov_len > 0)
			memcpy(body + text.len, plain[i].iov_base, plain[i].iov_len);
		text.len += plain[i].iov_len;
	}
	if (pieces == 1)
		text = pu_bytes(plain[0].iov_base, plain[0].iov_len);
	if (!pu_noise_cipher_seal(&noise->tx, text, (struct pu_bytes){0}, body))
		return 0;
	out[0] = (uint8_t)((text.len + PU_NOISE_TAG_LEN) >> 8);
	out[1] = (uint8_t)(text.len + PU_NOISE_TAG_LEN);
	return PREFIX_LEN + text.len + PU_NOISE_TAG_LEN;
}

/* Noise has no last word. */
static void noise_end(struct pu_secure *secure)
{
	noise_of(secure)->ended = true;
}

static const struct pu_secure_result *noise_result(const struct pu_secure *secure)
{
	return &((const struct pu_noise *)secure)->result;
}

static void noise_free(struct pu_secure *secure)
{
	struct pu_noise *noise = noise_of(secure);

	end_handshake(noise);
	pu_buffer_fini(&noise->output);
	sodium_memzero(noise, sizeof(*noise));
	pu_free(noise);
}

static const struct pu_secure_ops ops = {
    .read = noise_read,
    .output = noise_output,
    .written = noise_written,
    .seal = noise_seal,
    .end = noise_end,
    .result = noise_result,
    .free = noise_free,
    .record_plain_max = PU_SECURE_PLAIN_MAX,
    .overhead = PREFIX_LEN + PU_NOISE_TAG_LEN,
};

struct pu_secure *pu_noise_new(const struct pu_noise_identity *identity,
                               const struct pu_secure_config *config)
{
	struct pu_noise *noise = PU_NEW(struct pu_noise);
	struct handshake *handshake = PU_NEW(struct handshake);
	struct pu_noise_pair e;

	noise->base.ops = &ops;
	noise->handshake = handshake;
	noise->result.text = "";
	pu_buffer_init(&noise->output, OUTPUT_MAX);
	handshake->identity = identity;
	handshake->config = *config;
	if (config->expected != NULL)
		handshake->expected = *config->expected;
	pu_noise_pair_generate(&e);
	pu_noise_xx_init(&handshake->xx, config->initiator, (struct pu_bytes){0}, &identity->pair,
	                 &e);
	sodium_memzero(&e, sizeof(e));
	if (config->initiator && speak(noise) != PU_OK)
		fail(noise, PU_EINTERNAL, "cannot begin a handshake");
	return &noise->base;
}
