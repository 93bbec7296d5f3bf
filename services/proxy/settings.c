/* Knows which rows of the configuration are proxy's. */
#include "settings.h"

#include "base/log.h"
#include "limits.h"
#include "p2p/peer_id.h"

/* A name of the configuration, or a peer ID in any text form. */
static bool peer_id_of(const void *user, const char *text, char out[PROXY_PEER_ID_MAX])
{
	const struct pu_config_name *name = pu_config_name(user, text);
	struct pu_peer_id id;

	if (pu_peer_id_parse(name != NULL ? name->peer : text, &id) != PU_OK)
		return false;
	pu_peer_id_print(&id, out);
	return true;
}

void proxy_settings_expose(const struct pu_config *config, struct proxy_exposed *exposed)
{
	const struct pu_config_service *services = pu_config_services(config);

	for (size_t i = 0; i < config->services.len; i++) {
		struct pu_exposed about = {
		    .name = services[i].name,
		    .target = services[i].local_address,
		    .enabled = services[i].enabled,
		    .allowed_peers = services[i].allowed_peers,
		    .tags = services[i].tags,
		};
		size_t unknown = 0;
		enum pu_err err = proxy_exposed_add(exposed, &about, peer_id_of, config, &unknown);

		if (err != PU_OK)
			pu_error("service.refused", "service=%s target=%s error=%s", about.name,
			         about.target, pu_strerror(err));
		if (unknown > 0)
			pu_warn("service.unknown_peers", "service=%s unknown=%zu error=%s", about.name,
			        unknown, "allowed_peers has names that the configuration does not know");
	}
}

size_t proxy_settings_wishes(const struct pu_config *config, struct proxy_wish *wishes)
{
	const struct pu_config_forward *forwards = pu_config_forwards(config);
	size_t len = 0;

	for (size_t i = 0; i < config->forwards.len && len < PROXY_FORWARDS_MAX; i++) {
		struct proxy_wish *wish = &wishes[len];

		if (proxy_endpoint_parse_listen(forwards[i].listen, &wish->listen) != PU_OK) {
			pu_error("forward.refused", "id=%s listen=%s error=%s", forwards[i].name,
			         forwards[i].listen,
			         "expected a port, localhost:port, an IP address and port, or unix:/path");
			continue;
		}
		wish->id = forwards[i].name;
		wish->peer = forwards[i].peer;
		wish->service = forwards[i].service;
		wish->enabled = forwards[i].enabled;
		wish->owner = 0;
		len++;
	}
	return len;
}
