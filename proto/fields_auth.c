/* Fields of auth's messages: their names, bounds and meaning. */
#include "proto/shapes.h"

/* clang-format off */
PU_EMPTY_SHAPE(auth_identity);

#define F(member, need, max, help) PU_FIELD(struct pu_auth_self, member, need, max, help)
static const struct pu_field auth_self_fields[] = {
	F(peer_id,    PU_REQUIRED, PU_FIELD_PEER_MAX, "our peer ID"),
	F(public_key, PU_REQUIRED, PU_FIELD_KEY_MAX,  "libp2p PublicKey, protobuf"),
};
#undef F
PU_SHAPE(auth_self);

#define F(member, need, max, help) PU_FIELD(struct pu_auth_sign, member, need, max, help)
static const struct pu_field auth_sign_fields[] = {
	F(purpose, PU_REQUIRED, PU_FIELD_WORD_MAX,    "tls, noise, record or voucher; decides the domain that is signed with the payload"),
	F(payload, PU_REQUIRED, PU_FIELD_PAYLOAD_MAX, "tls: DER SubjectPublicKeyInfo of the certificate key; record: PeerRecord protobuf about us; noise: X25519 public key; voucher: ReservationVoucher protobuf by us"),
};
#undef F
PU_SHAPE(auth_sign);

#define F(member, need, max, help) PU_FIELD(struct pu_auth_signature, member, need, max, help)
static const struct pu_field auth_signature_fields[] = {
	F(signature,  PU_REQUIRED, PU_FIELD_KEY_MAX, "64 bytes"),
	F(public_key, PU_REQUIRED, PU_FIELD_KEY_MAX, "libp2p PublicKey, protobuf"),
};
#undef F
PU_SHAPE(auth_signature);

#define F(member, need, max, help) PU_FIELD(struct pu_auth_check, member, need, max, help)
static const struct pu_field auth_check_fields[] = {
	F(peer,    PU_REQUIRED, PU_FIELD_PEER_MAX,    "whose peer ID"),
	F(action,  PU_REQUIRED, PU_FIELD_WORD_MAX,    "connect (inbound), dial (outbound) or service (inbound stream)"),
	F(service, PU_OPTIONAL, PU_FIELD_NAME_MAX,    "for the action service"),
	F(address, PU_OPTIONAL, PU_FIELD_ADDRESS_MAX, "for the audit log"),
};
#undef F
PU_SHAPE(auth_check);

#define F(member, need, max, help) PU_FIELD(struct pu_auth_verdict, member, need, max, help)
static const struct pu_field auth_verdict_fields[] = {
	F(allowed,    PU_REQUIRED, 0, "whether it may"),
	F(reason,     PU_OPTIONAL, PU_FIELD_TEXT_MAX, "why"),
	F(guest,      PU_REQUIRED, 0, "not authorized, but may use the relay, and nothing else"),
	F(generation, PU_REQUIRED, 0, "of authorized_keys; a newer auth.changed makes this verdict stale"),
};
#undef F
PU_SHAPE(auth_verdict);

PU_EMPTY_SHAPE(auth_list);

#define S struct pu_auth_peer
static const struct pu_field auth_peer_fields[] = {
	PU_FIELD(S, peer_id,    PU_REQUIRED, PU_FIELD_PEER_MAX, "who"),
	PU_FIELD(S, comment,    PU_OPTIONAL, PU_FIELD_TEXT_MAX, "what the operator wrote beside it"),
	PU_FIELD(S, expires_ms, PU_REQUIRED, 0, "Unix time; 0 = never"),
	PU_FIELD(S, expired,    PU_REQUIRED, 0, "no longer allowed"),
	PU_FIELD_STRINGS(S, attributes, PU_FIELD_ATTRIBUTES_MAX, PU_FIELD_TEXT_MAX, "key=value, all of them"),
};
#undef S
static PU_SHAPE(auth_peer);

#define S struct pu_auth_peers
static const struct pu_field auth_peers_fields[] = {
	PU_FIELD(S, generation, PU_REQUIRED, 0, "of authorized_keys"),
	PU_FIELD_ITEMS(S, peers, PU_FIELD_PEERS_MAX, &pu_shape_auth_peer, "everybody in authorized_keys"),
};
#undef S
PU_SHAPE(auth_peers);

#define F(member, need, max, help) PU_FIELD(struct pu_auth_add, member, need, max, help)
static const struct pu_field auth_add_fields[] = {
	F(peer,       PU_REQUIRED, PU_FIELD_PEER_MAX, "peer ID"),
	F(comment,    PU_OPTIONAL, PU_FIELD_TEXT_MAX, "for people"),
	F(expires_ms, PU_OPTIONAL, 0, "Unix time; 0 = never"),
};
#undef F
PU_SHAPE(auth_add);

static const struct pu_field auth_remove_fields[] = {
	PU_FIELD(struct pu_auth_remove, peer, PU_REQUIRED, PU_FIELD_PEER_MAX, "peer ID"),
};
PU_SHAPE(auth_remove);

static const struct pu_field auth_changed_fields[] = {
	PU_FIELD(struct pu_auth_changed, generation, PU_REQUIRED, 0, "of authorized_keys"),
};
PU_SHAPE(auth_changed);
/* clang-format on */
