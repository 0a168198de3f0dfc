/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Coming and going, as the simulated discovery tells of it.
 */
#include <stdlib.h>
#include <string.h>

#include "discovery/discovery.h"
#include "tests/sim/events.h"

#define BOX "[enclosure a]\nslots=4\nioms=2\ndual-path=yes\ndisks=0-2\ndual-actuator=2\n"

/* A device as discovery describes it, by its address. */
static struct device *look(struct events *b, const char *address)
{
	struct discovery *d = sim_discovery(b->sim);
	char path[64];

	(void) snprintf(path, sizeof(path), "/sys/devices/simulated/%s", address);
	return d->look(d, path);
}

/* 0:0:0:0 and 1:0:0:0 are the IOMs. */
START_TEST(all_that_is_there)
{
	struct events b;

	events_setup(&b, BOX);
	expect_events(&b, "+ 0:0:0:0 enclosure", "+ 1:0:0:0 enclosure", "+ 0:0:1:0 /dev/sda",
		      "+ 1:0:1:0 /dev/sdb", "+ 0:0:2:0 /dev/sdc", "+ 1:0:2:0 /dev/sdd",
		      "+ 0:0:3:0 /dev/sde", "+ 0:0:3:1 /dev/sdf", "+ 1:0:3:0 /dev/sdg",
		      "+ 1:0:3:1 /dev/sdh");
	/* again, on demand */
	ck_assert_int_eq(sim_discovery(b.sim)->enumerate(sim_discovery(b.sim)), 0);
	ck_assert_uint_eq(b.n, 10);
	events_teardown(&b);
}
END_TEST

START_TEST(pulled_and_put_back)
{
	struct events b;

	events_setup(&b, BOX);
	events_forget(&b);
	harness_order(b.sim, "pull 0");
	expect_events(&b, "- 0:0:1:0", "- 1:0:1:0");
	ck_assert_ptr_null(look(&b, "0:0:1:0"));
	ck_assert(harness_order_fails(b.sim, "pull 0"));
	harness_order(b.sim, "insert 0");
	/* another target, and not the name it had */
	expect_events(&b, "+ 0:0:4:0 /dev/sdb", "+ 1:0:4:0 /dev/sda");
	ck_assert(harness_order_fails(b.sim, "insert 0"));
	events_teardown(&b);
}
END_TEST

START_TEST(another_disk)
{
	struct device *before, *after;
	struct events b;

	events_setup(&b, BOX);
	before = look(&b, "0:0:1:0");
	harness_order(b.sim, "pull 0");
	harness_order(b.sim, "insert 0 new");
	after = look(&b, "0:0:4:0");
	ck_assert_ptr_nonnull(after);
	ck_assert_uint_ne(after->sas_address, before->sas_address);
	(void) device_free(after);
	/* to another bay: the disk keeps what it is */
	harness_order(b.sim, "pull 0");
	harness_order(b.sim, "insert 3 from=0");
	after = look(&b, "0:0:5:0");
	ck_assert_ptr_nonnull(after);
	ck_assert_uint_ne(after->sas_address, before->sas_address);
	(void) device_free(after);
	(void) device_free(before);
	ck_assert(harness_order_fails(b.sim, "insert 0 from=0"));
	events_teardown(&b);
}
END_TEST

START_TEST(device_off)
{
	struct scsi_device *e, *other;
	uint8_t page[512];
	struct events b;
	size_t n;

	events_setup(&b, BOX "power-needs-all=yes\n");
	events_forget(&b);
	e = harness_open(b.sim, "e0a");
	other = harness_open(b.sim, "e0b");
	n = harness_control(b.sim, e, page, sizeof(page));
	memcpy(page + 12, "\x80\x00\x00\x10", 4);
	ck_assert_int_eq(harness_send(b.sim, e, page, n).ending, SCSI_GOOD);
	events_expect(&b, NULL, 0);
	ck_assert_int_eq(harness_send(b.sim, other, page, n).ending, SCSI_GOOD);
	expect_events(&b, "- 0:0:1:0", "- 1:0:1:0");
	page[15] = 0;
	ck_assert_int_eq(harness_send(b.sim, e, page, n).ending, SCSI_GOOD);
	expect_events(&b, "+ 0:0:4:0 /dev/sdb", "+ 1:0:4:0 /dev/sda");
	sim_transport(b.sim)->close(e);
	sim_transport(b.sim)->close(other);
	events_teardown(&b);
}
END_TEST

