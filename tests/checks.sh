# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What the shell tests share.  A test ends with `finish`, whose status is the
# truth about it: at least one check was made, and all held.

checks_made=0
checks_failed=0

# check TEXT COMMAND...: COMMAND must succeed.
check() {
	local what=$1
	shift
	checks_made=$((checks_made + 1))
	if "$@"; then
		printf 'ok    %s\n' "$what"
	else
		printf 'FAIL  %s\n' "$what"
		checks_failed=$((checks_failed + 1))
	fi
}

# is GOT EXPECTED, has TEXT REGEX, lacks TEXT REGEX: what is given to check;
# these say what was there instead.
is() {
	[ "$1" = "$2" ] || { printf '      got:  %s\n      want: %s\n' "$1" "$2"; return 1; }
}
has() {
	[[ $1 =~ $2 ]] || { printf '      no match for %s in: %s\n' "$2" "$1"; return 1; }
}
lacks() {
	[[ ! $1 =~ $2 ]] || { printf '      match for %s in: %s\n' "$2" "$1"; return 1; }
}

# wait_for SECONDS COMMAND...: until COMMAND succeeds; fails when it never does.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

finish() {
	printf '%d checks, %d failed\n' "$checks_made" "$checks_failed"
	[ "$checks_made" -gt 0 ] && [ "$checks_failed" -eq 0 ]
	exit
}
