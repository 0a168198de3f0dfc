/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One element's lamps.  Everything that is asked of one element, by whomever and
 * through whichever object, passes through its fixture in order.  A
 * user's verb is handed to the request queue as soon as those before it are;
 * meanwhile the fixture's own runs stand still, so that they never come between.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "enclosure/request.h"
#include "maintenance/machine.h"
#include "maintenance/maintenance.h"

struct errand;
struct record;

#define RECORD_KEY_SIZE 40U

enum lamp_index {
	LAMP_LIGHT, /* INDICATOR_IDENT */
	LAMP_TONE,  /* INDICATOR_TONE_CRITICAL */
	_LAMP_MAX,
	LAMP_NONE = _LAMP_MAX, /* of a verb for another indicator */
};

struct lamp {
	struct machine machine;
	uint64_t end;	   /* TIMED: CLOCK_REALTIME us */
	uint64_t deadline; /* TIMED: the same on clock_monotonic() */
	uint64_t due;	   /* clock_monotonic(); 0 = waits for nothing, or stands still */
	uint64_t last_due; /* pulses: keeps the beat; 0 = begins */
	uint32_t uid;
	bool owed; /* given up; still to be dark at the next start */
};

enum own_kind { OWN_NONE, OWN_SWITCH, OWN_ASK_AGAIN };

/* What component->lamp points to. */
struct fixture {
	struct list link, of_armed, of_unsynced, of_looks;
	struct maintenance *m;	     /* NULL: detached, waits only for its requests to come back */
	struct component *component; /* the same */
	struct lamp lamps[_LAMP_MAX];
	struct list verbs; /* struct verb, in order of arrival */
	uint64_t wake;	   /* clock_monotonic(), the earliest that it waits for; 0 = nothing */

	struct request own; /* of a run, or asking again */
	enum own_kind own_kind;
	enum lamp_index own_lamp;

	bool judged;		   /* what was kept of it has been compared with the page */
	bool ask_again;		   /* ask for what is asked, when no verb waits */
	uint32_t last_shown;	   /* indicators when vanishing was last looked for */
	char key[RECORD_KEY_SIZE]; /* its name in the store, "" = nothing is kept of it */
};

struct verb {
	struct list link; /* fixture->verbs */
	struct fixture *fixture;
	struct request request;
	struct errand *errand; /* NULL: answered, or nobody asked */
	enum lamp_index lamp;
	enum maintenance_verb verb;
	uint32_t argument, uid;
	uint64_t end, deadline; /* START_FOR, as in struct lamp */
	uint64_t mark;		/* what must be on the disk first */
	uint64_t patience;	/* clock_monotonic(): no longer waiting for that */
	bool handed_over;
	bool asking_users; /* drive_query_users() under way */
	uint32_t shown;	   /* indicators when it was handed over */
};

/* ---- lamp.c --------------------------------------------------------------------- */

/* The component's, made if need be; NULL when out of memory. */
struct fixture *fixture_get(struct maintenance *m, struct component *component);
/* The element goes, or the daemon does: waiting verbs are answered with result. */
void fixture_detach(struct fixture *f, int result);
/* Frees what is detached and waits for nothing. */
void fixture_release(struct fixture *f);
/* Hands over what can be, else goes on with the runs; sets the timer. */
void fixture_pump(struct fixture *f);
/* The same after a request has ended so, but not while the queue sends everything back. */
void fixture_pump_after(struct fixture *f, int result);
/* A state has changed: asked, the record and the listeners follow. */
void fixture_settled(struct fixture *f, bool again);

void lamp_verb(struct maintenance *m, struct component *component, enum lamp_index index,
	       enum maintenance_verb verb, uint32_t argument, uint32_t uid, struct errand *errand);
/* A plain indicator. */
void lamp_plain(struct maintenance *m, struct component *component, enum indicator indicator,
		bool on, struct errand *errand);
/* What of that lamp runs: false = nothing. */
bool lamp_run(const struct component *component, enum lamp_index index,
	      struct maintenance_run *ret);

/* ---- lamp-run.c ----------------------------------------------------------------- */

/* The only writer of a lamp's state, but for restoring.  Returns effects. */
unsigned lamp_step(struct fixture *f, enum lamp_index index, enum machine_event event,
		   uint32_t count);
/* No verb waits: own requests, times. */
void fixture_go_on(struct fixture *f);
/* A verb waits: no times. */
void fixture_stand_still(struct fixture *f);
/* Compares what was kept of the element with its page, once that is known. */
void fixture_judge(struct fixture *f);
/* Looks for bits that vanished though nobody asked us. */
void fixture_look(struct fixture *f);
/* What is to be kept of it. */
void fixture_record(const struct fixture *f, struct record *ret);
