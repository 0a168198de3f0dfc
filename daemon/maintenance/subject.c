/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What runs on an object is worked out anew each time it is asked for: from the page,
 * the runs and the disk.  Kept is what was told last, so that a poll that changes
 * nothing, and each single pulse, tells nothing.  It is told in the next turn of the loop: a
 * request's page is known before its outcome, and between the two the lamp looks like another
 * program's.
 */
#include <string.h>
#include <systemd/sd-event.h>

#include "maintenance/private.h"

struct subject *subject_get(struct maintenance *m, struct object *object)
{
	struct subject *subject = object->subject;

	if (subject != NULL)
		return subject;
	subject = calloc(1, sizeof(*subject));
	if (subject == NULL)
		return NULL;
	subject->object = object;
	subject->n = maintenance_running(m, object, subject->runs);
	object->subject = subject;
	list_append(&m->subjects, &subject->link);
	list_init(&subject->of_stale);
	return subject;
}

void subject_free(struct subject *subject, int result)
{
	if (subject == NULL)
		return;
	ping_detach(subject->ping, result);
	subject->object->subject = NULL;
	list_unlink(&subject->link);
	list_unlink(&subject->of_stale);
	free(subject);
}

/* How many pulses are left makes no difference. */
static bool same_run(const struct maintenance_run *a, const struct maintenance_run *b)
{
	return a->operation == b->operation && (a->pulses == 0) == (b->pulses == 0) &&
	       a->end == b->end && a->uid == b->uid;
}

static bool has_run(const struct subject *subject, uint32_t operation)
{
	for (unsigned i = 0; i < subject->n; i++)
		if (subject->runs[i].operation == operation)
			return true;
	return false;
}

static void tell(struct maintenance *m, struct subject *subject)
{
	struct object *object = subject->object;
	struct maintenance_run runs[MAINTENANCE_RUNS_MAX];
	bool same;
	unsigned n;

	n = maintenance_running(m, object, runs);
	same = n == subject->n;
	for (unsigned i = 0; same && i < n; i++)
		same = same_run(&runs[i], &subject->runs[i]);
	if (same && !subject->again)
		return;
	subject->again = false;

	/* Started again by whomever: no longer stopped through us. */
	if (has_run(subject, MAINTENANCE_SPIN_DOWN) && !drive_spun_down(object))
		subject->spin_ours = false;

	memcpy(subject->runs, runs, n * sizeof(runs[0]));
	subject->n = n;
	if (m->listener.changed != NULL)
		m->listener.changed(m->listener.userdata, object);
}

void subjects_tell(struct maintenance *m)
{
	while (!list_empty(&m->stale)) {
		struct subject *subject = container_of(m->stale.next, struct subject, of_stale);

		list_unlink(&subject->of_stale);
		tell(m, subject);
	}
}

void subject_refresh(struct maintenance *m, struct object *object, bool again)
{
	struct subject *subject = object->subject;

	if (subject == NULL)
		return;
	subject->again = subject->again || again;
	if (list_empty(&subject->of_stale))
		list_append(&m->stale, &subject->of_stale);
	(void) sd_event_source_set_enabled(m->later, SD_EVENT_ONESHOT);
}

void subject_refresh_disk(struct maintenance *m, struct object *object)
{
	struct drive *drive = target_drive(object);
	struct unit *unit;

	if (drive == NULL) {
		subject_refresh(m, object, false);
		return;
	}
	subject_refresh(m, &drive->object, false);
	LIST_FOREACH (unit, &drive->units, of_drive)
		subject_refresh(m, &unit->object, false);
}

void subject_refresh_component(struct maintenance *m, struct component *c, bool again)
{
	struct unit *unit;
	struct way *way;

	subject_refresh(m, &c->object, again);
	if (c->drive != NULL) {
		subject_refresh(m, &c->drive->object, again);
		LIST_FOREACH (unit, &c->drive->units, of_drive)
			subject_refresh(m, &unit->object, again);
	}
	if (target_is_chassis_lamp(c))
		subject_refresh(m, &c->chassis->object, again);
	LIST_FOREACH (way, &c->chassis->ways, link)
		if (!c->slot && way_electronics(way) == c)
			subject_refresh(m, &way->object, again);
}
