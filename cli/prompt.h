/* Questions to the person at the terminal. */
#ifndef CLI_PROMPT_H
#define CLI_PROMPT_H

#include <stdbool.h>
#include <stdio.h>

#define CLI_PROMPT_MAX 256 /* of an answer, with the final NUL */

/* Whether there is somebody to ask: stdin and stderr are terminals. */
bool cli_prompt_possible(void);

/* Writes "<question> [y/N] " and reads a line. Only y and yes mean yes; no line means no. */
bool cli_prompt_yes(FILE *in, FILE *out, const char *question);
/* Writes "<question> [fallback]: " and reads a line without the spaces around it. An empty one
 * is the fallback, which may be "". False: there was no line, or one that is too long. */
bool cli_prompt_line(FILE *in, FILE *out, const char *question, const char *fallback,
                     char answer[CLI_PROMPT_MAX]);

#endif
