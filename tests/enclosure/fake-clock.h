/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A clock that a test owns: it goes on like the real one, and jumps where a test or a
 * pause of a worker says so.  A back-off of six seconds and a limit of nineteen
 * then take no time, and their order is still theirs.
 *
 * It takes the place of base/clock.c, nanosleep() and those functions of sd-event that set
 * a timer.  Timers are told of a jump by fake_clock_sync(), on the loop's thread.
 */
#pragma once

#include <stdint.h>

/* Any thread. */
void fake_clock_advance(uint64_t usec);

/* Before each turn of the loop: what has come due by a jump is due. */
void fake_clock_sync(void);
