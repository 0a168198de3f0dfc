/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libsgutils2 with a kernel that answers as told: this program's ioctl() is the
 * one the library calls.  The node is /dev/null, a character device that is not
 * sg's, for which the library uses the same v3 interface as for sg nodes.
 *
 * The table is that of ses.md 6.2, whose helpers report success for half of it.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <scsi/sg.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/macro.h"
#include "scsi/command.h"
#include "tests/lib/guard.h"

static struct {
	int error; /* of ioctl() itself */
	uint8_t status;
	unsigned short host, driver;
	const uint8_t *sense;
	size_t sense_length;
	const uint8_t *data;
	size_t data_length;
	int resid; /* -1: what data leaves over */
} script;

static struct sg_io_hdr seen;
static uint8_t seen_cdb[16], seen_out[512];
static unsigned n_seen;
static int seen_fd;

static void answer(struct sg_io_hdr *h)
{
	seen = *h;
	memcpy(seen_cdb, h->cmdp, h->cmd_len);
	if (h->dxfer_direction == SG_DXFER_TO_DEV)
		memcpy(seen_out, h->dxferp,
		       h->dxfer_len < sizeof(seen_out) ? h->dxfer_len : sizeof(seen_out));

	h->status = script.status;
	h->host_status = script.host;
	h->driver_status = script.driver;
	if (script.sense != NULL) {
		memcpy(h->sbp, script.sense, script.sense_length);
		h->sb_len_wr = (unsigned char) script.sense_length;
	}
	if (h->dxfer_direction == SG_DXFER_FROM_DEV && script.data != NULL)
		memcpy(h->dxferp, script.data, script.data_length);
	h->resid = script.resid >= 0 ? script.resid : (int) h->dxfer_len - (int) script.data_length;
}

int ioctl(int fd, unsigned long request, ...)
{
	struct sg_io_hdr *h;
	va_list ap;

	va_start(ap, request);
	h = va_arg(ap, struct sg_io_hdr *);
	va_end(ap);
	if (request != SG_IO || fd < 0) {
		errno = ENOTTY;
		return -1;
	}
	n_seen++;
	seen_fd = fd;
	if (script.error != 0) {
		seen = *h;
		errno = script.error;
		return -1;
	}
	answer(h);
	return 0;
}

static struct transport *transport;
static struct scsi_device *device;
static struct scsi_result result;
static uint8_t buffer[256];

static void setup(void)
{
	memset(&script, 0, sizeof(script));
	transport = scsi_sgutils();
	ck_assert_int_eq(transport->open(transport, "/dev/null", &device), 0);
	n_seen = 0;
	memset(buffer, 0xee, sizeof(buffer));
}

static void teardown(void)
{
	transport->close(device);
}

static const uint8_t page[] = { 0x02, 0x00, 0x00, 0x08, 0, 0, 0, 7, 0x01, 0, 0, 0 };
static const uint8_t transfer_failure[18] = { 0x70, 0, 0x4, [7] = 10, [12] = 0x35, 0x03 };
static const uint8_t unsupported[18] = { 0x70, 0, 0x5, [7] = 10, [12] = 0x35, 0x01 };
static const uint8_t recovered[18] = { 0x70, 0, 0x1, [7] = 10, [12] = 0x17, 0x00 };
static const uint8_t attention[8] = { 0x72, 0x6, 0x29, 0x00 };
static const uint8_t stale[8] = { 0x72, 0x5, 0x26, 0x00 };

#define SENSE(s) .status = 0x02, .sense = s, .sense_length = sizeof(s)

