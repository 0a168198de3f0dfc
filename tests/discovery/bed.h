/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A mocked sysfs and monitor (umockdev) and a listener that notes what it is told: a handful of
 * devices, one thread, no nodes opened, which is what umockdev does well.  A header, so that
 * each test program has what it uses.
 */
#pragma once

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-event.h>
#include <umockdev.h>
#include <unistd.h>

#include "base/macro.h"
#include "discovery/discovery.h"

#define EXPANDER "/devices/pci0000:00/0000:00:03.0/host7/port-7:0/expander-7:0"
#define END_DEVICE EXPANDER "/port-7:0:1/end_device-7:0:1"
#define DISK END_DEVICE "/target7:0:1/7:0:1:0"
#define SHELF EXPANDER "/port-7:0:0/end_device-7:0:0/target7:0:0/7:0:0:0"

static UMockdevTestbed *bed;
static sd_event *event;
static struct discovery *discovery;

/* What the listener was told. */
static struct device *present[32];
static unsigned n_present, n_gone;
static char *gone_path;
static char story[64]; /* "+" and "-" in order */

static inline void on_present(void *userdata, struct device *device)
{
	ck_assert_ptr_eq(userdata, story);
	ck_assert_uint_lt(n_present, 32);
	present[n_present++] = device;
	strcat(story, "+");
}

static inline void on_gone(void *userdata, const char *syspath)
{
	ck_assert_ptr_eq(userdata, story);
	free(gone_path);
	gone_path = strdup(syspath);
	n_gone++;
	strcat(story, "-");
}

static inline void forget(void)
{
	while (n_present > 0)
		device_free(present[--n_present]);
	n_gone = 0;
	story[0] = '\0';
}

static inline void add(const char *text)
{
	GError *error = NULL;

	ck_assert_msg(umockdev_testbed_add_from_string(bed, text, &error), "%s",
		      error ? error->message : "");
}

static inline void add_end_device(const char *protocols)
{
	char text[512];

	(void) snprintf(text, sizeof(text),
			"P: " END_DEVICE "/sas_device/end_device-7:0:1\nE: SUBSYSTEM=sas_device\n"
			"A: sas_address=0x50a1ab0000100001\\n\n"
			"A: target_port_protocols=%s\\n\n\n",
			protocols);
	add(text);
}

static inline void add_scsi(const char *path, const char *type, const char *more)
{
	char text[2048];

	(void) snprintf(text, sizeof(text),
			"P: %s\nE: SUBSYSTEM=scsi\nE: DEVTYPE=scsi_device\nA: type=%s\\n\n"
			"A: state=running\\n\n%s\n",
			path, type, more);
	add(text);
}

static inline void add_block(const char *path, const char *name, const char *more)
{
	char text[2048];

	(void) snprintf(text, sizeof(text),
			"P: %s/block/%s\nN: %s\nE: SUBSYSTEM=block\nE: DEVTYPE=disk\nE: "
			"DEVNAME=/dev/%s\n%s\n",
			path, name, name, name, more);
	add(text);
}

static inline void add_sg(const char *path, const char *name)
{
	char text[2048];

	/* With contents it is a plain file; else umockdev asks for a terminal, and not every
	 * build machine has those. */
	(void) snprintf(text, sizeof(text),
			"P: %s/scsi_generic/%s\nN: %s=00\nE: SUBSYSTEM=scsi_generic\nE: "
			"DEVNAME=/dev/%s\n\n",
			path, name, name, name);
	add(text);
}

static inline void add_disk(void)
{
	add_end_device("ssp");
	add_scsi(DISK, "0",
		 "H: inquiry=000005021F\n"
		 "H: vpd_pg80=0080000441424344\n"
		 "H: vpd_pg83=00830000\n"
		 "H: vpd_pgb1=00B1003C\n");
	add_sg(DISK, "sg92");
	add_block(DISK, "sdzza",
		  "E: DEVLINKS=/dev/disk/by-id/wwn-0x50a1 /dev/disk/by-path/pci-a-lun-0\n"
		  "E: ID_PATH=pci-a-lun-0\nE: ID_BUS=scsi\nE: ID_SERIAL_SHORT=0a1ab\n"
		  "A: size=131072\\n\nA: queue/rotational=1\\n\n");
}

static inline void start(void)
{
	const struct discovery_listener listener = { on_present, on_gone, story };

	ck_assert_int_eq(discovery->start(discovery, event, &listener), 0);
}

/* Runs the loop until `turns` turns in a row had nothing to do; events arrive within a millisecond.
 */
static inline void run(void)
{
	for (unsigned idle = 0; idle < 3;)
		idle = sd_event_run(event, 50000) > 0 ? 0 : idle + 1;
}

static inline void uevent(const char *path, const char *action)
{
	char syspath[512];

	(void) snprintf(syspath, sizeof(syspath), "/sys%s", path);
	umockdev_testbed_uevent(bed, syspath, action);
}

static inline void remove_tree(const char *path)
{
	char syspath[512];

	uevent(path, "remove");
	(void) snprintf(syspath, sizeof(syspath), "/sys%s", path);
	umockdev_testbed_remove_device(bed, syspath);
}

static inline void setup(void)
{
	bed = umockdev_testbed_new();
	ck_assert_msg(umockdev_in_mock_environment(), "run under umockdev-wrapper");
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(discovery_udev_new(&discovery), 0);
}

static inline void teardown(void)
{
	forget();
	free(gone_path);
	gone_path = NULL;
	discovery = discovery->free(discovery);
	ck_assert_ptr_null(discovery);
	event = sd_event_unref(event);
	g_object_unref(bed);
}

/* A path in the mocked /sys as the file system has it, for changes without a uevent. */
static inline const char *mocked(const char *path)
{
	static char full[2048];
	char *root = umockdev_testbed_get_root_dir(bed);

	(void) snprintf(full, sizeof(full), "%s/sys%s", root, path);
	g_free(root);
	return full;
}

static inline void add_map(const char *name, const char *uuid, const char *more)
{
	char text[2048];

	(void) snprintf(text, sizeof(text),
			"P: /devices/virtual/block/%s\nN: %s\nE: SUBSYSTEM=block\nE: DEVTYPE=disk\n"
			"E: DEVNAME=/dev/%s\n%sA: dm/uuid=%s\\n\n\n",
			name, name, name, more, uuid);
	add(text);
	(void) snprintf(text, sizeof(text), "/devices/virtual/block/%s/slaves", name);
	ck_assert_int_eq(mkdir(mocked(text), 0755), 0);
}

static inline void add_slave(const char *map, const char *slave)
{
	char text[2048];

	(void) snprintf(text, sizeof(text), "/devices/virtual/block/%s/slaves/%s", map, slave);
	ck_assert_int_eq(symlink("anywhere", mocked(text)), 0);
}

/* The fixture's program: every test of the case on a bed of its own. */
static inline int bed_run(const char *name, void (*add_tests)(TCase *tc))
{
	Suite *suite = suite_create(name);
	TCase *tc = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	add_tests(tc);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
