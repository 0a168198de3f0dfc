/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests of one chassis in rounds (queue.c): order, company, limits of time, and what goes while
 * a round is under way.
 */
#include <errno.h>
#include <string.h>

#include "tests/enclosure/fake-bed.h"

static struct fake_shelf *shelf;
static struct chassis *chassis;

static void begin(unsigned bays, unsigned ways)
{
	shelf = bed_shelf(bays, ways);
	bed_start();
	chassis = bed_chassis(BED_EID);
	fake_count(shelf);
}

static bool lit(unsigned bay, unsigned iom)
{
	return fake_shows(fake_bay(shelf, bay), iom, FAKE_IDENT_BYTE, FAKE_IDENT);
}

/* Commands end only when the test says so. */
static void hang(struct fake_iom *iom, unsigned skip)
{
	fake_trouble(iom,
		     &(struct fake_trouble){ .kind = FAKE_HANG, .skip = skip, .times = 1, .a = 1 });
}

/* ---- order and company ---------------------------------------------------------- */

START_TEST(requests_for_one_bay_keep_their_order)
{
	static struct ask asks[7];

	begin(4, 1);
	for (unsigned i = 0; i < 7; i++)
		bed_ask(&asks[i], bed_slot(chassis, 2), i % 2 ? 0 : IDENT, i % 2 ? IDENT : 0);
	for (unsigned i = 0; i < 7; i++) {
		bed_until(asks[i].ended);
		ck_assert_int_eq(asks[i].outcome.result, 0);
		ck_assert_uint_eq(asks[i].order, i + 1);
		/* each found what the one before it left */
		ck_assert_uint_eq(asks[i].before & IDENT, i % 2 ? IDENT : 0);
	}
	ck_assert(lit(2, 0));
	ck_assert_uint_eq(shelf->ioms[0].sends, 7);
}
END_TEST

START_TEST(bays_do_not_wait_for_each_other)
{
	static struct ask first[3], other[3];

	begin(4, 1);
	for (unsigned i = 0; i < 3; i++)
		bed_ask(&first[i], bed_slot(chassis, 0), i % 2 ? 0 : IDENT, i % 2 ? IDENT : 0);
	for (unsigned i = 0; i < 3; i++)
		bed_ask(&other[i], bed_slot(chassis, 1 + i), IDENT, 0);
	for (unsigned i = 0; i < 3; i++) {
		bed_until(other[i].ended);
		ck_assert_int_eq(other[i].outcome.result, 0);
	}
	bed_until(first[2].ended);
	/* the others went with the first of the first bay, not after its last */
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_lt(other[i].order, first[1].order);
	ck_assert_uint_eq(shelf->ioms[0].sends, 3);
}
END_TEST

/* Asked while a round reads: they go with it.  Asked while it writes: with the next. */
START_TEST(what_comes_while_it_reads_goes_along)
{
	static struct ask first, along, after;

	begin(4, 1);
	hang(&shelf->ioms[0], 0);
	shelf->ioms[0].troubles[0].a = 0; /* and then the command is done after all */
	bed_ask(&first, bed_slot(chassis, 0), IDENT, 0);
	bed_until(fake_hanging(&shelf->ioms[0]));
	bed_ask(&along, bed_slot(chassis, 1), IDENT, 0);

	fake_release(&shelf->ioms[0]);
	bed_until(first.ended && along.ended);
	ck_assert_str_eq(shelf->log, "A:r02 A:w02 A:r02 ");
	ck_assert_uint_eq(shelf->selected, 2);

	fake_count(shelf);
	fake_trouble(&shelf->ioms[0],
		     &(struct fake_trouble){ .kind = FAKE_HANG, .opcode = 0x1d, .times = 1 });
	bed_ask(&first, bed_slot(chassis, 2), IDENT, 0);
	bed_until(fake_hanging(&shelf->ioms[0]));
	bed_ask(&after, bed_slot(chassis, 3), IDENT, 0);
	fake_release(&shelf->ioms[0]);
	bed_until(first.ended && after.ended);
	ck_assert_uint_lt(first.order, after.order);
	ck_assert_str_eq(shelf->log, "A:r02 A:w02 A:r02 A:r02 A:w02 A:r02 ");
}
END_TEST

