/* One supervised service as a state machine: f(state, event, now) -> effects through ops. No
 * process, clock or descriptor is touched in here. */
#ifndef SUPERVISOR_CHILD_H
#define SUPERVISOR_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "limits.h"
#include "proto/roster.h"

enum sup_child_state {
	CHILD_STOPPED,  /* no process, none wanted */
	CHILD_STARTING, /* a process that has not said that it is ready */
	CHILD_RUNNING,
	CHILD_HUNG,    /* it does not answer: killed, not gone yet */
	CHILD_BACKOFF, /* it died; the next one starts at the deadline */
	CHILD_FAILED,  /* it said that trying again is pointless */
	CHILD_STOPPING,
	CHILD_STATE_COUNT,
};

enum sup_child_event {
	CHILD_START,    /* wanted from now on */
	CHILD_READY,    /* it said so */
	CHILD_HEALTHY,  /* it answered the health question */
	CHILD_DEADLINE, /* child->deadline_ns has come */
	CHILD_EXITED,   /* the process is gone; use sup_child_exited() */
	CHILD_EXITED_PERMANENTLY,
	CHILD_RELOAD, /* the configuration has changed */
	CHILD_STOP,   /* not wanted any more */
	CHILD_EVENT_COUNT,
};

struct sup_child;

struct sup_child_ops {
	/* Starts the program. PU_ENOTFOUND: there is none, and there will be none. */
	enum pu_err (*spawn)(struct sup_child *child, pid_t *pid);
	void (*ask_health)(struct sup_child *child);
	void (*hand_config)(struct sup_child *child); /* it has changed */
	void (*signal)(struct sup_child *child, int signo);
	/* The state has changed. */
	void (*changed)(struct sup_child *child);
};

struct sup_child {
	enum pu_service id;
	bool core; /* the daemon is not ready without it */
	const struct sup_child_ops *ops;
	void *user;

	enum sup_child_state state;
	pid_t pid;            /* 0 = none */
	uint64_t started_ns;  /* when this process was started, or this state without one began */
	uint64_t deadline_ns; /* 0 = none */
	bool asked;           /* a health question is open */
	unsigned attempt;     /* failures since it was last healthy for SUP_HEALTHY_MS */
	uint64_t restarts;
	char note[SUP_NOTE_MAX];  /* what this process says of itself */
	char ended[SUP_NOTE_MAX]; /* why the one before it ended */
};

void sup_child_init(struct sup_child *child, enum pu_service id, bool core,
                    const struct sup_child_ops *ops, void *user);
void sup_child_handle(struct sup_child *child, enum sup_child_event event, uint64_t now_ns);
/* CHILD_DEADLINE, if it has come. */
void sup_child_tick(struct sup_child *child, uint64_t now_ns);

/* CHILD_EXITED or CHILD_EXITED_PERMANENTLY, with the reason for people. */
void sup_child_exited(struct sup_child *child, const char *how, bool permanent,
                      uint64_t now_ns);

/* What the process says of itself. What does not fit is cut, between two characters; control
 * characters become spaces, what is not UTF-8 '?'. */
void sup_child_note(struct sup_child *child, const char *text);
/* The last thing known about it: its own note, else why it last ended, else "". */
const char *sup_child_reason(const struct sup_child *child);

/* The word that supervisor.state uses. */
const char *sup_child_state_name(enum sup_child_state state);

#endif
