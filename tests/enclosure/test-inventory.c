/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What devices become: chassis, ways, drives, units, and which disk sits where, whatever comes
 * first, late, twice, or goes and returns (dbus-api.md section 2; ses.md 5.3; peers.md C.1, C.6).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/enclosure/fake-bed.h"

#define PORT 0x5000c50011110000ULL /* of the disk in bay 0; the next bay has 16 more */
#define NAA 0x5000c50022220000ULL  /* its unit; its target has 8 more */

static struct fake_shelf *shelf;
static struct chassis *chassis;

static uint64_t port(unsigned bay)
{
	return PORT + 16 * bay;
}

static struct device *disk_of(unsigned bay)
{
	char serial[32];

	(void) snprintf(serial, sizeof(serial), "SERIAL%02u", bay);
	return fake_disk(bay, 0, NAA + 16 * bay, NAA + 16 * bay + 8, port(bay), serial);
}

static struct drive *drive_of(unsigned bay)
{
	char id[32];

	(void) snprintf(id, sizeof(id), "%016llx", (unsigned long long) (NAA + 16 * bay + 8));
	return inventory_find_drive(bed.inventory, id);
}

/* n bays with disks of which the enclosure knows; the devices are still to be plugged. */
static void make(unsigned bays, unsigned ways)
{
	shelf = bed_shelf(bays, ways);
	for (unsigned i = 0; i < bays; i++)
		fake_insert(fake_bay(shelf, i), port(i));
}

static void begin(unsigned bays, unsigned ways)
{
	make(bays, ways);
	for (unsigned i = 0; i < bays; i++)
		fake_plug(&bed.tree, disk_of(i));
	bed_start();
	chassis = bed_chassis(BED_EID);
	bed_forget();
	fake_count(shelf);
}

static void all_seated(unsigned bays)
{
	for (unsigned i = 0; i < bays; i++) {
		struct drive *drive = drive_of(i);

		ck_assert_ptr_nonnull(drive);
		ck_assert_ptr_nonnull(drive->slot);
		ck_assert_uint_eq(drive->slot->index, i);
		ck_assert_ptr_eq(drive->slot->drive, drive);
	}
}

/* ---- what comes first --------------------------------------------------------------- */

START_TEST(order_of_arrival_changes_nothing)
{
	for (unsigned order = 0; order < 6; order++) {
		struct device *ways[2];

		bed_setup_again();
		shelf = fake_shelf(&bed.world, 0x50aa000000000001, "ACME", "BOX");
		for (unsigned w = 0; w < 2; w++)
			ways[w] = fake_way(
				fake_iom(shelf, w ? "/dev/sg1" : "/dev/sg0", BED_ADDRESS + w),
				900 - w);
		fake_fill(shelf, 4);
		shelf->ioms[1].slots_reversed = true;
		for (unsigned i = 0; i < 4; i++)
			fake_insert(fake_bay(shelf, i), port(i));
		if (order < 3)
			bed_start();
		for (unsigned step = 0; step < 3; step++) {
			unsigned what = (step + order) % 3;

			if (what < 2) {
				fake_plug(&bed.tree, ways[order % 2 ? 1 - what : what]);
			} else {
				for (unsigned i = 0; i < 4; i++)
					fake_plug(&bed.tree, disk_of(3 - i));
			}
			if (order < 3)
				bed_settle();
		}
		if (order >= 3)
			bed_start();
		chassis = bed_chassis(BED_EID);
		ck_assert_uint_eq(bed_count(inventory_chassis(bed.inventory)), 1);
		ck_assert_uint_eq(chassis->n_ways, 2);
		ck_assert_uint_eq(chassis->n_slots, 4);
		ck_assert_str_eq(container_of(chassis->ways.next, struct way, link)->key,
				 "5000c0de00000010");
		for (unsigned i = 0; i < 4; i++) {
			char label[16];

			(void) snprintf(label, sizeof(label), "SLOT %02u", i);
			ck_assert_str_eq(bed_slot(chassis, i)->label, label);
			ck_assert_int_eq(bed_slot(chassis, i)->element_of[0], (int) i + 1);
			ck_assert_int_eq(bed_slot(chassis, i)->element_of[1], 4 - (int) i);
			ck_assert_uint_eq(bed_slot(chassis, i)->n_addresses, 2);
		}
		all_seated(4);
		ck_assert_uint_eq(bed_count(inventory_drives(bed.inventory)), 4);
		ck_assert_uint_eq(bed_count(inventory_units(bed.inventory)), 4);
	}
}
END_TEST

START_TEST(all_is_known_when_it_is_said_to_be)
{
	make(4, 2);
	for (unsigned i = 0; i < 4; i++)
		fake_plug(&bed.tree, disk_of(i));
	bed_start();
	/* ready was the last word, and nothing came after */
	bed_until(bed.ready);
	chassis = bed_chassis(BED_EID);
	ck_assert_uint_eq(chassis->n_ways, 2);
	all_seated(4);
	ck_assert_uint_eq(bed_told("added chassis " BED_EID), 1);
	ck_assert_uint_eq(bed_told("added slot " BED_EID ":3"), 1);
	ck_assert_uint_eq(bed_told("added way 5000c0de00000011"), 1);
}
END_TEST

START_TEST(nothing_there_is_an_inventory_too)
{
	bed_start();
	ck_assert(list_empty(inventory_chassis(bed.inventory)));
}
END_TEST

/* ---- ports and paths -------------------------------------------------------------------- */

START_TEST(any_port_ties_a_disk_to_its_bay)
{
	struct device *device;

	make(4, 2);
	/* bay 0: seen at the port that the second IOM lists */
	device = disk_of(0);
	device->sas_address = port(0) + 1;
	fake_plug(&bed.tree, device);
	/* bay 1: no transport class, page 83h names the port */
	device = disk_of(1);
	device->sas_address = 0;
	fake_names(device, NAA + 16, NAA + 24, port(1) + 1);
	fake_plug(&bed.tree, device);
	/* bay 2: two paths, one unit, one drive */
	fake_plug(&bed.tree, disk_of(2));
	device = disk_of(2);
	free(device->syspath);
	device->syspath = strdup("/sys/devices/fake/target50/0:0:50:0");
	device->target = 50;
	device->sas_address = port(2) + 1;
	fake_plug(&bed.tree, device);
	bed_start();
	chassis = bed_chassis(BED_EID);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_ptr_eq(bed_slot(chassis, i)->drive, drive_of(i));
	ck_assert_ptr_null(bed_slot(chassis, 3)->drive);
	ck_assert_uint_eq(drive_of(2)->n_units, 1);
	ck_assert_uint_eq(container_of(drive_of(2)->units.next, struct unit, of_drive)->n_paths, 2);
	ck_assert_uint_eq(drive_of(2)->n_addresses, 2);

	/* One path goes: the same objects. */
	bed_forget();
	fake_pull(&bed.tree, "/sys/devices/fake/target50/0:0:50:0");
	bed_settle();
	ck_assert_ptr_eq(bed_slot(chassis, 2)->drive, drive_of(2));
	for (unsigned i = 0; i < bed.n_told; i++)
		ck_assert_ptr_null(strstr(bed.told[i], "removing"));
}
END_TEST

