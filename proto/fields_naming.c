/* Fields of naming's messages: their names, bounds and meaning. */
#include "proto/shapes.h"

/* clang-format off */
static const struct pu_field naming_resolve_fields[] = {
	PU_FIELD(struct pu_naming_resolve, name, PU_REQUIRED, PU_FIELD_PEER_MAX, "a name, or a peer ID in any text form"),
};
PU_SHAPE(naming_resolve);

#define F(member, need, max, help) PU_FIELD(struct pu_naming_resolved, member, need, max, help)
static const struct pu_field naming_resolved_fields[] = {
	F(name,    PU_OPTIONAL, PU_FIELD_PEER_MAX, "as configured; empty when it has none"),
	F(peer_id, PU_REQUIRED, PU_FIELD_PEER_MAX, "base58"),
	F(source,  PU_REQUIRED, PU_FIELD_WORD_MAX, "config or peer_id"),
};
#undef F
PU_SHAPE(naming_resolved);

static const struct pu_field naming_addresses_fields[] = {
	PU_FIELD(struct pu_naming_addresses, peer, PU_REQUIRED, PU_FIELD_PEER_MAX, "name or peer ID"),
};
PU_SHAPE(naming_addresses);

#define F(member, need, max, help) PU_FIELD(struct pu_naming_address, member, need, max, help)
static const struct pu_field naming_address_fields[] = {
	F(address, PU_REQUIRED, PU_FIELD_ADDRESS_MAX, "multiaddr"),
	F(source,  PU_REQUIRED, PU_FIELD_WORD_MAX,    "config, identify or connection"),
	F(age_ms,  PU_REQUIRED, 0, "since it was last confirmed"),
};
#undef F
static PU_SHAPE(naming_address);

#define S struct pu_naming_known
static const struct pu_field naming_known_fields[] = {
	PU_FIELD(S, name,    PU_OPTIONAL, PU_FIELD_PEER_MAX, "as configured; empty when it has none"),
	PU_FIELD(S, peer_id, PU_REQUIRED, PU_FIELD_PEER_MAX, "base58"),
	PU_FIELD_ITEMS(S, addresses, PU_FIELD_ADDRESSES_MAX, &pu_shape_naming_address, "best first"),
};
#undef S
PU_SHAPE(naming_known);

PU_EMPTY_SHAPE(naming_list);

static const struct pu_field naming_peers_fields[] = {
	PU_FIELD_ITEMS(struct pu_naming_peers, peers, PU_FIELD_PEERS_MAX, &pu_shape_naming_known, "everybody that naming knows"),
};
PU_SHAPE(naming_peers);

static const struct pu_field naming_services_fields[] = {
	PU_FIELD(struct pu_naming_services, peer, PU_REQUIRED, PU_FIELD_PEER_MAX, "name or peer ID"),
};
PU_SHAPE(naming_services);

#define S struct pu_offer
static const struct pu_field offer_fields[] = {
	PU_FIELD(S, name,     PU_REQUIRED, PU_FIELD_NAME_MAX,     "of the service"),
	PU_FIELD(S, protocol, PU_REQUIRED, PU_FIELD_PROTOCOL_MAX, "libp2p protocol ID that leads to it"),
	PU_FIELD_STRINGS(S, tags, PU_FIELD_TAGS_MAX, PU_FIELD_NAME_MAX, "as configured"),
};
#undef S
PU_SHAPE(offer);

#define S struct pu_naming_offers
static const struct pu_field naming_offers_fields[] = {
	PU_FIELD(S, peer_id, PU_REQUIRED, PU_FIELD_PEER_MAX, "base58"),
	PU_FIELD_ITEMS(S, services, PU_FIELD_SERVICES_MAX, &pu_shape_offer, "what this peer lets us use"),
};
#undef S
PU_SHAPE(naming_offers);

PU_EMPTY_SHAPE(naming_changed);
/* clang-format on */
