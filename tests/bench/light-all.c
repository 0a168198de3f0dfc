/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * light-all METHOD PATH...: calls METHOD(1) of org.vdsd1.Maintenance on all paths at
 * once, as an applet that lights a whole shelf would, and prints the milliseconds from
 * the first call to the last answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <systemd/sd-bus.h>

static int waiting, failed;

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void) error;
	waiting--;
	if (sd_bus_message_is_method_error(m, NULL)) {
		(void) fprintf(stderr, "%s: %s\n", (const char *) userdata,
			       sd_bus_message_get_error(m)->message);
		failed++;
	}
	return 0;
}

static double now_ms(void)
{
	struct timespec t;

	(void) clock_gettime(CLOCK_MONOTONIC, &t);
	return (double) t.tv_sec * 1000 + (double) t.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	sd_bus *bus = NULL;
	double begin;
	int r;

	if (argc < 3) {
		(void) fprintf(stderr, "usage: %s METHOD PATH...\n", argv[0]);
		return EXIT_FAILURE;
	}
	r = sd_bus_open_system(&bus);
	begin = now_ms();
	for (int i = 2; r >= 0 && i < argc; i++) {
		r = sd_bus_call_method_async(bus, NULL, "org.vdsd1", argv[i],
					     "org.vdsd1.Maintenance", argv[1], on_answer, argv[i],
					     "u", 1);
		waiting += r >= 0;
	}
	while (r >= 0 && waiting > 0) {
		r = sd_bus_process(bus, NULL);
		if (r == 0)
			r = sd_bus_wait(bus, UINT64_MAX);
	}
	if (r < 0)
		(void) fprintf(stderr, "%s\n", strerror(-r));
	else
		(void) printf("%.1f\n", now_ms() - begin);
	sd_bus_unref(bus);
	return r < 0 || failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
