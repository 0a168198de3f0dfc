/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SetStatus and spins on disks that behave (fake-disk.h): what reached them and in which order;
 * what is left when a step fails, when it is cancelled, and when somebody uses the disk.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/pool.h"
#include "drive/status.h"
#include "fake-disk.h"

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

static enum status status(void)
{
	ck_assert_ptr_nonnull(bed_drive(&bed));
	return bed_drive(&bed)->status;
}

/* ---- the order ------------------------------------------------------------------------ */

static const struct {
	enum status from, to;
	const char *log;
} orders[] = {
	{ STATUS_ONLINE, STATUS_ONLINE, "" },
	{ STATUS_ONLINE, STATUS_NOT_READY, "0:claim 0:FLUSH10 0:STOP 0:release" },
	{ STATUS_ONLINE, STATUS_OFFLINE, "0:claim 0:FLUSH10 0.0:offline 0.1:offline 0:release" },
	{ STATUS_ONLINE, STATUS_FAILED, "0:claim 0:FLUSH10 0.0:offline 0.1:offline 0:release" },
	{ STATUS_ONLINE, STATUS_REMOVED,
	  "0:claim 0:FLUSH10 0:STOP 0.0:offline 0.1:offline 0:release 0.0:delete 0.1:delete" },

	{ STATUS_NOT_READY, STATUS_ONLINE, "0:START" },
	{ STATUS_NOT_READY, STATUS_NOT_READY, "" },
	{ STATUS_NOT_READY, STATUS_OFFLINE, "0:claim 0.0:offline 0.1:offline 0:release" },
	{ STATUS_NOT_READY, STATUS_FAILED, "0:claim 0.0:offline 0.1:offline 0:release" },
	{ STATUS_NOT_READY, STATUS_REMOVED,
	  "0:claim 0.0:offline 0.1:offline 0:release 0.0:delete 0.1:delete" },

	{ STATUS_OFFLINE, STATUS_ONLINE, "0.0:running 0.1:running" },
	{ STATUS_OFFLINE, STATUS_NOT_READY,
	  "0.0:running 0.1:running 0:claim 0:FLUSH10 0:STOP 0:release" },
	{ STATUS_OFFLINE, STATUS_OFFLINE, "" },
	{ STATUS_OFFLINE, STATUS_FAILED, "" },
	{ STATUS_OFFLINE, STATUS_REMOVED,
	  "0.0:running 0.1:running 0:claim 0:FLUSH10 0:STOP 0.0:offline 0.1:offline 0:release "
	  "0.0:delete 0.1:delete" },

	{ STATUS_FAILED, STATUS_ONLINE, "0.0:running 0.1:running" },
	{ STATUS_FAILED, STATUS_NOT_READY,
	  "0.0:running 0.1:running 0:claim 0:FLUSH10 0:STOP 0:release" },
	{ STATUS_FAILED, STATUS_OFFLINE, "" },
	{ STATUS_FAILED, STATUS_FAILED, "" },
	{ STATUS_FAILED, STATUS_REMOVED,
	  "0.0:running 0.1:running 0:claim 0:FLUSH10 0:STOP 0.0:offline 0.1:offline 0:release "
	  "0.0:delete 0.1:delete" },

	{ STATUS_REMOVED, STATUS_ONLINE, "0.0:scan 0.1:scan" },
	{ STATUS_REMOVED, STATUS_NOT_READY,
	  "0.0:scan 0.1:scan 0:claim 0:FLUSH10 0:STOP 0:release" },
	{ STATUS_REMOVED, STATUS_OFFLINE,
	  "0.0:scan 0.1:scan 0:claim 0:FLUSH10 0.0:offline 0.1:offline 0:release" },
	{ STATUS_REMOVED, STATUS_FAILED,
	  "0.0:scan 0.1:scan 0:claim 0:FLUSH10 0.0:offline 0.1:offline 0:release" },
	{ STATUS_REMOVED, STATUS_REMOVED, "" },
};

START_TEST(the_order_of_what_a_disk_sees)
{
	begin(1, 2);
	ck_assert_int_eq(bed_set_status(&bed, orders[_i].from), 0);
	ck_assert_int_eq(status(), orders[_i].from);
	bed_settle(&bed);
	fake_clear_log();

	ck_assert_int_eq(bed_set_status(&bed, orders[_i].to), 0);
	ck_assert_int_eq(status(), orders[_i].to);
	ck_assert_str_eq(fake_log(), orders[_i].log);
	ck_assert_int_eq(bed_drive(&bed)->health, orders[_i].to == STATUS_FAILED ? HEALTH_FAILED
						  : orders[_i].to == STATUS_REMOVED
							  ? HEALTH_UNKNOWN
							  : HEALTH_HEALTHY);
	end();
}
END_TEST

