/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Facts behind the order, measured on Linux 6.1 (lab README, "Disks"):
 *
 *  - On an offline device no command gets through; so what flushes or stops comes before
 *    OFFLINE, and what leaves OFFLINE begins with RUN.
 *  - Writing "running" to a stopped disk makes the kernel start it.  Hence STOP after
 *    RUN, and an undone OFFLINE of a stopped unit ends with STOP.
 *  - An offline block node cannot be opened: with all paths OFFLINE the claim can go
 *    before the first DETACH.  It must, or multipathd could not drop its map.
 *  - `delete` waits for outstanding commands of the whole host adapter; so it
 *    comes last, when every command of ours has returned.
 */
#include "drive/steps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drive/status.h"

struct planner {
	const struct steps_facts *facts;
	struct steps *steps;
	bool no_memory;
};

static struct step *add(struct planner *p, enum step_kind kind, unsigned unit, unsigned path)
{
	static struct step nowhere;
	struct steps *steps = p->steps;

	if (steps->n == steps->size) {
		unsigned size = steps->size == 0 ? 32 : steps->size * 2;
		struct step *list = reallocarray(steps->list, size, sizeof(*list));

		if (list == NULL) {
			p->no_memory = true;
			return &nowhere;
		}
		steps->list = list;
		steps->size = size;
	}
	steps->list[steps->n] = (struct step){ .kind = kind, .unit = unit, .path = path };
	return &steps->list[steps->n++];
}

void steps_clear(struct steps *steps)
{
	free(steps->list);
	*steps = (struct steps){ 0 };
}

static bool path_present(const struct picture_path *path)
{
	return path->state[0] != 0;
}

static bool any_running(const struct picture_unit *unit)
{
	for (unsigned i = 0; i < unit->n_paths; i++)
		if (picture_path_running(&unit->paths[i]))
			return true;
	return false;
}

static bool all_running(const struct picture_unit *unit)
{
	for (unsigned i = 0; i < unit->n_paths; i++)
		if (path_present(&unit->paths[i]) && !picture_path_running(&unit->paths[i]))
			return false;
	return true;
}

/* Has it the status already, on every path? */
static bool reached(const struct picture_unit *unit, bool marked, enum steps_goal goal,
		    enum status wanted)
{
	enum status status = status_of_unit(unit, marked);

	switch (goal) {
	case STEPS_SPIN_DOWN:
		return unit->readiness == READINESS_STOPPED;
	case STEPS_SPIN_UP:
		return unit->readiness == READINESS_READY;
	case STEPS_STATUS:
		break;
	}
	switch (wanted) {
	case STATUS_ONLINE:
		return status == STATUS_ONLINE && all_running(unit);
	case STATUS_NOT_READY:
		return status == STATUS_NOT_READY && unit->readiness != READINESS_SILENT;
	case STATUS_OFFLINE:
	case STATUS_FAILED:
		return !any_running(unit); /* the mark is no step */
	case STATUS_UNKNOWN:
	case STATUS_REMOVED:
	case STATUS_PARTIALLY_MANAGED:
		return false;
	}
	return false;
}

/* ---- for all units that need it ------------------------------------------------- */

struct scope {
	bool in[DRIVE_UNITS_MAX];
	unsigned n; /* units of the picture */
};

static const struct picture_unit *unit_of(const struct planner *p, unsigned unit)
{
	return &p->facts->picture->units[unit];
}

static void each_unit(struct planner *p, const struct scope *scope, enum step_kind kind)
{
	for (unsigned u = 0; u < scope->n; u++)
		if (scope->in[u])
			(void) add(p, kind, u, STEP_NO_PATH);
}

static struct step *path_step(struct planner *p, enum step_kind kind, unsigned u, unsigned path)
{
	struct step *step = add(p, kind, u, path);

	step->address = unit_of(p, u)->paths[path].address;
	return step;
}

/* Every path of a unit that is not running. */
static void run_paths(struct planner *p, unsigned u)
{
	const struct picture_unit *unit = unit_of(p, u);

	for (unsigned i = 0; i < unit->n_paths; i++)
		if (path_present(&unit->paths[i]) && !picture_path_running(&unit->paths[i]))
			(void) path_step(p, STEP_RUN, u, i);
}

/* Units of which no path runs: no command would reach them. */
static void run_offline_units(struct planner *p, const struct scope *scope)
{
	for (unsigned u = 0; u < scope->n; u++)
		if (scope->in[u] && !any_running(unit_of(p, u)))
			run_paths(p, u);
}

static void flush(struct planner *p, const struct scope *scope, bool tolerant)
{
	for (unsigned u = 0; u < scope->n; u++) {
		enum readiness readiness = unit_of(p, u)->readiness;

		/* A stopped unit has nothing to flush, and one that hangs would hang again. */
		if (!scope->in[u] || readiness == READINESS_STOPPED ||
		    (tolerant && readiness == READINESS_SILENT))
			continue;
		add(p, STEP_FLUSH, u, STEP_NO_PATH)->tolerant = tolerant;
	}
}

static void stop(struct planner *p, const struct scope *scope, bool no_return, bool tolerant)
{
	for (unsigned u = 0; u < scope->n; u++) {
		struct step *step;

		if (!scope->in[u] || unit_of(p, u)->readiness == READINESS_STOPPED)
			continue;
		step = add(p, STEP_STOP, u, STEP_NO_PATH);
		step->no_return = no_return;
		step->tolerant = tolerant;
	}
}

/* Those that I/O can go over; transport-offline and the like are the kernel's to end. */
static bool can_go_offline(const struct picture_path *path)
{
	return picture_path_running(path) || strcmp(path->state, "blocked") == 0 ||
	       strcmp(path->state, "quiesce") == 0;
}

