/* Knows the units of time and of size, and how to add them up without overflow. */
#include "base/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

static const struct {
	const char *name;
	uint64_t ns;
} time_units[] = {
    {"h", 3600 * PU_NS_PER_S},
    {"m", 60 * PU_NS_PER_S},
    {"s", PU_NS_PER_S},
    {"ms", PU_NS_PER_MS},
    {"us", PU_NS_PER_US},
    {"\xc2\xb5s", PU_NS_PER_US},
    {"ns", 1},
};
enum { TIME_UNITS = sizeof(time_units) / sizeof(time_units[0]) };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* value = value * factor + term; false when that passes 2^63 - 1. */
static bool accumulate(uint64_t *value, uint64_t factor, uint64_t term)
{
	uint64_t result;

	if (__builtin_mul_overflow(*value, factor, &result) ||
	    __builtin_add_overflow(result, term, &result) || result > INT64_MAX)
		return false;
	*value = result;
	return true;
}

/* "12.5": whole and fraction = nine digits. Advances *text; false when it is no number. */
static enum pu_err parse_number(const char **text, uint64_t *whole, uint64_t *nanos)
{
	uint64_t scale = PU_NS_PER_S;
	const char *at = *text;

	*whole = *nanos = 0;
	for (; is_digit(*at); at++) {
		if (!accumulate(whole, 10, (uint64_t)(*at - '0')))
			return PU_ELIMIT;
	}
	if (at == *text)
		return PU_EMALFORMED;
	if (*at == '.') {
		if (!is_digit(*++at))
			return PU_EMALFORMED;
		for (; is_digit(*at); at++) {
			scale /= 10;
			*nanos += scale * (uint64_t)(*at - '0');
		}
	}
	*text = at;
	return PU_OK;
}

static uint64_t parse_time_unit(const char **text)
{
	size_t len = strcspn(*text, "0123456789.");

	for (size_t i = 0; i < TIME_UNITS; i++) {
		if (strlen(time_units[i].name) == len && strncmp(time_units[i].name, *text, len) == 0) {
			*text += len;
			return time_units[i].ns;
		}
	}
	return 0;
}

static enum pu_err add_part(const char **text, uint64_t *total_ns)
{
	uint64_t whole, nanos, unit_ns;
	enum pu_err err = parse_number(text, &whole, &nanos);

	if (err != PU_OK)
		return err;
	unit_ns = parse_time_unit(text);
	if (unit_ns == 0)
		return PU_EMALFORMED;
	/* unit_ns is at most 3.6e12 and nanos below 1e9: split so that it fits. */
	nanos = nanos * (unit_ns / PU_NS_PER_S) + nanos * (unit_ns % PU_NS_PER_S) / PU_NS_PER_S;
	if (!accumulate(&whole, unit_ns, nanos) || !accumulate(total_ns, 1, whole))
		return PU_ELIMIT;
	return PU_OK;
}

enum pu_err pu_duration_parse(const char *text, uint64_t *ms)
{
	uint64_t total_ns = 0;

	if (strcmp(text, "0") != 0) {
		do {
			enum pu_err err = add_part(&text, &total_ns);

			if (err != PU_OK)
				return err;
		} while (*text != '\0');
	}
	if (total_ns % PU_NS_PER_MS != 0)
		return PU_EMALFORMED;
	*ms = total_ns / PU_NS_PER_MS;
	return PU_OK;
}

void pu_duration_print(char out[PU_UNIT_TEXT_MAX], uint64_t ms)
{
	size_t len = 0;

	snprintf(out, PU_UNIT_TEXT_MAX, "0s");
	for (size_t i = 0; time_units[i].ns >= PU_NS_PER_MS; i++) {
		uint64_t unit_ms = time_units[i].ns / PU_NS_PER_MS;

		if (ms < unit_ms)
			continue;
		len += (size_t)snprintf(out + len, PU_UNIT_TEXT_MAX - len, "%llu%s",
		                        (unsigned long long)(ms / unit_ms), time_units[i].name);
		ms %= unit_ms;
	}
}

static const char size_letters[] = "KMGT";

/* How often 1024 the unit stands for; -1 = no unit. */
static int parse_size_unit(const char *unit)
{
	const char *letter;

	if (unit[0] == '\0' || strcasecmp(unit, "B") == 0)
		return 0;
	letter = strchr(size_letters, unit[0] & ~0x20);
	if (letter == NULL || *letter == '\0')
		return -1;
	if (unit[1] != '\0' && strcasecmp(unit + 1, "B") != 0 && strcasecmp(unit + 1, "iB") != 0)
		return -1;
	return (int)(letter - size_letters) + 1;
}

enum pu_err pu_size_parse(const char *text, uint64_t *bytes)
{
	uint64_t value, fraction;
	enum pu_err err;
	int power;

	if (strchr(text, '.') != NULL)
		return PU_EMALFORMED;
	err = parse_number(&text, &value, &fraction);
	if (err != PU_OK)
		return err;
	text += strspn(text, " ");
	power = parse_size_unit(text);
	if (power < 0)
		return PU_EMALFORMED;
	for (; power > 0; power--) {
		if (!accumulate(&value, 1024, 0))
			return PU_ELIMIT;
	}
	*bytes = value;
	return PU_OK;
}

void pu_size_print(char out[PU_UNIT_TEXT_MAX], uint64_t bytes)
{
	size_t power = 0;

	while (bytes != 0 && bytes % 1024 == 0 && power < strlen(size_letters)) {
		bytes /= 1024;
		power++;
	}
	if (power == 0)
		snprintf(out, PU_UNIT_TEXT_MAX, "%lluB", (unsigned long long)bytes);
	else
		snprintf(out, PU_UNIT_TEXT_MAX, "%llu%cB", (unsigned long long)bytes,
		         size_letters[power - 1]);
}
