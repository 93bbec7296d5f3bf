#include "base/log.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static char output[8192];

/* Sends stderr into a pipe; each test has its own process. */
static int capture(void)
{
	int ends[2];

	cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
	cr_assert_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	return ends[0];
}

/* What was written in one write, without the time stamp. */
static const char *written(int fd)
{
	ssize_t len = read(fd, output, sizeof(output) - 1);
	char *level;

	output[len > 0 ? len : 0] = '\0';
	level = strstr(output, "level");
	return level != NULL ? level : output;
}

Test(log, writes_logfmt)
{
	int fd = capture();

	pu_log_init("auth", PU_LOG_INFO, PU_LOG_LOGFMT);
	pu_info("peer.up", "peer=%s rtt_us=%u direct=true", "12D3 Koo", 17U);
	cr_assert_str_eq(written(fd), "level=info tag=auth event=peer.up peer=\"12D3 Koo\" "
	                              "rtt_us=17 direct=true\n");
	cr_assert_eq(strncmp(output, "ts=20", 5), 0);
	cr_assert_eq(output[strlen("ts=2026-11-22T13:28:37.123")], 'Z');
}

Test(log, writes_json)
{
	int fd = capture();

	pu_log_init("auth", PU_LOG_INFO, PU_LOG_JSON);
	pu_error("x", "n=%d f=%.2f s=%s mixed=%s:%u pct=5%%", -3, 1.5, "7", "h", 9U);
	cr_assert_str_eq(written(fd), "level\":\"error\",\"tag\":\"auth\",\"event\":\"x\",\"n\":-3,"
	                              "\"f\":1.50,\"s\":\"7\",\"mixed\":\"h:9\",\"pct\":\"5%\"}\n");
	cr_assert_eq(strncmp(output, "{\"ts\":\"20", 9), 0);
}

Test(log, takes_every_width)
{
	int fd = capture();

	pu_warn("x", "a=%ld b=%llu c=%zu d=%" PRIu64 " e=%hhx f=%.*s g=%jd h=%td i=%c j=%5d", -1L,
	        ~0ULL, SIZE_MAX, UINT64_MAX, (unsigned char)0xab, 2, "abcdef", INTMAX_MIN,
	        (ptrdiff_t)-2, 'c', 42);
	cr_assert_str_eq(written(fd), "level=warn tag=peerup event=x a=-1 b=18446744073709551615 "
	                              "c=18446744073709551615 d=18446744073709551615 e=ab f=ab "
	                              "g=-9223372036854775808 h=-2 i=c j=\"   42\"\n");
}

Test(log, lets_no_value_pose_as_a_field)
{
	int fd = capture();

	pu_info("x", "name=%s next=%d", "a level=error\nts=1", 1);
	cr_assert_str_eq(written(fd), "level=info tag=peerup event=x "
	                              "name=\"a level=error\\nts=1\" next=1\n");
}

Test(log, stays_within_its_bound)
{
	static char value[100000];
	int fd = capture();

	memset(value, 'v', sizeof(value) - 1);
	pu_info("x", "v=%s w=%s", value, value);
	written(fd);
	cr_assert_leq(strlen(output), 4096);
	cr_assert_str_eq(output + strlen(output) - 16, " truncated=true\n");
}

static int evaluated;

static int count(void)
{
	return ++evaluated;
}

Test(log, does_not_evaluate_what_is_off)
{
	int fd = capture();

	pu_log_init("auth", PU_LOG_WARN, PU_LOG_LOGFMT);
	pu_info("x", "n=%d", count());
	cr_assert_eq(evaluated, 0);
	cr_assert_str_eq(written(fd), "");
	pu_log_set(PU_LOG_TRACE, PU_LOG_LOGFMT);
	pu_trace("x", "n=%d", count());
	pu_debug("x", "n=%d", count());
	cr_assert_eq(evaluated, 2);
}

Test(log, takes_text_without_a_key)
{
	int fd = capture();

	pu_info("x", "hello %s", "you");
	cr_assert_str_eq(written(fd), "level=info tag=peerup event=x msg=hello msg=you\n");
	pu_info("x", " a=1");
	cr_assert_not_null(strstr(written(fd), " a=1\n"));
}

Test(log, ends_the_process_when_fatal, .exit_code = 1)
{
	capture();
	pu_fatal("key.unreadable", "path=%s", "k");
}