static const struct {
	int error;
	unsigned short host, driver;
	uint8_t status;
	const uint8_t *sense;
	size_t sense_length;
	enum scsi_ending ending;
	enum scsi_verdict verdict;
} rows[] = {
	{ .host = 3, .ending = SCSI_TIMEOUT, .verdict = SCSI_TIMED_OUT },
	{ .host = 1, .ending = SCSI_TRANSPORT, .verdict = SCSI_PATH_FAILED },
	{ .host = 4, .ending = SCSI_TRANSPORT, .verdict = SCSI_PATH_FAILED },
	{ .host = 7, .ending = SCSI_TRANSPORT, .verdict = SCSI_PATH_FAILED },
	{ .host = 2, .ending = SCSI_TRANSPORT, .verdict = SCSI_TRY_AGAIN },
	{ .driver = 6, .ending = SCSI_TRANSPORT, .verdict = SCSI_PATH_FAILED },
	{ .status = 0x10, .ending = SCSI_STATUS, .verdict = SCSI_FAILED },
	{ .status = 0x08, .ending = SCSI_STATUS, .verdict = SCSI_TRY_AGAIN },
	{ .status = 0x18, .ending = SCSI_STATUS, .verdict = SCSI_CONFLICT },
	{ .status = 0x28, .ending = SCSI_STATUS, .verdict = SCSI_TRY_AGAIN },
	{ .status = 0x40, .ending = SCSI_STATUS, .verdict = SCSI_TRY_AGAIN },
	{ SENSE(transfer_failure), .ending = SCSI_SENSE, .verdict = SCSI_TRY_AGAIN },
	{ SENSE(unsupported), .ending = SCSI_SENSE, .verdict = SCSI_UNSUPPORTED },
	{ SENSE(recovered), .ending = SCSI_SENSE, .verdict = SCSI_DONE },
	{ SENSE(attention), .ending = SCSI_SENSE, .verdict = SCSI_ATTENTION },
	{ SENSE(stale), .ending = SCSI_SENSE, .verdict = SCSI_STALE },
	{ SENSE(stale), .driver = 8, .ending = SCSI_SENSE, .verdict = SCSI_STALE },
	{ .status = 0x02, .ending = SCSI_SENSE, .verdict = SCSI_FAILED },
	{ .driver = 8, .ending = SCSI_SENSE, .verdict = SCSI_FAILED },
	{ .error = ENODEV, .ending = SCSI_OS, .verdict = SCSI_GONE },
	{ .error = ENXIO, .ending = SCSI_OS, .verdict = SCSI_GONE },
	{ .error = EPERM, .ending = SCSI_OS, .verdict = SCSI_REFUSED },
	{ .error = EACCES, .ending = SCSI_OS, .verdict = SCSI_REFUSED },
	{ .error = ENOMEM, .ending = SCSI_OS, .verdict = SCSI_NO_MEMORY },
	{ .error = EINTR, .ending = SCSI_OS, .verdict = SCSI_TRY_AGAIN },
	{ .error = EBUSY, .ending = SCSI_OS, .verdict = SCSI_TRY_AGAIN },
	{ .error = EAGAIN, .ending = SCSI_OS, .verdict = SCSI_TRY_AGAIN },
	{ .error = EIO, .ending = SCSI_OS, .verdict = SCSI_FAILED },
	{ .error = ENOTTY, .ending = SCSI_OS, .verdict = SCSI_FAILED },
	{ .error = ETIMEDOUT, .ending = SCSI_OS, .verdict = SCSI_TIMED_OUT },
	{ .ending = SCSI_GOOD, .verdict = SCSI_DONE },
};

static void play(unsigned i)
{
	memset(&script, 0, sizeof(script));
	script.error = rows[i].error;
	script.host = rows[i].host;
	script.driver = rows[i].driver;
	script.status = rows[i].status;
	script.sense = rows[i].sense;
	script.sense_length = rows[i].sense_length;
}

static void check_row(unsigned i, enum scsi_verdict verdict)
{
	ck_assert_int_eq(verdict, rows[i].verdict);
	ck_assert_int_eq(result.ending, rows[i].ending);
	ck_assert_int_eq(result.os_error, rows[i].error);
	ck_assert_uint_eq(result.host_status, rows[i].host);
	ck_assert_uint_eq(result.sense_length, rows[i].sense_length);
	if (rows[i].sense != NULL)
		ck_assert_mem_eq(result.sense, rows[i].sense, rows[i].sense_length);
	if (rows[i].ending == SCSI_STATUS)
		ck_assert_uint_eq(result.status, rows[i].status);
}

