/* What this file knows: where Criterion may put its arena under the thread sanitizer on x86-64.
 * It tries random addresses (base + 16 MiB * rand_r()), nearly all of which the sanitizer has
 * taken for its shadow. This rand_r() leads it to those just below the program. */

__attribute__((visibility("default"))) int rand_r(unsigned *seed);

int rand_r(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return (int)(0x350000u + (*seed >> 8) % 0x5000u);
}
