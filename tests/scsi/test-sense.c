/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What results mean: every row of ses.md 1.4, in both sense formats.
 */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "scsi/command.h"
#include "tests/lib/guard.h"

static struct scsi_result fixed(uint8_t key, uint8_t asc, uint8_t ascq)
{
	uint8_t sense[18] = { 0x70, 0, key, [7] = 10, [12] = asc, ascq };
	struct scsi_result result = { 0 };

	scsi_result_sense(&result, sense, sizeof(sense));
	return result;
}

static struct scsi_result descriptor(uint8_t key, uint8_t asc, uint8_t ascq)
{
	uint8_t sense[8] = { 0x72, key, asc, ascq };
	struct scsi_result result = { 0 };

	scsi_result_sense(&result, sense, sizeof(sense));
	return result;
}

static const struct {
	uint8_t key, asc, ascq;
	enum scsi_verdict verdict;
} senses[] = {
	{ 0x0, 0x00, 0x00, SCSI_DONE },	       { 0x0, 0x04, 0x1a, SCSI_DONE },
	{ 0x1, 0x17, 0x00, SCSI_DONE },	       { 0x1, 0x0b, 0x02, SCSI_DONE },
	{ 0x1, 0x35, 0x00, SCSI_DONE },

	{ 0x2, 0x04, 0x00, SCSI_TRY_AGAIN },   { 0x2, 0x04, 0x01, SCSI_TRY_AGAIN },
	{ 0x2, 0x04, 0x02, SCSI_NOT_READY },   { 0x2, 0x04, 0x03, SCSI_NOT_READY },
	{ 0x2, 0x04, 0x04, SCSI_NOT_READY },   { 0x2, 0x04, 0x09, SCSI_NOT_READY },
	{ 0x2, 0x04, 0x0b, SCSI_PATH_FAILED }, { 0x2, 0x04, 0x0c, SCSI_PATH_FAILED },
	{ 0x2, 0x04, 0x11, SCSI_TRY_AGAIN },   { 0x2, 0x04, 0x1b, SCSI_NOT_READY },
	{ 0x2, 0x04, 0x22, SCSI_NOT_READY },   { 0x2, 0x3a, 0x00, SCSI_NOT_READY },

	{ 0x3, 0x11, 0x00, SCSI_FAILED },      { 0x4, 0x44, 0x00, SCSI_FAILED },
	{ 0x4, 0x3e, 0x01, SCSI_FAILED },      { 0x4, 0x04, 0x01, SCSI_FAILED },

	{ 0x2, 0x34, 0x00, SCSI_FAILED },      { 0x4, 0x34, 0x00, SCSI_FAILED },
	{ 0xb, 0x34, 0x00, SCSI_FAILED },

	{ 0x2, 0x35, 0x00, SCSI_TRY_AGAIN },   { 0x4, 0x35, 0x00, SCSI_TRY_AGAIN },
	{ 0x4, 0x35, 0x01, SCSI_UNSUPPORTED }, { 0x5, 0x35, 0x01, SCSI_UNSUPPORTED },
	{ 0x2, 0x35, 0x02, SCSI_TRY_AGAIN },   { 0x4, 0x35, 0x02, SCSI_TRY_AGAIN },
	{ 0x4, 0x35, 0x03, SCSI_TRY_AGAIN },   { 0x4, 0x35, 0x04, SCSI_TRY_AGAIN },
	{ 0x5, 0x35, 0x04, SCSI_TRY_AGAIN },   { 0x5, 0x35, 0x05, SCSI_TRY_AGAIN },

	{ 0x5, 0x1a, 0x00, SCSI_STALE },       { 0x5, 0x26, 0x00, SCSI_STALE },
	{ 0x5, 0x26, 0x01, SCSI_STALE },       { 0x5, 0x26, 0x02, SCSI_STALE },
	{ 0x5, 0x20, 0x00, SCSI_UNSUPPORTED }, { 0x5, 0x24, 0x00, SCSI_UNSUPPORTED },
	{ 0x5, 0x25, 0x00, SCSI_UNSUPPORTED }, { 0x5, 0x21, 0x00, SCSI_FAILED },

	{ 0x6, 0x29, 0x00, SCSI_ATTENTION },   { 0x6, 0x28, 0x00, SCSI_ATTENTION },
	{ 0x6, 0x2a, 0x09, SCSI_ATTENTION },   { 0x6, 0x3f, 0x0e, SCSI_ATTENTION },

	{ 0x7, 0x27, 0x00, SCSI_FAILED },      { 0x9, 0x80, 0x00, SCSI_FAILED },
	{ 0xb, 0x47, 0x00, SCSI_TRY_AGAIN },   { 0xb, 0x4b, 0x00, SCSI_TRY_AGAIN },
	{ 0xb, 0x4e, 0x00, SCSI_TRY_AGAIN },   { 0xe, 0x1d, 0x00, SCSI_FAILED },
};

