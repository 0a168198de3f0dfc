/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Simulated disks: who they say they are, as sg_inq and sg_vpd read it, and
 * their motors.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/rack.h"
#include "tests/sim/harness.h"

#define BOX "[enclosure a]\nslots=4\nioms=2\ndual-path=yes\nsata=2\ndual-actuator=3\n"

/* A page of INQUIRY data through a tool of sg3_utils. */
static char *decoded(struct sim *sim, const char *lu, const char *cdb, const char *tool)
{
	struct scsi_device *device = harness_open(sim, lu);
	char path[] = "/tmp/vdsd-inq-XXXXXX", *line, *text = sim_alloc(8192, 1);
	uint8_t b[252];
	struct scsi_result result = harness_command(sim, device, cdb, b, NULL, sizeof(b), 2);
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	ck_assert_int_eq(result.ending, SCSI_GOOD);
	for (size_t i = 0; i < result.got; i++)
		fprintf(f, "%02x\n", b[i]);
	ck_assert_int_eq(fclose(f), 0);
	line = sim_format("%s --inhex=%s 2>&1", tool, path);
	f = popen(line, "r");
	ck_assert_ptr_nonnull(f);
	(void) fread(text, 1, 8191, f);
	ck_assert_msg(pclose(f) == 0, "%s: %s", line, text);
	(void) unlink(path);
	free(line);
	sim_transport(sim)->close(device);
	return text;
}

static struct scsi_result once(struct sim *sim, const char *lu, const char *cdb)
{
	struct scsi_device *device = harness_open(sim, lu);
	struct scsi_result result = harness_command(sim, device, cdb, NULL, NULL, 0, 5);

	sim_transport(sim)->close(device);
	return result;
}

#define has(text, needle) ck_assert_msg(strstr(text, needle) != NULL, "%s: %s", needle, text)
static void is_sense(struct scsi_result result, unsigned key, unsigned asc, unsigned ascq)
{
	ck_assert_msg(result.ending == SCSI_SENSE && result.key == key && result.asc == asc &&
			      result.ascq == ascq,
		      "%02x/%02x/%02x", result.key, result.asc, result.ascq);
}

START_TEST(identity)
{
	struct sim *sim = harness_sim(BOX "logical-id=50ace0a123456789\n"
					  "[disk x]\nin=a:1\nserial=ABC123\nwwn=50ace0affff00000\n"
					  "vendor=ACME\nproduct=SPINNER\nrotation=10000\n");
	char *text = decoded(sim, "e0s01b", "12000000fc00", "sg_inq");

	has(text, "Vendor identification: ACME");
	has(text, "Product identification: SPINNER");
	has(text, "PDT=0");
	has(text, "MultiP=1");
	free(text);
	text = decoded(sim, "e0s01b", "12018000fc00", "sg_vpd");
	has(text, "Unit serial number: ABC123");
	free(text);
	text = decoded(sim, "e0s01b", "12018300fc00", "sg_vpd");
	has(text, "0x50ace0affff00000"); /* unit */
	has(text, "0x50ace0affff00002"); /* port B */
	has(text, "0x50ace0affff00003"); /* target device */
	has(text, "Relative target port: 0x2");
	free(text);
	text = decoded(sim, "e0s01a", "1201b100fc00", "sg_vpd");
	has(text, "Nominal rotation rate: 10000 rpm");
	free(text);
	text = decoded(sim, "e0b", "12000000fc00", "sg_inq");
	has(text, "PDT=13");
	has(text, "EncServ=1");
	free(text);
	(void) sim_free(sim);
}
END_TEST

START_TEST(sata_identity)
{
	struct sim *sim = harness_sim(BOX);
	char *text = decoded(sim, "e0s02a", "12018300fc00", "sg_vpd");

	has(text, "vendor id: ATA");
	ck_assert_ptr_null(strstr(text, "Target device that contains"));
	free(text);
	ck_assert_ptr_null(strstr(harness_order(sim, "lus"), "e0s02b"));
	(void) sim_free(sim);
}
END_TEST

START_TEST(names_make_addresses)
{
	struct sim *one = harness_sim(BOX), *same = harness_sim(BOX);
	char *lus = sim_copy(harness_order(one, "lus"));

	ck_assert_str_eq(lus, harness_order(same, "lus"));
	ck_assert_ptr_nonnull(strstr(lus, "=50ace0a"));
	free(lus);
	(void) sim_free(one);
	(void) sim_free(same);
}
END_TEST

START_TEST(motor)
{
	struct sim *sim = harness_sim(BOX);

	ck_assert_int_eq(once(sim, "e0s00a", "000000000000").ending, SCSI_GOOD);
	ck_assert_int_eq(once(sim, "e0s00a", "1b0000000000").ending, SCSI_GOOD);
	/* stopped, through whatever port */
	is_sense(once(sim, "e0s00b", "000000000000"), 2, 0x04, 0x02);
	ck_assert_int_eq(once(sim, "e0s00b", "35000000000000000000").ending, SCSI_GOOD);
	ck_assert_int_eq(once(sim, "e0s00b", "1b0000000100").ending, SCSI_GOOD);
	ck_assert_int_eq(once(sim, "e0s00a", "000000000000").ending, SCSI_GOOD);
	has(harness_order(sim, "disks"), "0:0 running");
	has(harness_order(sim, "disks"), "syncs=1 starts=1 stops=1 other=0 forbidden=0");
	(void) sim_free(sim);
}
END_TEST

