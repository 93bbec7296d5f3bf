/* Fields of the general answers, of the supervisor's messages and of its control channel: their
 * names, bounds and meaning. */
#include "proto/shapes.h"

/* clang-format off */
PU_EMPTY_SHAPE(ok);

#define F(member, need, max, help) PU_FIELD(struct pu_error, member, need, max, help)
static const struct pu_field error_fields[] = {
	F(code,    PU_REQUIRED, PU_FIELD_WORD_MAX, "what kind of failure, for programs"),
	F(message, PU_OPTIONAL, PU_FIELD_TEXT_MAX, "what failed, for people"),
};
#undef F
PU_SHAPE(error);

PU_EMPTY_SHAPE(supervisor_status);

#define F(member, need, max, help) PU_FIELD(struct pu_service_info, member, need, max, help)
static const struct pu_field service_info_fields[] = {
	F(name,          PU_REQUIRED, PU_FIELD_NAME_MAX, "the service"),
	F(state,         PU_REQUIRED, PU_FIELD_WORD_MAX, "starting, running, backoff, failed, stopping or stopped"),
	F(pid,           PU_REQUIRED, 0, "its process; 0 = none"),
	F(uptime_ms,     PU_REQUIRED, 0, "since it started"),
	F(restarts,      PU_REQUIRED, 0, "how often it was started again"),
	F(rss_bytes,     PU_REQUIRED, 0, "memory in use, shared pages included"),
	F(private_bytes, PU_REQUIRED, 0, "memory that only this process has"),
	F(note,          PU_OPTIONAL, PU_FIELD_TEXT_MAX, "what the service says of itself, or why it last ended"),
};
#undef F
static PU_SHAPE(service_info);

#define S struct pu_supervisor_state
static const struct pu_field supervisor_state_fields[] = {
	PU_FIELD(S, version,   PU_REQUIRED, PU_FIELD_WORD_MAX, "peerup's version"),
	PU_FIELD(S, config,    PU_REQUIRED, PU_FIELD_PATH_MAX, "the configuration file"),
	PU_FIELD(S, name,      PU_OPTIONAL, PU_FIELD_NAME_MAX, "what this node is called"),
	PU_FIELD(S, pid,       PU_REQUIRED, 0, "the supervisor's process"),
	PU_FIELD(S, uptime_ms, PU_REQUIRED, 0, "since the supervisor started"),
	PU_FIELD_ITEMS(S, services, PU_FIELD_STATES_MAX, &pu_shape_service_info, "the supervisor first, then its services"),
};
#undef S
PU_SHAPE(supervisor_state);

PU_EMPTY_SHAPE(supervisor_stop);
PU_EMPTY_SHAPE(supervisor_reload);

#define F(member, need, max, help) PU_FIELD(struct pu_service_state, member, need, max, help)
static const struct pu_field service_state_fields[] = {
	F(name,   PU_REQUIRED, PU_FIELD_NAME_MAX, "the service"),
	F(state,  PU_REQUIRED, PU_FIELD_WORD_MAX, "its new state, as in supervisor.state"),
	F(pid,    PU_REQUIRED, 0, "its process; 0 = none"),
	F(reason, PU_OPTIONAL, PU_FIELD_TEXT_MAX, "why"),
};
#undef F
PU_SHAPE(service_state);

PU_EMPTY_SHAPE(config_changed);

static const struct pu_field service_kept_fields[] = {
	PU_FIELD(struct pu_service_kept, name, PU_REQUIRED, PU_FIELD_NAME_MAX, "under which it was kept; with the descriptor"),
};
PU_SHAPE(service_kept);

static const struct pu_field service_config_fields[] = {
	PU_FIELD(struct pu_service_config, runtime_dir, PU_REQUIRED, PU_FIELD_PATH_MAX, "that of the daemon's start, whatever the configuration says now"),
};
PU_SHAPE(service_config);

PU_EMPTY_SHAPE(service_go);
PU_EMPTY_SHAPE(service_health);
PU_EMPTY_SHAPE(service_healthy);
PU_EMPTY_SHAPE(service_ready);

static const struct pu_field service_note_fields[] = {
	PU_FIELD(struct pu_service_note, text, PU_REQUIRED, PU_FIELD_TEXT_MAX, "what `peerup status` shows beside the service"),
};
PU_SHAPE(service_note);

static const struct pu_field service_keep_fields[] = {
	PU_FIELD(struct pu_service_keep, name, PU_REQUIRED, PU_FIELD_NAME_MAX, "for this service alone; with the descriptor"),
};
PU_SHAPE(service_keep);

static const struct pu_field service_drop_fields[] = {
	PU_FIELD(struct pu_service_drop, name, PU_REQUIRED, PU_FIELD_NAME_MAX, "what service.keep said"),
};
PU_SHAPE(service_drop);
/* clang-format on */
