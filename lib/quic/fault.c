/* Knows what ngtcp2's errors and the codes of CONNECTION_CLOSE frames mean to us; the only file
 * that maps them. */
#include "quic/fault.h"

#include <string.h>

enum {
	TLS_ALERT_MAX = 0xff,
	ALERT_ACCESS_DENIED = 49,
	ALERT_NO_APPLICATION_PROTOCOL = 120,
};

static void set_text(struct pu_quic_fault *out, const char *text)
{
	out->why.reason = text;
	out->reason_len = strlen(text);
}

static enum pu_err err_of_alert(uint64_t alert)
{
	if (alert == ALERT_NO_APPLICATION_PROTOCOL)
		return PU_EUNSUPPORTED;
	return alert == ALERT_ACCESS_DENIED ? PU_ENOTAUTHORIZED : PU_ECRYPTO;
}

static enum pu_err err_of_transport_code(uint64_t code)
{
	if (code == NGTCP2_NO_ERROR)
		return PU_ECLOSED;
	if (code == NGTCP2_CONNECTION_REFUSED)
		return PU_EREFUSED;
	if (code >= NGTCP2_CRYPTO_ERROR && code <= NGTCP2_CRYPTO_ERROR + TLS_ALERT_MAX)
		return err_of_alert(code - NGTCP2_CRYPTO_ERROR);
	return PU_EPROTOCOL;
}

static void fault_of_peer_close(struct pu_quic_conn *conn, struct pu_quic_fault *out)
{
	const ngtcp2_ccerr *ccerr = ngtcp2_conn_get_ccerr(conn->quic);

	out->drain = true;
	out->why.remote = true;
	if (conn->reset_seen) {
		out->why.err = PU_ECLOSED;
		set_text(out, "stateless reset");
		return;
	}
	out->why.code = ccerr->error_code;
	out->why.app = ccerr->type == NGTCP2_CCERR_TYPE_APPLICATION;
	if (out->why.app)
		out->why.err = ccerr->error_code == 0 ? PU_OK : PU_ECLOSED;
	else
		out->why.err = err_of_transport_code(ccerr->error_code);
	out->why.reason = (const char *)ccerr->reason;
	out->reason_len = ccerr->reasonlen;
}

static void fault_of_tls(struct pu_quic_conn *conn, int liberr, struct pu_quic_fault *out)
{
	uint8_t alert = ngtcp2_conn_get_tls_alert(conn->quic);

	if (alert != 0)
		ngtcp2_ccerr_set_tls_alert(&out->ccerr, alert, NULL, 0);
	else
		ngtcp2_ccerr_set_liberr(&out->ccerr, liberr, NULL, 0);
	out->why.err = alert == 0 ? PU_ECRYPTO : err_of_alert(alert);
	if (conn->cert_err != PU_OK)
		out->why.err = conn->cert_err;
	out->why.wrong_peer = conn->wrong_peer;
	if (conn->wrong_peer)
		set_text(out, "proved another peer ID");
	else
		set_text(out, conn->cert_err != PU_OK ? "certificate refused" : "TLS handshake failed");
}

static enum pu_err err_of_liberr(int liberr)
{
	switch (liberr) {
	case NGTCP2_ERR_NOMEM:
		return PU_ELIMIT;
	case NGTCP2_ERR_IDLE_CLOSE:
	case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
		return PU_ETIMEOUT;
	case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
	case NGTCP2_ERR_VERSION_NEGOTIATION_FAILURE:
		return PU_EUNSUPPORTED;
	case NGTCP2_ERR_INTERNAL:
	case NGTCP2_ERR_INVALID_STATE:
	case NGTCP2_ERR_INVALID_ARGUMENT:
	case NGTCP2_ERR_CALLBACK_FAILURE:
		return PU_EINTERNAL;
	default:
		return PU_EPROTOCOL;
	}
}

/* What people should rather read than ngtcp2's name of it. */
static const char *text_of_liberr(int liberr)
{
	switch (liberr) {
	case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
		return "no answer at this address";
	case NGTCP2_ERR_IDLE_CLOSE:
		return "nothing was heard for too long";
	case NGTCP2_ERR_NOMEM:
		return "too much memory";
	default:
		return ngtcp2_strerror(liberr);
	}
}

static bool is_quiet(int liberr)
{
	return liberr == NGTCP2_ERR_IDLE_CLOSE || liberr == NGTCP2_ERR_HANDSHAKE_TIMEOUT ||
	       liberr == NGTCP2_ERR_DROP_CONN || liberr == NGTCP2_ERR_RETRY ||
	       liberr == NGTCP2_ERR_RECV_VERSION_NEGOTIATION;
}

void pu_quic_fault_of(struct pu_quic_conn *conn, int liberr, struct pu_quic_fault *out)
{
	*out = (struct pu_quic_fault){.quiet = is_quiet(liberr), .why.reason = ""};
	ngtcp2_ccerr_default(&out->ccerr);
	if (liberr == NGTCP2_ERR_DRAINING || liberr == NGTCP2_ERR_CLOSING) {
		fault_of_peer_close(conn, out);
		return;
	}
	if (liberr == NGTCP2_ERR_CRYPTO) {
		fault_of_tls(conn, liberr, out);
	} else {
		if (conn->memory_refused)
			liberr = NGTCP2_ERR_NOMEM;
		ngtcp2_ccerr_set_liberr(&out->ccerr, liberr, NULL, 0);
		out->why.err = err_of_liberr(liberr);
		set_text(out, text_of_liberr(liberr));
	}
	out->why.code = out->ccerr.error_code;
}
