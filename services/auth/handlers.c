/* Knows auth's messages: one handler each, in the order of the message table. */
#include "auth.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "policy.h"
#include "proto/codec.h"
#include "proto/limits.h"
#include "sign.h"
#include "trust/authorized_keys_file.h"
#include "trust/comment.h"

/* What an entry of auth.peers takes besides its texts, and a message besides its entries. */
enum { ENTRY_OVERHEAD = 128, MESSAGE_OVERHEAD = 256 };

static void auth_on_identity(void *state, struct pu_request *request, const void *message)
{
	const struct auth *auth = state;
	const struct pu_auth_self answer = {
	    .peer_id = auth->self_text,
	    .public_key = pu_bytes(auth->public_key, sizeof(auth->public_key)),
	};

	(void)message;
	pu_request_answer(request, &answer);
}

static void auth_on_sign(void *state, struct pu_request *request, const void *message)
{
	const struct auth *auth = state;
	const struct pu_auth_sign *sign = message;
	uint8_t signature[PU_ED25519_SIGNATURE_LEN];
	const struct auth_signer signer = {.key = &auth->key, .is_relay = auth->is_relay};
	enum pu_err err =
	    auth_sign_make(&signer, sign->purpose, sign->payload, pu_unix_ms(), signature);
	const struct pu_auth_signature answer = {
	    .signature = pu_bytes(signature, sizeof(signature)),
	    .public_key = pu_bytes(auth->public_key, sizeof(auth->public_key)),
	};

	if (err == PU_OK) {
		pu_request_answer(request, &answer);
		return;
	}
	pu_warn("auth.sign_refused", "purpose=%s asker=%s error=%s", sign->purpose,
	        pu_service_name(pu_request_sender(request)), pu_strerror(err));
	pu_request_fail(request, err, "auth does not sign this for purpose %s", sign->purpose);
}

static bool parse_peer(struct pu_request *request, const char *text, struct pu_peer_id *peer)
{
	if (pu_peer_id_parse(text, peer) == PU_OK)
		return true;
	pu_request_fail(request, PU_EINVAL, "not a peer ID");
	return false;
}

static void auth_on_check(void *state, struct pu_request *request, const void *message)
{
	struct auth *auth = state;
	const struct pu_auth_check *check = message;
	const struct auth_policy policy = {
	    .keys = auth->roll.keys, .gating = auth->gating, .open_relay = auth->open_relay};
	uint64_t now_ms = pu_unix_ms();
	char peer_text[PU_PEER_ID_TEXT_MAX];
	struct pu_peer_id peer;
	struct auth_verdict verdict;

	if (!parse_peer(request, check->peer, &peer))
		return;
	if (!auth_policy_knows(check->action)) {
		pu_request_fail(request, PU_EINVAL, "not an action: connect, dial or service");
		return;
	}
	verdict = auth_policy_judge(&policy, &peer, check->action, now_ms);
	auth_audit_write(&auth->audit, &(struct auth_audit_record){
	                                   .unix_ms = now_ms,
	                                   .peer = pu_peer_id_print(&peer, peer_text),
	                                   .action = check->action,
	                                   .service = check->service,
	                                   .address = check->address,
	                                   .allowed = verdict.allowed,
	                                   .reason = verdict.reason,
	                               });
	pu_request_answer(request, &(struct pu_auth_verdict){
	                               .allowed = verdict.allowed,
	                               .guest = verdict.guest,
	                               .reason = verdict.reason,
	                               .generation = auth->roll.generation,
	                           });
}

/* ---- the list ---- */

static size_t entry_size(const struct pu_authorized_peer *entry)
{
	size_t size = ENTRY_OVERHEAD + strlen(entry->comment);

	for (size_t i = 0; i < entry->attributes_len; i++)
		size += strlen(entry->attributes[i]) + 3;
	return size;
}

static bool fits_in_a_message(const struct pu_authorized_keys *keys)
{
	size_t len = pu_authorized_keys_len(keys), size = MESSAGE_OVERHEAD;

	for (size_t i = 0; i < len; i++)
		size += entry_size(pu_authorized_keys_at(keys, i));
	return len <= PU_FIELD_PEERS_MAX && size <= PU_MESSAGE_MAX;
}

static void answer_list(const struct auth *auth, struct pu_request *request)
{
	const struct pu_authorized_keys *keys = auth->roll.keys;
	size_t len = pu_authorized_keys_len(keys);
	struct pu_auth_peer *items = pu_calloc(len, sizeof(*items));
	char(*texts)[PU_PEER_ID_TEXT_MAX] = pu_calloc(len, sizeof(*texts));
	uint64_t now_ms = pu_unix_ms();

	for (size_t i = 0; i < len; i++) {
		const struct pu_authorized_peer *entry = pu_authorized_keys_at(keys, i);

		items[i] = (struct pu_auth_peer){
		    .peer_id = pu_peer_id_print(&entry->peer, texts[i]),
		    .comment = entry->comment,
		    .expires_ms = entry->expires_ms,
		    .expired = pu_authorized_peer_expired(entry, now_ms),
		    .attributes = {.items = entry->attributes, .len = entry->attributes_len},
		};
	}
	pu_request_answer(request, &(struct pu_auth_peers){
	                               .generation = auth->roll.generation,
	                               .peers = {.items = items, .len = len},
	                           });
	pu_free(texts);
	pu_free(items);
}

