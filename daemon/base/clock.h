/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Time comes in through here, so that a test can own it.
 */
#pragma once

#include <stdint.h>

#define USEC_PER_SEC 1000000ULL
#define USEC_PER_MSEC 1000ULL

/* CLOCK_MONOTONIC and CLOCK_REALTIME in microseconds.  Any thread. */
uint64_t clock_monotonic(void);
uint64_t clock_realtime(void);
