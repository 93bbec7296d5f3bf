/* Knows how two ends are brought together, and when that has worked. */
#include "secure/tls_expect.h"

#include <criterion/criterion.h>

void tls_shake(struct tls_world *world, size_t chunk)
{
	tls_world_connect(world);
	secure_pump(&world->ends[0], &world->ends[1], chunk);
}

void tls_establish(struct tls_world *world)
{
	tls_world_init(world);
	tls_shake(world, SIZE_MAX);
	tls_expect_established(world);
}

void tls_finish(struct tls_world *world)
{
	tls_world_disconnect(world);
	tls_world_fini(world);
}

struct secure_end *tls_run_until(struct tls_world *world, size_t n)
{
	tls_world_connect(world);
	return secure_run_until(world->ends, n);
}

void tls_expect_established(struct tls_world *world)
{
	for (size_t i = 0; i < 2; i++) {
		cr_assert(world->ends[i].established, "end %zu: %s", i,
		          tls_world_result(world, i)->text);
		cr_assert(!world->ends[i].failed);
		cr_expect(pu_peer_id_eq(&tls_world_result(world, i)->peer, &world->ids[1 - i]));
	}
}

void tls_expect_talk(struct tls_world *world, size_t chunk)
{
	struct secure_end *ends = world->ends;

	cr_assert_gt(secure_send(&ends[0], &ends[1], "hello", 5), 0);
	cr_assert_gt(secure_send(&ends[1], &ends[0], "there", 5), 0);
	secure_pump(&ends[0], &ends[1], chunk);
	cr_expect(pu_bytes_eq(pu_buffer_bytes(&ends[1].plain), pu_bytes("hello", 5)));
	cr_expect(pu_bytes_eq(pu_buffer_bytes(&ends[0].plain), pu_bytes("there", 5)));
}

void tls_expect_failure(struct tls_world *world, enum pu_err err)
{
	secure_deliver(&world->ends[1], SIZE_MAX);
	cr_expect(world->ends[1].failed);
	cr_expect_eq(tls_world_result(world, 1)->err, err, "%s", tls_world_result(world, 1)->text);
	cr_expect_eq(world->ends[1].plain.len, 0);
}