START_TEST(the_model_keeps_what_it_shows_during_a_round)
{
	static struct ask ask;

	begin(4, 2);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 3), IDENT, 0), 0);
	hang(&shelf->ioms[0], 1);
	bed_ask(&ask, bed_slot(chassis, 0), IDENT, 0);
	bed_until(fake_hanging(&shelf->ioms[0]));
	bed_forget();
	/* the other way goes, is taken out of use: everything is joined anew meanwhile */
	ck_assert_int_eq(way_set_disabled(chassis_find_way(chassis, "5000c0de00000011"), true), 0);
	ck_assert(bed_slot(chassis, 2)->known);
	ck_assert_uint_eq(bed_slot(chassis, 3)->indicators, IDENT);
	ck_assert_uint_eq(bed_told("changed slot " BED_EID ":3"), 0);
	fake_release(&shelf->ioms[0]);
	bed_until(ask.ended);
}
END_TEST

START_TEST(too_many_are_refused)
{
	struct ask *asks = calloc(REQUESTS_PER_CHASSIS_MAX + 3, sizeof(*asks));
	unsigned refused = 0;

	ck_assert_ptr_nonnull(asks);
	begin(4, 1);
	for (unsigned i = 0; i < REQUESTS_PER_CHASSIS_MAX + 3; i++)
		bed_ask(&asks[i], bed_slot(chassis, i % 4), IDENT, 0);
	for (unsigned i = 0; i < REQUESTS_PER_CHASSIS_MAX + 3; i++) {
		bed_until(asks[i].ended);
		refused += asks[i].outcome.result == -ENOMEM;
		ck_assert_int_eq(asks[i].outcome.result,
				 i < REQUESTS_PER_CHASSIS_MAX ? 0 : -ENOMEM);
	}
	ck_assert_uint_eq(refused, 3);
	free(asks);
}
END_TEST

/* A queue that is long is no shelf that hangs: the calls run out of time, the ways do not fail. */
START_TEST(a_long_queue_is_not_a_hanging_shelf)
{
	static struct ask asks[12];
	unsigned late = 0;

	begin(4, 1);
	shelf->late_us = 3 * USEC_PER_SEC;
	bed.settings.settle_ms = 4000;
	for (unsigned i = 0; i < 12; i++)
		bed_ask(&asks[i], bed_slot(chassis, 1), i % 2 ? 0 : IDENT, i % 2 ? IDENT : 0);
	for (unsigned i = 0; i < 12; i++) {
		bed_until(asks[i].ended);
		ck_assert(asks[i].outcome.result == 0 || asks[i].outcome.result == -ETIMEDOUT);
		late += asks[i].outcome.result != 0;
	}
	ck_assert_uint_ge(late, 3);
	ck_assert_int_eq(asks[0].outcome.result, 0);
	ck_assert_int_eq(chassis_active_way(chassis)->failure, 0);
	shelf->late_us = 0;
	bed_settle();
	ck_assert_int_eq(bed_light(bed_slot(chassis, 2), IDENT, 0), 0);
}
END_TEST

/* ---- a shelf that hangs ------------------------------------------------------------- */

