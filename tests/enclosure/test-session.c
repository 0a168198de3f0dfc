/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One conversation with one enclosure services process (session.h): which moods are
 * met by patience, how much of it there is, and what each end is called.
 */
#include <errno.h>

#include "enclosure/session.h"
#include "tests/enclosure/fake-bed.h"

#define RECEIVE 0x1c
#define SEND 0x1d

static struct session session;
static struct fake_shelf *shelf;
static struct fake_iom *iom;

static void begin(unsigned seconds)
{
	shelf = bed_shelf(4, 1);
	iom = &shelf->ioms[0];
	ck_assert_int_eq(session_open(&session, &bed.world.transport, iom->node, 8,
				      seconds ? clock_monotonic() + seconds * USEC_PER_SEC : 0),
			 0);
	fake_count(shelf);
}

static int receive(void)
{
	size_t n = 0;
	int r = session_receive(&session, 0x02, &n);

	if (r == 0) {
		ck_assert_uint_eq(session.buffer[0], 0x02);
		ck_assert_uint_ge(n, 8);
	}
	return r;
}

/* The page as it stands, nothing selected. */
static int write_back(void)
{
	uint8_t page[1024] = { 0x02 };
	size_t n = 0;

	ck_assert_int_eq(session_receive(&session, 0x02, &n), 0);
	ck_assert_uint_le(n, sizeof(page));
	page[2] = (uint8_t) ((n - 4) >> 8);
	page[3] = (uint8_t) (n - 4);
	page[7] = (uint8_t) shelf->generation;
	fake_count(shelf);
	return session_send(&session, page, n);
}

/* ---- patience ------------------------------------------------------------------- */

static const struct fake_trouble passing[] = {
	{ FAKE_BUSY_PAGE, 0, 0, 0, 3, 0, 0, 0 },
	{ FAKE_STATUS, 0, 0, 0, 3, 0x08, 0, 0 },     /* BUSY */
	{ FAKE_STATUS, 0, 0, 0, 3, 0x28, 0, 0 },     /* TASK SET FULL */
	{ FAKE_STATUS, 0, 0, 0, 3, 0x40, 0, 0 },     /* TASK ABORTED */
	{ FAKE_SENSE, 0, 0, 0, 3, 2, 0x04, 0x00 },   /* not ready */
	{ FAKE_SENSE, 0, 0, 0, 3, 2, 0x04, 0x01 },   /* becoming ready */
	{ FAKE_SENSE, 0, 0, 0, 3, 0xb, 0x4b, 0x00 }, /* aborted: data phase */
	{ FAKE_SENSE, 0, 0, 0, 3, 0xb, 0x47, 0x03 }, /* aborted: CRC */
	{ FAKE_SENSE, 0, 0, 0, 3, 2, 0x35, 0x02 },   /* services unavailable */
	{ FAKE_SENSE, 0, 0, 0, 3, 4, 0x35, 0x02 },   /* the same, of another vendor */
	{ FAKE_SENSE, 0, 0, 0, 3, 4, 0x35, 0x03 },   /* transfer failure */
	{ FAKE_SENSE, 0, 0, 0, 3, 4, 0x35, 0x05 },   /* checksum */
	{ FAKE_OS, 0, 0, 0, 3, EAGAIN, 0, 0 },
};

START_TEST(a_mood_that_passes_is_waited_for)
{
	for (unsigned i = 0; i < ARRAY_SIZE(passing); i++) {
		uint64_t start;

		begin(0);
		fake_trouble(iom, &passing[i]);
		start = clock_monotonic();
		ck_assert_int_eq(receive(), 0);
		ck_assert_uint_eq(iom->commands, 4);
		/* 20, 40 and 80 ms */
		ck_assert_uint_ge(clock_monotonic() - start, 140 * USEC_PER_MSEC);
		ck_assert(!session.broken);
		session_close(&session);
	}
}
END_TEST

