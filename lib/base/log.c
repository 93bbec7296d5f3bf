/* Knows how a format of key=value pairs becomes a line: it walks the format itself, one
 * conversion at a time, so that no value can pose as another field. */
#include "base/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_line.h"

/* One per process, set at its start; what pu_log_init() was told. */
static struct {
	const char *tag;
	enum pu_log_level level;
	enum pu_log_format format;
} settings = {.tag = "peerup", .level = PU_LOG_INFO};

struct arguments {
	va_list list;
};

/* The text of one value, as far as a line can hold it. */
struct value {
	char text[PU_LOG_LINE_MAX];
	size_t len;
	unsigned parts;
	bool number;
};

void pu_log_init(const char *tag, enum pu_log_level level, enum pu_log_format format)
{
	settings.tag = tag;
	pu_log_set(level, format);
}

void pu_log_set(enum pu_log_level level, enum pu_log_format format)
{
	settings.level = level;
	settings.format = format;
}

enum pu_log_level pu_log_level(void)
{
	return settings.level;
}

/* The largest of the lengths h, hh, l, ll, z, j, t that a conversion names. */
enum width { WIDTH_INT, WIDTH_LONG, WIDTH_LONG_LONG, WIDTH_SIZE, WIDTH_MAX, WIDTH_PTRDIFF };

/* One conversion of the format, with its stars replaced. */
struct conversion {
	char spec[32];
	size_t len;
	enum width width;
	char type; /* 0 = the format is broken */
};

static void spec_put(struct conversion *conv, char c)
{
	if (conv->len < sizeof(conv->spec) - 1)
		conv->spec[conv->len++] = c;
	conv->spec[conv->len] = '\0';
}

static void spec_star(struct conversion *conv, int number)
{
	char digits[16];

	snprintf(digits, sizeof(digits), "%d", number);
	for (const char *digit = digits; *digit != '\0'; digit++)
		spec_put(conv, *digit);
}

static void spec_length(struct conversion *conv, char c)
{
	static const struct {
		char letter;
		enum width width;
	} lengths[] = {{'z', WIDTH_SIZE}, {'j', WIDTH_MAX}, {'t', WIDTH_PTRDIFF}};

	if (c == 'l')
		conv->width = conv->width == WIDTH_LONG ? WIDTH_LONG_LONG : WIDTH_LONG;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		if (lengths[i].letter == c)
			conv->width = lengths[i].width;
	}
}

/* `fmt` stands behind the '%'; answers what follows the conversion. */
static const char *parse_conversion(const char *fmt, struct arguments *args,
                                    struct conversion *conv)
{
	*conv = (struct conversion){.spec = "%", .len = 1};
	for (; *fmt != '\0'; fmt++) {
		if (*fmt == '*') {
			spec_star(conv, va_arg(args->list, int));
			continue;
		}
		spec_put(conv, *fmt);
		if (strchr("hlzjt", *fmt) != NULL)
			spec_length(conv, *fmt);
		else if (strchr("-+ #0123456789.", *fmt) == NULL)
			break;
	}
	conv->type = *fmt;
	return *fmt != '\0' ? fmt + 1 : fmt;
}

