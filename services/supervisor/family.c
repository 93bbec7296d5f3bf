/* What this file knows: in which order the services start and stop, and when the daemon as a
 * whole is ready or gone. */
#include "family.h"

#include <stdio.h>

void sup_family_start(struct sup_family *family, uint64_t now_ns)
{
	for (size_t i = 0; i < family->len; i++)
		sup_child_handle(&family->children[i], CHILD_START, now_ns);
}

void sup_family_reload(struct sup_family *family, uint64_t now_ns)
{
	for (size_t i = 0; i < family->len; i++)
		sup_child_handle(&family->children[i], CHILD_RELOAD, now_ns);
}

/* The last service in the table that is not gone yet is the only one being stopped. */
static void stop_next(struct sup_family *family, uint64_t now_ns)
{
	for (size_t i = family->len; i-- > 0;) {
		struct sup_child *child = &family->children[i];
		sup_child_handle(child, CHILD_STOP, now_ns);
		if (child->state != CHILD_STOPPED)
			return;
	}
}

void sup_family_stop(struct sup_family *family, uint64_t now_ns)
{
	family->stopping = true;
	stop_next(family, now_ns);
}

void sup_family_step(struct sup_family *family, uint64_t now_ns)
{
	for (size_t i = 0; i < family->len; i++)
		sup_child_tick(&family->children[i], now_ns);
	if (family->stopping)
		stop_next(family, now_ns);
}

uint64_t sup_family_deadline_ns(const struct sup_family *family)
{
	uint64_t first = 0;

	for (size_t i = 0; i < family->len; i++) {
		uint64_t deadline = family->children[i].deadline_ns;
		if (deadline != 0 && (first == 0 || deadline < first))
			first = deadline;
	}
	return first;
}

bool sup_family_is_ready(const struct sup_family *family)
{
	for (size_t i = 0; i < family->len; i++)
		if (family->children[i].core && family->children[i].state != CHILD_RUNNING)
			return false;
	return true;
}

bool sup_family_is_stopped(const struct sup_family *family)
{
	for (size_t i = 0; i < family->len; i++)
		if (family->children[i].state != CHILD_STOPPED)
			return false;
	return family->stopping;
}

const char *sup_family_summary(const struct sup_family *family, char *out, size_t out_size)
{
	size_t running = 0;
	const struct sup_child *worst = NULL;

	for (size_t i = 0; i < family->len; i++) {
		const struct sup_child *child = &family->children[i];
		running += child->state == CHILD_RUNNING;
		if (child->state == CHILD_FAILED || (worst == NULL && child->state != CHILD_RUNNING))
			worst = child;
	}
	if (worst == NULL)
		snprintf(out, out_size, "%zu of %zu services run", running, family->len);
	else
		snprintf(out, out_size, "%zu of %zu services run; %s: %s%s%s", running, family->len,
		         pu_service_name(worst->id), sup_child_state_name(worst->state),
		         sup_child_reason(worst)[0] != '\0' ? ", " : "", sup_child_reason(worst));
	return out;
}
