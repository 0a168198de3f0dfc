/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The order is the contract's: the first that fits.  Where nobody could be asked although a path
 * runs (no sg node yet), the kernel's word is taken.  A silent drive
 * is NOT_READY, and its health is not known: FAILED is for what drive or administrator said.
 */
#include "drive/status.h"

static bool any_running(const struct picture_unit *unit)
{
	for (unsigned i = 0; i < unit->n_paths; i++)
		if (picture_path_running(&unit->paths[i]))
			return true;
	return false;
}

enum status status_of_unit(const struct picture_unit *unit, bool marked)
{
	if (marked || unit->readiness == READINESS_FAILED)
		return STATUS_FAILED;
	if (!any_running(unit))
		return STATUS_OFFLINE;
	switch (unit->readiness) {
	case READINESS_UNKNOWN:
	case READINESS_READY:
		return STATUS_ONLINE;
	case READINESS_BECOMING:
	case READINESS_STOPPED:
	case READINESS_NOT_READY:
	case READINESS_SILENT:
		return STATUS_NOT_READY;
	case READINESS_FAILED:
		break;
	}
	return STATUS_FAILED;
}

enum health health_of_unit(const struct picture_unit *unit, enum status status)
{
	if (status == STATUS_FAILED)
		return HEALTH_FAILED;
	if (status == STATUS_UNKNOWN || unit->readiness == READINESS_SILENT)
		return HEALTH_UNKNOWN;
	return HEALTH_HEALTHY;
}

static bool all_are(const enum status *units, unsigned n, enum status status)
{
	for (unsigned i = 0; i < n; i++)
		if (units[i] != status)
			return false;
	return true;
}

static bool one_is(const enum status *units, unsigned n, enum status status)
{
	for (unsigned i = 0; i < n; i++)
		if (units[i] == status)
			return true;
	return false;
}

enum status status_of_drive(const enum status *units, unsigned n, bool detached)
{
	if (detached)
		return STATUS_REMOVED;
	if (n == 0)
		return STATUS_UNKNOWN;
	if (one_is(units, n, STATUS_FAILED))
		return STATUS_FAILED;
	if (one_is(units, n, STATUS_UNKNOWN))
		return STATUS_UNKNOWN;
	if (all_are(units, n, STATUS_OFFLINE))
		return STATUS_OFFLINE;
	return all_are(units, n, STATUS_ONLINE) ? STATUS_ONLINE : STATUS_NOT_READY;
}

enum health health_of_drive(enum status status, bool unanswered, bool predicted_failure)
{
	switch (status) {
	case STATUS_FAILED:
		return HEALTH_FAILED;
	case STATUS_UNKNOWN:
	case STATUS_REMOVED:
		return HEALTH_UNKNOWN;
	case STATUS_ONLINE:
	case STATUS_NOT_READY:
	case STATUS_OFFLINE:
	case STATUS_PARTIALLY_MANAGED:
		break;
	}
	if (predicted_failure)
		return HEALTH_PENDING_FAILURE;
	return unanswered ? HEALTH_UNKNOWN : HEALTH_HEALTHY;
}

const char *status_name(enum status status)
{
	switch (status) {
	case STATUS_UNKNOWN:
		return "UNKNOWN";
	case STATUS_ONLINE:
		return "ONLINE";
	case STATUS_NOT_READY:
		return "NOT_READY";
	case STATUS_OFFLINE:
		return "OFFLINE";
	case STATUS_FAILED:
		return "FAILED";
	case STATUS_REMOVED:
		return "REMOVED";
	case STATUS_PARTIALLY_MANAGED:
		return "PARTIALLY_MANAGED";
	}
	return "UNKNOWN";
}
