/* Certificates of strangers. */
#include <stdlib.h>

#include "p2p/tls_cert.h"
#include "p2p/tls_ext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pu_bytes key, signature;
	struct pu_peer_id id;

	if (pu_tls_cert_verify(pu_bytes(data, size), UINT64_C(1800000000), &id) == PU_OK &&
	    pu_peer_id_decode(pu_peer_id_bytes(&id), &id) != PU_OK)
		abort();
	if (pu_tls_ext_decode(pu_bytes(data, size), &key, &signature) == PU_OK &&
	    key.len + signature.len >= size)
		abort();
	return 0;
}
