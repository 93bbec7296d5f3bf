/* Knows which local services exist under which protocol, and each one's own peer list. */
#include "exposed.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "limits.h"

#define PROTOCOL_PREFIX  "/peerup/"
#define PROTOCOL_VERSION "/1.0.0"

bool proxy_label_is_valid(struct pu_bytes text)
{
	if (text.len == 0 || text.len >= PROXY_LABEL_MAX)
		return false;
	if (text.data[0] == '-' || text.data[text.len - 1] == '-')
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t byte = text.data[i];

		if (!(byte >= 'a' && byte <= 'z') && !(byte >= '0' && byte <= '9') && byte != '-')
			return false;
	}
	return true;
}

enum pu_err proxy_protocol_parse(const char *protocol, char label[PROXY_LABEL_MAX])
{
	const size_t prefix_len = strlen(PROTOCOL_PREFIX), version_len = strlen(PROTOCOL_VERSION);
	size_t len = strlen(protocol);
	struct pu_bytes name;

	if (len < prefix_len + version_len || strncmp(protocol, PROTOCOL_PREFIX, prefix_len) != 0 ||
	    strcmp(protocol + len - version_len, PROTOCOL_VERSION) != 0)
		return PU_EMALFORMED;
	name = pu_bytes(protocol + prefix_len, len - prefix_len - version_len);
	if (!proxy_label_is_valid(name))
		return PU_EMALFORMED;
	memcpy(label, name.data, name.len);
	label[name.len] = '\0';
	return PU_OK;
}

const char *proxy_protocol_print(const char *label, char out[PROXY_PROTOCOL_MAX])
{
	snprintf(out, PROXY_PROTOCOL_MAX, PROTOCOL_PREFIX "%s" PROTOCOL_VERSION, label);
	return out;
}

void proxy_exposed_init(struct proxy_exposed *exposed)
{
	pu_map_init(&exposed->names);
	pu_list_init(&exposed->services);
}

void proxy_exposed_fini(struct proxy_exposed *exposed)
{
	PU_LIST_FOREACH(it, &exposed->services) {
		struct proxy_service *service = PU_LIST_ENTRY(it, struct proxy_service, node);

		pu_list_remove(&service->node);
		pu_free(service->allowed);
		pu_free(service);
	}
	pu_map_fini(&exposed->names);
}

/* Answers how many entries are unknown. */
static size_t resolve_allowed(struct proxy_service *service, proxy_peer_fn peer_id_of,
                              const void *user)
{
	const struct pu_strings *texts = &service->about.allowed_peers;

	if (texts->len == 0)
		return 0;
	service->allowed = pu_calloc(texts->len, sizeof(service->allowed[0]));
	for (size_t i = 0; i < texts->len; i++)
		if (peer_id_of(user, texts->items[i], service->allowed[service->allowed_len]))
			service->allowed_len++;
	return texts->len - service->allowed_len;
}

enum pu_err proxy_exposed_add(struct proxy_exposed *exposed, const struct pu_exposed *about,
                              proxy_peer_fn peer_id_of, const void *user, size_t *unknown)
{
	struct proxy_endpoint target;
	struct proxy_service *service;
	enum pu_err err;

	if (pu_map_len(&exposed->names) >= PROXY_SERVICES_MAX ||
	    about->allowed_peers.len > PROXY_ALLOWED_MAX || about->tags.len > PROXY_TAGS_MAX)
		return PU_ELIMIT;
	if (!proxy_label_is_valid(pu_bytes_of_str(about->name)))
		return PU_EINVAL;
	if (pu_map_get(&exposed->names, pu_bytes_of_str(about->name)) != NULL)
		return PU_EEXIST;
	err = proxy_endpoint_parse_target(about->target, &target);
	if (err != PU_OK)
		return err;
	service = PU_NEW(struct proxy_service);
	service->about = *about;
	service->target = target;
	*unknown = resolve_allowed(service, peer_id_of, user);
	pu_map_put(&exposed->names, pu_bytes_of_str(service->about.name), service);
	pu_list_append(&exposed->services, &service->node);
	return PU_OK;
}

const struct proxy_service *proxy_exposed_find(const struct proxy_exposed *exposed,
                                               const char *name)
{
	const struct proxy_service *service = pu_map_get(&exposed->names, pu_bytes_of_str(name));

	return service != NULL && service->about.enabled ? service : NULL;
}

bool proxy_service_allows(const struct proxy_service *service, const char *peer_id)
{
	if (service->about.allowed_peers.len == 0)
		return true;
	for (size_t i = 0; i < service->allowed_len; i++)
		if (strcmp(service->allowed[i], peer_id) == 0)
			return true;
	return false;
}
