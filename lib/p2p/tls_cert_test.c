#include "p2p/tls_cert.h"

#include <errno.h>
#include <gnutls/abstract.h>

#include "p2p/test_vectors.h"
#include "p2p/tls_ext.h"

/* libp2p specs, tls/tls.md: certificates of an Ed25519, an ECDSA and a secp256k1 peer, and one
 * whose peer did not sign it. */
#define SPEC_ED25519                                                                           \
	"308201ae30820156a0030201020204499602d2300a06082a8648ce3d040302302031123010060355040a"     \
	"13096c69627032702e696f310a300806035504051301313020170d3735303130313133303030305a180f"     \
	"34303936303130313133303030305a302031123010060355040a13096c69627032702e696f310a300806"     \
	"035504051301313059301306072a8648ce3d020106082a8648ce3d030107034200040c901d423c831ca8"     \
	"5e27c73c263ba132721bb9d7a84c4f0380b2a6756fd601331c8870234dec878504c174144fa4b14b66a6"     \
	"51691606d8173e55bd37e381569ea37c307a3078060a2b0601040183a25a0101046a3068042408011220"     \
	"a77f1d92fedb59dddaea5a1c4abd1ac2fbde7d7b879ed364501809923d7c11b90440d90d2769db992d5e"     \
	"6195dbb08e706b6651e024fda6cfb8846694a435519941cac215a8207792e42849cccc6cd8136c6e4bde"     \
	"92a58c5e08cfd4206eb5fe0bf909300a06082a8648ce3d0403020346003043021f50f6b6c52711a88177"     \
	"8718238f650c9fb48943ae6ee6d28427dc6071ae55e702203625f116a7a454db9c56986c82a25682f724"     \
	"8ea1cb764d322ea983ed36a31b77"                                                             \
	""
#define SPEC_ECDSA                                                                             \
	"308201f63082019da0030201020204499602d2300a06082a8648ce3d040302302031123010060355040a"     \
	"13096c69627032702e696f310a300806035504051301313020170d3735303130313133303030305a180f"     \
	"34303936303130313133303030305a302031123010060355040a13096c69627032702e696f310a300806"     \
	"035504051301313059301306072a8648ce3d020106082a8648ce3d030107034200040c901d423c831ca8"     \
	"5e27c73c263ba132721bb9d7a84c4f0380b2a6756fd601331c8870234dec878504c174144fa4b14b66a6"     \
	"51691606d8173e55bd37e381569ea381c23081bf3081bc060a2b0601040183a25a01010481ad3081aa04"     \
	"5f0803125b3059301306072a8648ce3d020106082a8648ce3d03010703420004bf30511f909414ebdd32"     \
	"42178fd290f093a551cf75c973155de0bb5a96fedf6cb5d52da7563e794b512f66e60c7f55ba8a3acf3d"     \
	"d72a801980d205e8a1ad29f2044730450220064ea8124774caf8f50e57f436aa62350ce652418c019df5"     \
	"d98a3ac666c9386a022100aa59d704a931b5f72fb9222cb6cc51f954d04a4e2e5450f8805fe8918f71ea"     \
	"ae300a06082a8648ce3d04030203470030440220799395b0b6c1e940a7e4484705f610ab51ed376f19ff"     \
	"9d7c16757cfbf61b8d4302206205c03fbb0f95205c779be86581d3e31c01871ad5d1f3435bcf375cb0e5"     \
	"088a"                                                                                     \
	""
#define SPEC_SECP256K1                                                                         \
	"308201ba3082015fa0030201020204499602d2300a06082a8648ce3d040302302031123010060355040a"     \
	"13096c69627032702e696f310a300806035504051301313020170d3735303130313133303030305a180f"     \
	"34303936303130313133303030305a302031123010060355040a13096c69627032702e696f310a300806"     \
	"035504051301313059301306072a8648ce3d020106082a8648ce3d030107034200040c901d423c831ca8"     \
	"5e27c73c263ba132721bb9d7a84c4f0380b2a6756fd601331c8870234dec878504c174144fa4b14b66a6"     \
	"51691606d8173e55bd37e381569ea38184308181307f060a2b0601040183a25a01010471306f04250802"     \
	"12210206dc6968726765b820f050263ececf7f71e4955892776c0970542efd689d238204463044022014"     \
	"5e15a991961f0d08cd15425bb95ec93f6ffa03c5a385eedc34ecf464c7a8ab022026b3109b8a3f40ef83"     \
	"3169777eb2aa337cfb6282f188de0666d1bcec2a4690dd300a06082a8648ce3d04030203490030460221"     \
	"00e1a217eeef9ec9204b3f774a08b70849646b6a1e6b8b27f93dc00ed58545d9fe022100b00dafa549d0"     \
	"f03547878338c7b15e7502888f6d45db387e5ae6b5d46899cef0"                                     \
	""
