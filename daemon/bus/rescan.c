/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * They cannot be cancelled: what was asked of udev and the enclosures is asked.
 */
#include <errno.h>
#include <stdlib.h>

#include "bus/authorize.h"
#include "bus/call.h"
#include "bus/errors.h"
#include "bus/face.h"
#include "bus/private.h"
#include "bus/rescan.h"

struct rescan {
	struct list link; /* bus->rescans */
	struct bus *bus;
	struct operation *operation; /* NULL: gone, the daemon ends */
	bool of_provider;
	unsigned pending;
	int result;
};

static void on_part(void *userdata, int result)
{
	struct rescan *rescan = userdata;
	struct outcome outcome = { 0 };

	if (result < 0 && rescan->result == 0)
		rescan->result = result;
	if (--rescan->pending > 0)
		return;

	list_unlink(&rescan->link);
	if (rescan->bus->stopped) {
		free(rescan); /* the operation may be gone, and who waits is told by bus_free() */
		return;
	}
	outcome.result = rescan->result;
	if (rescan->operation)
		operation_end(rescan->operation, &outcome);
	if (rescan->of_provider)
		face_touch_provider(rescan->bus);
	free(rescan);
}

static int begin(struct face *face, sd_bus_message *m, const char *kind, sd_bus_error *error,
		 struct rescan **ret)
{
	struct bus *bus = face->bus;
	struct rescan *rescan;
	struct call *call;
	int r;

	r = bus_authorize(face, m, ACTION_RESCAN, kind, error);
	if (r <= 0)
		return r;
	r = call_new(bus, m, error, &call);
	if (r < 0)
		return r;
	rescan = calloc(1, sizeof(*rescan));
	if (rescan)
		rescan->operation = operation_begin(bus->operations, kind, face->object,
						    senders_uid(&bus->senders, m));
	if (!rescan || !rescan->operation) {
		const struct outcome outcome = { .result = -ENOMEM };

		free(rescan);
		call_done(call, &outcome);
		return 0;
	}
	rescan->bus = bus;
	rescan->of_provider = !face->object;
	rescan->pending = 1;
	list_append(&bus->rescans, &rescan->link);
	face_touch_provider(bus);
	call_wait(call, rescan->operation);
	*ret = rescan;
	return 1;
}

int rescan_reenumerate(struct face *face, sd_bus_message *m, sd_bus_error *error)
{
	struct chassis *chassis = face->object ? object_chassis(face->object) : NULL;
	struct rescan *rescan;
	int r = begin(face, m, "reenumerate", error, &rescan);

	if (r > 0)
		inventory_reenumerate(face->bus->inventory, chassis, on_part, rescan);
	return r < 0 ? r : 1;
}

int rescan_refresh(struct face *face, sd_bus_message *m, sd_bus_error *error)
{
	struct bus *bus = face->bus;
	struct rescan *rescan;
	int r = begin(face, m, "refresh", error, &rescan);

	if (r > 0) {
		rescan->pending = 2;
		inventory_refresh(bus->inventory, on_part, rescan);
		drives_refresh(bus->drives, on_part, rescan);
	}
	return r < 0 ? r : 1;
}

const struct operation *rescan_current(const struct bus *bus)
{
	for (const struct list *l = bus->rescans.prev; l != &bus->rescans; l = l->prev) {
		const struct rescan *rescan = container_of(l, struct rescan, link);

		if (rescan->of_provider && rescan->operation)
			return rescan->operation;
	}
	return NULL;
}

void rescan_forget(struct bus *bus, const struct operation *operation)
{
	struct rescan *rescan;

	LIST_FOREACH (rescan, &bus->rescans, link)
		if (rescan->operation == operation)
			rescan->operation = NULL;
}

void rescans_clear(struct bus *bus)
{
	struct rescan *rescan;

	LIST_FOREACH (rescan, &bus->rescans, link) {
		list_unlink(&rescan->link);
		free(rescan);
	}
}
