/* What libp2p puts into Noise's messages 2 and 3: who we are, proved, and which muxers we have
 * (libp2p specs, noise/README.md, "The libp2p Handshake Payload"). */
#ifndef PU_SECURE_NOISE_PAYLOAD_H
#define PU_SECURE_NOISE_PAYLOAD_H

#include "p2p/peer_id.h"
#include "secure/noise.h"
#include "secure/secure.h"

/* PU_ELIMIT: `out` is too small. */
enum pu_err pu_noise_payload_encode(const struct pu_noise_identity *identity,
                                    const struct pu_secure_config *config,
                                    struct pu_writer *out) PU_MUST_CHECK;
/* Reads the peer's, checks that its identity key signed `rs`, and chooses a muxer (NULL: lists
 * missing, or nothing in common). PU_ETRUNCATED, PU_EMALFORMED, PU_ELIMIT, PU_EUNSUPPORTED (a
 * kind of key that we cannot verify), PU_ECRYPTO. */
enum pu_err pu_noise_payload_verify(struct pu_bytes payload, const uint8_t rs[PU_NOISE_KEY_LEN],
                                    const struct pu_secure_config *config,
                                    struct pu_peer_id *peer, const char **muxer) PU_MUST_CHECK;
/* "noise-libp2p-static-key:" and the key. */
void pu_noise_payload_to_sign(const uint8_t key[PU_NOISE_KEY_LEN],
                              uint8_t out[PU_NOISE_TO_SIGN_LEN]);

#endif
