/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drive/work.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "drive/status.h"

/*
 * Until the loop gives up on a job: all its commands may run out of time one after
 * another, and the kernel's error handling takes its while after each.
 */
#define READ_LIMIT_S 90U
static const unsigned limits_s[_STEP_KIND_MAX] = {
	[STEP_USERS] = 60,   [STEP_CLAIM] = 60,	  [STEP_RELEASE] = 60, [STEP_FLUSH] = 150,
	[STEP_STOP] = 150,   [STEP_START] = 150,  [STEP_READY] = 60,   [STEP_RUN] = 240,
	[STEP_OFFLINE] = 60, [STEP_DETACH] = 150, [STEP_ATTACH] = 240,
};

/* ---- what it works on ---------------------------------------------------------------- */

struct object *work_target(struct work *work)
{
	struct inventory *inventory = work->drives->inventory;
	struct drive *drive;
	struct unit *unit;

	if (work->gone)
		return NULL;
	if (work->scope == OBJECT_DRIVE) {
		drive = inventory_find_drive(inventory, work->id);
		return drive == NULL ? NULL : &drive->object;
	}
	unit = inventory_find_unit(inventory, work->id);
	return unit == NULL ? NULL : &unit->object;
}

struct drive *work_drive(struct work *work)
{
	struct object *target = work_target(work);

	if (target == NULL)
		return NULL;
	return target->kind == OBJECT_DRIVE ? object_drive(target) : object_unit(target)->drive;
}

/* In the target, and in the units that a drive's operation covers. */
void work_show(struct work *work, struct operation *operation)
{
	struct inventory *inventory = work->drives->inventory;
	struct object *target = work_target(work);
	struct unit *unit;

	if (target == NULL)
		return;
	if (target->kind == OBJECT_LUN) {
		object_unit(target)->operation = operation;
	} else {
		object_drive(target)->operation = operation;
		LIST_FOREACH (unit, &object_drive(target)->units, of_drive) {
			unit->operation = operation;
			inventory_changed(inventory, &unit->object);
		}
	}
	inventory_changed(inventory, target);
}

/* ---- jobs ------------------------------------------------------------------------------ */

static bool reads(enum work_phase phase)
{
	return phase == PHASE_READ || phase == PHASE_CHECK || phase == PHASE_FINAL;
}

static int work_run(struct job *job)
{
	struct work *work = container_of(job, struct work, job);
	struct act *act = &work->act;

	if (!reads(work->phase))
		return act_do(act);
	if (atomic_load(&act->stop))
		return -ECANCELED;
	/* With a command of ours perhaps still in the drive, another would only wait for it. */
	if (work->error.result == -ETIMEDOUT)
		picture_read_states(act->picture, act->kernel);
	else
		picture_read(act->picture, act->transport, act->kernel);
	return 0;
}

static void work_job_finish(struct job *job)
{
	struct work *work = container_of(job, struct work, job);

	work->in_flight = false;
	if (work->drives == NULL) {
		work_free(work);
		return;
	}
	(void) sd_event_source_set_enabled(work->timer, SD_EVENT_OFF);
	if (reads(work->phase)) {
		work_read_ended(work, job->result);
		return;
	}
	if (job->result != work->act.outcome.result) /* it never ran */
		outcome_set(&work->act.outcome, job->result, "%s", strerrordesc_np(-job->result));
	work_step_ended(work, &work->act.outcome);
}

static struct strand *strand_for(struct work *work)
{
	const struct step *step = &work->act.step;

	if (!reads(work->phase) && (step->kind == STEP_DETACH || step->kind == STEP_ATTACH)) {
		struct strand *host = host_strand(work->drives, step->address.host);

		if (host != NULL)
			return host;
	}
	return work->strand;
}

void work_arm(struct work *work, uint64_t usec)
{
	(void) sd_event_source_set_time_relative(work->timer, usec);
	(void) sd_event_source_set_enabled(work->timer, SD_EVENT_ONESHOT);
}

void work_submit(struct work *work)
{
	unsigned limit = reads(work->phase) ? READ_LIMIT_S : limits_s[work->act.step.kind];

	work->job = (struct job){ .run = work_run, .finish = work_job_finish };
	work->in_flight = true;
	work_arm(work, limit * USEC_PER_SEC);
	strand_submit(strand_for(work), &work->job);
}

/* A pause has ended, or a job has not come back. */
int work_on_timer(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata)
{
	struct work *work = userdata;
	struct outcome outcome;

	if (!work->in_flight) {
		if (!work->pending)
			work_next(work);
		return 0;
	}
	/* The job is left to itself; what it does when it comes back is undone then. */
	work->late = true;
	atomic_store(&work->act.stop, true);
	if (work->phase == PHASE_READ || work->phase == PHASE_STEPS)
		work_fail(work, -ETIMEDOUT, "%s did not end in time",
			  reads(work->phase) ? "reading its state"
					     : step_text(work->act.step.kind));
	outcome = work->error;
	if (outcome.result == 0)
		outcome_set(&outcome, -ETIMEDOUT, "reading its state did not end in time");
	work_report(work, &outcome);
	return 0;
}

/* ---- steps ------------------------------------------------------------------------------ */

void work_fail(struct work *work, int result, const char *format, ...)
{
	va_list ap;

	if (work->error.result < 0)
		return;
	va_start(ap, format);
	(void) vsnprintf(work->error.text, sizeof(work->error.text), format, ap);
	va_end(ap);
	work->error.result = result;
}

