/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A command to a unit goes over its first running path; over the next if that path is
 * broken, but not if it timed out: then it is the unit that hangs, and
 * the command may still be in it.
 */
#include "drive/act.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define ATTENTIONS_MAX 8U
#define PAUSE_NS 200000000L

enum command {
	COMMAND_FLUSH_10,
	COMMAND_FLUSH_16,
	COMMAND_STOP,
	COMMAND_START_IMMEDIATE,
	COMMAND_START,
};

static struct picture_unit *act_unit(struct act *act)
{
	return &act->picture->units[act->step.unit];
}

static struct picture_path *act_path(struct act *act)
{
	return &act_unit(act)->paths[act->step.path];
}

static void pause_a_moment(void)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };

	(void) nanosleep(&pause, NULL);
}

/* ---- SCSI ------------------------------------------------------------------------ */

static enum scsi_verdict send(struct act *act, struct scsi_device *device, enum command command,
			      struct scsi_result *result)
{
	struct transport *t = act->transport;

	switch (command) {
	case COMMAND_FLUSH_10:
		return scsi_synchronize_cache(t, device, false, ACT_FLUSH_TIMEOUT_S, result);
	case COMMAND_FLUSH_16:
		return scsi_synchronize_cache(t, device, true, ACT_FLUSH_TIMEOUT_S, result);
	case COMMAND_STOP:
		return scsi_start_stop(t, device, false, false, ACT_STOP_TIMEOUT_S, result);
	case COMMAND_START_IMMEDIATE:
		return scsi_start_stop(t, device, true, true, ACT_START_TIMEOUT_S, result);
	case COMMAND_START:
		return scsi_start_stop(t, device, true, false, ACT_START_TIMEOUT_S, result);
	}
	return SCSI_FAILED;
}

static enum scsi_verdict send_patiently(struct act *act, struct scsi_device *device,
					enum command command, struct scsi_result *result)
{
	uint64_t end = clock_monotonic() + ACT_PATIENCE_S * USEC_PER_SEC;
	unsigned attentions = 0;
	enum scsi_verdict verdict;

	for (;;) {
		verdict = send(act, device, command, result);
		if (verdict == SCSI_ATTENTION && ++attentions < ATTENTIONS_MAX)
			continue;
		if (verdict != SCSI_TRY_AGAIN || atomic_load(&act->stop) ||
		    clock_monotonic() >= end)
			return verdict;
		pause_a_moment();
	}
}

/* A path that a command can take. */
static bool usable(const struct picture_path *path)
{
	return path->sg_node != NULL && picture_path_running(path);
}

static enum scsi_verdict over_paths(struct act *act, enum command command,
				    struct scsi_result *result)
{
	struct picture_unit *unit = act_unit(act);
	enum scsi_verdict verdict = SCSI_PATH_FAILED;

	*result = (struct scsi_result){ .ending = SCSI_OS, .os_error = ENXIO };
	for (unsigned i = 0; i < unit->n_paths; i++) {
		struct scsi_device *device;
		int r;

		if (!usable(&unit->paths[i]))
			continue;
		r = act->transport->open(act->transport, unit->paths[i].sg_node, &device);
		if (r < 0) {
			*result = (struct scsi_result){ .ending = SCSI_OS, .os_error = -r };
			verdict = SCSI_PATH_FAILED;
			continue;
		}
		verdict = send_patiently(act, device, command, result);
		act->transport->close(device);
		if (verdict != SCSI_PATH_FAILED && verdict != SCSI_GONE)
			return verdict;
	}
	return verdict;
}

static int scsi_errno(enum scsi_verdict verdict, const struct scsi_result *result)
{
	if (result->ending == SCSI_SENSE && result->key == 0x4)
		return -EHOSTDOWN; /* HARDWARE ERROR: the drive says that it has failed */
	if (verdict == SCSI_NOT_READY || verdict == SCSI_PATH_FAILED)
		return -EIO;
	return scsi_verdict_errno(verdict);
}

static int fail_scsi(struct act *act, enum scsi_verdict verdict, const struct scsi_result *result)
{
	char text[PICTURE_TEXT_MAX];

	act->no_way = verdict == SCSI_PATH_FAILED || verdict == SCSI_GONE;
	return outcome_set(&act->outcome, scsi_errno(verdict, result), "%s",
			   scsi_result_text(result, text, sizeof(text)));
}

