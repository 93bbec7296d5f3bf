/* Knows which reading of authorized_keys is in force, what a failed one means, and whose time
 * has run out by a clock that may be set. */
#include "roll.h"

#include <sodium.h>
#include <string.h>

/* A clock that is slewed runs this much slower between two looks, and nobody has set it back.
 */
#define CLOCK_SLACK_MS 250

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

void auth_roll_init(struct auth_roll *roll, struct auth_moment now)
{
	*roll = (struct auth_roll){.keys = nobody(), .generation = now.unix_ms, .looked = now};
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

static uint64_t earlier(uint64_t a_ms, uint64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

/* The earliest that the clock may have shown since the last look. */
static uint64_t earliest_since(const struct auth_moment *looked, struct auth_moment now)
{
	uint64_t elapsed_ms = now.mono_ms - looked->mono_ms;
	uint64_t began_ms = now.unix_ms > elapsed_ms ? now.unix_ms - elapsed_ms : 0;

	return began_ms + CLOCK_SLACK_MS < looked->unix_ms ? began_ms : looked->unix_ms;
}

bool auth_roll_expire(struct auth_roll *roll, struct auth_moment now)
{
	uint64_t next_ms =
	    pu_authorized_keys_next_expiry(roll->keys, earliest_since(&roll->looked, now));

	roll->looked = now;
	if (next_ms == 0 || next_ms > now.unix_ms)
		return false;
	roll->generation++;
	return true;
}

/* Also one that has passed makes us look: the clock may be set back to before it. */
uint64_t auth_roll_look_in_ms(const struct auth_roll *roll, struct auth_moment now)
{
	const struct auth_moment *looked = &roll->looked;
	uint64_t elapsed_ms = now.mono_ms - looked->mono_ms;
	uint64_t wait_ms = elapsed_ms < AUTH_ROLL_LOOK_MS ? AUTH_ROLL_LOOK_MS - elapsed_ms : 0;
	uint64_t next_ms;

	if (pu_authorized_keys_next_expiry(roll->keys, 0) == 0)
		return AUTH_ROLL_NEVER;
	next_ms = pu_authorized_keys_next_expiry(roll->keys, earlier(looked->unix_ms, now.unix_ms));
	if (next_ms == 0)
		return wait_ms;
	return earlier(wait_ms, next_ms > now.unix_ms ? next_ms - now.unix_ms : 0);
}
