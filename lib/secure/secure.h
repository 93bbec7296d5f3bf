/* A secure channel over a reliable byte stream, Noise or TLS 1.3, without sockets and clocks:
 * received bytes go in, plain bytes come out; plain bytes are sealed into the caller's memory.
 *
 *     read() while there is input, until PU_SECURE_MORE; what it leaves is given again with
 *         more bytes behind it
 *     output() after every read(), after end() and at the beginning: handshake messages and
 *         alerts, to be sent before anything that is sealed later; reported with written()
 *     seal() once established
 *
 * A TLS client is established before the server has looked at the client's certificate: the
 * server's refusal comes as PU_SECURE_FAILED with PU_EREFUSED after PU_SECURE_ESTABLISHED. So
 * does a Noise responder's, as an end of the byte stream.
 *
 * A channel holds no buffers but the pending output while the handshake runs. */
#ifndef PU_SECURE_SECURE_H
#define PU_SECURE_SECURE_H

#include <sys/uio.h>

#include "base/bytes.h"
#include "base/error.h"
#include "p2p/peer_id.h"

#define PU_SECURE_PLAIN_MAX    65519 /* most plain bytes that one read() can yield */
#define PU_SECURE_RECORD_MAX   65537 /* longest input that one read() can need */
#define PU_SECURE_OVERHEAD_MAX 64    /* most bytes that one seal() adds */
#define PU_SECURE_PIECES_MAX   16    /* pieces of one seal() */
#define PU_SECURE_MUXERS_MAX   7     /* names that we may list */

struct pu_secure;

enum pu_secure_event {
	PU_SECURE_MORE,        /* the input holds no whole record: nothing more was taken */
	PU_SECURE_PROGRESS,    /* took something; look at output(), call again */
	PU_SECURE_ESTABLISHED, /* took something, and the peer is authenticated: see result() */
	PU_SECURE_DATA,        /* took a record: `plain` holds *plain_len bytes */
	PU_SECURE_END,         /* the peer ended the channel properly (TLS close_notify); what
	                        * follows is not looked at */
	PU_SECURE_FAILED,      /* see result(); flush output(), then close the byte stream */
};

/* What came out; valid after PU_SECURE_ESTABLISHED or PU_SECURE_FAILED. */
struct pu_secure_result {
	struct pu_peer_id peer; /* proved; none after FAILED, and in the web's TLS */
	const char *muxer;      /* agreed on early, one of config.muxers; NULL = negotiate it */
	enum pu_err err;        /* FAILED: PU_EMALFORMED, PU_ETRUNCATED, PU_ECRYPTO (a signature,
	                         * certificate or tag is wrong, or another peer than expected),
	                         * PU_EREFUSED (the peer sent an alert), PU_EUNSUPPORTED (nothing in
	                         * common), PU_ELIMIT, PU_EINTERNAL */
	bool wrong_peer;        /* with PU_ECRYPTO: proved another identity than the one expected */
	const char *text;       /* why, for people; static; never NULL */
};

struct pu_secure_config {
	bool initiator;                    /* the dialling side */
	const struct pu_peer_id *expected; /* NULL: whoever answers; copied */
	const char *const *muxers;         /* in order of preference; borrowed for ever (static) */
	size_t muxers_len;                 /* 0 = say nothing of muxers */
};

struct pu_secure_ops {
	enum pu_secure_event (*read)(struct pu_secure *secure, struct pu_bytes *in, uint8_t *plain,
	                             size_t *plain_len);
	struct pu_bytes (*output)(const struct pu_secure *secure);
	void (*written)(struct pu_secure *secure, size_t len);
	size_t (*seal)(struct pu_secure *secure, const struct iovec *plain, size_t pieces,
	               uint8_t *out);
	void (*end)(struct pu_secure *secure);
	const struct pu_secure_result *(*result)(const struct pu_secure *secure);
	void (*free)(struct pu_secure *secure);
	size_t record_plain_max; /* most plain bytes of one seal() */
	size_t overhead;         /* the most that seal() adds */
};

/* Embedded first in each kind. */
struct pu_secure {
	const struct pu_secure_ops *ops;
};

/* Takes at most one record off the front of `in`. `plain` has PU_SECURE_PLAIN_MAX bytes and
 * does not overlap the input; without PU_SECURE_DATA it is scratch. DATA is never empty. */
static inline enum pu_secure_event pu_secure_read(struct pu_secure *secure, struct pu_bytes *in,
                                                  uint8_t *plain, size_t *plain_len)
{
	return secure->ops->read(secure, in, plain, plain_len);
}

static inline struct pu_bytes pu_secure_output(const struct pu_secure *secure)
{
	return secure->ops->output(secure);
}

static inline void pu_secure_written(struct pu_secure *secure, size_t len)
{
	secure->ops->written(secure, len);
}

/* Established only. Seals the pieces, record_plain_max bytes in all at most and at least one,
 * as one record; `out` has room for them and ops->overhead, and overlaps none of them. Answers
 * the length written (a TLS key update may stand before the record); 0: the channel cannot be
 * used any more (nonces used up, end() was called). */
static inline size_t pu_secure_seal(struct pu_secure *secure, const struct iovec *plain,
                                    size_t pieces, uint8_t *out)
{
	return secure->ops->seal(secure, plain, pieces, out);
}

/* Nothing more will be sealed: puts what the protocol says last (close_notify) into output().
 */
static inline void pu_secure_end(struct pu_secure *secure)
{
	secure->ops->end(secure);
}

static inline const struct pu_secure_result *pu_secure_result(const struct pu_secure *secure)
{
	return secure->ops->result(secure);
}

/* Wipes keys. Accepts NULL. */
static inline void pu_secure_free(struct pu_secure *secure)
{
	if (secure != NULL)
		secure->ops->free(secure);
}

#endif