START_TEST(means)
{
	struct scsi_result f = fixed(senses[_i].key, senses[_i].asc, senses[_i].ascq);
	struct scsi_result d = descriptor(senses[_i].key, senses[_i].asc, senses[_i].ascq);

	ck_assert_int_eq(f.ending, SCSI_SENSE);
	ck_assert_int_eq(f.status, 0x02);
	ck_assert_uint_eq(f.sense_length, 18);
	ck_assert_uint_eq(f.key, senses[_i].key);
	ck_assert_uint_eq(f.asc, senses[_i].asc);
	ck_assert_uint_eq(f.ascq, senses[_i].ascq);
	ck_assert_uint_eq(d.key, senses[_i].key);
	ck_assert_uint_eq(d.asc, senses[_i].asc);
	ck_assert_uint_eq(d.ascq, senses[_i].ascq);
	ck_assert_int_eq(scsi_classify(&f), senses[_i].verdict);
	ck_assert_int_eq(scsi_classify(&d), senses[_i].verdict);
}
END_TEST

/* Descriptors, then a reserved response code, then no sense data at all. */
START_TEST(what_is_no_sense_is_no_success)
{
	static const uint8_t none[18] = { 0 };
	struct scsi_result result = { 0 };
	uint8_t other[18] = { 0x7f, 0, 1 };

	scsi_result_sense(&result, none, 0);
	ck_assert_int_eq(scsi_classify(&result), SCSI_FAILED);
	scsi_result_sense(&result, none, sizeof(none));
	ck_assert_int_eq(scsi_classify(&result), SCSI_FAILED);
	scsi_result_sense(&result, other, sizeof(other));
	ck_assert_int_eq(scsi_classify(&result), SCSI_FAILED);
}
END_TEST

START_TEST(cut_sense)
{
	static const uint8_t f[18] = { 0x70, 0, 5, [7] = 10, [12] = 0x26, 0x02 };
	static const uint8_t d[8] = { 0x72, 5, 0x26, 0x02 };
	struct scsi_result result = { 0 };

	scsi_result_sense(&result, guarded(f, (size_t) _i), (size_t) _i);
	ck_assert_uint_eq(result.sense_length, (unsigned) _i);
	ck_assert_int_eq(scsi_classify(&result), _i < 13 ? SCSI_FAILED : SCSI_STALE);
	ck_assert_int_eq(scsi_progress(&result), -1);
	if (_i <= 8) {
		scsi_result_sense(&result, guarded(d, (size_t) _i), (size_t) _i);
		ck_assert_int_eq(scsi_classify(&result), _i < 3 ? SCSI_FAILED : SCSI_STALE);
	}
}
END_TEST

START_TEST(long_sense_is_cut)
{
	uint8_t sense[252];
	struct scsi_result result = { 0 };

	memset(sense, 0xff, sizeof(sense));
	sense[0] = 0x72;
	scsi_result_sense(&result, guarded(sense, sizeof(sense)), sizeof(sense));
	ck_assert_uint_eq(result.sense_length, SCSI_SENSE_MAX);
	ck_assert_int_eq(scsi_progress(&result), -1);
}
END_TEST

START_TEST(an_earlier_commands_sense_is_not_this_ones_success)
{
	uint8_t sense[18] = { 0x71, 0, 0x1, [7] = 10, [12] = 0x17 };
	struct scsi_result result = { 0 };

	scsi_result_sense(&result, sense, sizeof(sense));
	ck_assert_int_eq(scsi_classify(&result), SCSI_TRY_AGAIN);
	sense[2] = 0x3;
	scsi_result_sense(&result, sense, sizeof(sense));
	ck_assert_int_eq(scsi_classify(&result), SCSI_FAILED);
}
END_TEST

