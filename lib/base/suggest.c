/* Knows how far two words are apart: insertions, deletions, replacements and swaps of
 * neighbours (the restricted Damerau-Levenshtein distance). */
#include "base/suggest.h"

#include <ctype.h>
#include <string.h>

void pu_suggest_begin(struct pu_suggest *suggest, const char *typed)
{
	*suggest = (struct pu_suggest){.typed = typed, .distance = strlen(typed) / 3 + 1};
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int fold(char c)
{
	return tolower((unsigned char)c);
}

/* Both shorter than PU_SUGGEST_MAX. Rows i-2, i-1 and i of the table take turns. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][PU_SUGGEST_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t cost = fold(a[i - 1]) != fold(b[j - 1]);

			row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + cost);
			if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
			    fold(a[i - 2]) == fold(b[j - 1]))
				row[j] = least(row[j], above2[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

void pu_suggest_offer(struct pu_suggest *suggest, const char *word, size_t len)
{
	size_t typed_len = strlen(suggest->typed), far;

	if (len >= PU_SUGGEST_MAX || typed_len >= PU_SUGGEST_MAX)
		return;
	far = distance(suggest->typed, typed_len, word, len);
	if (far > suggest->distance || (far == suggest->distance && suggest->best[0] != '\0') ||
	    far >= len)
		return;
	suggest->distance = far;
	memcpy(suggest->best, word, len);
	suggest->best[len] = '\0';
}

const char *pu_suggest_best(const struct pu_suggest *suggest)
{
	return suggest->best[0] != '\0' ? suggest->best : NULL;
}
