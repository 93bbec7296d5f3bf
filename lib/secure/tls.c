/* Knows which records may come when, and what a host is told of each. */
#include "secure/tls.h"

#include "base/alloc.h"
#include "secure/tls_after.h"
#include "secure/tls_alert.h"
#include "secure/tls_handshake.h"
#include "secure/tls_record.h"

enum { MESSAGE_HEADER_LEN = 4 };

_Static_assert(PU_TLS_SEALED_MAX <= PU_SECURE_PLAIN_MAX, "records fit `plain`");
_Static_assert(2 * PU_TLS_RECORD_OVERHEAD + PU_TLS_KEY_UPDATE_LEN <= PU_SECURE_OVERHEAD_MAX,
               "a key update and a record");

static struct pu_tls *tls_of(struct pu_secure *secure)
{
	return PU_CONTAINER_OF(secure, struct pu_tls, base);
}

/* The first message in the buffer, if it is whole. PU_ELIMIT: it will be too long. */
static enum pu_err next_message(const struct pu_tls *tls, struct pu_bytes *out)
{
	const uint8_t *data = tls->messages.data;
	size_t len;

	if (tls->messages.len < MESSAGE_HEADER_LEN)
		return PU_EAGAIN;
	len = (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
	if (len > pu_tls_message_max(tls))
		return PU_ELIMIT;
	if (tls->messages.len < MESSAGE_HEADER_LEN + len)
		return PU_EAGAIN;
	*out = pu_bytes(data, MESSAGE_HEADER_LEN + len);
	return PU_OK;
}

/* A message behind a change of keys must not stand in the same record (RFC 8446, 5.1): it
 * would have been protected by the old ones. */
static enum pu_secure_event take_message(struct pu_tls *tls, struct pu_bytes message)
{
	enum pu_secure_event event;

	tls->rx_changed = false;
	event = tls->handshake != NULL ? pu_tls_handshake_take(tls, message)
	                               : pu_tls_after_take(tls, message);
	if (event == PU_SECURE_FAILED)
		return event;
	pu_buffer_consume(&tls->messages, message.len);
	if (tls->rx_changed && tls->messages.len > 0)
		return pu_tls_fail(tls, GNUTLS_A_UNEXPECTED_MESSAGE);
	return event;
}

static enum pu_secure_event take_messages(struct pu_tls *tls, struct pu_bytes fragment)
{
	enum pu_secure_event event = PU_SECURE_PROGRESS;
	struct pu_bytes message;
	enum pu_err err;

