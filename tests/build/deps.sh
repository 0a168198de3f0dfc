#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# scripts/deps with package managers that only write down what they are asked.

set -euo pipefail
here=$(dirname -- "$(readlink -f -- "$0")")
deps=$here/../../scripts/deps
# shellcheck source=../checks.sh
. "$here/../checks.sh"

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

# machine: an empty PATH but for what deps may count on; $work/installed is the
# list of packages there, $work/known of those in the sources, $work/asked what
# the package manager was told to do.
machine() {
	rm -rf "${work:?}/bin"
	mkdir "$work/bin"
	ln -s "$(command -v bash)" "$work/bin/bash"
	ln -s "$(command -v env)" "$work/bin/env"
	ln -s "$(command -v grep)" "$work/bin/grep"
	printf '#!/bin/bash\necho %s\n' "${uid:-0}" > "$work/bin/id"
	: > "$work/asked"
	: > "$work/installed"
	: > "$work/known"
	chmod +x "$work/bin/id"
}
program() {
	{ echo '#!/bin/bash'; echo "cd '$work'"; cat; } > "$work/bin/$1"
	chmod +x "$work/bin/$1"
}
apt_machine() {
	machine
	program apt-get <<< 'echo "apt-get $*" >> asked'
	# shellcheck disable=SC2016
	program dpkg-query <<< 'grep -qx -- "${!#}" installed && echo -n installed'
	# shellcheck disable=SC2016
	program apt-cache <<< 'grep -x -- "$2" known || :'
}
run() {
	status=0
	output=$(env -i PATH="$work/bin" "$work/bin/bash" "$deps" "$@" 2>&1) || status=$?
	asked=$(< "$work/asked")
}

machine
run
check "no package manager: fails" test $status -ne 0
check "and says what to install by hand" has "$output" 'neither apt-get nor dnf.*libsystemd'

apt_machine
all=(gcc libc6-dev make pkgconf libsystemd-dev libudev-dev libsgutils2-dev libjson-c-dev
	libinih-dev check dbus-daemon systemd sg3-utils libumockdev-dev umockdev clang
	libclang-rt-dev clang-tidy clang-format cppcheck shellcheck)
printf '%s\n' "${all[@]}" > "$work/installed"
run
check "apt, all there: says so" is "$status $output" '0 deps: all there: build test lint'
check "and asks apt-get for nothing" test -z "$asked"
run --list
check "--list: nothing, status 0" test $status -eq 0

printf '%s\n' "${all[@]}" > "$work/known"
printf '%s\n' "${all[@]}" | grep -vx -e check -e pkgconf > "$work/installed"
echo pkg-config >> "$work/installed"
run
check "apt, one missing: status 0" test $status -eq 0
check "says which" has "$output" 'missing: check'
check "lists updated first" test "$(head -1 "$work/asked")" = 'apt-get -qq update'
check "installs that one only" has "$asked" ' install check'
: > "$work/asked"
run --list
check "--list: status 1, installs nothing" test "$status$asked" = 1

apt_machine
printf '%s\n' "${all[@]}" | grep -vx -e cppcheck -e dbus-daemon > "$work/known"
echo dbus >> "$work/known"
run
check "apt, a lint package unknown: goes on" test $status -eq 0
check "and says so" has "$output" 'cppcheck: not in this release'
check "takes the alternative that exists" has "$asked" 'install .* dbus systemd'
check "does not ask for the unknown" lacks "$asked" cppcheck
printf '%s\n' "${all[@]}" | grep -vx libinih-dev > "$work/known"
: > "$work/asked"
run
check "apt, a build package unknown: fails by name" has "$status $output" '1 .*libinih-dev: no such'
check "and installs nothing" lacks "$asked" install
run nonsense
check "an unknown group is refused" has "$status $output" '1 .*no such group: nonsense'

uid=1000
apt_machine
run
check "not root, no sudo: says so" has "$status $output" '1 .*needs root'
program sudo <<< 'echo "sudo $*" >> asked; "$@"'
printf '%s\n' "${all[@]}" > "$work/known"
run
check "not root: through sudo" has "$status $asked" 'sudo env .*apt-get .* install gcc'
uid=0

machine
program dnf <<< 'echo "dnf $*" >> asked; echo found'
# shellcheck disable=SC2016
program rpm <<< 'grep -qx -- "${!#}" installed'
echo gcc > "$work/installed"
run build
check "dnf: installs what is missing" has "$asked" 'dnf -y .*install glibc-devel make .*inih-devel'
check "and not what is there" lacks "$(grep ' install ' <<< "$asked")" ' gcc '

finish
