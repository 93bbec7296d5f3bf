/* Knows how authorized_keys is read from disk and edited there under its lock. */
#include "trust/authorized_keys_file.h"

#include "base/file.h"

/* One edit; what the fields mean depends on `apply`. */
struct edit {
	enum pu_err (*apply)(struct pu_authorized_keys *keys, const struct edit *edit);
	bool may_create;
	const struct pu_peer_id *peer;
	const char *comment;
	uint64_t expires_ms;
	const char *name, *value;
};

enum pu_err pu_authorized_keys_file_load(const char *path, struct pu_authorized_keys **out)
{
	struct pu_buffer text;
	enum pu_err err;

	pu_buffer_init(&text, PU_AUTHORIZED_KEYS_FILE_MAX);
	err = pu_file_read(path, false, &text);
	if (err == PU_OK)
		err = pu_authorized_keys_parse(pu_buffer_bytes(&text), out);
	pu_buffer_fini(&text);
	return err;
}

static enum pu_err write_back(const char *path, const struct pu_authorized_keys *keys)
{
	struct pu_buffer text;
	enum pu_err err;

	pu_buffer_init(&text, PU_AUTHORIZED_KEYS_FILE_MAX);
	err = pu_authorized_keys_print(keys, &text);
	if (err == PU_OK)
		err = pu_file_write(path, pu_buffer_bytes(&text));
	pu_buffer_fini(&text);
	return err;
}

static enum pu_err load_for_edit(const char *path, bool may_create,
                                 struct pu_authorized_keys **out)
{
	enum pu_err err = pu_authorized_keys_file_load(path, out);

	if (err == PU_ENOTFOUND && may_create)
		return pu_authorized_keys_parse(pu_bytes(NULL, 0), out);
	return err;
}

static enum pu_err edit_file(const char *path, const struct edit *edit)
{
	struct pu_authorized_keys *keys = NULL;
	struct pu_file_lock lock;
	enum pu_err err = pu_file_lock(&lock, path, PU_TRUST_LOCK_MS);

	if (err != PU_OK)
		return err;
	err = load_for_edit(path, edit->may_create, &keys);
	if (err == PU_OK)
		err = edit->apply(keys, edit);
	if (err == PU_OK)
		err = write_back(path, keys);
	pu_authorized_keys_free(keys);
	pu_file_unlock(&lock);
	return err;
}

static enum pu_err apply_add(struct pu_authorized_keys *keys, const struct edit *edit)
{
	return pu_authorized_keys_add(keys, edit->peer, edit->comment, edit->expires_ms);
}

static enum pu_err apply_remove(struct pu_authorized_keys *keys, const struct edit *edit)
{
	return pu_authorized_keys_remove(keys, edit->peer);
}

static enum pu_err apply_set(struct pu_authorized_keys *keys, const struct edit *edit)
{
	return pu_authorized_keys_set(keys, edit->peer, edit->name, edit->value);
}

enum pu_err pu_authorized_keys_file_add(const char *path, const struct pu_peer_id *peer,
                                        const char *comment, uint64_t expires_ms)
{
	const struct edit edit = {
	    .apply = apply_add,
	    .may_create = true,
	    .peer = peer,
	    .comment = comment,
	    .expires_ms = expires_ms,
	};

	return edit_file(path, &edit);
}

enum pu_err pu_authorized_keys_file_remove(const char *path, const struct pu_peer_id *peer)
{
	const struct edit edit = {.apply = apply_remove, .peer = peer};

	return edit_file(path, &edit);
}

enum pu_err pu_authorized_keys_file_set(const char *path, const struct pu_peer_id *peer,
                                        const char *name, const char *value)
{
	const struct edit edit = {.apply = apply_set, .peer = peer, .name = name, .value = value};

	return edit_file(path, &edit);
}
