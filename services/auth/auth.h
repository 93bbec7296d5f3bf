/* The auth service: holds the identity key, signs for transport, says who may, keeps the audit
 * log and authorized_keys. */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include <uv.h>

#include "io_audit.h"
#include "io_watch.h"
#include "p2p/key.h"
#include "p2p/peer_id.h"
#include "roll.h"
#include "skeleton/service.h"

struct auth {
	struct pu_host *host;
	char *keys_path; /* authorized_keys; that of the start */
	bool gating;
	bool is_relay, open_relay; /* signs vouchers; has guests */

	bool has_key;
	struct pu_key key;
	struct pu_peer_id self;
	char self_text[PU_PEER_ID_TEXT_MAX];
	uint8_t public_key[PU_ED25519_PUBLIC_PB_LEN];

	struct auth_roll roll;
	bool has_read; /* authorized_keys, once: who is in it then did not come just now */
	struct auth_watch watch;
	struct auth_audit audit;

	bool has_timers;
	uv_timer_t recheck;  /* the next expiry, or another try to read authorized_keys */
	uv_timer_t announce; /* repeats the first auth.changed for those who were not there yet */
	unsigned announced;
};

/* Reads authorized_keys; if it changed, publishes auth.changed and writes down who came and
 * went, but for `audited` (or NULL), who has a line of its own. */
void auth_reload(struct auth *auth, const struct pu_peer_id *audited);

/* The service's life, for main.c. */
enum pu_err auth_start(struct pu_host *host, void *state);
void auth_config_changed(void *state, const struct pu_config *old);
void auth_stop(void *state);

/* One handler per message (handlers.c). */
extern const struct pu_handler auth_handlers[];
extern const size_t auth_handlers_len;

#endif
