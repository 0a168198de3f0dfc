/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asking goes through sg nodes only.  A block node opened for writing and closed
 * again makes the kernel start a stopped disk, and a process in SG_IO on it
 * cannot be killed; on an sg node neither is so (measured, lab README).
 *
 * libata answers TEST UNIT READY by itself, and so do some translators in
 * host adapters: an ATA drive is therefore first asked with CHECK POWER MODE, which
 * reaches the drive and does not wake it.
 */
#include "drive/picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ATTENTIONS_MAX 8U /* several may be queued (peers.md C.6) */
#define BUSY_MAX 3U
#define BUSY_PAUSE_NS 200000000L
#define SILENT_PATHS_MAX 2U /* what hangs over two ways hangs itself */
#define ATA_STANDBY 0x00

static struct picture_unit *copy_unit(struct picture_unit *to, struct unit *unit)
{
	struct path *path;

	(void) snprintf(to->id, sizeof(to->id), "%s", unit->id);
	to->ata = strcmp(unit->inquiry.vendor, "ATA") == 0;
	to->progress = -1;
	to->paths = calloc(unit->n_paths > 0 ? unit->n_paths : 1, sizeof(*to->paths));
	if (to->paths == NULL)
		return NULL;

	LIST_FOREACH (path, &unit->paths, link) {
		const struct device *device = path->device;
		struct picture_path *p = &to->paths[to->n_paths];

		if (to->n_paths == unit->n_paths)
			break;
		to->n_paths++;
		to->ata = to->ata || device->ata_host || device->sata;
		p->syspath = strdup(device->syspath);
		if (p->syspath == NULL)
			return NULL;
		if (device->sg_node != NULL) {
			p->sg_node = strdup(device->sg_node);
			if (p->sg_node == NULL)
				return NULL;
		}
		p->address = (struct path_address){ device->host, device->channel, device->target,
						    device->lun };
		(void) snprintf(p->state, sizeof(p->state), "%s", device->state);
	}
	return to;
}

static unsigned count_units(struct object *object)
{
	if (object->kind == OBJECT_LUN)
		return 1;
	return object_drive(object)->n_units < DRIVE_UNITS_MAX ? object_drive(object)->n_units
							       : DRIVE_UNITS_MAX;
}

struct picture *picture_new(struct object *object)
{
	struct picture *picture = calloc(1, sizeof(*picture));
	unsigned n = count_units(object);
	struct unit *unit;

	if (picture == NULL)
		return NULL;
	picture->units = calloc(n > 0 ? n : 1, sizeof(*picture->units));
	if (picture->units == NULL)
		return picture_free(picture);

	if (object->kind == OBJECT_LUN) {
		picture->n_units = 1;
		if (copy_unit(&picture->units[0], object_unit(object)) == NULL)
			return picture_free(picture);
		return picture;
	}
	LIST_FOREACH (unit, &object_drive(object)->units, of_drive) {
		if (picture->n_units == n)
			break;
		if (copy_unit(&picture->units[picture->n_units++], unit) == NULL)
			return picture_free(picture);
	}
	return picture;
}

static bool copy_path(struct picture_path *to, const struct picture_path *from)
{
	*to = *from;
	to->syspath = strdup(from->syspath);
	to->sg_node = from->sg_node == NULL ? NULL : strdup(from->sg_node);
	return to->syspath != NULL && (from->sg_node == NULL || to->sg_node != NULL);
}

struct picture *picture_copy(const struct picture *from)
{
	struct picture *picture = calloc(1, sizeof(*picture));

	if (picture == NULL)
		return NULL;
	picture->units = calloc(from->n_units > 0 ? from->n_units : 1, sizeof(*picture->units));
	if (picture->units == NULL)
		return picture_free(picture);
	for (unsigned u = 0; u < from->n_units; u++) {
		struct picture_unit *to = &picture->units[picture->n_units++];
		unsigned n = from->units[u].n_paths;

		*to = from->units[u];
		to->n_paths = 0;
		to->paths = calloc(n > 0 ? n : 1, sizeof(*to->paths));
		if (to->paths == NULL)
			return picture_free(picture);
		while (to->n_paths < n) {
			unsigned i = to->n_paths++;

			if (!copy_path(&to->paths[i], &from->units[u].paths[i]))
				return picture_free(picture);
		}
	}
	return picture;
}

