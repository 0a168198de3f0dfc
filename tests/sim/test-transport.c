/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The simulated transport blocks, waits, times out and fails as SG_IO does.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/sim/harness.h"

#define TWO_IOMS "[enclosure a]\nslots=4\nioms=2\ndual-path=yes\nelements=esc=ioms\n"
#define TEST_UNIT_READY "000000000000"
#define SYNCHRONIZE_CACHE "35000000000000000000"

/* A command on a thread of its own. */
struct errand {
	pthread_t thread;
	struct sim *sim;
	struct scsi_device *device;
	const char *cdb;
	unsigned timeout_s;
	struct scsi_result result;
};

static void *run_errand(void *p)
{
	struct errand *x = p;

	x->result = harness_command(x->sim, x->device, x->cdb, NULL, NULL, 0, x->timeout_s);
	return NULL;
}

static void begin(struct errand *x, struct sim *sim, const char *lu, const char *cdb,
		  unsigned timeout_s)
{
	x->sim = sim;
	x->device = harness_open(sim, lu);
	x->cdb = cdb;
	x->timeout_s = timeout_s;
	ck_assert_int_eq(pthread_create(&x->thread, NULL, run_errand, x), 0);
}

static struct scsi_result end(struct errand *x)
{
	ck_assert_int_eq(pthread_join(x->thread, NULL), 0);
	sim_transport(x->sim)->close(x->device);
	return x->result;
}

/* Until the log shows n commands that have not ended. */
static void await_pending(struct sim *sim, unsigned n)
{
	while (harness_count(harness_order(sim, "log"), " pending") != n)
		;
}

static struct scsi_result once(struct sim *sim, const char *lu, const char *cdb)
{
	struct scsi_device *device = harness_open(sim, lu);
	struct scsi_result result = harness_command(sim, device, cdb, NULL, NULL, 0, 2);

	sim_transport(sim)->close(device);
	return result;
}

START_TEST(delay)
{
	struct sim *sim = harness_sim(TWO_IOMS "delay-ms=30\n");
	uint64_t begun = clock_monotonic();

	ck_assert_int_eq(once(sim, "e0a", TEST_UNIT_READY).ending, SCSI_GOOD);
	ck_assert_uint_ge(clock_monotonic() - begun, 30 * USEC_PER_MSEC);
	harness_order(sim, "delay 1200000 lu=e0a");
	begun = clock_monotonic();
	ck_assert_int_eq(once(sim, "e0b", TEST_UNIT_READY).ending, SCSI_GOOD);
	/* a time-out of two seconds */
	ck_assert_int_eq(once(sim, "e0a", TEST_UNIT_READY).ending, SCSI_TIMEOUT);
	ck_assert_uint_ge(clock_monotonic() - begun, 2 * USEC_PER_SEC);
	(void) sim_free(sim);
}
END_TEST

START_TEST(hang_and_unhang)
{
	struct sim *sim = harness_sim(TWO_IOMS);
	struct errand x;

	harness_order(sim, "hang lu=e0s01a op=35");
	ck_assert_int_eq(once(sim, "e0s01a", TEST_UNIT_READY).ending, SCSI_GOOD);
	begin(&x, sim, "e0s01a", SYNCHRONIZE_CACHE, 30);
	await_pending(sim, 1);
	/* the other port is another device */
	ck_assert_int_eq(once(sim, "e0s01b", SYNCHRONIZE_CACHE).ending, SCSI_GOOD);
	harness_order(sim, "unhang");
	ck_assert_int_eq(end(&x).ending, SCSI_GOOD);
	ck_assert_int_eq(once(sim, "e0s01a", SYNCHRONIZE_CACHE).ending, SCSI_GOOD);
	(void) sim_free(sim);
}
END_TEST

START_TEST(hang_ends_as_a_time_out)
{
	struct sim *sim = harness_sim(TWO_IOMS);
	struct scsi_result result;

	harness_order(sim, "hang 1 lu=e0a");
	result = once(sim, "e0a", TEST_UNIT_READY);
	ck_assert_int_eq(result.ending, SCSI_TIMEOUT);
	ck_assert_uint_eq(result.host_status, 3);
	ck_assert_int_eq(once(sim, "e0a", TEST_UNIT_READY).ending, SCSI_GOOD);
	ck_assert_uint_eq(harness_count(harness_order(sim, "log"), " timeout "), 1);
	(void) sim_free(sim);
}
END_TEST

/* The daemon ends without waiting for a command that hangs, and so must what it runs on. */
START_TEST(ends_under_a_command)
{
	struct sim *sim = harness_sim(TWO_IOMS);
	struct errand errand;

	harness_order(sim, "hang 1 lu=e0a");
	begin(&errand, sim, "e0a", TEST_UNIT_READY, 2);
	await_pending(sim, 1);
	ck_assert_ptr_eq(sim_free(sim), sim);
	ck_assert_int_eq(end(&errand).ending, SCSI_TIMEOUT);
	ck_assert_ptr_null(sim_free(sim));
}
END_TEST

