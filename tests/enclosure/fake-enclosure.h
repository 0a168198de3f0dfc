/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Enclosures that behave, or misbehave as told, behind the seam to the hardware.  Written from
 * ses.md alone: it shares no constant and no code with daemon/ses, so that a
 * mistake there does not meet its twin here.
 *
 * A shelf has elements, which are known by pointer wherever they move, and up to
 * FAKE_IOMS_MAX ways in, each with its own view: order of elements, request bits,
 * moods.  What no client may ever send is counted in violations.
 *
 * Fields are the test's to write while no command is under way, else under fake_lock().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scsi/transport.h"

#define FAKE_IOMS_MAX 4U
#define FAKE_TYPES_MAX 32U
#define FAKE_OF_TYPE_MAX 255U
#define FAKE_TROUBLES_MAX 16U
#define FAKE_IOMS_OF_WORLD_MAX 64U
#define FAKE_LOG_MAX 4096U

/* Bits of the slot element, ses.md 3.2, as (byte, bit). */
#define FAKE_IDENT_BYTE 2
#define FAKE_IDENT 0x02
#define FAKE_FAULT_BYTE 3
#define FAKE_FAULT 0x20

struct fake_element {
	uint8_t type;
	uint8_t status[FAKE_IOMS_MAX][4]; /* as page 02h shows it through each way */
	uint8_t target[FAKE_IOMS_MAX][4]; /* what it will show when it has settled */
	uint64_t ripe[FAKE_IOMS_MAX];	  /* clock_monotonic(): when target shows; 0 = at once */
	uint8_t heard[FAKE_IOMS_MAX][4];  /* the last control bytes taken, shown or not */
	unsigned writes[FAKE_IOMS_MAX];
	uint32_t dead;	    /* bit per way: takes requests and shows nothing */
	uint32_t no_access; /* bit per way: status code 8, requests ignored */
	uint8_t text[80];
	size_t text_length;
	int number;			 /* DEVICE SLOT NUMBER, -1 = FFh */
	uint64_t address[FAKE_IOMS_MAX]; /* of the disk's port that the way sees, 0 = nothing */
	uint8_t device_type;		 /* of the phy: 1 = end device */
	bool invalid;
	bool no_descriptor; /* page 0Ah leaves it out */
};

struct fake_type {
	uint8_t type, subenclosure;
	char text[32];
	unsigned n;
	struct fake_element *elements[FAKE_OF_TYPE_MAX];
};

enum fake_kind {
	FAKE_NONE,
	FAKE_BUSY_PAGE,	 /* page 09h instead */
	FAKE_SHORT_PAGE, /* page 08h instead */
	FAKE_OTHER_PAGE, /* page .a instead, contents of the one asked */
	FAKE_CUT,	 /* only .a bytes arrive */
	FAKE_LIE,	 /* PAGE LENGTH is .a */
	FAKE_PAD,	 /* zeros up to the allocation length, PAGE LENGTH says so */
	FAKE_GARBAGE,	 /* bytes of FFh after the header */
	FAKE_STATUS,	 /* SCSI status .a */
	FAKE_SENSE,	 /* key .a, ASC .b, ASCQ .c */
	FAKE_TRANSPORT,	 /* host status .a */
	FAKE_TIMEOUT,	 /* at once, time passes on the clock */
	FAKE_OS,	 /* errno .a */
	FAKE_HANG,	 /* until fake_release(); then FAKE_TIMEOUT if .a, else as if nothing was */
	FAKE_INVOP, /* written: GOOD, nothing done, INVOP in the next .a readings of page 02h */
};

struct fake_trouble {
	enum fake_kind kind;
	int opcode;	/* 0x1c, 0x1d; 0 = any */
	int page;	/* 0 = any; FAKE_PAGE(0x00) names page 00h too */
	unsigned skip;	/* so many that fit pass by first */
	unsigned times; /* 0 = for ever */
	unsigned a, b, c;
};
#define FAKE_PAGE(n) ((n) + 0x100)

struct fake_iom {
	struct fake_shelf *shelf;
	unsigned n; /* which way of the shelf */
	char node[32];
	uint64_t sas_address;
	bool gone;	     /* ENODEV */
	bool slots_reversed; /* its pages have the slot elements from last to first */
	bool types_reversed; /* and the type headers */
	bool short_status_only;
	unsigned released; /* so many that hang go on */
	struct fake_trouble troubles[FAKE_TROUBLES_MAX];
	unsigned n_troubles;
	struct {
		uint8_t asc, ascq;
	} attentions[16];
	unsigned n_attentions;
	unsigned invop;
	unsigned reads[0x40]; /* of each page */
	unsigned sends;
	unsigned commands; /* all of them */
	unsigned opened;
	unsigned timeout_s; /* of the last command */
	unsigned hanging;   /* commands */
};

