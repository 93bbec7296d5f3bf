/* Knows how edits of authorized_keys by other programs and by hand get into the audit log. */
#include "changes.h"

static void write_one(struct auth_audit *audit, const struct pu_peer_id *peer,
                      const char *action, uint64_t now_unix_ms)
{
	char peer_text[PU_PEER_ID_TEXT_MAX];

	auth_audit_write(audit, &(struct auth_audit_record){
	                            .unix_ms = now_unix_ms,
	                            .peer = pu_peer_id_print(peer, peer_text),
	                            .action = action,
	                            .service = "",
	                            .address = "",
	                            .allowed = true,
	                            .reason = "authorized_keys changed",
	                        });
}

/* Those of `one` who are not in `other`. */
static void write_missing(struct auth_audit *audit, const struct pu_authorized_keys *one,
                          const struct pu_authorized_keys *other, const char *action,
                          const struct pu_peer_id *except, uint64_t now_unix_ms)
{
	size_t len = pu_authorized_keys_len(one);

	for (size_t i = 0; i < len; i++) {
		const struct pu_peer_id *peer = &pu_authorized_keys_at(one, i)->peer;

		if (pu_authorized_keys_find(other, peer) != NULL ||
		    (except != NULL && pu_peer_id_eq(peer, except)))
			continue;
		write_one(audit, peer, action, now_unix_ms);
	}
}

void auth_changes_audit(struct auth_audit *audit, const struct pu_authorized_keys *before,
                        const struct pu_authorized_keys *after, const struct pu_peer_id *except,
                        uint64_t now_unix_ms)
{
	write_missing(audit, before, after, "removed", except, now_unix_ms);
	write_missing(audit, after, before, "added", except, now_unix_ms);
}