START_TEST(a_call_ends_in_time_though_the_command_does_not)
{
	for (unsigned nth = 0; nth < 3; nth++) {
		struct ask ask, next;
		unsigned commands;

		bed_setup_again();
		begin(4, 1);
		hang(&shelf->ioms[0], nth);
		bed_ask(&ask, bed_slot(chassis, 1), IDENT, 0);
		bed_until(fake_hanging(&shelf->ioms[0]));
		fake_clock_advance(18 * USEC_PER_SEC);
		bed_turn();
		ck_assert(!ask.ended);
		fake_clock_advance(2 * USEC_PER_SEC);
		bed_until(ask.ended);
		ck_assert_int_eq(ask.outcome.result, -ETIMEDOUT);
		ck_assert_uint_eq(chassis->status, STATUS_FAILED);

		/* Others fail at once, and not by asking it. */
		commands = shelf->commands;
		for (unsigned i = 0; i < 3; i++) {
			bed_ask(&next, bed_slot(chassis, i), IDENT, 0);
			bed_until(next.ended);
			ck_assert_int_eq(next.outcome.result, -EHOSTDOWN);
			ck_assert_ptr_nonnull(strstr(next.outcome.text, "/dev/sg0"));
		}
		ck_assert_uint_eq(shelf->commands, commands);

		/* It comes back: a poll says so. */
		fake_release(&shelf->ioms[0]);
		bed_settle();
		bed_pass(2);
		ck_assert_uint_eq(chassis->status, STATUS_ONLINE);
		ck_assert_int_eq(bed_light(bed_slot(chassis, 2), IDENT, 0), 0);
		/* One that was written and could not be read back stays as it is: the answer
		 * said that it is not known. */
		ck_assert(lit(1, 0) == (nth == 2));
	}
}
END_TEST

/* Two go out together, asked for at different times; the first one's time is up, and
 * another call finds the shelf stuck: the second is answered with it, and only once. */
START_TEST(who_came_later_is_answered_with_the_first)
{
	static struct ask first, second, third;

	begin(4, 1);
	for (unsigned i = 0; i < 2; i++)
		fake_trouble(&shelf->ioms[0],
			     &(struct fake_trouble){ .kind = FAKE_HANG, .times = 1 });
	bed_ask(&first, bed_slot(chassis, 0), IDENT, 0);
	bed_until(fake_hanging(&shelf->ioms[0]));
	fake_clock_advance(8 * USEC_PER_SEC);
	bed_ask(&second, bed_slot(chassis, 1), IDENT, 0);
	fake_release(&shelf->ioms[0]);
	bed_until(fake_hanging(&shelf->ioms[0]) && strstr(shelf->log, "A:w02"));
	fake_clock_advance(12 * USEC_PER_SEC);
	bed_until(first.ended);
	ck_assert_int_eq(first.outcome.result, -ETIMEDOUT);
	ck_assert(!second.ended);
	bed_ask(&third, bed_slot(chassis, 2), IDENT, 0);
	bed_until(third.ended && second.ended);
	ck_assert_int_eq(second.outcome.result, -EHOSTDOWN);
	/* their memory is ours again */
	memset(&first, 0xff, sizeof(first));
	memset(&second, 0xff, sizeof(second));
	fake_release(&shelf->ioms[0]);
	bed_settle();
	ck_assert(!lit(0, 0));
	ck_assert(!lit(1, 0));
}
END_TEST

/* The hang is in a poll: the call behind it ends in time as well. */
START_TEST(a_poll_that_hangs_holds_nobody_up)
{
	struct ask ask;

	begin(4, 1);
	hang(&shelf->ioms[0], 0);
	fake_clock_advance(11 * USEC_PER_SEC);
	bed_until(fake_hanging(&shelf->ioms[0]));
	bed_ask(&ask, bed_slot(chassis, 1), IDENT, 0);
	fake_clock_advance(20 * USEC_PER_SEC);
	bed_until(ask.ended);
	ck_assert_int_eq(ask.outcome.result, -ETIMEDOUT);
	fake_release(&shelf->ioms[0]);
	bed_settle();
	bed_pass(11);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
}
END_TEST

/* Nobody waits any more when the command ends at last: the lamp must not come on. */
START_TEST(what_nobody_waits_for_is_not_lit)
{
	for (unsigned nth = 0; nth < 3; nth++) {
		struct ask ask;

		bed_setup_again();
		begin(4, 1);
		fake_trouble(&shelf->ioms[0],
			     &(struct fake_trouble){ .kind = FAKE_HANG, .skip = nth, .times = 1 });
		bed_ask(&ask, bed_slot(chassis, 1), IDENT, 0);
		bed_until(fake_hanging(&shelf->ioms[0]));
		fake_clock_advance(20 * USEC_PER_SEC);
		bed_until(ask.ended);
		ck_assert_int_eq(ask.outcome.result, -ETIMEDOUT);
		fake_release(&shelf->ioms[0]);
		bed_settle();
		ck_assert(!lit(1, 0));
	}
}
END_TEST