START_TEST(both_units_of_a_drive_in_step)
{
	begin(2, 1);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), 0);
	ck_assert_str_eq(fake_log(),
			 "0:claim 1:claim 0:FLUSH10 1:FLUSH10 0:STOP 1:STOP 0.0:offline "
			 "1.0:offline 0:release 1:release 0.0:delete 1.0:delete");
	ck_assert_uint_eq(bed_drive(&bed)->size, 2ULL << 40);
	fake_clear_log();
	ck_assert_int_eq(bed_set_status(&bed, STATUS_ONLINE), 0);
	ck_assert_str_eq(fake_log(), "0.0:scan 1.0:scan");
	ck_assert_uint_eq(bed_drive(&bed)->n_units, 2);
	ck_assert(!bed_drive(&bed)->detached);
	end();
}
END_TEST

START_TEST(a_units_status_is_its_own)
{
	begin(2, 1);
	ck_assert_int_eq(bed_set_unit_status(&bed, 1, STATUS_OFFLINE), 0);
	ck_assert_str_eq(fake_log(), "1:claim 1:FLUSH10 1.0:offline 1:release");
	ck_assert_int_eq(bed_unit(&bed, 0)->status, STATUS_ONLINE);
	ck_assert_int_eq(bed_unit(&bed, 1)->status, STATUS_OFFLINE);
	ck_assert_int_eq(status(), STATUS_NOT_READY);
	ck_assert_str_eq(list_empty(&bed_unit(&bed, 1)->paths)
				 ? ""
				 : container_of(bed_unit(&bed, 1)->paths.next, struct path, link)
					   ->device->state,
			 "offline");

	ck_assert_int_eq(bed_set_unit_status(&bed, 1, STATUS_REMOVED), -EINVAL);
	ck_assert_int_eq(bed_set_unit_status(&bed, 1, STATUS_FAILED), 0);
	ck_assert_int_eq(bed_unit(&bed, 0)->status, STATUS_ONLINE);
	ck_assert_int_eq(status(), STATUS_FAILED);

	/* The drive's covers both, and mends the one that differs. */
	fake_clear_log();
	ck_assert_int_eq(bed_set_status(&bed, STATUS_ONLINE), 0);
	ck_assert_str_eq(fake_log(), "1.0:running");
	ck_assert_int_eq(status(), STATUS_ONLINE);
	end();
}
END_TEST

START_TEST(one_path_that_differs_is_mended)
{
	begin(1, 2);
	fake->units[0].paths[1].offline = true;
	bed_settle(&bed);
	ck_assert_int_eq(status(), STATUS_ONLINE);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_ONLINE), 0);
	ck_assert_str_eq(fake_log(), "0.1:running");
	end();
}
END_TEST

START_TEST(the_long_flush_where_the_short_one_is_refused)
{
	begin(1, 1);
	fake_at_name("FLUSH10", FAKE_REFUSE);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_NOT_READY), 0);
	ck_assert_str_eq(fake_log(), "0:claim 0:FLUSH10 0:FLUSH16 0:STOP 0:release");
	end();
}
END_TEST

/* ---- what is refused ------------------------------------------------------------------- */

START_TEST(statuses_that_cannot_be_set)
{
	static const uint32_t bad[] = { 0, 3, 6, 7, 9, 42, UINT32_MAX };

	begin(1, 1);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(bed_set_status(&bed, bad[i]), -EINVAL);
	ck_assert_uint_eq(list_empty(operations_list(bed.operations)), true);
	end();
}
END_TEST

START_TEST(a_disk_in_use_is_left_alone)
{
	static const enum status wanted[] = { STATUS_NOT_READY, STATUS_OFFLINE, STATUS_FAILED,
					      STATUS_REMOVED };
	struct outcome error;
	struct operation *operation;

	begin(1, 2);
	strcpy(fake->user, "/dev/sdx2 is mounted on /srv");
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		operation = drive_set_status(bed.drives, &bed_drive(&bed)->object, wanted[i], 0,
					     &error);
		ck_assert_int_eq(bed_wait(&bed, operation), -ETXTBSY);
		ck_assert_str_eq(operation->outcome.text, fake->user);
	}
	fake->user[0] = 0;
	fake->units[0].claimed_by_other = true;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		ck_assert_int_eq(bed_set_status(&bed, wanted[i]), -ETXTBSY);
	ck_assert_uint_eq(fake_count("FLUSH"), 0);
	ck_assert_uint_eq(fake_count("offline"), 0);
	ck_assert_int_eq(status(), STATUS_ONLINE);
	end();
}
END_TEST

