/* The memory of streams: pooled chunks, and byte queues made of them. */
#ifndef PU_MUX_CHUNK_H
#define PU_MUX_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/bytes.h"

#define PU_CHUNK_SMALL_LEN 4096  /* first chunk of a queue, header included */
#define PU_CHUNK_BIG_LEN   65536 /* all further ones */
#define PU_CHUNK_FREE_MAX  64    /* spare chunks kept per size */

enum pu_chunk_size {
	PU_CHUNK_SMALL,
	PU_CHUNK_BIG,
	PU_CHUNK_SIZES,
};

struct pu_chunk {
	struct pu_chunk *next;
	uint32_t cap, end; /* of data: its size, and how much of it is filled */
	enum pu_chunk_size size;
	uint8_t data[];
};

struct pu_chunk_pool {
	struct pu_chunk *free[PU_CHUNK_SIZES];
	size_t free_len[PU_CHUNK_SIZES];
	size_t free_low[PU_CHUNK_SIZES]; /* fewest since the last trim */
	size_t used;                     /* bytes of chunks in use, headers included */
};

void pu_chunk_pool_fini(struct pu_chunk_pool *pool);
/* Frees the spare chunks that have not been needed since the last call. */
void pu_chunk_pool_trim(struct pu_chunk_pool *pool);
size_t pu_chunk_pool_spare(const struct pu_chunk_pool *pool); /* bytes */

/* Bytes in order. Chunks never move, so what was shown to others stays where it is. */
struct pu_queue {
	struct pu_chunk *head, *tail;
	struct pu_chunk *spare; /* reserved, not yet in the list */
	uint32_t off;           /* consumed bytes of the head */
	size_t len;
	size_t held; /* bytes of memory, headers included */
};

/* Up to `want` writable bytes: the rest of the last chunk, then one new chunk. */
size_t pu_queue_reserve(struct pu_queue *queue, struct pu_chunk_pool *pool, size_t want,
                        struct iovec out[2]);
/* Takes the first `len` of the bytes reserved, gives back chunks that hold nothing. */
void pu_queue_commit(struct pu_queue *queue, struct pu_chunk_pool *pool, size_t len);
void pu_queue_append(struct pu_queue *queue, struct pu_chunk_pool *pool, const uint8_t *data,
                     size_t len);
size_t pu_queue_peek(const struct pu_queue *queue, struct iovec *out, size_t max);
/* The same for at most `len` bytes behind the first `skip`. */
size_t pu_queue_peek_at(const struct pu_queue *queue, size_t skip, size_t len,
                        struct iovec *out, size_t max);
/* len <= queue->len */
void pu_queue_consume(struct pu_queue *queue, struct pu_chunk_pool *pool, size_t len);
void pu_queue_clear(struct pu_queue *queue, struct pu_chunk_pool *pool);

#endif
