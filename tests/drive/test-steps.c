/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The planner, exhaustively: every state that a disk of one or two units with one or two paths
 * can be in, to every status.  A plan is not compared with a list: it is carried out on a
 * small model of kernel and drive that knows the measured facts (steps.c), and
 * must neither break a rule on the way nor end anywhere else.  Then it is broken off after each of
 * its steps and taken back, and all must be as before.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drive/status.h"
#include "drive/steps.h"

/* ---- the model --------------------------------------------------------------------- */

#define UNITS_MAX 2U
#define PATHS_MAX 2U

struct model_unit {
	bool stopped, dirty, marked;
	bool attached[PATHS_MAX], running[PATHS_MAX];
	bool claimed, checked; /* checked: for users, and nothing done since */
};

struct model {
	unsigned n_units, n_paths;
	struct model_unit units[UNITS_MAX];
	bool recorded;
	bool undoing;
};

static bool reachable(const struct model *m, unsigned u)
{
	for (unsigned i = 0; i < m->n_paths; i++)
		if (m->units[u].attached[i] && m->units[u].running[i])
			return true;
	return false;
}

static bool any_attached(const struct model *m)
{
	for (unsigned u = 0; u < m->n_units; u++)
		for (unsigned i = 0; i < m->n_paths; i++)
			if (m->units[u].attached[i])
				return true;
	return false;
}

static struct path_address address(unsigned u, unsigned i)
{
	return (struct path_address){ .host = i, .target = 3, .lun = u };
}

/* The kernel finds a stopped disk when it looks at one of its paths, and starts it. */
static void kernel_looks(struct model_unit *unit)
{
	unit->stopped = false;
}

static void by_address(const struct step *step, unsigned *u, unsigned *i)
{
	*u = (unsigned) step->address.lun;
	*i = step->address.host;
}

/* All units that any of the n steps from here on changes were checked for users. */
static void no_return_is_safe(const struct model *m, const struct step *step)
{
	if (!m->undoing)
		ck_assert_msg(m->units[step->unit].checked,
			      "%s of unit %u without a check for users", step_text(step->kind),
			      step->unit);
}

static void carry_out(struct model *m, const struct step *step)
{
	struct model_unit *unit = &m->units[step->unit];
	unsigned u, i;

	switch (step->kind) {
	case STEP_USERS:
		unit->checked = true;
		return;
	case STEP_CLAIM:
		ck_assert(unit->checked && !unit->claimed);
		unit->claimed = true;
		return;
	case STEP_RELEASE:
		unit->claimed = false;
		return;
	case STEP_FLUSH:
		ck_assert_msg(reachable(m, step->unit), "flush of a unit no path runs to");
		ck_assert(unit->claimed);
		unit->dirty = false;
		return;
	case STEP_STOP:
		ck_assert_msg(reachable(m, step->unit), "stop of a unit no path runs to");
		if (!m->undoing) {
			ck_assert_msg(!unit->dirty, "stopped before it was flushed");
			ck_assert(unit->claimed);
		}
		no_return_is_safe(m, step);
		unit->stopped = true;
		return;
	case STEP_START:
	case STEP_READY:
		ck_assert_msg(reachable(m, step->unit), "start of a unit no path runs to");
		if (step->kind == STEP_START)
			unit->stopped = false;
		ck_assert_msg(!unit->stopped, "waits for a unit that nobody has started");
		return;
	case STEP_RUN:
		ck_assert(unit->attached[step->path]);
		unit->running[step->path] = true;
		kernel_looks(unit);
		return;
	case STEP_OFFLINE:
		ck_assert(unit->attached[step->path]);
		if (!m->undoing)
			ck_assert_msg(!unit->dirty || unit->marked || unit->stopped ||
					      !reachable(m, step->unit),
				      "offline before it was flushed");
		no_return_is_safe(m, step);
		unit->running[step->path] = false;
		return;
	case STEP_RECORD:
		m->recorded = true;
		return;
	case STEP_DETACH:
		by_address(step, &u, &i);
		if (!m->undoing) {
			ck_assert(m->recorded && !m->units[u].claimed);
			ck_assert_msg(m->units[u].stopped, "detached while it spins");
			for (unsigned k = 0; k < m->n_paths; k++)
				ck_assert_msg(!m->units[u].running[k],
					      "detached before every path was offline");
			no_return_is_safe(m, step);
		}
		m->units[u].attached[i] = m->units[u].running[i] = false;
		return;
	case STEP_ATTACH:
		by_address(step, &u, &i);
		m->units[u].attached[i] = m->units[u].running[i] = true;
		kernel_looks(&m->units[u]);
		return;
	case STEP_APPEARED:
		by_address(step, &u, &i);
		ck_assert(m->units[u].attached[i]);
		return;
	case STEP_VANISHED:
		if (!m->undoing)
			ck_assert(!any_attached(m));
		return;
	case _STEP_KIND_MAX:
		break;
	}
	ck_abort_msg("no such step");
}