struct picture *picture_free(struct picture *picture)
{
	if (picture == NULL)
		return NULL;
	for (unsigned i = 0; i < picture->n_units; i++) {
		struct picture_unit *unit = &picture->units[i];

		for (unsigned k = 0; k < unit->n_paths; k++) {
			free(unit->paths[k].syspath);
			free(unit->paths[k].sg_node);
		}
		free(unit->paths);
	}
	free(picture->units);
	free(picture);
	return NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool unit_fits(const struct picture_unit *shown, struct unit *unit)
{
	struct path *path;
	unsigned n = 0;

	if (shown->n_paths != unit->n_paths)
		return false;
	LIST_FOREACH (path, &unit->paths, link) {
		const struct picture_path *p = &shown->paths[n++];

		if (!same_text(p->syspath, path->device->syspath) ||
		    !same_text(p->sg_node, path->device->sg_node))
			return false;
	}
	return true;
}

bool picture_fits(const struct picture *picture, struct object *object)
{
	struct picture_unit *shown;
	struct unit *unit;

	if (picture->n_units != count_units(object))
		return false;
	if (object->kind == OBJECT_LUN) {
		shown = picture_find_unit(picture, object_unit(object)->id);
		return shown != NULL && unit_fits(shown, object_unit(object));
	}
	LIST_FOREACH (unit, &object_drive(object)->units, of_drive) {
		shown = picture_find_unit(picture, unit->id);
		if (shown == NULL || !unit_fits(shown, unit))
			return false;
	}
	return true;
}

struct picture_unit *picture_find_unit(const struct picture *picture, const char *id)
{
	for (unsigned i = 0; i < picture->n_units; i++)
		if (strcmp(picture->units[i].id, id) == 0)
			return &picture->units[i];
	return NULL;
}

void picture_exchange_units(struct picture *picture, struct picture *from)
{
	for (unsigned u = 0; u < from->n_units; u++) {
		struct picture_unit *known = picture_find_unit(picture, from->units[u].id);
		struct picture_unit unit = from->units[u];

		if (known == NULL)
			continue;
		from->units[u] = *known;
		*known = unit;
	}
}

bool picture_becoming(const struct picture *picture)
{
	for (unsigned i = 0; i < picture->n_units; i++)
		if (picture->units[i].readiness == READINESS_BECOMING)
			return true;
	return false;
}

bool picture_path_running(const struct picture_path *path)
{
	return strcmp(path->state, "running") == 0;
}

/* ---- worker thread ---------------------------------------------------------- */

void picture_read_states(struct picture *picture, struct kernel *kernel)
{
	for (unsigned i = 0; i < picture->n_units; i++)
		for (unsigned k = 0; k < picture->units[i].n_paths; k++) {
			struct picture_path *path = &picture->units[i].paths[k];

			if (kernel->state(kernel, path->syspath, path->state) < 0)
				path->state[0] = 0;
		}
}

enum readiness readiness_of(enum scsi_verdict verdict, const struct scsi_result *result)
{
	bool sense = result->ending == SCSI_SENSE;

