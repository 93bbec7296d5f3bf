/* Knows RFC 3339 and the Gregorian calendar, without the C library's time zones. */
#include "trust/rfc3339.h"

#include <stdio.h>

enum {
	MS_PER_S = 1000,
	S_PER_MINUTE = 60,
	S_PER_HOUR = 3600,
	S_PER_DAY = 86400,
	/* A cycle of the calendar, and the days from 0000-03-01 to 1970-01-01. */
	YEARS_PER_CYCLE = 400,
	DAYS_PER_CYCLE = 146097,
	DAYS_TO_EPOCH = 719468,
	YEAR_LEN = 4,
	FIELD_LEN = 2,
	FRACTION_DIGITS = 3,
};

struct date {
	unsigned year, month, day;
};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Takes exactly `len` digits off `in`. */
static bool take_number(struct pu_bytes *in, size_t len, unsigned *out)
{
	unsigned value = 0;

	if (in->len < len)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(in->data[i]))
			return false;
		value = value * 10 + (unsigned)(in->data[i] - '0');
	}
	*in = pu_bytes(in->data + len, in->len - len);
	*out = value;
	return true;
}

/* Takes one of the characters of `set` off `in`. */
static bool take_one(struct pu_bytes *in, const char *set, char *out)
{
	if (in->len == 0 || in->data[0] == '\0' || strchr(set, in->data[0]) == NULL)
		return false;
	if (out != NULL)
		*out = (char)in->data[0];
	*in = pu_bytes(in->data + 1, in->len - 1);
	return true;
}

static bool is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % YEARS_PER_CYCLE == 0;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year) ? 1U : 0U);
}

/* Days since 1970-01-01. Years are counted from March, so that the leap day comes last. */
static int64_t days_of_date(struct date date)
{
	int64_t year = (int64_t)date.year - (date.month <= 2 ? 1 : 0);
	int64_t cycle = (year >= 0 ? year : year - (YEARS_PER_CYCLE - 1)) / YEARS_PER_CYCLE;
	int64_t year_of_cycle = year - cycle * YEARS_PER_CYCLE;
	int64_t month = (date.month + 9) % 12;
	int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;

	return cycle * DAYS_PER_CYCLE + year_of_cycle * 365 + year_of_cycle / 4 -
	       year_of_cycle / 100 + day_of_year - DAYS_TO_EPOCH;
}

static struct date date_of_days(uint64_t days)
{
	uint64_t shifted = days + DAYS_TO_EPOCH;
	uint64_t cycle = shifted / DAYS_PER_CYCLE;
	uint64_t day = shifted % DAYS_PER_CYCLE;
	uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	uint64_t day_of_year = day - (365 * year + year / 4 - year / 100);
	uint64_t month = (5 * day_of_year + 2) / 153;
	bool next_year = month >= 10;

	return (struct date){
	    .year = (unsigned)(year + cycle * YEARS_PER_CYCLE + (next_year ? 1 : 0)),
	    .month = (unsigned)(next_year ? month - 9 : month + 3),
	    .day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1),
	};
}

static bool take_date(struct pu_bytes *in, struct date *date)
{
	if (!take_number(in, YEAR_LEN, &date->year) || !take_one(in, "-", NULL) ||
	    !take_number(in, FIELD_LEN, &date->month) || !take_one(in, "-", NULL) ||
	    !take_number(in, FIELD_LEN, &date->day))
		return false;
	return date->month >= 1 && date->month <= 12 && date->day >= 1 &&
	       date->day <= days_in_month(date->year, date->month);
}

/* ".123456" to milliseconds; nothing to 0. */
static bool take_fraction(struct pu_bytes *in, unsigned *ms)
{
	unsigned digits = 0, scale = MS_PER_S / 10, value = 0;

	*ms = 0;
	if (!take_one(in, ".", NULL))
		return true;
	for (; in->len > 0 && is_digit(in->data[0]); digits++) {
		if (digits < FRACTION_DIGITS)
			value += (unsigned)(in->data[0] - '0') * scale;
		scale /= 10;
		*in = pu_bytes(in->data + 1, in->len - 1);
	}
	*ms = value;
	return digits > 0;
}

static bool take_time(struct pu_bytes *in, int64_t *ms_of_day)
{
	unsigned hour, minute, second, ms;

	if (!take_number(in, FIELD_LEN, &hour) || !take_one(in, ":", NULL) ||
	    !take_number(in, FIELD_LEN, &minute) || !take_one(in, ":", NULL) ||
	    !take_number(in, FIELD_LEN, &second) || !take_fraction(in, &ms))
		return false;
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	*ms_of_day = (int64_t)(hour * S_PER_HOUR + minute * S_PER_MINUTE + second) * MS_PER_S + ms;
	return true;
}

static bool take_offset(struct pu_bytes *in, int64_t *offset_ms)
{
	unsigned hour, minute;
	int64_t sum_ms;
	char sign;

	*offset_ms = 0;
	if (take_one(in, "Zz", NULL))
		return true;
	if (!take_one(in, "+-", &sign) || !take_number(in, FIELD_LEN, &hour) ||
	    !take_one(in, ":", NULL) || !take_number(in, FIELD_LEN, &minute) || hour > 23 ||
	    minute > 59)
		return false;
	sum_ms = (int64_t)(hour * S_PER_HOUR + minute * S_PER_MINUTE) * MS_PER_S;
	*offset_ms = sign == '-' ? -sum_ms : sum_ms;
	return true;
}

enum pu_err pu_rfc3339_parse(struct pu_bytes text, uint64_t *unix_ms)
{
	struct date date;
	int64_t ms_of_day, offset_ms, ms;

	if (!take_date(&text, &date) || !take_one(&text, "Tt", NULL) ||
	    !take_time(&text, &ms_of_day) || !take_offset(&text, &offset_ms) || text.len > 0)
		return PU_EMALFORMED;
	ms = days_of_date(date) * S_PER_DAY * MS_PER_S + ms_of_day - offset_ms;
	*unix_ms = ms > 0 ? (uint64_t)ms : 0;
	return PU_OK;
}

const char *pu_rfc3339_print(uint64_t unix_ms, char out[PU_RFC3339_TEXT_MAX])
{
	uint64_t ms = unix_ms < PU_RFC3339_MAX_MS ? unix_ms : PU_RFC3339_MAX_MS;
	unsigned second = (unsigned)(ms / MS_PER_S % S_PER_DAY);
	struct date date = date_of_days(ms / MS_PER_S / S_PER_DAY);
	char fraction[] = ".000";

	ms %= MS_PER_S;
	fraction[1] = (char)('0' + ms / 100);
	fraction[2] = (char)('0' + ms / 10 % 10);
	fraction[3] = (char)('0' + ms % 10);
	/* The remainders tell the compiler what the values already are. */
	snprintf(out, PU_RFC3339_TEXT_MAX, "%04u-%02u-%02uT%02u:%02u:%02u%sZ", date.year % 10000,
	         date.month % 100, date.day % 100, second / S_PER_HOUR % 24,
	         second / S_PER_MINUTE % 60, second % 60, ms > 0 ? fraction : "");
	return out;
}