#define SPEC_FORGED                                                                            \
	"308201f73082019da0030201020204499602d2300a06082a8648ce3d040302302031123010060355040a"     \
	"13096c69627032702e696f310a300806035504051301313020170d3735303130313133303030305a180f"     \
	"34303936303130313133303030305a302031123010060355040a13096c69627032702e696f310a300806"     \
	"035504051301313059301306072a8648ce3d020106082a8648ce3d030107034200040c901d423c831ca8"     \
	"5e27c73c263ba132721bb9d7a84c4f0380b2a6756fd601331c8870234dec878504c174144fa4b14b66a6"     \
	"51691606d8173e55bd37e381569ea381c23081bf3081bc060a2b0601040183a25a01010481ad3081aa04"     \
	"5f0803125b3059301306072a8648ce3d020106082a8648ce3d03010703420004bf30511f909414ebdd32"     \
	"42178fd290f093a551cf75c973155de0bb5a96fedf6cb5d52da7563e794b512f66e60c7f55ba8a3acf3d"     \
	"d72a801980d205e8a1ad29f204473045022100bb6e03577b7cc7a3cd1558df0da2b117dfdcc0399bc250"     \
	"4ebe7de6f65cade72802206de96e2a5be9b6202adba24ee0362e490641ac45c240db71fe955f2c5cf8df"     \
	"6e300a06082a8648ce3d0403020348003045022100e847f267f43717358f850355bdcabbefb2cfbf8a3c"     \
	"043b203a14788a092fe8db022027c1d04a2d41fd6b57a7e8b3989e470325de4406e52e084e34a3fd56ee"     \
	"f0d0df"                                                                                   \
	""
#define NOW UINT64_C(1800000000)

static enum pu_err verify(const char *hex, uint64_t now, struct pu_peer_id *id)
{
	struct pu_bytes der = unhex(hex);
	enum pu_err err = pu_tls_cert_verify(der, now, id);

	free_bytes(der);
	return err;
}

static void expect_peer(const struct pu_peer_id *id, const char *expected)
{
	char text[PU_PEER_ID_TEXT_MAX];

	cr_expect_str_eq(pu_peer_id_print(id, text), expected);
}

Test(tls_verify, agrees_with_the_spec)
{
	struct pu_peer_id id = {0};

	cr_expect_eq(verify(SPEC_ED25519, NOW, &id), PU_OK);
	expect_peer(&id, "12D3KooWM6CgA9iBFZmcYAHA6A2qvbAxqfkmrYiRQuz3XEsk4Ksv");
	cr_expect_eq(verify(SPEC_ECDSA, NOW, &id), PU_OK);
	expect_peer(&id, "QmfXbAwNjJLXfesgztEHe8HwgVDCMMpZ9Eax1HYq6hn9uE");
	cr_expect_eq(verify(SPEC_SECP256K1, NOW, &id), PU_EUNSUPPORTED);
	cr_expect_eq(verify(SPEC_FORGED, NOW, &id), PU_ECRYPTO);
	expect_peer(&id, "QmfXbAwNjJLXfesgztEHe8HwgVDCMMpZ9Eax1HYq6hn9uE");
}

Test(tls_verify, looks_at_the_clock)
{
	struct pu_peer_id id;

	/* Valid from 1975-01-01 13:00 to 4096-01-01 13:00. */
	cr_expect_eq(verify(SPEC_ED25519, 157813199, &id), PU_ECRYPTO);
	cr_expect_eq(verify(SPEC_ED25519, 157813200, &id), PU_OK);
	cr_expect_eq(verify(SPEC_ED25519, UINT64_C(67090165200), &id), PU_OK);
	cr_expect_eq(verify(SPEC_ED25519, UINT64_C(67090165201), &id), PU_ECRYPTO);
}

Test(tls_verify, refuses_a_certificate_cut_anywhere)
{
	struct pu_bytes whole = unhex(SPEC_ED25519);
	struct pu_peer_id id;

	for (size_t len = 0; len < whole.len; len++) {
		struct pu_bytes part = prefix_of(whole, len);
		cr_expect_eq(pu_tls_cert_verify(part, NOW, &id), PU_ETRUNCATED, "%zu", len);
		free_bytes(part);
	}
	free_bytes(whole);
}