static int do_flush(struct act *act)
{
	struct scsi_result result;
	enum scsi_verdict verdict = over_paths(act, COMMAND_FLUSH_10, &result);

	if (verdict == SCSI_UNSUPPORTED)
		verdict = over_paths(act, COMMAND_FLUSH_16, &result);
	switch (verdict) {
	case SCSI_DONE:
	case SCSI_UNSUPPORTED: /* neither form: it has no cache to flush (as the kernel sees it) */
		return 0;
	case SCSI_NOT_READY:
		/* A stopped unit has written what it had. */
		if (readiness_of(verdict, &result) == READINESS_STOPPED)
			return 0;
		break;
	default:
		break;
	}
	return fail_scsi(act, verdict, &result);
}

static int fail_readiness(struct act *act, int error)
{
	const struct picture_unit *unit = act_unit(act);

	act->no_way = error == -EIO &&
		      (unit->readiness == READINESS_SILENT || unit->readiness == READINESS_UNKNOWN);
	return outcome_set(&act->outcome, error, "%s",
			   unit->text[0] != 0 ? unit->text : "no path to ask it over");
}

static int do_stop(struct act *act)
{
	struct picture_unit *unit = act_unit(act);
	struct scsi_result result;
	enum scsi_verdict verdict = over_paths(act, COMMAND_STOP, &result);
	uint64_t end;

	if (verdict != SCSI_DONE)
		return fail_scsi(act, verdict, &result);
	for (end = clock_monotonic() + ACT_STOPPED_S * USEC_PER_SEC;;) {
		picture_ask(unit, act->transport);
		switch (unit->readiness) {
		case READINESS_STOPPED:
		case READINESS_NOT_READY:
			return 0;
		case READINESS_FAILED:
			return fail_readiness(act, -EHOSTDOWN);
		case READINESS_SILENT:
			return fail_readiness(act, unit->error == -ETIMEDOUT ? -ETIMEDOUT : -EIO);
		case READINESS_UNKNOWN:
			return fail_readiness(act, -EIO);
		case READINESS_READY:
		case READINESS_BECOMING:
			break;
		}
		if (clock_monotonic() >= end)
			return outcome_set(&act->outcome, -EIO,
					   "it accepted STOP and is still ready");
		pause_a_moment();
	}
}

static int do_start(struct act *act)
{
	struct picture_unit *unit = act_unit(act);
	struct scsi_result result;
	enum scsi_verdict verdict;

	picture_ask(unit, act->transport);
	if (unit->readiness != READINESS_STOPPED)
		return 0; /* STEP_READY sees to the rest */
	verdict = over_paths(act, COMMAND_START_IMMEDIATE, &result);
	if (verdict == SCSI_UNSUPPORTED)
		verdict = over_paths(act, COMMAND_START, &result);
	return verdict == SCSI_DONE ? 0 : fail_scsi(act, verdict, &result);
}

static int do_ready(struct act *act)
{
	struct picture_unit *unit = act_unit(act);

	picture_ask(unit, act->transport);
	switch (unit->readiness) {
	case READINESS_READY:
		return 0;
	case READINESS_FAILED:
		return fail_readiness(act, -EHOSTDOWN);
	case READINESS_SILENT:
		return fail_readiness(act, unit->error == -ETIMEDOUT ? -ETIMEDOUT : -EIO);
	case READINESS_UNKNOWN:
		return fail_readiness(act, -EIO);
	case READINESS_BECOMING:
	case READINESS_STOPPED:
	case READINESS_NOT_READY:
		break;
	}
	return fail_readiness(act, -EAGAIN);
}

/* ---- the kernel -------------------------------------------------------------------- */

static unsigned present_paths(struct act *act, const char *ret[static UNIT_PATHS_MAX])
{
	struct picture_unit *unit = act_unit(act);
	unsigned n = 0;

	for (unsigned i = 0; i < unit->n_paths && n < UNIT_PATHS_MAX; i++)
		if (unit->paths[i].state[0] != 0)
			ret[n++] = unit->paths[i].syspath;
	return n;
}

static int check_users(struct act *act, const char *const *paths, unsigned n)
{
	struct kernel_users users = { 0 };
	int r = act->kernel->users(act->kernel, paths, n, &users);

	if (r < 0)
		outcome_set(&act->outcome, r, "%s", strerrordesc_np(-r));
	else if (users.n == 1)
		r = outcome_set(&act->outcome, -ETXTBSY, "%s", users.texts[0]);
	else if (users.n > 1)
		r = outcome_set(&act->outcome, -ETXTBSY, "%s (and %u more)", users.texts[0],
				users.n - 1);
	kernel_users_clear(&users);
	return r;
}

static int do_users(struct act *act)
{
	const char *paths[UNIT_PATHS_MAX];

	return check_users(act, paths, present_paths(act, paths));
}

