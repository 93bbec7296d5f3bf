/* Text for a terminal: nothing that a peer sends may move the cursor, and people read
 * amounts better than digits. Pure. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define CLI_AMOUNT_MAX 32

/* Replaces control characters and broken UTF-8 by '?', in place. */
void cli_text_clean(char *text);
/* The fields of a JSON object without its braces, `"a":"b","c":1`, become `a=b c=1`, in place.
 * A text that has a space, a quote or a backslash in it, or nothing, keeps its quotes; so do
 * texts within lists and objects. */
void cli_text_of_fields(char *json);
/* As a shell takes it for one word: in quotes unless it needs none. The caller owns it. */
char *cli_text_quoted(const char *text);
/* Columns that clean text takes (one per character). */
size_t cli_text_width(const char *text);

/* Each writes into `out` and returns it. */
const char *cli_text_bytes(uint64_t bytes, char out[CLI_AMOUNT_MAX]);  /* "1.4 MB" */
const char *cli_text_age(uint64_t ms, char out[CLI_AMOUNT_MAX]);       /* "3h 12m", "45s" */
const char *cli_text_rtt(uint64_t us, char out[CLI_AMOUNT_MAX]);       /* "1.234 ms" */
const char *cli_text_time(uint64_t unix_ms, char out[CLI_AMOUNT_MAX]); /* RFC 3339, UTC */

#endif
