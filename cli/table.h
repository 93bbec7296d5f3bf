/* Aligned columns for people. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum cli_style {
	CLI_PLAIN,
	CLI_GOOD,
	CLI_BAD,
	CLI_UNSURE,
	CLI_FAINT,
	CLI_TITLE,
};

/* The escape that starts a style, or "" without colours; "\033[0m" ends it. */
const char *cli_style_begin(enum cli_style style, bool color);
const char *cli_style_end(bool color);

struct cli_table;

/* heads: a head that begins with '>' stands at the right of its column. */
struct cli_table *cli_table_new(const char *const *heads, size_t columns);
void cli_table_free(struct cli_table *table);
/* Adds the next cell, row by row. Text is cleaned for the terminal; "" is shown as "-". */
void cli_table_cell(struct cli_table *table, enum cli_style style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
size_t cli_table_rows(const struct cli_table *table);
void cli_table_print(const struct cli_table *table, FILE *out, unsigned indent, bool color);

#endif
