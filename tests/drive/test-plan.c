/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans, where it matters which steps they have: what is left out, what may fail, what comes first.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drive/status.h"
#include "drive/steps.h"

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

struct view {
	struct picture picture;
	struct picture_unit units[1];
	struct picture_path paths[1][1];
	bool marked[1];
	struct steps_facts facts;
};

static struct view one_unit(enum readiness readiness, const char *state, bool marked)
{
	struct view v = { .picture.n_units = 1 };

	v.units[0].n_paths = 1;
	v.units[0].readiness = readiness;
	strcpy(v.paths[0][0].state, state);
	v.marked[0] = marked;
	return v;
}

static void plan_for(struct view *v, enum steps_goal goal, enum status wanted, struct steps *plan)
{
	v->picture.units = v->units;
	v->units[0].paths = v->paths[0];
	v->facts = (struct steps_facts){ &v->picture, v->marked, NULL, 0 };
	ck_assert_int_eq(steps_plan(&v->facts, goal, wanted, plan), 0);
}

START_TEST(a_stopped_unit_is_neither_flushed_nor_stopped)
{
	struct view v = one_unit(READINESS_STOPPED, "running", false);
	struct steps plan;

	plan_for(&v, STEPS_STATUS, STATUS_REMOVED, &plan);
	ck_assert_uint_eq(count(&plan, STEP_FLUSH), 0);
	ck_assert_uint_eq(count(&plan, STEP_STOP), 0);
	ck_assert_uint_eq(count(&plan, STEP_DETACH), 1);
	steps_clear(&plan);
}
END_TEST

START_TEST(the_present_status_needs_nothing)
{
	static const struct {
		enum readiness readiness;
		const char *state;
		bool marked;
		enum status status;
	} rows[] = {
		{ READINESS_READY, "running", false, STATUS_ONLINE },
		{ READINESS_STOPPED, "running", false, STATUS_NOT_READY },
		{ READINESS_BECOMING, "running", false, STATUS_NOT_READY },
		{ READINESS_NOT_READY, "running", false, STATUS_NOT_READY },
		{ READINESS_UNKNOWN, "offline", false, STATUS_OFFLINE },
		{ READINESS_UNKNOWN, "transport-offline", false, STATUS_OFFLINE },
		{ READINESS_UNKNOWN, "offline", true, STATUS_FAILED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct view v = one_unit(rows[i].readiness, rows[i].state, rows[i].marked);
		struct steps plan;

		plan_for(&v, STEPS_STATUS, rows[i].status, &plan);
		ck_assert_msg(plan.n == 0, "row %zu: %u steps", i, plan.n);
		steps_clear(&plan);
	}
}
END_TEST

START_TEST(failed_tolerates_a_flush_that_fails_and_spares_a_disk_that_hangs)
{
	struct view v = one_unit(READINESS_READY, "running", false);
	struct steps plan;

	plan_for(&v, STEPS_STATUS, STATUS_FAILED, &plan);
	ck_assert_uint_eq(count(&plan, STEP_FLUSH), 1);
	for (unsigned i = 0; i < plan.n; i++)
		ck_assert_int_eq(plan.list[i].tolerant, plan.list[i].kind == STEP_FLUSH);
	steps_clear(&plan);

	v = one_unit(READINESS_SILENT, "running", false);
	plan_for(&v, STEPS_STATUS, STATUS_FAILED, &plan);
	ck_assert_uint_eq(count(&plan, STEP_FLUSH), 0);
	ck_assert_uint_eq(count(&plan, STEP_OFFLINE), 1);
	steps_clear(&plan);

	v = one_unit(READINESS_READY, "running", false);
	plan_for(&v, STEPS_STATUS, STATUS_OFFLINE, &plan);
	for (unsigned i = 0; i < plan.n; i++)
		ck_assert(!plan.list[i].tolerant);
	steps_clear(&plan);
}
END_TEST

START_TEST(what_is_remembered_comes_before_what_needs_it)
{
	struct view v = one_unit(READINESS_READY, "running", false);
	struct steps plan;
	unsigned record, offline;

	plan_for(&v, STEPS_STATUS, STATUS_FAILED, &plan);
	for (record = 0; record < plan.n && plan.list[record].kind != STEP_RECORD; record++)
		;
	for (offline = 0; offline < plan.n && plan.list[offline].kind != STEP_OFFLINE; offline++)
		;
	ck_assert_uint_lt(record, offline);
	ck_assert_uint_lt(offline, plan.n);
	steps_clear(&plan);
}
END_TEST

START_TEST(spins)
{
	struct view v = one_unit(READINESS_READY, "running", false);
	struct steps plan;

	plan_for(&v, STEPS_SPIN_UP, STATUS_ONLINE, &plan);
	ck_assert_uint_eq(plan.n, 0);
	plan_for(&v, STEPS_SPIN_DOWN, STATUS_NOT_READY, &plan);
	ck_assert_uint_eq(count(&plan, STEP_STOP), 1);
	ck_assert_uint_eq(count(&plan, STEP_OFFLINE) + count(&plan, STEP_RUN), 0);
	check_no_return(&plan, STATUS_NOT_READY);
	steps_clear(&plan);

	v = one_unit(READINESS_STOPPED, "running", false);
	plan_for(&v, STEPS_SPIN_DOWN, STATUS_NOT_READY, &plan);
	ck_assert_uint_eq(plan.n, 0);
	plan_for(&v, STEPS_SPIN_UP, STATUS_ONLINE, &plan);
	ck_assert_uint_eq(count(&plan, STEP_START), 1);
	ck_assert_uint_eq(count(&plan, STEP_READY), 1);
	steps_clear(&plan);

	v = one_unit(READINESS_UNKNOWN, "offline", false);
	v.picture.units = v.units;
	v.units[0].paths = v.paths[0];
	v.facts = (struct steps_facts){ &v.picture, v.marked, NULL, 0 };
	ck_assert_int_eq(steps_plan(&v.facts, STEPS_SPIN_UP, STATUS_ONLINE, &plan), -EOPNOTSUPP);
	ck_assert_int_eq(steps_plan(&v.facts, STEPS_SPIN_DOWN, STATUS_NOT_READY, &plan),
			 -EOPNOTSUPP);
}
END_TEST

START_TEST(restored_means_paths_and_power)
{
	struct view was = one_unit(READINESS_READY, "running", false), now = was;

	was.picture.units = was.units;
	was.units[0].paths = was.paths[0];
	now.picture.units = now.units;
	now.units[0].paths = now.paths[0];
	ck_assert(steps_restored(&was.picture, &now.picture));
	now.units[0].readiness = READINESS_STOPPED;
	ck_assert(!steps_restored(&was.picture, &now.picture));
	was.units[0].readiness = READINESS_STOPPED;
	ck_assert(steps_restored(&was.picture, &now.picture));
	strcpy(now.paths[0][0].state, "offline");
	ck_assert(!steps_restored(&was.picture, &now.picture));
	strcpy(now.paths[0][0].state, "running");
	now.paths[0][0].address.target++;
	ck_assert(!steps_restored(&was.picture, &now.picture));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan");
	TCase *tcase = tcase_create("plan");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, a_stopped_unit_is_neither_flushed_nor_stopped);
	tcase_add_test(tcase, the_present_status_needs_nothing);
	tcase_add_test(tcase, failed_tolerates_a_flush_that_fails_and_spares_a_disk_that_hangs);
	tcase_add_test(tcase, what_is_remembered_comes_before_what_needs_it);
	tcase_add_test(tcase, spins);
	tcase_add_test(tcase, restored_means_paths_and_power);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
