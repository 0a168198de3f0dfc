/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The commands we send (ses.md 1.1), each blocking, each once: who retries
 * decides that with what scsi_classify() says.  No other opcode is sent by
 * vdsd; data commands (WRITE, UNMAP, FORMAT) do not exist here.
 * Worker threads only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scsi/transport.h"

/* What a caller can do about a result. */
enum scsi_verdict {
	SCSI_DONE,	  /* data is valid (recovered errors count) */
	SCSI_TRY_AGAIN,	  /* after a pause: busy, not ready for a moment, aborted, 35/02 */
	SCSI_ATTENTION,	  /* unit attention: at once; scsi_attention_is_reset() says more */
	SCSI_STALE,	  /* 26/xx, 1A/00: our page did not fit; read the configuration again */
	SCSI_UNSUPPORTED, /* 20/00, 24/00, 25/00, 35/01: this device does not do that */
	SCSI_NOT_READY,	  /* 02/xx that time alone will not mend (04/02 stopped, ...) or not soon */
	SCSI_FAILED,	  /* hardware or medium error, protocol nonsense */
	SCSI_CONFLICT,	  /* reservation conflict */
	SCSI_TIMED_OUT,
	SCSI_PATH_FAILED, /* this way is broken; another may work */
	SCSI_GONE,	  /* ENODEV, ENXIO: no such device any more */
	SCSI_REFUSED,	  /* EPERM, EACCES: we may not; -EACCES */
	SCSI_NO_MEMORY,
};
enum scsi_verdict scsi_classify(const struct scsi_result *result);

/*
 * For a transport: the command ended with this sense data, n bytes of it (what is
 * over SCSI_SENSE_MAX is dropped).  Sets ending, status, sense, sense_length, key,
 * asc and ascq, and leaves the rest alone.  Pure; any thread.
 */
void scsi_result_sense(struct scsi_result *result, const uint8_t *sense, size_t n);

/*
 * 35/04, enclosure services transfer refused: SCSI_TRY_AGAIN the first time; who
 * gets it again takes it for SCSI_UNSUPPORTED (ses.md 1.4).
 */
bool scsi_is_refusal(const struct scsi_result *result);

/* 29/xx: requests may have been forgotten.  3F/01 too. */
bool scsi_attention_is_reset(const struct scsi_result *result);

/* -errno for a verdict, 0 for SCSI_DONE (see base/outcome.h). */
int scsi_verdict_errno(enum scsi_verdict verdict);

/*
 * "02/04/02 Logical unit not ready, initializing command required", "timed out", "BUSY", ...:
 * what a person needs to know.  Returns dst.
 */
char *scsi_result_text(const struct scsi_result *result, char *dst, size_t size);

enum scsi_verdict scsi_receive_diagnostic(struct transport *t, struct scsi_device *d, uint8_t page,
					  uint8_t *buffer, size_t size, unsigned timeout_s,
					  struct scsi_result *result);
enum scsi_verdict scsi_send_diagnostic(struct transport *t, struct scsi_device *d,
				       const uint8_t *page, size_t n, unsigned timeout_s,
				       struct scsi_result *result);
enum scsi_verdict scsi_test_unit_ready(struct transport *t, struct scsi_device *d,
				       unsigned timeout_s, struct scsi_result *result);
/* START STOP UNIT with POWER CONDITION 0. */
enum scsi_verdict scsi_start_stop(struct transport *t, struct scsi_device *d, bool start,
				  bool immediate, unsigned timeout_s, struct scsi_result *result);
/* (10), or (16) where wide is set. The whole medium. */
enum scsi_verdict scsi_synchronize_cache(struct transport *t, struct scsi_device *d, bool wide,
					 unsigned timeout_s, struct scsi_result *result);
enum scsi_verdict scsi_request_sense(struct transport *t, struct scsi_device *d, unsigned timeout_s,
				     struct scsi_result *result, uint8_t sense[static 252]);
/* evpd < 0: standard data; else that VPD page. */
enum scsi_verdict scsi_inquiry(struct transport *t, struct scsi_device *d, int evpd,
			       uint8_t *buffer, size_t size, unsigned timeout_s,
			       struct scsi_result *result);
/*
 * ATA PASS-THROUGH (16) CHECK POWER MODE.  *ret_mode: the count register (00h
 * standby, 80h idle, FFh active, ...), valid with SCSI_DONE.
 */
enum scsi_verdict scsi_ata_check_power_mode(struct transport *t, struct scsi_device *d,
					    unsigned timeout_s, struct scsi_result *result,
					    uint8_t *ret_mode);

/* Progress indication of the sense data in percent, -1 = none. */
int scsi_progress(const struct scsi_result *result);
