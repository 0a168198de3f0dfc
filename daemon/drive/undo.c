/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Taking steps back, and what a step is called.
 *
 * Each step is answered by its opposite, the last done first.  What was not done by us but
 * comes with it is mended at the end: the kernel starts a stopped disk when one of
 * its paths is made running again, so that unit is stopped once more.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drive/steps.h"

static bool append(struct steps *steps, enum step_kind kind, const struct step *of)
{
	steps->list[steps->n] = *of;
	steps->list[steps->n].kind = kind;
	steps->list[steps->n].no_return = false;
	/* One that fails must not keep the others from being taken back. */
	steps->list[steps->n].tolerant = true;
	steps->n++;
	return true;
}

static bool was_stopped(const struct picture *before, unsigned unit)
{
	return unit < before->n_units && before->units[unit].readiness == READINESS_STOPPED;
}

static bool was_offline(const struct picture *before, const struct step *step)
{
	return step->unit < before->n_units && step->path < before->units[step->unit].n_paths &&
	       !picture_path_running(&before->units[step->unit].paths[step->path]);
}

/* Whether the unit was, or may have been, started by it. */
static bool take_back(const struct step *step, const struct picture *before, struct steps *ret)
{
	switch (step->kind) {
	case STEP_CLAIM:
		append(ret, STEP_RELEASE, step);
		return false;
	case STEP_STOP:
		append(ret, STEP_START, step);
		append(ret, STEP_READY, step);
		return false;
	case STEP_START:
		return was_stopped(before, step->unit);
	case STEP_RUN:
		append(ret, STEP_OFFLINE, step);
		return was_stopped(before, step->unit);
	case STEP_OFFLINE:
		append(ret, STEP_RUN, step);
		return was_stopped(before, step->unit);
	case STEP_DETACH:
		append(ret, STEP_ATTACH, step);
		append(ret, STEP_APPEARED, step);
		if (was_offline(before, step)) /* the kernel makes what it attaches running */
			append(ret, STEP_OFFLINE, step);
		return was_stopped(before, step->unit);
	case STEP_ATTACH:
		append(ret, STEP_DETACH, step);
		return false;
	case STEP_USERS:
	case STEP_RELEASE:
	case STEP_FLUSH:
	case STEP_READY:
	case STEP_RECORD:
	case STEP_APPEARED:
	case STEP_VANISHED:
	case _STEP_KIND_MAX:
		return false;
	}
	return false;
}

int steps_undo(const struct step *done, unsigned n, const struct picture *before, struct steps *ret)
{
	bool stop[DRIVE_UNITS_MAX] = { false };
	struct steps steps = { 0 };
	bool detached = false;

	/* At most three for each, a STOP for each unit, and a VANISHED. */
	steps.size = 3 * n + DRIVE_UNITS_MAX + 1;
	steps.list = calloc(steps.size, sizeof(*steps.list));
	if (steps.list == NULL)
		return -ENOMEM;

	for (unsigned i = n; i > 0; i--) {
		const struct step *step = &done[i - 1];

		if (take_back(step, before, &steps) && step->unit < DRIVE_UNITS_MAX)
			stop[step->unit] = true;
		detached = detached || step->kind == STEP_ATTACH;
	}
	for (unsigned u = 0; u < DRIVE_UNITS_MAX; u++)
		if (stop[u])
			append(&steps, STEP_STOP,
			       &(struct step){ .unit = u, .path = STEP_NO_PATH });
	if (detached)
		append(&steps, STEP_VANISHED, &(struct step){ .path = STEP_NO_PATH });
	*ret = steps;
	return 0;
}

static const struct picture_path *find_address(const struct picture_unit *unit,
					       const struct path_address *address)
{
	for (unsigned i = 0; i < unit->n_paths; i++)
		if (unit->paths[i].state[0] != 0 && address_equal(&unit->paths[i].address, address))
			return &unit->paths[i];
	return NULL;
}

/* All paths of a are in b, in the same state. */
static bool paths_in(const struct picture_unit *a, const struct picture_unit *b)
{
	for (unsigned i = 0; i < a->n_paths; i++) {
		const struct picture_path *other;

		if (a->paths[i].state[0] == 0)
			continue;
		other = find_address(b, &a->paths[i].address);
		if (other == NULL ||
		    picture_path_running(&a->paths[i]) != picture_path_running(other))
			return false;
	}
	return true;
}

static bool unit_restored(const struct picture_unit *before, const struct picture_unit *now)
{
	if (!paths_in(before, now) || !paths_in(now, before))
		return false;
	switch (before->readiness) {
	case READINESS_UNKNOWN: /* it was offline: nobody could tell */
		return true;
	case READINESS_READY:
		return now->readiness == READINESS_READY;
	case READINESS_STOPPED:
		return now->readiness == READINESS_STOPPED;
	case READINESS_BECOMING:
	case READINESS_NOT_READY:
	case READINESS_FAILED:
	case READINESS_SILENT:
		return now->readiness != READINESS_STOPPED;
	}
	return false;
}

bool steps_restored(const struct picture *before, const struct picture *now)
{
	if (before->n_units != now->n_units)
		return false;
	for (unsigned u = 0; u < before->n_units; u++)
		if (!unit_restored(&before->units[u], &now->units[u]))
			return false;
	return true;
}

static const struct {
	const char *text;
	unsigned weight;
} kinds[_STEP_KIND_MAX] = {
	[STEP_USERS] = { "checking who uses it", 4 },
	[STEP_CLAIM] = { "claiming its block node", 1 },
	[STEP_RELEASE] = { "releasing its block node", 1 },
	[STEP_FLUSH] = { "flushing the cache", 20 },
	[STEP_STOP] = { "stopping the unit", 20 },
	[STEP_START] = { "starting the unit", 5 },
	[STEP_READY] = { "waiting until it is ready", 60 },
	[STEP_RUN] = { "setting a path running", 4 },
	[STEP_OFFLINE] = { "setting a path offline", 2 },
	[STEP_RECORD] = { "writing the state file", 2 },
	[STEP_DETACH] = { "detaching a path", 10 },
	[STEP_ATTACH] = { "attaching a path", 10 },
	[STEP_APPEARED] = { "waiting for the attached disk", 10 },
	[STEP_VANISHED] = { "waiting for the detached disk to go", 4 },
};

const char *step_text(enum step_kind kind)
{
	return kinds[kind].text;
}

unsigned step_weight(enum step_kind kind)
{
	return kinds[kind].weight;
}
