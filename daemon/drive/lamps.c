/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lamps that stand for a mark: fault for FAILED, ok-to-remove for REMOVED, hot-spare.
 * Where one was lit is kept with the marks, so that it follows the disk to another bay and
 * goes out with it, also if the daemon was not there to see.  A lamp that is
 * lit where it should be is left alone: if its bit has gone since, somebody put it out.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "drive/marks.h"
#include "drive/private.h"
#include "enclosure/request.h"
#include "ses/element.h"

/* The requests of one call. */
struct group {
	unsigned pending;
	lamps_done done;
	void *userdata;
	char failure[200];
};

struct lamp {
	struct request request;
	struct list link;      /* drives->lamps */
	struct drives *drives; /* NULL: the layer has ended */
	struct group *group;
	char drive_id[ID_SIZE];
	char label[64];
	enum indicator indicator;
	bool on;
};

static const enum indicator lamps[] = {
	INDICATOR_FAULT,
	INDICATOR_OK_TO_REMOVE,
	INDICATOR_HOT_SPARE,
};

static void group_settle(struct group *group)
{
	if (--group->pending > 0)
		return;
	if (group->done != NULL)
		group->done(group->userdata, group->failure[0] != 0 ? group->failure : NULL);
	free(group);
}

static struct group *group_new(lamps_done done, void *userdata)
{
	struct group *group = calloc(1, sizeof(*group));

	if (group == NULL)
		return NULL;
	group->pending = 1;
	group->done = done;
	group->userdata = userdata;
	return group;
}

static void on_done(struct request *request, const struct outcome *outcome,
		    _unused_ uint32_t before)
{
	struct lamp *lamp = container_of(request, struct lamp, request);
	struct group *group = lamp->group;

	list_unlink(&lamp->link);
	/* What a reset of the enclosure takes is asked again by who knows what is asked. */
	if (outcome->result >= 0) {
		request->component->asked |= request->set;
		request->component->asked &= ~request->clear;
	}
	if (outcome->result < 0 && lamp->drives != NULL) {
		(void) snprintf(group->failure, sizeof(group->failure),
				"the %s lamp of %.60s could not be switched %s: %.100s",
				indicator_name(lamp->indicator), lamp->label,
				lamp->on ? "on" : "off", outcome->text);
		log_warning("%s: %s", lamp->drive_id, group->failure);
		if (lamp->on) { /* nothing to put out later */
			(void) marks_set_lamp(lamp->drives->store, lamp->drive_id, lamp->indicator,
					      NULL);
			store_dirty(lamp->drives->store);
		}
	}
	free(lamp);
	group_settle(group);
}

static void ask(struct drives *drives, struct group *group, const char *drive_id,
		struct component *slot, enum indicator indicator, bool on)
{
	struct lamp *lamp = calloc(1, sizeof(*lamp));

	if (lamp == NULL) {
		(void) snprintf(group->failure, sizeof(group->failure), "out of memory");
		return;
	}
	lamp->request.component = slot;
	*(on ? &lamp->request.set : &lamp->request.clear) = INDICATOR_BIT(indicator);
	lamp->request.done = on_done;
	lamp->drives = drives;
	lamp->group = group;
	lamp->indicator = indicator;
	lamp->on = on;
	(void) snprintf(lamp->drive_id, sizeof(lamp->drive_id), "%s", drive_id);
	(void) snprintf(lamp->label, sizeof(lamp->label), "%s", slot->label);
	list_append(&drives->lamps, &lamp->link);
	group->pending++;
	request_submit(&lamp->request);
}

/* The bay where the lamp was lit for that drive, NULL = none, or it is not there. */
static struct component *lit_in(struct drives *drives, const char *drive_id,
				enum indicator indicator, bool *ret_lit)
{
	struct marks_lamp lamp;
	struct chassis *chassis;

	*ret_lit = marks_lamp(drives->store, drive_id, indicator, &lamp) == 0;
	if (!*ret_lit)
		return NULL;
	chassis = inventory_find_chassis(drives->inventory, lamp.eid);
	return chassis == NULL ? NULL : chassis_find_slot(chassis, lamp.index);
}

