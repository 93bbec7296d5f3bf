#include "audit.h"

#include <criterion/criterion.h>
#include <string.h>

static struct auth_audit_record record = {
    .unix_ms = UINT64_C(1795348800042),
    .peer = "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq",
    .action = "service",
    .service = "web",
    .address = "/ip4/192.0.2.1/udp/4001/quic-v1",
    .allowed = false,
    .reason = "not in authorized_keys",
};
static struct pu_log_line line;

static void assert_line(const char *expected)
{
	auth_audit_format(&record, &line);
	cr_assert_eq(line.len, strlen(expected), "%.*s", (int)line.len, line.text);
	cr_assert_arr_eq(line.text, expected, line.len, "%.*s", (int)line.len, line.text);
}

Test(auth_audit, has_one_form)
{
	assert_line("{\"time\":\"2026-11-22T12:00:00.042Z\","
	            "\"peer\":\"12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq\","
	            "\"action\":\"service\",\"service\":\"web\","
	            "\"address\":\"/ip4/192.0.2.1/udp/4001/quic-v1\",\"result\":\"deny\","
	            "\"reason\":\"not in authorized_keys\"}\n");
}

Test(auth_audit, keeps_all_fields_when_they_are_empty)
{
	record.service = record.address = record.reason = "";
	record.action = "connect";
	record.allowed = true;
	assert_line("{\"time\":\"2026-11-22T12:00:00.042Z\","
	            "\"peer\":\"12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq\","
	            "\"action\":\"connect\",\"service\":\"\",\"address\":\"\",\"result\":\"allow\","
	            "\"reason\":\"\"}\n");
}

Test(auth_audit, lets_nobody_write_a_second_line)
{
	record.service = "web\"}\n{\"result\":\"allow";
	auth_audit_format(&record, &line);
	cr_assert_eq(memchr(line.text, '\n', line.len), line.text + line.len - 1);
	line.text[line.len] = '\0';
	cr_assert_not_null(strstr(line.text, "web\\\"}\\n{\\\"result"));
}
