/* Knows how GnuTLS is driven without sockets: whole messages in, messages out with the level
 * that protects them, secrets out; and what is asked of the peer's certificate. */
#include "secure/tls_handshake.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/alloc.h"
#include "secure/tls_alert.h"
#include "secure/tls_record.h"

static char alpn_libp2p[] = "libp2p";
static char alpn_http[] = "http/1.1";

static struct pu_tls *tls_of(gnutls_session_t session)
{
	return gnutls_session_get_ptr(session);
}

/* GnuTLS has a message for us to send. ChangeCipherSpec, for middleboxes only, is not one. */
static int on_message(gnutls_session_t session, gnutls_record_encryption_level_t level,
                      gnutls_handshake_description_t type, const void *data, size_t len)
{
	struct pu_tls *tls = tls_of(session);
	struct pu_tls_keys none = {0}, *keys = &none;
	enum pu_tls_content content = PU_TLS_HANDSHAKE;

	if (type == GNUTLS_HANDSHAKE_CHANGE_CIPHER_SPEC)
		content = PU_TLS_CCS;
	else if (level == GNUTLS_ENCRYPTION_LEVEL_HANDSHAKE)
		keys = &tls->handshake->tx;
	else if (level != GNUTLS_ENCRYPTION_LEVEL_INITIAL)
		return GNUTLS_E_INTERNAL_ERROR;
	if (pu_tls_record_put(&tls->output, keys, content, pu_bytes(data, len)) != PU_OK)
		return GNUTLS_E_INTERNAL_ERROR;
	return 0;
}

static int on_secret(gnutls_session_t session, gnutls_record_encryption_level_t level,
                     const void *rx_secret, const void *tx_secret, size_t len)
{
	struct pu_tls *tls = tls_of(session);
	const bool is_last = level == GNUTLS_ENCRYPTION_LEVEL_APPLICATION;
	struct pu_tls_keys *tx = is_last ? &tls->tx : &tls->handshake->tx;
	const gnutls_cipher_algorithm_t cipher = gnutls_cipher_get(session);
	enum pu_err err = PU_OK;

	if (level == GNUTLS_ENCRYPTION_LEVEL_EARLY)
		return GNUTLS_E_INTERNAL_ERROR;
	if (tx_secret != NULL)
		err = pu_tls_keys_set(tx, pu_tls_gcm(tls), cipher, pu_bytes(tx_secret, len));
	if (err == PU_OK && rx_secret != NULL) {
		err = pu_tls_keys_set(&tls->rx, pu_tls_gcm(tls), cipher, pu_bytes(rx_secret, len));
		tls->rx_changed = true;
	}
	return err == PU_OK ? 0 : GNUTLS_E_INTERNAL_ERROR;
}

/* What GnuTLS wants to warn of is left unsaid; what is fatal, it also returns. */
static int on_own_alert(gnutls_session_t session, gnutls_record_encryption_level_t level,
                        gnutls_alert_level_t severity, gnutls_alert_description_t alert)
{
	(void)session, (void)level, (void)severity, (void)alert;
	return 0;
}

static enum pu_err verify_peer(struct pu_tls *tls, struct pu_bytes der)
{
	const struct pu_tls_handshake *handshake = tls->handshake;
	const struct pu_tls_context *context = tls->context;
	enum pu_err err;

	if (der.len > PU_TLS_MESSAGE_MAX)
		return PU_ELIMIT;
	err = context->verify(context->user, der, &tls->result.peer);
	if (err != PU_OK)
		return err;
	tls->result.wrong_peer =
	    handshake->has_expected && !pu_peer_id_eq(&tls->result.peer, &handshake->expected);
	return tls->result.wrong_peer ? PU_ECRYPTO : PU_OK;
}

static int on_certificate(gnutls_session_t session)
{
	struct pu_tls *tls = tls_of(session);
	unsigned count = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
	enum pu_err err = PU_ECRYPTO;

	if (chain != NULL && count == 1)
		err = verify_peer(tls, pu_bytes(chain[0].data, chain[0].size));
	tls->handshake->verify_err = err;
	return err == PU_OK ? 0 : -1;
}

/* The muxers first, because the server goes by the client's order. */
static enum pu_err offer_protocols(const struct pu_tls *tls)
{
	const struct pu_tls_handshake *handshake = tls->handshake;
	gnutls_datum_t names[PU_SECURE_MUXERS_MAX + 1];
	unsigned count = 0, flags = 0;

	if (tls->context->kind == PU_TLS_PEERS) {
		for (; count < handshake->muxers_len && count < PU_SECURE_MUXERS_MAX; count++)
			names[count] = (gnutls_datum_t){(unsigned char *)handshake->muxers[count],
			                                (unsigned)strlen(handshake->muxers[count])};
		names[count++] = (gnutls_datum_t){(unsigned char *)alpn_libp2p, strlen(alpn_libp2p)};
		flags = GNUTLS_ALPN_MANDATORY;
	} else {
		names[count++] = (gnutls_datum_t){(unsigned char *)alpn_http, strlen(alpn_http)};
	}
	return gnutls_alpn_set_protocols(handshake->session, names, count, flags) == 0
	           ? PU_OK
	           : PU_EINTERNAL;
}

static enum pu_err ask_for_proof(struct pu_tls *tls, const char *host)
{
	gnutls_session_t session = tls->handshake->session;
	struct in6_addr addr;

