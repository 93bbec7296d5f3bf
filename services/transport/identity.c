/* Knows what auth is asked at the start, in which order, and to ask again when it is not there.
 */
#include "identity.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "identify.h"
#include "p2p/envelope.h"
#include "p2p/multiaddr_class.h"
#include "p2p/peer_record.h"
#include "relays.h"
#include "transport.h"

#define ASK_MS 30000 /* auth may be starting too */

static struct pu_client *auth_of(struct transport *transport)
{
	return pu_host_client(transport->host, PU_SERVICE_AUTH);
}

static void on_start_over(struct transport_deadline *deadline)
{
	struct transport *transport = PU_CONTAINER_OF(deadline, struct transport, identity.again);
	transport_identity_start(transport, transport->identity.ready);
}

/* Not at once: an answer that comes quickly would come quickly again. */
static void start_over(struct transport *transport)
{
	transport_deadline_set(&transport->timers, &transport->identity.again,
	                       TRANSPORT_ASK_AGAIN_MS, on_start_over);
}

/* What it answered to a request for a signature led to `err`. */
static void sign_failed(struct transport *transport, enum pu_err err, const char *text)
{
	pu_tls_cert_fini(&transport->identity.cert);
	pu_noise_identity_fini(&transport->identity.noise);
	if (err == PU_ETIMEOUT || err == PU_ECLOSED)
		start_over(transport);
	else
		pu_host_fail(transport->host, false, "identity.keys",
		             "cannot have the keys of this run signed: %s",
		             text != NULL && text[0] != '\0' ? text : pu_strerror(err));
}

static enum pu_err own_key(const struct transport_identity *identity, struct pu_public_key *out)
{
	return pu_public_key_decode(pu_bytes(identity->public_key, identity->public_key_len), out);
}

static void on_noise_signed(void *user, enum pu_err err, const char *text, const void *answer)
{
	struct transport *transport = user;
	struct transport_identity *identity = &transport->identity;
	const struct pu_auth_signature *signature = answer;
	struct pu_public_key key;
	if (err == PU_OK)
		err = own_key(identity, &key);
	if (err == PU_OK)
		err = pu_noise_identity_finish(&identity->noise, &key, signature->signature);
	if (err == PU_OK)
		identity->ready(transport);
	else
		sign_failed(transport, err, text);
}

/* Auth adds the domain by itself, so that it is left out of what it is asked to sign. */
static void ask_signature(struct transport *transport, const char *purpose,
                          struct pu_bytes to_sign, size_t domain_len, pu_answer_fn answered)
{
	struct pu_auth_sign ask = {
	    .purpose = purpose,
	    .payload = pu_bytes(to_sign.data + domain_len, to_sign.len - domain_len),
	};
	pu_client_ask(auth_of(transport), PU_MSG_AUTH_SIGN, &ask, ASK_MS, answered, transport);
}

static void on_cert_signed(void *user, enum pu_err err, const char *text, const void *answer)
{
	struct transport *transport = user;
	struct transport_identity *identity = &transport->identity;
	const struct pu_auth_signature *signature = answer;
	struct pu_public_key key;
	if (err == PU_OK)
		err = own_key(identity, &key);
	if (err == PU_OK)
		err = pu_tls_cert_finish(&identity->cert, &key, signature->signature,
		                         pu_unix_ms() / 1000);
	if (err != PU_OK) {
		sign_failed(transport, err, text);
		return;
	}
	pu_noise_identity_init(&identity->noise);
	ask_signature(transport, "noise", pu_noise_identity_to_sign(&identity->noise),
	              PU_NOISE_TO_SIGN_LEN - PU_NOISE_KEY_LEN, on_noise_signed);
}

static void ask_for_keys(struct transport *transport)
{
	struct transport_identity *identity = &transport->identity;
	enum pu_err err = pu_tls_cert_init(&identity->cert);
	if (err != PU_OK) {
		pu_host_fail(transport->host, false, "identity.keys", "code=%s", pu_err_code(err));
		return;
	}
	ask_signature(transport, "tls", pu_tls_cert_to_sign(&identity->cert),
	              strlen("libp2p-tls-handshake:"), on_cert_signed);
}

static enum pu_err take_self(struct transport_identity *identity,
                             const struct pu_auth_self *self)
{
	if (self->public_key.len > sizeof(identity->public_key))
		return PU_ELIMIT;
	enum pu_err err = pu_peer_id_parse(self->peer_id, &identity->peer);
	if (err != PU_OK)
		return err;
	pu_peer_id_print(&identity->peer, identity->text);
	memcpy(identity->public_key, self->public_key.data, self->public_key.len);
	identity->public_key_len = self->public_key.len;
	return PU_OK;
}

