/* What the tests of TLS do with two peers, and expect of them. */
#ifndef PU_SECURE_TLS_EXPECT_H
#define PU_SECURE_TLS_EXPECT_H

#include "secure/tls_world.h"

/* Connects both and lets them talk until they are silent. */
void tls_shake(struct tls_world *world, size_t chunk);
/* The handshake up to flight `n`, which stays on the wire to the end that is answered. */
struct secure_end *tls_run_until(struct tls_world *world, size_t n);
/* From nothing to an established channel, and back. */
void tls_establish(struct tls_world *world);
void tls_finish(struct tls_world *world);

/* Each knows who the other is. */
void tls_expect_established(struct tls_world *world);
/* Words come through both ways. */
void tls_expect_talk(struct tls_world *world, size_t chunk);
/* The listener takes what is on the wire for that error, and gives nothing out. */
void tls_expect_failure(struct tls_world *world, enum pu_err err);

#endif
