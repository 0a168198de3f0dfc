/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A ring of entries, so that a demonstration can run for weeks.
 */
#include "sim/log.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macro.h"

struct entry {
	uint64_t begin, end; /* end 0: not yet */
	char lu[SIM_NAME_MAX];
	uint8_t cdb[SCSI_CDB_MAX], status, key, asc, ascq;
	unsigned cdb_length;
	bool out;
	size_t length, got;
	const char *ending;
	char *note;
};

struct sim_log {
	uint64_t started;
	uint64_t first, next;  /* numbers of the oldest and of the next entry */
	struct entry *entries; /* number % SIM_LOG_MAX */
};

struct sim_log *sim_log_new(uint64_t started)
{
	struct sim_log *log = sim_alloc(1, sizeof(*log));

	log->started = started;
	log->entries = sim_alloc(SIM_LOG_MAX, sizeof(*log->entries));
	return log;
}

void sim_log_clear(struct sim_log *log)
{
	for (; log->first < log->next; log->first++) {
		struct entry *e = &log->entries[log->first % SIM_LOG_MAX];

		free(e->note);
		e->note = NULL;
	}
}

struct sim_log *sim_log_free(struct sim_log *log)
{
	if (!log)
		return NULL;
	sim_log_clear(log);
	free(log->entries);
	free(log);
	return NULL;
}

uint64_t sim_log_begin(struct sim_log *log, const struct sim_command *c)
{
	struct entry *e = &log->entries[log->next % SIM_LOG_MAX];

	if (log->next - log->first == SIM_LOG_MAX) {
		log->first++;
		free(e->note);
	}
	*e = (struct entry){
		.begin = clock_monotonic(),
		.cdb_length = c->in->cdb_length,
		.out = c->in->out != NULL,
		.length = c->in->in || c->in->out ? c->in->length : 0,
	};
	(void) snprintf(e->lu, sizeof(e->lu), "%s", c->lu->name);
	memcpy(e->cdb, c->in->cdb, sizeof(e->cdb));
	return log->next++;
}

void sim_log_end(struct sim_log *log, uint64_t number, const struct sim_command *c,
		 const char *ending)
{
	struct entry *e = &log->entries[number % SIM_LOG_MAX];

	if (number < log->first)
		return;
	e->end = clock_monotonic();
	e->status = c->status;
	e->key = c->key;
	e->asc = c->asc;
	e->ascq = c->ascq;
	e->got = c->got;
	e->ending = ending;
	e->note = c->note[0] ? sim_copy(c->note) : NULL;
}

static const char *op_name(uint8_t op)
{
	static const struct {
		uint8_t op;
		const char *name;
	} names[] = {
		{ 0x00, "TEST_UNIT_READY" },
		{ 0x03, "REQUEST_SENSE" },
		{ 0x04, "FORMAT_UNIT" },
		{ 0x0a, "WRITE_6" },
		{ 0x12, "INQUIRY" },
		{ 0x1b, "START_STOP_UNIT" },
		{ 0x1c, "RECEIVE_DIAGNOSTIC" },
		{ 0x1d, "SEND_DIAGNOSTIC" },
		{ 0x25, "READ_CAPACITY_10" },
		{ 0x28, "READ_10" },
		{ 0x2a, "WRITE_10" },
		{ 0x35, "SYNCHRONIZE_CACHE_10" },
		{ 0x41, "WRITE_SAME_10" },
		{ 0x42, "UNMAP" },
		{ 0x48, "SANITIZE" },
		{ 0x85, "ATA_PASS_THROUGH_16" },
		{ 0x8a, "WRITE_16" },
		{ 0x91, "SYNCHRONIZE_CACHE_16" },
		{ 0x9e, "SERVICE_ACTION_IN_16" },
		{ 0xa0, "REPORT_LUNS" },
		{ 0xa1, "ATA_PASS_THROUGH_12" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].op == op)
			return names[i].name;
	return "?";
}

static void print_entry(const struct sim_log *log, const struct entry *e, FILE *out)
{
	const uint8_t *cdb = e->cdb;

	fprintf(out, "%12.6f %-7s %s", (double) (e->begin - log->started) / 1e6, e->lu,
		op_name(cdb[0]));
	if ((cdb[0] == 0x1c || cdb[0] == 0x12) && (cdb[1] & 1))
		fprintf(out, "(%s%02x)", cdb[0] == 0x12 ? "vpd " : "", cdb[2]);
	if (cdb[0] == 0x1b && cdb[4] >> 4)
		fprintf(out, "(pc=%d)", cdb[4] >> 4);
	else if (cdb[0] == 0x1b)
		fprintf(out, "(start=%d)", cdb[4] & 1);
	if (cdb[0] == 0x85 || cdb[0] == 0xa1)
		fprintf(out, "(%02x)", cdb[cdb[0] == 0x85 ? 14 : 9]);
	fputs(" cdb=", out);
	for (unsigned i = 0; i < e->cdb_length && i < SCSI_CDB_MAX; i++)
		fprintf(out, "%02x", cdb[i]);
	if (e->length)
		fprintf(out, " %s=%zu", e->out ? "out" : "in", e->length);
	if (!e->end)
		fputs(" pending", out);
	else if (e->ending)
		fprintf(out, " %s", e->ending);
	else
		fprintf(out, " got=%zu status=%02x", e->got, e->status);
	if (e->status == 0x02 && !e->ending)
		fprintf(out, " sense=%02x/%02x/%02x", e->key, e->asc, e->ascq);
	if (e->end)
		fprintf(out, " ms=%.3f", (double) (e->end - e->begin) / 1e3);
	fprintf(out, "%s\n", e->note ? e->note : "");
}

void sim_log_print(const struct sim_log *log, FILE *out)
{
	fprintf(out, "# seconds since start (start is CLOCK_MONOTONIC %.6f)\n",
		(double) log->started / 1e6);
	for (uint64_t i = log->first; i < log->next; i++)
		print_entry(log, &log->entries[i % SIM_LOG_MAX], out);
}
