/* Knows how mistakes are kept, bounded and shown: file, line, column, key, and what was
 * expected; nothing in them can steer the terminal. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/option.h"
#include "base/utf8.h"

void pu_report_fini(struct pu_report *report)
{
	for (size_t i = 0; i < report->len; i++) {
		pu_free(report->items[i].key);
		pu_free(report->items[i].text);
	}
	pu_free(report->items);
	pu_free(report->path);
	*report = (struct pu_report){0};
}

static bool stands_before(const struct pu_mistake *a, const struct pu_mistake *b)
{
	return a->line < b->line || (a->line == b->line && a->column < b->column);
}

/* Keeps the order of the text: what is missing is noticed after what follows it. */
static void insert(struct pu_report *report, struct pu_mistake mistake)
{
	size_t at = report->len;

	report->items = pu_realloc(report->items, report->len + 1, sizeof(report->items[0]));
	while (at > 0 && stands_before(&mistake, &report->items[at - 1])) {
		report->items[at] = report->items[at - 1];
		at--;
	}
	report->items[at] = mistake;
	report->len++;
}

void pu_report_add(struct pu_report *report, struct pu_mistake where, const char *fmt, ...)
{
	va_list args;
	char text[512];

	report->errors += !where.warning;
	if (report->len == PU_REPORT_MAX) {
		report->dropped++;
		return;
	}
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	where.key = pu_strdup(where.key != NULL ? where.key : "");
	where.text = pu_strdup(text);
	insert(report, where);
}

static enum pu_err append_safe(struct pu_buffer *out, const char *text)
{
	struct pu_bytes rest = pu_bytes_of_str(text);
	enum pu_err err = PU_OK;

	while (err == PU_OK && rest.len > 0) {
		uint32_t code = 0;
		size_t len = pu_utf8_decode(rest, &code);
		size_t used = len > 0 ? len : 1;

		if (len == 0 || pu_utf8_is_control(code))
			err = pu_buffer_append(out, "?", 1);
		else
			err = pu_buffer_append(out, rest.data, len);
		rest = pu_bytes(rest.data + used, rest.len - used);
	}
	return err;
}

static enum pu_err append_place(struct pu_buffer *out, const char *path,
                                const struct pu_mistake *mistake)
{
	enum pu_err err = append_safe(out, path != NULL ? path : "config");

	if (err == PU_OK && mistake->line > 0)
		err = pu_buffer_printf(out, ":%zu:%zu", mistake->line, mistake->column);
	if (err == PU_OK)
		err = pu_buffer_printf(out, ": %s", mistake->warning ? "warning: " : "");
	return err;
}

static enum pu_err append_mistake(struct pu_buffer *out, const char *path,
                                  const struct pu_mistake *mistake)
{
	enum pu_err err = append_place(out, path, mistake);

	if (err == PU_OK)
		err = append_safe(out, mistake->key);
	if (err == PU_OK && mistake->key[0] != '\0')
		err = pu_buffer_append(out, ": ", 2);
	if (err == PU_OK)
		err = append_safe(out, mistake->text);
	return err == PU_OK ? pu_buffer_append(out, "\n", 1) : err;
}

enum pu_err pu_report_print(const struct pu_report *report, struct pu_buffer *out)
{
	for (size_t i = 0; i < report->len; i++) {
		enum pu_err err = append_mistake(out, report->path, &report->items[i]);

		if (err != PU_OK)
			return err;
	}
	if (report->dropped > 0)
		return pu_buffer_printf(out, "... and %zu more\n", report->dropped);
	return PU_OK;
}
