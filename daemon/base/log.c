/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One message is one line is one system call, whichever thread it comes from,
 * so that lines never mix.  A person reading stderr in a terminal wants the
 * sentence; the journal also wants to know how bad it is, which is why it is
 * spoken to by its own protocol when stderr is connected to it ($JOURNAL_STREAM,
 * systemd.exec(5)).
 */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>

#define LINE_BYTES 1024U /* longer messages are cut; under PIPE_BUF, hence written whole */

static atomic_int level_max = LOG_INFO;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool to_journal;

static void find_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	if (stream == NULL || sscanf(stream, "%llu:%llu", &device, &inode) != 2)
		return;
	to_journal = fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void log_set_level(int level)
{
	atomic_store_explicit(&level_max, level, memory_order_relaxed);
}

void log_message(int level, const char *format, ...)
{
	int error = errno; /* kept: for %m, and for whoever looks at it after us */
	char line[LINE_BYTES];
	va_list ap;
	size_t n;
	int r;

	if (level > atomic_load_explicit(&level_max, memory_order_relaxed))
		return;
	(void) pthread_once(&once, find_journal);

	errno = error;
	va_start(ap, format);
	r = vsnprintf(line, sizeof(line) - 1, format, ap);
	va_end(ap);
	if (r < 0)
		goto out;

	n = (size_t) r < sizeof(line) - 2 ? (size_t) r : sizeof(line) - 2;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char) line[i] < 0x20)
			line[i] = '?';

	if (to_journal) {
		(void) sd_journal_send("MESSAGE=%s", line, "PRIORITY=%i", level, NULL);
	} else {
		line[n] = '\n';
		while (write(STDERR_FILENO, line, n + 1) < 0 && errno == EINTR)
			;
	}
out:
	errno = error;
}