	if (tls->context->kind == PU_TLS_PEERS) {
		gnutls_session_set_verify_function(session, on_certificate);
		if (!tls->initiator)
			gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
	}
	if (tls->context->kind != PU_TLS_WEB_CLIENT)
		return PU_OK;
	if (host == NULL || host[0] == '\0' || strlen(host) > PU_TLS_HOST_MAX)
		return PU_EINTERNAL;
	memcpy(tls->handshake->host, host, strlen(host));
	gnutls_session_set_verify_cert(session, tls->handshake->host, 0);
	if (inet_pton(AF_INET, host, &addr) == 1 || inet_pton(AF_INET6, host, &addr) == 1)
		return PU_OK; /* addresses are no server names (RFC 6066, 3) */
	return gnutls_server_name_set(session, GNUTLS_NAME_DNS, host, strlen(host)) == 0
	           ? PU_OK
	           : PU_EINTERNAL;
}

static enum pu_err configure(struct pu_tls *tls, const char *host)
{
	gnutls_session_t session = tls->handshake->session;
	const struct pu_tls_context *context = tls->context;
	enum pu_err err;

	if (gnutls_priority_set(session, context->priority) != 0 ||
	    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, context->credentials) != 0)
		return PU_EINTERNAL;
	err = offer_protocols(tls);
	if (err == PU_OK)
		err = ask_for_proof(tls, host);
	gnutls_session_set_ptr(session, tls);
	gnutls_handshake_set_max_packet_length(session, pu_tls_message_max(tls));
	gnutls_handshake_set_read_function(session, on_message);
	gnutls_handshake_set_secret_function(session, on_secret);
	gnutls_alert_set_read_function(session, on_own_alert);
	return err;
}

enum pu_err pu_tls_handshake_start(struct pu_tls *tls, const struct pu_secure_config *config,
                                   const char *host)
{
	struct pu_tls_handshake *handshake = PU_NEW(struct pu_tls_handshake);
	const unsigned flags = GNUTLS_NO_TICKETS | GNUTLS_NO_SIGNAL | GNUTLS_NONBLOCK |
	                       GNUTLS_FORCE_CLIENT_CERT | GNUTLS_KEY_SHARE_TOP;
	enum pu_err err;
	int rv;

	tls->handshake = handshake;
	handshake->muxers = config->muxers;
	handshake->muxers_len = config->muxers_len;
	handshake->has_expected = config->expected != NULL;
	if (config->expected != NULL)
		handshake->expected = *config->expected;
	if (gnutls_init(&handshake->session,
	                flags | (tls->initiator ? GNUTLS_CLIENT : GNUTLS_SERVER)) != 0) {
		handshake->session = NULL;
		return PU_EINTERNAL;
	}
	err = configure(tls, host);
	if (err != PU_OK || !tls->initiator)
		return err;
	rv = gnutls_handshake(handshake->session);
	return gnutls_error_is_fatal(rv) ? PU_EINTERNAL : PU_OK;
}

/* The name of ours that was agreed on; NULL: "libp2p", or the peer does not know ALPN. */
static const char *chosen_muxer(const struct pu_tls_handshake *handshake)
{
	gnutls_datum_t chosen;

	if (gnutls_alpn_get_selected_protocol(handshake->session, &chosen) != 0)
		return NULL;
	for (size_t i = 0; i < handshake->muxers_len; i++)
		if (pu_bytes_eq(pu_bytes_of_str(handshake->muxers[i]),
		                pu_bytes(chosen.data, chosen.size)))
			return handshake->muxers[i];
	return NULL;
}

static enum pu_secure_event finish(struct pu_tls *tls)
{
	tls->result.muxer = chosen_muxer(tls->handshake);
	pu_tls_handshake_stop(tls);
	return PU_SECURE_ESTABLISHED;
}

static enum pu_secure_event refuse(struct pu_tls *tls, int rv)
{
	const enum pu_err err = tls->handshake->verify_err;
	int severity = GNUTLS_AL_FATAL;
	int alert = gnutls_error_to_alert(rv, &severity);

	if (tls->result.wrong_peer)
		return pu_tls_fail_as(tls, GNUTLS_A_BAD_CERTIFICATE, err, "another peer than expected");
	if (err != PU_OK)
		return pu_tls_fail_as(tls, GNUTLS_A_BAD_CERTIFICATE, err,
		                      "the peer's certificate does not prove who it is");
	if (alert <= 0)
		alert = GNUTLS_A_INTERNAL_ERROR;
	return pu_tls_fail(tls, (gnutls_alert_description_t)alert);
}

enum pu_secure_event pu_tls_handshake_take(struct pu_tls *tls, struct pu_bytes message)
{
	gnutls_session_t session = tls->handshake->session;
	const gnutls_record_encryption_level_t level = pu_tls_keys_ready(&tls->rx)
	                                                   ? GNUTLS_ENCRYPTION_LEVEL_HANDSHAKE
	                                                   : GNUTLS_ENCRYPTION_LEVEL_INITIAL;
	int rv = gnutls_handshake_write(session, level, message.data, message.len);

	if (rv == 0)
		do {
			rv = gnutls_handshake(session);
		} while (rv == GNUTLS_E_INTERRUPTED);
	if (rv == 0)
		return finish(tls);
	return gnutls_error_is_fatal(rv) ? refuse(tls, rv) : PU_SECURE_PROGRESS;
}

void pu_tls_handshake_stop(struct pu_tls *tls)
{
	struct pu_tls_handshake *handshake = tls->handshake;

	if (handshake == NULL)
		return;
	if (handshake->session != NULL)
		gnutls_deinit(handshake->session);
	pu_tls_keys_fini(&handshake->tx);
	pu_free(handshake);
	tls->handshake = NULL;
}
