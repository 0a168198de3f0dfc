/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is read of one scsi_device.
 */
#include "tests/discovery/bed.h"

START_TEST(reads_a_sas_disk)
{
	struct device *d;

	add_disk();
	start();
	ck_assert_uint_eq(n_present, 1);
	d = present[0];
	ck_assert_str_eq(d->syspath, "/sys" DISK);
	ck_assert_uint_eq(d->host, 7);
	ck_assert_uint_eq(d->channel, 0);
	ck_assert_uint_eq(d->target, 1);
	ck_assert_uint_eq(d->lun, 0);
	ck_assert_uint_eq(d->type, 0);
	ck_assert_str_eq(d->sg_node, "/dev/sg92");
	ck_assert_str_eq(d->block_node, "/dev/sdzza");
	ck_assert_str_eq(d->links[0], "/dev/disk/by-id/wwn-0x50a1");
	ck_assert_str_eq(d->links[1], "/dev/disk/by-path/pci-a-lun-0");
	ck_assert_ptr_null(d->links[2]);
	ck_assert_str_eq(d->id_path, "pci-a-lun-0");
	ck_assert_ptr_null(d->ata_serial);
	ck_assert_uint_eq(d->inquiry_length, 5);
	ck_assert_mem_eq(d->inquiry, "\0\0\x05\x02\x1f", 5);
	ck_assert_uint_eq(d->vpd80_length, 8);
	ck_assert_mem_eq(d->vpd80,
			 "\0\x80\0\x04"
			 "ABCD",
			 8);
	ck_assert_uint_eq(d->vpd83_length, 4);
	ck_assert_uint_eq(d->vpdb1_length, 4);
	ck_assert_uint_eq(d->sas_address, 0x50a1ab0000100001);
	ck_assert_uint_eq(d->sas_domain, 8);
	ck_assert(!d->sata && !d->ata_host && !d->usb && !d->fibre && !d->iscsi);
	ck_assert_uint_eq(d->size, 64 << 20);
	ck_assert(d->rotational);
	ck_assert_str_eq(d->state, "running");
}
END_TEST

START_TEST(reads_an_enclosure_without_a_driver)
{
	add_scsi(SHELF, "13", "");
	add_sg(SHELF, "sg90");
	start();
	ck_assert_uint_eq(n_present, 1);
	ck_assert_uint_eq(present[0]->type, 13);
	ck_assert_str_eq(present[0]->sg_node, "/dev/sg90");
	ck_assert_ptr_null(present[0]->block_node);
	ck_assert_ptr_null(present[0]->inquiry);
	ck_assert_ptr_null(present[0]->vpd83);
	ck_assert_uint_eq(present[0]->sas_address, 0);
}
END_TEST

START_TEST(sata_behind_an_expander_is_told_by_its_end_device)
{
	static const char *const protocols[] = { "sata", "stp", "sata, stp" };

	add_end_device(protocols[_i]);
	add_scsi(DISK, "0", "");
	add_block(DISK, "sdzza", "E: ID_BUS=ata\nE: ID_SERIAL_SHORT=WD-1234\n");
	start();
	ck_assert_uint_eq(n_present, 1);
	ck_assert(present[0]->sata);
	ck_assert(!present[0]->ata_host);
	ck_assert_str_eq(present[0]->ata_serial, "WD-1234");
}
END_TEST

START_TEST(the_drivers_attribute_serves_without_a_transport_class)
{
	add_scsi("/devices/pci0000:00/host7/target7:2:5/7:2:5:0", "0",
		 "A: sas_address=0x5000c50012345678\\n\n");
	start();
	ck_assert_uint_eq(n_present, 1);
	ck_assert_uint_eq(present[0]->sas_address, 0x5000c50012345678);
}
END_TEST

START_TEST(an_address_of_all_ones_is_none)
{
	add_scsi("/devices/pci0000:00/host7/target7:2:5/7:2:5:0", "0",
		 "A: sas_address=0xffffffffffffffff\\n\n");
	start();
	ck_assert_uint_eq(present[0]->sas_address, 0);
}
END_TEST

static const struct {
	const char *path;
	bool ata, usb, fibre, iscsi;
} buses[] = {
	{ "/devices/pci0000:00/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0", .ata = true },
	{ "/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0",
	  .usb = true },
	{ "/devices/pci0000:00/host3/rport-3:0-1/target3:0:0/3:0:0:0", .fibre = true },
	{ "/devices/platform/host5/session1/target5:0:0/5:0:0:0", .iscsi = true },
	{ "/devices/platform/atari/usbank/host5/target5:0:0/5:0:0:1", .ata = false },
};

START_TEST(the_bus_is_told_by_the_ancestors)
{
	add_scsi(buses[_i].path, "0", "");
	start();
	ck_assert_uint_eq(n_present, 1);
	ck_assert_int_eq(present[0]->ata_host, buses[_i].ata);
	ck_assert_int_eq(present[0]->usb, buses[_i].usb);
	ck_assert_int_eq(present[0]->fibre, buses[_i].fibre);
	ck_assert_int_eq(present[0]->iscsi, buses[_i].iscsi);
}
END_TEST

START_TEST(hosts_targets_and_nonsense_are_no_devices)
{
	add("P: /devices/pci0000:00/host7\nE: SUBSYSTEM=scsi\nE: DEVTYPE=scsi_host\n\n");
	add("P: /devices/pci0000:00/host7/target7:0:0\nE: SUBSYSTEM=scsi\nE: "
	    "DEVTYPE=scsi_target\n\n");
	add_scsi("/devices/pci0000:00/host7/target7:0:0/7:0:0", "0", "");
	add_scsi("/devices/pci0000:00/host7/target7:0:0/7:0:1:0", "300", "");
	add_scsi("/devices/pci0000:00/host7/target7:0:0/7:0:2:x", "0", "");
	start();
	ck_assert_uint_eq(n_present, 0);
}
END_TEST

START_TEST(a_device_on_its_way_out_is_none)
{
	add("P: " DISK "\nE: SUBSYSTEM=scsi\nE: DEVTYPE=scsi_device\nA: type=0\\n\n\n");
	start();
	ck_assert_uint_eq(n_present, 0);
}
END_TEST

START_TEST(a_long_page_is_cut)
{
	const size_t n = DEVICE_VPD_MAX + 100;
	uint8_t *page = calloc(1, n);

	add_scsi(DISK, "0", "");
	umockdev_testbed_set_attribute_binary(bed, "/sys" DISK, "vpd_pg83", page, (int) n);
	free(page);
	start();
	ck_assert_uint_eq(n_present, 1);
	ck_assert_uint_eq(present[0]->vpd83_length, DEVICE_VPD_MAX);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, reads_a_sas_disk);
	tcase_add_test(tc, reads_an_enclosure_without_a_driver);
	tcase_add_loop_test(tc, sata_behind_an_expander_is_told_by_its_end_device, 0, 3);
	tcase_add_test(tc, the_drivers_attribute_serves_without_a_transport_class);
	tcase_add_test(tc, an_address_of_all_ones_is_none);
	tcase_add_loop_test(tc, the_bus_is_told_by_the_ancestors, 0,
			    sizeof(buses) / sizeof(buses[0]));
	tcase_add_test(tc, hosts_targets_and_nonsense_are_no_devices);
	tcase_add_test(tc, a_device_on_its_way_out_is_none);
	tcase_add_test(tc, a_long_page_is_cut);
}

int main(void)
{
	return bed_run("read", add_tests);
}
