/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of the fake share: one lock over the hardware, and the events in it.
 */
#pragma once

#include "base/macro.h"
#include "discovery/discovery.h"
#include "fake-disk.h"
#include "scsi/transport.h"

#define FAKE_SAS_ADDRESS 0x5000c50000000001ULL

extern pthread_mutex_t fake_lock;

/* Under the lock, which is given up while it waits.  What is to happen to the event. */
enum fake_what fake_event(unsigned u, int p, const char *word);
/* Under the lock: is an event of that name waited for, or has it no number? */
bool fake_wants(const char *word);
/* Under the lock: in the log, and nothing else. */
void fake_note(const char *text);
/* Under the lock, after the event has had its effect. */
void fake_after(enum fake_what happens);
/* Under the lock: START or STOP. */
void fake_power(struct fake_unit *unit, bool start);
void fake_syspath(unsigned u, unsigned p, char dst[static 64]);
/* Something was attached or detached. */
void fake_tell_changed(void);

extern struct transport fake_transport;
extern struct kernel fake_kernel;
extern struct discovery fake_discovery;
/* With the event loop that discovery was started on. */
void fake_discovery_end(void);
