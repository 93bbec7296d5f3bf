/* Knows auth's life: the key at start, authorized_keys as it changes and as time passes, and
 * when the others are told to ask again. */
#include "auth.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "changes.h"
#include "p2p/writer.h"
#include "trust/key_file.h"
#include "trust/limits.h"

enum {
	RETRY_MS = 1000,   /* after a reading that failed for a reason that may pass */
	ANNOUNCE_MS = 250, /* after the start; each later one waits four times as long */
	ANNOUNCE_COUNT = 3,
	PROBLEMS_LOGGED_MAX = 20,
};

static void recheck_later(struct auth *auth);

static void publish_changed(struct auth *auth)
{
	const struct pu_auth_changed event = {.generation = auth->roll.generation};

	pu_host_publish(auth->host, PU_MSG_AUTH_CHANGED, &event);
}

/* ---- authorized_keys ---- */

static void log_problems(const struct auth *auth)
{
	size_t len = pu_authorized_keys_problems(auth->roll.keys);

	for (size_t i = 0; i < len && i < PROBLEMS_LOGGED_MAX; i++) {
		const struct pu_authorized_problem *problem =
		    pu_authorized_keys_problem(auth->roll.keys, i);

		pu_warn("auth.line_skipped", "path=%s line=%zu reason=%s", auth->keys_path,
		        problem->line, problem->reason);
	}
	if (len > PROBLEMS_LOGGED_MAX)
		pu_warn("auth.lines_skipped", "path=%s more=%zu", auth->keys_path,
		        len - PROBLEMS_LOGGED_MAX);
}

static void log_reading(const struct auth *auth, enum pu_err before, bool changed)
{
	enum pu_err now = auth->roll.state;
	const char *path = auth->keys_path;

	if (now != PU_OK && now != before) {
		if (auth_roll_is_doubtful(&auth->roll))
			pu_warn("auth.keys_unread", "path=%s error=%s effect=%s", path, pu_strerror(now),
			        "the last good content stays in force");
		else
			pu_warn("auth.keys_unusable", "path=%s error=%s effect=%s", path, pu_strerror(now),
			        "nobody is authorised");
	}
	if (!changed)
		return;
	pu_info("auth.changed", "path=%s peers=%zu skipped=%zu generation=%llu", path,
	        pu_authorized_keys_len(auth->roll.keys),
	        pu_authorized_keys_problems(auth->roll.keys),
	        (unsigned long long)auth->roll.generation);
	log_problems(auth);
}

void auth_reload(struct auth *auth, const struct pu_peer_id *audited)
{
	enum pu_err before = auth->roll.state, err;
	struct pu_authorized_keys *old = NULL;
	struct pu_buffer text;
	bool changed;

	pu_buffer_init(&text, PU_AUTHORIZED_KEYS_FILE_MAX);
	err = pu_file_read(auth->keys_path, false, &text);
	changed = auth_roll_take(&auth->roll, err, pu_buffer_bytes(&text), &old);
	pu_buffer_fini(&text);
	log_reading(auth, before, changed);
	if (changed)
		publish_changed(auth);
	if (changed && auth->has_read)
		auth_changes_audit(&auth->audit, old, auth->roll.keys, audited, pu_unix_ms());
	if (!auth_roll_is_doubtful(&auth->roll))
		auth->has_read = true;
	pu_authorized_keys_free(old);
	recheck_later(auth);
}

static void on_file_changed(void *user)
{
	auth_reload(user, NULL);
}

static struct auth_moment moment(void)
{
	return (struct auth_moment){.unix_ms = pu_unix_ms(), .mono_ms = pu_now_ns() / PU_NS_PER_MS};
}

static void on_recheck(uv_timer_t *timer)
{
	struct auth *auth = timer->data;

	if (auth_roll_expire(&auth->roll, moment())) {
		pu_info("auth.expired", "generation=%llu", (unsigned long long)auth->roll.generation);
		publish_changed(auth);
	}
	if (auth_roll_is_doubtful(&auth->roll))
		auth_reload(auth, NULL);
	else
		recheck_later(auth);
}

static void recheck_later(struct auth *auth)
{
	uint64_t wait_ms = auth_roll_look_in_ms(&auth->roll, moment());

	if (auth_roll_is_doubtful(&auth->roll) && wait_ms > RETRY_MS)
		wait_ms = RETRY_MS;
	if (wait_ms == AUTH_ROLL_NEVER)
		uv_timer_stop(&auth->recheck);
	else
		uv_timer_start(&auth->recheck, on_recheck, wait_ms, 0);
}

/* Services that were connected to an earlier auth hear of this one's list only once they have
 * reconnected. */
static void on_announce(uv_timer_t *timer)
{
	struct auth *auth = timer->data;

	publish_changed(auth);
	if (++auth->announced < ANNOUNCE_COUNT)
		uv_timer_start(timer, on_announce, ANNOUNCE_MS << (2 * auth->announced), 0);
}

