#include "table.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char *const heads[] = {"name", ">size", "note"};

static void assert_printed(struct cli_table *table, unsigned indent, bool color,
                           const char *expected)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	cli_table_print(table, out, indent, color);
	fclose(out);
	cr_assert_str_eq(text, expected);
	free(text);
	cli_table_free(table);
}

Test(table, aligns_columns_and_puts_amounts_at_the_right)
{
	struct cli_table *table = cli_table_new(heads, 3);

	cli_table_cell(table, CLI_PLAIN, "gr\xc3\xbcn");
	cli_table_cell(table, CLI_PLAIN, "%d", 5);
	cli_table_cell(table, CLI_PLAIN, "x");
	cli_table_cell(table, CLI_PLAIN, "a");
	cli_table_cell(table, CLI_PLAIN, "12345");
	cli_table_cell(table, CLI_PLAIN, "%s", "");
	cr_assert_eq(cli_table_rows(table), 2);
	assert_printed(table, 2, false,
	               "  name   size  note\n"
	               "  gr\xc3\xbcn      5  x\n"
	               "  a     12345  -\n");
}

Test(table, colours_cells_without_counting_the_escapes)
{
	static const char *const two[] = {"a", "b"};
	struct cli_table *table = cli_table_new(two, 2);

	cli_table_cell(table, CLI_GOOD, "up");
	cli_table_cell(table, CLI_PLAIN, "x");
	assert_printed(table, 0, true,
	               "\033[2ma\033[0m   \033[2mb\033[0m\n"
	               "\033[32mup\033[0m  x\n");
}

Test(table, cleans_what_peers_say)
{
	static const char *const head[] = {"agent"};
	struct cli_table *table = cli_table_new(head, 1);

	cli_table_cell(table, CLI_PLAIN, "%s", "evil\033]0;title\a");
	assert_printed(table, 0, false, "agent\nevil?]0;title?\n");
}
