/* Knows what may still be said once the hands are shaken: tickets, which nobody here uses, and
 * key updates. */
#include "secure/tls_after.h"

#include "secure/tls_alert.h"
#include "secure/tls_record.h"

enum { MESSAGE_HEADER_LEN = 4, NOT_REQUESTED = 0, REQUESTED = 1 };

static enum pu_secure_event take_key_update(struct pu_tls *tls, struct pu_bytes message)
{
	if (message.len != PU_TLS_KEY_UPDATE_LEN)
		return pu_tls_fail(tls, GNUTLS_A_DECODE_ERROR);
	if (message.data[MESSAGE_HEADER_LEN] > REQUESTED)
		return pu_tls_fail(tls, GNUTLS_A_ILLEGAL_PARAMETER);
	if (++tls->key_updates_seen > PU_TLS_KEY_UPDATES_MAX)
		return pu_tls_fail_as(tls, GNUTLS_A_UNEXPECTED_MESSAGE, PU_ELIMIT,
		                      "too many key updates");
	if (message.data[MESSAGE_HEADER_LEN] == REQUESTED)
		tls->update_due = true;
	if (pu_tls_keys_update(&tls->rx, pu_tls_gcm(tls)) != PU_OK)
		return pu_tls_fail(tls, GNUTLS_A_INTERNAL_ERROR);
	tls->rx_changed = true;
	return PU_SECURE_PROGRESS;
}

enum pu_secure_event pu_tls_after_take(struct pu_tls *tls, struct pu_bytes message)
{
	const uint8_t type = message.data[0];

	if (type == GNUTLS_HANDSHAKE_KEY_UPDATE)
		return take_key_update(tls, message);
	if (type == GNUTLS_HANDSHAKE_NEW_SESSION_TICKET && tls->initiator)
		return PU_SECURE_PROGRESS;
	return pu_tls_fail(tls, GNUTLS_A_UNEXPECTED_MESSAGE);
}

bool pu_tls_after_due(const struct pu_tls *tls)
{
	return tls->update_due || tls->tx.records >= tls->records_max;
}

/* The peer need not answer with one of its own: each side counts its own records. */
size_t pu_tls_after_update(struct pu_tls *tls, uint8_t *out)
{
	uint8_t message[PU_TLS_KEY_UPDATE_LEN] = {GNUTLS_HANDSHAKE_KEY_UPDATE, 0, 0, 1,
	                                          NOT_REQUESTED};
	const struct iovec piece = {message, sizeof(message)};
	size_t len = pu_tls_record_seal(&tls->tx, PU_TLS_HANDSHAKE, &piece, 1, out);

	if (len == 0 || pu_tls_keys_update(&tls->tx, pu_tls_gcm(tls)) != PU_OK)
		return 0;
	tls->update_due = false;
	return len;
}