START_TEST(two_chassis_do_not_wait_for_each_other)
{
	struct fake_shelf *other;
	struct ask ask;

	shelf = bed_shelf(4, 1);
	other = bed_shelf(4, 1);
	bed_start();
	chassis = bed_chassis(BED_EID);
	hang(&shelf->ioms[0], 1);
	bed_ask(&ask, bed_slot(chassis, 1), IDENT, 0);
	bed_until(fake_hanging(&shelf->ioms[0]));
	for (unsigned i = 0; i < 4; i++) {
		struct ask theirs;

		bed_ask(&theirs, bed_slot(bed_chassis("50aa000000000002"), i), IDENT, 0);
		bed_until(theirs.ended);
		ck_assert_int_eq(theirs.outcome.result, 0);
	}
	ck_assert(fake_shows(fake_bay(other, 3), 0, FAKE_IDENT_BYTE, FAKE_IDENT));
	ck_assert(!ask.ended);
	fake_release(&shelf->ioms[0]);
	bed_until(ask.ended);
	ck_assert_int_eq(ask.outcome.result, -ETIMEDOUT);
}
END_TEST

/* ---- what fails, and comes back -------------------------------------------------------- */

START_TEST(a_shelf_that_ran_out_of_time_once_is_not_tried_by_each_call)
{
	begin(4, 1);
	fake_trouble(&shelf->ioms[0], &(struct fake_trouble){ .kind = FAKE_TIMEOUT });
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), -ETIMEDOUT);
	bed_settle();
	fake_count(shelf);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), -EHOSTDOWN);
	ck_assert_uint_eq(shelf->commands, 0);
	fake_no_trouble(&shelf->ioms[0]);
	bed_pass(11);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
}
END_TEST

/* poll_seconds = 0 is no polls, not no way back. */
START_TEST(it_comes_back_without_polls_too)
{
	bed.settings.poll_seconds = 0;
	begin(4, 1);
	bed_pass(1000);
	ck_assert_uint_eq(shelf->commands, 0);
	fake_trouble(&shelf->ioms[0], &(struct fake_trouble){ .kind = FAKE_TRANSPORT, .a = 1 });
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), -EHOSTDOWN);
	/* It stays away for long: it is asked again and again, ever more seldom. */
	fake_count(shelf);
	for (unsigned i = 0; i < 60; i++)
		bed_pass(60);
	ck_assert_uint_ge(shelf->commands, 50);
	ck_assert_uint_le(shelf->commands, 70);
	fake_no_trouble(&shelf->ioms[0]);
	bed_pass(61);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
	for (unsigned i = 0; i < 5; i++)
		bed_pass(10); /* page 0Ah is read again for a while */
	fake_count(shelf);
	bed_pass(1000);
	ck_assert_uint_eq(shelf->commands, 0);
}
END_TEST

START_TEST(both_ways_die_and_one_returns)
{
	begin(4, 2);
	for (unsigned w = 0; w < 2; w++)
		fake_trouble(&shelf->ioms[w],
			     &(struct fake_trouble){ .kind = FAKE_TRANSPORT, .a = 1 });
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), -EHOSTDOWN);
	ck_assert_uint_eq(chassis->status, STATUS_FAILED);
	ck_assert(!bed_slot(chassis, 1)->known);
	ck_assert_ptr_null(chassis_active_way(chassis));
	fake_no_trouble(&shelf->ioms[1]);
	bed_pass(11);
	ck_assert_msg(chassis->status == STATUS_PARTIALLY_MANAGED, "%s: %s",
		      chassis_find_way(chassis, "5000c0de00000011")->failure_text, shelf->log);
	ck_assert_uint_ge(bed.resets, 1); /* it was away: what was asked is asked again */
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
	ck_assert_ptr_eq(chassis_active_way(chassis),
			 chassis_find_way(chassis, "5000c0de00000011"));
	fake_no_trouble(&shelf->ioms[0]);
	bed_pass(11);
	ck_assert_uint_eq(chassis->status, STATUS_ONLINE);
	ck_assert_ptr_eq(chassis_active_way(chassis),
			 chassis_find_way(chassis, "5000c0de00000010"));
}
END_TEST

