/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the simulated enclosure says, as sg_ses reads it.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/harness.h"

/* How often needle is in text. */
static unsigned count(const char *text, const char *needle)
{
	unsigned n = 0;

	for (; (text = strstr(text, needle)); text += strlen(needle))
		n++;
	return n;
}

START_TEST(sample_24)
{
	struct sim *sim = harness_file("sim/samples/2u-24.conf");
	struct scsi_device *e = harness_open(sim, "e0a");
	char *text = harness_sg_ses(sim, e, "\x01\x02\x07\x0a", "--status --page=cf");

	ck_assert_uint_eq(count(text, "product: 2U24"), 1);
	ck_assert_ptr_nonnull(strstr(text, "Array device slot, subenclosure id: 0"));
	ck_assert_ptr_nonnull(strstr(text, "number of possible elements: 24"));
	free(text);
	text = harness_sg_ses(sim, e, "\x01\x02\x07\x0a", "--status --page=aes");
	ck_assert_uint_eq(count(text, "SAS device type: end device"), 20);
	ck_assert_ptr_null(strstr(text, "<<"));
	ck_assert_ptr_nonnull(strstr(text, "device slot number: 23"));
	free(text);
	text = harness_sg_ses(sim, e, "\x01\x02\x07\x0a", "--status --page=ed");
	ck_assert_ptr_nonnull(strstr(text, "Element 23 descriptor: Slot 24"));
	free(text);
	text = harness_sg_ses(sim, e, "\x01\x02\x07\x0a", "--status --page=es");
	ck_assert_uint_eq(count(text, "status: Not installed"), 4);
	free(text);
	sim_transport(sim)->close(e);
	(void) sim_free(sim);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sim/pages");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, sample_24);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