START_TEST(two_actuators_are_one_drive)
{
	for (unsigned named = 0; named < 2; named++)
		for (unsigned order = 0; order < 2; order++) {
			uint64_t target = named ? NAA + 8 : 0;
			struct drive *drive;

			bed_setup_again();
			make(2, 1);
			bed_start();
			for (unsigned i = 0; i < 2; i++) {
				unsigned lun = order ? 1 - i : i;

				fake_plug(&bed.tree,
					  fake_disk(5, lun, NAA + lun, target, port(1), "ONE"));
				bed_settle();
			}
			ck_assert_uint_eq(bed_count(inventory_drives(bed.inventory)), 1);
			ck_assert_uint_eq(bed_count(inventory_units(bed.inventory)), 2);
			drive = inventory_find_drive(bed.inventory, named ? "5000c50022220008"
									  : "5000c50022220000");
			ck_assert_ptr_nonnull(drive);
			ck_assert_uint_eq(drive->n_units, 2);
			ck_assert_uint_eq(drive->size, 2000000000);
			ck_assert_ptr_eq(drive->slot, bed_slot(bed_chassis(BED_EID), 1));
			fake_pull_at(&bed.tree, 5, 0);
			bed_settle();
			ck_assert_ptr_eq(drive->slot, bed_slot(bed_chassis(BED_EID), 1));
			ck_assert_uint_eq(drive->n_units, 1);
			fake_pull_at(&bed.tree, 5, 1);
			bed_settle();
			ck_assert(list_empty(inventory_drives(bed.inventory)));
			ck_assert_ptr_null(bed_slot(bed_chassis(BED_EID), 1)->drive);
		}
}
END_TEST

/* Units of a RAID system behind one port: each has a serial number, none is another's half. */
START_TEST(units_that_are_no_twins_are_drives_of_their_own)
{
	for (unsigned order = 0; order < 2; order++) {
		bed_setup_again();
		bed_start();
		for (unsigned i = 0; i < 3; i++) {
			unsigned lun = order ? 2 - i : i;
			char serial[8];

			(void) snprintf(serial, sizeof(serial), "LUN%u", lun);
			fake_plug(&bed.tree, fake_disk(5, lun, NAA + lun, 0, port(0), serial));
			bed_settle();
		}
		ck_assert_uint_eq(bed_count(inventory_drives(bed.inventory)), 3);
		for (unsigned lun = 0; lun < 3; lun++) {
			char id[32];

			(void) snprintf(id, sizeof(id), "%016llx",
					(unsigned long long) (NAA + lun));
			ck_assert_ptr_nonnull(inventory_find_drive(bed.inventory, id));
		}
	}
}
END_TEST

/* A second unit that claims the same id, and the second path of either. */
START_TEST(clones_are_told_apart)
{
	static const uint64_t ports[4] = { 0x50000001, 0x50000011, 0x50000002, 0x50000012 };
	struct unit *first, *second;

	bed_start();
	for (unsigned i = 0; i < 4; i++) {
		fake_plug(&bed.tree, fake_disk(i, 0, NAA, 0, ports[i], i % 2 ? "BBB" : "AAA"));
		bed_settle();
	}
	ck_assert_uint_eq(bed_count(inventory_units(bed.inventory)), 2);
	ck_assert_uint_eq(bed_count(inventory_drives(bed.inventory)), 2);
	first = inventory_find_unit(bed.inventory, "5000c50022220000");
	second = inventory_find_unit(bed.inventory, "5000c50022220000_0000000050000011");
	ck_assert(first && second);
	ck_assert_uint_eq(first->n_paths, 2);
	ck_assert_uint_eq(second->n_paths, 2);
	ck_assert_str_eq(first->serial, "AAA");
	ck_assert_str_eq(second->serial, "BBB");
	ck_assert_ptr_ne(first->drive, second->drive);
	ck_assert_str_eq(second->drive->id, second->id);
}
END_TEST

START_TEST(drives_with_one_target_name_are_told_apart)
{
	bed_start();
	for (unsigned i = 0; i < 3; i++) {
		char serial[8];

		(void) snprintf(serial, sizeof(serial), "S%u", i);
		fake_plug(&bed.tree, fake_disk(i, 0, NAA + i, 0x5000000000000abc,
					       i < 2 ? 0x50000001 + i : 0, serial));
	}
	bed_settle();
	/* the third has no SAS address: it is no drive at all */
	ck_assert_uint_eq(bed_count(inventory_drives(bed.inventory)), 2);
	ck_assert_ptr_nonnull(inventory_find_drive(bed.inventory, "5000000000000abc"));
	ck_assert_ptr_nonnull(
		inventory_find_drive(bed.inventory, "5000000000000abc_0000000050000002"));
}
END_TEST

/* ses.md 5.3: the address is the bay's, whoever sits in it. */
START_TEST(a_sata_disk_is_tied_by_the_address_of_its_bay)
{
	struct device *device;
	struct drive *drive;

	make(2, 1);
	device = fake_disk(3, 0, NAA, 0, port(1), "SATA1");
	device->sata = true;
	fake_plug(&bed.tree, device);
	bed_start();
	chassis = bed_chassis(BED_EID);
	drive = inventory_find_drive(bed.inventory, "5000c50022220000");
	ck_assert_ptr_nonnull(drive);
	ck_assert_ptr_eq(bed_slot(chassis, 1)->drive, drive);
	ck_assert_uint_eq(drive->bus_type, 11);

	/* swapped for another: same address, same syspath even */
	device = fake_disk(3, 0, NAA + 1, 0, port(1), "SATA2");
	device->sata = true;
	fake_plug(&bed.tree, device);
	bed_settle();
	ck_assert_ptr_null(inventory_find_drive(bed.inventory, "5000c50022220000"));
	drive = inventory_find_drive(bed.inventory, "5000c50022220001");
	ck_assert_ptr_nonnull(drive);
	ck_assert_ptr_eq(bed_slot(chassis, 1)->drive, drive);
	ck_assert_ptr_eq(inventory_last_slot(bed.inventory, "SATA1"), bed_slot(chassis, 1));
}
END_TEST

