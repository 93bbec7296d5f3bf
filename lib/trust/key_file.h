/* The identity key on disk: the raw bytes of a libp2p PrivateKey message (libp2p specs,
 * peer-ids/peer-ids.md), in a file that only its owner may touch. */
#ifndef PU_TRUST_KEY_FILE_H
#define PU_TRUST_KEY_FILE_H

#include "base/error.h"
#include "p2p/key.h"

/* Reads the key; the caller ends it with pu_key_fini(). PU_ENOTFOUND: no such file.
 * PU_EPERM: group or others have some access, or we may not read it. PU_ELIMIT: over
 * PU_KEY_FILE_MAX. PU_EIO: the disk or the machine fails. PU_EMALFORMED, PU_ETRUNCATED,
 * PU_EUNSUPPORTED, PU_ECRYPTO: as pu_key_decode(). */
enum pu_err pu_key_file_load(const char *path, struct pu_key *key) PU_MUST_CHECK;

/* A sentence fragment for people that says what is wrong with the key file and what to
 * do, for an error of pu_key_file_load(): "is missing: run `peerup init`". */
const char *pu_key_file_advice(enum pu_err err);

/* Makes a new key and writes it (mode 0600), also to *key. Under the file's lock.
 * PU_EEXIST: something is there already, whatever it is; it is not touched. */
enum pu_err pu_key_file_create(const char *path, struct pu_key *key) PU_MUST_CHECK;

/* Writes a key that came from elsewhere (import, recovery), in the same way: never over
 * something that exists. */
enum pu_err pu_key_file_save(const char *path, const struct pu_key *key) PU_MUST_CHECK;

#endif
