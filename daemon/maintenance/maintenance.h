/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IVdsMaintenance: operations that run until stopped, pulse, or end by
 * themselves (dbus-api.md section 4).  Knows bays and their indicators, no SES
 * and no D-Bus.  Loop thread.
 *
 * The enclosure's page is the truth: a lamp runs when the page says so, whoever
 * lit it.  Kept here is what the page cannot say: pulses left, when a timed run
 * ends, who began it; and in the state directory, so that no lamp is
 * left on by accident when the daemon dies.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/outcome.h"
#include "drive/drive.h"
#include "enclosure/inventory.h"

struct maintenance;

enum maintenance_operation {
	MAINTENANCE_BLINK_LIGHT = 1,
	MAINTENANCE_BEEP_ALARM = 2,
	MAINTENANCE_SPIN_DOWN = 3,
	MAINTENANCE_SPIN_UP = 4,
	MAINTENANCE_PING = 5,
	_MAINTENANCE_MAX,
};

#define MAINTENANCE_PULSES_MAX 3600U
#define MAINTENANCE_SECONDS_MAX (30U * 24 * 3600)
#define MAINTENANCE_UID_OTHER 0xFFFFFFFFU /* another program */

enum maintenance_verb {
	MAINTENANCE_START,
	MAINTENANCE_STOP,
	MAINTENANCE_PULSE,     /* argument: how many */
	MAINTENANCE_START_FOR, /* argument: seconds */
};

struct maintenance_parameters {
	sd_event *event;
	struct inventory *inventory;
	struct drives *drives; /* NULL: no spin, no ping of disks */
	struct store *store;
	const struct settings *settings;
};

int maintenance_new(const struct maintenance_parameters *parameters, struct maintenance **ret);
struct maintenance *maintenance_free(struct maintenance *maintenance);

/*
 * Checks what can be checked without the hardware, in the contract's order: 0,
 * -EINVAL (no such operation; pulses or seconds out of range), -EOPNOTSUPP.  To be asked before
 * authorisation for -EINVAL and after it for the rest: arguments_only leaves support out.
 */
int maintenance_check(struct maintenance *maintenance, struct object *object,
		      enum maintenance_verb verb, uint32_t operation, uint32_t argument,
		      bool arguments_only, struct outcome *ret);

typedef void (*maintenance_done)(void *userdata, const struct outcome *outcome);

/*
 * Does it.  done is called exactly once, never before this returns: 0, 1 (S_FALSE: Stop of what
 * does not run), or -errno with a sentence.
 */
void maintenance_call(struct maintenance *maintenance, struct object *object,
		      enum maintenance_verb verb, uint32_t operation, uint32_t argument,
		      uint32_t uid, maintenance_done done, void *userdata);

/* StartMaintenanceAsync of a spin: NULL and *error if it cannot begin. */
struct operation *maintenance_call_async(struct maintenance *maintenance, struct object *object,
					 uint32_t operation, uint32_t uid, struct outcome *error);

/* ident is BlinkLight; the others are plain.  -EOPNOTSUPP through done if the element lacks it.
 * device-off on follows the in-use rule of the bay's drive. */
void maintenance_set_indicator(struct maintenance *maintenance, struct component *component,
			       enum indicator indicator, bool on, uint32_t uid,
			       maintenance_done done, void *userdata);

#define MAINTENANCE_RUNS_MAX 4U

struct maintenance_run {
	uint32_t operation;
	uint32_t pulses; /* left, the present one counted; 0 = not pulsing */
	uint64_t end;	 /* CLOCK_REALTIME us, 0 = until stopped */
	uint32_t uid;
};

/* What the object can do (ret has room for 5), how many. */
unsigned maintenance_supported(struct maintenance *maintenance, struct object *object,
			       uint32_t ret[static 5]);
/* What runs on it, how many. */
unsigned maintenance_running(struct maintenance *maintenance, struct object *object,
			     struct maintenance_run ret[static MAINTENANCE_RUNS_MAX]);

/* Last Ping: CLOCK_REALTIME us and HRESULT; (0, 0) = never. */
void maintenance_last_ping(struct maintenance *maintenance, struct object *object,
			   uint64_t *ret_time, uint32_t *ret_hresult);

struct maintenance_listener {
	/* What runs on the object has changed (start and end, not each pulse). */
	void (*changed)(void *userdata, struct object *object);
	void *userdata;
};
void maintenance_listen(struct maintenance *maintenance,
			const struct maintenance_listener *listener);