/* Somebody opens it for writing while it is being flushed. */
START_TEST(use_is_checked_again_at_the_point_of_no_return)
{
	struct outcome error;
	struct operation *operation;

	begin(1, 2);
	fake_at_name("FLUSH10", FAKE_WAIT);
	operation =
		drive_set_status(bed.drives, &bed_drive(&bed)->object, STATUS_OFFLINE, 0, &error);
	while (!fake_was_hit())
		(void) sd_event_run(bed.event, 1000);
	strcpy(fake->user, "/dev/sdx is open for writing by qemu (pid 42)");
	fake_release();
	ck_assert_int_eq(bed_wait(&bed, operation), -ETXTBSY);
	ck_assert_str_eq(fake_log(), "0:claim 0:FLUSH10 0:release");
	ck_assert_int_eq(status(), STATUS_ONLINE);
	end();
}
END_TEST

START_TEST(one_operation_at_a_time)
{
	struct operation *operation;
	struct object *object;
	struct outcome error;

	begin(2, 1);
	object = &bed_drive(&bed)->object;
	fake_at_name("FLUSH10", FAKE_WAIT);
	operation = drive_set_status(bed.drives, object, STATUS_NOT_READY, 7, &error);
	ck_assert_ptr_eq(bed_drive(&bed)->operation, operation);
	ck_assert_ptr_eq(bed_unit(&bed, 1)->operation, operation);
	ck_assert_uint_eq(operation->uid, 7);

	ck_assert_ptr_null(drive_set_status(bed.drives, object, STATUS_ONLINE, 0, &error));
	ck_assert_int_eq(error.result, -EBUSY);
	ck_assert_ptr_null(
		drive_set_status(bed.drives, &bed_unit(&bed, 1)->object, STATUS_ONLINE, 0, &error));
	ck_assert_int_eq(error.result, -EBUSY);
	ck_assert_ptr_null(drive_spin(bed.drives, object, true, 0, &error));
	ck_assert_int_eq(error.result, -EBUSY);

	fake_release();
	ck_assert_int_eq(bed_wait(&bed, operation), 0);
	ck_assert_ptr_null(bed_drive(&bed)->operation);
	ck_assert_ptr_null(bed_unit(&bed, 1)->operation);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_ONLINE), 0);
	end();
}
END_TEST

START_TEST(a_drive_that_reports_itself_failed)
{
	static const uint8_t senses[][3] = { { 4, 0x44, 0 }, { 2, 4, 3 } };

	for (size_t i = 0; i < ARRAY_SIZE(senses); i++) {
		begin(1, 1);
		memcpy(fake->units[0].sense, senses[i], 3);
		/* not read yet: found by the operation itself */
		ck_assert_int_eq(bed_set_status(&bed, STATUS_OFFLINE), -EHOSTDOWN);
		bed_settle(&bed);
		ck_assert_int_eq(status(), STATUS_FAILED);
		ck_assert_int_eq(bed_drive(&bed)->health, HEALTH_FAILED);
		ck_assert_int_eq(bed_set_status(&bed, STATUS_ONLINE), -EHOSTDOWN);
		ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), -EHOSTDOWN);
		ck_assert_str_eq(fake_log(), "");
		/* but it can be marked so, and is out of use then */
		ck_assert_int_eq(bed_set_status(&bed, STATUS_FAILED), 0);
		ck_assert_str_eq(fake_log(), "0:claim 0:FLUSH10 0.0:offline 0:release");
		end();
	}
}
END_TEST

/* ---- what goes wrong --------------------------------------------------------------------- */

struct state {
	bool attached[FAKE_UNITS][FAKE_PATHS], offline[FAKE_UNITS][FAKE_PATHS];
	bool stopped[FAKE_UNITS];
};

static struct state state_now(void)
{
	struct state s = { 0 };

