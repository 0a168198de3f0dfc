/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of the simulator use the seams that the daemon uses, and nothing of the
 * daemon's decoders: a field is found by its offset, or by sg_ses.
 */
#include "tests/sim/harness.h"

#include <check.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/rack.h"

static char *write_temporary(const char *text)
{
	char *path = sim_copy("/tmp/vdsd-sim-XXXXXX");
	int fd = mkstemp(path);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
	return path;
}

struct sim *harness_file(const char *path)
{
	char error[300] = "";
	struct sim *sim = NULL;
	int r = sim_new(path, &sim, error, sizeof(error));

	ck_assert_msg(r == 0, "%s", error);
	return sim;
}

struct sim *harness_sim(const char *description)
{
	char *path = write_temporary(description);
	struct sim *sim = harness_file(path);

	(void) unlink(path);
	free(path);
	return sim;
}

const char *harness_refused(const char *description)
{
	static char error[300];
	char *path = write_temporary(description);
	struct sim *sim = NULL;
	int r = sim_new(path, &sim, error, sizeof(error));
	size_t n = strlen(path);

	(void) unlink(path);
	free(path);
	if (r == 0) {
		(void) sim_free(sim);
		return "";
	}
	ck_assert_uint_gt(strlen(error), n);
	return error + n;
}

const char *harness_order(struct sim *sim, const char *format, ...)
{
	static char *reply;
	char line[512], error[300] = "";
	va_list ap;

	va_start(ap, format);
	(void) vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	free(reply);
	reply = sim_order(sim, line, error, sizeof(error));
	ck_assert_msg(reply != NULL, "%s: %s", line, error);
	return reply;
}

bool harness_order_fails(struct sim *sim, const char *order)
{
	char error[300] = "";
	char *reply = sim_order(sim, order, error, sizeof(error));

	free(reply);
	return !reply && error[0];
}

const char *harness_node(struct sim *sim, const char *name)
{
	static char node[32];
	struct rack *rack = sim_rack(sim);
	struct sim_lu *lu;

	rack_lock(rack);
	lu = rack_find(rack, name);
	(void) snprintf(node, sizeof(node), "/dev/sg%d", lu ? lu->sg : -1);
	rack_unlock(rack);
	return node;
}

struct scsi_device *harness_open(struct sim *sim, const char *name)
{
	struct transport *t = sim_transport(sim);
	struct scsi_device *device = NULL;

	ck_assert_int_eq(t->open(t, harness_node(sim, name), &device), 0);
	return device;
}

struct scsi_result harness_command(struct sim *sim, struct scsi_device *device, const char *cdb,
				   uint8_t *in, const uint8_t *out, size_t n, unsigned timeout_s)
{
	struct scsi_command command = { .in = in, .out = out, .length = n, .timeout_s = timeout_s };
	struct scsi_result result;
	unsigned byte;

	for (; sscanf(cdb, "%2x", &byte) == 1; cdb += 2)
		command.cdb[command.cdb_length++] = (uint8_t) byte;
	sim_transport(sim)->execute(device, &command, &result);
	return result;
}

size_t harness_page(struct sim *sim, struct scsi_device *device, uint8_t page, uint8_t *buffer,
		    size_t size)
{
	struct scsi_result result;
	char cdb[16];

	(void) snprintf(cdb, sizeof(cdb), "1c01%02x%04x00", page, (unsigned) size);
	result = harness_command(sim, device, cdb, buffer, NULL, size, 10);
	return result.ending == SCSI_GOOD ? result.got : 0;
}

struct scsi_result harness_send(struct sim *sim, struct scsi_device *device, const uint8_t *page,
				size_t n)
{
	char cdb[16];

	(void) snprintf(cdb, sizeof(cdb), "1d1000%04x00", (unsigned) n);
	return harness_command(sim, device, cdb, NULL, page, n, 10);
}

static char *read_all(FILE *f)
{
	char *text = NULL;
	size_t size = 0, n;
	char part[4096];
	FILE *memory = open_memstream(&text, &size);

	while ((n = fread(part, 1, sizeof(part), f)))
		(void) fwrite(part, 1, n, memory);
	(void) fclose(memory);
	return text;
}

char *harness_sg_ses(struct sim *sim, struct scsi_device *device, const char *pages,
		     const char *options)
{
	static uint8_t buffer[65532];
	char *path = write_temporary(""), *line, *text;
	FILE *f = fopen(path, "w");
	int status;

	ck_assert_ptr_nonnull(f);
	for (; *pages; pages++) {
		size_t n = harness_page(sim, device, (uint8_t) *pages, buffer, sizeof(buffer));

		ck_assert_uint_gt(n, 0);
		for (size_t i = 0; i < n; i++)
			fprintf(f, "%02x%c", buffer[i], i % 16 == 15 || i + 1 == n ? '\n' : ' ');
	}
	ck_assert_int_eq(fclose(f), 0);
	line = sim_format("sg_ses --inhex=%s --maxlen=65532 %s 2>&1", path, options);
	f = popen(line, "r");
	ck_assert_ptr_nonnull(f);
	text = read_all(f);
	status = pclose(f);
	ck_assert_msg(status == 0, "%s: status %x: %s", line, (unsigned) status, text);
	(void) unlink(path);
	free(line);
	free(path);
	return text;
}

size_t harness_control(struct sim *sim, struct scsi_device *device, uint8_t *buffer, size_t size)
{
	size_t n = harness_page(sim, device, 0x02, buffer, size);

	ck_assert_uint_ge(n, 8);
	buffer[1] = 0;
	memset(buffer + 8, 0, n - 8);
	return n;
}

unsigned harness_count(const char *text, const char *needle)
{
	unsigned n = 0;

	for (; (text = strstr(text, needle)); text += strlen(needle))
		n++;
	return n;
}

int harness_main(const char *name, const TTest *const *tests, size_t n)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 30);
	for (size_t i = 0; i < n; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