static const struct {
	struct scsi_result result;
	enum scsi_verdict verdict;
	const char *text;
} others[] = {
	{ { .ending = SCSI_GOOD }, SCSI_DONE, "good" },
	{ { .ending = SCSI_STATUS, .status = 0x08 }, SCSI_TRY_AGAIN, "BUSY" },
	{ { .ending = SCSI_STATUS, .status = 0x28 }, SCSI_TRY_AGAIN, "TASK SET FULL" },
	{ { .ending = SCSI_STATUS, .status = 0x40 }, SCSI_TRY_AGAIN, "TASK ABORTED" },
	{ { .ending = SCSI_STATUS, .status = 0x18 }, SCSI_CONFLICT, "RESERVATION CONFLICT" },
	{ { .ending = SCSI_STATUS, .status = 0x10 }, SCSI_FAILED, "SCSI status 10h" },
	{ { .ending = SCSI_TIMEOUT, .host_status = 3 }, SCSI_TIMED_OUT, "timed out" },
	{ { .ending = SCSI_TRANSPORT, .host_status = 1 },
	  SCSI_PATH_FAILED,
	  "transport error: no connection" },
	{ { .ending = SCSI_TRANSPORT, .host_status = 4 },
	  SCSI_PATH_FAILED,
	  "transport error: bad target" },
	{ { .ending = SCSI_TRANSPORT, .host_status = 0xe },
	  SCSI_PATH_FAILED,
	  "transport error: transport disrupted" },
	{ { .ending = SCSI_TRANSPORT }, SCSI_PATH_FAILED, "transport error: host status 00h" },
	{ { .ending = SCSI_TRANSPORT, .host_status = 0x99 },
	  SCSI_PATH_FAILED,
	  "transport error: host status 99h" },
	{ { .ending = SCSI_TRANSPORT, .host_status = 0x2 },
	  SCSI_TRY_AGAIN,
	  "transport error: bus busy" },
	{ { .ending = SCSI_TRANSPORT, .host_status = 0xd },
	  SCSI_TRY_AGAIN,
	  "transport error: requeue" },
	{ { .ending = SCSI_OS, .os_error = EINTR }, SCSI_TRY_AGAIN, "Interrupted system call" },
	{ { .ending = SCSI_OS, .os_error = EAGAIN }, SCSI_TRY_AGAIN, NULL },
	{ { .ending = SCSI_OS, .os_error = EBUSY }, SCSI_TRY_AGAIN, NULL },
	{ { .ending = SCSI_OS, .os_error = ENODEV }, SCSI_GONE, "No such device" },
	{ { .ending = SCSI_OS, .os_error = ENXIO }, SCSI_GONE, NULL },
	{ { .ending = SCSI_OS, .os_error = EPERM }, SCSI_REFUSED, NULL },
	{ { .ending = SCSI_OS, .os_error = EACCES }, SCSI_REFUSED, NULL },
	{ { .ending = SCSI_OS, .os_error = ENOMEM }, SCSI_NO_MEMORY, NULL },
	{ { .ending = SCSI_OS, .os_error = ETIMEDOUT }, SCSI_TIMED_OUT, NULL },
	{ { .ending = SCSI_OS, .os_error = EIO }, SCSI_FAILED, NULL },
	{ { .ending = SCSI_OS, .os_error = 99999 }, SCSI_FAILED, "Unknown error 99999" },
};

START_TEST(means_without_sense)
{
	char text[100];

	ck_assert_int_eq(scsi_classify(&others[_i].result), others[_i].verdict);
	ck_assert_ptr_eq(scsi_result_text(&others[_i].result, text, sizeof(text)), text);
	if (others[_i].text != NULL)
		ck_assert_str_eq(text, others[_i].text);
	else
		ck_assert_uint_gt(strlen(text), 0);
}
END_TEST

START_TEST(words)
{
	struct scsi_result result = fixed(0x2, 0x04, 0x02);
	char text[100], small[9];

	ck_assert_str_eq(scsi_result_text(&result, text, sizeof(text)),
			 "02/04/02 Logical unit not ready, initializing command required");
	ck_assert_str_eq(scsi_result_text(&result, small, sizeof(small)), "02/04/02");
	result = fixed(0x4, 0x35, 0x04);
	ck_assert_str_eq(scsi_result_text(&result, text, sizeof(text)),
			 "04/35/04 Enclosure services transfer refused");
	result = fixed(0x3, 0x77, 0x99);
	ck_assert_str_eq(scsi_result_text(&result, text, sizeof(text)), "03/77/99 Medium error");
	scsi_result_sense(&result, (const uint8_t *) "", 0);
	ck_assert_str_eq(scsi_result_text(&result, text, sizeof(text)),
			 "CHECK CONDITION without sense data");
}
END_TEST

START_TEST(resets)
{
	struct scsi_result result = { .ending = SCSI_GOOD };

	ck_assert(!scsi_attention_is_reset(&result));
	for (unsigned ascq = 0; ascq < 8; ascq++) {
		result = fixed(0x6, 0x29, (uint8_t) ascq);
		ck_assert(scsi_attention_is_reset(&result));
	}
	result = descriptor(0x6, 0x3f, 0x01);
	ck_assert(scsi_attention_is_reset(&result));
	result = fixed(0x6, 0x3f, 0x0e);
	ck_assert(!scsi_attention_is_reset(&result));
	result = fixed(0x6, 0x2a, 0x01);
	ck_assert(!scsi_attention_is_reset(&result));
	result = fixed(0x2, 0x29, 0x00);
	ck_assert(!scsi_attention_is_reset(&result));
}
END_TEST

