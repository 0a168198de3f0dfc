/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hardware that is not there: enclosures, bays, disks, and the paths over
 * which a kernel would show them.
 *
 * Everything hangs off one struct rack and is guarded by its one lock:
 * commands arrive on worker threads, orders from the control socket on the loop.
 * All functions here want the lock held unless they say otherwise.  Whoever has to
 * wait (a slow command, a `delete` behind a hung one) waits on a condition variable, which
 * lets the lock go.
 *
 * Written from ses.md; it has no constant in common with daemon/ses, so that
 * the two check each other.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/list.h"

#define SIM_ENCLOSURES_MAX 256U
#define SIM_SLOTS_MAX 240U /* of one enclosure */
#define SIM_IOMS_MAX 4U
#define SIM_LOOSE_MAX 1024U /* disks outside enclosures */
#define SIM_TYPES_MAX 64U
#define SIM_SUBENCLOSURES_MAX 16U
#define SIM_PORTS 2U /* of a disk */
#define SIM_LUNS 2U
#define SIM_HOSTS_MAX 64U
#define SIM_NODES_MAX 65536U
#define SIM_PAGE_MAX 65535U
#define SIM_NAME_MAX 48U
#define SIM_ATTENTIONS_MAX 8U

struct rack;
struct sim_lu;

/* ---- disks --------------------------------------------------------------- */

enum sim_bus { SIM_SAS, SIM_AHCI, SIM_USB, SIM_FC, SIM_ISCSI };

/* Who uses a disk, as far as struct kernel can find out. */
enum sim_use {
	SIM_USED,	 /* mounted, held, ...: seen, and a claim is refused */
	SIM_USED_OPEN,	 /* only open for writing: seen, yet a claim would succeed */
	SIM_USED_HIDDEN, /* in another namespace: a claim is refused, and nothing is seen */
};

struct sim_unit { /* one actuator */
	bool stopped, standby;
	uint64_t ready_at, started_at; /* spinning up until then; 0 = not */
	unsigned starts, stops, syncs, others;
	unsigned forbidden; /* commands that change data: none is ever right */
	char *user;	    /* NULL = nobody */
	enum sim_use use;
};

struct sim_disk {
	struct list link; /* rack.disks */
	char vendor[9], product[17], revision[5], serial[21];
	uint64_t id; /* logical unit 0; port n is + 1 + n, the device + 3, LUN 1 + 4 */
	uint64_t bytes;
	unsigned rotation; /* VPD B1h's coding */
	bool sata;
	enum sim_bus bus;
	unsigned luns, ports;
	struct sim_unit unit[SIM_LUNS];
	struct sim_bay *bay; /* where it sits, NULL = pulled */
};

/* ---- what the kernel sees -------------------------------------------------- */

struct sim_attention {
	uint8_t asc, ascq;
};

struct sim_lu {		  /* a path to a logical unit: a scsi_device */
	struct list link; /* rack.lus */
	struct rack *rack;
	char name[SIM_NAME_MAX];	 /* e0a, e0s03a, e0s03a.1 */
	struct sim_enclosure *enclosure; /* NULL: a disk without one */
	struct sim_bay *bay;		 /* NULL: an enclosure services process */
	unsigned port, lun, host, target;
	bool plugged;	   /* the cable is in */
	bool attached;	   /* and the kernel has it */
	unsigned instance; /* changes with every attach and detach */
	int sg, sd, last_sd;
	bool claimed; /* its block node is open exclusively */
	char state[24];
	struct sim_attention attentions[SIM_ATTENTIONS_MAX];
	unsigned n_attentions;
	unsigned delay_ms;
	struct list queue; /* of commands; the first is being served */
	unsigned outstanding;
	pthread_cond_t turn;
	unsigned long commands, failures;
};

/* ---- bays and elements ------------------------------------------------------ */

struct sim_element {
	uint8_t status[4], control[4];
	uint8_t before[4]; /* what is shown until settle_at */
	uint64_t settle_at;
	bool forced; /* the status code was given by hand */
	char *name;  /* page 07h, NULL = made from the type */
	size_t name_length;
	struct sim_bay *bay; /* of slots */
};

#define SIM_DEAD ((1U << SIM_IOMS_MAX) - 1) /* through all of them */

struct sim_bay {
	struct rack *rack;
	struct sim_enclosure *enclosure; /* NULL: a disk's own cable */
	unsigned slot;			 /* from 0 */
	char name[SIM_NAME_MAX];
	struct sim_disk *disk; /* NULL = empty */
	struct sim_disk *last; /* pulled, to be put back */
	unsigned model;	       /* how many new disks have been here */
	bool nvme, sata_bay;   /* what is put in by default */
	unsigned dead;	       /* IOMs through which ident and fault are accepted, not lit */
	unsigned off;	       /* IOMs that were told DEVICE OFF, one bit each */
	bool powered_off;
	uint64_t address_at;		 /* when page 0Ah shows what is in it */
	uint64_t aes_address[SIM_PORTS]; /* a capture's; 0 = the disk's own */
	struct sim_element *element;
	struct sim_lu lu[SIM_LUNS][SIM_PORTS];
};

