/* Knows what the auth process is: its messages, what it may touch, and how it begins and ends.
 */
#include "auth.h"

int main(int argc, char **argv)
{
	const struct pu_service_description description = {
	    .id = PU_SERVICE_AUTH,
	    .about = "holds the identity key, signs with it, and says which peers may connect",
	    .state_size = sizeof(struct auth),
	    .handlers = auth_handlers,
	    .handlers_len = auth_handlers_len,
	    .sandbox = {.config_dir = true},
	    .start = auth_start,
	    .reload = auth_config_changed,
	    .stop = auth_stop,
	};

	return pu_service_main(argc, argv, &description);
}
