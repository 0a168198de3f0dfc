/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The whole daemon from outside: a bus of its own, vdsd-sim on it, and a
 * client that remembers every signal.  Nothing of daemon/ is linked, so what is
 * tested is what a client is promised.
 *
 * Waiting ends with what is waited for, or fails the test after HARNESS_SECONDS.
 */
#pragma once

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#define HARNESS_SECONDS 20U

#define ROOT "/org/vdsd1"
#define PROVIDER "org.vdsd1.HwProvider"
#define SUBSYSTEM "org.vdsd1.SubSystem"
#define CONTROLLER "org.vdsd1.Controller"
#define SLOT "org.vdsd1.Slot"
#define ELEMENT "org.vdsd1.Element"
#define DRIVE "org.vdsd1.Drive"
#define LUN "org.vdsd1.Lun"
#define MAINTENANCE "org.vdsd1.Maintenance"
#define ASYNC "org.vdsd1.Async"

#define ERROR(name) "org.vdsd1.Error." name

enum { BLINK_LIGHT = 1, BEEP_ALARM, SPIN_DOWN, SPIN_UP, PING };

#define S_OK 0U
#define S_FALSE 1U

/* ---- the daemon ---------------------------------------------------------------- */

/* A sample ("2u-24.conf") or the text of a description; config is that of a vdsd.conf or NULL.
 * Returns when the well-known name is there. */
void harness_start(const char *sample, const char *config);
void harness_start_text(const char *description, const char *config);
/* The same, on a bus with the policy that is installed: as root only. */
void harness_start_installed(const char *sample);
/* Ends the daemon and sees that it ended well. */
void harness_end(void);
/* The same, if it has not ended, and the bus; called after each test. */
void harness_stop(void);
/* Ends it, and starts it again with the same state directory on other hardware. */
void harness_restart_text(const char *description);

/* A test case with harness_stop() after each test. */
TCase *harness_case(const char *name);
int harness_main(Suite *suite);

/* The answer of simctl to an order, to be freed by nobody.  Fails the test when refused. */
const char *simctl(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The line of `simctl state` of an element ("17:7") of enclosure 0 holds that ("ident=1"). */
bool shown(const char *element, const char *what);
/* All SCSI commands so far to processors of enclosures; and what the last log says of them. */
unsigned enclosure_commands(void);

/* ---- calls ----------------------------------------------------------------------- */

/* Another client; the harness's own is client(). */
sd_bus *client_new(void);
sd_bus *client(void);

/* Fails the test when the call fails.  The reply is kept until the next call. */
sd_bus_message *call(const char *path, const char *interface, const char *member, const char *types,
		     ...);
/* The HRESULT of a call that answers "u". */
uint32_t call_h(const char *path, const char *interface, const char *member, const char *types,
		...);
/* The path that a call answers, kept until the test ends. */
const char *call_path(const char *path, const char *interface, const char *member,
		      const char *types, ...);
/* The error's name; fails the test when the call succeeds, or when the message is not
 * "NAME (0xVALUE): sentence" with an error of vdsd. */
const char *call_error(const char *path, const char *interface, const char *member,
		       const char *types, ...);
/* The message of that error. */
const char *last_error(void);

/* Start, Stop and so on with an operation. */
uint32_t maintain(const char *verb, const char *path, uint32_t operation);

/* Without waiting; the number of answers to come. */
struct pending {
	sd_bus_slot *slot;
	bool done;
	unsigned order; /* of its answer among all */
	uint32_t h;
	char error[96]; /* "" = none */
};
void call_later(sd_bus *bus, struct pending *pending, const char *path, const char *interface,
		const char *member, const char *types, ...);
void await(struct pending *pending, unsigned n);

/* ---- properties -------------------------------------------------------------------- */

bool get_bool(const char *path, const char *interface, const char *name);
uint32_t get_u32(const char *path, const char *interface, const char *name);
int get_i16(const char *path, const char *interface, const char *name);
uint64_t get_u64(const char *path, const char *interface, const char *name);
/* Kept until the test ends. */
const char *get_string(const char *path, const char *interface, const char *name);
const char *get_path(const char *path, const char *interface, const char *name);
/* NULL-terminated; of "as" and "ao". */
const char *const *get_strings(const char *path, const char *interface, const char *name);
bool contains(const char *const *strings, const char *s);

/* Operations running on the object; *pulses, *end and *uid of the one asked for, true: it runs. */
struct run {
	uint32_t pulses, uid;
	uint64_t end;
};
bool runs(const char *path, uint32_t operation, struct run *ret);

/* The first enclosure's path, and what is below it.  Kept until the test ends. */
const char *subsystem(void);
const char *slot(unsigned n);
const char *below(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* NULL-terminated: an array of paths that a method without arguments answers. */
const char *const *query(const char *path, const char *interface, const char *method);
/* Those of the first enclosure. */
const char *const *controllers(void);
/* The first result of Resolve; NULL: VDS_E_OBJECT_NOT_FOUND.  *ret_n: how many there are. */
const char *resolve(const char *name, unsigned *ret_n);

/* ---- signals ----------------------------------------------------------------------- */

/* Forgets the signals so far. */
void signals_forget(void);
/* Waits for PropertiesChanged of that property. */
void wait_changed(const char *path, const char *interface, const char *property);
/* Waits for Notify. */
void wait_notify(uint32_t type, uint32_t event, const char *path);
void wait_added(const char *path);
void wait_removed(const char *path);
/* How many there have been, without waiting but for what a round trip brings. */
unsigned count_changed(const char *path, const char *interface, const char *property);
unsigned count_notify(uint32_t type, uint32_t event, const char *path);

/* Waits until the condition, which may call, is true. */
#define WAIT_UNTIL(condition)                                                                      \
	do {                                                                                       \
		uint64_t _deadline = harness_deadline();                                           \
		while (!(condition))                                                               \
			harness_wait_more(_deadline, #condition);                                  \
	} while (0)
uint64_t harness_deadline(void);
void harness_wait_more(uint64_t deadline, const char *what);