START_TEST(a_mood_that_lasts_is_busy_not_broken)
{
	for (unsigned i = 0; i < ARRAY_SIZE(passing); i++) {
		struct fake_trouble for_ever = passing[i];
		uint64_t start;

		for_ever.times = 0;
		begin(0);
		fake_trouble(iom, &for_ever);
		start = clock_monotonic();
		ck_assert_int_eq(receive(), -EBUSY);
		ck_assert_uint_le(clock_monotonic() - start, 7 * USEC_PER_SEC);
		ck_assert_uint_le(iom->commands, 20);
		ck_assert_uint_ge(iom->commands, 5);
		ck_assert(!session.broken);
		ck_assert_str_ne(session.text, "");
		/* Patience is for the whole conversation: the next command has none left. */
		fake_count(shelf);
		ck_assert_int_eq(receive(), -EBUSY);
		ck_assert_uint_le(iom->commands, 10);
		session_close(&session);
	}
}
END_TEST

START_TEST(eight_attentions_in_a_row_cost_no_time)
{
	uint64_t start;

	begin(0);
	for (unsigned i = 0; i < 7; i++)
		fake_attention(iom, 0x2a, 0x01);
	fake_attention(iom, 0x3f, 0x0e);
	start = clock_monotonic();
	ck_assert_int_eq(receive(), 0);
	ck_assert_uint_lt(clock_monotonic() - start, 19 * USEC_PER_MSEC * 1000);
	ck_assert_uint_eq(iom->commands, 9);
	ck_assert(session.changed_seen);
	ck_assert(!session.reset_seen);
	session_close(&session);
}
END_TEST

START_TEST(a_reset_is_noticed)
{
	begin(0);
	fake_attention(iom, 0x29, 0x00);
	ck_assert_int_eq(receive(), 0);
	ck_assert(session.reset_seen);
	session_close(&session);

	begin(0);
	fake_attention(iom, 0x3f, 0x01);
	ck_assert_int_eq(receive(), 0);
	ck_assert(session.reset_seen);
	session_close(&session);
}
END_TEST

START_TEST(attentions_without_end_are_busy)
{
	begin(0);
	fake_trouble(iom, &(struct fake_trouble){ .kind = FAKE_SENSE, .a = 6, .b = 0x29 });
	ck_assert_int_eq(receive(), -EBUSY);
	ck_assert_uint_le(iom->commands, SESSION_ATTENTIONS_MAX + 1);
	session_close(&session);
}
END_TEST

START_TEST(writing_has_the_same_patience)
{
	begin(0);
	fake_trouble(iom, &(struct fake_trouble){
				  .kind = FAKE_STATUS, .opcode = SEND, .times = 2, .a = 0x08 });
	ck_assert_int_eq(write_back(), 0);
	ck_assert_uint_eq(iom->sends, 1);
	ck_assert_uint_eq(iom->commands, 3);
	session_close(&session);
}
END_TEST

/* ---- ends ------------------------------------------------------------------------- */

static const struct {
	struct fake_trouble trouble;
	int result;
	bool broken;
} ends[] = {
	{ { .kind = FAKE_TIMEOUT }, -ETIMEDOUT, true },
	{ { .kind = FAKE_OS, .a = ENODEV }, -ENODEV, true },
	{ { .kind = FAKE_OS, .a = ENXIO }, -ENODEV, true },
	{ { .kind = FAKE_OS, .a = EPERM }, -EACCES, false },
	{ { .kind = FAKE_TRANSPORT, .a = 1 }, -EHOSTDOWN, true },
	{ { .kind = FAKE_SENSE, .a = 2, .b = 0x04, .c = 0x0b }, -EHOSTDOWN, true }, /* standby */
	{ { .kind = FAKE_SENSE, .a = 4, .b = 0x44 }, -EHOSTDOWN, true },
	{ { .kind = FAKE_SENSE, .a = 4, .b = 0x34 }, -EHOSTDOWN, true }, /* enclosure failure */
	{ { .kind = FAKE_SENSE, .a = 5, .b = 0x24 }, -EOPNOTSUPP, false },
	{ { .kind = FAKE_SENSE, .a = 5, .b = 0x20 }, -EOPNOTSUPP, false },
	{ { .kind = FAKE_SENSE, .a = 4, .b = 0x35, .c = 0x01 }, -EOPNOTSUPP, false },
	{ { .kind = FAKE_SENSE, .a = 5, .b = 0x26 }, -ESTALE, false },
	{ { .kind = FAKE_SENSE, .a = 5, .b = 0x1a }, -ESTALE, false },
	{ { .kind = FAKE_OTHER_PAGE, .a = 0x05 }, -EBADMSG, false },
	{ { .kind = FAKE_CUT, .a = 3 }, -EBADMSG, false },
	{ { .kind = FAKE_CUT, .a = 0 }, -EBADMSG, false },
};

