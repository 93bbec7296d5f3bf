/* What this file knows: when a service is started, asked, killed and given up. The table at its
 * end is the whole policy, one cell for each state and event. */
#include "child.h"

#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "proto/text.h"

typedef void action_fn(struct sup_child *child, uint64_t now_ns);

static const char *const state_names[CHILD_STATE_COUNT] = {
    [CHILD_STOPPED] = "stopped",   [CHILD_STARTING] = "starting", [CHILD_RUNNING] = "running",
    [CHILD_HUNG] = "backoff",      [CHILD_BACKOFF] = "backoff",   [CHILD_FAILED] = "failed",
    [CHILD_STOPPING] = "stopping",
};

const char *sup_child_state_name(enum sup_child_state state)
{
	return state_names[state];
}

void sup_child_init(struct sup_child *child, enum pu_service id, bool core,
                    const struct sup_child_ops *ops, void *user)
{
	*child = (struct sup_child){.id = id, .core = core, .ops = ops, .user = user};
}

static void copy_text(char out[SUP_NOTE_MAX], const char *text)
{
	pu_text_copy(out, SUP_NOTE_MAX, text);
	for (char *c = out; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
}

void sup_child_note(struct sup_child *child, const char *text)
{
	copy_text(child->note, text);
}

const char *sup_child_reason(const struct sup_child *child)
{
	return child->note[0] != '\0' ? child->note : child->ended;
}

static uint64_t after_ms(uint64_t now_ns, uint64_t delay_ms)
{
	return now_ns + delay_ms * PU_NS_PER_MS;
}

static void enter(struct sup_child *child, enum sup_child_state state)
{
	child->state = state;
	child->ops->changed(child);
}

static void enter_backoff(struct sup_child *child, uint64_t now_ns)
{
	uint64_t delay_ms = pu_backoff_ms(child->attempt, SUP_BACKOFF_BASE_MS, SUP_BACKOFF_MAX_MS);

	child->attempt++;
	child->started_ns = now_ns;
	child->deadline_ns = after_ms(now_ns, delay_ms);
	enter(child, CHILD_BACKOFF);
}

static void enter_without_process(struct sup_child *child, enum sup_child_state state,
                                  uint64_t now_ns)
{
	child->started_ns = now_ns;
	child->deadline_ns = 0;
	enter(child, state);
}

/* ---- actions, named for what they do ---- */

static void ignore(struct sup_child *child, uint64_t now_ns)
{
	(void)child;
	(void)now_ns;
}

/* A cell that cannot be reached: the process part has broken its contract. */
static void impossible(struct sup_child *child, uint64_t now_ns)
{
	(void)now_ns;
	pu_fatal("supervisor.impossible", "service=%s state=%s", pu_service_name(child->id),
	         sup_child_state_name(child->state));
}

static void start(struct sup_child *child, uint64_t now_ns)
{
	pid_t pid = 0;
	enum pu_err err = child->ops->spawn(child, &pid);

	child->asked = false;
	child->note[0] = '\0';
	if (err == PU_OK) {
		child->pid = pid;
		child->started_ns = now_ns;
		child->deadline_ns = after_ms(now_ns, SUP_HEALTH_EVERY_MS);
		enter(child, CHILD_STARTING);
		return;
	}
	copy_text(child->ended, err == PU_ENOTFOUND ? "its program is missing" : pu_strerror(err));
	if (err == PU_ENOTFOUND)
		enter_without_process(child, CHILD_FAILED, now_ns);
	else
		enter_backoff(child, now_ns);
}

static void start_afresh(struct sup_child *child, uint64_t now_ns)
{
	child->attempt = 0;
	start(child, now_ns);
}

static void start_again(struct sup_child *child, uint64_t now_ns)
{
	child->restarts++;
	start(child, now_ns);
}

static void retry_at_once(struct sup_child *child, uint64_t now_ns)
{
	child->attempt = 0;
	start_again(child, now_ns);
}

static void run(struct sup_child *child, uint64_t now_ns)
{
	(void)now_ns;
	enter(child, CHILD_RUNNING);
}

static void note_health(struct sup_child *child, uint64_t now_ns)
{
	if (!child->asked)
		return;
	child->asked = false;
	child->deadline_ns = after_ms(now_ns, SUP_HEALTH_EVERY_MS);
}

static void ask(struct sup_child *child, uint64_t now_ns)
{
	child->asked = true;
	child->deadline_ns = after_ms(now_ns, SUP_HEALTH_ANSWER_MS);
	child->ops->ask_health(child);
}

/* The health timer: time to ask, or the answer is overdue. */
static void check_health(struct sup_child *child, uint64_t now_ns)
{
	bool we_slept = now_ns >= after_ms(child->deadline_ns, SUP_LATE_MS);

	if (!child->asked || we_slept) {
		ask(child, now_ns);
		return;
	}
	copy_text(child->ended, "did not answer the health question");
	child->deadline_ns = 0;
	child->ops->signal(child, SIGKILL);
	enter(child, CHILD_HUNG);
}

static void back_off(struct sup_child *child, uint64_t now_ns)
{
	if (child->state == CHILD_RUNNING && now_ns >= after_ms(child->started_ns, SUP_HEALTHY_MS))
		child->attempt = 0;
	child->pid = 0;
	child->note[0] = '\0';
	enter_backoff(child, now_ns);
}

static void give_up(struct sup_child *child, uint64_t now_ns)
{
	child->pid = 0;
	child->note[0] = '\0';
	enter_without_process(child, CHILD_FAILED, now_ns);
}

static void pass_on_reload(struct sup_child *child, uint64_t now_ns)
{
	(void)now_ns;
	child->ops->hand_config(child);
}

static void terminate(struct sup_child *child, uint64_t now_ns)
{
	child->deadline_ns = after_ms(now_ns, SUP_STOP_MS);
	child->ops->signal(child, SIGTERM);
	enter(child, CHILD_STOPPING);
}

static void kill_now(struct sup_child *child, uint64_t now_ns)
{
	child->deadline_ns = after_ms(now_ns, SUP_STOP_MS);
	child->ops->signal(child, SIGKILL);
}

static void stopped(struct sup_child *child, uint64_t now_ns)
{
	child->pid = 0;
	enter_without_process(child, CHILD_STOPPED, now_ns);
}

/* clang-format off */
static action_fn *const actions[CHILD_STATE_COUNT][CHILD_EVENT_COUNT] = {
/*                    START         READY       HEALTHY      DEADLINE      EXITED      EXITED_PERM. RELOAD          STOP      */
[CHILD_STOPPED]  = { start_afresh, impossible, impossible,  impossible,   impossible, impossible,  ignore,         ignore    },
[CHILD_STARTING] = { ignore,       run,        note_health, check_health, back_off,   give_up,     pass_on_reload, terminate },
[CHILD_RUNNING]  = { ignore,       ignore,     note_health, check_health, back_off,   give_up,     pass_on_reload, terminate },
[CHILD_HUNG]     = { ignore,       ignore,     ignore,      impossible,   back_off,   back_off,    ignore,         terminate },
[CHILD_BACKOFF]  = { ignore,       impossible, impossible,  start_again,  impossible, impossible,  retry_at_once,  stopped   },
[CHILD_FAILED]   = { start_afresh, impossible, impossible,  impossible,   impossible, impossible,  retry_at_once,  stopped   },
[CHILD_STOPPING] = { ignore,       ignore,     ignore,      kill_now,     stopped,    stopped,     ignore,         ignore    },
};
/* clang-format on */

void sup_child_handle(struct sup_child *child, enum sup_child_event event, uint64_t now_ns)
{
	actions[child->state][event](child, now_ns);
}

void sup_child_exited(struct sup_child *child, const char *how, bool permanent, uint64_t now_ns)
{
	bool failed = permanent || child->state == CHILD_STARTING;

	if (failed && child->note[0] != '\0') /* its last words say more than its status */
		copy_text(child->ended, child->note);
	else if (child->state != CHILD_HUNG) /* then it is known better */
		copy_text(child->ended, how);
	sup_child_handle(child, permanent ? CHILD_EXITED_PERMANENTLY : CHILD_EXITED, now_ns);
}

void sup_child_tick(struct sup_child *child, uint64_t now_ns)
{
	if (child->deadline_ns != 0 && child->deadline_ns <= now_ns)
		sup_child_handle(child, CHILD_DEADLINE, now_ns);
}