	for (unsigned u = 0; u < fake->n_units; u++) {
		s.stopped[u] = fake->units[u].stopped;
		for (unsigned p = 0; p < fake->n_paths; p++) {
			s.attached[u][p] = fake->units[u].paths[p].attached;
			s.offline[u][p] = s.attached[u][p] && fake->units[u].paths[p].offline;
		}
	}
	return s;
}

static bool out_of_reach(const struct state *s)
{
	return !s->attached[0][0] || s->offline[0][0];
}

/* As before; what was out of reach may have been started (dbus-api.md section 6). */
static void check_back(const struct state *was, unsigned n)
{
	struct state is = state_now();

	if (out_of_reach(was))
		memcpy(is.stopped, was->stopped, sizeof(is.stopped));
	ck_assert_msg(memcmp(&is, was, sizeof(is)) == 0, "event %u: not as before: %s", n,
		      fake_log());
	for (unsigned u = 0; u < fake->n_units; u++)
		ck_assert(!fake->units[u].claimed);
}

static const enum status statuses[] = { STATUS_ONLINE, STATUS_NOT_READY, STATUS_OFFLINE,
					STATUS_FAILED, STATUS_REMOVED };
#define N_PAIRS (5 * 5)

/* Each event of the way from one status to another fails once. */
START_TEST(whatever_fails_is_put_back)
{
	enum status from = statuses[_i / 5], to = statuses[_i % 5];

	for (unsigned n = 0;; n++) {
		struct state was;
		bool hit;
		int r;

		begin(1, 2);
		ck_assert_int_eq(bed_set_status(&bed, from), 0);
		was = state_now();
		fake_clear_log();
		fake_at(n, FAKE_FAIL);
		r = bed_set_status(&bed, to);
		hit = fake_was_hit();
		fake_at(0, FAKE_NOTHING);
		if (r == 0) {
			ck_assert_int_eq(status(), to);
		} else {
			ck_assert(hit);
			check_back(&was, n);
			ck_assert_int_eq(status(), from);
		}
		bed_settle(&bed);
		ck_assert_int_eq(status(), r == 0 ? to : from);
		end();
		if (!hit)
			break;
	}
}
END_TEST

START_TEST(a_flush_that_fails)
{
	struct operation *operation;
	struct outcome error;

	begin(1, 1);
	fake_at_name("FLUSH10", FAKE_FAIL);
	operation =
		drive_set_status(bed.drives, &bed_drive(&bed)->object, STATUS_OFFLINE, 0, &error);
	ck_assert_int_eq(bed_wait(&bed, operation), -EIO);
	ck_assert_ptr_nonnull(strstr(operation->outcome.text, "flushing the cache"));
	ck_assert_str_eq(fake_log(), "0:claim 0:FLUSH10 0:release");

	/* FAILED goes on all the same, and says so. */
	fake_at_name("FLUSH10", FAKE_FAIL);
	operation =
		drive_set_status(bed.drives, &bed_drive(&bed)->object, STATUS_FAILED, 0, &error);
	ck_assert_int_eq(bed_wait(&bed, operation), 0);
	ck_assert_int_eq(status(), STATUS_FAILED);
	end();
}
END_TEST

START_TEST(what_hangs_ends_in_a_time_out_and_is_not_detached)
{
	begin(1, 2);
	fake_at_name("FLUSH10", FAKE_TIMEOUT);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), -ETIMEDOUT);
	ck_assert_str_eq(fake_log(), "0:claim 0:FLUSH10 0:release");
	fake_clear_log();
	fake_at_name("STOP", FAKE_TIMEOUT);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), -ETIMEDOUT);
	ck_assert_uint_eq(fake_count("delete"), 0);
	ck_assert_uint_eq(fake_count("offline"), 0);

	/* Even one that is FAILED, where a flush may fail. */
	ck_assert_int_eq(bed_set_status(&bed, STATUS_FAILED), 0);
	fake_clear_log();
	fake_at_name("FLUSH10", FAKE_TIMEOUT);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), -ETIMEDOUT);
	ck_assert_uint_eq(fake_count("delete"), 0);
	ck_assert_int_eq(status(), STATUS_FAILED);
	end();
}
END_TEST

START_TEST(failed_of_a_disk_that_hangs)
{
	begin(1, 1);
	fake_at_name("TUR", FAKE_TIMEOUT);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_OFFLINE), -ETIMEDOUT);
	ck_assert_str_eq(fake_log(), "");
	bed_settle(&bed);
	fake_at_name("TUR", FAKE_TIMEOUT);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_FAILED), 0);
	ck_assert_str_eq(fake_log(), "0:claim 0.0:offline 0:release");
	end();
}
END_TEST