/* ---- what goes meanwhile ------------------------------------------------------------------- */

/* An IOM is pulled while sixty requests are under way: all are answered, all lamps lit. */
START_TEST(an_iom_is_pulled_under_sixty_requests)
{
	static struct ask asks[60];

	for (unsigned iom = 0; iom < 2; iom++)
		for (unsigned nth = 0; nth < 4; nth++) {
			bed_setup_again();
			begin(60, 2);
			if (nth < 3)
				fake_trouble(&shelf->ioms[0],
					     &(struct fake_trouble){
						     .kind = FAKE_HANG, .skip = nth, .times = 1 });
			for (unsigned i = 0; i < 60; i++)
				bed_ask(&asks[i], bed_slot(chassis, i), IDENT, 0);
			if (nth < 3)
				bed_until(fake_hanging(&shelf->ioms[0]));
			fake_lock(&bed.world);
			shelf->ioms[iom].gone = true;
			fake_unlock(&bed.world);
			fake_pull_at(&bed.tree, 900 - iom, 0);
			fake_release(&shelf->ioms[0]);
			for (unsigned i = 0; i < 60; i++) {
				bed_until(asks[i].ended);
				ck_assert_int_eq(asks[i].outcome.result, 0);
				ck_assert(lit(i, 1 - iom));
			}
			ck_assert_uint_eq(chassis->n_ways, 1);
			ck_assert_uint_eq(bed_told("removing chassis " BED_EID), 0);
			bed_settle();
			for (unsigned i = 0; i < 60; i++)
				ck_assert_uint_eq(bed_slot(chassis, i)->indicators, IDENT);
		}
}
END_TEST

START_TEST(the_chassis_is_pulled_while_a_round_is_under_way)
{
	for (unsigned nth = 0; nth < 3; nth++) {
		static struct ask asks[8];

		bed_setup_again();
		begin(4, 1);
		hang(&shelf->ioms[0], nth);
		for (unsigned i = 0; i < 8; i++)
			bed_ask(&asks[i], bed_slot(chassis, i % 4), IDENT, 0);
		bed_until(fake_hanging(&shelf->ioms[0]));
		fake_pull_at(&bed.tree, 900, 0);
		for (unsigned i = 0; i < 8; i++) {
			ck_assert(asks[i].ended);
			ck_assert_int_eq(asks[i].outcome.result, -ENODEV);
		}
		ck_assert(list_empty(inventory_chassis(bed.inventory)));
		ck_assert_uint_eq(bed_told("removing chassis " BED_EID), 1);
		fake_release(&shelf->ioms[0]);
		bed_settle();
	}
}
END_TEST

START_TEST(the_chassis_is_pulled_while_a_poll_is_under_way)
{
	begin(4, 2);
	hang(&shelf->ioms[0], 0);
	fake_clock_advance(11 * USEC_PER_SEC);
	bed_until(fake_hanging(&shelf->ioms[0]));
	fake_pull_at(&bed.tree, 900, 0);
	fake_pull_at(&bed.tree, 899, 0);
	ck_assert(list_empty(inventory_chassis(bed.inventory)));
	fake_release(&shelf->ioms[0]);
	bed_settle();
}
END_TEST

static void second_bay_away(struct fake_shelf *s, _unused_ void *userdata)
{
	fake_remove(s, &s->types[0], 1);
}