START_TEST(a_disk_whose_address_udev_learns_late_is_a_drive_then)
{
	struct device *device;

	make(2, 1);
	device = disk_of(1);
	device->sas_address = 0;
	fake_plug(&bed.tree, device);
	bed_start();
	ck_assert(list_empty(inventory_drives(bed.inventory)));
	ck_assert_uint_eq(bed_count(inventory_units(bed.inventory)), 1);
	fake_plug(&bed.tree, disk_of(1));
	bed_settle();
	ck_assert_ptr_eq(bed_slot(bed_chassis(BED_EID), 1)->drive, drive_of(1));
}
END_TEST

/* peers.md C.6: the same address at two host adapters. */
START_TEST(a_disk_is_looked_for_in_its_own_domain_first)
{
	struct fake_shelf *other;
	struct device *device;

	make(2, 1);
	other = bed_shelf(2, 1);
	fake_insert(fake_bay(other, 0), port(1));
	device = fake_copy(fake_planted(&bed.tree, 890, 0));
	device->sas_domain = 2;
	fake_plug(&bed.tree, device);
	device = disk_of(1);
	device->sas_domain = 2;
	fake_plug(&bed.tree, device);
	bed_start();
	ck_assert_ptr_eq(bed_slot(bed_chassis("50aa000000000002"), 0)->drive, drive_of(1));
	ck_assert_ptr_null(bed_slot(bed_chassis(BED_EID), 1)->drive);

	/* of a third domain: nobody knows, and nobody guesses */
	device = disk_of(1);
	device->sas_domain = 3;
	fake_plug(&bed.tree, device);
	bed_settle();
	ck_assert_ptr_null(drive_of(1)->slot);
}
END_TEST

/* ---- disks that move ------------------------------------------------------------------------ */

START_TEST(disks_change_places_and_bays_stay)
{
	struct component *bays[4];
	struct drive *first;

	begin(4, 2);
	for (unsigned i = 0; i < 4; i++)
		bays[i] = bed_slot(chassis, i);
	first = drive_of(0);
	/* both disks of bays 0 and 3 out, and in the other way round */
	fake_insert(fake_bay(shelf, 0), port(3));
	fake_insert(fake_bay(shelf, 3), port(0));
	fake_set(fake_bay(shelf, 0), 0, 0x10, 0x10);
	fake_plug(&bed.tree, disk_of(0));
	inventory_refresh(bed.inventory, bed_done, NULL);
	bed_until(bed.done == 1);
	bed_settle();
	ck_assert_ptr_eq(drive_of(0), first);
	ck_assert_ptr_eq(drive_of(0)->slot, bays[3]);
	ck_assert_ptr_eq(drive_of(3)->slot, bays[0]);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_ptr_eq(bed_slot(chassis, i), bays[i]);
	for (unsigned i = 0; i < bed.n_told; i++) {
		ck_assert_ptr_null(strstr(bed.told[i], "moving"));
		ck_assert_ptr_null(strstr(bed.told[i], "removing"));
	}
}
END_TEST

/* The same in a shelf that neither numbers nor names its bays. */
START_TEST(a_disk_does_not_take_a_nameless_bay_with_it)
{
	struct component *bays[4];

	make(4, 1);
	for (unsigned i = 0; i < 4; i++) {
		fake_bay(shelf, i)->number = -1;
		fake_text(fake_bay(shelf, i), "");
		fake_plug(&bed.tree, disk_of(i));
	}
	bed_start();
	chassis = bed_chassis(BED_EID);
	for (unsigned i = 0; i < 4; i++)
		bays[i] = bed_slot(chassis, i);
	fake_insert(fake_bay(shelf, 0), port(3));
	fake_insert(fake_bay(shelf, 3), port(0));
	for (unsigned full = 0; full < 2; full++) {
		if (full)
			inventory_reenumerate(bed.inventory, NULL, bed_done, NULL);
		else
			inventory_refresh(bed.inventory, bed_done, NULL);
		bed_until(bed.done == full + 1);
		bed_settle();
		ck_assert_ptr_eq(drive_of(0)->slot, bays[3]);
		for (unsigned i = 0; i < 4; i++)
			ck_assert_ptr_eq(bed_slot(chassis, i), bays[i]);
	}
}
END_TEST

START_TEST(a_disk_that_is_gone_is_found_where_it_sat)
{
	static const char *const names[] = { "SERIAL02", "5000c50022220028", "0x5000c50022220028",
					     "naa.5000c50022220028", "5000c50011110020" };

	begin(4, 1);
	fake_pull_at(&bed.tree, 2, 0);
	fake_empty(fake_bay(shelf, 2));
	bed_pass(11);
	ck_assert_ptr_null(drive_of(2));
	ck_assert_ptr_null(bed_slot(chassis, 2)->drive);
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		ck_assert_ptr_eq(inventory_last_slot(bed.inventory, names[i]),
				 bed_slot(chassis, 2));
	ck_assert_ptr_null(inventory_last_slot(bed.inventory, "SERIAL99"));
	ck_assert_ptr_null(inventory_last_slot(bed.inventory, ""));

	/* It comes back elsewhere, and goes again. */
	fake_empty(fake_bay(shelf, 1));
	fake_pull_at(&bed.tree, 1, 0);
	fake_insert(fake_bay(shelf, 1), port(2));
	fake_clock_advance(2 * USEC_PER_SEC);
	fake_plug(&bed.tree, disk_of(2));
	bed_pass(11);
	ck_assert_ptr_eq(drive_of(2)->slot, bed_slot(chassis, 1));
	fake_pull_at(&bed.tree, 2, 0);
	bed_settle();
	ck_assert_ptr_eq(inventory_last_slot(bed.inventory, "SERIAL02"), bed_slot(chassis, 1));
}
END_TEST

/* peers.md C.1: numbers that repeat. */
START_TEST(a_bay_whose_number_repeats_is_remembered_by_its_place)
{
	make(6, 1);
	for (unsigned i = 0; i < 6; i++) {
		fake_bay(shelf, i)->number = (int) i / 3;
		fake_plug(&bed.tree, disk_of(i));
	}
	bed_start();
	chassis = bed_chassis(BED_EID);
	fake_pull_at(&bed.tree, 5, 0);
	bed_settle();
	ck_assert_ptr_eq(inventory_last_slot(bed.inventory, "SERIAL05"), bed_slot(chassis, 5));
}
END_TEST