START_TEST(refusals)
{
	struct scsi_result result = fixed(0x5, 0x35, 0x04);

	ck_assert(scsi_is_refusal(&result));
	result = descriptor(0x4, 0x35, 0x04);
	ck_assert(scsi_is_refusal(&result));
	result = fixed(0x4, 0x35, 0x02);
	ck_assert(!scsi_is_refusal(&result));
	result = fixed(0x1, 0x35, 0x04);
	ck_assert(!scsi_is_refusal(&result));
	result = (struct scsi_result){ .ending = SCSI_GOOD };
	ck_assert(!scsi_is_refusal(&result));
}
END_TEST

START_TEST(errnos)
{
	for (int v = SCSI_DONE; v <= SCSI_NO_MEMORY; v++) {
		int r = scsi_verdict_errno((enum scsi_verdict) v);

		ck_assert_int_eq(r == 0, v == SCSI_DONE);
		ck_assert_int_le(r, 0);
		ck_assert_int_ne(r, -EPROTO);
	}
	ck_assert_int_eq(scsi_verdict_errno(SCSI_TRY_AGAIN), -EBUSY);
	ck_assert_int_eq(scsi_verdict_errno(SCSI_STALE), -ESTALE);
	ck_assert_int_eq(scsi_verdict_errno(SCSI_UNSUPPORTED), -EOPNOTSUPP);
	ck_assert_int_eq(scsi_verdict_errno(SCSI_FAILED), -EIO);
	ck_assert_int_eq(scsi_verdict_errno(SCSI_TIMED_OUT), -ETIMEDOUT);
	ck_assert_int_eq(scsi_verdict_errno(SCSI_PATH_FAILED), -EHOSTDOWN);
	ck_assert_int_eq(scsi_verdict_errno(SCSI_GONE), -ENODEV);
}
END_TEST

START_TEST(progress)
{
	uint8_t f[18] = { 0x70, 0, 2, [7] = 10, [12] = 0x04, 0x01, 0, 0x80, 0x80, 0x00 };
	uint8_t d[24] = {
		0x72, 2, 0x04, 0x04, [7] = 16, 0x00, 6, [16] = 0x02, 6, 0, 0, 0x80, 0xff, 0xff
	};
	struct scsi_result result = { 0 };

	scsi_result_sense(&result, f, sizeof(f));
	ck_assert_int_eq(scsi_progress(&result), 50);
	scsi_result_sense(&result, d, sizeof(d));
	ck_assert_int_eq(scsi_progress(&result), 99);

	/* Not said to be there; of another key; cut off; not counted in. */
	f[15] = 0x00;
	scsi_result_sense(&result, f, sizeof(f));
	ck_assert_int_eq(scsi_progress(&result), -1);
	f[15] = 0x80;
	f[2] = 0x5;
	scsi_result_sense(&result, f, sizeof(f));
	ck_assert_int_eq(scsi_progress(&result), -1);
	f[2] = 0x0;
	scsi_result_sense(&result, f, sizeof(f));
	ck_assert_int_eq(scsi_progress(&result), 50);
	f[7] = 9;
	scsi_result_sense(&result, f, sizeof(f));
	ck_assert_int_eq(scsi_progress(&result), -1);
	for (size_t n = 0; n < sizeof(d); n++) {
		scsi_result_sense(&result, guarded(d, n), n);
		ck_assert_int_eq(scsi_progress(&result), -1);
	}
	result = (struct scsi_result){ .ending = SCSI_GOOD };
	ck_assert_int_eq(scsi_progress(&result), -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scsi/sense");
	TCase *tc = tcase_create("sense");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, means, 0, ARRAY_SIZE(senses));
	tcase_add_loop_test(tc, means_without_sense, 0, ARRAY_SIZE(others));
	tcase_add_test(tc, what_is_no_sense_is_no_success);
	tcase_add_loop_test(tc, cut_sense, 0, 19);
	tcase_add_test(tc, long_sense_is_cut);
	tcase_add_test(tc, an_earlier_commands_sense_is_not_this_ones_success);
	tcase_add_test(tc, words);
	tcase_add_test(tc, resets);
	tcase_add_test(tc, refusals);
	tcase_add_test(tc, errnos);
	tcase_add_test(tc, progress);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
