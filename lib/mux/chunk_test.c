/* Knows that queues keep bytes in order and memory in bounds, whatever the cuts. */
#include "mux/chunk.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static uint8_t byte_at(size_t at)
{
	return (uint8_t)(at * 31 + at / 251);
}

static void check_front(const struct pu_queue *queue, size_t from)
{
	struct iovec out[64];
	size_t count = pu_queue_peek(queue, out, 64), sum = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < out[i].iov_len; j++)
			cr_assert_eq(((uint8_t *)out[i].iov_base)[j], byte_at(from + sum++));
	cr_assert_eq(sum, queue->len);
}

Test(mux_chunk, bytes_come_out_as_they_went_in_for_any_cuts)
{
	for (unsigned seed = 1; seed <= 20; seed++) {
		struct pu_chunk_pool pool = {0};
		struct pu_queue queue = {0};
		size_t in = 0, out = 0;

		srandom(seed);
		for (int turn = 0; turn < 200; turn++) {
			struct iovec room[2];
			size_t want = (size_t)random() % 70000, given, used;

			given = pu_queue_reserve(&queue, &pool, want, room);
			cr_assert_leq(given, want);
			used = given == 0 ? 0 : (size_t)random() % (given + 1);
			for (size_t i = 0; i < used; i++)
				if (i < room[0].iov_len)
					((uint8_t *)room[0].iov_base)[i] = byte_at(in + i);
				else
					((uint8_t *)room[1].iov_base)[i - room[0].iov_len] = byte_at(in + i);
			pu_queue_commit(&queue, &pool, used);
			in += used;
			if (queue.len > 500000 || turn % 3 == 0) {
				size_t eat = queue.len == 0 ? 0 : (size_t)random() % (queue.len + 1);

				pu_queue_consume(&queue, &pool, eat);
				out += eat;
			}
			cr_assert_eq(queue.len, in - out);
		}
		check_front(&queue, out);
		cr_assert_eq(queue.held, pool.used);
		pu_queue_clear(&queue, &pool);
		cr_assert_eq(pool.used, 0);
		pu_chunk_pool_fini(&pool);
	}
}

Test(mux_chunk, any_part_can_be_looked_at)
{
	struct pu_chunk_pool pool = {0};
	struct pu_queue queue = {0};

	for (size_t i = 0; i < 200000; i++)
		pu_queue_append(&queue, &pool, &(uint8_t){byte_at(i)}, 1);
	pu_queue_consume(&queue, &pool, 77);
	srandom(1);
	for (int turn = 0; turn < 500; turn++) {
		size_t skip = (size_t)random() % queue.len, len = 1 + (size_t)random() % 50000, sum = 0;
		size_t there = queue.len - skip < len ? queue.len - skip : len;
		struct iovec out[8];
		size_t count = pu_queue_peek_at(&queue, skip, len, out, 8);

		for (size_t i = 0; i < count; i++)
			for (size_t j = 0; j < out[i].iov_len; j++)
				cr_assert_eq(((uint8_t *)out[i].iov_base)[j], byte_at(77 + skip + sum++));
		cr_assert_eq(sum, there);
	}
	pu_queue_clear(&queue, &pool);
	pu_chunk_pool_fini(&pool);
}

Test(mux_chunk, appended_bytes_fill_what_is_there_first)
{
	struct pu_chunk_pool pool = {0};
	struct pu_queue queue = {0};
	uint8_t data[1000];
	size_t at = 0;

	for (int i = 0; i < 150; i++) {
		for (size_t j = 0; j < sizeof(data); j++)
			data[j] = byte_at(at++);
		pu_queue_append(&queue, &pool, data, sizeof(data));
	}
	check_front(&queue, 0);
	cr_assert_leq(queue.held, PU_CHUNK_SMALL_LEN + 3 * PU_CHUNK_BIG_LEN);
	pu_queue_consume(&queue, &pool, 150000);
	cr_assert_eq(pool.used, 0);
	cr_assert_eq(queue.head, NULL);
	pu_chunk_pool_fini(&pool);
}

Test(mux_chunk, a_reservation_not_used_is_given_back)
{
	struct pu_chunk_pool pool = {0};
	struct pu_queue queue = {0};
	struct iovec room[2];

	cr_assert_eq(pu_queue_reserve(&queue, &pool, 10, room), 10);
	cr_assert_eq(pool.used, PU_CHUNK_SMALL_LEN);
	pu_queue_commit(&queue, &pool, 0);
	cr_assert_eq(pool.used, 0);
	cr_assert_gt(pu_queue_reserve(&queue, &pool, 1 << 20, room), 60000);
	pu_queue_clear(&queue, &pool);
	cr_assert_eq(pool.used, 0);
	pu_chunk_pool_fini(&pool);
}

Test(mux_chunk, spare_memory_that_nobody_needed_goes)
{
	struct pu_chunk_pool pool = {0};
	struct pu_queue queue = {0};
	uint8_t *data = calloc(1, 1 << 20);

	pu_queue_append(&queue, &pool, data, 1 << 20);
	pu_queue_clear(&queue, &pool);
	cr_assert_gt(pu_chunk_pool_spare(&pool), 1 << 20);
	pu_chunk_pool_trim(&pool);
	pu_chunk_pool_trim(&pool);
	cr_assert_eq(pu_chunk_pool_spare(&pool), 0);
	pu_chunk_pool_fini(&pool);
	free(data);
}