/* ---- what the planner is shown of it ----------------------------------------------- */

struct view {
	struct picture picture;
	struct picture_unit units[UNITS_MAX];
	struct picture_path paths[UNITS_MAX][PATHS_MAX];
	bool marked[UNITS_MAX];
	struct path_address missing[UNITS_MAX * PATHS_MAX];
	unsigned n_missing;
	struct steps_facts facts;
};

static void look(const struct model *m, struct view *v)
{
	memset(v, 0, sizeof(*v));
	v->picture.units = v->units;
	v->picture.n_units = any_attached(m) ? m->n_units : 0;
	for (unsigned u = 0; u < m->n_units; u++) {
		v->units[u].paths = v->paths[u];
		v->units[u].n_paths = m->n_paths;
		v->marked[u] = m->units[u].marked;
		v->units[u].readiness = !reachable(m, u)      ? READINESS_UNKNOWN
					: m->units[u].stopped ? READINESS_STOPPED
							      : READINESS_READY;
		for (unsigned i = 0; i < m->n_paths; i++) {
			v->paths[u][i].address = address(u, i);
			strcpy(v->paths[u][i].state, !m->units[u].attached[i] ? ""
						     : m->units[u].running[i] ? "running"
									      : "offline");
			if (!m->units[u].attached[i])
				v->missing[v->n_missing++] = address(u, i);
		}
	}
	v->facts = (struct steps_facts){ &v->picture, v->marked, v->missing, v->n_missing };
}

static bool is_as(const struct model *m, enum status wanted)
{
	struct view v;

	look(m, &v);
	if (wanted == STATUS_REMOVED)
		return !any_attached(m);
	if (!any_attached(m))
		return false;
	for (unsigned u = 0; u < m->n_units; u++) {
		bool marked = wanted == STATUS_FAILED; /* marks are no steps */

		if (status_of_unit(&v.units[u], marked) != wanted)
			return false;
		for (unsigned i = 0; i < m->n_paths; i++) {
			if (wanted == STATUS_ONLINE &&
			    !(m->units[u].attached[i] && m->units[u].running[i]))
				return false;
			if ((wanted == STATUS_OFFLINE || wanted == STATUS_FAILED) &&
			    m->units[u].running[i])
				return false;
		}
	}
	return true;
}

/* ---- every pair ---------------------------------------------------------------------- */

static const enum status all_statuses[] = { STATUS_ONLINE, STATUS_NOT_READY, STATUS_OFFLINE,
					    STATUS_FAILED, STATUS_REMOVED };
static unsigned n_plans, n_undone;

/* Is it as the contract asks after taking everything back?  What left OFFLINE may be started. */
static void is_back(const struct model *before, const struct model *m, enum status wanted)
{
	for (unsigned u = 0; u < m->n_units; u++) {
		const struct model_unit *was = &before->units[u], *is = &m->units[u];

		ck_assert(!is->claimed);
		for (unsigned i = 0; i < m->n_paths; i++) {
			ck_assert_int_eq(was->attached[i], is->attached[i]);
			ck_assert_msg(was->running[i] == is->running[i],
				      "to %s: unit %u path %u is %s", status_name(wanted), u, i,
				      is->running[i] ? "running" : "offline");
		}
		if (reachable(before, u))
			ck_assert_msg(was->stopped == is->stopped, "to %s: unit %u is %s",
				      status_name(wanted), u, is->stopped ? "stopped" : "started");
	}
}

/* Breaks it off after each step of the plan and takes that back. */
static void undo_everywhere(const struct model *start, const struct steps *plan,
			    const struct view *before, enum status wanted)
{
	for (unsigned n = 0; n <= plan->n; n++) {
		struct model m = *start;
		struct steps undo;

		for (unsigned i = 0; i < n; i++)
			carry_out(&m, &plan->list[i]);
		ck_assert_int_eq(steps_undo(plan->list, n, &before->picture, &undo), 0);
		m.undoing = true;
		for (unsigned i = 0; i < undo.n; i++) {
			ck_assert(!undo.list[i].no_return && undo.list[i].tolerant);
			carry_out(&m, &undo.list[i]);
		}
		is_back(start, &m, wanted);
		steps_clear(&undo);
		n_undone++;
	}
}

static unsigned count(const struct steps *plan, enum step_kind kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < plan->n; i++)
		n += plan->list[i].kind == kind;
	return n;
}

