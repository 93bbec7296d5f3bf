/* Watches one file through its directory, because editors replace files; of a symbolic link
 * also the file that it leads to. */
#ifndef AUTH_IO_WATCH_H
#define AUTH_IO_WATCH_H

#include <stdbool.h>
#include <uv.h>

#include "base/error.h"

/* From the first sign of a change to the call: an editor has written its file by then. */
#define AUTH_WATCH_SETTLE_MS 50

struct auth_watch;

struct auth_watched {
	uv_fs_event_t event; /* of the directory */
	char *name;          /* of the file within it */
	struct auth_watch *watch;
};

struct auth_watch {
	struct auth_watched file, target;
	uv_timer_t settle;
	bool is_open; /* the handles are to be closed */
	char *path;
	void (*on_changed)(void *user);
	void *user;
};

/* The directory must exist. On an error nothing is watched, and _stop() is still fine. */
enum pu_err auth_watch_start(struct auth_watch *watch, uv_loop_t *loop, const char *path,
                             void (*on_changed)(void *user), void *user) PU_MUST_CHECK;
/* Closes the handles: `watch` must live until the loop has run once more. */
void auth_watch_stop(struct auth_watch *watch);

#endif