Test(tls_verify, refuses_a_certificate_with_any_bit_changed)
{
	struct pu_bytes whole = unhex(SPEC_ED25519);
	uint8_t *changed = (uint8_t *)whole.data;
	struct pu_peer_id id;

	for (size_t i = 0; i < whole.len; i++) {
		uint8_t bit = (uint8_t)(1 << i % 8);
		changed[i] ^= bit;
		cr_expect_neq(pu_tls_cert_verify(whole, NOW, &id), PU_OK, "byte %zu", i);
		changed[i] ^= bit;
	}
	free_bytes(whole);
}

Test(tls_verify, refuses_bytes_behind_the_certificate)
{
	struct pu_peer_id id;

	cr_expect_eq(verify(SPEC_ED25519 "00", NOW, &id), PU_EMALFORMED);
}

Test(tls_verify, has_a_bound)
{
	static const uint8_t big[PU_TLS_CERT_MAX + 1];
	struct pu_peer_id id;

	cr_expect_eq(pu_tls_cert_verify(pu_bytes(big, sizeof(big)), NOW, &id), PU_ELIMIT);
}

static struct pu_key published_key(void)
{
	struct pu_bytes seed = unhex(ED25519_SEED);
	struct pu_key key;

	pu_key_from_seed(&key, seed.data);
	free_bytes(seed);
	return key;
}

Test(tls_cert, verifies_as_the_peer_who_signed_it)
{
	struct pu_key key = published_key();
	struct pu_tls_cert cert;
	struct pu_peer_id id;
	uint8_t out[1024];
	struct pu_writer der = pu_writer(out, sizeof(out));

	cr_assert_eq(pu_tls_cert_make(&cert, &key, NOW), PU_OK);
	cr_assert_eq(pu_tls_cert_der(&cert, &der), PU_OK);
	cr_expect_eq(pu_tls_cert_verify(pu_writer_bytes(&der), NOW, &id), PU_OK);
	expect_peer(&id, ED25519_PEER_ID);
	cr_expect_eq(pu_tls_cert_verify(pu_writer_bytes(&der), NOW - 3601, &id), PU_ECRYPTO);
	cr_expect_eq(pu_tls_cert_verify(pu_writer_bytes(&der), NOW - 3600, &id), PU_OK);
	cr_expect_eq(pu_tls_cert_verify(pu_writer_bytes(&der), NOW + UINT64_C(3155000000), &id),
	             PU_OK);
	pu_tls_cert_fini(&cert);
	pu_tls_cert_fini(&cert);
}

