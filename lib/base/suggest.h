/* "Did you mean ...?" for mistyped keys and commands. */
#ifndef PU_BASE_SUGGEST_H
#define PU_BASE_SUGGEST_H

#include <stddef.h>

enum { PU_SUGGEST_MAX = 64 }; /* longer words are not compared */

struct pu_suggest {
	const char *typed; /* borrowed */
	size_t distance;   /* of `best`; more than this is no suggestion */
	char best[PU_SUGGEST_MAX];
};

void pu_suggest_begin(struct pu_suggest *suggest, const char *typed);
/* Offers the first `len` bytes of `word`. Case does not count. */
void pu_suggest_offer(struct pu_suggest *suggest, const char *word, size_t len);
/* The closest word offered, or NULL when none is close (one change in three letters). */
const char *pu_suggest_best(const struct pu_suggest *suggest);

#endif