START_TEST(one_command_at_a_time)
{
	struct sim *sim = harness_sim(TWO_IOMS);
	struct errand first, second;

	harness_order(sim, "hang 1 lu=e0a");
	begin(&first, sim, "e0a", TEST_UNIT_READY, 30);
	await_pending(sim, 1);
	begin(&second, sim, "e0a", TEST_UNIT_READY, 1);
	ck_assert_int_eq(end(&second).ending, SCSI_TIMEOUT); /* behind the first */
	begin(&second, sim, "e0a", TEST_UNIT_READY, 30);
	await_pending(sim, 2);
	harness_order(sim, "unhang");
	ck_assert_int_eq(end(&first).ending, SCSI_GOOD);
	ck_assert_int_eq(end(&second).ending, SCSI_GOOD);
	(void) sim_free(sim);
}
END_TEST

START_TEST(pulled_under_a_command)
{
	struct sim *sim = harness_sim(TWO_IOMS);
	struct scsi_device *held = harness_open(sim, "e0s02a");
	struct scsi_result result;
	struct errand x;

	harness_order(sim, "hang lu=e0s02a");
	begin(&x, sim, "e0s02a", TEST_UNIT_READY, 30);
	await_pending(sim, 1);
	harness_order(sim, "pull 2");
	result = end(&x);
	ck_assert_int_eq(result.ending, SCSI_TRANSPORT);
	ck_assert_uint_eq(result.host_status, 1);
	result = harness_command(sim, held, TEST_UNIT_READY, NULL, NULL, 0, 2);
	ck_assert_int_eq(result.ending, SCSI_OS);
	ck_assert_int_eq(result.os_error, ENODEV);
	/* back again, but not for those who had it open */
	harness_order(sim, "unhang");
	harness_order(sim, "insert 2");
	ck_assert_int_eq(once(sim, "e0s02a", TEST_UNIT_READY).ending, SCSI_GOOD);
	result = harness_command(sim, held, TEST_UNIT_READY, NULL, NULL, 0, 2);
	ck_assert_int_eq(result.os_error, ENODEV);
	sim_transport(sim)->close(held);
	(void) sim_free(sim);
}
END_TEST

START_TEST(nodes)
{
	struct sim *sim = harness_sim(TWO_IOMS);
	struct transport *t = sim_transport(sim);
	struct scsi_device *device = NULL;

	ck_assert_int_eq(t->open(t, "/dev/sg999", &device), -ENODEV);
	ck_assert_int_eq(t->open(t, "/dev/sdzz", &device), -ENODEV);
	ck_assert_int_eq(t->open(t, "/etc/passwd", &device), -ENODEV);
	ck_assert_ptr_null(device);
	ck_assert_int_eq(t->open(t, "/dev/sda", &device), 0);
	t->close(device);
	(void) sim_free(sim);
}
END_TEST

START_TEST(offline)
{
	struct sim *sim = harness_sim(TWO_IOMS);
	struct transport *t = sim_transport(sim);
	struct scsi_device *device = NULL;
	struct scsi_result result;

	harness_order(sim, "kstate e0s00a offline");
	result = once(sim, "e0s00a", TEST_UNIT_READY);
	ck_assert_int_eq(result.ending, SCSI_OS);
	ck_assert_int_eq(result.os_error, ENXIO);
	ck_assert_int_eq(t->open(t, "/dev/sda", &device), -ENXIO);
	ck_assert_int_eq(once(sim, "e0s00b", TEST_UNIT_READY).ending, SCSI_GOOD);
	(void) sim_free(sim);
}
END_TEST

START_TEST(rules)
{
	struct sim *sim = harness_sim(TWO_IOMS);
	struct scsi_device *e = harness_open(sim, "e0a");
	struct scsi_result result;
	uint8_t page[512];

	harness_order(sim, "fail 1 sense=0b/47/00");
	result = harness_command(sim, e, "1c0102020000", page, NULL, 512, 2);
	ck_assert_int_eq(result.ending, SCSI_SENSE);
	ck_assert_uint_eq(result.key, 0x0b);
	ck_assert_uint_eq(result.sense[2], 0x0b);
	ck_assert_uint_gt(harness_page(sim, e, 0x02, page, sizeof(page)), 8);

	harness_order(sim, "fail 1 status=08 page=0a");
	ck_assert_uint_gt(harness_page(sim, e, 0x02, page, sizeof(page)), 8);
	result = harness_command(sim, e, "1c010a020000", page, NULL, 512, 2);
	ck_assert_int_eq(result.ending, SCSI_STATUS);
	ck_assert_uint_eq(result.status, 0x08);

	harness_order(sim, "fail -1 lu=e0b transport");
	ck_assert_int_eq(once(sim, "e0b", TEST_UNIT_READY).ending, SCSI_TRANSPORT);
	ck_assert_int_eq(once(sim, "e0b", TEST_UNIT_READY).ending, SCSI_TRANSPORT);
	ck_assert_int_eq(once(sim, "e0a", TEST_UNIT_READY).ending, SCSI_GOOD);
	harness_order(sim, "ok");
	ck_assert_int_eq(once(sim, "e0b", TEST_UNIT_READY).ending, SCSI_GOOD);

	harness_order(sim, "busy 2");
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(harness_page(sim, e, 0x01, page, sizeof(page)), 4);
		ck_assert_uint_eq(page[0], 0x09);
		ck_assert_uint_eq(page[1] & 1, 1);
	}
	ck_assert_uint_gt(harness_page(sim, e, 0x01, page, sizeof(page)), 4);
	sim_transport(sim)->close(e);
	(void) sim_free(sim);
}
END_TEST

