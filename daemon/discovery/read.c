/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One scsi_device as sysfs and udev's database show it now.
 *
 * INQUIRY and VPD pages are the kernel's copies from when it scanned the device: reading
 * them sends no command.  They are binary, so they are read as files; libudev's attributes
 * are strings.  The SAS address of a disk is its end device's (ses.md 5.3: for SATA nothing
 * else fits page 0Ah); adapters without the SAS transport class put it on the disk.
 *
 * The bus a device hangs on is told by the names of its ancestors in sysfs, each of which
 * one kernel subsystem hands out.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libudev.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "base/text.h"
#include "discovery/tree.h"

#define ATTRIBUTE_MAX 256U /* bytes of a text attribute; the longest used is an address */
#define SECTOR 512U	   /* sysfs counts in these whatever the disk's block */
#define LINK_MAX 1024U	   /* bytes of a symlink's name; a longer one is left out */

/* Up to size bytes; the rest is left.  The number read or -errno. */
static ssize_t read_file(const char *path, void *dst, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t n = 0;

	if (fd < 0)
		return -errno;
	while (n < size) {
		ssize_t got = read(fd, (char *) dst + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		n += (size_t) got;
	}
	return (ssize_t) n;
}

/* The first line of a text attribute, "" if there is none. */
static void read_text(const char *directory, const char *name, char *dst, size_t size)
{
	char path[PATH_MAX], raw[ATTRIBUTE_MAX + 1];
	ssize_t n;

	dst[0] = '\0';
	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int) sizeof(path))
		return;
	n = read_file(path, raw, sizeof(raw) - 1);
	if (n <= 0)
		return;
	raw[n] = '\0';
	(void) text_clean(dst, size, raw, strcspn(raw, "\n"));
}

/* A page the kernel keeps; one that is not there is no error. */
static int read_page(const char *directory, const char *name, uint8_t **ret, size_t *ret_length)
{
	char path[PATH_MAX];
	uint8_t raw[DEVICE_VPD_MAX];
	uint8_t *copy;
	ssize_t n;

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int) sizeof(path))
		return 0;
	n = read_file(path, raw, sizeof(raw));
	if (n <= 0)
		return 0;
	copy = malloc((size_t) n);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, raw, (size_t) n);
	*ret = copy;
	*ret_length = (size_t) n;
	return 0;
}

static bool parse_number(const char *s, uint64_t *ret)
{
	char *end;

	if (!isdigit((unsigned char) *s))
		return false;
	errno = 0;
	*ret = strtoull(s, &end, 10);
	return errno == 0 && *end == '\0';
}

/* "H:C:T:L" */
static bool parse_address(const char *s, struct device *device)
{
	unsigned long long lun;
	int end = 0;

	if (sscanf(s, "%9u:%9u:%9u:%20llu%n", &device->host, &device->channel, &device->target,
		   &lun, &end) != 4 ||
	    s[end] != '\0')
		return false;
	device->lun = lun;
	return true;
}

/*
 * Where the name of the ancestor ends that begins with prefix and a digit; NULL: there is none.
 * "/sys/devices/pci0000:00/0000:00:1f.2/ata3/host2/..." has an "ata".
 */
static const char *ancestor(const char *syspath, const char *prefix)
{
	size_t n = strlen(prefix);

	for (const char *at = strchr(syspath, '/'); at; at = strchr(at + 1, '/')) {
		if (strncmp(at + 1, prefix, n) == 0 && isdigit((unsigned char) at[1 + n]))
			return at + 1 + strcspn(at + 1, "/");
	}
	return NULL;
}

static uint64_t parse_sas_address(const char *s)
{
	uint64_t address;

	return text_parse_hex64(s, &address) && address != UINT64_MAX ? address : 0;
}

/* The end device's, else the driver's attribute (mpt3sas, mpi3mr, hpsa, smartpqi). */
static void read_sas(struct device *device)
{
	char text[ATTRIBUTE_MAX], directory[PATH_MAX];
	const char *end = ancestor(device->syspath, "end_device-");

	if (end) {
		const char *name = memrchr(device->syspath, '/', (size_t) (end - device->syspath));
		int length = (int) (end - device->syspath);

		if (snprintf(directory, sizeof(directory), "%.*s/sas_device%.*s", length,
			     device->syspath, (int) (end - name), name) < (int) sizeof(directory)) {
			read_text(directory, "sas_address", text, sizeof(text));
			device->sas_address = parse_sas_address(text);
			read_text(directory, "target_port_protocols", text, sizeof(text));
			device->sata = strstr(text, "sata") || strstr(text, "stp");
		}
	}
	if (device->sas_address == 0) {
		read_text(device->syspath, "sas_address", text, sizeof(text));
		device->sas_address = parse_sas_address(text);
	}
}

static void read_bus(struct device *device)
{
	const char *syspath = device->syspath;

	device->ata_host = ancestor(syspath, "ata");
	device->fibre = ancestor(syspath, "rport-");
	device->iscsi = ancestor(syspath, "session");
	device->usb = ancestor(syspath, "usb");
	device->sas_domain = (uint64_t) device->host + 1;
	read_sas(device);
}

/* The child in <syspath>/<subsystem>/, of which a scsi_device has at most one; or NULL. */
static struct udev_device *child(struct udev *udev, const char *syspath, const char *subsystem)
{
	struct udev_device *found = NULL;
	const struct dirent *entry;
	char path[PATH_MAX];
	DIR *dir;