static int do_claim(struct act *act)
{
	const char *paths[UNIT_PATHS_MAX];
	unsigned n = present_paths(act, paths);
	void *claim;
	int r = act->kernel->claim(act->kernel, paths, n, &claim);

	switch (r) {
	case 0:
		act->claims[act->step.unit] = claim;
		return 0;
	case -ENXIO: /* no node can be opened, by nobody */
		return 0;
	case -EBUSY:
		/* Somebody came since; perhaps he can be named now. */
		r = check_users(act, paths, n);
		return r < 0 ? r
			     : outcome_set(&act->outcome, -ETXTBSY,
					   "another program has claimed its block node");
	default:
		return outcome_set(&act->outcome, r, "%s", strerrordesc_np(-r));
	}
}

static int do_release(struct act *act)
{
	void **claim = &act->claims[act->step.unit];

	if (*claim != NULL)
		act->kernel->release(act->kernel, *claim);
	*claim = NULL;
	return 0;
}

void act_release_all(struct act *act)
{
	for (act->step.unit = 0; act->step.unit < DRIVE_UNITS_MAX; act->step.unit++)
		(void) do_release(act);
}

static int do_state(struct act *act, const char *state)
{
	struct picture_path *path = act_path(act);
	struct kernel *kernel = act->kernel;
	int r = kernel->set_state(kernel, path->syspath, state);

	if (kernel->state(kernel, path->syspath, path->state) < 0)
		path->state[0] = 0;
	if (r == 0 && strcmp(path->state, state) != 0)
		r = path->state[0] == 0 ? -ENODEV : -EIO;
	if (r == 0 || (path->state[0] == 0 && strcmp(state, "offline") == 0))
		return 0; /* a path that is gone carries nothing */
	return outcome_set(&act->outcome, r, "%u:%u:%u:%llu is \"%s\": %s", path->address.host,
			   path->address.channel, path->address.target,
			   (unsigned long long) path->address.lun, path->state,
			   strerrordesc_np(-r));
}

static int fail_address(struct act *act, int r)
{
	const struct path_address *a = &act->step.address;

	return outcome_set(&act->outcome, r, "%u:%u:%u:%llu: %s", a->host, a->channel, a->target,
			   (unsigned long long) a->lun, strerrordesc_np(-r));
}

/* What was attached a moment ago may be in use by now. */
static int do_detach_address(struct act *act)
{
	const struct path_address *a = &act->step.address;
	_cleanup_free_ char *syspath = NULL;
	int r;

	r = act->kernel->find(act->kernel, a->host, a->channel, a->target, a->lun, &syspath);
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = check_users(act, (const char *const[]){ syspath }, 1);
	if (r == -ETXTBSY)
		return r;
	if (r == 0)
		r = act->kernel->detach(act->kernel, syspath);
	return r < 0 ? fail_address(act, r) : 0;
}

static int do_detach(struct act *act)
{
	int r;

	if (act->step.path == STEP_NO_PATH)
		return do_detach_address(act);
	r = act->kernel->detach(act->kernel, act_path(act)->syspath);
	if (r < 0)
		return fail_address(act, r);
	act_path(act)->state[0] = 0;
	return 0;
}

static int do_attach(struct act *act)
{
	const struct path_address *a = &act->step.address;
	char *syspath = NULL;
	int r;

	r = act->kernel->attach(act->kernel, a->host, a->channel, a->target, a->lun);
	if (r == 0)
		r = act->kernel->find(act->kernel, a->host, a->channel, a->target, a->lun,
				      &syspath);
	if (r < 0)
		return fail_address(act, r == -ENOENT ? -ENODEV : r);
	free(act->found);
	act->found = syspath;
	return 0;
}

int act_do(struct act *act)
{
	outcome_set(&act->outcome, 0, "%s", "");
	act->no_way = false;
	if (atomic_load(&act->stop))
		return outcome_set(&act->outcome, -ECANCELED, "cancelled");
	switch (act->step.kind) {
	case STEP_USERS:
		return do_users(act);
	case STEP_CLAIM:
		return do_claim(act);
	case STEP_RELEASE:
		return do_release(act);
	case STEP_FLUSH:
		return do_flush(act);
	case STEP_STOP:
		return do_stop(act);
	case STEP_START:
		return do_start(act);
	case STEP_READY:
		return do_ready(act);
	case STEP_RUN:
		return do_state(act, "running");
	case STEP_OFFLINE:
		return do_state(act, "offline");
	case STEP_DETACH:
		return do_detach(act);
	case STEP_ATTACH:
		return do_attach(act);
	case STEP_RECORD:
	case STEP_APPEARED:
	case STEP_VANISHED:
	case _STEP_KIND_MAX:
		break; /* the loop's */
	}
	return outcome_set(&act->outcome, -EPROTO, "%s is no work for a worker",
			   step_text(act->step.kind));
}