static bool nothing_is_claimed(_unused_ void *userdata)
{
	return fake_count(":claim") == fake_count(":release");
}

START_TEST(a_disk_that_is_pulled_in_the_middle)
{
	struct operation *operation;
	struct outcome error;

	begin(1, 2);
	fake_at_name("FLUSH10", FAKE_WAIT);
	operation =
		drive_set_status(bed.drives, &bed_drive(&bed)->object, STATUS_NOT_READY, 0, &error);
	while (!fake_was_hit())
		(void) sd_event_run(bed.event, 1000);
	fake_unplug();
	ck_assert_int_eq(bed_wait(&bed, operation), -ENODEV);
	ck_assert_ptr_null(bed_drive(&bed));
	ck_assert_ptr_null(operation->target);
	ck_assert_int_eq(operation_cancel(operation), -ENOTRECOVERABLE);
	fake_release();
	bed_until(&bed, nothing_is_claimed, NULL);
	ck_assert_uint_eq(fake_count("STOP"), 0);
	end();
}
END_TEST

/* ---- Cancel ------------------------------------------------------------------------------ */

/* Cancelled at each event: before the point of no return all is put back, after it nothing is. */
START_TEST(cancel_at_every_stage)
{
	static const char *const no_return[] = { [STATUS_NOT_READY] = ":STOP",
						 [STATUS_OFFLINE] = ":offline",
						 [STATUS_FAILED] = ":offline",
						 [STATUS_REMOVED] = ":delete" };
	enum status from = statuses[_i / 5], to = statuses[_i % 5];
	struct operation *operation;
	struct outcome error;

	for (unsigned n = 0;; n++) {
		struct state was;
		bool passed;
		int r;

		begin(1, 2);
		ck_assert_int_eq(bed_set_status(&bed, from), 0);
		was = state_now();
		fake_clear_log();
		fake_at(n, FAKE_WAIT);
		operation = drive_set_status(bed.drives, &bed_drive(&bed)->object, to, 0, &error);
		ck_assert_ptr_nonnull(operation);
		while (!fake_was_hit() && !operation->ended)
			(void) sd_event_run(bed.event, 1000);
		if (operation->ended) {
			ck_assert_int_eq(operation->outcome.result, 0);
			end();
			break;
		}
		passed = to != STATUS_ONLINE && fake_count(no_return[to]) > 0;
		r = operation_cancel(operation);
		ck_assert_int_eq(r, passed ? -ENOTRECOVERABLE : 0);
		if (!passed)
			ck_assert_int_eq(operation_cancel(operation), -EALREADY);
		fake_release();
		ck_assert_int_eq(bed_wait(&bed, operation), passed ? 0 : -ECANCELED);
		if (!passed)
			check_back(&was, n);
		ck_assert_int_eq(status(), passed ? to : from);
		ck_assert_int_eq(operation_cancel(operation), -ENOTRECOVERABLE);
		end();
	}
}
END_TEST

/* ---- spins ------------------------------------------------------------------------------- */

static int spin(bool up)
{
	struct outcome error;
	struct operation *operation =
		drive_spin(bed.drives, &bed_drive(&bed)->object, up, 0, &error);

	return operation == NULL ? error.result : bed_wait(&bed, operation);
}

START_TEST(spins_down_and_up)
{
	begin(1, 2);
	ck_assert(!drive_spun_down(&bed_drive(&bed)->object));
	ck_assert_int_eq(spin(true), 0);
	ck_assert_str_eq(fake_log(), "");
	ck_assert_int_eq(spin(false), 0);
	ck_assert_str_eq(fake_log(), "0:claim 0:FLUSH10 0:STOP 0:release");
	ck_assert(drive_spun_down(&bed_drive(&bed)->object));
	ck_assert_int_eq(status(), STATUS_NOT_READY);
	fake_clear_log();
	ck_assert_int_eq(spin(false), 0);
	ck_assert_int_eq(spin(true), 0);
	ck_assert_str_eq(fake_log(), "0:START");
	ck_assert(!drive_spun_down(&bed_drive(&bed)->object));

	strcpy(fake->user, "/dev/sdx2 is mounted on /srv");
	ck_assert_int_eq(spin(false), -ETXTBSY);
	fake->user[0] = 0;
	ck_assert_int_eq(bed_set_status(&bed, STATUS_OFFLINE), 0);
	ck_assert_int_eq(spin(true), -EOPNOTSUPP);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), 0);
	ck_assert_int_eq(spin(false), -EOPNOTSUPP);
	end();
}
END_TEST