	if (snprintf(path, sizeof(path), "%s/%s", syspath, subsystem) >= (int) sizeof(path))
		return NULL;
	dir = opendir(path);
	if (!dir)
		return NULL;
	while (!found && (entry = readdir(dir))) {
		char name[PATH_MAX];

		if (entry->d_name[0] != '.' &&
		    snprintf(name, sizeof(name), "%s/%s", path, entry->d_name) < (int) sizeof(name))
			found = udev_device_new_from_syspath(udev, name);
	}
	(void) closedir(dir);
	return found;
}

/* NULL stays NULL, and so does what could not go out on the bus. */
static int copy_text(const char *s, char **ret)
{
	if (!s || !text_valid_utf8(s))
		return 0;
	*ret = strdup(s);
	return *ret ? 0 : -ENOMEM;
}

/* "/dev/disk/by-id/... /dev/disk/by-path/..." */
static int read_links(struct udev_device *block, struct device *device)
{
	const char *at = udev_device_get_property_value(block, "DEVLINKS");
	unsigned n = 0;

	if (!at)
		return 0;
	device->links = calloc(DEVICE_LINKS_MAX + 1, sizeof(*device->links));
	if (!device->links)
		return -ENOMEM;
	for (at += strspn(at, " "); *at && n < DEVICE_LINKS_MAX; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");
		char *link = strndup(at, length);

		if (!link)
			return -ENOMEM;
		if (length < LINK_MAX && text_valid_utf8(link))
			device->links[n++] = link;
		else
			free(link);
		at += length;
	}
	return 0;
}

/* ata_id's, or what sg3-utils' rules, which keep ata_id from running, call the same. */
static const char *ata_serial(struct udev_device *block)
{
	const char *bus = udev_device_get_property_value(block, "ID_BUS");
	const char *serial;

	/* of a SCSI disk the first is the WWN without its first digit */
	if (!bus || strcmp(bus, "ata") != 0)
		return NULL;
	serial = udev_device_get_property_value(block, "ID_SERIAL_SHORT");
	return serial ? serial : udev_device_get_property_value(block, "ID_SCSI_SERIAL");
}

static int read_block(struct udev_device *block, struct device *device)
{
	const char *syspath = udev_device_get_syspath(block);
	char text[ATTRIBUTE_MAX];
	uint64_t sectors;
	int r;

	read_text(syspath, "size", text, sizeof(text));
	if (parse_number(text, &sectors) && sectors <= UINT64_MAX / SECTOR)
		device->size = sectors * SECTOR;
	read_text(syspath, "queue/rotational", text, sizeof(text));
	device->rotational = strcmp(text, "1") == 0;
	device->udev_done = udev_device_get_is_initialized(block) > 0;

	r = copy_text(udev_device_get_devnode(block), &device->block_node);
	if (r == 0)
		r = copy_text(udev_device_get_property_value(block, "ID_PATH"), &device->id_path);
	if (r == 0)
		r = copy_text(ata_serial(block), &device->ata_serial);
	return r < 0 ? r : read_links(block, device);
}

static int read_nodes(struct udev *udev, struct device *device)
{
	struct udev_device *generic, *block;
	int r = 0;

	generic = child(udev, device->syspath, "scsi_generic");
	if (generic)
		r = copy_text(udev_device_get_devnode(generic), &device->sg_node);
	udev_device_unref(generic);
	if (r < 0)
		return r;

	block = child(udev, device->syspath, "block");
	if (block)
		r = read_block(block, device);
	udev_device_unref(block);
	return r;
}

static int read_attributes(struct device *device)
{
	const char *syspath = device->syspath;
	char text[ATTRIBUTE_MAX];
	uint64_t type;
	int r;

	read_text(syspath, "type", text, sizeof(text));
	if (!parse_number(text, &type) || type > UINT8_MAX)
		return -ENODEV;
	device->type = (uint8_t) type;
	r = read_page(syspath, "inquiry", &device->inquiry, &device->inquiry_length);
	if (r == 0)
		r = read_page(syspath, "vpd_pg80", &device->vpd80, &device->vpd80_length);
	if (r == 0)
		r = read_page(syspath, "vpd_pg83", &device->vpd83, &device->vpd83_length);
	if (r == 0)
		r = read_page(syspath, "vpd_pgb1", &device->vpdb1, &device->vpdb1_length);
	return r;
}

static int read_all(struct udev *udev, struct udev_device *scsi, struct device *device)
{
	const char *subsystem = udev_device_get_subsystem(scsi);
	const char *devtype = udev_device_get_devtype(scsi);
	int r;

	if (!subsystem || strcmp(subsystem, "scsi") != 0 || !devtype ||
	    strcmp(devtype, "scsi_device") != 0 ||
	    !parse_address(udev_device_get_sysname(scsi), device))
		return -ENODEV;
	device->syspath = strdup(udev_device_get_syspath(scsi));
	if (!device->syspath)
		return -ENOMEM;

	r = read_attributes(device);
	if (r < 0)
		return r;
	read_bus(device);
	r = read_nodes(udev, device);
	if (r < 0)
		return r;

	/* Last: if the device went meanwhile, what was read before may be half of it. */
	read_text(device->syspath, "state", device->state, sizeof(device->state));
	return device->state[0] ? 0 : -ENODEV;
}

int tree_read_device(struct udev *udev, const char *syspath, struct device **ret)
{
	struct udev_device *scsi;
	struct device *device;
	int r;

	scsi = udev_device_new_from_syspath(udev, syspath);
	if (!scsi)
		return errno == ENOMEM ? -ENOMEM : -ENODEV;
	device = calloc(1, sizeof(*device));
	r = device ? read_all(udev, scsi, device) : -ENOMEM;
	udev_device_unref(scsi);
	if (r < 0) {
		device = device_free(device);
		return r;
	}
	*ret = device;
	return 0;
}
