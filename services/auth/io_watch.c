/* Knows how to hear of a file's changes whichever way it is written, and to report a burst of
 * them once. */
#include "io_watch.h"

#include <string.h>

#include "base/alloc.h"
#include "base/file.h"

static void on_settled(uv_timer_t *timer)
{
	struct auth_watch *watch = timer->data;

	watch->on_changed(watch->user);
}

static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
	struct auth_watch *watch = event->data;

	(void)events;
	if (status == 0 && name != NULL && strcmp(name, watch->name) != 0)
		return;
	if (!uv_is_active((uv_handle_t *)&watch->settle))
		uv_timer_start(&watch->settle, on_settled, AUTH_WATCH_SETTLE_MS, 0);
}

enum pu_err auth_watch_start(struct auth_watch *watch, uv_loop_t *loop, const char *path,
                             void (*on_changed)(void *user), void *user)
{
	const char *slash = strrchr(path, '/');
	char *dir = pu_path_dir(path);
	int status;

	watch->name = pu_strdup(slash != NULL ? slash + 1 : path);
	watch->on_changed = on_changed;
	watch->user = user;
	uv_timer_init(loop, &watch->settle);
	watch->settle.data = watch;
	uv_fs_event_init(loop, &watch->event);
	watch->event.data = watch;
	watch->is_open = true;
	status = uv_fs_event_start(&watch->event, on_event, dir, 0);
	pu_free(dir);
	return status == 0 ? PU_OK : pu_err_from_errno(-status);
}

void auth_watch_stop(struct auth_watch *watch)
{
	if (!watch->is_open)
		return;
	watch->is_open = false;
	uv_close((uv_handle_t *)&watch->event, NULL);
	uv_close((uv_handle_t *)&watch->settle, NULL);
	pu_free(watch->name);
	watch->name = NULL;
}