START_TEST(a_slow_spin_up_can_be_cancelled_until_it_is_ready)
{
	struct operation *operation;
	struct outcome error;

	begin(1, 1);
	ck_assert_int_eq(spin(false), 0);
	fake->units[0].polls = 1000;
	fake_clear_log();
	operation = drive_spin(bed.drives, &bed_drive(&bed)->object, true, 0, &error);
	while (fake_count("START") == 0 || fake_count("TUR") < 3)
		(void) sd_event_run(bed.event, 1000);
	ck_assert(!operation->ended);
	ck_assert_int_eq(operation_cancel(operation), 0);
	ck_assert_int_eq(bed_wait(&bed, operation), -ECANCELED);
	ck_assert_str_eq(fake_log(), "0:START 0:STOP");
	ck_assert(fake->units[0].stopped);

	/* And when nobody cancels it takes its time. */
	fake->units[0].polls = 1;
	ck_assert_int_eq(spin(true), 0);
	ck_assert_int_eq(status(), STATUS_ONLINE);
	end();
}
END_TEST

/* What the daemon had no time to read is not what was asked for. */
START_TEST(the_end_before_the_beginning)
{
	struct operation *operation;
	struct outcome error;

	begin(1, 1);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_NOT_READY), 0);
	bed.pool = pool_free(bed.pool, USEC_PER_SEC);
	operation =
		drive_set_status(bed.drives, &bed_drive(&bed)->object, STATUS_ONLINE, 0, &error);
	ck_assert_ptr_nonnull(operation);
	ck_assert_int_eq(bed_wait(&bed, operation), -ECANCELED);
	ck_assert(fake->units[0].stopped);
	end();
}
END_TEST

/* Stopped by another program: shown as it is, and not woken by our asking. */
START_TEST(a_disk_stopped_by_another_program)
{
	for (unsigned ata = 0; ata < 2; ata++) {
		fake_new(1, 1);
		fake->units[0].ata = ata;
		bed_up(&bed, NULL);
		fake_clear_log();
		fake->units[0].stopped = true;
		bed_settle(&bed);
		ck_assert_int_eq(status(), STATUS_NOT_READY);
		ck_assert(drive_spun_down(&bed_drive(&bed)->object));
		ck_assert(fake->units[0].stopped);
		ck_assert_str_eq(fake_log(), "");
		ck_assert_int_eq(bed_set_status(&bed, STATUS_ONLINE), 0);
		ck_assert_str_eq(fake_log(), "0:START");
		ck_assert_int_eq(bed_set_status(&bed, STATUS_NOT_READY), 0);
		end();
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("work");
	TCase *tcase = tcase_create("work");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, the_order_of_what_a_disk_sees, 0, (int) ARRAY_SIZE(orders));
	tcase_add_test(tcase, both_units_of_a_drive_in_step);
	tcase_add_test(tcase, a_units_status_is_its_own);
	tcase_add_test(tcase, one_path_that_differs_is_mended);
	tcase_add_test(tcase, the_long_flush_where_the_short_one_is_refused);
	tcase_add_test(tcase, statuses_that_cannot_be_set);
	tcase_add_test(tcase, a_disk_in_use_is_left_alone);
	tcase_add_test(tcase, use_is_checked_again_at_the_point_of_no_return);
	tcase_add_test(tcase, one_operation_at_a_time);
	tcase_add_test(tcase, a_drive_that_reports_itself_failed);
	tcase_add_loop_test(tcase, whatever_fails_is_put_back, 0, N_PAIRS);
	tcase_add_test(tcase, a_flush_that_fails);
	tcase_add_test(tcase, what_hangs_ends_in_a_time_out_and_is_not_detached);
	tcase_add_test(tcase, failed_of_a_disk_that_hangs);
	tcase_add_test(tcase, a_disk_that_is_pulled_in_the_middle);
	tcase_add_loop_test(tcase, cancel_at_every_stage, 0, N_PAIRS);
	tcase_add_test(tcase, spins_down_and_up);
	tcase_add_test(tcase, a_slow_spin_up_can_be_cancelled_until_it_is_ready);
	tcase_add_test(tcase, a_disk_stopped_by_another_program);
	tcase_add_test(tcase, the_end_before_the_beginning);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
