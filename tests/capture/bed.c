/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices are the simulator's own, in a box that knows its bed.
 */
#include "tests/capture/bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/print.h"
#include "sim/rack.h"

struct boxed {
	struct bed *bed;
	struct scsi_device *device;
};

static int boxed_open(struct transport *transport, const char *node, struct scsi_device **ret)
{
	struct boxed *boxed = calloc(1, sizeof(*boxed));
	struct transport *t;
	int r;

	ck_assert_ptr_nonnull(boxed);
	boxed->bed = (struct bed *) transport;
	t = sim_transport(boxed->bed->sim);
	r = t->open(t, node, &boxed->device);
	if (r < 0)
		free(boxed);
	else
		*ret = (struct scsi_device *) boxed;
	return r;
}

static void boxed_close(struct scsi_device *device)
{
	struct boxed *boxed = (struct boxed *) device;

	sim_transport(boxed->bed->sim)->close(boxed->device);
	free(boxed);
}

/* INQUIRY, and pages below 10h by RECEIVE DIAGNOSTIC RESULTS; whatever else fails the test. */
static void boxed_execute(struct scsi_device *device, const struct scsi_command *command,
			  struct scsi_result *result)
{
	struct boxed *boxed = (struct boxed *) device;
	struct bed *bed = boxed->bed;

	ck_assert_ptr_null(command->out);
	if (command->cdb[0] == 0x1c) {
		ck_assert_uint_eq(command->cdb[1], 1);
		ck_assert_uint_lt(command->cdb[2], 0x10);
		bed->pages_asked[command->cdb[2]]++;
		if (bed->every && ++bed->n_commands % bed->every == 0)
			bed_order(bed, bed->order);
	} else {
		ck_assert_uint_eq(command->cdb[0], 0x12);
	}
	sim_transport(bed->sim)->execute(boxed->device, command, result);
}

struct bed *bed_file(const char *path)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	char error[300] = "";
	int r;

	ck_assert_ptr_nonnull(bed);
	bed->transport = (struct transport){ boxed_open, boxed_close, boxed_execute };
	r = sim_new(path, &bed->sim, error, sizeof(error));
	ck_assert_msg(r == 0, "%s", error);
	return bed;
}

static void write_temporary(char *path, const char *text)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t) strlen(text));
	ck_assert_int_eq(close(fd), 0);
}

struct bed *bed_new(const char *text)
{
	char path[] = "/tmp/vdsd-capture-XXXXXX";
	struct bed *bed;

	write_temporary(path, text);
	bed = bed_file(path);
	(void) unlink(path);
	return bed;
}

struct bed *bed_free(struct bed *bed)
{
	capture_clear(&bed->capture);
	(void) sim_free(bed->sim);
	free(bed);
	return NULL;
}

void bed_order(struct bed *bed, const char *order)
{
	char error[300] = "", *reply = sim_order(bed->sim, order, error, sizeof(error));

	ck_assert_msg(reply != NULL, "%s: %s", order, error);
	free(reply);
}

int bed_read(struct bed *bed, const char *name)
{
	static const struct capture_patience patience = { 3, 1, 2 };
	struct rack *rack = sim_rack(bed->sim);
	char node[32];

	rack_lock(rack);
	ck_assert_ptr_nonnull(rack_find(rack, name));
	(void) snprintf(node, sizeof(node), "/dev/sg%d", rack_find(rack, name)->sg);
	rack_unlock(rack);
	capture_clear(&bed->capture);
	return capture_read(&bed->transport, node, &patience, &bed->capture, &bed->outcome);
}

char *bed_print(const struct capture *capture)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(capture_print(capture, 1767225600, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	return text;
}

char *bed_sg_ses(const char *text, const char *page)
{
	char path[] = "/tmp/vdsd-capture-XXXXXX", command[256], part[4096], *said = NULL;
	size_t size = 0, n;
	FILE *pipe, *memory = open_memstream(&said, &size);

	write_temporary(path, text);
	(void) snprintf(command, sizeof(command), "sg_ses --inhex=%s --status --page=%s 2>&1", path,
			page);
	pipe = popen(command, "re");
	ck_assert_ptr_nonnull(pipe);
	while ((n = fread(part, 1, sizeof(part), pipe)))
		(void) fwrite(part, 1, n, memory);
	(void) fclose(memory);
	ck_assert_msg(pclose(pipe) == 0, "sg_ses --page=%s: %s", page, said);
	ck_assert_uint_gt(strlen(said), 0);
	(void) unlink(path);
	return said;
}

int bed_main(const char *name, const TTest *const *tests, size_t n)
{
	Suite *suite = suite_create(name);
	TCase *tc = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	for (size_t i = 0; i < n; i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