Test(tls_cert, has_one_plain_extension_and_no_names)
{
	struct pu_key key = published_key();
	struct pu_tls_cert cert;
	char oid[128];
	size_t size = sizeof(oid);
	unsigned critical = 1;
	gnutls_datum_t dn = {0};

	cr_assert_eq(pu_tls_cert_make(&cert, &key, NOW), PU_OK);
	cr_expect_eq(gnutls_x509_crt_get_version(cert.crt), 3);
	cr_expect_eq(gnutls_x509_crt_get_extension_info(cert.crt, 0, oid, &size, &critical), 0);
	cr_expect_str_eq(oid, "1.3.6.1.4.1.53594.1.1");
	cr_expect_eq(critical, 0);
	size = sizeof(oid);
	cr_expect_eq(gnutls_x509_crt_get_extension_info(cert.crt, 1, oid, &size, &critical),
	             GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
	cr_expect_eq(gnutls_x509_crt_get_raw_dn(cert.crt, &dn), 0);
	cr_expect_eq(dn.size, 2, "an empty sequence");
	gnutls_free(dn.data);
	cr_expect_eq(gnutls_x509_crt_get_signature_algorithm(cert.crt), GNUTLS_SIGN_ECDSA_SHA256);
	pu_tls_cert_fini(&cert);
}

Test(tls_cert, needs_the_right_signature)
{
	struct pu_key key = published_key();
	struct pu_public_key identity = pu_key_public(&key);
	uint8_t signature[PU_ED25519_SIGNATURE_LEN];
	struct pu_bytes sig = pu_bytes(signature, sizeof(signature));
	struct pu_tls_cert cert;
	gnutls_certificate_credentials_t credentials;
	struct pu_writer der = pu_writer(signature, 0);

	cr_assert_eq(pu_tls_cert_init(&cert), PU_OK);
	cr_expect_eq(memcmp(pu_tls_cert_to_sign(&cert).data, "libp2p-tls-handshake:0Y", 23), 0);
	pu_key_sign(&key, pu_bytes_of_str("something else"), signature);
	cr_expect_eq(pu_tls_cert_finish(&cert, &identity, sig, NOW), PU_ECRYPTO);
	cr_expect_eq(pu_tls_cert_credentials(&cert, &credentials), PU_EINVAL);
	cr_expect_eq(pu_tls_cert_der(&cert, &der), PU_EINVAL);
	pu_key_sign(&key, pu_tls_cert_to_sign(&cert), signature);
	cr_expect_eq(pu_tls_cert_finish(&cert, &identity, sig, NOW), PU_OK);
	identity.type = PU_KEY_ECDSA;
	cr_expect_eq(pu_tls_cert_finish(&cert, &identity, sig, NOW), PU_EUNSUPPORTED);
	pu_tls_cert_fini(&cert);
}

Test(tls_cert, becomes_credentials_that_outlive_it)
{
	struct pu_key key = published_key();
	struct pu_tls_cert cert;
	gnutls_certificate_credentials_t credentials;
	gnutls_datum_t der;
	struct pu_peer_id id;

	cr_assert_eq(pu_tls_cert_make(&cert, &key, NOW), PU_OK);
	cr_assert_eq(pu_tls_cert_credentials(&cert, &credentials), PU_OK);
	pu_tls_cert_fini(&cert);
	cr_assert_eq(gnutls_certificate_get_crt_raw(credentials, 0, 0, &der), 0);
	cr_expect_eq(pu_tls_cert_verify(pu_bytes(der.data, der.size), NOW, &id), PU_OK);
	expect_peer(&id, ED25519_PEER_ID);
	gnutls_certificate_free_credentials(credentials);
}

/* GnuTLS writes no extension twice: its twin differs in the last byte, until that is changed.
 */
#define TWIN_OID "1.3.6.1.4.1.53594.1.2"

static void make_twins(uint8_t *der, size_t len)
{
	static const uint8_t oid[] = {0x83, 0xa2, 0x5a, 0x01, 0x02};
	uint8_t *twin = memmem(der, len, oid, sizeof(oid));

	cr_assert_not_null(twin);
	twin[sizeof(oid) - 1] = 1;
}

/* A certificate that differs from ours in one thing. */
struct variant {
	bool critical, twice, absent, key_usage_critical, unknown_critical, named, other_signer;
	gnutls_digest_algorithm_t digest;
	gnutls_pk_algorithm_t algorithm;
	unsigned bits;
};

static void make_key(gnutls_x509_privkey_t *key, const struct variant *variant)
{
	cr_assert_eq(gnutls_x509_privkey_init(key), 0);
	cr_assert_eq(gnutls_x509_privkey_generate(*key, variant->algorithm, variant->bits, 0), 0);
}

static struct pu_bytes spki_of(gnutls_x509_privkey_t key, uint8_t *out, size_t max)
{
	gnutls_pubkey_t public_key;
	gnutls_privkey_t abstract;
	size_t len = max;

	gnutls_privkey_init(&abstract);
	gnutls_pubkey_init(&public_key);
	cr_assert_eq(gnutls_privkey_import_x509(abstract, key, 0), 0);
	cr_assert_eq(gnutls_pubkey_import_privkey(public_key, abstract, 0, 0), 0);
	cr_assert_eq(gnutls_pubkey_export(public_key, GNUTLS_X509_FMT_DER, out, &len), 0);
	gnutls_pubkey_deinit(public_key);
	gnutls_privkey_deinit(abstract);
	return pu_bytes(out, len);
}

static struct pu_writer extension_for(gnutls_x509_privkey_t key, uint8_t *out)
{
	uint8_t to_sign[1024], pb[PU_ED25519_PUBLIC_PB_LEN], signature[PU_ED25519_SIGNATURE_LEN];
	struct pu_key identity = published_key();
	struct pu_public_key public_key = pu_key_public(&identity);
	struct pu_writer key_pb = pu_writer(pb, sizeof(pb));
	struct pu_writer value = pu_writer(out, PU_TLS_EXT_ED25519_LEN);

	memcpy(to_sign, PU_TLS_SIGN_PREFIX, PU_TLS_SIGN_PREFIX_LEN);
	size_t len =
	    PU_TLS_SIGN_PREFIX_LEN + spki_of(key, to_sign + PU_TLS_SIGN_PREFIX_LEN, 900).len;
	pu_key_sign(&identity, pu_bytes(to_sign, len), signature);
	pu_public_key_encode(&public_key, &key_pb);
	pu_tls_ext_encode(pu_writer_bytes(&key_pb), pu_bytes(signature, sizeof(signature)), &value);
	return value;
}

static void set_extensions(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key,
                           const struct variant *variant)
{
	uint8_t out[PU_TLS_EXT_ED25519_LEN];
	struct pu_writer value = extension_for(key, out);

	if (variant->key_usage_critical)
		cr_assert_eq(gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE), 0);
	if (variant->unknown_critical)
		cr_assert_eq(gnutls_x509_crt_set_extension_by_oid(crt, "1.2.3.4", "\4\0", 2, 1), 0);
	if (variant->twice)
		cr_assert_eq(
		    gnutls_x509_crt_set_extension_by_oid(crt, TWIN_OID, value.data, value.len, 0), 0);
	if (!variant->absent)
		cr_assert_eq(gnutls_x509_crt_set_extension_by_oid(crt, PU_TLS_EXT_OID, value.data,
		                                                  value.len, variant->critical),
		             0);
}

