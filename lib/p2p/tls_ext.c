/* The value of the libp2p extension. This file knows its ASN.1. */
#include "p2p/tls_ext.h"

static void put_octets(struct pu_bytes bytes, struct pu_writer *out)
{
	pu_writer_put_byte(out, PU_DER_OCTET_STRING);
	pu_writer_put_byte(out, (uint8_t)bytes.len);
	pu_writer_put(out, bytes);
}

void pu_tls_ext_encode(struct pu_bytes public_key, struct pu_bytes signature,
                       struct pu_writer *out)
{
	pu_writer_put_byte(out, PU_DER_SEQUENCE);
	pu_writer_put_byte(out, (uint8_t)(2 + public_key.len + 2 + signature.len));
	put_octets(public_key, out);
	put_octets(signature, out);
}

enum pu_err pu_tls_ext_decode(struct pu_bytes value, struct pu_bytes *public_key,
                              struct pu_bytes *signature)
{
	struct pu_bytes inner, key, sig;

	if (pu_der_get(&value, PU_DER_SEQUENCE, &inner, NULL) != PU_OK || value.len > 0)
		return PU_EMALFORMED;
	if (pu_der_get(&inner, PU_DER_OCTET_STRING, &key, NULL) != PU_OK ||
	    pu_der_get(&inner, PU_DER_OCTET_STRING, &sig, NULL) != PU_OK || inner.len > 0)
		return PU_EMALFORMED;
	*public_key = key;
	*signature = sig;
	return PU_OK;
}
