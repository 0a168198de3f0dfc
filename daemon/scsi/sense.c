/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a result means: ses.md 1.4 as a table, first match wins.
 *
 * 34/xx and 35/xx stand before everything keyed, because vendors disagree about
 * the key that goes with them (ses.md 1.4: Fujitsu, StorageTek).
 */
#include <errno.h>

#include "base/macro.h"
#include "scsi/command.h"

#define ANY (-1)

enum {
	KEY_NO_SENSE = 0x0,
	KEY_RECOVERED = 0x1,
	KEY_NOT_READY = 0x2,
	KEY_ILLEGAL = 0x5,
	KEY_ATTENTION = 0x6,
	KEY_ABORTED = 0xb,
};

enum {
	STATUS_CHECK_CONDITION = 0x02,
	STATUS_BUSY = 0x08,
	STATUS_CONFLICT = 0x18,
	STATUS_TASK_SET_FULL = 0x28,
	STATUS_TASK_ABORTED = 0x40,
};

static const struct {
	short key, asc, ascq;
	enum scsi_verdict verdict;
} senses[] = {
	{ KEY_NO_SENSE, ANY, ANY, SCSI_DONE },
	{ KEY_RECOVERED, ANY, ANY, SCSI_DONE },

	{ ANY, 0x34, ANY, SCSI_FAILED },       /* enclosure failure */
	{ ANY, 0x35, 0x01, SCSI_UNSUPPORTED }, /* unsupported enclosure function */
	{ ANY, 0x35, ANY, SCSI_TRY_AGAIN },    /* failure, unavailable, transfer, checksum */

	{ KEY_NOT_READY, 0x04, 0x00, SCSI_TRY_AGAIN },	 /* cause not reportable */
	{ KEY_NOT_READY, 0x04, 0x01, SCSI_TRY_AGAIN },	 /* becoming ready */
	{ KEY_NOT_READY, 0x04, 0x0a, SCSI_TRY_AGAIN },	 /* access state transition */
	{ KEY_NOT_READY, 0x04, 0x0b, SCSI_PATH_FAILED }, /* target port standby */
	{ KEY_NOT_READY, 0x04, 0x0c, SCSI_PATH_FAILED }, /* target port unavailable */
	{ KEY_NOT_READY, 0x04, 0x11, SCSI_TRY_AGAIN },	 /* waits for its turn to spin up */
	{ KEY_NOT_READY, 0x04, 0x1a, SCSI_TRY_AGAIN },	 /* START STOP UNIT in progress */
	{ KEY_NOT_READY, 0x04, 0x1c, SCSI_TRY_AGAIN },	 /* waits for power to be granted */
	{ KEY_NOT_READY, 0x04, 0x1d, SCSI_TRY_AGAIN },	 /* configuration in progress */
	{ KEY_NOT_READY, ANY, ANY, SCSI_NOT_READY },

	{ KEY_ILLEGAL, 0x1a, ANY, SCSI_STALE },	      /* our page has the wrong length */
	{ KEY_ILLEGAL, 0x26, ANY, SCSI_STALE },	      /* or a stale generation */
	{ KEY_ILLEGAL, 0x20, ANY, SCSI_UNSUPPORTED }, /* operation code */
	{ KEY_ILLEGAL, 0x24, ANY, SCSI_UNSUPPORTED }, /* field in CDB: page code */
	{ KEY_ILLEGAL, 0x25, ANY, SCSI_UNSUPPORTED }, /* logical unit */

	{ KEY_ATTENTION, ANY, ANY, SCSI_ATTENTION },
	{ KEY_ABORTED, ANY, ANY, SCSI_TRY_AGAIN },
	{ ANY, ANY, ANY, SCSI_FAILED },
};

static const struct {
	uint8_t status;
	enum scsi_verdict verdict;
} statuses[] = {
	{ STATUS_BUSY, SCSI_TRY_AGAIN },
	{ STATUS_CONFLICT, SCSI_CONFLICT },
	{ STATUS_TASK_SET_FULL, SCSI_TRY_AGAIN },
	{ STATUS_TASK_ABORTED, SCSI_TRY_AGAIN },
};

/*
 * Most of the kernel's host codes say that this way is broken (1 no connect, 4 bad
 * target, 0Fh fail fast, ...).  These say that the adapter would like it again.
 */
static const uint8_t passing_host_codes[] = {
	0x02, /* DID_BUS_BUSY */
	0x08, /* DID_RESET: a bus reset, perhaps for another device's sake */
	0x0b, /* DID_SOFT_ERROR */
	0x0c, /* DID_IMM_RETRY */
	0x0d, /* DID_REQUEUE */
};

static const struct {
	int error;
	enum scsi_verdict verdict;
} os_errors[] = {
	{ EINTR, SCSI_TRY_AGAIN },     { EAGAIN, SCSI_TRY_AGAIN },
	{ EBUSY, SCSI_TRY_AGAIN },     { ENODEV, SCSI_GONE },
	{ ENXIO, SCSI_GONE },	       { EPERM, SCSI_REFUSED },
	{ EACCES, SCSI_REFUSED },      { ENOMEM, SCSI_NO_MEMORY },
	{ ETIMEDOUT, SCSI_TIMED_OUT }, { EOPNOTSUPP, SCSI_UNSUPPORTED },
};

static bool descriptor_format(const uint8_t *sense)
{
	return (sense[0] & 0x7e) == 0x72;
}

static bool fixed_format(const uint8_t *sense)
{
	return (sense[0] & 0x7e) == 0x70;
}

