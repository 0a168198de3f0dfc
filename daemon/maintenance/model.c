/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the inventory tells.  A reset shows as bits that vanish, and the page may be told
 * of before the reset is: so bits are looked for in the next turn of the loop,
 * when it is known whether somebody stopped them or they are to be asked again.
 */
#include <errno.h>
#include <systemd/sd-event.h>

#include "maintenance/private.h"

/* A record found at the first sight of an element is compared with its page. */
static void component_seen(struct maintenance *m, struct component *c)
{
	struct fixture *f = c->lamp;
	struct record record;

	/* The drive layer asks for lamps too, by itself. */
	if (f == NULL && ((c->asked & ~LAMP_BITS) != 0 || record_read(m, c, &record)))
		f = fixture_get(m, c);
	if (f == NULL)
		return;
	if (!f->judged && c->known) {
		fixture_judge(f);
		fixture_pump(f);
	} else if (f->judged && list_empty(&f->of_looks)) {
		list_append(&m->looks, &f->of_looks);
		(void) sd_event_source_set_enabled(m->later, SD_EVENT_ONESHOT);
	}
}

void model_look(struct maintenance *m)
{
	struct fixture *f;

	LIST_FOREACH (f, &m->looks, of_looks) {
		list_unlink(&f->of_looks);
		fixture_look(f);
		fixture_settled(f, false); /* its name in the store may be another */
		fixture_pump(f);
	}
}

static void added(void *userdata, struct object *object)
{
	struct maintenance *m = userdata;

	if (object->kind == OBJECT_SLOT || object->kind == OBJECT_ELEMENT)
		component_seen(m, object_component(object));
	(void) subject_get(m, object);
}

static void changed(void *userdata, struct object *object)
{
	struct maintenance *m = userdata;

	switch (object->kind) {
	case OBJECT_SLOT:
	case OBJECT_ELEMENT:
		component_seen(m, object_component(object));
		subject_refresh_component(m, object_component(object), false);
		break;
	case OBJECT_DRIVE:
	case OBJECT_LUN:
		subject_refresh_disk(m, object);
		subject_refresh(m, object, false);
		break;
	case OBJECT_SUBSYSTEM:
	case OBJECT_CONTROLLER:
		subject_refresh(m, object, false);
		break;
	case OBJECT_OPERATION:
	case _OBJECT_KIND_MAX:
		break;
	}
}

static void removing(void *userdata _unused_, struct object *object)
{
	if (object->kind == OBJECT_SLOT || object->kind == OBJECT_ELEMENT) {
		struct fixture *f = object_component(object)->lamp;

		/* Its record stays: the chassis may come back. */
		if (f != NULL)
			fixture_detach(f, -ENODEV);
	}
	subject_free(object->subject, -ENODEV);
}

/* Another index is another name in the store; all have lost theirs before any gets its new one. */
static void moving(void *userdata _unused_, struct object *object)
{
	if (object->kind != OBJECT_SLOT && object->kind != OBJECT_ELEMENT)
		return;
	if (object_component(object)->lamp != NULL)
		record_drop(object_component(object)->lamp);
}

static void moved(void *userdata, struct object *object)
{
	if (object->kind != OBJECT_SLOT && object->kind != OBJECT_ELEMENT)
		return;
	if (object_component(object)->lamp != NULL)
		fixture_settled(object_component(object)->lamp, false);
	changed(userdata, object);
}

static void ask_again(struct maintenance *m, struct list *components)
{
	struct component *c;

	LIST_FOREACH (c, components, link) {
		struct fixture *f = c->lamp;

		if (f == NULL && (c->asked & ~LAMP_BITS) != 0)
			f = fixture_get(m, c);
		if (f == NULL)
			continue;
		if (!f->judged)
			fixture_judge(f);
		f->ask_again = true;
		fixture_pump(f);
	}
}

static void reset(void *userdata, struct chassis *chassis)
{
	struct maintenance *m = userdata;

	ask_again(m, &chassis->slots);
	ask_again(m, &chassis->elements);
}

struct model_listener model_listener(struct maintenance *m)
{
	return (struct model_listener){
		.added = added,
		.changed = changed,
		.removing = removing,
		.moving = moving,
		.moved = moved,
		.reset = reset,
		.userdata = m,
	};
}
