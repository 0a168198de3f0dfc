/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device tree that a test plants and prunes, behind the seam of discovery.  What is
 * added before start() is enumerated, what comes later is an event.
 */
#pragma once

#include "discovery/discovery.h"
#include "tests/enclosure/fake-enclosure.h"

#define FAKE_DEVICES_MAX 1024U

struct fake_discovery {
	struct discovery discovery;
	struct discovery_listener listener;
	bool started;
	unsigned n;
	struct device *devices[FAKE_DEVICES_MAX]; /* NULL = gone */
	bool silent; /* additions and removals send no event: enumerate() finds them */
	unsigned n_silently_gone;
	char *silently_gone[64];
};

void fake_discovery_init(struct fake_discovery *d);
void fake_discovery_end(struct fake_discovery *d);

/* A device to be filled in further and then given to fake_plug(). "0:0:TARGET:LUN" */
struct device *fake_device(unsigned target, uint64_t lun, uint8_t type);
/* The enclosure device of a way, SAS domain 1. */
struct device *fake_way(const struct fake_iom *iom, unsigned target);
/*
 * A SAS disk: node /dev/sdN, unit NAA, target NAA (0 = none), port address (0 = none), serial
 * number, SAS domain 1.
 */
struct device *fake_disk(unsigned target, uint64_t lun, uint64_t naa, uint64_t target_naa,
			 uint64_t port, const char *serial);
/* INQUIRY data; ENCSERV if encserv. */
void fake_inquiry(struct device *device, const char *vendor, const char *product, bool encserv);
/* Page 83h with those names: unit NAA, target NAA, port NAA; 0 = without. */
void fake_names(struct device *device, uint64_t unit, uint64_t target, uint64_t port);
void fake_serial(struct device *device, const char *serial);

struct device *fake_copy(const struct device *device);

/* New, or (same syspath) changed; the device becomes the tree's. */
void fake_plug(struct fake_discovery *d, struct device *device);
void fake_pull(struct fake_discovery *d, const char *syspath);
/* As it is in the tree now. */
const struct device *fake_planted(struct fake_discovery *d, unsigned target, uint64_t lun);
void fake_pull_at(struct fake_discovery *d, unsigned target, uint64_t lun);
