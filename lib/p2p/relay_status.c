/* Statuses and limits of circuit relay v2. This file knows what they mean to people, and which
 * unit a duration is likely to be in. */
#include "base/alloc.h"
#include "p2p/relay_message.h"

#define S_TO_MS 1000

static const struct {
	enum pu_relay_status status;
	enum pu_err err;
	const char *text;
} statuses[] = {
    /* clang-format off */
	{PU_RELAY_OK,                      PU_OK,             "ok"},
	{PU_RELAY_RESERVATION_REFUSED,     PU_EREFUSED,       "the relay refuses the reservation"},
	{PU_RELAY_RESOURCE_LIMIT_EXCEEDED, PU_ELIMIT,         "the relay is at one of its limits"},
	{PU_RELAY_PERMISSION_DENIED,       PU_ENOTAUTHORIZED, "the relay does not allow it"},
	{PU_RELAY_CONNECTION_FAILED,       PU_EUNREACHABLE,   "the relay could not reach the peer"},
	{PU_RELAY_NO_RESERVATION,          PU_ENOTFOUND,      "the peer is not at this relay"},
	{PU_RELAY_MALFORMED_MESSAGE,       PU_EPROTOCOL,      "the relay did not understand the request"},
	{PU_RELAY_UNEXPECTED_MESSAGE,      PU_EPROTOCOL,      "the relay did not expect the request"},
    /* clang-format on */
};

const char *pu_relay_status_text(uint32_t status)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(statuses); i++) {
		if (statuses[i].status == status)
			return statuses[i].text;
	}
	return "the relay answered with a status that is not known";
}

enum pu_err pu_relay_status_err(uint32_t status)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(statuses); i++) {
		if (statuses[i].status == status)
			return statuses[i].err;
	}
	return PU_EPROTOCOL;
}

bool pu_relay_limit_is_set(const struct pu_relay_limit *limit)
{
	return limit->duration_s != 0 || limit->data != 0;
}

uint64_t pu_relay_limit_duration_ms(const struct pu_relay_limit *limit)
{
	if (limit->duration_s > PU_RELAY_DURATION_SURE_S)
		return limit->duration_s;
	return (uint64_t)limit->duration_s * S_TO_MS;
}
