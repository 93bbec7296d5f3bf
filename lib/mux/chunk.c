/* Knows how stream memory is cut: a small first chunk for streams that say little, big ones
 * for those that say more, and spare ones kept so that a busy stream allocates nothing. */
#include "mux/chunk.h"

#include <string.h>

#include "base/alloc.h"

static const size_t chunk_bytes[PU_CHUNK_SIZES] = {
    [PU_CHUNK_SMALL] = PU_CHUNK_SMALL_LEN,
    [PU_CHUNK_BIG] = PU_CHUNK_BIG_LEN,
};

static struct pu_chunk *take(struct pu_chunk_pool *pool, enum pu_chunk_size size)
{
	struct pu_chunk *chunk = pool->free[size];

	if (chunk != NULL) {
		pool->free[size] = chunk->next;
		pool->free_len[size]--;
		if (pool->free_len[size] < pool->free_low[size])
			pool->free_low[size] = pool->free_len[size];
	} else {
		chunk = pu_alloc(chunk_bytes[size]);
	}
	chunk->next = NULL;
	chunk->cap = (uint32_t)(chunk_bytes[size] - sizeof(*chunk));
	chunk->end = 0;
	chunk->size = size;
	pool->used += chunk_bytes[size];
	return chunk;
}

static void give(struct pu_chunk_pool *pool, struct pu_chunk *chunk)
{
	enum pu_chunk_size size = chunk->size;

	pool->used -= chunk_bytes[size];
	if (pool->free_len[size] >= PU_CHUNK_FREE_MAX) {
		pu_free(chunk);
		return;
	}
	chunk->next = pool->free[size];
	pool->free[size] = chunk;
	pool->free_len[size]++;
}

static void drop_spare(struct pu_chunk_pool *pool, size_t size, size_t count)
{
	for (; count > 0; count--) {
		struct pu_chunk *chunk = pool->free[size];

		pool->free[size] = chunk->next;
		pool->free_len[size]--;
		pu_free(chunk);
	}
}

void pu_chunk_pool_trim(struct pu_chunk_pool *pool)
{
	for (size_t i = 0; i < PU_CHUNK_SIZES; i++) {
		drop_spare(pool, i, pool->free_low[i]);
		pool->free_low[i] = pool->free_len[i];
	}
}

void pu_chunk_pool_fini(struct pu_chunk_pool *pool)
{
	for (size_t i = 0; i < PU_CHUNK_SIZES; i++)
		drop_spare(pool, i, pool->free_len[i]);
}

size_t pu_chunk_pool_spare(const struct pu_chunk_pool *pool)
{
	size_t sum = 0;

	for (size_t i = 0; i < PU_CHUNK_SIZES; i++)
		sum += pool->free_len[i] * chunk_bytes[i];
	return sum;
}

static struct pu_chunk *take_for(struct pu_queue *queue, struct pu_chunk_pool *pool,
                                 size_t want)
{
	bool small = queue->head == NULL && want <= PU_CHUNK_SMALL_LEN;
	struct pu_chunk *chunk = take(pool, small ? PU_CHUNK_SMALL : PU_CHUNK_BIG);

	queue->held += chunk_bytes[chunk->size];
	return chunk;
}

static void link_chunk(struct pu_queue *queue, struct pu_chunk *chunk)
{
	if (queue->tail != NULL)
		queue->tail->next = chunk;
	else
		queue->head = chunk;
	queue->tail = chunk;
}

static void drop(struct pu_queue *queue, struct pu_chunk_pool *pool, struct pu_chunk *chunk)
{
	queue->held -= chunk_bytes[chunk->size];
	give(pool, chunk);
}

static void drop_head(struct pu_queue *queue, struct pu_chunk_pool *pool)
{
	struct pu_chunk *chunk = queue->head;

	queue->head = chunk->next;
	if (queue->head == NULL)
		queue->tail = NULL;
	queue->off = 0;
	drop(queue, pool, chunk);
}

