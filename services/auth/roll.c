/* Knows which reading of authorized_keys is in force, and what a failed one means. */
#include "roll.h"

#include <sodium.h>
#include <string.h>

static void digest_of(struct pu_bytes text, uint8_t out[AUTH_ROLL_DIGEST_LEN])
{
	crypto_generichash(out, AUTH_ROLL_DIGEST_LEN, text.data, text.len, NULL, 0);
}

/* An empty text always parses: there is nothing in it that could exceed a bound. */
static struct pu_authorized_keys *nobody(void)
{
	struct pu_authorized_keys *keys = NULL;
	enum pu_err err = pu_authorized_keys_parse(pu_bytes(NULL, 0), &keys);

	(void)err;
	return keys;
}

void auth_roll_init(struct auth_roll *roll, uint64_t first_generation)
{
	*roll = (struct auth_roll){.keys = nobody(), .generation = first_generation};
	digest_of(pu_bytes(NULL, 0), roll->digest);
}

void auth_roll_fini(struct auth_roll *roll)
{
	pu_authorized_keys_free(roll->keys);
	roll->keys = NULL;
}

static bool is_lasting(enum pu_err err)
{
	return err == PU_ENOTFOUND || err == PU_EPERM || err == PU_EINVAL || err == PU_ELIMIT;
}

bool auth_roll_is_doubtful(const struct auth_roll *roll)
{
	return roll->state != PU_OK && !is_lasting(roll->state);
}

bool auth_roll_take(struct auth_roll *roll, enum pu_err err, struct pu_bytes text,
                    struct pu_authorized_keys **before)
{
	struct pu_authorized_keys *keys = NULL;
	uint8_t digest[AUTH_ROLL_DIGEST_LEN];

	if (err == PU_OK)
		err = pu_authorized_keys_parse(text, &keys);
	roll->state = err;
	if (auth_roll_is_doubtful(roll))
		return false;
	if (err != PU_OK) {
		keys = nobody();
		text = pu_bytes(NULL, 0);
	}
	digest_of(text, digest);
	if (memcmp(digest, roll->digest, sizeof(digest)) == 0) {
		pu_authorized_keys_free(keys);
		return false;
	}
	memcpy(roll->digest, digest, sizeof(digest));
	if (before != NULL)
		*before = roll->keys;
	else
		pu_authorized_keys_free(roll->keys);
	roll->keys = keys;
	roll->generation++;
	return true;
}

bool auth_roll_expire(struct auth_roll *roll, uint64_t from_ms, uint64_t now_ms)
{
	uint64_t next_ms = pu_authorized_keys_next_expiry(roll->keys, from_ms);

	if (next_ms == 0 || next_ms > now_ms)
		return false;
	roll->generation++;
	return true;
}