struct fake_shelf {
	struct fake_world *world;
	uint64_t logical_id;
	char vendor[9], product[17], revision[5];
	uint32_t generation;
	bool generation_stuck; /* does not move with the configuration, nor is it checked */
	unsigned n_types;
	struct fake_type types[FAKE_TYPES_MAX];
	unsigned n_ioms;
	struct fake_iom ioms[FAKE_IOMS_MAX];
	bool independent; /* each way has request bits of its own */
	uint64_t late_us; /* until a request shows */
	uint64_t missing; /* bit per page: not there */
	bool all_listed;  /* page 00h lists what is missing too */
	bool no_list;	  /* page 00h is missing as well */
	int eiioe;	  /* -1: EIP = 0 */
	uint8_t nickname[32];
	bool nickname_deaf;    /* takes it and keeps the old one */
	unsigned refused_byte; /* a control page with these bits for a selected element: 26/02 */
	uint8_t refused_bits;
	unsigned extra_zeros; /* elements less than page 01h promises (in page 02h) */
	/* Before the command with that number (counted over all ways from 1): the shelf changes. */
	unsigned commands;
	unsigned before_command;
	unsigned every_command; /* and before each such many */
	void (*happens)(struct fake_shelf *shelf, void *userdata);
	void *userdata;
	char log[FAKE_LOG_MAX]; /* "A:r02 A:w02 B:r02 " ... */
	size_t logged;
	unsigned selected; /* elements selected by the last control page */
	unsigned violations;
	char violation[160];
};

struct fake_world {
	struct transport transport;
	unsigned n_ioms;
	struct fake_iom *ioms[FAKE_IOMS_OF_WORLD_MAX];
	unsigned open;
	unsigned n_shelves;
	struct fake_shelf *shelves[FAKE_IOMS_OF_WORLD_MAX];
	struct fake_element *elements; /* all of them, for their end */
	unsigned n_elements, n_room;
};

void fake_world_init(struct fake_world *world);
/* Checks that nothing is open and no shelf saw what it must not see. */
void fake_world_end(struct fake_world *world);
void fake_lock(struct fake_world *world);
void fake_unlock(struct fake_world *world);

struct fake_shelf *fake_shelf(struct fake_world *world, uint64_t logical_id, const char *vendor,
			      const char *product);
struct fake_iom *fake_iom(struct fake_shelf *shelf, const char *node, uint64_t sas_address);
/* Another type header with n elements, code 1 ("ok").  Slots are empty (code 5). */
struct fake_type *fake_type(struct fake_shelf *shelf, uint8_t type, unsigned n, const char *text);
/* n bays of type 17h named "SLOT 00".., numbered from 0, then 2 power supplies, 2 fans, a
 * temperature, an electronics element per way, an alarm, an enclosure element. */
void fake_fill(struct fake_shelf *shelf, unsigned bays);
/* The element; the shelf's first type of that code. */
struct fake_element *fake_element(struct fake_shelf *shelf, uint8_t type, unsigned n);
struct fake_element *fake_bay(struct fake_shelf *shelf, unsigned n);
/* A disk is in the bay: code 1 and the address, through all ways (plus the number of the way). */
void fake_insert(struct fake_element *bay, uint64_t address);
void fake_empty(struct fake_element *bay);
void fake_text(struct fake_element *element, const char *text);
/* Status bits as another program or a button would set them, through all ways. */
void fake_set(struct fake_element *element, unsigned byte, uint8_t mask, uint8_t bits);
/* New elements in a type, or away with one; the generation moves unless it is stuck. */
struct fake_element *fake_add(struct fake_shelf *shelf, struct fake_type *type, unsigned at);
void fake_remove(struct fake_shelf *shelf, struct fake_type *type, unsigned at);
void fake_swap(struct fake_shelf *shelf, struct fake_type *type, unsigned a, unsigned b);

void fake_trouble(struct fake_iom *iom, const struct fake_trouble *trouble);
void fake_no_trouble(struct fake_iom *iom);
/* One that hangs, or the next that does, goes on. */
void fake_release(struct fake_iom *iom);
/* True while a command hangs there. */
bool fake_hanging(struct fake_iom *iom);
void fake_attention(struct fake_iom *iom, uint8_t asc, uint8_t ascq);
/* Power on reset: requests are forgotten, unit attention 29/00 on every way. */
void fake_reset(struct fake_shelf *shelf);
/* Counts and log from here. */
void fake_count(struct fake_shelf *shelf);

/* It shows these bits through that way. */
bool fake_shows(const struct fake_element *e, unsigned iom, unsigned byte, uint8_t bits);