static void on_self(void *user, enum pu_err err, const char *text, const void *answer)
{
	struct transport *transport = user;
	if (err != PU_OK) {
		pu_warn("identity.waiting", "code=%s reason=%s", pu_err_code(err), text);
		start_over(transport);
		return;
	}
	err = take_self(&transport->identity, answer);
	if (err != PU_OK)
		pu_host_fail(transport->host, false, "identity.bad", "code=%s", pu_err_code(err));
	else
		ask_for_keys(transport);
}

void transport_identity_start(struct transport *transport,
                              void (*ready)(struct transport *transport))
{
	struct pu_auth_identity ask = {0};
	transport->identity.ready = ready;
	pu_client_ask(auth_of(transport), PU_MSG_AUTH_IDENTITY, &ask, ASK_MS, on_self, transport);
}

/* ---- peer records ---- */

/* Loopback is for connections over loopback only, which need no record. */
static void fill_record(const struct transport *transport, struct pu_peer_record *record,
                        const struct pu_multiaddr *relayed, size_t relayed_len)
{
	const struct transport_own_addrs *own = &transport->own;
	record->peer = transport->identity.peer;
	record->seq = transport->identity.record_seq;
	for (size_t i = 0; i < own->listen_len; i++)
		if (pu_multiaddr_class(&own->listen[i]) != PU_ADDR_LOOPBACK)
			record->addrs[record->addr_count++] = pu_multiaddr_bytes(&own->listen[i]);
	for (size_t i = 0; i < relayed_len && record->addr_count < PU_PEER_RECORD_ADDRS_MAX; i++)
		record->addrs[record->addr_count++] = pu_multiaddr_bytes(&relayed[i]);
}

/* PU_ELIMIT never comes: there are at most TRANSPORT_OWN_ADDRS_MAX addresses. */
static enum pu_err encode_record(const struct transport *transport, struct pu_writer *out)
{
	struct pu_peer_record *record = PU_NEW(struct pu_peer_record);
	struct pu_multiaddr relayed[TRANSPORT_RELAYED_ADDRS_TOLD];
	fill_record(
	    transport, record, relayed,
	    transport_relays_addrs(transport->relays, relayed, TRANSPORT_RELAYED_ADDRS_TOLD));
	pu_peer_record_encode(record, out);
	pu_free(record);
	return pu_writer_check(out);
}

static void keep_record(struct transport *transport, const struct pu_auth_signature *signature)
{
	const struct transport_identity *identity = &transport->identity;
	uint8_t envelope[PU_ENVELOPE_MAX];
	struct pu_writer writer = pu_writer(envelope, sizeof(envelope));
	struct pu_envelope parts = {
	    .public_key = signature->public_key,
	    .payload_type = pu_envelope_peer_record.payload_type,
	    .payload = pu_bytes(identity->signing, identity->signing_len),
	    .signature = signature->signature,
	};
	pu_envelope_encode(&parts, &writer);
	if (pu_writer_check(&writer) != PU_OK)
		return;
	pu_free(transport->own.record);
	transport->own.record = pu_memdup(envelope, writer.len);
	transport->own.record_len = writer.len;
	transport_push_later(transport);
}

static void on_sign_again(struct transport_deadline *deadline)
{
	transport_identity_sign_record(PU_CONTAINER_OF(deadline, struct transport, identity.again));
}

static void on_record_signed(void *user, enum pu_err err, const char *text, const void *answer)
{
	struct transport *transport = user;
	struct transport_identity *identity = &transport->identity;
	if (err == PU_OK)
		keep_record(transport, answer);
	else
		pu_warn("identity.record", "code=%s reason=%s", pu_err_code(err), text);
	pu_free(identity->signing);
	identity->signing = NULL;
	if (identity->stale || err == PU_ETIMEOUT || err == PU_ECLOSED)
		transport_deadline_set(&transport->timers, &identity->again, TRANSPORT_ASK_AGAIN_MS,
		                       on_sign_again);
}

void transport_identity_sign_record(struct transport *transport)
{
	struct transport_identity *identity = &transport->identity;
	uint8_t payload[PU_ENVELOPE_MAX / 2];
	struct pu_writer writer = pu_writer(payload, sizeof(payload));
	identity->stale = identity->signing != NULL;
	if (identity->stale)
		return;
	identity->record_seq = pu_unix_ms();
	if (encode_record(transport, &writer) != PU_OK)
		return;
	identity->signing = pu_memdup(payload, writer.len);
	identity->signing_len = writer.len;
	struct pu_auth_sign ask = {.purpose = "record", .payload = pu_bytes(payload, writer.len)};
	pu_client_ask(auth_of(transport), PU_MSG_AUTH_SIGN, &ask, ASK_MS, on_record_signed,
	              transport);
}

void transport_identity_fini(struct transport *transport)
{
	transport_deadline_clear(&transport->timers, &transport->identity.again);
	pu_tls_cert_fini(&transport->identity.cert);
	pu_noise_identity_fini(&transport->identity.noise);
	pu_free(transport->identity.signing);
}