START_TEST(spin_up_with_progress)
{
	struct sim *sim = harness_sim(BOX);
	struct scsi_result result;
	unsigned before, after;

	harness_order(sim, "spin 300");
	ck_assert_int_eq(once(sim, "e0s00a", "1b0000000000").ending, SCSI_GOOD);
	ck_assert_int_eq(once(sim, "e0s00a", "1b0100000100").ending, SCSI_GOOD);
	result = once(sim, "e0s00a", "000000000000");
	is_sense(result, 2, 0x04, 0x01);
	ck_assert_uint_eq(result.sense[15] & 0x80, 0x80);
	before = (unsigned) result.sense[16] << 8 | result.sense[17];
	has(harness_order(sim, "disks"), "0:0 starting");
	do {
		result = once(sim, "e0s00a", "000000000000");
		after = (unsigned) result.sense[16] << 8 | result.sense[17];
		if (result.ending == SCSI_SENSE)
			ck_assert_uint_ge(after, before);
	} while (result.ending != SCSI_GOOD);
	/* without IMMED the command itself takes that long */
	ck_assert_int_eq(once(sim, "e0s00a", "1b0000000000").ending, SCSI_GOOD);
	ck_assert_int_eq(once(sim, "e0s00a", "1b0000000100").ending, SCSI_GOOD);
	ck_assert_int_eq(once(sim, "e0s00a", "000000000000").ending, SCSI_GOOD);
	(void) sim_free(sim);
}
END_TEST

START_TEST(two_actuators)
{
	struct sim *sim = harness_sim(BOX);

	ck_assert_int_eq(once(sim, "e0s03a.1", "1b0000000000").ending, SCSI_GOOD);
	is_sense(once(sim, "e0s03b.1", "000000000000"), 2, 0x04, 0x02);
	ck_assert_int_eq(once(sim, "e0s03a", "000000000000").ending, SCSI_GOOD);
	has(harness_order(sim, "disks"), "0:3.1 stopped");
	(void) sim_free(sim);
}
END_TEST

START_TEST(power_mode_of_sata)
{
	struct sim *sim = harness_sim(BOX "[disk boot]\nbus=ahci\n");
	static const char check[] = "8506200000000000000000000000e500";
	struct scsi_result result = once(sim, "e0s02a", check);

	is_sense(result, 1, 0x00, 0x1d);
	ck_assert_uint_eq(result.sense[0], 0x72);
	ck_assert_uint_eq(result.sense[8], 0x09);
	ck_assert_uint_eq(result.sense[13], 0xff);
	ck_assert_int_eq(once(sim, "boota", "1b0000000000").ending, SCSI_GOOD);
	result = once(sim, "boota", check);
	ck_assert_uint_eq(result.sense[13], 0x00);
	/* libata answers by itself */
	ck_assert_int_eq(once(sim, "boota", "000000000000").ending, SCSI_GOOD);
	is_sense(once(sim, "e0s00a", check), 5, 0x20, 0x00);
	(void) sim_free(sim);
}
END_TEST

START_TEST(capacity)
{
	struct sim *sim = harness_sim(BOX "disk-size=1T\n");
	struct scsi_device *device = harness_open(sim, "e0s00a");
	struct scsi_result result;
	uint8_t b[32];

	result = harness_command(sim, device,
				 "9e10000000000000000000000020"
				 "0000",
				 b, NULL, sizeof(b), 2);
	ck_assert_int_eq(result.ending, SCSI_GOOD);
	/* 10^12 / 512 - 1 */
	ck_assert_mem_eq(b, "\x00\x00\x00\x00\x74\x6a\x52\x87\x00\x00\x02\x00", 12);
	sim_transport(sim)->close(device);
	(void) sim_free(sim);
}
END_TEST

START_TEST(data_is_never_touched)
{
	static const char *const cdbs[] = {
		"2a000000000000000100",
		"04000000000000000000",
		"42000000000000001800",
		"8a000000000000000000000000010000",
	};
	struct sim *sim = harness_sim(BOX);

	for (size_t i = 0; i < sizeof(cdbs) / sizeof(cdbs[0]); i++)
		is_sense(once(sim, "e0s00a", cdbs[i]), 7, 0x27, 0x00);
	has(harness_order(sim, "disks"), "forbidden=4");
	(void) sim_free(sim);
}
END_TEST

HARNESS_MAIN("sim/disk", identity, sata_identity, names_make_addresses, motor,
	     spin_up_with_progress, two_actuators, power_mode_of_sata, capacity,
	     data_is_never_touched)
