/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file: hex and comments, for sg_ses --inhex and for the simulator.
 */
#pragma once

#include <stdio.h>
#include <time.h>

#include "capture/pages.h"

/* when: seconds since 1970.  0, or -EIO if the file took it not. */
int capture_print(const struct capture *capture, time_t when, FILE *file);