static enum pu_err verify_variant(struct variant variant)
{
	gnutls_x509_crt_t crt, issuer;
	gnutls_x509_privkey_t key, signer;
	uint8_t der[4096];
	size_t size = sizeof(der);
	struct pu_peer_id id;

	variant.digest = variant.digest ? variant.digest : GNUTLS_DIG_SHA256;
	variant.algorithm = variant.algorithm ? variant.algorithm : GNUTLS_PK_ECDSA;
	variant.bits =
	    variant.bits ? variant.bits : GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
	make_key(&key, &variant);
	make_key(&signer, &variant);
	gnutls_x509_crt_init(&crt);
	gnutls_x509_crt_init(&issuer);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, "\1", 1);
	gnutls_x509_crt_set_key(crt, key);
	gnutls_x509_crt_set_activation_time(crt, NOW - 10);
	gnutls_x509_crt_set_expiration_time(crt, NOW + 10);
	set_extensions(crt, key, &variant);
	gnutls_x509_crt_set_key(issuer, key);
	if (variant.named)
		gnutls_x509_crt_set_dn(issuer, "CN=somebody", NULL);
	int ret = gnutls_x509_crt_sign2(crt, variant.named ? issuer : crt,
	                                variant.other_signer ? signer : key, variant.digest, 0);
	cr_assert_eq(ret, 0, "%s %d", gnutls_strerror(ret), variant.bits);
	cr_assert_eq(gnutls_x509_crt_export(crt, GNUTLS_X509_FMT_DER, der, &size), 0);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_crt_deinit(issuer);
	gnutls_x509_privkey_deinit(key);
	gnutls_x509_privkey_deinit(signer);
	if (variant.twice)
		make_twins(der, size);
	return pu_tls_cert_verify(pu_bytes(der, size), NOW, &id);
}

Test(tls_verify, accepts_what_other_stacks_make)
{
	cr_expect_eq(verify_variant((struct variant){0}), PU_OK);
	cr_expect_eq(verify_variant((struct variant){.critical = true}), PU_OK);
	cr_expect_eq(verify_variant((struct variant){.key_usage_critical = true}), PU_OK);
	cr_expect_eq(verify_variant((struct variant){.algorithm = GNUTLS_PK_EDDSA_ED25519,
	                                             .bits = 256,
	                                             .digest = GNUTLS_DIG_SHA512}),
	             PU_OK);
	cr_expect_eq(verify_variant((struct variant){.algorithm = GNUTLS_PK_RSA, .bits = 2048}),
	             PU_OK);
	cr_expect_eq(verify_variant(
	                 (struct variant){.bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1),
	                                  .digest = GNUTLS_DIG_SHA384}),
	             PU_OK);
}

