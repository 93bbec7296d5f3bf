/* The XX handshake pattern of Noise, of any prologue and payloads (The Noise Protocol
 * Framework, revision 34, sections 5.3 and 7.5):
 *
 *     -> e
 *     <- e, ee, s, es
 *     -> s, se */
#ifndef PU_SECURE_NOISE_XX_H
#define PU_SECURE_NOISE_XX_H

#include "p2p/writer.h"
#include "secure/noise_symmetric.h"

#define PU_NOISE_XX_MESSAGES 3
/* Most bytes that a message is longer than its payload. */
#define PU_NOISE_XX_OVERHEAD (2 * PU_NOISE_KEY_LEN + 2 * PU_NOISE_TAG_LEN)

struct pu_noise_pair {
	uint8_t secret[PU_NOISE_KEY_LEN], public_key[PU_NOISE_KEY_LEN];
};

struct pu_noise_xx {
	struct pu_noise_symmetric symmetric;
	const struct pu_noise_pair *s; /* borrowed */
	struct pu_noise_pair e;
	uint8_t re[PU_NOISE_KEY_LEN], rs[PU_NOISE_KEY_LEN];
	bool initiator;
	uint8_t next; /* message, from 0 */
};

void pu_noise_pair_generate(struct pu_noise_pair *pair);
void pu_noise_pair_from_secret(struct pu_noise_pair *pair,
                               const uint8_t secret[PU_NOISE_KEY_LEN]);

/* `e` is used once and never again; copied. */
void pu_noise_xx_init(struct pu_noise_xx *xx, bool initiator, struct pu_bytes prologue,
                      const struct pu_noise_pair *s, const struct pu_noise_pair *e);
/* The next message. PU_ECRYPTO: a public key of the peer has no order. PU_ELIMIT: `out` is too
 * small. */
enum pu_err pu_noise_xx_write(struct pu_noise_xx *xx, struct pu_bytes payload,
                              struct pu_writer *out) PU_MUST_CHECK;
/* The peer's. `payload` has message.len bytes. PU_ETRUNCATED, PU_ECRYPTO. */
enum pu_err pu_noise_xx_read(struct pu_noise_xx *xx, struct pu_bytes message, uint8_t *payload,
                             size_t *payload_len) PU_MUST_CHECK;
/* After the last message. */
void pu_noise_xx_split(const struct pu_noise_xx *xx, struct pu_noise_cipher *tx,
                       struct pu_noise_cipher *rx);
void pu_noise_xx_fini(struct pu_noise_xx *xx);

#endif