/* The contract's points of no return, and no other (dbus-api.md section 7). */
static void check_no_return(const struct steps *plan, enum status wanted)
{
	static const enum step_kind kinds[] = {
		[STATUS_NOT_READY] = STEP_STOP,
		[STATUS_OFFLINE] = STEP_OFFLINE,
		[STATUS_FAILED] = STEP_OFFLINE,
		[STATUS_REMOVED] = STEP_DETACH,
	};

	for (unsigned i = 0; i < plan->n; i++) {
		bool expected = wanted != STATUS_ONLINE && plan->list[i].kind == kinds[wanted];

		ck_assert_int_eq(plan->list[i].no_return, expected);
	}
}

static bool any_marked(const struct model *m)
{
	return m->units[0].marked || m->units[1].marked;
}

static void go(const struct model *start, enum status wanted)
{
	struct model m = *start;
	struct view v;

	for (unsigned round = 0;; round++) {
		struct model here = m;
		struct steps plan;

		ck_assert_uint_lt(round, 3);
		look(&m, &v);
		ck_assert_int_eq(steps_plan(&v.facts, STEPS_STATUS, wanted, &plan), 0);
		n_plans++;
		if (round == 0 && is_as(start, wanted) && !any_marked(start))
			ck_assert_msg(plan.n == 0, "to %s from there: %u steps",
				      status_name(wanted), plan.n);
		check_no_return(&plan, wanted);
		for (unsigned i = 0; i < plan.n; i++)
			carry_out(&m, &plan.list[i]);
		undo_everywhere(&here, &plan, &v, wanted);
		if (!plan.again) {
			steps_clear(&plan);
			break;
		}
		steps_clear(&plan);
	}
	/* NOT_READY of one unit among several is that already. */
	ck_assert_msg(is_as(&m, wanted), "did not get to %s", status_name(wanted));
	for (unsigned u = 0; u < m.n_units; u++)
		ck_assert(!m.units[u].claimed);
}

/* Each bit of the number is one thing that may be so or not. */
static bool make_model(struct model *m, unsigned n_units, unsigned n_paths, unsigned number)
{
	*m = (struct model){ .n_units = n_units, .n_paths = n_paths };
	for (unsigned u = 0; u < n_units; u++) {
		struct model_unit *unit = &m->units[u];

		unit->stopped = number & 1;
		unit->marked = number >> 1 & 1;
		number >>= 2;
		unit->dirty = !unit->stopped;
		for (unsigned i = 0; i < n_paths; i++, number >>= 1) {
			unit->attached[i] = true;
			unit->running[i] = number & 1;
		}
	}
	return number == 0;
}

START_TEST(every_state_to_every_status)
{
	struct model m;

	for (unsigned units = 1; units <= UNITS_MAX; units++)
		for (unsigned paths = 1; paths <= PATHS_MAX; paths++)
			for (unsigned number = 0; make_model(&m, units, paths, number); number++)
				for (size_t w = 0; w < 5; w++)
					go(&m, all_statuses[w]);
	/* 8 + 16 of one unit, 64 + 256 of two */
	ck_assert_uint_ge(n_plans, (8 + 16 + 64 + 256) * 5);
	ck_assert_uint_gt(n_undone, n_plans);
}
END_TEST

START_TEST(a_detached_disk_to_every_status)
{
	for (unsigned units = 1; units <= UNITS_MAX; units++)
		for (unsigned paths = 1; paths <= PATHS_MAX; paths++)
			for (unsigned stopped = 0; stopped < 2; stopped++)
				for (size_t w = 0; w < 5; w++) {
					struct model m = { .n_units = units, .n_paths = paths };

					for (unsigned u = 0; u < units; u++)
						m.units[u].stopped = stopped;
					go(&m, all_statuses[w]);
				}
}
END_TEST

/* The daemon was killed between two deletes. */
START_TEST(online_attaches_what_was_left_detached)
{
	struct model m = { .n_units = 1, .n_paths = 2 };
	struct steps plan;
	struct view v;

	m.units[0].attached[1] = true;
	m.units[0].stopped = true;
	go(&m, STATUS_ONLINE);
	look(&m, &v);
	ck_assert_int_eq(steps_plan(&v.facts, STEPS_STATUS, STATUS_OFFLINE, &plan), 0);
	ck_assert_uint_eq(count(&plan, STEP_ATTACH), 0);
	steps_clear(&plan);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("steps");
	TCase *tcase = tcase_create("steps");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 300); /* under a sanitizer */
	tcase_add_test(tcase, every_state_to_every_status);
	tcase_add_test(tcase, a_detached_disk_to_every_status);
	tcase_add_test(tcase, online_attaches_what_was_left_detached);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