	if (fragment.len == 0)
		return pu_tls_fail(tls, GNUTLS_A_UNEXPECTED_MESSAGE);
	err = pu_buffer_append(&tls->messages, fragment.data, fragment.len);
	while (err == PU_OK && event == PU_SECURE_PROGRESS) {
		err = next_message(tls, &message);
		if (err == PU_OK)
			event = take_message(tls, message);
	}
	if (err == PU_ELIMIT)
		return pu_tls_fail_as(tls, GNUTLS_A_ILLEGAL_PARAMETER, PU_ELIMIT,
		                      "handshake message too long");
	if (tls->messages.len == 0)
		pu_buffer_fini(&tls->messages);
	return event;
}

/* Sent for the sake of middleboxes, anywhere in a handshake (RFC 8446, 5). */
static enum pu_secure_event take_ccs(struct pu_tls *tls, struct pu_bytes fragment)
{
	if (tls->handshake == NULL || fragment.len != 1 || fragment.data[0] != 1 ||
	    ++tls->handshake->ccs_seen > PU_TLS_CCS_MAX)
		return pu_tls_fail(tls, GNUTLS_A_UNEXPECTED_MESSAGE);
	return PU_SECURE_PROGRESS;
}

static enum pu_secure_event take_data(struct pu_tls *tls, size_t len)
{
	if (tls->handshake != NULL || tls->messages.len > 0)
		return pu_tls_fail(tls, GNUTLS_A_UNEXPECTED_MESSAGE);
	if (len == 0)
		return PU_SECURE_PROGRESS;
	tls->key_updates_seen = 0;
	return PU_SECURE_DATA;
}

static enum pu_secure_event open_failed(struct pu_tls *tls, enum pu_err err)
{
	if (err == PU_ECRYPTO)
		return pu_tls_fail(tls, GNUTLS_A_BAD_RECORD_MAC);
	return pu_tls_fail(tls, err == PU_ELIMIT ? GNUTLS_A_RECORD_OVERFLOW
	                                         : GNUTLS_A_UNEXPECTED_MESSAGE);
}

static enum pu_secure_event take_protected(struct pu_tls *tls,
                                           const struct pu_tls_record *record, uint8_t *plain,
                                           size_t *plain_len)
{
	enum pu_tls_content type;
	enum pu_err err = pu_tls_record_open(&tls->rx, record, plain, plain_len, &type);

	if (err != PU_OK)
		return open_failed(tls, err);
	if (type == PU_TLS_DATA)
		return take_data(tls, *plain_len);
	if (type == PU_TLS_HANDSHAKE)
		return take_messages(tls, pu_bytes(plain, *plain_len));
	if (type == PU_TLS_ALERT)
		return pu_tls_on_alert(tls, pu_bytes(plain, *plain_len));
	return pu_tls_fail(tls, GNUTLS_A_UNEXPECTED_MESSAGE);
}

/* An alert is taken unprotected as long as the handshake runs: a client that could not read our
 * first flight has no keys for it. */
static enum pu_secure_event take_record(struct pu_tls *tls, const struct pu_tls_record *record,
                                        uint8_t *plain, size_t *plain_len)
{
	const bool has_keys = pu_tls_keys_ready(&tls->rx);

	if (record->type == PU_TLS_CCS)
		return take_ccs(tls, record->fragment);
	if (record->type == PU_TLS_DATA && has_keys)
		return take_protected(tls, record, plain, plain_len);
	if (record->type == PU_TLS_HANDSHAKE && !has_keys)
		return take_messages(tls, record->fragment);
	if (record->type == PU_TLS_ALERT && tls->handshake != NULL)
		return pu_tls_on_alert(tls, record->fragment);
	return pu_tls_fail(tls, GNUTLS_A_UNEXPECTED_MESSAGE);
}

static enum pu_secure_event tls_read(struct pu_secure *secure, struct pu_bytes *in,
                                     uint8_t *plain, size_t *plain_len)
{
	struct pu_tls *tls = tls_of(secure);
	struct pu_tls_record record;

	if (tls->failed)
		return PU_SECURE_FAILED;
	if (tls->peer_ended)
		return PU_SECURE_END;
	switch ((int)pu_tls_record_next(in, &record)) {
	case PU_OK:
		return take_record(tls, &record, plain, plain_len);
	case PU_EAGAIN:
		return PU_SECURE_MORE;
	case PU_ELIMIT:
		return pu_tls_fail(tls, GNUTLS_A_RECORD_OVERFLOW);
	}
	return pu_tls_fail(tls, GNUTLS_A_DECODE_ERROR);
}

static struct pu_bytes tls_output(const struct pu_secure *secure)
{
	return pu_buffer_bytes(&((const struct pu_tls *)secure)->output);
}

static void tls_written(struct pu_secure *secure, size_t len)
{
	struct pu_tls *tls = tls_of(secure);

	pu_buffer_consume(&tls->output, len);
	if (tls->output.len == 0)
		pu_buffer_fini(&tls->output);
}

static size_t tls_seal(struct pu_secure *secure, const struct iovec *plain, size_t pieces,
                       uint8_t *out)
{
	struct pu_tls *tls = tls_of(secure);
	size_t update = 0, len;

	if (tls->failed || tls->ended || tls->handshake != NULL)
		return 0;
	if (pu_tls_after_due(tls)) {
		update = pu_tls_after_update(tls, out);
		if (update == 0)
			return 0;
	}
	len = pu_tls_record_seal(&tls->tx, PU_TLS_DATA, plain, pieces, out + update);
	return len > 0 ? update + len : 0;
}

static void tls_end(struct pu_secure *secure)
{
	struct pu_tls *tls = tls_of(secure);

	if (!tls->failed && !tls->ended)
		pu_tls_put_alert(tls, GNUTLS_A_CLOSE_NOTIFY);
	tls->ended = true;
}

static const struct pu_secure_result *tls_result(const struct pu_secure *secure)
{
	return &((const struct pu_tls *)secure)->result;
}

static void tls_free(struct pu_secure *secure)
{
	struct pu_tls *tls = tls_of(secure);

	pu_tls_handshake_stop(tls);
	pu_tls_keys_fini(&tls->rx);
	pu_tls_keys_fini(&tls->tx);
	pu_buffer_fini(&tls->output);
	pu_buffer_fini(&tls->messages);
	pu_tls_context_rele(tls->context);
	pu_free(tls);
}

static const struct pu_secure_ops ops = {
    .read = tls_read,
    .output = tls_output,
    .written = tls_written,
    .seal = tls_seal,
    .end = tls_end,
    .result = tls_result,
    .free = tls_free,
    .record_plain_max = PU_TLS_FRAGMENT_MAX,
    .overhead = 2 * PU_TLS_RECORD_OVERHEAD + PU_TLS_KEY_UPDATE_LEN,
};

static struct pu_secure *tls_new(struct pu_tls_context *context,
                                 const struct pu_secure_config *config, const char *host)
{
	struct pu_tls *tls = PU_NEW(struct pu_tls);
	enum pu_err err;

	tls->base.ops = &ops;
	tls->context = pu_tls_context_hold(context);
	tls->initiator = config->initiator;
	tls->records_max = PU_TLS_RECORDS_MAX;
	tls->result.text = "";
	pu_buffer_init(&tls->output, PU_TLS_OUTPUT_MAX);
	pu_buffer_init(&tls->messages,
	               MESSAGE_HEADER_LEN + pu_tls_message_max(tls) + PU_TLS_FRAGMENT_MAX);
	err = pu_tls_handshake_start(tls, config, host);
	if (err != PU_OK)
		pu_tls_fail_as(tls, GNUTLS_A_INTERNAL_ERROR, err, "cannot begin a handshake");
	return &tls->base;
}

struct pu_secure *pu_tls_new(struct pu_tls_context *context,
                             const struct pu_secure_config *config)
{
	return tls_new(context, config, NULL);
}

struct pu_secure *pu_tls_new_web(struct pu_tls_context *context, const char *host)
{
	const struct pu_secure_config config = {.initiator = context->kind == PU_TLS_WEB_CLIENT};

	return tls_new(context, &config, host);
}
