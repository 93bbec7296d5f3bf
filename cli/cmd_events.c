/* `peerup events`: what the services tell everybody, as it happens. */
#include "commands.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "daemon.h"
#include "text.h"

struct watcher {
	const struct cli *cli;
	uint64_t seen, wanted; /* wanted 0 = all */
	bool done;
	struct cli_daemon *daemon;
};

/* {"type":"peer.up",...} becomes {"time":"...","type":"peer.up",...}. */
static void print_json(const struct pu_buffer *text, const char *now)
{
	printf("{\"time\":\"%s\",%.*s\n", now, (int)text->len - 1, (const char *)text->data + 1);
}

/* The same object as key=value, without its braces and its type. */
static void print_text(const struct pu_message *event, const struct pu_buffer *text,
                       const char *now)
{
	const char *comma = memchr(text->data, ',', text->len);
	const char *end = (const char *)text->data + text->len - 1;
	char *fields = comma != NULL ? pu_strndup(comma + 1, (size_t)(end - comma - 1)) : NULL;

	if (fields != NULL)
		cli_text_of_fields(fields);
	printf("%s %s%s%s\n", now, event->row->type, fields != NULL ? " " : "",
	       fields != NULL ? fields : "");
	pu_free(fields);
}

static void on_event(void *user, const struct pu_message *event)
{
	struct watcher *watcher = user;
	char now[CLI_AMOUNT_MAX];
	struct pu_buffer text;

	if (watcher->done)
		return;
	pu_buffer_init(&text, 4 * PU_MESSAGE_MAX);
	cli_text_time(pu_unix_ms(), now);
	if (pu_message_to_json(event, &text) == PU_OK) {
		if (watcher->cli->json)
			print_json(&text, now);
		else
			print_text(event, &text, now);
		fflush(stdout);
	}
	pu_buffer_fini(&text);
	watcher->seen++;
	watcher->done = watcher->seen == watcher->wanted || ferror(stdout) != 0;
	if (watcher->done)
		uv_stop(&watcher->daemon->loop);
}

static enum cli_exit run(struct cli *cli)
{
	struct cli_daemon *daemon = cli->daemon;
	const char *prefix = cli_value(cli, "prefix");
	struct pu_events *events[PU_SERVICE_COUNT] = {NULL};
	struct watcher watcher = {.cli = cli, .wanted = cli_amount(cli, "count"), .daemon = daemon};

	cli_daemon_catch_signals(daemon);
	for (int from = PU_SERVICE_SUPERVISOR; from < PU_SERVICE_COUNT; from++)
		events[from] = pu_events_new(&daemon->loop, daemon->runtime_dir, (enum pu_service)from,
		                             prefix != NULL ? prefix : "", on_event, &watcher);
	while (!watcher.done && !daemon->interrupted)
		(void)cli_daemon_until(daemon, &watcher.done, 60000);
	for (size_t i = 0; i < PU_SERVICE_COUNT; i++)
		pu_events_free(events[i]);
	return CLI_DONE;
}

static const struct cli_option options[] = {
    {.name = "prefix",
     .kind = CLI_STRING,
     .value = "TYPE",
     .help = "only events whose type begins so, such as peer."},
    {.name = "count",
     .letter = 'c',
     .kind = CLI_NUMBER,
     .value = "N",
     .fallback = "0",
     .help = "end after that many; 0 = until Ctrl-C"},
};

const struct cli_command cli_cmd_events = {
    .name = "events",
    .summary = "print what happens in the daemon, as it happens",
    .about =
        "With --json one object per event: its time (when it came), its type and its fields.",
    CLI_ROWS(options, options),
    .needs_daemon = true,
    .run = run,
};
