/* Knows how to hear of a file's changes whichever way it is written, and to report a burst of
 * them once. */
#include "io_watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"

static void on_event(uv_fs_event_t *event, const char *name, int events, int status);

static enum pu_err watch_place(struct auth_watched *place, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = pu_path_dir(path);
	int status = uv_fs_event_start(&place->event, on_event, dir, 0);

	pu_free(dir);
	pu_free(place->name);
	place->name = pu_strdup(slash != NULL ? slash + 1 : path);
	return status == 0 ? PU_OK : pu_err_from_errno(-status);
}

/* A link's target is watched where it is. What it is may change with each change of the link.
 */
static void follow_link(struct auth_watch *watch)
{
	char *target = realpath(watch->path, NULL);

	uv_fs_event_stop(&watch->target.event);
	if (target != NULL && strcmp(target, watch->path) != 0)
		(void)watch_place(&watch->target, target);
	free(target);
}

static void on_settled(uv_timer_t *timer)
{
	struct auth_watch *watch = timer->data;

	follow_link(watch);
	watch->on_changed(watch->user);
}

static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
	const struct auth_watched *place = event->data;
	struct auth_watch *watch = place->watch;

	(void)events;
	if (status == 0 && name != NULL && strcmp(name, place->name) != 0)
		return;
	if (!uv_is_active((uv_handle_t *)&watch->settle))
		uv_timer_start(&watch->settle, on_settled, AUTH_WATCH_SETTLE_MS, 0);
}

static void place_init(struct auth_watched *place, struct auth_watch *watch, uv_loop_t *loop)
{
	uv_fs_event_init(loop, &place->event);
	place->event.data = place;
	place->watch = watch;
}

enum pu_err auth_watch_start(struct auth_watch *watch, uv_loop_t *loop, const char *path,
                             void (*on_changed)(void *user), void *user)
{
	enum pu_err err;

	watch->path = pu_strdup(path);
	watch->on_changed = on_changed;
	watch->user = user;
	uv_timer_init(loop, &watch->settle);
	watch->settle.data = watch;
	place_init(&watch->file, watch, loop);
	place_init(&watch->target, watch, loop);
	watch->is_open = true;
	err = watch_place(&watch->file, path);
	if (err == PU_OK)
		follow_link(watch);
	return err;
}

static void place_fini(struct auth_watched *place)
{
	uv_close((uv_handle_t *)&place->event, NULL);
	pu_free(place->name);
	place->name = NULL;
}

void auth_watch_stop(struct auth_watch *watch)
{
	if (!watch->is_open)
		return;
	watch->is_open = false;
	place_fini(&watch->file);
	place_fini(&watch->target);
	uv_close((uv_handle_t *)&watch->settle, NULL);
	pu_free(watch->path);
	watch->path = NULL;
}
