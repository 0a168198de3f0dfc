/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of this layer share and nobody above needs.  Loop thread.
 *
 *   machine.c      what one lamp does next; pure
 *   target.c       which elements an object's lamp means
 *   lamp.c         one element: its lamps, and users' verbs in order
 *   lamp-run.c     what goes on without a user: pulses, ends, asking again
 *   record.c       what of that is kept in the state directory
 *   ping.c         pings of one object
 *   spin.c         disks stopped and started
 *   subject.c      what runs on an object, and who is told
 *   errand.c       one call from above, over all its targets
 *   model.c        what the inventory tells
 *   maintenance.c  the layer's face, and its timer
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/outcome.h"
#include "base/store.h"
#include "enclosure/request.h"
#include "maintenance/lamp.h"
#include "maintenance/machine.h"
#include "maintenance/maintenance.h"

typedef struct sd_event sd_event;
typedef struct sd_event_source sd_event_source;

struct maintenance {
	struct maintenance_parameters p;
	struct maintenance_listener listener;
	sd_event_source *timer; /* the one for all runs: those that are due go in one turn */
	sd_event_source *later; /* deferred: answers that must not come before a call returns */
	bool in_timer;
	struct list errands;  /* all under way */
	struct list answers;  /* of these, those to be answered in the next turn */
	struct list fixtures; /* all */
	struct list looks;    /* of these, those whose page changed in this turn */
	struct list armed;    /* of these, those that wait for a time */
	struct list pings;    /* that wait for a time */
	struct list spins;    /* under way */
	struct list subjects; /* all */
	struct list stale;    /* of these, those whose runs may be others now */

	/* Writing of records: everything up to `synced` is on the disk. */
	uint64_t marked, synced;
	struct list unsynced; /* fixtures that wait for it */
	struct list tickets;
	bool store_warned, full_warned;
	unsigned n_records;
};

/* Sets the timer to the next time that anything waits for. */
void maintenance_rearm(struct maintenance *m);
/* Looks at those of m->looks, in the turn after the page was read. */
void model_look(struct maintenance *m);
/* The listener of the inventory. */
struct model_listener model_listener(struct maintenance *m);

/* ---- errand.c --------------------------------------------------------------------- */

/*
 * A call from above.  Its maker holds it until errand_made(), each target that it was
 * added to until errand_result(); then it is answered: the first failure, else
 * S_OK if any target did something, else S_FALSE.
 */
struct errand {
	struct list link, of_answers;
	struct maintenance *m;
	unsigned holds;
	bool plain; /* S_FALSE means nothing to the caller */
	bool any_ok;
	struct outcome outcome;
	maintenance_done done;
	void *userdata;
};

/* NULL when out of memory: then done has been called, as there is nothing to remember it in. */
struct errand *errand_new(struct maintenance *m, maintenance_done done, void *userdata);
/* One more target; NULL is fine, for work that nobody asked for. */
struct errand *errand_add(struct errand *errand);
/* That target is done; errand may be NULL. */
void errand_result(struct errand *errand, const struct outcome *outcome);
/* The maker is done; the answer comes later than this returns. */
void errand_made(struct errand *errand);
/* Answers those of m->answers. */
void errands_answer(struct maintenance *m);

/* ---- target.c ------------------------------------------------------------------- */

enum indicator lamp_indicator(enum lamp_index index);
/* Every bit that a lamp uses: what component->asked has beside are plain indicators. */
#define LAMP_BITS                                                                                  \
	(INDICATOR_BIT(INDICATOR_IDENT) | INDICATOR_BIT(INDICATOR_TONE_CRITICAL) |                 \
	 INDICATOR_BIT(INDICATOR_MUTE))

/* The elements that a lamp of the object means, one after another; NULL ends it. */
struct component *target_next(struct object *object, enum lamp_index index,
			      const struct component *last);
#define TARGET_FOREACH(c, object, index)                                                           \
	for ((c) = target_next((object), (index), NULL); (c) != NULL;                              \
	     (c) = target_next((object), (index), (c)))
/* The element a lamp of the chassis; the drive of a Drive or Lun, NULL. */
bool target_is_chassis_lamp(const struct component *component);
struct drive *target_drive(struct object *object);

/* ---- record.c ------------------------------------------------------------------- */

#define RECORDS_MAX 16384U
/* How long a pulse or timed run waits for its record to be on the disk. */
#define RECORD_PATIENCE_USEC 500000U

enum record_kind { RECORD_NONE, RECORD_CONTINUOUS, RECORD_TIMED, RECORD_PULSE };

struct record {
	struct {
		enum record_kind kind;
		uint64_t end; /* RECORD_TIMED: CLOCK_REALTIME us */
		uint32_t uid;
	} lamps[_LAMP_MAX];
	uint32_t asked; /* plain indicators */
};

/* What is kept of the element; false: nothing, or nothing that makes sense. */
bool record_read(struct maintenance *m, const struct component *component, struct record *ret);
/* Makes what is kept of the element this. */
void record_write(struct fixture *f, const struct record *record);
/* Drops what is kept of it, as it is about to get another name. */
void record_drop(struct fixture *f);
void records_count(struct maintenance *m);
/* All that was written so far is on the disk when m->synced has reached the result. */
uint64_t record_sync(struct maintenance *m);
void record_forget_tickets(struct maintenance *m);

/* ---- ping.c --------------------------------------------------------------------- */

struct ping;
#define PING_INTERVAL_USEC 1000000U
#define PING_LONGEST_SECONDS 3600U

void ping_verb(struct maintenance *m, struct object *object, enum maintenance_verb verb,
	       uint32_t argument, uint32_t uid, struct errand *errand);
bool ping_run(const struct ping *ping, struct maintenance_run *ret);
void ping_due(struct ping *ping);
uint64_t ping_wake(const struct ping *ping);
struct ping *ping_of_link(struct list *link);
void ping_last(const struct ping *ping, uint64_t *ret_time, uint32_t *ret_hresult);
/* Its object goes, or the daemon does. */
void ping_detach(struct ping *ping, int result);

/* ---- spin.c --------------------------------------------------------------------- */

void spin_verb(struct maintenance *m, struct object *object, bool up, enum maintenance_verb verb,
	       uint32_t uid, struct errand *errand);
struct operation *spin_begin(struct maintenance *m, struct object *object, bool up, uint32_t uid,
			     struct errand *errand, struct outcome *error);
void spins_forget(struct maintenance *m);

/* ---- subject.c ------------------------------------------------------------------ */

/* What object->subject points to. */
struct subject {
	struct list link, of_stale;
	struct object *object;
	bool again; /* tell even if nothing seems to be new */
	unsigned n;
	struct maintenance_run runs[MAINTENANCE_RUNS_MAX]; /* as last told */
	bool spin_ours;
	uint32_t spin_uid;
	struct ping *ping;
};

/* NULL when out of memory. */
struct subject *subject_get(struct maintenance *m, struct object *object);
void subject_free(struct subject *subject, int result);
/* Tells soon what runs on the object if that is another than was told last; again: in any case. */
void subject_refresh(struct maintenance *m, struct object *object, bool again);
/* Tells what is to be told. */
void subjects_tell(struct maintenance *m);
/* subject_refresh() for all objects that the element is the lamp of. */
void subject_refresh_component(struct maintenance *m, struct component *component, bool again);
/* The same for a drive and its units, or a unit and its drive. */
void subject_refresh_disk(struct maintenance *m, struct object *object);
