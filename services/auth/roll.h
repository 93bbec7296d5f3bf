/* The authorized_keys in force: what was read last and still counts, and the number that grows
 * whenever that changes.
 *
 * What a reading that fails means:
 *   missing                       nobody is authorised
 *   not ours to read, no file,    nobody is authorised: it cannot be told who would be
 *   too large
 *   anything else (disk, no       the last good one stays in force, and another reading is due
 *   descriptor left, ...)         soon; with no good one before, nobody is authorised */
#ifndef AUTH_ROLL_H
#define AUTH_ROLL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "trust/authorized_keys.h"

#define AUTH_ROLL_DIGEST_LEN 32
#define AUTH_ROLL_LOOK_MS    60000 /* between two looks at the clock, at most: it may be set */
#define AUTH_ROLL_NEVER      UINT64_MAX

/* One look at both clocks. */
struct auth_moment {
	uint64_t unix_ms; /* may be set, forth and back */
	uint64_t mono_ms; /* only ever goes on */
};

struct auth_roll {
	struct pu_authorized_keys *keys; /* never NULL between _init and _fini */
	uint64_t generation;
	enum pu_err state;         /* of the last reading */
	struct auth_moment looked; /* until then it was announced whose time ran out */
	uint8_t digest[AUTH_ROLL_DIGEST_LEN];
};

/* Begins with nobody. The first generation is the time in milliseconds, and so greater than
 * those of earlier processes. */
void auth_roll_init(struct auth_roll *roll, struct auth_moment now);
void auth_roll_fini(struct auth_roll *roll);

/* What a reading gave: the text with PU_OK, or why there is none. Answers whether something
 * changed; then the generation has grown, and *before (which may be NULL) is what was in force,
 * for the caller to free. */
bool auth_roll_take(struct auth_roll *roll, enum pu_err err, struct pu_bytes text,
                    struct pu_authorized_keys **before);
/* The last reading failed in a way that may pass: read again soon. */
bool auth_roll_is_doubtful(const struct auth_roll *roll);

/* When somebody's time ran out since the last look: the generation grows, and the answer is
 * true. Where the clock was set back in between, whose time had run out had some again; it may
 * have run out anew, and is announced anew. */
bool auth_roll_expire(struct auth_roll *roll, struct auth_moment now);
/* How long until auth_roll_expire() is due: at the next expiry, and soon enough for a clock
 * that is set. AUTH_ROLL_NEVER when nobody's time ever runs out. */
uint64_t auth_roll_look_in_ms(const struct auth_roll *roll, struct auth_moment now);

#endif
