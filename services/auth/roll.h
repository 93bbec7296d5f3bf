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

struct auth_roll {
	struct pu_authorized_keys *keys; /* never NULL between _init and _fini */
	uint64_t generation;
	enum pu_err state; /* of the last reading */
	uint8_t digest[AUTH_ROLL_DIGEST_LEN];
};

/* Begins with nobody. Later generations are greater than the first, which should be greater
 * than those of earlier processes: the time in milliseconds is. */
void auth_roll_init(struct auth_roll *roll, uint64_t first_generation);
void auth_roll_fini(struct auth_roll *roll);

/* What a reading gave: the text with PU_OK, or why there is none. Answers whether something
 * changed; then the generation has grown, and *before (which may be NULL) is what was in force,
 * for the caller to free. */
bool auth_roll_take(struct auth_roll *roll, enum pu_err err, struct pu_bytes text,
                    struct pu_authorized_keys **before);
/* The last reading failed in a way that may pass: read again soon. */
bool auth_roll_is_doubtful(const struct auth_roll *roll);

/* When somebody's time ran out after `from_ms` and until `now_ms`: the generation grows, and
 * the answer is true. Unix times. */
bool auth_roll_expire(struct auth_roll *roll, uint64_t from_ms, uint64_t now_ms);

#endif
