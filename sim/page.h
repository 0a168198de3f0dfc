/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A diagnostic page under construction, and what the files that make the
 * enclosure out of pages share.  With the rack's lock held.
 */
#pragma once

#include "sim/bytes.h"
#include "sim/command.h"

enum { /* ses.md 3.1 */
       T_DEVICE_SLOT = 0x01,
       T_POWER = 0x02,
       T_COOLING = 0x03,
       T_TEMPERATURE = 0x04,
       T_DOOR = 0x05,
       T_ALARM = 0x06,
       T_ESC = 0x07,
       T_INVALID = 0x0a,
       T_UPS = 0x0b,
       T_DISPLAY = 0x0c,
       T_ENCLOSURE = 0x0e,
       T_PORT = 0x0f,
       T_LANGUAGE = 0x10,
       T_COMMUNICATION = 0x11,
       T_VOLTAGE = 0x12,
       T_CURRENT = 0x13,
       T_TARGET = 0x14,
       T_INITIATOR = 0x15,
       T_ARRAY_SLOT = 0x17,
       T_EXPANDER = 0x18,
       T_CONNECTOR = 0x19,
};

#define SIM_PUT_MAX 1024U

struct sim_page {
	uint8_t p[SIM_PAGE_MAX + SIM_PUT_MAX];
	size_t n;
};

/* Room for n zeroed bytes, at most SIM_PUT_MAX; what does not fit any more is lost. */
uint8_t *sim_put(struct sim_page *page, size_t n);

bool sim_has_page(const struct sim_enclosure *e, uint8_t code);
void sim_page_additional(struct sim_page *page, const struct sim_lu *iom); /* additional.c */

/* With split bays: another IOM has that bay. */
bool sim_foreign(const struct sim_lu *iom, const struct sim_type *type, unsigned i);
/* The text of page 07h, not terminated.  Returns its length. */
#define SIM_TEXT_MAX 128U
size_t sim_element_name(const struct sim_enclosure *e, const struct sim_type *type, unsigned i,
			char ret[static SIM_TEXT_MAX]);
/* Four bytes of page 02h as that IOM shows them; i = 0 is the overall element. */
void sim_element_status(const struct sim_lu *iom, const struct sim_type *type, unsigned i,
			uint8_t ret[static 4]);

enum sim_patch_kind { SIM_PATCH_BYTES, SIM_PATCH_CUT, SIM_PATCH_LIE, SIM_PATCH_AS };
#define SIM_PATCH_MAX 64U
/* Changes pages as sent.  value: offset, length, PAGE LENGTH or the page given instead. */
void sim_patch_add(struct sim_enclosure *e, enum sim_patch_kind kind, uint8_t page, unsigned value,
		   const uint8_t *bytes, unsigned n);

/* Changes the configuration if now is the moment that was asked for. */
void sim_change(const struct sim_command *c);
/* An element's request bits forgotten, as after a reset; 29/00 from every IOM. */
void sim_forget_requests(struct sim_enclosure *e);
/* One control element, as an IOM takes it. */
void sim_element_control(struct sim_enclosure *e, struct sim_type *type, unsigned i, unsigned iom,
			 const uint8_t control[static 4]);
