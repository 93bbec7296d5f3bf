/* Knows how GnuTLS is set up for libp2p: TLS 1.3 only, AES-128-GCM first (by far the fastest
 * one that GnuTLS has), ALPN "libp2p" or nothing, both sides show a certificate, no tickets. */
#include "quic/tls.h"

#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "quic/aead.h"
#include "quic/cert_cache.h"

static const char priority[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:"
    "+CHACHA20-POLY1305:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:"
    "%DISABLE_TLS13_COMPAT_MODE";
static unsigned char alpn_libp2p[] = "libp2p";

enum pu_err pu_quic_tls_init(struct pu_quic_endpoint *ep)
{
	pu_quic_cert_cache_init(ep);
	ep->has_gcm = pu_quic_keys_init(&ep->keys);
	return gnutls_priority_init(&ep->priority, priority, NULL) == 0 ? PU_OK : PU_EINTERNAL;
}

void pu_quic_tls_fini(struct pu_quic_endpoint *ep)
{
	pu_quic_cert_cache_fini(ep);
	if (ep->priority != NULL)
		gnutls_priority_deinit(ep->priority);
	pu_quic_credentials_rele(ep->credentials);
	pu_quic_keys_fini(&ep->keys);
}

struct pu_quic_credentials *pu_quic_credentials_new(gnutls_certificate_credentials_t gnutls)
{
	struct pu_quic_credentials *credentials = PU_NEW(struct pu_quic_credentials);

	credentials->refs = 1;
	credentials->gnutls = gnutls;
	return credentials;
}

void pu_quic_credentials_rele(struct pu_quic_credentials *credentials)
{
	if (credentials == NULL || --credentials->refs > 0)
		return;
	gnutls_certificate_free_credentials(credentials->gnutls);
	pu_free(credentials);
}

static ngtcp2_conn *quic_of_ref(ngtcp2_crypto_conn_ref *ref)
{
	const struct pu_quic_conn *conn = ref->user_data;

	return conn->quic;
}

static enum pu_err identify(struct pu_quic_conn *conn, struct pu_bytes der)
{
	struct pu_quic_endpoint *ep = conn->ep;
	enum pu_err err;

	if (der.len > PU_QUIC_CERT_DER_MAX)
		return PU_ELIMIT;
	if (pu_quic_cert_cache_get(ep, der, &conn->peer))
		return PU_OK;
	err = ep->config.verify_cert(ep->user, der, &conn->peer);
	if (err == PU_OK)
		pu_quic_cert_cache_put(ep, der, &conn->peer);
	return err;
}

static int verify(gnutls_session_t session)
{
	const ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(session);
	struct pu_quic_conn *conn = ref->user_data;
	unsigned count = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);

	conn->cert_err = PU_ECRYPTO;
	if (chain == NULL || count != 1)
		return -1;
	conn->cert_err = identify(conn, pu_bytes(chain[0].data, chain[0].size));
	if (conn->cert_err != PU_OK)
		return -1;
	conn->has_peer = true;
	if (conn->has_expected && !pu_peer_id_eq(&conn->peer, &conn->expected)) {
		conn->cert_err = PU_ECRYPTO;
		conn->wrong_peer = true;
		return -1;
	}
	return 0;
}

static enum pu_err configure(struct pu_quic_conn *conn)
{
	const gnutls_datum_t alpn = {alpn_libp2p, sizeof(alpn_libp2p) - 1};
	gnutls_session_t tls = conn->tls;

	if (gnutls_priority_set(tls, conn->ep->priority) != 0 ||
	    gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, conn->credentials->gnutls) != 0 ||
	    gnutls_alpn_set_protocols(tls, &alpn, 1, GNUTLS_ALPN_MANDATORY) != 0)
		return PU_EINTERNAL;
	if (conn->inbound)
		gnutls_certificate_server_set_request(tls, GNUTLS_CERT_REQUIRE);
	gnutls_session_set_verify_function(tls, verify);
	conn->ref = (ngtcp2_crypto_conn_ref){.get_conn = quic_of_ref, .user_data = conn};
	gnutls_session_set_ptr(tls, &conn->ref);
	if ((conn->inbound ? ngtcp2_crypto_gnutls_configure_server_session(tls)
	                   : ngtcp2_crypto_gnutls_configure_client_session(tls)) != 0)
		return PU_EINTERNAL;
	gnutls_handshake_set_secret_function(tls, pu_quic_aead_on_secret);
	ngtcp2_conn_set_tls_native_handle(conn->quic, tls);
	return PU_OK;
}

enum pu_err pu_quic_tls_start(struct pu_quic_conn *conn)
{
	unsigned flags = GNUTLS_NO_TICKETS | GNUTLS_NO_END_OF_EARLY_DATA | GNUTLS_NO_SIGNAL |
	                 GNUTLS_FORCE_CLIENT_CERT | GNUTLS_KEY_SHARE_TOP;

	flags |= conn->inbound ? GNUTLS_SERVER : GNUTLS_CLIENT;
	if (gnutls_init(&conn->tls, flags) != 0)
		return PU_EINTERNAL;
	conn->credentials = conn->ep->credentials;
	conn->credentials->refs++;
	return configure(conn);
}

void pu_quic_tls_stop(struct pu_quic_conn *conn)
{
	if (conn->tls == NULL)
		return;
	ngtcp2_conn_set_tls_native_handle(conn->quic, NULL);
	gnutls_deinit(conn->tls);
	conn->tls = NULL;
	pu_quic_credentials_rele(conn->credentials);
	conn->credentials = NULL;
}