/* ---- late addresses -----------------------------------------------------------------------------
 */

START_TEST(an_address_that_shows_seconds_later_is_found)
{
	for (unsigned late = 1; late <= 9; late += 4) {
		bed_setup_again();
		begin(4, 1);
		fake_pull_at(&bed.tree, 2, 0);
		fake_empty(fake_bay(shelf, 2));
		bed_pass(30);
		bed_pass(30);
		/* the disk is there, the bay says so, the address is not listed yet */
		fake_insert(fake_bay(shelf, 2), 0);
		fake_bay(shelf, 2)->device_type = 0;
		fake_plug(&bed.tree, disk_of(2));
		bed_settle();
		ck_assert_ptr_null(drive_of(2)->slot);
		for (unsigned s = 0; s < late; s++)
			bed_pass(1);
		fake_insert(fake_bay(shelf, 2), port(2));
		for (unsigned s = 0; s < 9; s++)
			bed_pass(1);
		ck_assert_ptr_eq(drive_of(2)->slot, bed_slot(chassis, 2));
	}
}
END_TEST

/* When the back-off has ended, the regular poll finds it. */
START_TEST(an_address_that_shows_a_minute_later_is_found_by_a_poll)
{
	begin(4, 1);
	fake_pull_at(&bed.tree, 2, 0);
	fake_insert(fake_bay(shelf, 2), 0);
	fake_bay(shelf, 2)->device_type = 0;
	fake_plug(&bed.tree, disk_of(2));
	for (unsigned i = 0; i < 10; i++)
		bed_pass(6);
	ck_assert_ptr_null(drive_of(2)->slot);
	fake_insert(fake_bay(shelf, 2), port(2));
	bed_pass(11);
	ck_assert_ptr_eq(drive_of(2)->slot, bed_slot(chassis, 2));
	/* and then a poll is one command again */
	for (unsigned i = 0; i < 5; i++)
		bed_pass(6);
	fake_count(shelf);
	for (unsigned i = 0; i < 6; i++)
		bed_pass(10);
	ck_assert_uint_eq(shelf->ioms[0].reads[0x0a], 0);
	ck_assert_uint_le(shelf->commands, 7);
	ck_assert_uint_ge(shelf->commands, 5);
}
END_TEST

START_TEST(a_disk_that_sits_in_no_shelf_costs_no_reading)
{
	begin(4, 1);
	fake_plug(&bed.tree, fake_disk(50, 0, NAA + 0x1000, 0, 0x5000000012345678, "INTERNAL"));
	for (unsigned i = 0; i < 5; i++)
		bed_pass(6);
	fake_count(shelf);
	for (unsigned i = 0; i < 6; i++)
		bed_pass(10);
	ck_assert_uint_eq(shelf->ioms[0].reads[0x0a], 0);
}
END_TEST

START_TEST(a_disk_that_the_page_drops_first_leaves_its_bay)
{
	begin(4, 1);
	fake_empty(fake_bay(shelf, 1));
	bed_pass(11);
	ck_assert_ptr_null(bed_slot(chassis, 1)->drive);
	ck_assert_ptr_nonnull(drive_of(1));
	ck_assert_ptr_null(drive_of(1)->slot);
	fake_pull_at(&bed.tree, 1, 0);
	bed_settle();
	ck_assert_ptr_null(drive_of(1));
}
END_TEST

static void flicker(struct fake_shelf *s, _unused_ void *userdata)
{
	struct fake_element *bay = s->types[0].elements[1];

	bay->status[0][0] = bay->target[0][0] = bay->status[0][0] == 1 ? 6 : 1;
}

/* A bay that shows something else each time it is looked at is not looked at ever faster. */
START_TEST(a_bay_that_flickers_does_not_flood_its_enclosure)
{
	begin(4, 1);
	shelf->happens = flicker;
	shelf->every_command = 1;
	for (unsigned i = 0; i < 60; i++)
		bed_pass(1);
	ck_assert_uint_ge(shelf->commands, 12);
	ck_assert_uint_le(shelf->commands, 200);
}
END_TEST

/* ---- chassis that share, lie, or are none
 * -------------------------------------------------------- */

static struct fake_shelf *with_id(uint64_t id, const char *product, unsigned bays, uint64_t address)
{
	struct fake_shelf *s = fake_shelf(&bed.world, id, "ACME", product);
	struct fake_iom *iom;
	char node[32];

	(void) snprintf(node, sizeof(node), "/dev/sg%u", bed.world.n_ioms);
	iom = fake_iom(s, node, address);
	fake_fill(s, bays);
	fake_plug(&bed.tree, fake_way(iom, 800 + bed.world.n_ioms));
	return s;
}

START_TEST(plainly_different_ones_share_no_object)
{
	(void) with_id(0x50aa, "ONE", 4, 0x5000000000000001);
	bed_start();
	(void) with_id(0x50aa, "TWO", 4, 0x5000000000000002);
	bed_settle();
	fake_plug(&bed.tree, fake_disk(1, 0, NAA, 0, 0, "X")); /* anything */
	bed_settle();
	ck_assert_uint_eq(bed_count(inventory_chassis(bed.inventory)), 2);
	/* the one known first keeps its path, the other has its device's */
	ck_assert_str_eq(bed_chassis("00000000000050aa")->product, "ONE");
	ck_assert_str_eq(bed_chassis("5000000000000102")->product, "TWO");

	/* other counts of elements: plainly different too */
	(void) with_id(0x50aa, "ONE", 6, 0x5000000000000003);
	bed_until(bed_count(inventory_chassis(bed.inventory)) == 3);
	ck_assert_uint_eq(bed_chassis("5000000000000103")->n_slots, 6);
	ck_assert_uint_eq(bed_chassis("00000000000050aa")->n_ways, 1);
}
END_TEST

START_TEST(zero_is_no_identifier)
{
	(void) with_id(0, "ONE", 4, 0x5000000000000001);
	(void) with_id(0, "ONE", 4, 0x5000000000000002);
	(void) with_id(0, "ONE", 4, 0);
	bed_start();
	ck_assert_uint_eq(bed_count(inventory_chassis(bed.inventory)), 3);
	(void) bed_chassis("5000000000000101");
	(void) bed_chassis("5000000000000102");
	(void) bed_chassis("0_0_803_0");
}
END_TEST

