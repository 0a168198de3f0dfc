/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VDS notifications (vds.md section 6): the Notify signal of the provider.
 * Bays and elements are no VDS objects; what happens to them is a change of their subsystem.
 */
#pragma once

#include <stdint.h>

struct face;
struct object;

void notify_arrived(struct face *face);
void notify_departed(struct face *face);
/* A property of its own interface has changed; told at the end of the round. */
void notify_modified(struct face *face);
/* The end of the round: one MODIFY, whatever changed, but none beside an ARRIVE. */
void notify_round(struct face *face);

/* VDS status of drives and controllers, 0 for others. */
uint32_t notify_status(struct object *object);
