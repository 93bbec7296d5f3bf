/* Knows how a server proves that it speaks WebSocket. */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <sodium.h>

#include "state.h"

#define GUID     "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define GUID_LEN (sizeof(GUID) - 1)
#define SHA1_LEN 20

enum pu_err pu_ws_accept(struct pu_bytes key, char out[PU_WS_ACCEPT_LEN + 1])
{
	uint8_t text[PU_WS_KEY_LEN + GUID_LEN], digest[SHA1_LEN];

	if (key.len != PU_WS_KEY_LEN)
		return PU_EMALFORMED;
	memcpy(text, key.data, PU_WS_KEY_LEN);
	memcpy(text + PU_WS_KEY_LEN, GUID, GUID_LEN);
	if (gnutls_hash_fast(GNUTLS_DIG_SHA1, text, sizeof(text), digest) != 0)
		return PU_EINTERNAL;
	sodium_bin2base64(out, PU_WS_ACCEPT_LEN + 1, digest, sizeof(digest),
	                  sodium_base64_VARIANT_ORIGINAL);
	return PU_OK;
}

bool pu_ws_is_visible(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	if (len == 0 || len > max)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] >= 0x7f)
			return false;
	return true;
}