/* The other IOM has read the new configuration before the first was asked again. */
START_TEST(a_way_that_knows_the_newer_configuration_is_no_other_chassis)
{
	struct fake_element *bay;

	begin(4, 1);
	bay = fake_add(shelf, &shelf->types[0], 4);
	bay->number = 4;
	fake_text(bay, "SLOT 04");
	fake_plug(&bed.tree, fake_way(fake_iom(shelf, "/dev/sg99", BED_ADDRESS + 9), 700));
	bed_settle();
	for (unsigned i = 0; i < 4; i++)
		bed_pass(1);
	ck_assert_uint_eq(bed_count(inventory_chassis(bed.inventory)), 1);
	ck_assert_uint_eq(chassis->n_ways, 2);
	ck_assert_uint_eq(chassis->n_slots, 5);
}
END_TEST

START_TEST(short_status_only_is_a_chassis_without_bays)
{
	shelf = bed_shelf(4, 1);
	shelf->ioms[0].short_status_only = true;
	bed_start();
	ck_assert_uint_eq(bed_count(inventory_chassis(bed.inventory)), 1);
	chassis = container_of(inventory_chassis(bed.inventory)->next, struct chassis, link);
	ck_assert_uint_eq(chassis->n_slots, 0);
	ck_assert_uint_eq(chassis->status, STATUS_ONLINE);
	ck_assert_str_eq(chassis->vendor, "ACME");
	fake_count(shelf);
	bed_pass(11);
	ck_assert_str_eq(shelf->log, "A:r02 ");

	/* It was only starting: it is what it says now, under its own name. */
	shelf->ioms[0].short_status_only = false;
	bed_pass(11);
	bed_until(inventory_find_chassis(bed.inventory, BED_EID));
	ck_assert_uint_eq(bed_count(inventory_chassis(bed.inventory)), 1);
	ck_assert_uint_eq(bed_chassis(BED_EID)->n_slots, 4);
}
END_TEST

/* The first way did not answer while the second said something newer; then it does. */
START_TEST(a_way_that_was_taken_for_another_chassis_joins_later)
{
	struct fake_element *bay;
	struct fake_iom *second;

	begin(4, 1);
	fake_trouble(&shelf->ioms[0], &(struct fake_trouble){ .kind = FAKE_TRANSPORT, .a = 1 });
	fake_lock(&bed.world);
	bay = fake_add(shelf, &shelf->types[0], 4);
	bay->number = 4;
	fake_text(bay, "SLOT 04");
	fake_unlock(&bed.world);
	second = fake_iom(shelf, "/dev/sg99", BED_ADDRESS + 9);
	fake_plug(&bed.tree, fake_way(second, 700));
	for (unsigned i = 0; i < 10; i++)
		bed_pass(1);
	ck_assert_uint_eq(bed_count(inventory_chassis(bed.inventory)), 2);
	fake_no_trouble(&shelf->ioms[0]);
	bed_pass(11);
	bed_pass(1);
	ck_assert_uint_eq(bed_count(inventory_chassis(bed.inventory)), 1);
	ck_assert_ptr_eq(bed_chassis(BED_EID), chassis);
	ck_assert_uint_eq(chassis->n_ways, 2);
	ck_assert_uint_eq(chassis->n_slots, 5);
}
END_TEST

/* It keeps the name it was given, though the one it gave way to is gone. */
START_TEST(a_chassis_keeps_its_path)
{
	(void) with_id(0x50aa, "ONE", 4, 0x5000000000000001);
	bed_start();
	shelf = with_id(0x50aa, "TWO", 4, 0x5000000000000002);
	bed_settle();
	fake_pull_at(&bed.tree, 801, 0);
	shelf->generation++;
	bed_pass(11);
	bed_pass(11);
	ck_assert_uint_eq(bed_count(inventory_chassis(bed.inventory)), 1);
	ck_assert_str_eq(bed_chassis("5000000000000102")->product, "TWO");
}
END_TEST

START_TEST(a_disk_with_encserv_and_no_pages_is_only_a_disk)
{
	struct fake_shelf *none = fake_shelf(&bed.world, 1, "DELL", "MD32xxi");
	struct fake_iom *iom = fake_iom(none, "/dev/sg50", 0);
	struct device *device = disk_of(1);

	none->missing = ~0ULL;
	fake_inquiry(device, "DELL", "MD32xxi", true);
	free(device->sg_node);
	device->sg_node = strdup("/dev/sg50");
	fake_plug(&bed.tree, device);
	bed_start();
	ck_assert(list_empty(inventory_chassis(bed.inventory)));
	ck_assert_uint_eq(bed_count(inventory_units(bed.inventory)), 1);
	/* it is not asked again and again, but when somebody asks for all anew it is */
	ck_assert_uint_le(iom->commands, 3);
	fake_count(none);
	bed_pass(1000);
	device = fake_copy(fake_planted(&bed.tree, 1, 0));
	(void) snprintf(device->state, sizeof(device->state), "offline");
	fake_plug(&bed.tree, device);
	bed_settle();
	ck_assert_uint_eq(iom->commands, 0);
	none->missing = 0;
	fake_fill(none, 2);
	inventory_reenumerate(bed.inventory, NULL, bed_done, NULL);
	bed_until(bed.done == 1);
	ck_assert_uint_eq(bed_count(inventory_chassis(bed.inventory)), 1);
	ck_assert_uint_eq(bed_count(inventory_units(bed.inventory)), 1);
}
END_TEST

START_TEST(an_enclosure_without_page_01h_is_none)
{
	shelf = bed_shelf(4, 1);
	shelf->missing = 1U << 1;
	bed_start();
	ck_assert(list_empty(inventory_chassis(bed.inventory)));
	/* it is asked some more times, since one that starts may say anything, and then no more */
	for (unsigned i = 0; i < 10; i++)
		bed_pass(10);
	ck_assert_uint_le(shelf->commands, 10);
	fake_count(shelf);
	for (unsigned i = 0; i < 10; i++)
		bed_pass(100);
	ck_assert_uint_eq(shelf->commands, 0);
}
END_TEST

START_TEST(a_page_08h_while_it_starts_is_no_refusal)
{
	shelf = bed_shelf(4, 1);
	fake_trouble(&shelf->ioms[0],
		     &(struct fake_trouble){ .kind = FAKE_SHORT_PAGE, .page = 2, .times = 3 });
	bed_start();
	ck_assert(list_empty(inventory_chassis(bed.inventory)));
	for (unsigned i = 0; i < 10; i++)
		bed_pass(1);
	ck_assert_uint_eq(bed_chassis(BED_EID)->n_slots, 4);
}
END_TEST

