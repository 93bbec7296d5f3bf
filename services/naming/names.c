/* Knows which name means which peer. */
#include "names.h"

#include "base/alloc.h"

static char *lowered(const char *text)
{
	char *copy = pu_strdup(text);

	for (char *c = copy; *c != '\0'; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	return copy;
}

static void add(struct naming_names *names, const struct pu_config_name *from)
{
	struct naming_name *entry = &names->items[names->len];

	/* The configuration was checked; what is no peer ID all the same is nobody. */
	if (pu_peer_id_parse(from->peer, &entry->peer) != PU_OK)
		return;
	entry->name = pu_strdup(from->name);
	entry->key = lowered(from->name);
	names->len++;
	if (pu_map_get(&names->by_key, pu_bytes_of_str(entry->key)) == NULL)
		pu_map_put(&names->by_key, pu_bytes_of_str(entry->key), entry);
	if (pu_map_get(&names->by_peer, pu_peer_id_bytes(&entry->peer)) == NULL)
		pu_map_put(&names->by_peer, pu_peer_id_bytes(&entry->peer), entry);
}

void naming_names_init(struct naming_names *names, const struct pu_config *config)
{
	const struct pu_config_name *items = pu_config_names(config);

	*names = (struct naming_names){
	    .items = pu_calloc(config->names.len, sizeof(*names->items)),
	};
	for (size_t i = 0; i < config->names.len; i++)
		add(names, &items[i]);
}

void naming_names_fini(struct naming_names *names)
{
	for (size_t i = 0; i < names->len; i++) {
		pu_free(names->items[i].name);
		pu_free(names->items[i].key);
	}
	pu_map_fini(&names->by_key);
	pu_map_fini(&names->by_peer);
	pu_free(names->items);
	*names = (struct naming_names){0};
}

enum pu_err naming_names_resolve(const struct naming_names *names, const char *text,
                                 struct pu_peer_id *peer, const struct naming_name **entry)
{
	char *key = lowered(text);
	const struct naming_name *found = pu_map_get(&names->by_key, pu_bytes_of_str(key));

	pu_free(key);
	if (entry != NULL)
		*entry = found;
	if (found != NULL)
		*peer = found->peer;
	else if (pu_peer_id_parse(text, peer) != PU_OK)
		return PU_ENOTFOUND;
	return PU_OK;
}

const char *naming_names_of(const struct naming_names *names, const struct pu_peer_id *peer)
{
	const struct naming_name *entry = pu_map_get(&names->by_peer, pu_peer_id_bytes(peer));

	return entry != NULL ? entry->name : "";
}
