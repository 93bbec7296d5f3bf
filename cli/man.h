/* Man pages made from the tables of commands, services and configuration options. */
#ifndef CLI_MAN_H
#define CLI_MAN_H

#include <stdbool.h>
#include <stdio.h>

/* "peerup" (section 1), "peerup-supervisor" and the other services (8), "peerup.yaml" (5).
 * False: there is no such page. */
bool cli_man_print(FILE *out, const char *page);

/* ---- for the pages' own files ---- */

void cli_man_head(FILE *out, const char *title, int section, const char *summary);
void cli_man_section(FILE *out, const char *title);
/* Text, escaped for roff; a line of the text is a line of the source. */
void cli_man_text(FILE *out, const char *text);
/* Paragraphs divided by empty lines; one that begins with spaces is shown as it is. */
void cli_man_paragraphs(FILE *out, const char *text);
/* A term, printed bold, and what it means. */
void cli_man_term(FILE *out, const char *term, const char *text);

void cli_man_commands(FILE *out); /* peerup.1 */
void cli_man_config(FILE *out);   /* peerup.yaml.5 */

#endif
