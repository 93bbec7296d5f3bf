#include "p2p/multibase.h"

#include "p2p/limits.h"
#include "p2p/test_vectors.h"

/* The "yes mani !" vectors of multiformats/multibase, and some of the edges. */
static const struct {
	enum pu_base base;
	const char *bytes, *text;
} vectors[] = {
    {PU_BASE16, "796573206d616e692021", "796573206d616e692021"},
    {PU_BASE32, "796573206d616e692021", "pfsxgidnmfxgsibb"},
    {PU_BASE36, "796573206d616e692021", "2lcpzo5yikidynfl"},
    {PU_BASE58BTC, "796573206d616e692021", "7paNL19xttacUY"},
    {PU_BASE64, "796573206d616e692021", "eWVzIG1hbmkgIQ"},
    {PU_BASE64URL, "796573206d616e692021", "eWVzIG1hbmkgIQ"},
    {PU_BASE58BTC, "0000796573206d616e692021", "117paNL19xttacUY"},
    {PU_BASE36, "0000796573206d616e692021", "002lcpzo5yikidynfl"},
    {PU_BASE58BTC, "", ""},
    {PU_BASE58BTC, "00", "1"},
    {PU_BASE58BTC, "0000", "11"},
    {PU_BASE32, "", ""},
    {PU_BASE32, "66", "my"},
    {PU_BASE32, "666f6f626172", "mzxw6ytboi"},
    {PU_BASE64, "fbff", "+/8"},
    {PU_BASE64URL, "fbff", "-_8"},
};

Test(multibase, matches_the_published_vectors)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(vectors); i++) {
		struct pu_bytes bytes = unhex(vectors[i].bytes);
		uint8_t out[128];
		struct pu_writer writer = pu_writer(out, sizeof(out));

		cr_expect_eq(pu_base_encode(vectors[i].base, bytes, &writer), PU_OK);
		cr_expect(pu_bytes_eq(pu_writer_bytes(&writer), pu_bytes_of_str(vectors[i].text)), "%s",
		          vectors[i].text);
		writer = pu_writer(out, sizeof(out));
		cr_expect_eq(pu_base_decode(vectors[i].base, pu_bytes_of_str(vectors[i].text), &writer),
		             PU_OK);
		cr_expect(pu_bytes_eq(pu_writer_bytes(&writer), bytes), "%s", vectors[i].text);
		free_bytes(bytes);
	}
}

static enum pu_err decode(const char *text, size_t max)
{
	uint8_t out[256];
	struct pu_writer writer = pu_writer(out, max);

	return pu_multibase_decode(pu_bytes_of_str(text), &writer);
}

Test(multibase, refuses_other_characters)
{
	cr_expect_eq(decode("z0", 256), PU_EMALFORMED);
	cr_expect_eq(decode("zOIl", 256), PU_EMALFORMED);
	cr_expect_eq(decode("bMZXW", 256), PU_EMALFORMED);
	cr_expect_eq(decode("kABC", 256), PU_EMALFORMED);
	cr_expect_eq(decode("u+/", 256), PU_EMALFORMED);
	cr_expect_eq(decode("meWVzIG1hbmkgIQ==", 256), PU_EMALFORMED);
}

Test(multibase, refuses_impossible_endings)
{
	cr_expect_eq(decode("ba", 256), PU_EMALFORMED, "five bits are no byte");
	cr_expect_eq(decode("bmz", 256), PU_EMALFORMED, "padding bits set");
	cr_expect_eq(decode("uA", 256), PU_EMALFORMED);
	cr_expect_eq(decode("f1", 256), PU_EMALFORMED);
}

Test(multibase, knows_its_bases_by_prefix)
{
	cr_expect_eq(decode("", 256), PU_EMALFORMED);
	cr_expect_eq(decode("Zabc", 256), PU_EUNSUPPORTED);
	cr_expect_eq(decode("z7paNL19xttacUY", 256), PU_OK);
	cr_expect_eq(decode("z7paNL19xttacUY", 9), PU_ELIMIT);
}

Test(multibase, bounds_what_costs_the_square)
{
	uint8_t bytes[PU_BASE_QUADRATIC_MAX + 1], out[1024], back[PU_BASE_QUADRATIC_MAX + 1];
	struct pu_writer writer = pu_writer(out, sizeof(out));
	struct pu_writer decoded = pu_writer(back, sizeof(back));

	memset(bytes, 0xff, sizeof(bytes));
	cr_expect_eq(pu_base_encode(PU_BASE58BTC, pu_bytes(bytes, sizeof(bytes)), &writer),
	             PU_ELIMIT);
	cr_expect_eq(pu_base_encode(PU_BASE36, pu_bytes(bytes, PU_BASE_QUADRATIC_MAX), &writer),
	             PU_OK);
	cr_expect_eq(pu_base_decode(PU_BASE36, pu_writer_bytes(&writer), &decoded), PU_OK);
	cr_expect(pu_bytes_eq(pu_writer_bytes(&decoded), pu_bytes(bytes, PU_BASE_QUADRATIC_MAX)));
	memset(out, 'z', sizeof(out));
	cr_expect_eq(pu_base_decode(PU_BASE58BTC, pu_bytes(out, sizeof(out)), &decoded), PU_ELIMIT);
}

Test(multibase, refuses_an_unknown_base)
{
	uint8_t out[8];
	struct pu_writer writer = pu_writer(out, sizeof(out));

	cr_expect_eq(pu_base_encode((enum pu_base)'?', pu_bytes("", 0), &writer), PU_EUNSUPPORTED);
	cr_expect_eq(pu_base_decode((enum pu_base)'?', pu_bytes("", 0), &writer), PU_EUNSUPPORTED);
}
