/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Marks in the state: what is written is read again, what says nothing any more is dropped,
 * and what somebody else has written there does no harm.
 */
#include <check.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "drive/drive.h"
#include "drive/marks.h"

static struct store *store;

static void setup(void)
{
	ck_assert_int_eq(store_new(NULL, NULL, &store), 0);
}

static void teardown(void)
{
	store = store_free(store);
}

static const char *section(void)
{
	return json_object_to_json_string_ext(store_section(store, "drives"),
					      JSON_C_TO_STRING_PLAIN |
						      JSON_C_TO_STRING_NOSLASHESCAPE);
}

static void set_section(const char *text)
{
	struct json_object *to = store_section(store, "drives"), *from = json_tokener_parse(text);

	ck_assert_ptr_nonnull(from);
	json_object_object_foreach(from, key, value)
		json_object_object_add(to, key, json_object_get(value));
	json_object_put(from);
}

START_TEST(marks_come_and_go)
{
	ck_assert(!marks_failed(store, "a"));
	ck_assert_int_eq(marks_set_failed(store, "a", true), 0);
	ck_assert_int_eq(marks_set_flags(store, "a", DRIVE_FLAG_HOTSPARE), 0);
	ck_assert(marks_failed(store, "a") && !marks_failed(store, "b"));
	ck_assert_uint_eq(marks_flags(store, "a"), DRIVE_FLAG_HOTSPARE);
	ck_assert_str_eq(section(),
			 "{\"lun/a\":{\"failed\":true},\"drive/a\":{\"hot-spare\":true}}");
	ck_assert_int_eq(marks_set_failed(store, "a", false), 0);
	ck_assert_int_eq(marks_set_flags(store, "a", 0), 0);
	ck_assert_int_eq(marks_set_flags(store, "b", 0), 0);
	ck_assert_str_eq(section(), "{}");
}
END_TEST

START_TEST(a_removed_drive)
{
	struct drive drive = { .id = "d",
			       .wwn = "5000",
			       .serial = "S\"1",
			       .vendor = "V",
			       .size = 0xffffffffffffffffULL,
			       .rotation = 7200,
			       .bus_type = 10,
			       .addresses = { 0x5000c50000000001ULL, 2 },
			       .n_addresses = 2 };
	struct marks_removed removed = {
		.n = 2,
		.addresses = { { 0, 1, 2, 3 }, { 4294967295U, 0, 0, 0xc101000000000000ULL } }
	};
	struct marks_removed got;
	struct drive back = { .id = "d" };

	ck_assert_int_eq(marks_removed(store, "d", &got), -ENOENT);
	ck_assert_int_eq(marks_set_removed(store, &drive, &removed), 0);
	ck_assert_int_eq(marks_removed(store, "d", &got), 0);
	ck_assert_uint_eq(got.n, 2);
	for (unsigned i = 0; i < 2; i++)
		ck_assert(address_equal(&got.addresses[i], &removed.addresses[i]));
	marks_restore_drive(store, &back);
	ck_assert_str_eq(back.serial, "S\"1");
	ck_assert_str_eq(back.wwn, "5000");
	ck_assert_uint_eq(back.size, drive.size);
	ck_assert_uint_eq(back.rotation, 7200);
	ck_assert_uint_eq(back.bus_type, 10);
	ck_assert_uint_eq(back.n_addresses, 2);
	ck_assert_uint_eq(back.addresses[0], drive.addresses[0]);
	marks_clear_removed(store, "d");
	ck_assert_int_eq(marks_removed(store, "d", &got), -ENOENT);
	ck_assert_str_eq(section(), "{}");
}
END_TEST

START_TEST(lamps)
{
	struct chassis chassis = { .eid = "50a1" };
	struct component slot = { .chassis = &chassis, .index = 7 };
	struct marks_lamp lamp;

	ck_assert_int_eq(marks_lamp(store, "d", INDICATOR_FAULT, &lamp), -ENOENT);
	ck_assert_int_eq(marks_set_lamp(store, "d", INDICATOR_FAULT, &slot), 0);
	ck_assert_int_eq(marks_lamp(store, "d", INDICATOR_FAULT, &lamp), 0);
	ck_assert_str_eq(lamp.eid, "50a1");
	ck_assert_uint_eq(lamp.index, 7);
	ck_assert_int_eq(marks_lamp(store, "d", INDICATOR_HOT_SPARE, &lamp), -ENOENT);
	ck_assert_int_eq(marks_set_lamp(store, "d", INDICATOR_FAULT, NULL), 0);
	ck_assert_int_eq(marks_set_lamp(store, "e", INDICATOR_FAULT, NULL), 0);
	ck_assert_str_eq(section(), "{}");
}
END_TEST