static const struct fake_trouble starts[] = {
	{ .kind = FAKE_SENSE, .a = 2, .b = 0x04, .c = 0x01 }, /* becoming ready */
	{ .kind = FAKE_SENSE, .a = 2, .b = 0x35, .c = 0x02 },
	{ .kind = FAKE_TIMEOUT },
	{ .kind = FAKE_TRANSPORT, .a = 1 },
	{ .kind = FAKE_OS, .a = ENODEV },
	{ .kind = FAKE_BUSY_PAGE },
	{ .kind = FAKE_CUT, .page = 1, .a = 20 },
	{ .kind = FAKE_OTHER_PAGE, .page = 1, .a = 0x05 },
};

/* It starts while we do: nobody waits for it, and it is there when it is. */
START_TEST(an_enclosure_that_does_not_answer_yet_is_asked_again)
{
	for (unsigned i = 0; i < ARRAY_SIZE(starts); i++) {
		bed_setup_again();
		shelf = bed_shelf(4, 1);
		fake_trouble(&shelf->ioms[0], &starts[i]);
		bed_start();
		ck_assert(list_empty(inventory_chassis(bed.inventory)));
		fake_count(shelf);
		for (unsigned k = 0; k < 30; k++)
			bed_pass(60);
		/* each minute at most, with all the patience of a look */
		ck_assert_uint_le(shelf->commands, 36 * 12);
		fake_no_trouble(&shelf->ioms[0]);
		bed_pass(61);
		ck_assert_uint_eq(bed_chassis(BED_EID)->n_slots, 4);
	}
}
END_TEST

/* ---- coming back
 * ----------------------------------------------------------------------------------- */

START_TEST(a_shelf_that_was_away_is_the_same_again)
{
	begin(4, 2);
	for (unsigned w = 0; w < 2; w++)
		fake_pull_at(&bed.tree, 900 - w, 0);
	bed_settle();
	ck_assert(list_empty(inventory_chassis(bed.inventory)));
	ck_assert_ptr_null(drive_of(1)->slot);
	ck_assert_uint_eq(bed_told("removing slot " BED_EID ":3"), 1);
	ck_assert_uint_eq(bed_told("removing element " BED_EID ":02:1"), 1);
	ck_assert_uint_eq(bed_told("removing way 5000c0de00000010"), 1);
	ck_assert_uint_eq(bed_told("removing way 5000c0de00000011"), 1);
	ck_assert_uint_eq(bed_told("removing chassis " BED_EID), 1);
	bed_forget();
	for (unsigned w = 0; w < 2; w++) {
		fake_plug(&bed.tree, fake_way(&shelf->ioms[1 - w], 900 - (1 - w)));
		bed_settle();
	}
	chassis = bed_chassis(BED_EID);
	ck_assert(chassis->returned);
	ck_assert_uint_eq(chassis->n_ways, 2);
	ck_assert_uint_eq(bed_told("added slot " BED_EID ":3"), 1);
	ck_assert_uint_eq(bed_told("added way 5000c0de00000010"), 1);
	all_seated(4);
}
END_TEST

/* The IOM that numbered the bays is pulled; the other lists them in another order. */
START_TEST(bays_keep_their_positions_when_the_first_iom_goes)
{
	struct component *bays[6];

	make(6, 2);
	shelf->ioms[1].slots_reversed = true;
	for (unsigned i = 0; i < 6; i++) {
		struct device *device = disk_of(i);

		device->sas_address = port(i) + 1; /* its other port */
		fake_plug(&bed.tree, device);
	}
	bed_start();
	chassis = bed_chassis(BED_EID);
	bed_forget();
	for (unsigned i = 0; i < 6; i++)
		bays[i] = bed_slot(chassis, i);
	fake_pull_at(&bed.tree, 900, 0);
	for (unsigned pass = 0; pass < 3; pass++) {
		bed_settle();
		all_seated(6);
		for (unsigned i = 0; i < 6; i++) {
			ck_assert_ptr_eq(bed_slot(chassis, i), bays[i]);
			ck_assert_int_eq(bays[i]->reported, (int) i);
		}
		if (pass == 0) {
			inventory_reenumerate(bed.inventory, NULL, bed_done, NULL);
			bed_until(bed.done == 1);
		} else {
			fake_plug(&bed.tree, fake_way(&shelf->ioms[0], 900));
		}
	}
	ck_assert_int_eq(bed_light(bays[1], IDENT, 0), 0);
	ck_assert(fake_shows(fake_bay(shelf, 1), 0, FAKE_IDENT_BYTE, FAKE_IDENT));
	ck_assert_uint_eq(bed_told("removing slot " BED_EID ":0"), 0);
	ck_assert_uint_eq(bed_told("moving slot " BED_EID ":0"), 0);
}
END_TEST

START_TEST(a_way_that_returns_may_have_forgotten)
{
	begin(4, 2);
	fake_pull_at(&bed.tree, 899, 0);
	bed_settle();
	ck_assert_uint_eq(bed.resets, 0);
	fake_plug(&bed.tree, fake_way(&shelf->ioms[1], 899));
	bed_settle();
	ck_assert_uint_eq(bed.resets, 1);
}
END_TEST

START_TEST(a_reset_is_told_by_a_poll)
{
	begin(4, 1);
	fake_reset(shelf);
	fake_count(shelf);
	bed_pass(11);
	ck_assert_uint_eq(bed.resets, 1);
	/* there may be new firmware behind it */
	ck_assert_uint_eq(shelf->ioms[0].reads[0x01], 1);
	bed_pass(11);
	ck_assert_uint_eq(bed.resets, 1);
}
END_TEST

START_TEST(a_new_configuration_moves_adds_and_removes)
{
	struct component *second, *third;
	struct fake_element *bay;

	begin(4, 2);
	second = bed_slot(chassis, 1);
	third = bed_slot(chassis, 2);
	/* the first bay goes, one comes behind the second */
	fake_remove(shelf, &shelf->types[0], 0);
	bay = fake_add(shelf, &shelf->types[0], 1);
	bay->number = 17;
	fake_text(bay, "NEW");
	(void) fake_add(shelf, &shelf->types[2], 2);
	bed_pass(11);
	ck_assert_uint_eq(chassis->n_slots, 4);
	ck_assert_ptr_eq(bed_slot(chassis, 0), second);
	ck_assert_str_eq(bed_slot(chassis, 1)->label, "NEW");
	ck_assert_ptr_eq(bed_slot(chassis, 2), third);
	ck_assert_uint_eq(bed_told("removing slot " BED_EID ":0"), 1);
	ck_assert_uint_eq(bed_told("moving slot " BED_EID ":1"), 1);
	ck_assert_uint_eq(bed_told("moved slot " BED_EID ":0"), 1);
	ck_assert_uint_eq(bed_told("moving slot " BED_EID ":2"), 0);
	ck_assert_uint_eq(bed_told("added slot " BED_EID ":1"), 1);
	ck_assert_uint_eq(bed_told("added element " BED_EID ":03:2"), 1);
	ck_assert_uint_eq(chassis->generation, 10);
	ck_assert_ptr_eq(drive_of(1)->slot, second);
	ck_assert_ptr_null(drive_of(0)->slot);
	/* new ones are whole when they are told of */
	ck_assert(bed_slot(chassis, 1)->known);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
	ck_assert(fake_shows(bay, 0, FAKE_IDENT_BYTE, FAKE_IDENT));
}
END_TEST