START_TEST(what_the_kernel_says)
{
	play((unsigned) _i);
	check_row((unsigned) _i, scsi_receive_diagnostic(transport, device, 2, buffer,
							 sizeof(buffer), 20, &result));
	/* Never what was in the buffer before. */
	for (size_t i = 0; i < sizeof(buffer); i++)
		ck_assert_uint_eq(buffer[i], 0);
	play((unsigned) _i);
	check_row((unsigned) _i,
		  scsi_send_diagnostic(transport, device, page, sizeof(page), 20, &result));
	check_row((unsigned) _i, scsi_test_unit_ready(transport, device, 20, &result));
	/* Once each: who tries again is somebody else. */
	ck_assert_uint_eq(n_seen, 3);
}
END_TEST

/* One object for all commands: nothing of one is left in the next. */
START_TEST(one_after_another)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		for (unsigned k = 0; k < ARRAY_SIZE(rows); k++) {
			play(i);
			(void) scsi_test_unit_ready(transport, device, 20, &result);
			play(k);
			check_row(k, scsi_test_unit_ready(transport, device, 20, &result));
		}
	}
}
END_TEST

START_TEST(data_in)
{
	static const uint8_t cdb[] = { 0x1c, 0x01, 0x02, 0x01, 0x00, 0x00 };

	script.data = page;
	script.data_length = sizeof(page);
	script.resid = -1;
	ck_assert_int_eq(
		scsi_receive_diagnostic(transport, device, 2, buffer, sizeof(buffer), 20, &result),
		SCSI_DONE);
	ck_assert_uint_eq(result.got, sizeof(page));
	ck_assert_mem_eq(buffer, page, sizeof(page));
	for (size_t i = sizeof(page); i < sizeof(buffer); i++)
		ck_assert_uint_eq(buffer[i], 0);

	ck_assert_int_eq(seen.interface_id, 'S');
	ck_assert_int_eq(seen.dxfer_direction, SG_DXFER_FROM_DEV);
	ck_assert_uint_eq(seen.dxfer_len, sizeof(buffer));
	ck_assert_uint_eq(seen.timeout, 20000);
	ck_assert_uint_ge(seen.mx_sb_len, 64);
	ck_assert_uint_eq(seen.cmd_len, sizeof(cdb));
	ck_assert_mem_eq(seen_cdb, cdb, sizeof(cdb));
	/* What an NVMe node needs. */
	ck_assert_uint_eq((uintptr_t) seen.dxferp % (unsigned long) sysconf(_SC_PAGESIZE), 0);
}
END_TEST

START_TEST(residuals_that_lie)
{
	static const int resids[] = { 0, 1, 255, 256, 257, 100000 };
	static const size_t got[] = { 256, 255, 1, 0, 256, 256 };

	for (unsigned i = 0; i < ARRAY_SIZE(resids); i++) {
		script.resid = resids[i];
		ck_assert_int_eq(scsi_receive_diagnostic(transport, device, 2, buffer,
							 sizeof(buffer), 20, &result),
				 SCSI_DONE);
		ck_assert_uint_eq(result.got, got[i]);
	}
}
END_TEST

START_TEST(recovered_errors_have_data)
{
	play(13);
	ck_assert_ptr_eq(script.sense, recovered);
	script.data = page;
	script.data_length = sizeof(page);
	script.resid = -1;
	ck_assert_int_eq(
		scsi_receive_diagnostic(transport, device, 2, buffer, sizeof(buffer), 20, &result),
		SCSI_DONE);
	ck_assert_uint_eq(result.got, sizeof(page));
	ck_assert_mem_eq(buffer, page, sizeof(page));
}
END_TEST