static unsigned n_each;

static void drop(void *userdata, const char *id)
{
	n_each++;
	ck_assert_ptr_eq(userdata, &n_each);
	marks_clear_removed(store, id);
	(void) marks_set_flags(store, "x", 0);
	(void) marks_set_flags(store, "y", 0);
}

START_TEST(each_may_drop_any)
{
	set_section("{\"drive/x\":{\"hot-spare\":true},\"drive/y\":{\"hot-spare\":true},"
		    "\"lun/z\":{\"failed\":true},\"drive/\":{\"hot-spare\":true}}");
	n_each = 0;
	marks_each_drive(store, drop, &n_each);
	ck_assert_uint_eq(n_each, 2);
	ck_assert_uint_eq(marks_flags(store, "x"), 0);
}
END_TEST

/* Each '%' becomes the value. */
static void fill(char text[static 400], const char *shape, const char *value)
{
	size_t n = 0;

	for (; *shape != 0; shape++) {
		if (*shape == '%')
			n += (size_t) snprintf(text + n, 400 - n, "%s", value);
		else
			text[n++] = *shape;
		ck_assert_uint_lt(n, 390);
	}
	text[n] = 0;
}

/* Every value in the place of every other. */
START_TEST(nonsense_is_no_mark)
{
	static const char *const values[] = {
		"null",
		"0",
		"-1",
		"1e300",
		"true",
		"\"x\"",
		"[]",
		"[[]]",
		"{}",
		"[1,2,3,4]",
		"[[1,2,3,4]]",
		"[[-1,2,3,\"0\"]]",
		"[[1,2,99999999999,\"0\"]]",
		"[\"id\",-1]",
		"[[0,0,0,\"zz\"]]",
		"[7,7]",
		"[[1,2,3,\"0\",5]]",
	};
	static const char *const shapes[] = {
		"{\"drive/d\":%,\"lun/d\":%}",
		"{\"drive/d\":{\"hot-spare\":%},\"lun/d\":{\"failed\":%}}",
		"{\"drive/d\":{\"lamps\":%,\"removed\":%}}",
		"{\"drive/d\":{\"lamps\":{\"fault\":%},\"removed\":{\"paths\":%}}}",
		"{\"drive/d\":{\"removed\":{\"ports\":%,\"size\":%}}}",
		"{\"drive/d\":{\"removed\":{\"serial\":%,\"rotation\":%}}}",
	};

	for (size_t s = 0; s < ARRAY_SIZE(shapes); s++)
		for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
			struct drive drive = { .id = "d", .serial = "as it was" };
			struct marks_removed removed;
			struct marks_lamp lamp;
			char text[400];

			fill(text, shapes[s], values[v]);
			set_section(text);
			ck_assert(!marks_failed(store, "d") || strcmp(values[v], "true") == 0);
			(void) marks_flags(store, "d");
			ck_assert_int_eq(marks_lamp(store, "d", INDICATOR_FAULT, &lamp), -ENOENT);
			if (marks_removed(store, "d", &removed) == 0)
				ck_assert_uint_eq(removed.n, 0);
			marks_restore_drive(store, &drive);
			ck_assert_uint_eq(drive.n_addresses, 0);
			ck_assert_int_eq(marks_set_failed(store, "d", true), 0);
			ck_assert_int_eq(marks_set_flags(store, "d", DRIVE_FLAG_HOTSPARE), 0);
			ck_assert(marks_failed(store, "d"));
			ck_assert_uint_eq(marks_flags(store, "d"), DRIVE_FLAG_HOTSPARE);
			teardown();
			setup();
		}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("marks");
	TCase *tcase = tcase_create("marks");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, marks_come_and_go);
	tcase_add_test(tcase, a_removed_drive);
	tcase_add_test(tcase, lamps);
	tcase_add_test(tcase, each_may_drop_any);
	tcase_add_test(tcase, nonsense_is_no_mark);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
