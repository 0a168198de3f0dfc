/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What goes over the wire, byte for byte (ses.md 1.1), to a transport that
 * writes it down and answers as told.
 */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "scsi/command.h"

static struct scsi_command seen;
static unsigned n_seen;
static struct scsi_result answer;

static void execute(_unused_ struct scsi_device *device, const struct scsi_command *command,
		    struct scsi_result *result)
{
	seen = *command;
	n_seen++;
	*result = answer;
}

static struct transport transport = { .execute = execute };
static struct scsi_result result;
static uint8_t buffer[70000];

#define EXPECT_CDB(...)                                                                            \
	do {                                                                                       \
		static const uint8_t cdb[] = { __VA_ARGS__ };                                      \
		ck_assert_uint_eq(seen.cdb_length, sizeof(cdb));                                   \
		ck_assert_mem_eq(seen.cdb, cdb, sizeof(cdb));                                      \
		ck_assert_uint_eq(n_seen, 1);                                                      \
		n_seen = 0;                                                                        \
	} while (0)

static void expect_data(const uint8_t *in, const uint8_t *out, size_t n, unsigned timeout_s)
{
	ck_assert_ptr_eq(seen.in, in);
	ck_assert_ptr_eq(seen.out, out);
	ck_assert_uint_eq(seen.length, n);
	ck_assert_uint_eq(seen.timeout_s, timeout_s);
}

START_TEST(diagnostic)
{
	ck_assert_int_eq(scsi_receive_diagnostic(&transport, NULL, 0x0a, buffer, 4096, 20, &result),
			 SCSI_DONE);
	EXPECT_CDB(0x1c, 0x01, 0x0a, 0x10, 0x00, 0x00);
	expect_data(buffer, NULL, 4096, 20);

	(void) scsi_receive_diagnostic(&transport, NULL, 2, buffer, sizeof(buffer), 20, &result);
	EXPECT_CDB(0x1c, 0x01, 0x02, 0xff, 0xff, 0x00);
	expect_data(buffer, NULL, 65535, 20);

	ck_assert_int_eq(scsi_send_diagnostic(&transport, NULL, buffer, 0x234, 30, &result),
			 SCSI_DONE);
	EXPECT_CDB(0x1d, 0x10, 0x00, 0x02, 0x34, 0x00);
	expect_data(NULL, buffer, 0x234, 30);
}
END_TEST

START_TEST(what_cannot_be_said_is_not_sent)
{
	ck_assert_int_eq(scsi_send_diagnostic(&transport, NULL, buffer, 65536, 30, &result),
			 SCSI_FAILED);
	ck_assert_int_eq(result.os_error, EINVAL);
	ck_assert_int_eq(scsi_send_diagnostic(&transport, NULL, buffer, 0, 30, &result),
			 SCSI_FAILED);
	ck_assert_uint_eq(n_seen, 0);
}
END_TEST

START_TEST(power)
{
	(void) scsi_test_unit_ready(&transport, NULL, 5, &result);
	EXPECT_CDB(0, 0, 0, 0, 0, 0);
	expect_data(NULL, NULL, 0, 5);
	(void) scsi_start_stop(&transport, NULL, true, false, 60, &result);
	EXPECT_CDB(0x1b, 0, 0, 0, 1, 0);
	(void) scsi_start_stop(&transport, NULL, true, true, 60, &result);
	EXPECT_CDB(0x1b, 1, 0, 0, 1, 0);
	(void) scsi_start_stop(&transport, NULL, false, false, 60, &result);
	EXPECT_CDB(0x1b, 0, 0, 0, 0, 0);
	expect_data(NULL, NULL, 0, 60);
}
END_TEST

