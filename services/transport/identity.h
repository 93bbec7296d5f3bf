/* Who we are: asked of auth at the start, which signs the certificate of this run and the
 * peer records. The identity key itself never comes here. */
#ifndef TRANSPORT_IDENTITY_H
#define TRANSPORT_IDENTITY_H

#include "p2p/peer_id.h"
#include "p2p/tls_cert.h"
#include "secure/noise.h"
#include "timers.h"

struct transport;

struct transport_identity {
	struct pu_peer_id peer;
	char text[PU_PEER_ID_TEXT_MAX];
	uint8_t public_key[PU_PUBLIC_KEY_DATA_MAX + 8]; /* PublicKey message */
	size_t public_key_len;
	struct pu_tls_cert cert;        /* ephemeral, until the engine has its credentials */
	struct pu_noise_identity noise; /* its static key is ephemeral too */
	void (*ready)(struct transport *transport);
	struct transport_deadline again; /* auth could not help: ask again */
	uint64_t record_seq;
	uint8_t *signing; /* the record that auth is asked to sign; NULL: none */
	size_t signing_len;
	bool stale; /* addresses changed meanwhile: sign once more */
};

/* Asks auth, as often as it takes, then calls ready() once, with `cert` and `noise` finished.
 */
void transport_identity_start(struct transport *transport,
                              void (*ready)(struct transport *transport));

/* Has auth sign a peer record of our listen addresses, for identify; own.record changes when
 * the signature comes. */
void transport_identity_sign_record(struct transport *transport);
void transport_identity_fini(struct transport *transport);

#endif