Test(tls_verify, refuses_what_breaks_the_checklist)
{
	cr_expect_eq(verify_variant((struct variant){.absent = true}), PU_EMALFORMED);
	cr_expect_eq(verify_variant((struct variant){.twice = true}), PU_EMALFORMED);
	cr_expect_eq(verify_variant((struct variant){.unknown_critical = true}), PU_EMALFORMED);
	cr_expect_eq(verify_variant((struct variant){.named = true}), PU_EMALFORMED,
	             "issuer is not the subject");
	cr_expect_eq(verify_variant((struct variant){.other_signer = true}), PU_ECRYPTO);
	cr_expect_eq(verify_variant((struct variant){.digest = GNUTLS_DIG_SHA1}), PU_ECRYPTO);
	cr_expect_eq(verify_variant((struct variant){.algorithm = GNUTLS_PK_RSA, .bits = 1024}),
	             PU_ECRYPTO);
}

/* The two ends of a TLS session in memory. */
struct end {
	gnutls_session_t session;
	struct end *other;
	uint8_t inbox[16384];
	size_t len;
};

static ssize_t push(gnutls_transport_ptr_t ptr, const void *data, size_t len)
{
	struct end *to = ((struct end *)ptr)->other;

	cr_assert_leq(len, sizeof(to->inbox) - to->len);
	memcpy(to->inbox + to->len, data, len);
	to->len += len;
	return (ssize_t)len;
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t max)
{
	struct end *end = ptr;
	size_t len = end->len < max ? end->len : max;

	if (len == 0) {
		gnutls_transport_set_errno(end->session, EAGAIN);
		return -1;
	}
	memcpy(data, end->inbox, len);
	memmove(end->inbox, end->inbox + len, end->len - len);
	end->len -= len;
	return (ssize_t)len;
}

static int pull_timeout(gnutls_transport_ptr_t ptr, unsigned ms)
{
	(void)ms;
	return ((struct end *)ptr)->len > 0;
}

static void open_end(struct end *end, unsigned flags,
                     gnutls_certificate_credentials_t credentials)
{
	cr_assert_eq(gnutls_init(&end->session, flags | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS), 0);
	gnutls_priority_set_direct(end->session, "NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL);
	gnutls_credentials_set(end->session, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_transport_set_ptr(end->session, end);
	gnutls_transport_set_push_function(end->session, push);
	gnutls_transport_set_pull_function(end->session, pull);
	gnutls_transport_set_pull_timeout_function(end->session, pull_timeout);
}

static void shake_hands(struct end *client, struct end *server)
{
	int client_ret = GNUTLS_E_AGAIN, server_ret = GNUTLS_E_AGAIN;

	for (size_t i = 0; i < 20 && (client_ret != 0 || server_ret != 0); i++) {
		if (client_ret != 0)
			client_ret = gnutls_handshake(client->session);
		if (server_ret != 0)
			server_ret = gnutls_handshake(server->session);
	}
	cr_assert_eq(client_ret, 0, "%s", gnutls_strerror(client_ret));
	cr_assert_eq(server_ret, 0, "%s", gnutls_strerror(server_ret));
}

Test(tls_cert, names_each_end_to_the_other)
{
	static struct end client, server;
	struct pu_key keys[2] = {published_key()};
	gnutls_certificate_credentials_t credentials[2];
	struct pu_public_key public_key;
	struct pu_peer_id id, client_id;

	pu_key_generate(&keys[1]);
	for (size_t i = 0; i < 2; i++) {
		struct pu_tls_cert cert;
		cr_assert_eq(pu_tls_cert_make(&cert, &keys[i], NOW), PU_OK);
		cr_assert_eq(pu_tls_cert_credentials(&cert, &credentials[i]), PU_OK);
		pu_tls_cert_fini(&cert);
	}
	client.other = &server;
	server.other = &client;
	open_end(&server, GNUTLS_SERVER, credentials[0]);
	open_end(&client, GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT, credentials[1]);
	gnutls_certificate_server_set_request(server.session, GNUTLS_CERT_REQUIRE);
	cr_expect_eq(pu_tls_session_verify(client.session, NOW, &id), PU_EPROTOCOL, "too early");
	shake_hands(&client, &server);
	cr_expect_eq(pu_tls_session_verify(client.session, NOW, &id), PU_OK);
	expect_peer(&id, ED25519_PEER_ID);
	cr_expect_eq(pu_tls_session_verify(server.session, NOW, &id), PU_OK);
	public_key = pu_key_public(&keys[1]);
	client_id = pu_peer_id_of_key(&public_key);
	cr_expect(pu_peer_id_eq(&id, &client_id));
	gnutls_deinit(client.session);
	gnutls_deinit(server.session);
	gnutls_certificate_free_credentials(credentials[0]);
	gnutls_certificate_free_credentials(credentials[1]);
}
