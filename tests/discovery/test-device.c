/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plain struct: each field alone makes a difference.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "discovery/device.h"

static struct device *sample(void)
{
	struct device *d = calloc(1, sizeof(*d));

	ck_assert_ptr_nonnull(d);
	d->syspath = strdup("/sys/devices/x/1:2:3:4");
	d->host = 1;
	d->channel = 2;
	d->target = 3;
	d->lun = 4;
	d->sg_node = strdup("/dev/sg1");
	d->block_node = strdup("/dev/sda");
	d->udev_done = true;
	d->links = calloc(3, sizeof(*d->links));
	d->links[0] = strdup("/dev/disk/by-id/a");
	d->links[1] = strdup("/dev/disk/by-id/b");
	d->inquiry = calloc(1, 36);
	d->inquiry_length = 36;
	d->vpd83 = calloc(1, 8);
	d->vpd83_length = 8;
	strcpy(d->state, "running");
	return d;
}

static void change(struct device *d, int field)
{
	switch (field) {
	case 0:
		d->lun++;
		break;
	case 1:
		d->sg_node[7] = '2';
		break;
	case 2:
		free(d->block_node);
		d->block_node = NULL;
		break;
	case 3:
		d->links[1][16] = 'c';
		break;
	case 4:
		free(d->links[1]);
		d->links[1] = NULL;
		break;
	case 5:
		d->inquiry[35] = 1;
		break;
	case 6:
		d->vpd83_length--;
		break;
	case 7:
		d->sas_address++;
		break;
	case 8:
		d->sata = true;
		break;
	case 9:
		strcpy(d->state, "offline");
		break;
	case 10:
		d->size++;
		break;
	case 11:
		d->ata_serial = strdup("S");
		break;
	case 12:
		d->rotational = true;
		break;
	case 13:
		d->type = 13;
		break;
	case 14:
		d->udev_done = false;
		break;
	}
}

START_TEST(equal_to_its_like)
{
	struct device *a = sample(), *b = sample();

	ck_assert(device_equal(a, b));
	ck_assert_ptr_null(device_free(a));
	ck_assert_ptr_null(device_free(b));
	ck_assert_ptr_null(device_free(NULL));
}
END_TEST

START_TEST(differs_by_any_field)
{
	struct device *a = sample(), *b = sample();

	change(b, _i);
	ck_assert(!device_equal(a, b));
	ck_assert(!device_equal(b, a));
	device_free(a);
	device_free(b);
}
END_TEST

START_TEST(no_links_and_an_empty_list_are_alike)
{
	char *none[] = { NULL }, path[] = "x";
	struct device a = { .syspath = path }, b = { .syspath = path, .links = none };

	ck_assert(device_equal(&a, &b));
	ck_assert(device_equal(&b, &a));
}
END_TEST

START_TEST(address_reads_as_the_kernel_writes_it)
{
	struct device d = { .host = 10, .target = 3, .lun = UINT64_MAX };
	char text[64];

	ck_assert_str_eq(device_address(&d, text, sizeof(text)), "10:0:3:18446744073709551615");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("device");
	TCase *tc = tcase_create("device");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, equal_to_its_like);
	tcase_add_loop_test(tc, differs_by_any_field, 0, 15);
	tcase_add_test(tc, no_links_and_an_empty_list_are_alike);
	tcase_add_test(tc, address_reads_as_the_kernel_writes_it);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