START_TEST(each_end_has_its_name_at_once)
{
	for (unsigned i = 0; i < ARRAY_SIZE(ends); i++) {
		begin(0);
		fake_trouble(iom, &ends[i].trouble);
		ck_assert_int_eq(receive(), ends[i].result);
		ck_assert_uint_eq(iom->commands, 1);
		ck_assert(session.broken == ends[i].broken);
		ck_assert_str_ne(session.text, "");
		session_close(&session);
	}
}
END_TEST

START_TEST(short_status_is_said)
{
	begin(0);
	iom->short_status_only = true;
	ck_assert_int_eq(receive(), -EOPNOTSUPP);
	ck_assert(session.short_status);
	ck_assert(!session.broken);
	session_close(&session);
}
END_TEST

/* ses.md 1.4, 35/04: retry once, then treat the control as refused. */
START_TEST(refused_twice_is_refused)
{
	struct fake_trouble refusal = {
		.kind = FAKE_SENSE, .opcode = SEND, .a = 5, .b = 0x35, .c = 0x04, .times = 1
	};

	begin(0);
	fake_trouble(iom, &refusal);
	ck_assert_int_eq(write_back(), 0);
	ck_assert_uint_eq(iom->commands, 2);

	refusal.times = 0;
	fake_trouble(iom, &refusal);
	ck_assert_int_eq(write_back(), -EOPNOTSUPP);
	ck_assert_uint_eq(iom->commands, 2);
	ck_assert_uint_eq(iom->sends, 0);
	ck_assert_ptr_nonnull(strstr(session.text, "35/04"));
	ck_assert(!session.broken);
	session_close(&session);
}
END_TEST

START_TEST(no_device_is_gone)
{
	begin(0);
	session_close(&session);
	ck_assert_int_eq(session_open(&session, &bed.world.transport, "/dev/sg77", 8, 0), -ENODEV);
	ck_assert(session.broken);
	session_close(&session);

	iom->gone = true;
	ck_assert_int_eq(session_open(&session, &bed.world.transport, iom->node, 8, 0), -ENODEV);
	ck_assert(session.broken);
	ck_assert_str_ne(session.text, "");
	session_close(&session);
}
END_TEST

/* ---- time -------------------------------------------------------------------------- */

START_TEST(no_command_goes_out_after_the_deadline)
{
	begin(3);
	ck_assert_int_eq(receive(), 0);
	ck_assert_uint_le(iom->timeout_s, 3);
	fake_clock_advance(3 * USEC_PER_SEC);
	fake_count(shelf);
	ck_assert_int_eq(receive(), -ETIMEDOUT);
	ck_assert_uint_eq(iom->commands, 0);
	session_close(&session);
}
END_TEST

START_TEST(patience_ends_with_the_deadline)
{
	uint64_t start;

	begin(1);
	fake_trouble(iom, &(struct fake_trouble){ .kind = FAKE_STATUS, .a = 0x08 });
	start = clock_monotonic();
	ck_assert_int_eq(receive(), -EBUSY);
	ck_assert_uint_le(clock_monotonic() - start, USEC_PER_SEC + 100 * USEC_PER_MSEC);
	ck_assert(!session_pause(&session, 1000));
	session_close(&session);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_mood_that_passes_is_waited_for,
		a_mood_that_lasts_is_busy_not_broken,
		eight_attentions_in_a_row_cost_no_time,
		a_reset_is_noticed,
		attentions_without_end_are_busy,
		writing_has_the_same_patience,
		each_end_has_its_name_at_once,
		short_status_is_said,
		refused_twice_is_refused,
		no_device_is_gone,
		no_command_goes_out_after_the_deadline,
		patience_ends_with_the_deadline,
		NULL,
	};

	return bed_main("session", tests);
}