size_t pu_queue_reserve(struct pu_queue *queue, struct pu_chunk_pool *pool, size_t want,
                        struct iovec out[2])
{
	struct pu_chunk *last = queue->tail;
	size_t given = 0;

	out[0] = out[1] = (struct iovec){0};
	if (last != NULL && last->end < last->cap && want > 0) {
		given = last->cap - last->end < want ? last->cap - last->end : want;
		*out++ = (struct iovec){.iov_base = last->data + last->end, .iov_len = given};
	}
	if (given < want) {
		if (queue->spare == NULL)
			queue->spare = take_for(queue, pool, want - given);
		out->iov_base = queue->spare->data;
		out->iov_len = queue->spare->cap < want - given ? queue->spare->cap : want - given;
		given += out->iov_len;
	}
	return given;
}

/* Counts `len` bytes, or as many as there is room for, as filled. */
static uint32_t fill(struct pu_chunk *chunk, size_t len)
{
	uint32_t room = chunk->cap - chunk->end;
	uint32_t filled = len < room ? (uint32_t)len : room;

	chunk->end += filled;
	return filled;
}

void pu_queue_commit(struct pu_queue *queue, struct pu_chunk_pool *pool, size_t len)
{
	struct pu_chunk *spare = queue->spare;

	queue->len += len;
	queue->spare = NULL;
	if (queue->tail != NULL)
		len -= fill(queue->tail, len);
	if (spare == NULL)
		return;
	if (len == 0) {
		drop(queue, pool, spare);
		return;
	}
	fill(spare, len);
	link_chunk(queue, spare);
}

void pu_queue_append(struct pu_queue *queue, struct pu_chunk_pool *pool, const uint8_t *data,
                     size_t len)
{
	queue->len += len;
	while (len > 0) {
		struct pu_chunk *last = queue->tail;
		uint32_t at, filled;

		if (last == NULL || last->end == last->cap) {
			last = take_for(queue, pool, len);
			link_chunk(queue, last);
		}
		at = last->end;
		filled = fill(last, len);
		memcpy(last->data + at, data, filled);
		data += filled;
		len -= filled;
	}
}

size_t pu_queue_peek(const struct pu_queue *queue, struct iovec *out, size_t max)
{
	uint32_t off = queue->off;
	size_t count = 0;

	for (struct pu_chunk *chunk = queue->head; chunk != NULL && count < max;
	     chunk = chunk->next) {
		if (chunk->end > off)
			out[count++] =
			    (struct iovec){.iov_base = chunk->data + off, .iov_len = chunk->end - off};
		off = 0;
	}
	return count;
}

size_t pu_queue_peek_at(const struct pu_queue *queue, size_t skip, size_t len,
                        struct iovec *out, size_t max)
{
	size_t off = queue->off + skip, count = 0;

	for (struct pu_chunk *chunk = queue->head; chunk != NULL && count < max && len > 0;
	     chunk = chunk->next) {
		if (off < chunk->end) {
			size_t here = chunk->end - off < len ? chunk->end - off : len;

			out[count++] = (struct iovec){.iov_base = chunk->data + off, .iov_len = here};
			len -= here;
			off = 0;
		} else {
			off -= chunk->end;
		}
	}
	return count;
}

void pu_queue_consume(struct pu_queue *queue, struct pu_chunk_pool *pool, size_t len)
{
	queue->len -= len;
	while (len > 0) {
		uint32_t here = queue->head->end - queue->off;

		if (len < here) {
			queue->off += (uint32_t)len;
			return;
		}
		len -= here;
		drop_head(queue, pool);
	}
}

void pu_queue_clear(struct pu_queue *queue, struct pu_chunk_pool *pool)
{
	while (queue->head != NULL)
		drop_head(queue, pool);
	if (queue->spare != NULL)
		drop(queue, pool, queue->spare);
	queue->spare = NULL;
	queue->len = 0;
}