struct sim_type { /* one type descriptor of page 01h */
	uint8_t code, sub;
	unsigned count;
	char *text;
	bool is_slot;
	unsigned base;		      /* number of the first one, among those of its type */
	struct sim_element *elements; /* [0] is the overall element */
};

/* ---- enclosures -------------------------------------------------------------- */

enum sim_index { /* ELEMENT INDEX of page 0Ah, ses.md 5.2 and peers.md C.1 */
		 SIM_INDEX_STANDARD,
		 SIM_INDEX_OVERALL, /* counts overall elements whatever EIIOE says: HP */
		 SIM_INDEX_AES,	    /* counts the types of page 0Ah only */
		 SIM_INDEX_ZERO,
		 SIM_INDEX_ARECA, /* that of the expander is 0 */
};

enum sim_empty { /* an empty bay in page 0Ah */
		 SIM_EMPTY_ZERO,
		 SIM_EMPTY_INVALID, /* INVALID = 1 */
		 SIM_EMPTY_STALE,   /* the address of another expander: Areca */
		 SIM_EMPTY_SPARSE,  /* no descriptor */
};

enum sim_stale {		  /* the answer to an old generation code, ses.md 2.12 */
		 SIM_STALE_SENSE, /* 05/26/00, and INVOP */
		 SIM_STALE_INVOP, /* GOOD, and INVOP */
		 SIM_STALE_SILENT,
};

enum sim_numbers { SIM_NUMBERS_FROM, SIM_NUMBERS_NONE, SIM_NUMBERS_LIST, SIM_NUMBERS_RESTART };

struct sim_form { /* what the description says of an enclosure */
	char vendor[9], product[17], revision[5];
	char disk_vendor[9], disk_product[17], disk_revision[5];
	uint64_t disk_bytes;
	unsigned disk_rotation;
	unsigned slots, ioms, subenclosures, slot_headers, eiioe;
	uint8_t slot_types[2]; /* taken in turns by the headers */
	bool dual_path, split_bays, slots_last, eip, optional_aes, both_phys, overall_names;
	bool generation_fixed, encserv, short_only, power_all;
	uint64_t missing_pages; /* bit n: page n is not there */
	enum sim_index index;
	enum sim_empty empty;
	enum sim_stale stale;
	enum sim_numbers numbers;
	unsigned first_number;
	uint8_t number[SIM_SLOTS_MAX];
	char *slot_names;
	unsigned delay_ms, late_ms, settle_ms;
	unsigned hosts[SIM_IOMS_MAX];
};

struct sim_patch; /* enclosure.c */

struct sim_raw { /* a page as captured */
	uint8_t *bytes;
	size_t length;
};

struct sim_enclosure {
	struct list link; /* rack.enclosures */
	struct rack *rack;
	unsigned index;
	char name[SIM_NAME_MAX];
	uint64_t id;			    /* enclosure logical identifier */
	uint64_t base;			    /* addresses of everything in it, see rack_address() */
	uint64_t iom_address[SIM_IOMS_MAX]; /* target port; 0 = derived */
	struct sim_form form;
	uint32_t generation;
	unsigned change_in; /* change the configuration before that command; 0 = not */
	uint8_t change_op;
	int change_page; /* -1 = any */
	char change_shape[16];
	bool invop, info, powered_off;
	struct sim_type types[SIM_TYPES_MAX];
	unsigned n_types;
	uint8_t nickname[SIM_SUBENCLOSURES_MAX][32];
	struct sim_bay *bays; /* form.slots of them */
	struct sim_lu iom[SIM_IOMS_MAX];
	struct sim_patch *patches;
	struct sim_raw *raw; /* a capture's pages, by number; NULL = not one */
};

/* ---- the rack ------------------------------------------------------------------ */

struct sim_event { /* for the discovery */
	struct list link;
	bool present;
	struct sim_lu *lu;
	char *syspath;
};

struct sim_host {
	struct sim_lu **targets; /* LUN 0 by target number; LUN 1 is its bay's */
	unsigned n_targets;
	bool scanning; /* one delete or scan at a time */
};

struct rack {
	pthread_mutex_t lock;
	pthread_cond_t changed;			   /* a host is free again, a command ended */
	struct list enclosures, disks, lus, loose; /* loose: struct sim_socket */
	unsigned n_enclosures, n_loose;
	struct sim_host hosts[SIM_HOSTS_MAX];
	struct sim_lu **sg, **sd; /* by number */
	unsigned spin_ms;
	unsigned let_go; /* counts `unhang` */
	unsigned n_open; /* devices opened for commands */
	struct list events;
	int event_fd;
	bool hold_events;
	struct list rules;
	struct sim_log *log;
	uint64_t started;
};