/* The conversions were checked against their arguments where the format stands. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static int print_integer(char *out, size_t room, const struct conversion *conv,
                         struct arguments *args)
{
	switch (conv->width) {
	case WIDTH_INT:
		return snprintf(out, room, conv->spec, va_arg(args->list, int));
	case WIDTH_LONG:
		return snprintf(out, room, conv->spec, va_arg(args->list, long));
	case WIDTH_LONG_LONG:
		return snprintf(out, room, conv->spec, va_arg(args->list, long long));
	case WIDTH_SIZE:
		return snprintf(out, room, conv->spec, va_arg(args->list, size_t));
	case WIDTH_MAX:
		return snprintf(out, room, conv->spec, va_arg(args->list, intmax_t));
	case WIDTH_PTRDIFF:
		return snprintf(out, room, conv->spec, va_arg(args->list, ptrdiff_t));
	}
	return -1;
}

static int print_string(char *out, size_t room, const struct conversion *conv, const char *text)
{
	return snprintf(out, room, conv->spec, text != NULL ? text : "(null)");
}

static int print_conversion(char *out, size_t room, const struct conversion *conv,
                            struct arguments *args)
{
	if (strchr("diuxXoc", conv->type) != NULL)
		return print_integer(out, room, conv, args);
	if (conv->type == 's')
		return print_string(out, room, conv, va_arg(args->list, const char *));
	if (conv->type == 'p')
		return snprintf(out, room, conv->spec, va_arg(args->list, void *));
	if (strchr("fFeEgG", conv->type) != NULL)
		return snprintf(out, room, conv->spec, va_arg(args->list, double));
	return snprintf(out, room, "%%");
}
#pragma GCC diagnostic pop

static const char *value_convert(struct value *value, const char *fmt, struct arguments *args)
{
	struct conversion conv;
	size_t room = sizeof(value->text) - value->len;
	int len;

	fmt = parse_conversion(fmt, args, &conv);
	if (conv.type == '\0')
		return fmt;
	len = print_conversion(value->text + value->len, room, &conv, args);
	if (len > 0)
		value->len += (size_t)len < room ? (size_t)len : room - 1;
	value->number = value->parts++ == 0 && strchr("diufFgG", conv.type) != NULL;
	return fmt;
}

/* Prints what stands up to the next space of the format. */
static const char *value_print(struct value *value, const char *fmt, struct arguments *args)
{
	value->len = 0;
	value->parts = 0;
	value->number = false;
	while (*fmt != '\0' && *fmt != ' ') {
		if (*fmt == '%') {
			fmt = value_convert(value, fmt + 1, args);
			continue;
		}
		if (value->len < sizeof(value->text) - 1)
			value->text[value->len++] = *fmt;
		value->parts++;
		value->number = false;
		fmt++;
	}
	return fmt;
}

static void add_fields(struct pu_log_line *line, const char *fmt, struct arguments *args)
{
	struct value value;

	while (*fmt != '\0') {
		size_t key_len = strcspn(fmt, "= %");
		struct pu_bytes key = pu_bytes(fmt, key_len);

		if (fmt[key_len] == '=')
			fmt += key_len + 1;
		else
			key = pu_bytes_of_str("msg");
		fmt = value_print(&value, fmt, args);
		pu_log_line_add(line, key, pu_bytes(value.text, value.len), value.number);
		fmt += *fmt == ' ';
	}
}

static void add_text(struct pu_log_line *line, const char *key, const char *text)
{
	pu_log_line_add(line, pu_bytes_of_str(key), pu_bytes_of_str(text), false);
}

/* RFC 3339, UTC, milliseconds. */
static void add_time(struct pu_log_line *line)
{
	uint64_t now_ms = pu_unix_ms();
	time_t seconds = (time_t)(now_ms / 1000);
	struct tm utc;
	char date[32], stamp[48];

	gmtime_r(&seconds, &utc);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(stamp, sizeof(stamp), "%s.%03uZ", date, (unsigned)(now_ms % 1000));
	add_text(line, "ts", stamp);
}

static void write_line(const char *level, const char *event, const char *fmt, va_list list)
{
	struct pu_log_line line;
	struct arguments args;
	ssize_t ignored;

	pu_log_line_begin(&line, settings.format);
	add_time(&line);
	add_text(&line, "level", level);
	add_text(&line, "tag", settings.tag);
	add_text(&line, "event", event);
	va_copy(args.list, list);
	add_fields(&line, fmt, &args);
	va_end(args.list);
	pu_log_line_end(&line);
	/* A log that cannot be written must not stop the work. */
	ignored = write(STDERR_FILENO, line.text, line.len);
	(void)ignored;
}

void pu_log_write(enum pu_log_level level, const char *event, const char *fmt, ...)
{
	static const char *const names[] = {"error", "warn", "info", "debug", "trace"};
	va_list args;

	va_start(args, fmt);
	write_line(names[level], event, fmt, args);
	va_end(args);
}

void pu_fatal(const char *event, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	write_line("fatal", event, fmt, args);
	va_end(args);
	exit(1);
}
