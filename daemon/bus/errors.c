/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one table of errors.  Not registered with sd_bus_error_add_map(), which
 * serves the other direction: a handler that returns -EBUSY would still answer
 * System.Error.EBUSY (style.md 7.8).  The numbers are those of base/outcome.c.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "bus/errors.h"

#define MESSAGE_SIZE 512U

static const struct {
	int number;
	const char *name;
	const char *sentence;
} errors[] = {
	{ EINVAL, "E_INVALIDARG", "An argument is not valid" },
	{ EOPNOTSUPP, "VDS_E_NOT_SUPPORTED", "This object cannot do that" },
	{ ENODEV, "VDS_E_OBJECT_DELETED", "The hardware behind this object is gone" },
	{ ENOENT, "VDS_E_OBJECT_NOT_FOUND", "There is no such object" },
	{ EBUSY, "VDS_E_ANOTHER_CALL_IN_PROGRESS",
	  "Another operation is under way; try again when it has ended" },
	{ EHOSTDOWN, "VDS_E_OBJECT_STATUS_FAILED", "The object has failed or cannot be reached" },
	{ ESTALE, "VDS_E_PROVIDER_CACHE_CORRUPT",
	  "The enclosure does not fit what is known of it; Reenumerate, then Refresh" },
	{ EBADMSG, "VDS_E_PROVIDER_CACHE_CORRUPT",
	  "What the enclosure says cannot be read; Reenumerate, then Refresh" },
	{ EACCES, "VDS_E_ACCESS_DENIED", "You are not allowed to do that" },
	{ EPERM, "VDS_E_OPERATION_DENIED", "Nobody may do that" },
	{ ETXTBSY, "VDS_E_DEVICE_IN_USE", "The device is in use" },
	{ ETIMEDOUT, "VDS_E_TIMEOUT", "The device did not answer in time" },
	{ EIO, "VDS_E_IO_ERROR", "The device could not be read or written" },
	{ ENOMEM, "E_OUTOFMEMORY", "Out of memory" },
	{ ECANCELED, "VDS_E_OPERATION_CANCELED", "The operation was cancelled" },
	{ ENOTRECOVERABLE, "VDS_E_CANCEL_TOO_LATE",
	  "It has ended, or gone too far to be cancelled" },
	{ EPROTO, "E_UNEXPECTED", "This should not have happened: a bug in vdsd" },
};

static int find(int result)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].number == -result)
			return (int) i;
	return -1;
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
				outcome_hresult(result), clean);
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
