/* Knows how much memory the QUIC machine of each connection holds, and says no (NULL, which
 * ends that connection with PU_ELIMIT) when a bound is reached. The system's allocator is asked
 * for sizes, so that nothing is stored beside the blocks.
 *
 * It knows two things of ngtcp2 1.11.0 that ngtcp2 does not promise (docs/decisions/0010).
 * Under any other version they are not used, and a quiet connection costs 8 KiB more:
 *
 * What is asked for by realloc() from nothing and has 2 KiB or more is the buffer that a packet
 * is decrypted into, of no use outside of ngtcp2_conn_read_pkt(). As one thread reads one
 * packet at a time, all connections share one. The buffer for headers becomes as long where a
 * token is, and needs its own memory: a connection shares one block at a time.
 *
 * A connection begins with three pools, of frames, sent packets and streams. Each allocates 16
 * objects at once, of which a quiet connection uses one or two. */
#include "quic/memory.h"

#include <malloc.h>

#include "base/alloc.h"
#include "quic/stream_state.h"

#define POOLS            3
#define POOL_BLOCK_MAX   4096
#define OBJECTS_IN_BLOCK 16 /* by ngtcp2 */
#define OBJECTS_WANTED   4

/* ngtcp2's struct ngtcp2_objalloc. */
struct pool {
	const ngtcp2_mem *mem;
	size_t block_len; /* of the blocks to come; objects have a multiple of 16 bytes */
	void *blocks;
	uint8_t *begin, *end, *pos, *last; /* what is left of the newest block */
	void *released;
};

static bool may_take(struct pu_quic_conn *conn, size_t size)
{
	if (size <= conn->ep->config.conn_memory_max &&
	    conn->memory <= conn->ep->config.conn_memory_max - size &&
	    size <= pu_quic_memory_left(conn->ep))
		return true;
	conn->memory_refused = true;
	return false;
}

static void *count(struct pu_quic_conn *conn, void *ptr)
{
	size_t size = malloc_usable_size(ptr);

	conn->memory += size;
	conn->ep->stats.memory_quic += size;
	return ptr;
}

static void discount(struct pu_quic_conn *conn, void *ptr)
{
	size_t size = malloc_usable_size(ptr);

	conn->memory -= size;
	conn->ep->stats.memory_quic -= size;
}

static size_t shared_class(size_t size)
{
	size_t class = 0;

	while (class < PU_QUIC_SHARED_CLASSES && (size_t)PU_QUIC_SHARED_MIN << class < size)
		class ++;
	return class;
}

/* The endpoint's buffer for as much, or NULL. */
static void *share(struct pu_quic_endpoint *ep, size_t size)
{
	size_t class = shared_class(size);

	if (!ep->knows_ngtcp2 || class == PU_QUIC_SHARED_CLASSES)
		return NULL;
	if (ep->shared[class] == NULL)
		ep->shared[class] = pu_alloc((size_t)PU_QUIC_SHARED_MIN << class);
	return ep->shared[class];
}

static bool is_shared(const struct pu_quic_endpoint *ep, const void *ptr)
{
	for (size_t i = 0; i < PU_QUIC_SHARED_CLASSES; i++)
		if (ep->shared[i] == ptr)
			return true;
	return false;
}

static void *mem_malloc(size_t size, void *user)
{
	return may_take(user, size) ? count(user, pu_alloc(size)) : NULL;
}

static void mem_free(void *ptr, void *user)
{
	struct pu_quic_conn *conn = user;

	if (ptr == NULL)
		return;
	if (is_shared(conn->ep, ptr)) {
		conn->shares = false;
		return;
	}
	discount(user, ptr);
	pu_free(ptr);
}

static void *mem_calloc(size_t members, size_t size, void *user)
{
	size_t sum;

	if (__builtin_mul_overflow(members, size, &sum) || !may_take(user, sum))
		return NULL;
	return count(user, pu_zalloc(sum));
}

static void *mem_realloc(void *ptr, size_t size, void *user)
{
	struct pu_quic_conn *conn = user;
	bool from_shared = ptr != NULL && is_shared(conn->ep, ptr);
	void *shared = NULL;

	if (!may_take(user, size))
		return NULL;
	if (from_shared || (ptr == NULL && size >= PU_QUIC_SHARED_MIN && !conn->shares))
		shared = share(conn->ep, size);
	if (from_shared || shared != NULL)
		conn->shares = shared != NULL;
	if (shared != NULL)
		return shared;
	if (from_shared)
		ptr = NULL; /* what is in it need not be kept */
	if (ptr != NULL)
		discount(user, ptr);
	return count(user, pu_realloc(ptr, 1, size));
}

void pu_quic_memory_start(struct pu_quic_endpoint *ep)
{
	ep->knows_ngtcp2 = ngtcp2_version(0)->version_num == PU_QUIC_KNOWN_VERSION;
}

void pu_quic_memory_stop(struct pu_quic_endpoint *ep)
{
	for (size_t i = 0; i < PU_QUIC_SHARED_CLASSES; i++)
		pu_free(ep->shared[i]);
}

const ngtcp2_mem *pu_quic_memory_init(struct pu_quic_conn *conn)
{
	conn->mem = (ngtcp2_mem){
	    .user_data = conn,
	    .malloc = mem_malloc,
	    .free = mem_free,
	    .calloc = mem_calloc,
	    .realloc = mem_realloc,
	};
	return &conn->mem;
}

static bool is_unused_pool(const struct pool *pool, const ngtcp2_mem *mem)
{
	return pool->mem == mem && pool->block_len > 0 && pool->block_len <= POOL_BLOCK_MAX &&
	       pool->block_len % (16 * OBJECTS_IN_BLOCK) == 0 && pool->blocks == NULL &&
	       pool->begin == pool->end && pool->begin == pool->pos && pool->begin == pool->last &&
	       pool->released == NULL;
}

void pu_quic_memory_shrink_pools(struct pu_quic_conn *conn)
{
	struct pool pools[POOLS];

	if (!conn->ep->knows_ngtcp2 || malloc_usable_size(conn->quic) < sizeof(pools))
		return;
	memcpy(pools, conn->quic, sizeof(pools));
	for (size_t i = 0; i < POOLS; i++) {
		if (!is_unused_pool(&pools[i], &conn->mem))
			return;
		pools[i].block_len = pools[i].block_len / OBJECTS_IN_BLOCK * OBJECTS_WANTED;
	}
	memcpy(conn->quic, pools, sizeof(pools));
}
