/* Writes a sample of every row into a folder: the seeds of fuzz_message. */
#include <stdio.h>

#include "base/alloc.h"
#include "proto/codec.h"
#include "proto/sample.h"

#define SAMPLE_LEN 3

static int write_seed(const char *dir, const struct pu_msg_row *row)
{
	struct pu_arena arena;
	struct pu_buffer buffer;
	char *path = pu_asprintf("%s/%s", dir, row->type);
	FILE *file = fopen(path, "wb");
	int status = 1;

	pu_arena_init(&arena, PU_MESSAGE_MAX);
	pu_buffer_init(&buffer, PU_MESSAGE_MAX);
	if (file != NULL &&
	    pu_encode(&buffer, row->id, pu_sample(&arena, row, SAMPLE_LEN)) == PU_OK &&
	    fwrite(buffer.data, 1, buffer.len, file) == buffer.len)
		status = 0;
	if (file != NULL && fclose(file) != 0)
		status = 1;
	pu_buffer_fini(&buffer);
	pu_arena_fini(&arena);
	pu_free(path);
	return status;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	for (int id = PU_MSG_NONE + 1; id < PU_MSG_COUNT; id++)
		if (write_seed(argv[1], pu_msg_row((enum pu_msg)id)) != 0)
			return 1;
	return 0;
}
