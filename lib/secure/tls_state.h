/* What the files of the TLS channel share; nobody else includes it but their tests. */
#ifndef PU_SECURE_TLS_STATE_H
#define PU_SECURE_TLS_STATE_H

#include "base/buffer.h"
#include "secure/tls.h"
#include "secure/tls_keys.h"

#define PU_TLS_HEADER_LEN   5
#define PU_TLS_FRAGMENT_MAX 16384                       /* of plain bytes in a record */
#define PU_TLS_SEALED_MAX   (PU_TLS_FRAGMENT_MAX + 256) /* the same, protected */
/* What sealing adds: header, content type, tag. */
#define PU_TLS_RECORD_OVERHEAD (PU_TLS_HEADER_LEN + 1 + PU_TLS_TAG_LEN)
#define PU_TLS_KEY_UPDATE_LEN  5
/* One handshake message of a peer, of a web server with its chain; what we say at most. */
#define PU_TLS_MESSAGE_MAX     16384
#define PU_TLS_WEB_MESSAGE_MAX 65536
#define PU_TLS_OUTPUT_MAX      131072
/* ChangeCipherSpec records in a handshake, and key updates of the peer without data between. */
#define PU_TLS_CCS_MAX         4
#define PU_TLS_KEY_UPDATES_MAX 16
/* AES-GCM is good for 2^24.5 records under one key (RFC 8446, 5.5). */
#define PU_TLS_RECORDS_MAX (UINT64_C(1) << 24)

enum pu_tls_content {
	PU_TLS_CCS = 20,
	PU_TLS_ALERT = 21,
	PU_TLS_HANDSHAKE = 22,
	PU_TLS_DATA = 23,
};

enum pu_tls_kind { PU_TLS_PEERS, PU_TLS_WEB_SERVER, PU_TLS_WEB_CLIENT };

struct pu_tls_context {
	unsigned refs;
	enum pu_tls_kind kind;
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priority;
	pu_tls_verify_cb verify;
	void *user;
	bool has_gcm;
	struct pu_gcm gcm;
};

/* Only while the handshake runs. */
struct pu_tls_handshake {
	gnutls_session_t session;
	struct pu_tls_keys tx; /* of the handshake's own messages */
	struct pu_peer_id expected;
	bool has_expected;
	const char *const *muxers;
	size_t muxers_len;
	enum pu_err verify_err;
	uint8_t ccs_seen;
	char host[PU_TLS_HOST_MAX + 1];
};

struct pu_tls {
	struct pu_secure base;
	struct pu_tls_context *context;
	struct pu_tls_handshake *handshake;
	struct pu_tls_keys rx, tx; /* tx: of the data only */
	struct pu_buffer output;
	struct pu_buffer messages; /* handshake messages, the last one not whole yet */
	struct pu_secure_result result;
	uint64_t records_max;     /* PU_TLS_RECORDS_MAX; a test's may be lower */
	uint8_t key_updates_seen; /* since the last data */
	bool initiator;
	bool rx_changed; /* by the message that is being looked at */
	bool update_due; /* the peer asked for our key update */
	bool failed, ended, peer_ended;
};

static inline const struct pu_gcm *pu_tls_gcm(const struct pu_tls *tls)
{
	return tls->context->has_gcm ? &tls->context->gcm : NULL;
}

static inline size_t pu_tls_message_max(const struct pu_tls *tls)
{
	return tls->context->kind == PU_TLS_WEB_CLIENT ? PU_TLS_WEB_MESSAGE_MAX
	                                               : PU_TLS_MESSAGE_MAX;
}

#endif