/* Done, but the answer got lost: the control page has been taken. */
START_TEST(lost_answer)
{
	struct sim *sim = harness_sim(TWO_IOMS);
	struct scsi_device *e = harness_open(sim, "e0a");
	uint8_t page[512];
	size_t n = harness_control(sim, e, page, sizeof(page));

	memcpy(page + 12, "\x80\x00\x02\x00", 4);
	harness_order(sim, "fail 1 op=1d lost");
	ck_assert_int_eq(harness_send(sim, e, page, n).ending, SCSI_TRANSPORT);
	ck_assert_uint_eq(harness_page(sim, e, 0x02, page, sizeof(page)), n);
	ck_assert_mem_eq(page + 12, "\x01\x00\x02\x00", 4);
	sim_transport(sim)->close(e);
	(void) sim_free(sim);
}
END_TEST

START_TEST(unit_attentions)
{
	struct sim *sim = harness_sim(TWO_IOMS);
	struct scsi_result result;

	harness_order(sim, "ua 29/00 n=2");
	harness_order(sim, "ua 3f/0e");
	for (unsigned i = 0; i < 3; i++) {
		result = once(sim, "e0a", TEST_UNIT_READY);
		ck_assert_int_eq(result.ending, SCSI_SENSE);
		ck_assert_uint_eq(result.key, 6);
		ck_assert_uint_eq(result.asc, i < 2 ? 0x29 : 0x3f);
	}
	ck_assert_int_eq(once(sim, "e0a", TEST_UNIT_READY).ending, SCSI_GOOD);
	ck_assert_int_eq(once(sim, "e0b", TEST_UNIT_READY).ending, SCSI_GOOD);
	(void) sim_free(sim);
}
END_TEST

START_TEST(the_log)
{
	struct sim *sim = harness_sim(TWO_IOMS);
	const char *log;

	harness_order(sim, "fail 1 op=00 sense=02/04/01");
	(void) once(sim, "e0s03b", TEST_UNIT_READY);
	(void) once(sim, "e0s03b", "1b0000000000");
	log = harness_order(sim, "log");
	ck_assert_ptr_nonnull(strstr(log,
				     "e0s03b  TEST_UNIT_READY cdb=000000000000 got=0 status=02 "
				     "sense=02/04/01"));
	ck_assert_ptr_nonnull(strstr(log, "START_STOP_UNIT(start=0) cdb=1b0000000000 got=0 "
					  "status=00"));
	ck_assert_ptr_nonnull(strstr(harness_order(sim, "count"), "e0s03b commands=2 failed=1"));
	harness_order(sim, "log clear");
	ck_assert_ptr_null(strstr(harness_order(sim, "log"), "cdb="));
	(void) sim_free(sim);
}
END_TEST

#define BUSY_THREADS 8
#define BUSY_COMMANDS 200

static void *busy_thread(void *p)
{
	struct errand *x = p;

	for (unsigned i = 0; i < BUSY_COMMANDS; i++)
		(void) harness_command(x->sim, x->device, x->cdb, NULL, NULL, 0, 5);
	return NULL;
}

/* Threads send while disks come and go: for the thread sanitizer. */
START_TEST(many_threads)
{
	struct sim *sim = harness_sim(TWO_IOMS);
	struct errand x[BUSY_THREADS];

	for (unsigned i = 0; i < BUSY_THREADS; i++) {
		char lu[16];

		(void) snprintf(lu, sizeof(lu), "e0s%02u%c", i / 2, i % 2 ? 'b' : 'a');
		x[i].sim = sim;
		x[i].device = harness_open(sim, lu);
		x[i].cdb = TEST_UNIT_READY;
		ck_assert_int_eq(pthread_create(&x[i].thread, NULL, busy_thread, &x[i]), 0);
	}
	for (unsigned i = 0; i < 20; i++) {
		harness_order(sim, "pull %u", i % 4);
		harness_order(sim, "insert %u", i % 4);
	}
	for (unsigned i = 0; i < BUSY_THREADS; i++) {
		ck_assert_int_eq(pthread_join(x[i].thread, NULL), 0);
		sim_transport(sim)->close(x[i].device);
	}
	ck_assert_ptr_null(strstr(harness_order(sim, "log"), " pending"));
	(void) sim_free(sim);
}
END_TEST

HARNESS_MAIN("sim/transport", delay, hang_and_unhang, hang_ends_as_a_time_out, ends_under_a_command,
	     one_command_at_a_time, pulled_under_a_command, nodes, offline, rules, lost_answer,
	     unit_attentions, the_log, many_threads)
