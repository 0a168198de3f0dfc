/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an answer means, and what status and health follow (dbus-api.md section 6): tables.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "drive/status.h"

START_TEST(answers)
{
	static const struct {
		uint8_t key, asc, ascq;
		enum readiness readiness;
	} rows[] = {
		{ 0x0, 0x00, 0x00, READINESS_READY },	  { 0x1, 0x0b, 0x01, READINESS_READY },
		{ 0x2, 0x04, 0x00, READINESS_BECOMING },  { 0x2, 0x04, 0x01, READINESS_BECOMING },
		{ 0x2, 0x04, 0x02, READINESS_STOPPED },	  { 0x2, 0x04, 0x03, READINESS_FAILED },
		{ 0x2, 0x04, 0x04, READINESS_NOT_READY }, { 0x2, 0x04, 0x0b, READINESS_SILENT },
		{ 0x2, 0x04, 0x11, READINESS_BECOMING },  { 0x2, 0x3a, 0x00, READINESS_NOT_READY },
		{ 0x3, 0x31, 0x00, READINESS_NOT_READY }, { 0x4, 0x44, 0x00, READINESS_FAILED },
		{ 0x4, 0x04, 0x02, READINESS_FAILED },	  { 0x5, 0x20, 0x00, READINESS_READY },
		{ 0x6, 0x29, 0x00, READINESS_BECOMING },  { 0xb, 0x47, 0x00, READINESS_BECOMING },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scsi_result result = { .ending = SCSI_SENSE,
					      .sense = { 0x72, rows[i].key, rows[i].asc,
							 rows[i].ascq },
					      .sense_length = 8,
					      .key = rows[i].key,
					      .asc = rows[i].asc,
					      .ascq = rows[i].ascq };

		ck_assert_msg(readiness_of(scsi_classify(&result), &result) == rows[i].readiness,
			      "%x/%02x/%02x", rows[i].key, rows[i].asc, rows[i].ascq);
	}
}
END_TEST

START_TEST(no_answers)
{
	static const struct {
		struct scsi_result result;
		enum readiness readiness;
	} rows[] = {
		{ { .ending = SCSI_GOOD }, READINESS_READY },
		{ { .ending = SCSI_STATUS, .status = 0x08 }, READINESS_BECOMING },
		{ { .ending = SCSI_STATUS, .status = 0x18 }, READINESS_READY },
		{ { .ending = SCSI_TIMEOUT }, READINESS_SILENT },
		{ { .ending = SCSI_TRANSPORT, .host_status = 1 }, READINESS_SILENT },
		{ { .ending = SCSI_OS, .os_error = 19 }, READINESS_SILENT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ck_assert_int_eq(readiness_of(scsi_classify(&rows[i].result), &rows[i].result),
				 rows[i].readiness);
}
END_TEST

static struct picture_unit unit(struct picture_path paths[2], const char *a, const char *b,
				enum readiness readiness)
{
	strcpy(paths[0].state, a);
	strcpy(paths[1].state, b);
	return (struct picture_unit){ .paths = paths, .n_paths = 2, .readiness = readiness };
}

START_TEST(units)
{
	static const struct {
		const char *a, *b;
		enum readiness readiness;
		bool marked;
		enum status status;
		enum health health;
	} rows[] = {
		{ "running", "running", READINESS_READY, false, STATUS_ONLINE, HEALTH_HEALTHY },
		{ "running", "offline", READINESS_READY, false, STATUS_ONLINE, HEALTH_HEALTHY },
		{ "running", "running", READINESS_UNKNOWN, false, STATUS_ONLINE, HEALTH_HEALTHY },
		{ "offline", "running", READINESS_STOPPED, false, STATUS_NOT_READY,
		  HEALTH_HEALTHY },
		{ "running", "running", READINESS_BECOMING, false, STATUS_NOT_READY,
		  HEALTH_HEALTHY },
		{ "running", "running", READINESS_SILENT, false, STATUS_NOT_READY, HEALTH_UNKNOWN },
		{ "offline", "offline", READINESS_UNKNOWN, false, STATUS_OFFLINE, HEALTH_HEALTHY },
		{ "blocked", "", READINESS_UNKNOWN, false, STATUS_OFFLINE, HEALTH_HEALTHY },
		{ "running", "running", READINESS_FAILED, false, STATUS_FAILED, HEALTH_FAILED },
		{ "running", "running", READINESS_READY, true, STATUS_FAILED, HEALTH_FAILED },
		{ "offline", "offline", READINESS_UNKNOWN, true, STATUS_FAILED, HEALTH_FAILED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct picture_path paths[2] = { 0 };
		struct picture_unit u = unit(paths, rows[i].a, rows[i].b, rows[i].readiness);

		ck_assert_int_eq(status_of_unit(&u, rows[i].marked), rows[i].status);
		ck_assert_int_eq(health_of_unit(&u, rows[i].status), rows[i].health);
	}
}
END_TEST

#define U STATUS_UNKNOWN
#define ON STATUS_ONLINE
#define NR STATUS_NOT_READY
#define OFF STATUS_OFFLINE
#define F STATUS_FAILED

START_TEST(drives_of_two_units)
{
	static const enum status rows[][3] = {
		{ ON, ON, ON }, { ON, NR, NR },	 { ON, OFF, NR }, { ON, F, F }, { ON, U, U },
		{ NR, NR, NR }, { NR, OFF, NR }, { NR, F, F },	  { NR, U, U }, { OFF, OFF, OFF },
		{ OFF, F, F },	{ OFF, U, U },	 { F, F, F },	  { F, U, F },	{ U, U, U },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum status turned[2] = { rows[i][1], rows[i][0] };

		ck_assert_int_eq(status_of_drive(rows[i], 2, false), rows[i][2]);
		ck_assert_int_eq(status_of_drive(turned, 2, false), rows[i][2]);
		ck_assert_int_eq(status_of_drive(rows[i], 2, true), STATUS_REMOVED);
	}
	ck_assert_int_eq(status_of_drive(NULL, 0, false), STATUS_UNKNOWN);
	ck_assert_int_eq(status_of_drive(NULL, 0, true), STATUS_REMOVED);
}
END_TEST

START_TEST(health_of_drives)
{
	ck_assert_int_eq(health_of_drive(ON, false, false), HEALTH_HEALTHY);
	ck_assert_int_eq(health_of_drive(ON, false, true), HEALTH_PENDING_FAILURE);
	ck_assert_int_eq(health_of_drive(NR, true, false), HEALTH_UNKNOWN);
	ck_assert_int_eq(health_of_drive(NR, true, true), HEALTH_PENDING_FAILURE);
	/* vds.md 3.5: not with FAILED, UNKNOWN */
	ck_assert_int_eq(health_of_drive(F, false, true), HEALTH_FAILED);
	ck_assert_int_eq(health_of_drive(U, false, true), HEALTH_UNKNOWN);
	ck_assert_int_eq(health_of_drive(STATUS_REMOVED, false, true), HEALTH_UNKNOWN);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("status");
	TCase *tcase = tcase_create("status");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, answers);
	tcase_add_test(tcase, no_answers);
	tcase_add_test(tcase, units);
	tcase_add_test(tcase, drives_of_two_units);
	tcase_add_test(tcase, health_of_drives);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