/* The drive that sits there now has the same mark: its lamp now. */
static bool anothers(struct drives *drives, struct component *slot, const char *drive_id,
		     enum indicator indicator)
{
	bool lit;

	return slot->drive != NULL && strcmp(slot->drive->id, drive_id) != 0 &&
	       lit_in(drives, slot->drive->id, indicator, &lit) == slot;
}

static void put_out(struct drives *drives, struct group *group, const char *drive_id,
		    enum indicator indicator)
{
	bool lit;
	struct component *slot = lit_in(drives, drive_id, indicator, &lit);

	/* With the enclosure away it is kept: the next start, or bay, sees to it. */
	if (!lit || slot == NULL)
		return;
	if (!anothers(drives, slot, drive_id, indicator))
		ask(drives, group, drive_id, slot, indicator, false);
	(void) marks_set_lamp(drives->store, drive_id, indicator, NULL);
	store_dirty(drives->store);
}

static bool on_its_way(struct drives *drives, const char *drive_id, enum indicator indicator)
{
	const struct lamp *lamp;

	LIST_FOREACH (lamp, &drives->lamps, link)
		if (lamp->on && lamp->indicator == indicator &&
		    strcmp(lamp->drive_id, drive_id) == 0)
			return true;
	return false;
}

static void light(struct drives *drives, struct group *group, struct drive *drive,
		  enum indicator indicator)
{
	bool lit;
	struct component *slot = lit_in(drives, drive->id, indicator, &lit);

	if (drive->slot == NULL) {
		if (!lit)
			(void) snprintf(group->failure, sizeof(group->failure),
					"it sits in no known bay, so no %s lamp was lit",
					indicator_name(indicator));
		return;
	}
	if (lit && slot == drive->slot) {
		/* Who waits for the lamp waits behind the request that is to light it. */
		if (on_its_way(drives, drive->id, indicator))
			ask(drives, group, drive->id, slot, indicator, true);
		return;
	}
	put_out(drives, group, drive->id, indicator);
	/* Kept first: a lamp that is lit and not kept would stay on for good. */
	(void) marks_set_lamp(drives->store, drive->id, indicator, drive->slot);
	store_dirty(drives->store);
	ask(drives, group, drive->id, drive->slot, indicator, true);
}

static bool any_failed(struct drives *drives, struct drive *drive)
{
	struct unit *unit;

	LIST_FOREACH (unit, &drive->units, of_drive)
		if (marks_failed(drives->store, unit->id))
			return true;
	return false;
}

static void update(struct drives *drives, struct group *group, struct drive *drive,
		   enum indicator indicator)
{
	bool want = false;

	switch (indicator) {
	case INDICATOR_FAULT:
		if (drive->n_units == 0)
			return; /* detached: as it was */
		want = any_failed(drives, drive);
		break;
	case INDICATOR_OK_TO_REMOVE:
		want = drive->detached;
		break;
	case INDICATOR_HOT_SPARE:
		want = marks_flags(drives->store, drive->id) & DRIVE_FLAG_HOTSPARE;
		break;
	default:
		return;
	}
	if (want)
		light(drives, group, drive, indicator);
	else
		put_out(drives, group, drive->id, indicator);
}

void lamps_update(struct drives *drives, struct drive *drive, lamps_done done, void *userdata)
{
	struct group *group = group_new(done, userdata);
	struct disk *disk = disk_find(&drive->object);

	if (group == NULL) {
		if (done != NULL)
			done(userdata, "out of memory");
		return;
	}
	if (disk != NULL)
		disk->lamp_slot = drive->slot;
	for (size_t i = 0; i < ARRAY_SIZE(lamps); i++)
		update(drives, group, drive, lamps[i]);
	group_settle(group);
}

void lamps_leave(struct drives *drives, const char *drive_id)
{
	struct group *group = group_new(NULL, NULL);

	if (group == NULL)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(lamps); i++)
		put_out(drives, group, drive_id, lamps[i]);
	group_settle(group);
}

void lamps_free(struct drives *drives)
{
	struct lamp *lamp;

	LIST_FOREACH (lamp, &drives->lamps, link) {
		list_unlink(&lamp->link);
		lamp->drives = NULL;
		lamp->group->done = NULL;
	}
}
