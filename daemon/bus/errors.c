/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one table of errors.  Not registered with sd_bus_error_add_map(), which
 * serves the other direction: a handler that returns -EBUSY would still answer
 * System.Error.EBUSY (style.md 7.8).
 *
 * Values are of vds.md sections 7.2 and 7.5.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "bus/errors.h"

#define HRESULT_FAIL 0x80004005U
#define MESSAGE_SIZE 512U

static const struct {
	int number;
	uint32_t value;
	const char *name;
	const char *sentence;
} errors[] = {
	{ EINVAL, 0x80070057U, "E_INVALIDARG", "An argument is not valid" },
	{ EOPNOTSUPP, 0x80042400U, "VDS_E_NOT_SUPPORTED", "This object cannot do that" },
	{ ENODEV, 0x8004240BU, "VDS_E_OBJECT_DELETED", "The hardware behind this object is gone" },
	{ ENOENT, 0x80042405U, "VDS_E_OBJECT_NOT_FOUND", "There is no such object" },
	{ EBUSY, 0x80042404U, "VDS_E_ANOTHER_CALL_IN_PROGRESS",
	  "Another operation is under way; try again when it has ended" },
	{ EHOSTDOWN, 0x80042431U, "VDS_E_OBJECT_STATUS_FAILED",
	  "The object has failed or cannot be reached" },
	{ ESTALE, 0x8004241FU, "VDS_E_PROVIDER_CACHE_CORRUPT",
	  "The enclosure does not fit what is known of it; Reenumerate, then Refresh" },
	{ EBADMSG, 0x8004241FU, "VDS_E_PROVIDER_CACHE_CORRUPT",
	  "What the enclosure says cannot be read; Reenumerate, then Refresh" },
	{ EACCES, 0x80042427U, "VDS_E_ACCESS_DENIED", "You are not allowed to do that" },
	{ EPERM, 0x8004240AU, "VDS_E_OPERATION_DENIED", "Nobody may do that" },
	{ ETXTBSY, 0x80042413U, "VDS_E_DEVICE_IN_USE", "The device is in use" },
	{ ETIMEDOUT, 0x8004245FU, "VDS_E_TIMEOUT", "The device did not answer in time" },
	{ EIO, 0x8004242BU, "VDS_E_IO_ERROR", "The device could not be read or written" },
	{ ENOMEM, 0x8007000EU, "E_OUTOFMEMORY", "Out of memory" },
	{ ECANCELED, 0x8004240DU, "VDS_E_OPERATION_CANCELED", "The operation was cancelled" },
	/* from operation_cancel(): it was cancelled before */
	{ EALREADY, 0x8004240DU, "VDS_E_OPERATION_CANCELED", "It has been cancelled before" },
	{ ENOTRECOVERABLE, 0x8004240CU, "VDS_E_CANCEL_TOO_LATE",
	  "It has ended, or gone too far to be cancelled" },
	{ EPROTO, 0x8000FFFFU, "E_UNEXPECTED", "This should not have happened: a bug in vdsd" },
};

static int find(int result)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].number == -result)
			return (int) i;
	return -1;
}

uint32_t bus_hresult(int result)
{
	int i;

	if (result >= 0)
		return (uint32_t) result;
	i = find(result);
	return i < 0 ? HRESULT_FAIL : errors[i].value;
}

const char *bus_error_sentence(int result)
{
	int i = find(result);

	return i < 0 ? strerrordesc_np(-result) : errors[i].sentence;
}

int bus_error_set(sd_bus_error *error, int result, const char *sentence)
{
	char name[64], message[MESSAGE_SIZE], clean[MESSAGE_SIZE];
	const char *errno_name;
	int i = find(result);

	if (!sentence || !*sentence)
		sentence = bus_error_sentence(result);
	if (!sentence)
		sentence = "Unknown error";
	(void) text_clean(clean, sizeof(clean), sentence, strlen(sentence));

	if (i >= 0) {
		(void) snprintf(name, sizeof(name), "org.vdsd1.Error.%s", errors[i].name);
		(void) snprintf(message, sizeof(message), "%s (0x%08X): %.400s", errors[i].name,
				errors[i].value, clean);
	} else {
		errno_name = strerrorname_np(-result);
		(void) snprintf(name, sizeof(name), "System.Error.%s",
				errno_name ? errno_name : "EUNKNOWN");
		(void) snprintf(message, sizeof(message), "%s", clean);
	}
	/* The cut above may have gone through a character. */
	(void) text_clean(clean, sizeof(clean), message, strlen(message));

	(void) sd_bus_error_set(error, name, clean);
	return result < 0 ? result : -EPROTO;
}

int bus_error_setf(sd_bus_error *error, int result, const char *format, ...)
{
	char sentence[MESSAGE_SIZE];
	va_list ap;

	va_start(ap, format);
	(void) vsnprintf(sentence, sizeof(sentence), format, ap);
	va_end(ap);
	return bus_error_set(error, result, sentence);
}
