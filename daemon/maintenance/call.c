/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A call may mean sixty bays and has one answer.  It is given exactly once and never
 * before the call has returned, so that a caller need not ask itself which came first.
 */
#include <errno.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "maintenance/private.h"

struct call *call_new(struct maintenance *m, maintenance_done done, void *userdata)
{
	struct call *call = calloc(1, sizeof(*call));

	if (call == NULL) {
		struct outcome outcome = { .result = -ENOMEM };

		done(userdata, &outcome);
		return NULL;
	}
	call->m = m;
	call->holds = 1;
	call->done = done;
	call->userdata = userdata;
	list_append(&m->calls, &call->link);
	list_init(&call->of_answers);
	return call;
}

struct call *call_add(struct call *call)
{
	if (call != NULL)
		call->holds++;
	return call;
}

static void answer(struct call *call)
{
	struct outcome outcome = call->outcome;

	if (outcome.result == 0 && !call->any_ok && !call->plain)
		outcome.result = OUTCOME_S_FALSE;
	list_unlink(&call->of_answers);
	list_unlink(&call->link);
	call->done(call->userdata, &outcome);
	free(call);
}

void call_result(struct call *call, const struct outcome *outcome)
{
	if (call == NULL)
		return;
	if (outcome->result < 0 && call->outcome.result >= 0)
		call->outcome = *outcome;
	if (outcome->result == OUTCOME_S_OK)
		call->any_ok = true;
	if (--call->holds == 0)
		answer(call);
}

void call_made(struct call *call)
{
	if (--call->holds > 0)
		return;
	list_append(&call->m->answers, &call->of_answers);
	if (sd_event_source_set_enabled(call->m->later, SD_EVENT_ONESHOT) < 0)
		answer(call);
}

void calls_answer(struct maintenance *m)
{
	/* One that is answered may make another: that one is the next turn's. */
	struct list due = LIST_INIT(due);
	struct call *call;

	LIST_FOREACH (call, &m->answers, of_answers) {
		list_unlink(&call->of_answers);
		list_append(&due, &call->of_answers);
	}
	while (!list_empty(&due))
		answer(container_of(due.next, struct call, of_answers));
}