/* From the file as it is now: who has just edited it may ask, and has an answer to the question
 * whether the edit counts already. */
static void auth_on_list(void *state, struct pu_request *request, const void *message)
{
	struct auth *auth = state;

	(void)message;
	auth_reload(auth, NULL);
	if (fits_in_a_message(auth->roll.keys))
		answer_list(auth, request);
	else
		pu_request_fail(request, PU_ELIMIT, "%zu peers do not fit in one message; read %s",
		                pu_authorized_keys_len(auth->roll.keys), auth->keys_path);
}

/* ---- edits ---- */

static void audit_edit(struct auth *auth, struct pu_request *request, const char *action,
                       const struct pu_peer_id *peer)
{
	char peer_text[PU_PEER_ID_TEXT_MAX], reason[32];

	snprintf(reason, sizeof(reason), "by process %" PRId64, (int64_t)pu_request_pid(request));
	auth_audit_write(&auth->audit, &(struct auth_audit_record){
	                                   .unix_ms = pu_unix_ms(),
	                                   .peer = pu_peer_id_print(peer, peer_text),
	                                   .action = action,
	                                   .service = "",
	                                   .address = "",
	                                   .allowed = true,
	                                   .reason = reason,
	                               });
}

/* A question may come twice, when its first answer was lost: what is already as asked is fine.
 */
static bool is_as_asked(const struct auth *auth, const struct pu_auth_add *add,
                        const struct pu_peer_id *peer)
{
	const struct pu_authorized_peer *entry = pu_authorized_keys_find(auth->roll.keys, peer);
	char *comment = pu_comment_clean(pu_bytes_of_str(add->comment));
	bool same = entry != NULL && entry->expires_ms == add->expires_ms &&
	            strcmp(entry->comment, comment) == 0;

	pu_free(comment);
	return same;
}

static void auth_on_add(void *state, struct pu_request *request, const void *message)
{
	struct auth *auth = state;
	const struct pu_auth_add *add = message;
	const char *path = auth->keys_path;
	struct pu_peer_id peer;
	enum pu_err err;

	if (!parse_peer(request, add->peer, &peer))
		return;
	err = pu_authorized_keys_file_add(path, &peer, add->comment, add->expires_ms);
	if (err == PU_OK)
		audit_edit(auth, request, "add", &peer);
	if (err == PU_OK || err == PU_EEXIST)
		auth_reload(auth, err == PU_OK ? &peer : NULL);
	if (err == PU_OK || (err == PU_EEXIST && is_as_asked(auth, add, &peer)))
		pu_request_answer(request, &(struct pu_ok){0});
	else if (err == PU_EEXIST)
		pu_request_fail(request, err,
		                "this peer is authorized already, with another comment or "
		                "expiry; remove it first");
	else
		pu_request_fail(request, err, "cannot edit %s: %s", path, pu_strerror(err));
}

/* The same: who is not there is as asked. */
static void auth_on_remove(void *state, struct pu_request *request, const void *message)
{
	struct auth *auth = state;
	const struct pu_auth_remove *removal = message;
	const char *path = auth->keys_path;
	struct pu_peer_id peer;
	enum pu_err err;

	if (!parse_peer(request, removal->peer, &peer))
		return;
	err = pu_authorized_keys_file_remove(path, &peer);
	if (err == PU_OK)
		audit_edit(auth, request, "remove", &peer);
	if (err == PU_OK || err == PU_ENOTFOUND) {
		auth_reload(auth, err == PU_OK ? &peer : NULL);
		pu_request_answer(request, &(struct pu_ok){0});
	} else {
		pu_request_fail(request, err, "cannot edit %s: %s", path, pu_strerror(err));
	}
}

const struct pu_handler auth_handlers[] = {
    {PU_MSG_AUTH_IDENTITY, auth_on_identity}, {PU_MSG_AUTH_SIGN, auth_on_sign},
    {PU_MSG_AUTH_CHECK, auth_on_check},       {PU_MSG_AUTH_LIST, auth_on_list},
    {PU_MSG_AUTH_ADD, auth_on_add},           {PU_MSG_AUTH_REMOVE, auth_on_remove},
};
const size_t auth_handlers_len = PU_ARRAY_LEN(auth_handlers);
