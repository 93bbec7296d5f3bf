/* Knows what the naming process is: its messages, whose events it hears, and how it begins and
 * ends. */
#include "base/alloc.h"
#include "naming.h"

int main(int argc, char **argv)
{
	static const struct pu_subscription subscriptions[] = {
	    {.from = PU_SERVICE_TRANSPORT,
	     .prefix = "peer.",
	     .on_event = naming_on_transport_event},
	};
	const struct pu_service_description description = {
	    .id = PU_SERVICE_NAMING,
	    .about = "knows what peers are called, where they may be reached and what they offer",
	    .state_size = sizeof(struct naming),
	    .handlers = naming_handlers,
	    .handlers_len = naming_handlers_len,
	    .subscriptions = subscriptions,
	    .subscriptions_len = PU_ARRAY_LEN(subscriptions),
	    .start = naming_start,
	    .connected = naming_on_connected,
	    .reload = naming_config_changed,
	    .stop = naming_stop,
	};

	return pu_service_main(argc, argv, &description);
}