/* ---- all anew
 * -------------------------------------------------------------------------------------- */

START_TEST(reenumerate_finds_what_no_event_told)
{
	begin(4, 1);
	bed.tree.silent = true;
	fake_pull_at(&bed.tree, 2, 0);
	(void) bed_shelf(6, 1);
	fake_plug(&bed.tree, fake_disk(60, 0, NAA + 0x2000, 0, 0x5000000087654321, "NEW"));
	bed_settle();
	ck_assert_uint_eq(bed_count(inventory_chassis(bed.inventory)), 1);
	inventory_reenumerate(bed.inventory, NULL, bed_done, NULL);
	bed_until(bed.done == 1);
	/* all of it is there when the answer is */
	ck_assert_int_eq(bed.done_result, 0);
	ck_assert_uint_eq(bed_chassis("50aa000000000002")->n_slots, 6);
	ck_assert_ptr_null(drive_of(2));
	ck_assert_ptr_nonnull(inventory_find_drive(bed.inventory, "5000c50022222000"));
}
END_TEST

START_TEST(reenumerate_of_a_chassis_that_goes_says_so)
{
	begin(4, 1);
	bed.tree.silent = true;
	fake_pull_at(&bed.tree, 900, 0);
	inventory_reenumerate(bed.inventory, chassis, bed_done, NULL);
	bed_until(bed.done == 1);
	ck_assert_int_eq(bed.done_result, -ENODEV);
}
END_TEST

START_TEST(refresh_reads_states_that_send_no_event)
{
	struct device *device;

	begin(4, 1);
	bed.tree.silent = true;
	device = fake_copy(fake_planted(&bed.tree, 1, 0));
	(void) snprintf(device->state, sizeof(device->state), "offline");
	fake_plug(&bed.tree, device);
	fake_set(fake_bay(shelf, 3), 0, 0x0f, 3);
	inventory_refresh(bed.inventory, bed_done, NULL);
	bed_until(bed.done == 1);
	ck_assert_str_eq(
		container_of(
			container_of(drive_of(1)->units.next, struct unit, of_drive)->paths.next,
			struct path, link)
			->device->state,
		"offline");
	ck_assert_uint_eq(ses_element_code(bed_slot(chassis, 3)->status), 3);
	ck_assert_uint_eq(chassis->health, HEALTH_DEGRADED);
}
END_TEST

START_TEST(a_shelf_that_hangs_holds_up_refresh_but_no_other_shelf)
{
	struct fake_shelf *other;

	shelf = bed_shelf(4, 1);
	other = bed_shelf(4, 1);
	bed_start();
	fake_trouble(&shelf->ioms[0], &(struct fake_trouble){ .kind = FAKE_HANG, .times = 1 });
	fake_set(fake_bay(other, 1), 0, 0x0f, 2);
	inventory_refresh(bed.inventory, bed_done, NULL);
	bed_until(ses_element_code(bed_slot(bed_chassis("50aa000000000002"), 1)->status) == 2);
	ck_assert_uint_eq(bed.done, 0);
	fake_release(&shelf->ioms[0]);
	bed_until(bed.done == 1);
}
END_TEST

START_TEST(the_chassis_goes_under_a_refresh)
{
	begin(4, 1);
	fake_trouble(&shelf->ioms[0], &(struct fake_trouble){ .kind = FAKE_HANG, .times = 1 });
	inventory_refresh(bed.inventory, bed_done, NULL);
	bed_until(fake_hanging(&shelf->ioms[0]));
	fake_pull_at(&bed.tree, 900, 0);
	bed_until(bed.done == 1);
	fake_release(&shelf->ioms[0]);
	bed_settle();
}
END_TEST

/* ---- health
 * ------------------------------------------------------------------------------------------ */

START_TEST(health_comes_from_elements_and_ways)
{
	begin(4, 2);
	ck_assert_uint_eq(chassis->status, STATUS_ONLINE);
	ck_assert_uint_eq(chassis->health, HEALTH_HEALTHY);
	fake_set(fake_element(shelf, 0x02, 1), 0, 0x0f, 2);
	bed_pass(11);
	ck_assert_uint_eq(chassis->health, HEALTH_DEGRADED);
	ck_assert_uint_eq(bed_told("changed element " BED_EID ":02:1"), 1);
	fake_set(fake_element(shelf, 0x02, 1), 0, 0x0f, 1);
	bed_pass(11);
	ck_assert_uint_eq(chassis->health, HEALTH_HEALTHY);
	fake_trouble(&shelf->ioms[1], &(struct fake_trouble){ .kind = FAKE_TIMEOUT });
	bed_pass(11);
	ck_assert_uint_eq(chassis->status, STATUS_PARTIALLY_MANAGED);
	ck_assert_uint_eq(chassis->health, HEALTH_DEGRADED);
	fake_trouble(&shelf->ioms[0], &(struct fake_trouble){ .kind = FAKE_TIMEOUT });
	bed_pass(11);
	ck_assert_uint_eq(chassis->status, STATUS_FAILED);
	ck_assert_uint_eq(chassis->health, HEALTH_FAILED);
	ck_assert(!bed_slot(chassis, 0)->known);
}
END_TEST

/* ---- errands
 * ------------------------------------------------------------------------------------------ */

static struct outcome answer;
static unsigned answers;

static void on_answer(_unused_ void *userdata, const struct outcome *outcome)
{
	answer = *outcome;
	answers++;
}

static int name_it(const char *name)
{
	answers = 0;
	chassis_set_nickname(chassis, name, on_answer, NULL);
	bed_until(answers == 1);
	return answer.result;
}

static void another_generation(struct fake_shelf *s, _unused_ void *userdata)
{
	s->generation++;
}

