/* Knows what each alert means to a host, and under which keys one goes out. */
#include "secure/tls_alert.h"

#include "base/alloc.h"
#include "secure/tls_handshake.h"
#include "secure/tls_record.h"

enum { ALERT_LEN = 2 };

/* All others: the peer did not keep to the protocol. */
static const struct {
	gnutls_alert_description_t alert;
	enum pu_err err;
} meanings[] = {
    {GNUTLS_A_BAD_RECORD_MAC, PU_ECRYPTO},
    {GNUTLS_A_RECORD_OVERFLOW, PU_ELIMIT},
    {GNUTLS_A_BAD_CERTIFICATE, PU_ECRYPTO},
    {GNUTLS_A_UNSUPPORTED_CERTIFICATE, PU_ECRYPTO},
    {GNUTLS_A_CERTIFICATE_EXPIRED, PU_ECRYPTO},
    {GNUTLS_A_CERTIFICATE_UNKNOWN, PU_ECRYPTO},
    {GNUTLS_A_UNKNOWN_CA, PU_ECRYPTO},
    {GNUTLS_A_DECRYPT_ERROR, PU_ECRYPTO},
    {GNUTLS_A_CERTIFICATE_REQUIRED, PU_ECRYPTO},
    {GNUTLS_A_HANDSHAKE_FAILURE, PU_EUNSUPPORTED},
    {GNUTLS_A_PROTOCOL_VERSION, PU_EUNSUPPORTED},
    {GNUTLS_A_INSUFFICIENT_SECURITY, PU_EUNSUPPORTED},
    {GNUTLS_A_NO_APPLICATION_PROTOCOL, PU_EUNSUPPORTED},
    {GNUTLS_A_INTERNAL_ERROR, PU_EINTERNAL},
};

static enum pu_err err_of(gnutls_alert_description_t alert)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(meanings); i++)
		if (meanings[i].alert == alert)
			return meanings[i].err;
	return PU_EMALFORMED;
}

static const char *text_of(gnutls_alert_description_t alert)
{
	const char *text = gnutls_alert_get_name(alert);

	return text != NULL ? text : "an unknown alert";
}

/* A server's data keys are ready long before the handshake is over, and count at once. */
static struct pu_tls_keys *current_keys(struct pu_tls *tls)
{
	if (tls->handshake != NULL && !pu_tls_keys_ready(&tls->tx))
		return &tls->handshake->tx;
	return &tls->tx;
}

void pu_tls_put_alert(struct pu_tls *tls, gnutls_alert_description_t alert)
{
	const uint8_t bytes[ALERT_LEN] = {
	    alert == GNUTLS_A_CLOSE_NOTIFY ? GNUTLS_AL_WARNING : GNUTLS_AL_FATAL, (uint8_t)alert};
	enum pu_err err = pu_tls_record_put(&tls->output, current_keys(tls), PU_TLS_ALERT,
	                                    pu_bytes(bytes, sizeof(bytes)));

	(void)err; /* no room for it: the connection ends without a word */
}

static enum pu_secure_event give_up(struct pu_tls *tls, enum pu_err err, const char *text)
{
	tls->failed = true;
	tls->result.err = err;
	tls->result.text = text;
	tls->result.peer = (struct pu_peer_id){0};
	tls->result.muxer = NULL;
	pu_tls_handshake_stop(tls);
	return PU_SECURE_FAILED;
}

enum pu_secure_event pu_tls_fail_as(struct pu_tls *tls, gnutls_alert_description_t alert,
                                    enum pu_err err, const char *text)
{
	pu_tls_put_alert(tls, alert);
	return give_up(tls, err, text);
}

enum pu_secure_event pu_tls_fail(struct pu_tls *tls, gnutls_alert_description_t alert)
{
	return pu_tls_fail_as(tls, alert, err_of(alert), text_of(alert));
}

enum pu_secure_event pu_tls_on_alert(struct pu_tls *tls, struct pu_bytes alert)
{
	gnutls_alert_description_t description;

	if (alert.len != ALERT_LEN)
		return pu_tls_fail(tls, GNUTLS_A_DECODE_ERROR);
	description = (gnutls_alert_description_t)alert.data[1];
	if (description == GNUTLS_A_USER_CANCELED)
		return PU_SECURE_PROGRESS; /* close_notify follows */
	if (description != GNUTLS_A_CLOSE_NOTIFY || tls->handshake != NULL)
		return give_up(tls, PU_EREFUSED, text_of(description));
	tls->peer_ended = true;
	return PU_SECURE_END;
}
