/* The service against a host of the test's own: what it answers, publishes and writes. */
#include "auth.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "skeleton/test_host.h"
#include "trust/key_file.h"
#include "trust/rfc3339.h"

#define ALICE "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"
#define BOB   "12D3KooWLU2znyJMtDiHArqAGbZn8CgUGp92kxDBtefftEEaHSZS"

static struct pu_host host;
static struct auth auth;
static struct pu_request request;
static uint64_t generation; /* of the last event */
static char dir[64];
static bool is_started;

/* ---- what the tests say ---- */

static char *in_dir(const char *name)
{
	return pu_asprintf("%s/%s", dir, name);
}

static void write_keys(const char *text)
{
	cr_assert_eq(
	    pu_file_write(host.config.security.authorized_keys_file, pu_bytes_of_str(text)), PU_OK);
}

static void look_at_change(enum pu_msg id, const void *event)
{
	cr_assert_eq(id, PU_MSG_AUTH_CHANGED);
	generation = ((const struct pu_auth_changed *)event)->generation;
}

static void begin(void)
{
	struct pu_key key;

	host.look = look_at_change;
	snprintf(dir, sizeof(dir), "/tmp/auth_test.XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	uv_loop_init(&host.loop);
	host.config.identity.key_file = in_dir("identity.key");
	host.config.security.authorized_keys_file = in_dir("authorized_keys");
	host.config.security.audit_log = in_dir("audit.log");
	host.config.security.enable_connection_gating = true;
	cr_assert_eq(pu_key_file_create(host.config.identity.key_file, &key), PU_OK);
	pu_key_fini(&key);
}

static void start(void)
{
	is_started = true;
	cr_assert_eq(auth_start(&host, &auth), PU_OK);
	cr_assert(host.ready);
}

static void end(void)
{
	static const char *const names[] = {"identity.key", "identity.key.lock", "authorized_keys",
	                                    "authorized_keys.lock", "audit.log"};

	if (is_started)
		auth_stop(&auth);
	uv_run(&host.loop, UV_RUN_DEFAULT);
	cr_assert_eq(uv_loop_close(&host.loop), 0);
	for (size_t i = 0; i < PU_ARRAY_LEN(names); i++) {
		char *path = in_dir(names[i]);

		unlink(path);
		rmdir(path);
		pu_free(path);
	}
	cr_assert_eq(rmdir(dir), 0);
	pu_free(host.config.identity.key_file);
	pu_free(host.config.security.authorized_keys_file);
	pu_free(host.config.security.audit_log);
}

/* Asks the handler of this message; answers the error. */
static enum pu_err ask(enum pu_msg id, const void *message, void (*look)(const void *answer))
{
	request = (struct pu_request){.look = look};
	skeleton_test_handler(auth_handlers, auth_handlers_len, id)
	    ->handle(&auth, &request, message);
	cr_assert(request.answered);
	return request.err;
}

static struct {
	bool allowed, guest;
	char reason[64];
	uint64_t generation;
} verdict;

static void look_at_verdict(const void *answer)
{
	const struct pu_auth_verdict *given = answer;

	verdict.allowed = given->allowed;
	verdict.guest = given->guest;
	verdict.generation = given->generation;
	snprintf(verdict.reason, sizeof(verdict.reason), "%s", given->reason);
}

static void assert_verdict(const char *peer, bool allowed, const char *reason)
{
	const struct pu_auth_check check = {peer, "connect", "", "/ip4/192.0.2.1/udp/1/quic-v1"};

	cr_assert_eq(ask(PU_MSG_AUTH_CHECK, &check, look_at_verdict), PU_OK);
	cr_assert_eq(verdict.allowed, allowed);
	cr_assert_str_eq(verdict.reason, reason);
	cr_assert_eq(verdict.generation, auth.roll.generation);
}

static enum pu_err add(const char *peer, const char *comment, uint64_t expires_ms)
{
	return ask(PU_MSG_AUTH_ADD, &(struct pu_auth_add){peer, comment, expires_ms}, NULL);
}

static enum pu_err del(const char *peer)
{
	return ask(PU_MSG_AUTH_REMOVE, &(struct pu_auth_remove){peer}, NULL);
}

static size_t audit_lines(const char *with)
{
	struct pu_buffer text;
	size_t lines = 0;

	pu_buffer_init(&text, 1 << 20);
	cr_assert_eq(pu_file_read(host.config.security.audit_log, true, &text), PU_OK);
	cr_assert_eq(pu_buffer_append(&text, "", 1), PU_OK);
	for (char *at = strstr((char *)text.data, with); at != NULL; at = strstr(at + 1, with))
		lines++;
	pu_buffer_fini(&text);
	return lines;
}

TestSuite(auth, .init = begin, .fini = end);

/* ---- start and stop ---- */

Test(auth, gives_up_without_a_key_and_says_what_to_do)
{
	cr_assert_eq(unlink(host.config.identity.key_file), 0);
	is_started = true;
	cr_assert_eq(auth_start(&host, &auth), PU_ENOTFOUND);
	cr_assert(host.permanent);
	cr_assert_not(host.ready);
	cr_assert_not_null(strstr(host.failure, "identity.key is missing: run `peerup init`"));
}

Test(auth, gives_up_on_a_key_that_others_may_read)
{
	cr_assert_eq(chmod(host.config.identity.key_file, 0640), 0);
	is_started = true;
	cr_assert_eq(auth_start(&host, &auth), PU_EPERM);
	cr_assert(host.permanent);
	cr_assert_not_null(strstr(host.failure, "chmod 600"));
}

static void look_at_self(const void *answer)
{
	const struct pu_auth_self *self = answer;
	struct pu_public_key key;
	struct pu_peer_id id;
	char text[PU_PEER_ID_TEXT_MAX];

	cr_assert_eq(pu_public_key_decode(self->public_key, &key), PU_OK);
	id = pu_peer_id_of_key(&key);
	cr_assert_str_eq(self->peer_id, pu_peer_id_print(&id, text));
}

Test(auth, says_who_we_are)
{
	start();
	cr_assert_eq(ask(PU_MSG_AUTH_IDENTITY, &(struct pu_auth_identity){0}, look_at_self), PU_OK);
}

Test(auth, tells_late_subscribers_a_few_times_after_the_start)
{
	start();
	while (auth.announced < 1)
		uv_run(&host.loop, UV_RUN_ONCE);
	cr_assert_eq(host.published, 1);
	cr_assert_eq(generation, auth.roll.generation);
}

/* ---- signing ---- */

static void look_at_signature(const void *answer)
{
	const struct pu_auth_signature *signature = answer;

	cr_assert_eq(signature->signature.len, PU_ED25519_SIGNATURE_LEN);
	cr_assert_eq(signature->public_key.len, PU_ED25519_PUBLIC_PB_LEN);
}

Test(auth, signs_for_its_purposes_only)
{
	uint8_t spki[44] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
	struct pu_auth_sign sign = {.purpose = "tls", .payload = pu_bytes(spki, sizeof(spki))};

	start();
	cr_assert_eq(ask(PU_MSG_AUTH_SIGN, &sign, look_at_signature), PU_OK);
	sign.purpose = "letter";
	cr_assert_eq(ask(PU_MSG_AUTH_SIGN, &sign, NULL), PU_EUNSUPPORTED);
	sign.purpose = "record";
	cr_assert_eq(ask(PU_MSG_AUTH_SIGN, &sign, NULL), PU_EINVAL);
	sign.purpose = "voucher";
	cr_assert_eq(ask(PU_MSG_AUTH_SIGN, &sign, NULL), PU_EUNSUPPORTED, "we are no relay");
}

/* ---- deciding ---- */

Test(auth, decides_by_the_file_and_writes_it_down)
{
	write_keys(ALICE "\n");
	start();
	assert_verdict(ALICE, true, "authorized");
	assert_verdict(BOB, false, "not in authorized_keys");
	cr_assert_eq(audit_lines("\"result\":\"allow\""), 1);
	cr_assert_eq(audit_lines("\"peer\":\"" BOB "\",\"action\":\"connect\""), 1);
}

Test(auth, has_guests_while_the_relay_is_open)
{
	struct pu_config old;

	start();
	assert_verdict(BOB, false, "not in authorized_keys");
	old = host.config;
	host.config.relay.serve = host.config.relay.open = true;
	auth_config_changed(&auth, &old);
	cr_assert_eq(host.published, 1);
	assert_verdict(BOB, true, "guest of the open relay");
	cr_assert(verdict.guest);
	old = host.config;
	host.config.relay.serve = false;
	auth_config_changed(&auth, &old);
	cr_assert_eq(host.published, 2);
	assert_verdict(BOB, false, "not in authorized_keys");
	cr_assert_not(verdict.guest);
}

Test(auth, does_not_decide_what_it_does_not_understand)
{
	struct pu_auth_check check = {"somebody", "connect", "", ""};

	start();
	cr_assert_eq(ask(PU_MSG_AUTH_CHECK, &check, NULL), PU_EINVAL);
	check = (struct pu_auth_check){ALICE, "rule", "", ""};
	cr_assert_eq(ask(PU_MSG_AUTH_CHECK, &check, NULL), PU_EINVAL);
	cr_assert_eq(audit_lines("result"), 0);
}

Test(auth, goes_on_deciding_without_an_audit_log)
{
	cr_assert_eq(mkdir(host.config.security.audit_log, 0700), 0);
	start();
	assert_verdict(ALICE, false, "not in authorized_keys");
	cr_assert_eq(auth.audit.lost, 1);
}

Test(auth, notices_a_change_by_hand_and_publishes_it_once)
{
	uint64_t before;

	write_keys(ALICE "\n");
	start();
	uv_timer_stop(&auth.announce);
	before = auth.roll.generation;
	host.published = 0;
	write_keys(BOB "\nbad line\n");
	while (host.published == 0)
		uv_run(&host.loop, UV_RUN_ONCE);
	cr_assert_eq(host.published, 1);
	cr_assert_eq(generation, before + 1);
	assert_verdict(ALICE, false, "not in authorized_keys");
	assert_verdict(BOB, true, "authorized");
}

/* Who is there already at the start did not come, and who is edited by a message has a line. */
Test(auth, writes_down_who_came_and_went_by_other_hands)
{
	write_keys(ALICE "\n");
	start();
	cr_assert_eq(audit_lines("action"), 0);
	write_keys(BOB "\n");
	auth_reload(&auth, NULL);
	cr_assert_eq(audit_lines("\"peer\":\"" ALICE "\",\"action\":\"removed\""), 1);
	cr_assert_eq(audit_lines("\"peer\":\"" BOB "\",\"action\":\"added\""), 1);
	cr_assert_eq(audit_lines("\"reason\":\"authorized_keys changed\""), 2);
	write_keys("");
	cr_assert_eq(add(ALICE, "", 0), PU_OK);
	cr_assert_eq(audit_lines("\"action\":\"removed\""), 2);
	cr_assert_eq(audit_lines("\"action\":\"add\""), 1);
	cr_assert_eq(audit_lines("\"action\":\"added\""), 1);
	cr_assert_eq(unlink(host.config.security.authorized_keys_file), 0);
	auth_reload(&auth, NULL);
	cr_assert_eq(audit_lines("\"action\":\"removed\""), 3);
}

Test(auth, authorises_nobody_while_the_file_cannot_be_used)
{
	write_keys(ALICE "\n");
	start();
	cr_assert_eq(unlink(host.config.security.authorized_keys_file), 0);
	auth_reload(&auth, NULL);
	assert_verdict(ALICE, false, "not in authorized_keys");
	cr_assert_eq(mkdir(host.config.security.authorized_keys_file, 0700), 0);
	auth_reload(&auth, NULL);
	assert_verdict(ALICE, false, "not in authorized_keys");
}

/* With no descriptor left for it. */
static void reload_in_need(void)
{
	struct rlimit before, none;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	auth_reload(&auth, NULL);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}

Test(auth, keeps_the_last_good_list_while_no_descriptor_is_left_and_reads_again_soon)
{
	write_keys(ALICE "\n");
	start();
	host.published = 0;
	cr_assert_not(uv_is_active((uv_handle_t *)&auth.recheck));
	reload_in_need();
	cr_assert_eq(auth.roll.state, PU_EIO);
	cr_assert_eq(host.published, 0);
	assert_verdict(ALICE, true, "authorized");
	cr_assert(uv_is_active((uv_handle_t *)&auth.recheck));
	cr_assert_leq(uv_timer_get_due_in(&auth.recheck), 1000);
	auth_reload(&auth, NULL);
	cr_assert_eq(auth.roll.state, PU_OK);
	cr_assert_not(uv_is_active((uv_handle_t *)&auth.recheck));
}

Test(auth, says_nothing_when_nothing_changed)
{
	unsigned before;

	write_keys(ALICE "\n");
	start();
	before = host.published;
	auth_reload(&auth, NULL);
	auth_config_changed(&auth, &host.config);
	cr_assert_eq(host.published, before);
}

/* The last look at the clock is set to before the expiry, so that it lies between two looks. */
Test(auth, publishes_the_moment_when_somebody_expires)
{
	write_keys(ALICE " expires=2026-01-01T00:00:00Z\n");
	start();
	uv_timer_stop(&auth.announce);
	host.published = 0;
	auth.roll.looked.unix_ms = UINT64_C(1767225600000) - 1;
	auth_reload(&auth, NULL);
	cr_assert_eq(host.published, 0);
	uv_run(&host.loop, UV_RUN_NOWAIT);
	cr_assert_eq(host.published, 1);
	cr_assert_eq(generation, auth.roll.generation);
	assert_verdict(ALICE, false, "expired on 2026-01-01T00:00:00Z");
}

/* The clock may be set back to before an expiry that has passed. */
Test(auth, looks_at_the_clock_while_anybody_is_authorized_for_a_time_and_not_otherwise)
{
	write_keys(ALICE " expires=2026-01-01T00:00:00Z\n");
	start();
	cr_assert(uv_is_active((uv_handle_t *)&auth.recheck));
	cr_assert_leq(uv_timer_get_due_in(&auth.recheck), AUTH_ROLL_LOOK_MS);
	write_keys(ALICE "\n");
	auth_reload(&auth, NULL);
	cr_assert_not(uv_is_active((uv_handle_t *)&auth.recheck));
}

/* ---- the configuration ---- */

Test(auth, lets_everybody_in_when_gating_is_switched_off)
{
	start();
	host.published = 0;
	host.config.security.enable_connection_gating = false;
	auth_config_changed(&auth, &host.config);
	cr_assert_eq(host.published, 1);
	assert_verdict(ALICE, true, "gating is off");
	host.config.security.enable_connection_gating = true;
	auth_config_changed(&auth, &host.config);
	assert_verdict(ALICE, false, "not in authorized_keys");
}

Test(auth, keeps_its_files_until_it_is_restarted)
{
	char other[] = "/elsewhere/authorized_keys";
	char *kept = host.config.security.authorized_keys_file;

	write_keys(ALICE "\n");
	start();
	host.config.security.authorized_keys_file = other;
	auth_config_changed(&auth, &host.config);
	assert_verdict(ALICE, true, "authorized");
	host.config.security.authorized_keys_file = kept;
}

/* ---- edits ---- */

Test(auth, adds_and_removes_at_once)
{
	start();
	cr_assert_eq(add(ALICE, "alice", 0), PU_OK);
	assert_verdict(ALICE, true, "authorized");
	cr_assert_eq(generation, auth.roll.generation);
	cr_assert_eq(del(ALICE), PU_OK);
	assert_verdict(ALICE, false, "not in authorized_keys");
	cr_assert_eq(audit_lines("\"action\":\"add\""), 1);
	cr_assert_eq(audit_lines("by process 42"), 2);
}

Test(auth, bears_the_repetition_of_an_addition_but_changes_nothing_by_it)
{
	start();
	cr_assert_eq(add(ALICE, " alice\n", 0), PU_OK);
	cr_assert_eq(add(ALICE, " alice\n", 0), PU_OK);
	cr_assert_eq(audit_lines("\"action\":\"add\""), 1);
	cr_assert_eq(add(ALICE, "bob", 0), PU_EEXIST);
	cr_assert_eq(add(ALICE, "alice", 1), PU_EEXIST);
}

/* As one that was killed between the edit and its answer would have it. */
Test(auth, bears_the_repetition_of_a_removal_and_goes_by_the_file)
{
	start();
	cr_assert_eq(del(ALICE), PU_OK, "there is no file yet");
	cr_assert_eq(add(ALICE, "alice", 0), PU_OK);
	cr_assert_eq(del(ALICE), PU_OK);
	cr_assert_eq(del(ALICE), PU_OK);
	cr_assert_eq(audit_lines("\"action\":\"remove\""), 1);
	cr_assert_eq(add(ALICE, "alice", 0), PU_OK);
	write_keys(BOB "\n");
	cr_assert_eq(del(ALICE), PU_OK);
	assert_verdict(ALICE, false, "not in authorized_keys");
	assert_verdict(BOB, true, "authorized");
}

Test(auth, refuses_edits_that_make_no_sense)
{
	start();
	cr_assert_eq(add("somebody", "", 0), PU_EINVAL);
	cr_assert_eq(add(ALICE, "", PU_RFC3339_MAX_MS + 1), PU_EINVAL);
	cr_assert_eq(del("somebody"), PU_EINVAL);
	cr_assert_eq(mkdir(host.config.security.authorized_keys_file, 0700), 0);
	cr_assert_eq(del(ALICE), PU_EINVAL);
	cr_assert_eq(audit_lines("result"), 0);
}

static void look_at_list(const void *answer)
{
	const struct pu_auth_peers *list = answer;
	const struct pu_auth_peer *items = list->peers.items;

	cr_assert_eq(list->peers.len, 2);
	cr_assert_eq(list->generation, auth.roll.generation);
	cr_assert_str_eq(items[0].peer_id, ALICE);
	cr_assert_str_eq(items[0].comment, "home");
	cr_assert_eq(items[0].attributes.len, 1);
	cr_assert_str_eq(items[0].attributes.items[0], "role=admin");
	cr_assert_not(items[0].expired);
	cr_assert(items[1].expired);
	cr_assert_eq(items[1].expires_ms, 1000);
}

Test(auth, lists_who_is_authorized_and_who_was)
{
	write_keys(ALICE " role=admin # home\nbad\n" BOB " expires=1970-01-01T00:00:01Z\n");
	start();
	cr_assert_eq(ask(PU_MSG_AUTH_LIST, &(struct pu_auth_list){0}, look_at_list), PU_OK);
}

Test(auth, lists_the_file_as_it_is_now_and_decides_by_it)
{
	start();
	write_keys(ALICE "\n");
	cr_assert_eq(ask(PU_MSG_AUTH_LIST, &(struct pu_auth_list){0}, NULL), PU_OK);
	assert_verdict(ALICE, true, "authorized");
}

Test(auth, says_so_when_the_list_is_too_long_for_a_message)
{
	struct pu_buffer text;

	pu_buffer_init(&text, PU_AUTHORIZED_KEYS_FILE_MAX);
	for (unsigned i = 0; i < 2000; i++) {
		uint8_t raw[PU_ED25519_PUBLIC_LEN] = {(uint8_t)i, (uint8_t)(i >> 8)};
		struct pu_public_key key = {.type = PU_KEY_ED25519,
		                            .bytes = pu_bytes(raw, sizeof(raw))};
		struct pu_peer_id peer = pu_peer_id_of_key(&key);
		char peer_text[PU_PEER_ID_TEXT_MAX];

		cr_assert_eq(
		    pu_buffer_printf(&text, "%s # somebody\n", pu_peer_id_print(&peer, peer_text)),
		    PU_OK);
	}
	cr_assert_eq(
	    pu_file_write(host.config.security.authorized_keys_file, pu_buffer_bytes(&text)),
	    PU_OK);
	pu_buffer_fini(&text);
	start();
	cr_assert_eq(ask(PU_MSG_AUTH_LIST, &(struct pu_auth_list){0}, NULL), PU_ELIMIT);
	cr_assert_not_null(strstr(request.text, "2000 peers"));
}

Test(auth, skips_many_bad_lines_in_few_words)
{
	char text[512] = ALICE "\n";

	for (int i = 0; i < 40; i++)
		strcat(text, "bad\n");
	write_keys(text);
	start();
	assert_verdict(ALICE, true, "authorized");
}