START_TEST(a_nickname_is_written_and_read_back)
{
	begin(4, 2);
	ck_assert_int_eq(name_it("rack 3, top"), 0);
	ck_assert_mem_eq(shelf->nickname, "rack 3, top\0", 12);
	ck_assert_str_eq(chassis->nickname, "rack 3, top");
	ck_assert_int_eq(name_it("0123456789abcdef0123456789ABCDEF"), 0);
	ck_assert_int_eq(name_it("0123456789abcdef0123456789ABCDEFx"), -EINVAL);
	ck_assert_str_eq(chassis->nickname, "0123456789abcdef0123456789ABCDEF");
	/* blanks at the ends are not shown again, and are no refusal */
	ck_assert_int_eq(name_it("  attic "), 0);
	ck_assert_str_eq(chassis->nickname, "attic");
	ck_assert_int_eq(name_it(""), 0);
	ck_assert_str_eq(chassis->nickname, "");

	shelf->nickname_deaf = true;
	ck_assert_int_eq(name_it("cellar"), -EOPNOTSUPP);
	shelf->nickname_deaf = false;
	/* the generation moves between reading and writing */
	for (unsigned n = 1; n <= 4; n++) {
		fake_count(shelf);
		shelf->happens = another_generation;
		shelf->before_command = n;
		ck_assert_int_eq(name_it("roof"), 0);
		bed_settle();
	}
	shelf->happens = NULL;
	fake_trouble(
		&shelf->ioms[0],
		&(struct fake_trouble){ .kind = FAKE_SENSE, .opcode = 0x1d, .a = 5, .b = 0x26 });
	fake_count(shelf);
	ck_assert_int_eq(name_it("moon"), -EOPNOTSUPP);
	ck_assert_uint_le(shelf->commands, 20);
}
END_TEST

START_TEST(a_nickname_needs_its_page)
{
	make(4, 1);
	shelf->missing = 1U << 0x0f;
	bed_start();
	chassis = bed_chassis(BED_EID);
	ck_assert(!chassis->has_nickname);
	fake_count(shelf);
	ck_assert_int_eq(name_it("attic"), -EOPNOTSUPP);
	ck_assert_uint_eq(shelf->commands, 0);
}
END_TEST

static int ping(struct way *way)
{
	answers = 0;
	chassis_ping(chassis, way, on_answer, NULL);
	bed_until(answers == 1);
	return answer.result;
}

START_TEST(a_ping_is_one_command_now)
{
	begin(4, 2);
	ck_assert_int_eq(ping(NULL), 0);
	ck_assert_str_eq(shelf->log, "A:r02 ");
	fake_count(shelf);
	ck_assert_int_eq(ping(chassis_find_way(chassis, "5000c0de00000011")), 0);
	ck_assert_str_eq(shelf->log, "B:r02 ");
	fake_trouble(&shelf->ioms[1], &(struct fake_trouble){ .kind = FAKE_TRANSPORT, .a = 1 });
	ck_assert_int_eq(ping(chassis_find_way(chassis, "5000c0de00000011")), -EHOSTDOWN);
	shelf->ioms[0].gone = shelf->ioms[1].gone = true;
	ck_assert_int_eq(ping(NULL), -ENODEV);
}
END_TEST

START_TEST(errands_end_in_time_though_the_shelf_hangs)
{
	begin(4, 1);
	fake_trouble(&shelf->ioms[0], &(struct fake_trouble){ .kind = FAKE_HANG, .times = 1 });
	for (unsigned named = 0; named < 2; named++) {
		answers = 0;
		if (named)
			chassis_set_nickname(chassis, "attic", on_answer, NULL);
		else
			chassis_ping(chassis, NULL, on_answer, NULL);
		bed_until(fake_hanging(&shelf->ioms[0]));
		fake_clock_advance(20 * USEC_PER_SEC);
		bed_until(answers == 1);
		ck_assert_int_eq(answer.result, -ETIMEDOUT);
	}
	fake_release(&shelf->ioms[0]);
	bed_settle();
	ck_assert_uint_eq(answers, 1);
	ck_assert_int_eq(ping(NULL), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		order_of_arrival_changes_nothing,
		all_is_known_when_it_is_said_to_be,
		nothing_there_is_an_inventory_too,
		any_port_ties_a_disk_to_its_bay,
		two_actuators_are_one_drive,
		units_that_are_no_twins_are_drives_of_their_own,
		clones_are_told_apart,
		drives_with_one_target_name_are_told_apart,
		a_sata_disk_is_tied_by_the_address_of_its_bay,
		a_disk_whose_address_udev_learns_late_is_a_drive_then,
		a_disk_is_looked_for_in_its_own_domain_first,
		disks_change_places_and_bays_stay,
		a_disk_does_not_take_a_nameless_bay_with_it,
		a_disk_that_is_gone_is_found_where_it_sat,
		a_bay_whose_number_repeats_is_remembered_by_its_place,
		an_address_that_shows_seconds_later_is_found,
		an_address_that_shows_a_minute_later_is_found_by_a_poll,
		a_disk_that_sits_in_no_shelf_costs_no_reading,
		a_disk_that_the_page_drops_first_leaves_its_bay,
		a_bay_that_flickers_does_not_flood_its_enclosure,
		plainly_different_ones_share_no_object,
		zero_is_no_identifier,
		a_way_that_knows_the_newer_configuration_is_no_other_chassis,
		short_status_only_is_a_chassis_without_bays,
		a_way_that_was_taken_for_another_chassis_joins_later,
		a_chassis_keeps_its_path,
		a_disk_with_encserv_and_no_pages_is_only_a_disk,
		an_enclosure_without_page_01h_is_none,
		a_page_08h_while_it_starts_is_no_refusal,
		an_enclosure_that_does_not_answer_yet_is_asked_again,
		a_shelf_that_was_away_is_the_same_again,
		bays_keep_their_positions_when_the_first_iom_goes,
		a_way_that_returns_may_have_forgotten,
		a_reset_is_told_by_a_poll,
		a_new_configuration_moves_adds_and_removes,
		reenumerate_finds_what_no_event_told,
		reenumerate_of_a_chassis_that_goes_says_so,
		refresh_reads_states_that_send_no_event,
		a_shelf_that_hangs_holds_up_refresh_but_no_other_shelf,
		the_chassis_goes_under_a_refresh,
		health_comes_from_elements_and_ways,
		a_nickname_is_written_and_read_back,
		a_nickname_needs_its_page,
		a_ping_is_one_command_now,
		errands_end_in_time_though_the_shelf_hangs,
		NULL,
	};

	return bed_main("inventory", tests);
}
