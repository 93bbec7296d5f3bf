/* The description of the proxy service: what it answers, hears and may touch. */
#include "base/alloc.h"
#include "proxy.h"

static const struct pu_subscription subscriptions[] = {
    {PU_SERVICE_AUTH, "auth.changed", proxy_on_auth_changed},
    {PU_SERVICE_NAMING, "naming.changed", proxy_on_naming_changed},
};

int main(int argc, char **argv)
{
	const struct pu_service_description description = {
	    .id = PU_SERVICE_PROXY,
	    .about = "exposes local services to peers and forwards local listeners to theirs",
	    .state_size = sizeof(struct proxy),
	    .handlers = proxy_handlers,
	    .handlers_len = proxy_handlers_len,
	    .subscriptions = subscriptions,
	    .subscriptions_len = PU_ARRAY_LEN(subscriptions),
	    .sandbox = {.inet = true, .connect_unix = true, .system_dns = true, .files_max = 8192},
	    .start = proxy_start,
	    .reload = proxy_reload,
	    .connected = proxy_on_connected,
	    .drain = proxy_drain,
	    .stop = proxy_stop,
	    .kept = proxy_kept,
	};

	return pu_service_main(argc, argv, &description);
}
