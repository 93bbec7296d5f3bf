/* peerup-transport: the description of the service; the skeleton does the rest. */
#include "transport.h"

#include "base/alloc.h"

static const struct pu_subscription subscriptions[] = {
    {PU_SERVICE_AUTH, "auth.changed", transport_on_auth_changed},
    {PU_SERVICE_NAMING, "naming.changed", transport_on_naming_changed},
};

static const struct pu_service_description description = {
    .id = PU_SERVICE_TRANSPORT,
    .about = "connections to peers: QUIC, streams, relaying",
    .state_size = sizeof(struct transport),
    .handlers = transport_handlers,
    .subscriptions = subscriptions,
    .subscriptions_len = PU_ARRAY_LEN(subscriptions),
    .sandbox = {.inet = true, .system_dns = true, .web = true, .files_max = 65536},
    .start = transport_start,
    .reload = transport_reload,
    .connected = transport_connected,
    .drain = transport_drain,
    .stop = transport_stop,
};

int main(int argc, char **argv)
{
	struct pu_service_description mine = description;
	mine.handlers_len = transport_handlers_len;
	return pu_service_main(argc, argv, &mine);
}
