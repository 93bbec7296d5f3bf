/* Two peers with their TLS contexts, for tests. */
#ifndef PU_SECURE_TLS_WORLD_H
#define PU_SECURE_TLS_WORLD_H

#include "secure/secure_sim.h"
#include "secure/tls_state.h"

#define TLS_WORLD_NOW UINT64_C(1800000000)

struct tls_world {
	struct pu_tls_context *contexts[2];
	struct pu_peer_id ids[2];
	struct pu_secure_config configs[2]; /* the dialler's, the listener's */
	struct secure_end ends[2];
};

/* Keys, certificates and contexts; both offer yamux. */
void tls_world_init(struct tls_world *world);
void tls_world_fini(struct tls_world *world);
/* Only these cipher suites or groups, of both; a test of something that GnuTLS seals turns the
 * fast way off with `fast`. */
void tls_world_restrict(struct tls_world *world, const char *priority, bool fast);
void tls_world_connect(struct tls_world *world);
void tls_world_disconnect(struct tls_world *world);
struct pu_tls *tls_world_tls(struct tls_world *world, size_t i);
const struct pu_secure_result *tls_world_result(const struct tls_world *world, size_t i);
/* Credentials of a peer of that key. */
gnutls_certificate_credentials_t tls_world_credentials(const struct pu_key *key);
enum pu_err tls_world_verify(void *user, struct pu_bytes der, struct pu_peer_id *out);

#endif