START_TEST(data_out)
{
	static const uint8_t cdb[] = { 0x1d, 0x10, 0x00, 0x00, sizeof(page), 0x00 };

	ck_assert_int_eq(scsi_send_diagnostic(transport, device, guarded(page, sizeof(page)),
					      sizeof(page), 7, &result),
			 SCSI_DONE);
	ck_assert_uint_eq(result.got, 0);
	ck_assert_int_eq(seen.dxfer_direction, SG_DXFER_TO_DEV);
	ck_assert_uint_eq(seen.dxfer_len, sizeof(page));
	ck_assert_uint_eq(seen.timeout, 7000);
	ck_assert_mem_eq(seen_out, page, sizeof(page));
	ck_assert_mem_eq(seen_cdb, cdb, sizeof(cdb));
}
END_TEST

START_TEST(no_data)
{
	static const uint8_t cdb[16] = { 0x91 };

	ck_assert_int_eq(scsi_synchronize_cache(transport, device, true, 120, &result), SCSI_DONE);
	ck_assert_int_eq(seen.dxfer_direction, SG_DXFER_NONE);
	ck_assert_uint_eq(seen.dxfer_len, 0);
	ck_assert_uint_eq(seen.timeout, 120000);
	ck_assert_uint_eq(seen.cmd_len, 16);
	ck_assert_mem_eq(seen_cdb, cdb, sizeof(cdb));
}
END_TEST

/* 0 would mean the library's default, and a great number overflow. */
START_TEST(time_outs_are_what_was_asked)
{
	(void) scsi_test_unit_ready(transport, device, 0, &result);
	ck_assert_uint_eq(seen.timeout, 1000);
	(void) scsi_test_unit_ready(transport, device, 4000000000U, &result);
	ck_assert_uint_eq(seen.timeout, 86400000);
}
END_TEST

START_TEST(large_pages)
{
	uint8_t *large = malloc(65535);

	memset(large, 0xee, 65535);
	ck_assert_int_eq(scsi_receive_diagnostic(transport, device, 1, large, 65535, 20, &result),
			 SCSI_DONE);
	ck_assert_uint_eq(seen.dxfer_len, 65535);
	ck_assert_uint_eq(result.got, 65535);
	ck_assert_uint_eq(large[65534], 0);
	free(large);
}
END_TEST

START_TEST(nodes)
{
	char file[] = "/tmp/vdsd-test-node.XXXXXX";
	struct scsi_device *d = NULL;
	int fd = mkstemp(file);

	ck_assert_int_ge(fd, 0);
	(void) close(fd);
	ck_assert_int_eq(transport->open(transport, "/dev/vdsd-no-such-node", &d), -ENOENT);
	ck_assert_int_eq(transport->open(transport, file, &d), -ENODEV);
	ck_assert_int_eq(transport->open(transport, "/tmp", &d), -EISDIR);
	ck_assert_ptr_null(d);
	transport->close(NULL);
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_uint_eq(n_seen, 0);
}
END_TEST

START_TEST(descriptors_are_not_inherited_nor_blocking)
{
	int flags;

	(void) scsi_test_unit_ready(transport, device, 20, &result);
	flags = fcntl(seen_fd, F_GETFL);
	ck_assert_int_eq(flags & O_ACCMODE, O_RDWR);
	ck_assert(flags & O_NONBLOCK);
	ck_assert(fcntl(seen_fd, F_GETFD) & FD_CLOEXEC);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scsi/sgutils");
	TCase *tc = tcase_create("sgutils");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, what_the_kernel_says, 0, ARRAY_SIZE(rows));
	tcase_add_test(tc, one_after_another);
	tcase_add_test(tc, data_in);
	tcase_add_test(tc, residuals_that_lie);
	tcase_add_test(tc, recovered_errors_have_data);
	tcase_add_test(tc, data_out);
	tcase_add_test(tc, no_data);
	tcase_add_test(tc, time_outs_are_what_was_asked);
	tcase_add_test(tc, large_pages);
	tcase_add_test(tc, nodes);
	tcase_add_test(tc, descriptors_are_not_inherited_nor_blocking);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
