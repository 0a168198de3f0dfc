/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The numbers are those of vds.md section 8 and of the contract's section 8;
 * what has no VDS name is E_FAIL where it is data (dbus-api.md section 7).
 */
#include <errno.h>

#include "base/outcome.h"

uint32_t outcome_hresult(int result)
{
	static const struct {
		int result;
		uint32_t hresult;
	} table[] = {
		{ OUTCOME_S_OK, 0 },
		{ OUTCOME_S_FALSE, 1 },
		{ -EINVAL, 0x80070057 },	  /* E_INVALIDARG */
		{ -EOPNOTSUPP, 0x80042400 },	  /* VDS_E_NOT_SUPPORTED */
		{ -EBUSY, 0x80042404 },		  /* VDS_E_ANOTHER_CALL_IN_PROGRESS */
		{ -ENOENT, 0x80042405 },	  /* VDS_E_OBJECT_NOT_FOUND */
		{ -EPERM, 0x8004240A },		  /* VDS_E_OPERATION_DENIED */
		{ -ENODEV, 0x8004240B },	  /* VDS_E_OBJECT_DELETED */
		{ -ENOTRECOVERABLE, 0x8004240C }, /* VDS_E_CANCEL_TOO_LATE */
		{ -ECANCELED, 0x8004240D },	  /* VDS_E_OPERATION_CANCELED */
		{ -ETXTBSY, 0x80042413 },	  /* VDS_E_DEVICE_IN_USE */
		{ -ESTALE, 0x8004241F },	  /* VDS_E_PROVIDER_CACHE_CORRUPT */
		{ -EBADMSG, 0x8004241F },
		{ -EACCES, 0x80042427 },    /* VDS_E_ACCESS_DENIED */
		{ -EIO, 0x8004242B },	    /* VDS_E_IO_ERROR */
		{ -EHOSTDOWN, 0x80042431 }, /* VDS_E_OBJECT_STATUS_FAILED */
		{ -ETIMEDOUT, 0x8004245F }, /* VDS_E_TIMEOUT */
		{ -ENOMEM, 0x8007000E },    /* E_OUTOFMEMORY */
		{ -EPROTO, 0x8000FFFF },    /* E_UNEXPECTED */
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].result == result)
			return table[i].hresult;
	return 0x80004005; /* E_FAIL */
}
