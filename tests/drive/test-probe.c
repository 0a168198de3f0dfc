/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is noticed without being told: kernel states, disks that spin up or stop answering; and
 * the questions that change nothing.
 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/outcome.h"
#include "fake-disk.h"
#include "fake-private.h"

static struct bed bed;

static void begin(unsigned n_units, unsigned n_paths)
{
	fake_new(n_units, n_paths);
	bed_up(&bed, NULL);
	fake_clear_log();
}

static void end(void)
{
	bed_down(&bed);
	fake_free();
}

static bool has_status(void *userdata)
{
	return bed_drive(&bed)->status == *(enum status *) userdata;
}

static void wait_for(enum status status)
{
	bed_until(&bed, has_status, &status);
}

/* A poll may be reading it. */
static void set_offline(unsigned path, bool offline)
{
	(void) pthread_mutex_lock(&fake_lock);
	fake->units[0].paths[path].offline = offline;
	(void) pthread_mutex_unlock(&fake_lock);
}

START_TEST(kernel_states_are_polled_without_a_command)
{
	begin(1, 2);
	set_offline(0, true);
	set_offline(1, true);
	wait_for(STATUS_OFFLINE);
	ck_assert_int_eq(bed_unit(&bed, 0)->status, STATUS_OFFLINE);
	ck_assert_uint_eq(fake_count("TUR"), 0);
	ck_assert_int_eq(bed_drive(&bed)->health, HEALTH_HEALTHY);
	set_offline(1, false);
	wait_for(STATUS_ONLINE);
	bed_settle(&bed);
	ck_assert_uint_gt(fake_count("TUR"), 0);
	end();
}
END_TEST

START_TEST(a_disk_that_spins_up_is_asked_until_it_is_ready)
{
	fake_new(1, 1);
	fake->units[0].to_go = 1000;
	bed_up(&bed, NULL);
	ck_assert_int_eq(bed_drive(&bed)->status, STATUS_NOT_READY);
	ck_assert(!drive_spun_down(&bed_drive(&bed)->object));
	fake->units[0].to_go = 0;
	wait_for(STATUS_ONLINE);
	end();
}
END_TEST

START_TEST(unit_attentions_are_no_answer)
{
	begin(1, 1);
	fake->units[0].attentions = 4;
	bed_settle(&bed);
	ck_assert_int_eq(bed_drive(&bed)->status, STATUS_ONLINE);
	ck_assert_uint_eq(fake_count("TUR"), 5);
	end();
}
END_TEST

START_TEST(a_silent_disk)
{
	begin(1, 1);
	fake_at_name("TUR", FAKE_TIMEOUT);
	bed_settle(&bed);
	ck_assert_int_eq(bed_drive(&bed)->status, STATUS_NOT_READY);
	ck_assert_int_eq(bed_drive(&bed)->health, HEALTH_UNKNOWN);
	bed_settle(&bed);
	ck_assert_int_eq(bed_drive(&bed)->status, STATUS_ONLINE);
	ck_assert_int_eq(bed_drive(&bed)->health, HEALTH_HEALTHY);
	end();
}
END_TEST

/* ---- Ping ------------------------------------------------------------------------------ */

struct answer {
	unsigned n;
	struct outcome outcome;
};

static void on_answer(void *userdata, const struct outcome *outcome)
{
	struct answer *answer = userdata;

	answer->n++;
	answer->outcome = *outcome;
}

static bool is_answered(void *userdata)
{
	return ((struct answer *) userdata)->n > 0;
}

static int ping(struct object *object)
{
	struct answer answer = { 0 };

	drive_ping(bed.drives, object, on_answer, &answer);
	ck_assert_uint_eq(answer.n, 0);
	bed_until(&bed, is_answered, &answer);
	ck_assert_uint_eq(answer.n, 1);
	return answer.outcome.result;
}