START_TEST(a_bay_goes_while_its_requests_are_under_way)
{
	for (unsigned n = 1; n <= 3; n++) {
		static struct ask asks[12];
		struct fake_element *third;

		bed_setup_again();
		begin(6, 1);
		third = fake_bay(shelf, 2);
		shelf->happens = second_bay_away;
		shelf->before_command = n;
		for (unsigned i = 0; i < 12; i++)
			bed_ask(&asks[i], bed_slot(chassis, i % 6), i < 6 ? IDENT : FAULT, 0);
		for (unsigned i = 0; i < 12; i++) {
			bed_until(asks[i].ended);
			ck_assert_int_eq(asks[i].outcome.result, i % 6 == 1 ? -ENODEV : 0);
		}
		ck_assert_uint_eq(chassis->n_slots, 5);
		ck_assert(fake_shows(third, 0, FAKE_IDENT_BYTE, FAKE_IDENT));
		ck_assert(fake_shows(third, 0, FAKE_FAULT_BYTE, FAKE_FAULT));
	}
}
END_TEST

/* The daemon ends: everybody is answered, nothing is claimed. */
START_TEST(the_end_answers_all)
{
	static struct ask asks[8];

	begin(4, 1);
	hang(&shelf->ioms[0], 1);
	for (unsigned i = 0; i < 8; i++)
		bed_ask(&asks[i], bed_slot(chassis, i % 4), IDENT, 0);
	bed_until(fake_hanging(&shelf->ioms[0]));
	fake_release(&shelf->ioms[0]);
	bed_stop();
	for (unsigned i = 0; i < 8; i++) {
		ck_assert(asks[i].ended);
		ck_assert_int_lt(asks[i].outcome.result, 0);
	}
}
END_TEST

/* Asked after the end has begun: answered too, and not from within the call. */
START_TEST(after_the_end_nothing_is_begun)
{
	struct ask ask;

	begin(4, 1);
	inventory_stop(bed.inventory);
	bed_ask(&ask, bed_slot(chassis, 1), IDENT, 0);
	bed_stop();
	ck_assert(ask.ended);
	ck_assert_int_eq(ask.outcome.result, -ECANCELED);
	ck_assert_uint_eq(shelf->commands, 0);
}
END_TEST

/* ---- ways out of use --------------------------------------------------------------------------
 */

START_TEST(a_way_out_of_use_is_not_talked_to)
{
	struct way *a, *b;

	begin(4, 2);
	a = chassis_find_way(chassis, "5000c0de00000010");
	b = chassis_find_way(chassis, "5000c0de00000011");
	ck_assert_int_eq(way_set_disabled(a, true), 0);
	ck_assert_int_eq(way_set_disabled(b, true), -EPERM);
	fake_count(shelf);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
	bed_pass(11);
	ck_assert_uint_eq(shelf->ioms[0].commands, 0);
	ck_assert_uint_eq(shelf->ioms[0].opened, 0);
	ck_assert_uint_eq(chassis->status, STATUS_ONLINE);

	/* The one left dies: the other is out of use all the same. */
	shelf->ioms[1].gone = true;
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), 0, IDENT), -EHOSTDOWN);
	ck_assert_uint_eq(shelf->ioms[0].commands, 0);
	ck_assert_int_eq(way_set_disabled(a, false), 0);
	bed_settle();
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), 0, IDENT), 0);
	ck_assert(!lit(1, 0));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		requests_for_one_bay_keep_their_order,
		bays_do_not_wait_for_each_other,
		what_comes_while_it_reads_goes_along,
		the_model_keeps_what_it_shows_during_a_round,
		too_many_are_refused,
		a_long_queue_is_not_a_hanging_shelf,
		a_call_ends_in_time_though_the_command_does_not,
		who_came_later_is_answered_with_the_first,
		a_poll_that_hangs_holds_nobody_up,
		what_nobody_waits_for_is_not_lit,
		two_chassis_do_not_wait_for_each_other,
		a_shelf_that_ran_out_of_time_once_is_not_tried_by_each_call,
		it_comes_back_without_polls_too,
		both_ways_die_and_one_returns,
		an_iom_is_pulled_under_sixty_requests,
		the_chassis_is_pulled_while_a_round_is_under_way,
		the_chassis_is_pulled_while_a_poll_is_under_way,
		a_bay_goes_while_its_requests_are_under_way,
		the_end_answers_all,
		after_the_end_nothing_is_begun,
		a_way_out_of_use_is_not_talked_to,
		NULL,
	};

	return bed_main("queue", tests);
}