START_TEST(iom_with_its_paths)
{
	struct events b;

	events_setup(&b, BOX);
	events_forget(&b);
	harness_order(b.sim, "detach e0b all");
	expect_events(&b, "- 1:0:0:0", "- 1:0:1:0", "- 1:0:2:0", "- 1:0:3:0", "- 1:0:3:1");
	harness_order(b.sim, "attach e0b");
	expect_events(&b, "+ 1:0:4:0 enclosure");
	harness_order(b.sim, "detach e0s01a");
	expect_events(&b, "- 0:0:2:0");
	harness_order(b.sim, "power a off");
	ck_assert_uint_eq(harness_count(harness_order(b.sim, "lus"), " attached "), 0);
	harness_order(b.sim, "power a on");
	ck_assert_uint_eq(harness_count(harness_order(b.sim, "lus"), " attached "), 10);
	events_teardown(&b);
}
END_TEST

START_TEST(events_held_back)
{
	struct events b;

	events_setup(&b, BOX);
	events_forget(&b);
	harness_order(b.sim, "events hold");
	harness_order(b.sim, "pull 1");
	events_expect(&b, NULL, 0);
	harness_order(b.sim, "events release");
	expect_events(&b, "- 0:0:2:0", "- 1:0:2:0");
	events_teardown(&b);
}
END_TEST

START_TEST(late_address)
{
	uint8_t page[1024], address[8];
	struct scsi_device *e;
	struct events b;

	events_setup(&b, BOX);
	e = harness_open(b.sim, "e0a");
	ck_assert_uint_gt(harness_page(b.sim, e, 0x0a, page, sizeof(page)), 60);
	memcpy(address, page + 8 + 8 + 12, 8);
	harness_order(b.sim, "late 100");
	harness_order(b.sim, "pull 0");
	harness_order(b.sim, "insert 0");
	ck_assert_uint_gt(harness_page(b.sim, e, 0x0a, page, sizeof(page)), 60);
	ck_assert_mem_eq(page + 8 + 8 + 12, "\0\0\0\0\0\0\0\0", 8);
	do /* the case's time-out is the limit */
		ck_assert_uint_gt(harness_page(b.sim, e, 0x0a, page, sizeof(page)), 60);
	while (memcmp(page + 8 + 8 + 12, address, 8) != 0);
	sim_transport(b.sim)->close(e);
	events_teardown(&b);
}
END_TEST

START_TEST(names_of_nodes)
{
	static const struct {
		const char *name;
		unsigned paths;
	} rows[] = {
		{ "sda", 1 },	    { "/dev/sda", 1 }, { "/dev/sda3", 1 }, { "sdx", 0 },
		{ "/dev/sdaa", 0 }, { "/dev/sg0", 0 }, { "", 0 },
	};
	struct discovery *d;
	struct device *disk;
	struct events b;
	char **paths;

	events_setup(&b, BOX);
	d = sim_discovery(b.sim);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		paths = d->resolve_node(d, rows[i].name);
		ck_assert_msg((paths != NULL) == (rows[i].paths > 0), "%s", rows[i].name);
		for (char **p = paths; p && *p; p++)
			free(*p);
		free(paths);
	}
	/* both paths have the by-id link */
	disk = look(&b, "0:0:2:0");
	paths = d->resolve_node(d, disk->links[0]);
	ck_assert_ptr_nonnull(paths);
	ck_assert_str_eq(events_address(paths[0]), "0:0:2:0");
	ck_assert_str_eq(events_address(paths[1]), "1:0:2:0");
	ck_assert_ptr_null(paths[2]);
	free(paths[0]);
	free(paths[1]);
	free(paths);
	(void) device_free(disk);
	events_teardown(&b);
}
END_TEST

HARNESS_MAIN("sim/plug", all_that_is_there, pulled_and_put_back, another_disk, device_off,
	     iom_with_its_paths, events_held_back, late_address, names_of_nodes)
