/* Fields of proxy's messages and events: their names, bounds and meaning. */
#include "proto/shapes.h"

/* clang-format off */
PU_EMPTY_SHAPE(proxy_status);

#define S struct pu_exposed
static const struct pu_field exposed_fields[] = {
	PU_FIELD(S, name,    PU_REQUIRED, PU_FIELD_NAME_MAX,   "of the service"),
	PU_FIELD(S, target,  PU_REQUIRED, PU_FIELD_LISTEN_MAX, "where it listens here"),
	PU_FIELD(S, enabled, PU_REQUIRED, 0, "offered at all"),
	PU_FIELD_STRINGS(S, allowed_peers, PU_FIELD_PEERS_MAX, PU_FIELD_PEER_MAX, "empty = every authorized peer"),
	PU_FIELD_STRINGS(S, tags, PU_FIELD_TAGS_MAX, PU_FIELD_NAME_MAX, "as configured"),
};
#undef S
static PU_SHAPE(exposed);

#define S struct pu_forward
static const struct pu_field forward_fields[] = {
	PU_FIELD(S, id,        PU_REQUIRED, PU_FIELD_NAME_MAX,   "forward-3; permanent ones have their name in the configuration"),
	PU_FIELD(S, peer,      PU_REQUIRED, PU_FIELD_PEER_MAX,   "as the user wrote it"),
	PU_FIELD(S, peer_id,   PU_OPTIONAL, PU_FIELD_PEER_MAX,   "base58; empty until resolved"),
	PU_FIELD(S, service,   PU_REQUIRED, PU_FIELD_NAME_MAX,   "of the peer"),
	PU_FIELD(S, listen,    PU_REQUIRED, PU_FIELD_LISTEN_MAX, "real: port 0 is resolved"),
	PU_FIELD(S, state,     PU_REQUIRED, PU_FIELD_WORD_MAX,   "listening, disabled or failed"),
	PU_FIELD(S, error,     PU_OPTIONAL, PU_FIELD_TEXT_MAX,   "why it failed"),
	PU_FIELD(S, permanent, PU_REQUIRED, 0, "comes from the configuration"),
};
#undef S
static PU_SHAPE(forward);

#define S struct pu_usage
static const struct pu_field usage_fields[] = {
	PU_FIELD(S, service,   PU_REQUIRED, PU_FIELD_NAME_MAX, "which"),
	PU_FIELD(S, peer_id,   PU_REQUIRED, PU_FIELD_PEER_MAX, "with whom"),
	PU_FIELD(S, direction, PU_REQUIRED, PU_FIELD_WORD_MAX, "in: they use ours; out: we use theirs"),
	PU_FIELD(S, active,    PU_REQUIRED, 0, "streams now"),
	PU_FIELD(S, total,     PU_REQUIRED, 0, "streams so far"),
	PU_FIELD(S, failed,    PU_REQUIRED, 0, "of these, how many ended badly"),
	PU_FIELD(S, bytes_in,  PU_REQUIRED, 0, "from the peer"),
	PU_FIELD(S, bytes_out, PU_REQUIRED, 0, "to the peer"),
};
#undef S
static PU_SHAPE(usage);

#define S struct pu_proxy_state
static const struct pu_field proxy_state_fields[] = {
	PU_FIELD_ITEMS(S, services, PU_FIELD_SERVICES_MAX, &pu_shape_exposed, "local services that peers may use"),
	PU_FIELD_ITEMS(S, forwards, PU_FIELD_SERVICES_MAX, &pu_shape_forward, "local listeners that lead to a peer's service"),
	PU_FIELD_ITEMS(S, usage,    PU_FIELD_USAGE_MAX,    &pu_shape_usage,   "per service and peer"),
};
#undef S
PU_SHAPE(proxy_state);

#define F(member, need, max, help) PU_FIELD(struct pu_proxy_forward, member, need, max, help)
static const struct pu_field proxy_forward_fields[] = {
	F(peer,    PU_REQUIRED, PU_FIELD_PEER_MAX,   "name or peer ID"),
	F(service, PU_REQUIRED, PU_FIELD_NAME_MAX,   "of the peer"),
	F(listen,  PU_REQUIRED, PU_FIELD_LISTEN_MAX, "localhost:8080, 127.0.0.1:0, unix:/path"),
};
#undef F
PU_SHAPE(proxy_forward);

#define F(member, need, max, help) PU_FIELD(struct pu_proxy_forwarded, member, need, max, help)
static const struct pu_field proxy_forwarded_fields[] = {
	F(id,      PU_REQUIRED, PU_FIELD_NAME_MAX,   "for proxy.unforward"),
	F(peer_id, PU_REQUIRED, PU_FIELD_PEER_MAX,   "base58"),
	F(listen,  PU_REQUIRED, PU_FIELD_LISTEN_MAX, "real: port 0 is resolved"),
};
#undef F
PU_SHAPE(proxy_forwarded);

static const struct pu_field proxy_unforward_fields[] = {
	PU_FIELD(struct pu_proxy_unforward, id, PU_REQUIRED, PU_FIELD_NAME_MAX, "what proxy.forwarded said"),
};
PU_SHAPE(proxy_unforward);

static const struct pu_field proxy_offers_fields[] = {
	PU_FIELD(struct pu_proxy_offers, peer_id, PU_REQUIRED, PU_FIELD_PEER_MAX, "who wants to know"),
};
PU_SHAPE(proxy_offers);

static const struct pu_field proxy_offered_fields[] = {
	PU_FIELD_ITEMS(struct pu_proxy_offered, services, PU_FIELD_SERVICES_MAX, &pu_shape_offer, "what this peer may use"),
};
PU_SHAPE(proxy_offered);

#define F(member, need, max, help) PU_FIELD(struct pu_forward_state, member, need, max, help)
static const struct pu_field forward_state_fields[] = {
	F(id,      PU_REQUIRED, PU_FIELD_NAME_MAX,   "of the forward"),
	F(peer,    PU_REQUIRED, PU_FIELD_PEER_MAX,   "as the user wrote it"),
	F(service, PU_REQUIRED, PU_FIELD_NAME_MAX,   "of the peer"),
	F(listen,  PU_REQUIRED, PU_FIELD_LISTEN_MAX, "real: port 0 is resolved"),
	F(state,   PU_REQUIRED, PU_FIELD_WORD_MAX,   "listening, disabled, failed or closed"),
	F(error,   PU_OPTIONAL, PU_FIELD_TEXT_MAX,   "why it failed"),
};
#undef F
PU_SHAPE(forward_state);

#define F(member, need, max, help) PU_FIELD(struct pu_forward_failed, member, need, max, help)
static const struct pu_field forward_failed_fields[] = {
	F(id,      PU_REQUIRED, PU_FIELD_NAME_MAX, "of the forward"),
	F(peer,    PU_REQUIRED, PU_FIELD_PEER_MAX, "as the user wrote it"),
	F(service, PU_REQUIRED, PU_FIELD_NAME_MAX, "of the peer"),
	F(code,    PU_REQUIRED, PU_FIELD_WORD_MAX, "what kind of failure, for programs"),
	F(message, PU_OPTIONAL, PU_FIELD_TEXT_MAX, "what failed, for people"),
};
#undef F
PU_SHAPE(forward_failed);
/* clang-format on */