START_TEST(caches)
{
	(void) scsi_synchronize_cache(&transport, NULL, false, 120, &result);
	EXPECT_CDB(0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	(void) scsi_synchronize_cache(&transport, NULL, true, 120, &result);
	EXPECT_CDB(0x91, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	expect_data(NULL, NULL, 0, 120);
}
END_TEST

START_TEST(inquiries)
{
	(void) scsi_request_sense(&transport, NULL, 5, &result, buffer);
	EXPECT_CDB(0x03, 0, 0, 0, 252, 0);
	expect_data(buffer, NULL, 252, 5);
	(void) scsi_inquiry(&transport, NULL, -1, buffer, 96, 5, &result);
	EXPECT_CDB(0x12, 0, 0, 0, 96, 0);
	expect_data(buffer, NULL, 96, 5);
	(void) scsi_inquiry(&transport, NULL, -1, buffer, 4096, 5, &result);
	EXPECT_CDB(0x12, 0, 0, 0, 252, 0);
	expect_data(buffer, NULL, 252, 5);
	(void) scsi_inquiry(&transport, NULL, 0x83, buffer, 0x1000, 5, &result);
	EXPECT_CDB(0x12, 1, 0x83, 0x10, 0, 0);
	expect_data(buffer, NULL, 0x1000, 5);
	(void) scsi_inquiry(&transport, NULL, 0, buffer, 252, 5, &result);
	EXPECT_CDB(0x12, 1, 0, 0, 252, 0);
}
END_TEST

START_TEST(verdict_is_that_of_the_result)
{
	answer = (struct scsi_result){ .ending = SCSI_STATUS, .status = 0x08 };
	ck_assert_int_eq(scsi_test_unit_ready(&transport, NULL, 5, &result), SCSI_TRY_AGAIN);
	ck_assert_uint_eq(result.status, 0x08);
	ck_assert_uint_eq(n_seen, 1);
	answer = (struct scsi_result){ .ending = SCSI_TIMEOUT };
	ck_assert_int_eq(scsi_start_stop(&transport, NULL, true, false, 1, &result),
			 SCSI_TIMED_OUT);
}
END_TEST

static void answer_registers(bool fixed, uint8_t status, uint8_t count)
{
	uint8_t f[18] = { 0x70, 0, 1, 0, status, 0, count, 10, [12] = 0, 0x1d };
	uint8_t d[22] = { 0x72, 1, 0, 0x1d, [7] = 14, 0x09, 12, [13] = count, [21] = status };

	answer = (struct scsi_result){ 0 };
	scsi_result_sense(&answer, fixed ? f : d, fixed ? sizeof(f) : sizeof(d));
}

START_TEST(power_mode)
{
	static const uint8_t modes[] = { 0x00, 0x80, 0xff };
	uint8_t mode;

	for (unsigned i = 0; i < 2 * ARRAY_SIZE(modes); i++) {
		mode = 0x55;
		answer_registers(i % 2, 0x50, modes[i / 2]);
		ck_assert_int_eq(scsi_ata_check_power_mode(&transport, NULL, 5, &result, &mode),
				 SCSI_DONE);
		ck_assert_uint_eq(mode, modes[i / 2]);
		EXPECT_CDB(0x85, 0x06, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xe5, 0);
		expect_data(NULL, NULL, 0, 5);
	}
}
END_TEST

START_TEST(power_mode_unknown)
{
	uint8_t mode = 0x55;

	/* The command failed; no registers; not an ATA disk. */
	answer_registers(false, 0x51, 0x00);
	ck_assert_int_eq(scsi_ata_check_power_mode(&transport, NULL, 5, &result, &mode),
			 SCSI_UNSUPPORTED);
	answer = (struct scsi_result){ .ending = SCSI_GOOD };
	ck_assert_int_eq(scsi_ata_check_power_mode(&transport, NULL, 5, &result, &mode),
			 SCSI_UNSUPPORTED);
	answer = (struct scsi_result){ 0 };
	scsi_result_sense(&answer, (const uint8_t[18]){ 0x70, 0, 5, [7] = 10, [12] = 0x20 }, 18);
	ck_assert_int_eq(scsi_ata_check_power_mode(&transport, NULL, 5, &result, &mode),
			 SCSI_UNSUPPORTED);
	answer_registers(false, 0x50, 0xff);
	answer.sense_length = 21;
	ck_assert_int_eq(scsi_ata_check_power_mode(&transport, NULL, 5, &result, &mode),
			 SCSI_UNSUPPORTED);
	answer = (struct scsi_result){ .ending = SCSI_TIMEOUT };
	ck_assert_int_eq(scsi_ata_check_power_mode(&transport, NULL, 5, &result, &mode),
			 SCSI_TIMED_OUT);
	ck_assert_uint_eq(mode, 0x55);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scsi/command");
	TCase *tc = tcase_create("command");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, diagnostic);
	tcase_add_test(tc, what_cannot_be_said_is_not_sent);
	tcase_add_test(tc, power);
	tcase_add_test(tc, caches);
	tcase_add_test(tc, inquiries);
	tcase_add_test(tc, verdict_is_that_of_the_result);
	tcase_add_test(tc, power_mode);
	tcase_add_test(tc, power_mode_unknown);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
