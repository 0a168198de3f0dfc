/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A call may mean sixty bays and has one answer.  It is given exactly once and never
 * before the call has returned, so that a caller need not ask itself which came first.
 */
#include <errno.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "maintenance/private.h"

struct errand *errand_new(struct maintenance *m, maintenance_done done, void *userdata)
{
	struct errand *errand = calloc(1, sizeof(*errand));

	if (errand == NULL) {
		struct outcome outcome = { .result = -ENOMEM };

		done(userdata, &outcome);
		return NULL;
	}
	errand->m = m;
	errand->holds = 1;
	errand->done = done;
	errand->userdata = userdata;
	list_append(&m->errands, &errand->link);
	list_init(&errand->of_answers);
	return errand;
}

struct errand *errand_add(struct errand *errand)
{
	if (errand != NULL)
		errand->holds++;
	return errand;
}

static void answer(struct errand *errand)
{
	struct outcome outcome = errand->outcome;

	if (outcome.result == 0 && !errand->any_ok && !errand->plain)
		outcome.result = OUTCOME_S_FALSE;
	list_unlink(&errand->of_answers);
	list_unlink(&errand->link);
	errand->done(errand->userdata, &outcome);
	free(errand);
}

void errand_result(struct errand *errand, const struct outcome *outcome)
{
	if (errand == NULL)
		return;
	if (outcome->result < 0 && errand->outcome.result >= 0)
		errand->outcome = *outcome;
	if (outcome->result == OUTCOME_S_OK)
		errand->any_ok = true;
	if (--errand->holds == 0)
		answer(errand);
}

void errand_made(struct errand *errand)
{
	if (--errand->holds > 0)
		return;
	list_append(&errand->m->answers, &errand->of_answers);
	if (sd_event_source_set_enabled(errand->m->later, SD_EVENT_ONESHOT) < 0)
		answer(errand);
}

void errands_answer(struct maintenance *m)
{
	/* One that is answered may make another: that one is the next turn's. */
	struct list due = LIST_INIT(due);
	struct errand *errand;

	LIST_FOREACH (errand, &m->answers, of_answers) {
		list_unlink(&errand->of_answers);
		list_append(&due, &errand->of_answers);
	}
	while (!list_empty(&due))
		answer(container_of(due.next, struct errand, of_answers));
}
