/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The simulator as its program sees it.
 */
#include "sim/sim.h"

#include <errno.h>
#include <stdlib.h>

#include "sim/control.h"
#include "sim/transport.h"

struct sim {
	struct rack *rack;
	struct transport *transport;
	struct discovery *discovery;
	struct kernel *kernel;
	struct control *control;
};

int sim_new(const char *file, struct sim **ret, char *error, size_t n)
{
	struct sim *sim = sim_alloc(1, sizeof(*sim));
	int r;

	sim->rack = rack_new();
	if (!sim->rack) {
		free(sim);
		(void) snprintf(error, n, "no event counter");
		return -EMFILE;
	}
	if (capture_recognize(file))
		r = rack_load_capture(file, sim->rack, error, n);
	else
		r = rack_describe(file, sim->rack, error, n);
	if (r < 0) {
		(void) sim_free(sim);
		return r;
	}
	sim->transport = sim_transport_new(sim->rack);
	sim->discovery = sim_discovery_new(sim->rack);
	sim->kernel = sim_kernel_new(sim->rack);
	*ret = sim;
	return 0;
}

struct sim *sim_free(struct sim *sim)
{
	if (!sim)
		return NULL;
	sim->control = control_free(sim->control);
	if (sim->transport && sim_transport_in_use(sim->transport))
		return sim;
	(void) sim_discovery_free(sim->discovery);
	(void) sim_transport_free(sim->transport);
	(void) sim_kernel_free(sim->kernel);
	(void) rack_free(sim->rack);
	free(sim);
	return NULL;
}

struct transport *sim_transport(struct sim *sim)
{
	return sim->transport;
}

struct discovery *sim_discovery(struct sim *sim)
{
	return sim->discovery;
}

struct kernel *sim_kernel(struct sim *sim)
{
	return sim->kernel;
}

struct rack *sim_rack(struct sim *sim)
{
	return sim->rack;
}

int sim_listen(struct sim *sim, sd_event *event, const char *socket_path)
{
	if (sim->control)
		return -EBUSY;
	return control_new(sim->rack, event, socket_path, &sim->control);
}

char *sim_order(struct sim *sim, const char *line, char *error, size_t n)
{
	bool quit = false;

	return rack_order(sim->rack, line, &quit, error, n);
}
