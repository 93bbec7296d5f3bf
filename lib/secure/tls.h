/* TLS 1.3 over a byte stream (RFC 8446): libp2p's, with certificates on both sides that name
 * peers (libp2p specs, tls/tls.md), and the web's, for wss. GnuTLS shakes the hands; the
 * records are our own, so that an established connection keeps nothing but two keys. */
#ifndef PU_SECURE_TLS_H
#define PU_SECURE_TLS_H

#include <gnutls/gnutls.h>

#include "secure/secure.h"

#define PU_TLS_PROTOCOL "/tls/1.0.0" /* in multistream-select */

#define PU_TLS_HOST_MAX 255 /* a host name of the web */

/* Looks at the one certificate of a peer and says who it is; PU_OK only then. */
typedef enum pu_err (*pu_tls_verify_cb)(void *user, struct pu_bytes cert_der,
                                        struct pu_peer_id *out);

/* What all channels of one kind share: credentials, cipher suites, how this machine does
 * AES-GCM. Counted: channels hold it too. */
struct pu_tls_context;

/* Each owns `credentials`, also when it fails. NULL: GnuTLS failed. */
struct pu_tls_context *pu_tls_context_new(gnutls_certificate_credentials_t credentials,
                                          pu_tls_verify_cb verify, void *user);
/* A server of the web, with its certificate chain and key. Asks clients for nothing. */
struct pu_tls_context *
pu_tls_context_new_web_server(gnutls_certificate_credentials_t credentials);
/* A client of the web: whom `credentials` trusts; NULL trusts the system's authorities, which
 * are read from their files now. */
struct pu_tls_context *
pu_tls_context_new_web_client(gnutls_certificate_credentials_t credentials);
struct pu_tls_context *pu_tls_context_hold(struct pu_tls_context *context);
void pu_tls_context_rele(struct pu_tls_context *context); /* accepts NULL */

/* Both answer a channel that has failed, as a read() of nothing tells, where GnuTLS cannot
 * begin or a client has no host to ask for.
 *
 * libp2p's. config->muxers are offered through ALPN, and "libp2p" behind them. */
struct pu_secure *pu_tls_new(struct pu_tls_context *context,
                             const struct pu_secure_config *config);
/* The web's. `host`, the name or address that a client's server must prove, is copied; NULL
 * makes a server of a server's context. The result has neither a peer nor a muxer. */
struct pu_secure *pu_tls_new_web(struct pu_tls_context *context, const char *host);

#endif
