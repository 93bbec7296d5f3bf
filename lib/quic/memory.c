/* Knows how much memory the QUIC machine of each connection holds, and says no (NULL, which
 * ends that connection with PU_ELIMIT) when a bound is reached. The system's allocator is asked
 * for sizes, so that nothing is stored beside the blocks. */
#include "quic/memory.h"

#include <malloc.h>

#include "base/alloc.h"
#include "quic/stream_state.h"

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

static void *mem_malloc(size_t size, void *user)
{
	return may_take(user, size) ? count(user, pu_alloc(size)) : NULL;
}

static void mem_free(void *ptr, void *user)
{
	if (ptr == NULL)
		return;
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
	if (!may_take(user, size))
		return NULL;
	if (ptr != NULL)
		discount(user, ptr);
	return count(user, pu_realloc(ptr, 1, size));
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
