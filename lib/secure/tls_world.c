/* Test support. Knows how peers get certificates, at a time of the test's own. */
#include "secure/tls_world.h"

#include <stdlib.h>

#include "p2p/tls_cert.h"

static const char *const yamux[] = {"/yamux/1.0.0"};

gnutls_certificate_credentials_t tls_world_credentials(const struct pu_key *key)
{
	struct pu_tls_cert cert;
	gnutls_certificate_credentials_t credentials;

	if (pu_tls_cert_make(&cert, key, TLS_WORLD_NOW) != PU_OK ||
	    pu_tls_cert_credentials(&cert, &credentials) != PU_OK)
		abort();
	pu_tls_cert_fini(&cert);
	return credentials;
}

enum pu_err tls_world_verify(void *user, struct pu_bytes der, struct pu_peer_id *out)
{
	(void)user;
	return pu_tls_cert_verify(der, TLS_WORLD_NOW, out);
}

void tls_world_init(struct tls_world *world)
{
	*world = (struct tls_world){0};
	for (size_t i = 0; i < 2; i++) {
		struct pu_key key;
		struct pu_public_key public_key;

		pu_key_generate(&key);
		public_key = pu_key_public(&key);
		world->ids[i] = pu_peer_id_of_key(&public_key);
		world->contexts[i] =
		    pu_tls_context_new(tls_world_credentials(&key), tls_world_verify, NULL);
		world->configs[i] =
		    (struct pu_secure_config){.initiator = i == 0, .muxers = yamux, .muxers_len = 1};
	}
}

void tls_world_fini(struct tls_world *world)
{
	pu_tls_context_rele(world->contexts[0]);
	pu_tls_context_rele(world->contexts[1]);
}

void tls_world_restrict(struct tls_world *world, const char *priority, bool fast)
{
	for (size_t i = 0; i < 2; i++) {
		struct pu_tls_context *context = world->contexts[i];

		gnutls_priority_deinit(context->priority);
		if (gnutls_priority_init(&context->priority, priority, NULL) != 0)
			abort();
		context->has_gcm = context->has_gcm && fast;
	}
}

void tls_world_connect(struct tls_world *world)
{
	for (size_t i = 0; i < 2; i++)
		secure_end_init(&world->ends[i], pu_tls_new(world->contexts[i], &world->configs[i]));
}

void tls_world_disconnect(struct tls_world *world)
{
	secure_end_fini(&world->ends[0]);
	secure_end_fini(&world->ends[1]);
}

struct pu_tls *tls_world_tls(struct tls_world *world, size_t i)
{
	return (struct pu_tls *)world->ends[i].secure;
}

const struct pu_secure_result *tls_world_result(const struct tls_world *world, size_t i)
{
	return pu_secure_result(world->ends[i].secure);
}