/* 71h and 73h speak of an earlier command; this one has not been done. */
static bool deferred(const struct scsi_result *result)
{
	return result->sense[0] & 1;
}

void scsi_result_sense(struct scsi_result *result, const uint8_t *sense, size_t n)
{
	uint8_t *s = result->sense;

	if (n > SCSI_SENSE_MAX)
		n = SCSI_SENSE_MAX;
	for (size_t i = 0; i < SCSI_SENSE_MAX; i++)
		s[i] = i < n ? sense[i] : 0;
	result->ending = SCSI_SENSE;
	result->status = STATUS_CHECK_CONDITION;
	result->sense_length = (unsigned) n;
	result->key = result->asc = result->ascq = 0;

	/* The bytes not received are zero, and so is what they would have said. */
	if (descriptor_format(s)) {
		result->key = s[1] & 0xf;
		result->asc = s[2];
		result->ascq = s[3];
	} else if (fixed_format(s)) {
		result->key = s[2] & 0xf;
		result->asc = s[12];
		result->ascq = s[13];
	}
}

static enum scsi_verdict classify_sense(const struct scsi_result *r)
{
	enum scsi_verdict verdict = SCSI_FAILED;

	/* CHECK CONDITION without a reason is not a success. */
	if (r->sense_length < 3 || !(descriptor_format(r->sense) || fixed_format(r->sense)))
		return SCSI_FAILED;

	for (size_t i = 0; i < ARRAY_SIZE(senses); i++)
		if ((senses[i].key == ANY || senses[i].key == r->key) &&
		    (senses[i].asc == ANY || senses[i].asc == r->asc) &&
		    (senses[i].ascq == ANY || senses[i].ascq == r->ascq)) {
			verdict = senses[i].verdict;
			break;
		}
	if (verdict == SCSI_DONE && deferred(r))
		return SCSI_TRY_AGAIN;
	return verdict;
}

enum scsi_verdict scsi_classify(const struct scsi_result *result)
{
	switch (result->ending) {
	case SCSI_GOOD:
		return SCSI_DONE;
	case SCSI_SENSE:
		return classify_sense(result);
	case SCSI_STATUS:
		for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
			if (statuses[i].status == result->status)
				return statuses[i].verdict;
		return SCSI_FAILED;
	case SCSI_TIMEOUT:
		return SCSI_TIMED_OUT;
	case SCSI_TRANSPORT:
		for (size_t i = 0; i < ARRAY_SIZE(passing_host_codes); i++)
			if (passing_host_codes[i] == result->host_status)
				return SCSI_TRY_AGAIN;
		return SCSI_PATH_FAILED;
	case SCSI_OS:
		for (size_t i = 0; i < ARRAY_SIZE(os_errors); i++)
			if (os_errors[i].error == result->os_error)
				return os_errors[i].verdict;
		return SCSI_FAILED;
	}
	return SCSI_FAILED;
}

bool scsi_attention_is_reset(const struct scsi_result *result)
{
	if (result->ending != SCSI_SENSE || result->key != KEY_ATTENTION)
		return false;
	return result->asc == 0x29 || (result->asc == 0x3f && result->ascq == 0x01);
}

bool scsi_is_refusal(const struct scsi_result *result)
{
	return result->ending == SCSI_SENSE && result->key > KEY_RECOVERED && result->asc == 0x35 &&
	       result->ascq == 0x04;
}

int scsi_verdict_errno(enum scsi_verdict verdict)
{
	switch (verdict) {
	case SCSI_DONE:
		return 0;
	case SCSI_TRY_AGAIN:
	case SCSI_ATTENTION:
		return -EBUSY;
	case SCSI_STALE:
		return -ESTALE;
	case SCSI_UNSUPPORTED:
		return -EOPNOTSUPP;
	case SCSI_FAILED:
		return -EIO;
	case SCSI_CONFLICT: /* another host has reserved it */
		return -ETXTBSY;
	case SCSI_TIMED_OUT:
		return -ETIMEDOUT;
	case SCSI_NOT_READY:
	case SCSI_PATH_FAILED:
		return -EHOSTDOWN;
	case SCSI_GONE:
		return -ENODEV;
	case SCSI_REFUSED:
		return -EACCES;
	case SCSI_NO_MEMORY:
		return -ENOMEM;
	}
	return -EPROTO;
}

/*
 * Sense key specific bytes with a progress indication: present (bit 7 of the
 * first) and for keys 0 and 2 only; for others they point at a wrong field.
 */
static int progress_of(const uint8_t specific[3], uint8_t key)
{
	if (!(specific[0] & 0x80) || (key != KEY_NO_SENSE && key != KEY_NOT_READY))
		return -1;
	return (specific[1] << 8 | specific[2]) * 100 / 65536;
}

int scsi_progress(const struct scsi_result *result)
{
	const uint8_t *s = result->sense;
	size_t end = 8U + s[7];

	if (result->ending != SCSI_SENSE || result->sense_length < 8)
		return -1;
	if (end > result->sense_length)
		end = result->sense_length;

	if (fixed_format(s))
		return end >= 18 ? progress_of(s + 15, result->key) : -1;
	if (!descriptor_format(s))
		return -1;
	for (size_t at = 8; at + 2 <= end && at + 2U + s[at + 1] <= end; at += 2U + s[at + 1])
		if (s[at] == 0x02 && s[at + 1] >= 6)
			return progress_of(s + at + 4, result->key);
	return -1;
}
