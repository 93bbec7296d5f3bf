#include "trust/authorized_line.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define PEER "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"
#define CID  "bafzaajaiaejcahwr5d5ofrfbis4l5d6uwr57hu5tjodrypfm6yaq6dsc2r2pzyt6"

static struct pu_authorized_line line;
static const char *reason;

static enum pu_authorized_kind parse(const char *text)
{
	reason = NULL;
	return pu_authorized_line_parse(pu_bytes_of_str(text), &line, &reason);
}

static void assert_bytes(struct pu_bytes bytes, const char *expected)
{
	cr_assert(pu_bytes_eq(bytes, pu_bytes_of_str(expected)), "%.*s is not %s", (int)bytes.len,
	          (const char *)bytes.data, expected);
}

static void assert_bad(const char *text, const char *part_of_reason)
{
	cr_assert_eq(parse(text), PU_AUTHORIZED_BAD, "%s", text);
	cr_assert_not_null(strstr(reason, part_of_reason), "%s: %s", text, reason);
}

Test(authorized_line, has_a_peer_attributes_and_a_comment)
{
	cr_assert_eq(parse(PEER "  expires=2027-01-31T12:00:00Z  verified=sha256:0a1b2c3d"
	                        "  # home # really"),
	             PU_AUTHORIZED_PEER);
	assert_bytes(line.peer_text, PEER);
	cr_assert_eq(line.attributes_len, 2);
	assert_bytes(line.attributes[0].text, "expires=2027-01-31T12:00:00Z");
	assert_bytes(line.attributes[1].name, "verified");
	assert_bytes(line.attributes[1].value, "sha256:0a1b2c3d");
	assert_bytes(line.comment, " home # really");
	cr_assert_eq(line.expires_ms, UINT64_C(1801396800000));
}

Test(authorized_line, may_be_a_peer_alone)
{
	cr_assert_eq(parse(PEER), PU_AUTHORIZED_PEER);
	cr_assert_not(line.has_comment);
	cr_assert_eq(line.expires_ms, 0);
	cr_assert_eq(parse("\t " PEER "#"), PU_AUTHORIZED_PEER);
	cr_assert_eq(line.comment.len, 0);
	cr_assert_eq(parse(PEER "\r"), PU_AUTHORIZED_PEER);
}

Test(authorized_line, takes_every_text_form_of_a_peer)
{
	struct pu_peer_id expected;

	cr_assert_eq(pu_peer_id_parse(PEER, &expected), PU_OK);
	cr_assert_eq(parse(CID " # home"), PU_AUTHORIZED_PEER);
	cr_assert(pu_peer_id_eq(&line.peer, &expected));
	assert_bytes(line.peer_text, CID);
}

Test(authorized_line, may_be_blank)
{
	static const char *const blank[] = {"", " ", "\t\r", "#", ("# " PEER), "  # x"};

	for (size_t i = 0; i < sizeof(blank) / sizeof(blank[0]); i++)
		cr_assert_eq(parse(blank[i]), PU_AUTHORIZED_BLANK, "%s", blank[i]);
}

Test(authorized_line, keeps_attributes_that_it_does_not_know)
{
	cr_assert_eq(parse(PEER " role=admin x.y_z-1= group=k=v"), PU_AUTHORIZED_PEER);
	cr_assert_eq(line.attributes_len, 3);
	assert_bytes(line.attributes[1].value, "");
	assert_bytes(line.attributes[2].value, "k=v");
}

Test(authorized_line, is_refused_with_the_reason)
{
	assert_bad("home", "not a peer ID");
	assert_bad("\xef\xbb\xbf" PEER, "not a peer ID");
	assert_bad(PEER " laptop", "not name=value");
	assert_bad(PEER " =x", "name");
	assert_bad(PEER " r\xc3\xb6le=x", "name");
	assert_bad(PEER " role=\x1b[1m", "value");
	assert_bad(PEER " role=\xff", "value");
	assert_bad(PEER " role=a role=b", "twice");
	assert_bad(PEER " expires=tomorrow", "RFC 3339");
	assert_bad(PEER " expires=", "RFC 3339");
}

Test(authorized_line, that_is_bad_still_says_whom_it_is_about)
{
	assert_bad(PEER " expires=tomorrow", "RFC 3339");
	cr_assert(line.has_peer);
	assert_bad("home " PEER, "not a peer ID");
	cr_assert_not(line.has_peer);
}

Test(authorized_line, never_takes_an_old_date_for_no_date)
{
	cr_assert_eq(parse(PEER " expires=1970-01-01T00:00:00Z"), PU_AUTHORIZED_PEER);
	cr_assert_eq(line.expires_ms, 1);
	cr_assert_eq(parse(PEER " expires=0001-01-01T00:00:00Z"), PU_AUTHORIZED_PEER);
	cr_assert_eq(line.expires_ms, 1);
}

Test(authorized_line, has_bounds)
{
	char text[2048];
	int len = snprintf(text, sizeof(text), "%s", PEER);

	for (int i = 0; i < PU_AUTHORIZED_KEYS_ATTRIBUTES_MAX; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, " a%d=", i);
	cr_assert_eq(parse(text), PU_AUTHORIZED_PEER);
	snprintf(text + len, sizeof(text) - (size_t)len, " last=");
	assert_bad(text, "16 attributes");

	snprintf(text, sizeof(text), PEER " a=%0256d", 0);
	cr_assert_eq(parse(text), PU_AUTHORIZED_PEER);
	snprintf(text, sizeof(text), PEER " a=%0257d", 0);
	assert_bad(text, "256 bytes");
	snprintf(text, sizeof(text), PEER " %064d=", 0);
	cr_assert_eq(parse(text), PU_AUTHORIZED_PEER);
	snprintf(text, sizeof(text), PEER " %065d=", 0);
	assert_bad(text, "name");

	len = snprintf(text, sizeof(text), PEER " #");
	snprintf(text + len, sizeof(text) - (size_t)len, "%0*d", PU_AUTHORIZED_KEYS_LINE_MAX - len,
	         0);
	cr_assert_eq(parse(text), PU_AUTHORIZED_PEER);
	snprintf(text + len, sizeof(text) - (size_t)len, "%0*d",
	         PU_AUTHORIZED_KEYS_LINE_MAX - len + 1, 0);
	assert_bad(text, "1024 bytes");
	cr_assert(line.has_peer);
}

Test(authorized_line, is_never_another_peer_when_cut_at_any_byte)
{
	const char *text = PEER "  expires=2027-01-31T12:00:00Z  # home";
	struct pu_peer_id expected;

	cr_assert_eq(pu_peer_id_parse(PEER, &expected), PU_OK);
	for (size_t len = 0; len < strlen(text); len++) {
		enum pu_authorized_kind kind =
		    pu_authorized_line_parse(pu_bytes(text, len), &line, &reason);

		if (kind == PU_AUTHORIZED_PEER)
			cr_assert(pu_peer_id_eq(&line.peer, &expected));
		/* A time that lost its end must not become "for ever". */
		cr_assert(kind != PU_AUTHORIZED_PEER || len <= sizeof(PEER) + 1 ||
		          line.expires_ms == UINT64_C(1801396800000));
	}
}
