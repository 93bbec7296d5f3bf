/* Keys of packets and headers, of which only those in frequent use hold their expanded form (a
 * kilobyte for a packet's): an idle connection, and the keys it prepares for its next key
 * update, hold sixteen bytes each. */
#ifndef PU_QUIC_PACKET_KEY_H
#define PU_QUIC_PACKET_KEY_H

#include "aead/gcm.h"
#include "base/list.h"

/* Packets under one key between two calls of _trim that do not make it a frequent one. */
#define PU_QUIC_KEY_FEW 8

struct pu_quic_keys {
	struct pu_gcm gcm;
	struct pu_list expanded;    /* struct pu_quic_key */
	unsigned epoch;             /* counts calls of _trim */
	struct pu_gcm_key *scratch; /* where the others are expanded for each use */
	struct pu_aes_key header_scratch;
};

struct pu_quic_key;

/* False: this machine has no fast AES-128-GCM. */
bool pu_quic_keys_init(struct pu_quic_keys *keys);
void pu_quic_keys_fini(
    struct pu_quic_keys *keys); /* all keys are gone; accepts zeroed memory */
/* Gives back the expanded form of keys that were little used since the last call. */
void pu_quic_keys_trim(struct pu_quic_keys *keys);

struct pu_quic_key *pu_quic_key_new(struct pu_quic_keys *keys,
                                    const uint8_t raw[PU_GCM_KEY_LEN]);
void pu_quic_key_free(struct pu_quic_key *key); /* wipes; accepts NULL */
/* The expanded form, valid until the next call for any key. */
const struct pu_gcm_key *pu_quic_key_use(struct pu_quic_key *key);
/* The mask of a header (RFC 9001, 5.4.3), of a key that is used for nothing else. */
void pu_quic_key_mask(struct pu_quic_key *key, uint8_t dest[16], const uint8_t sample[16]);

#endif
