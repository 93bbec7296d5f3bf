/* Knows how wide a column must be. */
#include "table.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"
#include "text.h"

struct cell {
	char *text;
	enum cli_style style;
};

struct cli_table {
	size_t columns, len, cap; /* len, cap: cells, the heads included */
	struct cell *cells;
};

const char *cli_style_begin(enum cli_style style, bool color)
{
	static const char *const escapes[] = {
	    [CLI_PLAIN] = "",          [CLI_GOOD] = "\033[32m", [CLI_BAD] = "\033[31m",
	    [CLI_UNSURE] = "\033[33m", [CLI_FAINT] = "\033[2m", [CLI_TITLE] = "\033[1m",
	};

	return color ? escapes[style] : "";
}

const char *cli_style_end(bool color)
{
	return color ? "\033[0m" : "";
}

static void add(struct cli_table *table, enum cli_style style, char *text)
{
	if (table->len == table->cap) {
		table->cap = table->cap == 0 ? 64 : table->cap * 2;
		table->cells = pu_realloc(table->cells, table->cap, sizeof(*table->cells));
	}
	cli_text_clean(text);
	table->cells[table->len++] = (struct cell){text, style};
}

struct cli_table *cli_table_new(const char *const *heads, size_t columns)
{
	struct cli_table *table = PU_NEW(struct cli_table);

	table->columns = columns;
	for (size_t i = 0; i < columns; i++)
		add(table, CLI_FAINT, pu_strdup(heads[i]));
	return table;
}

void cli_table_free(struct cli_table *table)
{
	if (table == NULL)
		return;
	for (size_t i = 0; i < table->len; i++)
		pu_free(table->cells[i].text);
	pu_free(table->cells);
	pu_free(table);
}

void cli_table_cell(struct cli_table *table, enum cli_style style, const char *fmt, ...)
{
	va_list list;
	char *text;
	int len;

	va_start(list, fmt);
	len = vsnprintf(NULL, 0, fmt, list);
	va_end(list);
	text = pu_alloc((size_t)(len > 0 ? len : 0) + 2);
	va_start(list, fmt);
	vsnprintf(text, (size_t)(len > 0 ? len : 0) + 1, fmt, list);
	va_end(list);
	if (text[0] == '\0') {
		text[0] = '-';
		text[1] = '\0';
	}
	add(table, style, text);
}

size_t cli_table_rows(const struct cli_table *table)
{
	return table->len / table->columns - 1;
}

static bool is_right(const struct cli_table *table, size_t column)
{
	return table->cells[column].text[0] == '>';
}

static const char *shown(const struct cli_table *table, size_t i)
{
	return i < table->columns && is_right(table, i) ? table->cells[i].text + 1
	                                                : table->cells[i].text;
}

static size_t column_width(const struct cli_table *table, size_t column)
{
	size_t widest = 0;

	for (size_t i = column; i < table->len; i += table->columns) {
		size_t width = cli_text_width(shown(table, i));

		widest = width > widest ? width : widest;
	}
	return widest;
}

void cli_table_print(const struct cli_table *table, FILE *out, unsigned indent, bool color)
{
	size_t *widths = pu_calloc(table->columns, sizeof(*widths));

	for (size_t column = 0; column < table->columns; column++)
		widths[column] = column_width(table, column);
	for (size_t i = 0; i < table->len; i++) {
		size_t column = i % table->columns;
		bool last = column + 1 == table->columns;
		const char *text = shown(table, i);
		int pad = (int)(widths[column] - cli_text_width(text));

		fprintf(out, "%*s", column == 0 ? (int)indent : 2, "");
		if (is_right(table, column))
			fprintf(out, "%*s", pad, "");
		fprintf(out, "%s%s%s", cli_style_begin(table->cells[i].style, color), text,
		        table->cells[i].style == CLI_PLAIN ? "" : cli_style_end(color));
		if (!is_right(table, column) && !last)
			fprintf(out, "%*s", pad, "");
		if (last)
			fputc('\n', out);
	}
	pu_free(widths);
}
