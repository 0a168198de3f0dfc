/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The transport of the real world: libsgutils2 1.46, and nothing of it beyond
 * do_scsi_pt() (ses.md 6.3), since every helper above that takes a failed
 * transport for success (ses.md 6.2).
 *
 * Its traps, and where they are met:
 *   - 0 from do_scsi_pt() means sent, not done: fill() looks at the category;
 *   - process-wide statics without a lock: primed in scsi_sgutils(), and
 *     objects are made one at a time;
 *   - with NVMe nodes 4096 bytes are moved whatever was asked, by way of a page
 *     that must be aligned: data goes through a buffer of ours;
 *   - O_NONBLOCK, or an sg node of a device that is offline cannot be opened.
 */
#include "scsi/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <scsi/sg_lib.h>
#include <scsi/sg_pt.h>
#include <string.h>
#include <sys/stat.h>

#include "base/macro.h"
#include "scsi/command.h"

#define NVME_BYTES 4096U
#define TIMEOUT_MAX 86400U /* the library multiplies by 1000 in an int */
#define STATUS_MASK 0x7e
#define HOST_TIME_OUT 3 /* the kernel's DID_TIME_OUT */

struct scsi_device {
	int fd;
	struct sg_pt_base *pt;
};

/* Set when an object is made: the version of the sg driver, after the flag that says so. */
static pthread_mutex_t library_lock = PTHREAD_MUTEX_INITIALIZER;

/*
 * A character device is what enclosures and, through sg, disks have.  A block
 * node works too and is not used: its commands are filtered, and a last close
 * after writing makes the kernel start a stopped disk.
 */
static int open_node(const char *node)
{
	int fd = open(node, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		r = -ENODEV; /* somebody made a file of that name after the device left */
	if (r < 0) {
		(void) close(fd);
		return r;
	}
	return fd;
}

static struct sg_pt_base *pt_new(int fd)
{
	struct sg_pt_base *pt;

	(void) pthread_mutex_lock(&library_lock);
	pt = construct_scsi_pt_obj_with_fd(fd, 0);
	(void) pthread_mutex_unlock(&library_lock);
	return pt;
}

static void device_close(struct scsi_device *device)
{
	if (device == NULL)
		return;
	if (device->pt != NULL)
		destruct_scsi_pt_obj(device->pt);
	if (device->fd >= 0)
		(void) close(device->fd);
	free(device);
}

static int device_open(_unused_ struct transport *transport, const char *node,
		       struct scsi_device **ret)
{
	struct scsi_device *device = calloc(1, sizeof(*device));
	int r;

	if (device == NULL)
		return -ENOMEM;
	device->fd = open_node(node);
	if (device->fd < 0) {
		r = device->fd;
		goto fail;
	}
	device->pt = pt_new(device->fd);
	if (device->pt == NULL) {
		r = -ENOMEM;
		goto fail;
	}
	r = -get_scsi_pt_os_err(device->pt);
	if (r != 0)
		goto fail;
	*ret = device;
	return 0;
fail:
	device_close(device);
	return r;
}

/* What do_scsi_pt() returned, where that was not 0. */
static void fill_unsent(int sent, struct scsi_result *result)
{
	result->ending = SCSI_OS;
	if (sent < 0)
		result->os_error = -sent;
	else if (sent == SCSI_PT_DO_TIMEOUT)
		result->ending = SCSI_TIMEOUT;
	else if (sent == SCSI_PT_DO_NOT_SUPPORTED)
		result->os_error = EOPNOTSUPP;
	else if (sent == SCSI_PT_DO_BAD_PARAMS)
		result->os_error = EINVAL;
	else
		result->os_error = EIO;
}

static void fill(const struct sg_pt_base *pt, int sent, const uint8_t *sense,
		 struct scsi_result *result)
{
	int n = get_scsi_pt_sense_len(pt);

	/* An NVMe status comes translated to sense data. */
	if (sent != 0 && sent != SCSI_PT_DO_NVME_STATUS) {
		fill_unsent(sent, result);
		return;
	}
	result->status = (uint8_t) (get_scsi_pt_status_response(pt) & STATUS_MASK);
	result->host_status = (unsigned) get_scsi_pt_transport_err(pt);

	switch (get_scsi_pt_result_category(pt)) {
	case SCSI_PT_RESULT_GOOD:
		result->ending = SCSI_GOOD;
		if (sent != 0)
			fill_unsent(sent, result);
		break;
	case SCSI_PT_RESULT_STATUS:
		result->ending = SCSI_STATUS;
		break;
	case SCSI_PT_RESULT_SENSE:
		scsi_result_sense(result, sense, n > 0 ? (size_t) n : 0);
		break;
	case SCSI_PT_RESULT_OS_ERR:
		fill_unsent(-get_scsi_pt_os_err(pt), result);
		break;
	default:
		result->ending =
			result->host_status == HOST_TIME_OUT ? SCSI_TIMEOUT : SCSI_TRANSPORT;
		break;
	}
}

/* Bytes received; an adapter's nonsense counts as no residual (ses.md 6.4). */
static size_t received(const struct sg_pt_base *pt, size_t length)
{
	int left = get_scsi_pt_resid(pt);

	return left > 0 && (size_t) left <= length ? length - (size_t) left : length;
}

static void execute(struct scsi_device *device, const struct scsi_command *command,
		    struct scsi_result *result)
{
	unsigned timeout_s = command->timeout_s < TIMEOUT_MAX ? command->timeout_s : TIMEOUT_MAX;
	size_t n = command->length;
	struct sg_pt_base *pt = device->pt;
	uint8_t sense[SCSI_SENSE_MAX], *data, *to_free = NULL;
	int sent;

	*result = (struct scsi_result){ .ending = SCSI_OS };
	if (command->in != NULL)
		memset(command->in, 0, n);
	data = sg_memalign((uint32_t) (n > NVME_BYTES ? n : NVME_BYTES), 0, &to_free, false);
	if (data == NULL) {
		result->os_error = ENOMEM;
		return;
	}

	clear_scsi_pt_obj(pt);
	set_scsi_pt_cdb(pt, command->cdb, (int) command->cdb_length);
	set_scsi_pt_sense(pt, sense, sizeof(sense));
	if (command->in != NULL)
		set_scsi_pt_data_in(pt, data, (int) n);
	else if (command->out != NULL)
		set_scsi_pt_data_out(pt, memcpy(data, command->out, n), (int) n);
	sent = do_scsi_pt(pt, -1, timeout_s > 0 ? (int) timeout_s : 1, 0);
	fill(pt, sent, sense, result);

	if (command->in != NULL && (result->ending == SCSI_GOOD || result->ending == SCSI_SENSE)) {
		result->got = received(pt, n);
		memcpy(command->in, data, result->got);
	}
	free(to_free);
}

struct transport *scsi_sgutils(void)
{
	static struct transport transport = {
		.open = device_open,
		.close = device_close,
		.execute = execute,
	};
	struct sg_pt_base *pt = pt_new(-1);

	if (pt != NULL)
		destruct_scsi_pt_obj(pt);
	(void) check_pt_file_handle(-1, "", 0);
	return &transport;
}