struct sim_socket { /* what a disk outside an enclosure is plugged into */
	struct list link;
	unsigned hosts[SIM_PORTS];
	struct sim_bay bay;
};

/* Zeroed memory, or the end of the process: a simulator has nothing better to do. */
void *sim_alloc(size_t n, size_t size);
char *sim_copy(const char *s);
char *sim_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* No lock is needed for these two. */
struct rack *rack_new(void);
struct rack *rack_free(struct rack *rack);

void rack_lock(struct rack *rack);
void rack_unlock(struct rack *rack);

enum sim_kind { SIM_KIND_ENCLOSURE, SIM_KIND_DISK, SIM_KIND_IOM, SIM_KIND_STP };

/*
 * NAA 5 under the locally administered 0ACE0Ah, then: the enclosure or loose disk (16
 * bits, from its name), kind, slot or IOM, model, sub.  The same file gives the same
 * addresses, always.
 */
uint64_t rack_base(struct rack *rack, const char *name);
uint64_t rack_address(uint64_t base, enum sim_kind kind, unsigned slot, unsigned model,
		      unsigned sub);

uint64_t sim_lu_id(const struct sim_lu *lu);	  /* NAA of the logical unit */
uint64_t sim_lu_address(const struct sim_lu *lu); /* of the target port */
uint64_t sim_expander_address(const struct sim_enclosure *enclosure, unsigned iom);
struct sim_disk *sim_lu_disk(const struct sim_lu *lu);
struct sim_unit *sim_lu_unit(const struct sim_lu *lu);

/* Both belong to the rack, and have the form that they get by default. */
struct sim_enclosure *sim_enclosure_new(struct rack *rack, const char *name);
struct sim_socket *sim_socket_new(struct rack *rack, const char *name);
/* Makes the bays (form.slots) and gives them and the ways their names. */
void sim_enclosure_wire(struct sim_enclosure *enclosure);
/* A disk that sits nowhere yet, of the make that belongs in that bay. */
struct sim_disk *sim_disk_new(struct sim_bay *bay);

/* Bays. */
bool sim_bay_visible(const struct sim_bay *bay); /* there is a disk, and it has power */
void sim_bay_insert(struct sim_bay *bay, struct sim_disk *disk, bool swapped);
void sim_bay_pull(struct sim_bay *bay);
void sim_bay_power(struct sim_bay *bay, bool off);
const char *sim_bay_power_text(const struct sim_bay *bay, int lun); /* -1: all */
/* Does that way exist for the disk in the bay? */
bool sim_bay_port_used(const struct sim_bay *bay, unsigned lun, unsigned port);

/* Cables: what hardware does.  Kernel: what it is told to do on top. */
void sim_lu_plug(struct sim_lu *lu);
void sim_lu_unplug(struct sim_lu *lu);
void sim_lu_attach(struct sim_lu *lu);
void sim_lu_detach(struct sim_lu *lu);
void sim_lu_attention(struct sim_lu *lu, uint8_t asc, uint8_t ascq);
void sim_power(struct sim_enclosure *enclosure, bool off);

struct sim_lu *rack_find(struct rack *rack, const char *name);
struct sim_lu *rack_find_node(struct rack *rack, const char *node); /* /dev/sg4, /dev/sdc */
struct sim_lu *rack_find_address(struct rack *rack, unsigned host, unsigned channel,
				 unsigned target, uint64_t lun); /* plugged, attached or not */
struct sim_lu *rack_find_syspath(struct rack *rack, const char *syspath);
char *sim_lu_syspath(const struct sim_lu *lu); /* to be freed */
char *sim_sd_name(char *dst, size_t size, int number);
struct sim_enclosure *rack_enclosure(struct rack *rack, const char *name); /* or its number */

/* Makes the type descriptors from the form, and elements, which is "ps=2 coo=4" or NULL for the
 * usual ones; after wiring.  0, or -EINVAL and error. */
int sim_enclosure_build(struct sim_enclosure *enclosure, const char *elements, char *error,
			size_t size);
/* Appends a type descriptor; NULL: no more room. */
struct sim_type *sim_type_add(struct sim_enclosure *enclosure, uint8_t code, unsigned count,
			      uint8_t sub, const char *text);
/* What lies between descriptions and pages: an element by type and number. */
struct sim_element *sim_element_find(struct sim_enclosure *enclosure, unsigned code, unsigned i);
void sim_element_follow(struct sim_bay *bay, bool swapped); /* a disk came or went */
void sim_patches_clear(struct sim_enclosure *enclosure);
/* New generation code, and with a shape (steer.c) other type descriptors. */
const char *sim_reconfigure(struct sim_enclosure *enclosure, const char *shape);

/* Reads a description file: 0, or -errno and "FILE:LINE: reason".  No lock is needed. */
int rack_describe(const char *file, struct rack *rack, char *error, size_t size);

/* A file of pages in hex as `sg_ses --inhex` reads them. */
bool capture_recognize(const char *file);
int rack_load_capture(const char *file, struct rack *rack, char *error, size_t size);