static bool keep_done(struct work *work)
{
	if (work->n_done == work->done_size) {
		unsigned size = work->done_size == 0 ? 32 : work->done_size * 2;
		struct step *done = reallocarray(work->done, size, sizeof(*done));

		if (done == NULL)
			return false;
		work->done = done;
		work->done_size = size;
	}
	return true;
}

/* Whether something must be put back if it ends here. */
static bool changes(enum step_kind kind)
{
	switch (kind) {
	case STEP_STOP:
	case STEP_START:
	case STEP_RUN:
	case STEP_OFFLINE:
	case STEP_DETACH:
	case STEP_ATTACH:
		return true;
	case STEP_USERS:
	case STEP_CLAIM:
	case STEP_RELEASE:
	case STEP_FLUSH:
	case STEP_READY:
	case STEP_RECORD:
	case STEP_APPEARED:
	case STEP_VANISHED:
	case _STEP_KIND_MAX:
		return false;
	}
	return false;
}

static bool may_fail(const struct work *work, const struct step *step, int result)
{
	if (work->phase == PHASE_UNDO)
		return true;
	/* A command may still be in it: it must not be detached (the host would wait). */
	if (result == -ETIMEDOUT && work->wanted == STATUS_REMOVED)
		return false;
	return step->tolerant && result != -ENOMEM && result != -ECANCELED;
}

void work_step_ended(struct work *work, const struct outcome *outcome)
{
	struct step *step = &work->steps.list[work->at];

	if (outcome->result == -EAGAIN && step->kind == STEP_READY) {
		work_not_ready(work);
		return;
	}
	/* Even what failed may have been half done: STOP that timed out, a path half set. */
	if (work->phase == PHASE_STEPS && outcome->result != -ECANCELED &&
	    (outcome->result == 0 || changes(step->kind))) {
		work->done[work->n_done++] = *step;
		work->changed = work->changed || changes(step->kind);
	}
	if (step->kind == STEP_ATTACH && outcome->result < 0)
		for (unsigned i = work->at; i < work->steps.n; i++)
			if (work->steps.list[i].kind == STEP_APPEARED &&
			    address_equal(&work->steps.list[i].address, &step->address))
				work->steps.list[i].skip = true;
	if (outcome->result < 0) {
		if (work->phase == PHASE_STEPS)
			work->unreached = work->act.no_way;
		if (!may_fail(work, step, outcome->result) && outcome->result == -ETXTBSY)
			work_fail(work, outcome->result, "%s", outcome->text); /* says it all */
		else if (!may_fail(work, step, outcome->result))
			work_fail(work, outcome->result, "%s: %s", step_text(step->kind),
				  outcome->text);
		else if (work->remark.text[0] == 0)
			(void) snprintf(work->remark.text, sizeof(work->remark.text),
					"%.60s: %.160s", step_text(step->kind), outcome->text);
	}
	work->weight_done += step_weight(step->kind);
	work->at++;
	work->begun = false;
	work_next(work);
}

static bool must_stop(struct work *work)
{
	if (work->gone)
		work_fail(work, -ENODEV, "the disk is gone");
	if (work->operation != NULL && work->operation->cancel_requested) {
		work->error.result = 0; /* what failed because of it is no failure */
		work_fail(work, -ECANCELED, "cancelled");
	}
	return work->error.result < 0;
}

static void show_progress(struct work *work)
{
	if (work->operation != NULL && work->phase == PHASE_STEPS && work->weight_all > 0)
		operation_progress(work->operation, 99 * work->weight_done / work->weight_all);
}

/* From here on a drive without units is one that was detached. */
static void before_detach(struct work *work)
{
	struct drive *drive = work_drive(work);

	if (work->phase == PHASE_STEPS && drive != NULL && work->scope == OBJECT_DRIVE)
		drive_set_detached(drive, true);
}

static void phase_ended(struct work *work)
{
	if (work->phase == PHASE_UNDO) {
		work_finish_undo(work);
		return;
	}
	if (work->steps.again) {
		work_read_again(work);
		return;
	}
	/* What is left cannot be stopped any more. */
	if (work->operation != NULL)
		operation_point_of_no_return(work->operation);
	if (work->n_done == 0 || (work->wanted == STATUS_REMOVED && work->goal == STEPS_STATUS)) {
		work_reached(work);
		return;
	}
	work->phase = PHASE_FINAL;
	work_submit(work);
}

void work_next(struct work *work)
{
	struct step *step;

	if (work->phase == PHASE_STEPS && must_stop(work)) {
		work_undo(work);
		return;
	}
	while (work->at < work->steps.n && work->steps.list[work->at].skip)
		work->at++;
	show_progress(work);
	if (work->at == work->steps.n) {
		phase_ended(work);
		return;
	}

	step = &work->steps.list[work->at];
	if (work->phase == PHASE_STEPS && !keep_done(work)) {
		work_fail(work, -ENOMEM, "out of memory");
		work_undo(work);
		return;
	}
	if (step->no_return && work->operation != NULL)
		operation_point_of_no_return(work->operation);
	work->act.step = *step;
	if (!work->begun)
		work->step_began = clock_monotonic();
	work->begun = true;
	if (step->kind == STEP_RECORD || step->kind == STEP_APPEARED ||
	    step->kind == STEP_VANISHED) {
		work_wait_step(work);
		return;
	}
	if (step->kind == STEP_DETACH)
		before_detach(work);
	work_submit(work);
}
