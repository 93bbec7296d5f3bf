/* Knows how GnuTLS is set up: TLS 1.3 only, AES-128-GCM first (the only one that we have a fast
 * way for), one key share. */
#include <gnutls/x509.h>

#include "base/alloc.h"
#include "secure/tls_state.h"

#define CIPHERS                                                                                \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305"

static const char *const priorities[] = {
    [PU_TLS_PEERS] = CIPHERS ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1",
    [PU_TLS_WEB_SERVER] = CIPHERS,
    [PU_TLS_WEB_CLIENT] = CIPHERS,
};

static struct pu_tls_context *context_new(enum pu_tls_kind kind,
                                          gnutls_certificate_credentials_t credentials)
{
	struct pu_tls_context *context = PU_NEW(struct pu_tls_context);

	context->refs = 1;
	context->kind = kind;
	context->credentials = credentials;
	context->has_gcm = pu_gcm_init(&context->gcm);
	if (gnutls_priority_init(&context->priority, priorities[kind], NULL) == 0)
		return context;
	context->priority = NULL;
	pu_tls_context_rele(context);
	return NULL;
}

struct pu_tls_context *pu_tls_context_new(gnutls_certificate_credentials_t credentials,
                                          pu_tls_verify_cb verify, void *user)
{
	struct pu_tls_context *context = context_new(PU_TLS_PEERS, credentials);

	if (context == NULL)
		return NULL;
	context->verify = verify;
	context->user = user;
	return context;
}

struct pu_tls_context *
pu_tls_context_new_web_server(gnutls_certificate_credentials_t credentials)
{
	return context_new(PU_TLS_WEB_SERVER, credentials);
}

struct pu_tls_context *
pu_tls_context_new_web_client(gnutls_certificate_credentials_t credentials)
{
	if (credentials != NULL)
		return context_new(PU_TLS_WEB_CLIENT, credentials);
	if (gnutls_certificate_allocate_credentials(&credentials) != 0)
		return NULL;
	if (gnutls_certificate_set_x509_system_trust(credentials) < 0) {
		gnutls_certificate_free_credentials(credentials);
		return NULL;
	}
	return context_new(PU_TLS_WEB_CLIENT, credentials);
}

struct pu_tls_context *pu_tls_context_hold(struct pu_tls_context *context)
{
	context->refs++;
	return context;
}

void pu_tls_context_rele(struct pu_tls_context *context)
{
	if (context == NULL || --context->refs > 0)
		return;
	if (context->priority != NULL)
		gnutls_priority_deinit(context->priority);
	gnutls_certificate_free_credentials(context->credentials);
	pu_free(context);
}
