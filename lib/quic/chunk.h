/* The memory of streams: pooled chunks, and byte queues made of them. */
#ifndef PU_QUIC_CHUNK_H
#define PU_QUIC_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "quic/limits.h"

enum pu_quic_chunk_size {
	PU_QUIC_SMALL,
	PU_QUIC_BIG,
	PU_QUIC_CHUNK_SIZES,
};

struct pu_quic_chunk {
	struct pu_quic_chunk *next;
	uint32_t cap, end; /* of data: its size, and how much of it is filled */
	enum pu_quic_chunk_size size;
	uint8_t data[];
};

struct pu_quic_pool {
	struct pu_quic_chunk *free[PU_QUIC_CHUNK_SIZES];
	size_t free_len[PU_QUIC_CHUNK_SIZES];
	size_t free_low[PU_QUIC_CHUNK_SIZES]; /* fewest since the last trim */
	size_t used;                          /* bytes of chunks in use, headers included */
};

void pu_quic_pool_fini(struct pu_quic_pool *pool);
/* Frees the spare chunks that have not been needed since the last call. */
void pu_quic_pool_trim(struct pu_quic_pool *pool);
size_t pu_quic_pool_spare(const struct pu_quic_pool *pool); /* bytes */

/* Bytes in order. Chunks never move, so what was shown to others stays where it is. */
struct pu_quic_queue {
	struct pu_quic_chunk *head, *tail;
	struct pu_quic_chunk *spare; /* reserved, not yet in the list */
	uint32_t off;                /* consumed bytes of the head */
	size_t len;
	size_t held; /* bytes of memory, headers included */
};

/* Up to `want` writable bytes: the rest of the last chunk, then one new chunk. */
size_t pu_quic_queue_reserve(struct pu_quic_queue *queue, struct pu_quic_pool *pool,
                             size_t want, struct iovec out[2]);
/* Takes the first `len` of the bytes reserved, gives back chunks that hold nothing. */
void pu_quic_queue_commit(struct pu_quic_queue *queue, struct pu_quic_pool *pool, size_t len);
void pu_quic_queue_append(struct pu_quic_queue *queue, struct pu_quic_pool *pool,
                          const uint8_t *data, size_t len);
size_t pu_quic_queue_peek(const struct pu_quic_queue *queue, struct iovec *out, size_t max);
/* len <= queue->len */
void pu_quic_queue_consume(struct pu_quic_queue *queue, struct pu_quic_pool *pool, size_t len);
void pu_quic_queue_clear(struct pu_quic_queue *queue, struct pu_quic_pool *pool);

#endif
