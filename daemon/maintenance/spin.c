/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SpinDown runs while the disk is stopped, whoever stopped it: nothing is remembered
 * but who that was, if it was through us.  SpinUp never stays running.
 */
#include <errno.h>
#include <string.h>

#include "maintenance/private.h"

/* Waits for an operation of the drive layer. */
struct spin {
	struct list link; /* m->spins */
	struct operation_waiter waiter;
	struct maintenance *m;
	struct errand *errand; /* NULL: nobody waits */
	bool up;
	uint32_t uid;
};

static void ended(struct operation_waiter *waiter, struct operation *operation)
{
	struct spin *spin = container_of(waiter, struct spin, waiter);
	struct maintenance *m = spin->m;
	struct errand *errand = spin->errand;
	struct outcome outcome = operation->outcome;
	struct object *target = operation->target; /* NULL if it went meanwhile */

	if (target != NULL && target->subject != NULL) {
		struct subject *subject = target->subject;

		subject->spin_ours = !spin->up && outcome.result >= 0;
		subject->spin_uid = spin->uid;
		subject_refresh_disk(m, target);
	}
	operation_unwait(waiter);
	list_unlink(&spin->link);
	free(spin);
	if (outcome.result > 0)
		outcome.result = OUTCOME_S_OK;
	errand_result(errand, &outcome);
}

struct operation *spin_begin(struct maintenance *m, struct object *object, bool up, uint32_t uid,
			     struct errand *errand, struct outcome *error)
{
	struct spin *spin = calloc(1, sizeof(*spin));
	struct operation *operation = NULL;

	if (spin == NULL) {
		outcome_set(error, -ENOMEM, "%s", "");
		return NULL;
	}
	(void) subject_get(m, object);
	operation = drive_spin(m->p.drives, object, up, uid, error);
	if (operation == NULL) {
		free(spin);
		return NULL;
	}
	spin->m = m;
	spin->errand = errand;
	spin->up = up;
	spin->uid = uid;
	spin->waiter.ended = ended;
	list_init(&spin->waiter.link);
	list_append(&m->spins, &spin->link);
	operation_wait(operation, &spin->waiter);
	return operation;
}

static struct operation *operation_of(struct object *object)
{
	struct drive *drive = target_drive(object);

	if (object->kind == OBJECT_LUN && object_unit(object)->operation != NULL)
		return object_unit(object)->operation;
	return drive != NULL ? drive->operation : NULL;
}

void spin_verb(struct maintenance *m, struct object *object, bool up, enum maintenance_verb verb,
	       uint32_t uid, struct errand *errand)
{
	struct outcome outcome = { .result = OUTCOME_S_FALSE };

	if (verb == MAINTENANCE_STOP) {
		/* With an operation under way the drive layer says that it is. */
		if (up || (!drive_spun_down(object) && operation_of(object) == NULL)) {
			errand_result(errand, &outcome);
			return;
		}
		up = true;
	}
	if (spin_begin(m, object, up, uid, errand, &outcome) == NULL)
		errand_result(errand, &outcome);
}

void spins_forget(struct maintenance *m)
{
	struct outcome outcome = { .result = -ECANCELED };
	struct spin *spin;

	LIST_FOREACH (spin, &m->spins, link) {
		operation_unwait(&spin->waiter);
		list_unlink(&spin->link);
		errand_result(spin->errand, &outcome);
		free(spin);
	}
}