/* after_run: run_offline_units() has been there. */
static void offline_paths(struct planner *p, const struct scope *scope, bool after_run,
			  bool no_return)
{
	for (unsigned u = 0; u < scope->n; u++) {
		const struct picture_unit *unit = unit_of(p, u);
		bool was_run = after_run && !any_running(unit);

		for (unsigned i = 0; scope->in[u] && i < unit->n_paths; i++)
			if (can_go_offline(&unit->paths[i]) ||
			    (was_run && path_present(&unit->paths[i])))
				path_step(p, STEP_OFFLINE, u, i)->no_return = no_return;
	}
}

static void detach_paths(struct planner *p, const struct scope *scope)
{
	for (unsigned u = 0; u < scope->n; u++)
		for (unsigned i = 0; scope->in[u] && i < unit_of(p, u)->n_paths; i++)
			if (path_present(&unit_of(p, u)->paths[i]))
				path_step(p, STEP_DETACH, u, i)->no_return = true;
	(void) add(p, STEP_VANISHED, 0, STEP_NO_PATH);
}

/* ---- one plan for each status ------------------------------------------------------ */

static void plan_attach(struct planner *p)
{
	for (unsigned i = 0; i < p->facts->n_missing; i++) {
		struct step *step = add(p, STEP_ATTACH, 0, STEP_NO_PATH);

		step->address = p->facts->missing[i];
		step->tolerant = true; /* a path that is no more; one must come */
	}
	for (unsigned i = 0; i < p->facts->n_missing; i++)
		add(p, STEP_APPEARED, 0, STEP_NO_PATH)->address = p->facts->missing[i];
	p->steps->again = true;
}

static void plan_up(struct planner *p, const struct scope *scope, bool states)
{
	for (unsigned u = 0; u < scope->n && states; u++)
		if (scope->in[u])
			run_paths(p, u);
	each_unit(p, scope, STEP_START);
	each_unit(p, scope, STEP_READY);
}

static void plan_stop(struct planner *p, const struct scope *scope)
{
	each_unit(p, scope, STEP_USERS);
	run_offline_units(p, scope);
	each_unit(p, scope, STEP_CLAIM);
	flush(p, scope, false);
	each_unit(p, scope, STEP_USERS);
	stop(p, scope, true, false);
	each_unit(p, scope, STEP_RELEASE);
}

static void plan_offline(struct planner *p, const struct scope *scope, bool failed)
{
	each_unit(p, scope, STEP_USERS);
	each_unit(p, scope, STEP_CLAIM);
	flush(p, scope, failed);
	if (failed)
		(void) add(p, STEP_RECORD, 0, STEP_NO_PATH);
	each_unit(p, scope, STEP_USERS);
	offline_paths(p, scope, false, true);
	each_unit(p, scope, STEP_RELEASE);
}

static void plan_remove(struct planner *p, const struct scope *scope)
{
	bool failed = false;

	for (unsigned u = 0; u < scope->n; u++)
		failed = failed || p->facts->marked[u];
	each_unit(p, scope, STEP_USERS);
	run_offline_units(p, scope);
	each_unit(p, scope, STEP_CLAIM);
	flush(p, scope, failed);
	stop(p, scope, false, failed);
	each_unit(p, scope, STEP_USERS);
	offline_paths(p, scope, true, false);
	(void) add(p, STEP_RECORD, 0, STEP_NO_PATH);
	each_unit(p, scope, STEP_USERS);
	each_unit(p, scope, STEP_RELEASE);
	detach_paths(p, scope);
}

static void plan_status(struct planner *p, const struct scope *scope, enum status wanted)
{
	switch (wanted) {
	case STATUS_ONLINE:
		plan_up(p, scope, true);
		return;
	case STATUS_NOT_READY:
		plan_stop(p, scope);
		return;
	case STATUS_OFFLINE:
		plan_offline(p, scope, false);
		return;
	case STATUS_FAILED:
		plan_offline(p, scope, true);
		return;
	case STATUS_REMOVED:
		plan_remove(p, scope);
		return;
	case STATUS_UNKNOWN:
	case STATUS_PARTIALLY_MANAGED:
		return;
	}
}

int steps_plan(const struct steps_facts *facts, enum steps_goal goal, enum status wanted,
	       struct steps *ret)
{
	struct steps steps = { 0 };
	struct planner p = { .facts = facts, .steps = &steps };
	struct scope scope = { .n = facts->picture->n_units };
	bool any = false, none_runs = false, attach;

	for (unsigned u = 0; u < scope.n; u++) {
		scope.in[u] = !reached(&facts->picture->units[u], facts->marked[u], goal, wanted);
		any = any || scope.in[u];
		none_runs = none_runs || !any_running(&facts->picture->units[u]);
	}
	attach = facts->n_missing > 0 &&
		 (scope.n == 0 ? wanted != STATUS_REMOVED : wanted == STATUS_ONLINE);

	switch (goal) {
	case STEPS_SPIN_DOWN:
	case STEPS_SPIN_UP:
		if (none_runs || scope.n == 0)
			return -EOPNOTSUPP;
		if (any && goal == STEPS_SPIN_DOWN)
			plan_stop(&p, &scope);
		else if (any)
			plan_up(&p, &scope, false);
		break;
	case STEPS_STATUS:
		if (attach)
			plan_attach(&p);
		else if (any)
			plan_status(&p, &scope, wanted);
		break;
	}
	if (p.no_memory) {
		steps_clear(&steps);
		return -ENOMEM;
	}
	*ret = steps;
	return 0;
}