static void watch_keys(struct auth *auth)
{
	enum pu_err err = auth_watch_start(&auth->watch, pu_host_loop(auth->host), auth->keys_path,
	                                   on_file_changed, auth);

	if (err != PU_OK)
		pu_warn("auth.unwatched", "path=%s error=%s effect=%s", auth->keys_path,
		        pu_strerror(err), "edits by hand count after SIGHUP only");
}

/* ---- life ---- */

static enum pu_err load_key(struct auth *auth)
{
	const char *path = pu_host_config(auth->host)->identity.key_file;
	enum pu_err err = pu_key_file_load(path, &auth->key);
	struct pu_writer pb = pu_writer(auth->public_key, sizeof(auth->public_key));
	struct pu_public_key public_key;

	if (err != PU_OK) {
		/* Nothing but a failing disk or a machine that is short of something gets better by
		 * trying again. */
		pu_host_fail(auth->host, err != PU_EIO, "auth.key", "%s %s", path,
		             pu_key_file_advice(err));
		return err;
	}
	auth->has_key = true;
	public_key = pu_key_public(&auth->key);
	pu_public_key_encode(&public_key, &pb);
	auth->self = pu_peer_id_of_key(&public_key);
	pu_peer_id_print(&auth->self, auth->self_text);
	return pu_writer_check(&pb);
}

/* Answers whether it changed who may. */
static bool take_relay(struct auth *auth, const struct pu_config *config)
{
	bool was_open = auth->open_relay;

	auth->is_relay = config->relay.serve;
	auth->open_relay = config->relay.serve && config->relay.open;
	return auth->open_relay != was_open;
}

static void start_timers(struct auth *auth)
{
	uv_loop_t *loop = pu_host_loop(auth->host);

	uv_timer_init(loop, &auth->recheck);
	uv_timer_init(loop, &auth->announce);
	auth->recheck.data = auth->announce.data = auth;
	auth->has_timers = true;
	uv_timer_start(&auth->announce, on_announce, ANNOUNCE_MS, 0);
}

enum pu_err auth_start(struct pu_host *host, void *state)
{
	const struct pu_config *config = pu_host_config(host);
	struct auth *auth = state;
	enum pu_err err;

	auth->host = host;
	auth->audit.fd = -1;
	auth->keys_path = pu_strdup(config->security.authorized_keys_file);
	auth->gating = config->security.enable_connection_gating;
	take_relay(auth, config);
	auth_roll_init(&auth->roll, moment());
	err = load_key(auth);
	if (err != PU_OK)
		return err;
	auth_audit_init(&auth->audit, config->security.audit_log);
	start_timers(auth);
	auth_reload(auth, NULL);
	watch_keys(auth);
	if (!auth->gating)
		pu_warn("auth.gating_off", "effect=%s", "every peer is allowed");
	if (auth->open_relay)
		pu_warn("auth.relay_open", "effect=%s", "every peer may use the relay");
	pu_info("auth.ready", "peer=%s authorized=%zu", auth->self_text,
	        pu_authorized_keys_len(auth->roll.keys));
	pu_host_note(host, "%s", auth->self_text);
	pu_host_ready(host);
	return PU_OK;
}

/* Key and paths stay those of the start: another identity is another process. */
void auth_config_changed(void *state, const struct pu_config *old)
{
	struct auth *auth = state;
	const struct pu_config *config = pu_host_config(auth->host);

	if (strcmp(old->identity.key_file, config->identity.key_file) != 0 ||
	    strcmp(auth->keys_path, config->security.authorized_keys_file) != 0)
		pu_warn("auth.restart_needed", "reason=%s",
		        "the path of the key or of authorized_keys has changed");
	auth_audit_reopen(&auth->audit, config->security.audit_log);
	if (auth->gating != config->security.enable_connection_gating) {
		auth->gating = config->security.enable_connection_gating;
		pu_warn("auth.gating", "on=%s", auth->gating ? "true" : "false");
		auth->roll.generation++;
		publish_changed(auth);
	}
	if (take_relay(auth, config)) {
		pu_warn("auth.relay", "open=%s", auth->open_relay ? "true" : "false");
		auth->roll.generation++;
		publish_changed(auth);
	}
	auth_reload(auth, NULL);
}

void auth_stop(void *state)
{
	struct auth *auth = state;

	auth_watch_stop(&auth->watch);
	if (auth->has_timers) {
		uv_close((uv_handle_t *)&auth->recheck, NULL);
		uv_close((uv_handle_t *)&auth->announce, NULL);
	}
	auth_audit_fini(&auth->audit);
	auth_roll_fini(&auth->roll);
	if (auth->has_key)
		pu_key_fini(&auth->key);
	pu_free(auth->keys_path);
}