START_TEST(pings)
{
	struct drive *drive;

	begin(1, 1);
	drive = bed_drive(&bed);
	ck_assert_uint_eq(drive->last_ping, 0);
	ck_assert_int_eq(ping(&drive->object), 0);
	ck_assert_uint_gt(drive->last_ping, 0);
	ck_assert_uint_eq(drive->last_ping_result, 0);
	ck_assert_uint_eq(fake_count("TUR"), 1);
	ck_assert_str_eq(fake_log(), "");

	/* "Not ready" is an answer, and one to learn from. */
	fake->units[0].stopped = true;
	ck_assert_int_eq(ping(&drive->object), 0);
	ck_assert_int_eq(drive->status, STATUS_NOT_READY);
	fake->units[0].stopped = false;

	fake_at_name("TUR", FAKE_TIMEOUT);
	ck_assert_int_eq(ping(&bed_unit(&bed, 0)->object), -ETIMEDOUT);
	ck_assert_uint_eq(bed_unit(&bed, 0)->last_ping_result, outcome_hresult(-ETIMEDOUT));
	ck_assert_uint_eq(drive->last_ping_result, 0);

	set_offline(0, true);
	ck_assert_int_eq(ping(&drive->object), -EIO);
	set_offline(0, false);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), 0);
	ck_assert_int_eq(ping(&drive->object), -EIO);
	end();
}
END_TEST

START_TEST(a_ping_outlives_its_drive)
{
	struct answer answer = { 0 };

	begin(1, 1);
	fake_at_name("TUR", FAKE_WAIT);
	drive_ping(bed.drives, &bed_drive(&bed)->object, on_answer, &answer);
	while (!fake_was_hit())
		(void) sd_event_run(bed.event, 1000);
	fake_unplug();
	while (bed_drive(&bed) != NULL)
		(void) sd_event_run(bed.event, 1000);
	fake_release();
	bed_until(&bed, is_answered, &answer);
	end();
}
END_TEST

/* ---- QueryUsers -------------------------------------------------------------------------- */

struct users {
	unsigned n;
	int result;
	char text[200];
};

static void on_users(void *userdata, const struct outcome *outcome,
		     const struct kernel_users *users)
{
	struct users *u = userdata;

	u->n++;
	u->result = outcome->result;
	for (unsigned i = 0; i < users->n; i++) {
		size_t n = strlen(u->text);

		(void) snprintf(u->text + n, sizeof(u->text) - n, "[%s]", users->texts[i]);
	}
}

static bool users_are_known(void *userdata)
{
	return ((struct users *) userdata)->n > 0;
}

START_TEST(users)
{
	struct users none = { 0 }, both = { 0 };

	begin(2, 2);
	drive_query_users(bed.drives, &bed_drive(&bed)->object, on_users, &none);
	bed_until(&bed, users_are_known, &none);
	ck_assert_int_eq(none.result, 0);
	ck_assert_str_eq(none.text, "");
	strcpy(fake->user, "x");
	drive_query_users(bed.drives, &bed_drive(&bed)->object, on_users, &both);
	bed_until(&bed, users_are_known, &both);
	ck_assert_str_eq(both.text, "[x][x]"); /* of either unit */
	end();
}
END_TEST

/* Asking who uses a disk must not wait for a command that hangs in it. */
START_TEST(users_of_a_disk_that_hangs)
{
	struct users who = { 0 };

	begin(1, 1);
	fake_at_name("TUR", FAKE_WAIT);
	drive_ping(bed.drives, &bed_drive(&bed)->object, on_answer, &(struct answer){ 0 });
	while (!fake_was_hit())
		(void) sd_event_run(bed.event, 1000);
	strcpy(fake->user, "x");
	drive_query_users(bed.drives, &bed_drive(&bed)->object, on_users, &who);
	bed_until(&bed, users_are_known, &who);
	ck_assert_str_eq(who.text, "[x]");
	fake_release();
	bed_settle(&bed);
	end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("probe");
	TCase *tcase = tcase_create("probe");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, kernel_states_are_polled_without_a_command);
	tcase_add_test(tcase, a_disk_that_spins_up_is_asked_until_it_is_ready);
	tcase_add_test(tcase, unit_attentions_are_no_answer);
	tcase_add_test(tcase, a_silent_disk);
	tcase_add_test(tcase, pings);
	tcase_add_test(tcase, a_ping_outlives_its_drive);
	tcase_add_test(tcase, users);
	tcase_add_test(tcase, users_of_a_disk_that_hangs);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
