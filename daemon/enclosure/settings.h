/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an administrator can set (vdsd.conf), with its defaults, for all layers.
 */
#pragma once

#include <stdint.h>

#define SETTINGS_DEFAULT                                                                           \
	{                                                                                          \
		.poll_seconds = 10, .pulse_half_period_ms = 500, .settle_ms = 500,                 \
		.command_timeout_s = 8, .ready_check_seconds = 300, .threads_max = 64,             \
	}

struct settings {
	unsigned poll_seconds;	       /* page 02h, per way; 0 = never */
	unsigned pulse_half_period_ms; /* on as long as off */
	unsigned settle_ms;	       /* until a request must show in page 02h */
	unsigned command_timeout_s;    /* per SCSI command to an enclosure */
	unsigned ready_check_seconds;  /* TEST UNIT READY of disks; 0 = never */
	unsigned threads_max;
};
