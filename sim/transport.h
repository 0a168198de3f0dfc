/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * struct transport, struct discovery and struct kernel over a rack.  They do not own it.
 */
#pragma once

#include "discovery/discovery.h"
#include "drive/kernel.h"
#include "scsi/transport.h"
#include "sim/rack.h"

struct transport *sim_transport_new(struct rack *rack);
struct transport *sim_transport_free(struct transport *transport);
/* A device of it is open, such as by a thread that was left behind in a command. */
bool sim_transport_in_use(struct transport *transport);

/* Its own free() ends the reporting; the memory is sim_discovery_free()'s. */
struct discovery *sim_discovery_new(struct rack *rack);
struct discovery *sim_discovery_free(struct discovery *discovery);

struct kernel *sim_kernel_new(struct rack *rack);
struct kernel *sim_kernel_free(struct kernel *kernel);
