/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The commands a disk takes.  Any other is a failure of the test: no data command may ever
 * reach one.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake-private.h"

struct scsi_device {
	unsigned unit, path;
};

static int fake_open(_unused_ struct transport *transport, const char *node,
		     struct scsi_device **ret)
{
	int r = -ENXIO;

	(void) pthread_mutex_lock(&fake_lock);
	for (unsigned u = 0; u < fake->n_units; u++)
		for (unsigned p = 0; p < fake->n_paths; p++) {
			char name[32];

			(void) snprintf(name, sizeof(name), "/dev/sg%u",
					fake->units[u].paths[p].sg);
			if (!fake->units[u].paths[p].attached || strcmp(name, node) != 0)
				continue;
			*ret = malloc(sizeof(**ret));
			ck_assert_ptr_nonnull(*ret);
			**ret = (struct scsi_device){ u, p };
			r = 0;
		}
	(void) pthread_mutex_unlock(&fake_lock);
	return r;
}

static void fake_close(struct scsi_device *device)
{
	free(device);
}

static void sense(struct scsi_result *result, uint8_t key, uint8_t asc, uint8_t ascq)
{
	*result = (struct scsi_result){ .ending = SCSI_SENSE,
					.status = 2,
					.sense = { 0x72, key, asc, ascq },
					.sense_length = 8,
					.key = key,
					.asc = asc,
					.ascq = ascq };
}

static void test_unit_ready(struct fake_unit *unit, struct scsi_result *result)
{
	if (unit->attentions > 0) {
		unit->attentions--;
		sense(result, 6, 0x29, 0);
	} else if (unit->sense[0] != 0)
		sense(result, unit->sense[0], unit->sense[1], unit->sense[2]);
	else if (unit->ata)
		return; /* the translator's word */
	else if (unit->stopped)
		sense(result, 2, 4, 2);
	else if (unit->to_go > 0) {
		unit->to_go--;
		sense(result, 2, 4, 1);
	}
}

static const char *name_of(const struct scsi_command *command)
{
	switch (command->cdb[0]) {
	case 0x00:
		return "TUR";
	case 0x1b:
		return command->cdb[4] & 1 ? "START" : "STOP";
	case 0x35:
		return "FLUSH10";
	case 0x91:
		return "FLUSH16";
	case 0x85:
		return "mode";
	default:
		ck_abort_msg("operation %02x must not be sent to a disk", command->cdb[0]);
		return "";
	}
}

void fake_power(struct fake_unit *unit, bool start)
{
	if (start && unit->stopped)
		unit->to_go = unit->polls;
	unit->stopped = !start;
}

static void power_mode(const struct fake_unit *unit, struct scsi_result *result)
{
	sense(result, 1, 0, 0x1d);
	result->sense[7] = 14;
	result->sense[8] = 0x09;
	result->sense[9] = 12;
	result->sense[13] = unit->stopped ? 0x00 : 0xff;
	result->sense[21] = 0x50;
	result->sense_length = 22;
}

static void perform(struct fake_unit *unit, const struct scsi_command *command,
		    struct scsi_result *result)
{
	switch (command->cdb[0]) {
	case 0x00:
		test_unit_ready(unit, result);
		return;
	case 0x1b:
		fake_power(unit, command->cdb[4] & 1);
		return;
	case 0x85:
		if (unit->ata)
			power_mode(unit, result);
		else
			sense(result, 5, 0x20, 0);
		return;
	default:
		if (unit->stopped)
			sense(result, 2, 4, 2);
		return;
	}
}

static void fake_execute(struct scsi_device *device, const struct scsi_command *command,
			 struct scsi_result *result)
{
	struct fake_unit *unit = &fake->units[device->unit];
	const char *name = name_of(command);
	enum fake_what happens = FAKE_NOTHING;

	*result = (struct scsi_result){ .ending = SCSI_GOOD };
	(void) pthread_mutex_lock(&fake_lock);
	if (!unit->paths[device->path].attached || unit->paths[device->path].offline) {
		*result = (struct scsi_result){ .ending = SCSI_OS, .os_error = ENXIO };
		(void) pthread_mutex_unlock(&fake_lock);
		return;
	}
	if ((command->cdb[0] != 0x00 && command->cdb[0] != 0x85) || fake_wants(name))
		happens = fake_event(device->unit, -1, name);
	else
		fake_note(device->unit == 0 ? "0:TUR" : "1:TUR");
	switch (happens) {
	case FAKE_FAIL:
		sense(result, 3, 0x0c, 0);
		break;
	case FAKE_REFUSE:
		sense(result, 5, 0x20, 0);
		break;
	case FAKE_TIMEOUT:
		*result = (struct scsi_result){ .ending = SCSI_TIMEOUT };
		break;
	case FAKE_NOTHING:
	case FAKE_WAIT:
	case FAKE_DIE:
	case FAKE_DIE_AFTER:
		perform(unit, command, result);
		break;
	}
	fake_after(happens);
	(void) pthread_mutex_unlock(&fake_lock);
}

struct transport fake_transport = { fake_open, fake_close, fake_execute };
