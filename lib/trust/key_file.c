/* Knows how the identity key gets on and off the disk without being copied, overwritten or
 * readable by others. */
#include "trust/key_file.h"

#include <sodium.h>

#include "base/buffer.h"
#include "base/file.h"
#include "trust/limits.h"

enum pu_err pu_key_file_load(const char *path, struct pu_key *key)
{
	struct pu_buffer file;
	enum pu_err err;

	/* All of it is reserved before reading, so that growing leaves no copy behind. */
	pu_buffer_init(&file, PU_KEY_FILE_MAX);
	err = pu_buffer_reserve(&file, PU_KEY_FILE_MAX);
	if (err == PU_OK)
		err = pu_file_read(path, true, &file);
	if (err == PU_OK)
		err = pu_key_decode(key, pu_buffer_bytes(&file));
	sodium_memzero(file.data, file.cap);
	pu_buffer_fini(&file);
	return err;
}

const char *pu_key_file_advice(enum pu_err err)
{
	if (err == PU_ENOTFOUND)
		return "is missing: run `peerup init`";
	if (err == PU_EPERM)
		return "must be readable by its owner alone: run `chmod 600` on it, and make sure that "
		       "it belongs to the user who runs peerup";
	if (err == PU_EUNSUPPORTED)
		return "holds a key that is not Ed25519";
	if (err == PU_ECRYPTO)
		return "is damaged: its two halves do not belong together";
	if (err == PU_EMALFORMED || err == PU_ETRUNCATED || err == PU_ELIMIT || err == PU_EINVAL)
		return "is not a libp2p private key";
	return "cannot be read";
}

/* Whatever cannot be told to be absent counts as being there. */
static enum pu_err require_absent(const char *path)
{
	struct pu_buffer file;
	enum pu_err err;

	pu_buffer_init(&file, 0);
	err = pu_file_read(path, false, &file);
	pu_buffer_fini(&file);
	return err == PU_ENOTFOUND ? PU_OK : PU_EEXIST;
}

enum pu_err pu_key_file_save(const char *path, const struct pu_key *key)
{
	uint8_t pb[PU_ED25519_PRIVATE_PB_LEN];
	struct pu_file_lock lock;
	enum pu_err err = pu_file_lock(&lock, path, PU_TRUST_LOCK_MS);

	if (err != PU_OK)
		return err;
	err = require_absent(path);
	if (err == PU_OK) {
		pu_key_encode(key, pb);
		err = pu_file_write(path, pu_bytes(pb, sizeof(pb)));
		sodium_memzero(pb, sizeof(pb));
	}
	pu_file_unlock(&lock);
	return err;
}

enum pu_err pu_key_file_create(const char *path, struct pu_key *key)
{
	struct pu_key made;
	enum pu_err err;

	pu_key_generate(&made);
	err = pu_key_file_save(path, &made);
	if (err == PU_OK)
		*key = made;
	pu_key_fini(&made);
	return err;
}