	if (verdict == SCSI_DONE || verdict == SCSI_CONFLICT || verdict == SCSI_UNSUPPORTED)
		return READINESS_READY; /* somebody's reservation is no fault of the drive */
	if (sense && result->key == 0x4)
		return READINESS_FAILED;
	if (sense && result->key == 0x2 && result->asc == 0x04) {
		if (result->ascq == 0x02)
			return READINESS_STOPPED;
		if (result->ascq == 0x03)
			return READINESS_FAILED;
	}
	switch (verdict) {
	case SCSI_TRY_AGAIN:
	case SCSI_ATTENTION:
		return READINESS_BECOMING;
	case SCSI_TIMED_OUT:
	case SCSI_PATH_FAILED:
	case SCSI_GONE:
	case SCSI_REFUSED:
	case SCSI_NO_MEMORY:
		return READINESS_SILENT;
	case SCSI_DONE:
	case SCSI_CONFLICT:
	case SCSI_UNSUPPORTED:
	case SCSI_STALE:
	case SCSI_NOT_READY:
	case SCSI_FAILED:
		return READINESS_NOT_READY;
	}
	return READINESS_NOT_READY;
}

/* With BUSY and attentions out of the way as far as a moment's patience does it. */
static enum scsi_verdict test_unit_ready(struct transport *transport, struct scsi_device *device,
					 struct scsi_result *result)
{
	static const struct timespec pause = { .tv_nsec = BUSY_PAUSE_NS };
	unsigned attentions = 0, busy = 0;
	enum scsi_verdict verdict;

	for (;;) {
		verdict = scsi_test_unit_ready(transport, device, PICTURE_ASK_TIMEOUT_S, result);
		if (verdict == SCSI_ATTENTION && ++attentions < ATTENTIONS_MAX)
			continue;
		/* NOT READY is an answer; the rest of "try again" is none yet. */
		if (verdict == SCSI_TRY_AGAIN &&
		    !(result->ending == SCSI_SENSE && result->key == 2) && ++busy < BUSY_MAX) {
			(void) nanosleep(&pause, NULL);
			continue;
		}
		return verdict;
	}
}

static enum readiness ask_device(struct picture_unit *unit, struct transport *transport,
				 struct scsi_device *device)
{
	struct scsi_result result = { 0 };
	enum scsi_verdict verdict;
	enum readiness readiness;
	uint8_t mode;

	if (unit->ata) {
		verdict = scsi_ata_check_power_mode(transport, device, PICTURE_ASK_TIMEOUT_S,
						    &result, &mode);
		if (verdict == SCSI_DONE && mode == ATA_STANDBY) {
			(void) snprintf(unit->text, sizeof(unit->text), "standby");
			return READINESS_STOPPED;
		}
		if (verdict == SCSI_TIMED_OUT)
			goto judge; /* the next command would hang as well */
	}
	verdict = test_unit_ready(transport, device, &result);
judge:
	readiness = readiness_of(verdict, &result);
	if (readiness != READINESS_READY)
		(void) scsi_result_text(&result, unit->text, sizeof(unit->text));
	unit->progress = scsi_progress(&result);
	if (readiness == READINESS_SILENT)
		unit->error = scsi_verdict_errno(verdict);
	return readiness;
}

void picture_ask(struct picture_unit *unit, struct transport *transport)
{
	unsigned silent = 0;

	unit->readiness = READINESS_UNKNOWN;
	unit->error = 0;
	unit->progress = -1;
	unit->text[0] = 0;
	for (unsigned i = 0; i < unit->n_paths && silent < SILENT_PATHS_MAX; i++) {
		struct picture_path *path = &unit->paths[i];
		struct scsi_device *device;
		int r;

		if (path->sg_node == NULL || !picture_path_running(path))
			continue;
		r = transport->open(transport, path->sg_node, &device);
		if (r < 0) {
			unit->readiness = READINESS_SILENT;
			unit->error = r;
			(void) snprintf(unit->text, sizeof(unit->text), "cannot open %s: %s",
					path->sg_node, strerrordesc_np(-r));
			silent++;
			continue;
		}
		unit->readiness = ask_device(unit, transport, device);
		transport->close(device);
		if (unit->readiness != READINESS_SILENT)
			return;
		silent++;
	}
}

void picture_read(struct picture *picture, struct transport *transport, struct kernel *kernel)
{
	picture_read_states(picture, kernel);
	for (unsigned i = 0; i < picture->n_units; i++)
		picture_ask(&picture->units[i], transport);
}
