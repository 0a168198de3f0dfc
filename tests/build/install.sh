#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# make install and make uninstall, staged.  VDSD_BUILD is where vdsd was built.

set -euo pipefail
here=$(dirname -- "$(readlink -f -- "$0")")
# shellcheck source=../checks.sh
. "$here/../checks.sh"
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

run_make() { "${MAKE:-make}" --no-print-directory -s B="$VDSD_BUILD" "$@" > /dev/null; }
files() { (cd "$1" && find . -type f | sort); }

run_make install DESTDIR="$work/usr" prefix=/usr
for file in usr/sbin/vdsd usr/lib/systemd/system/vdsd.service \
	usr/lib/udev/rules.d/90-vdsd.rules usr/share/dbus-1/system.d/org.vdsd1.conf \
	usr/share/dbus-1/system-services/org.vdsd1.service usr/share/man/man8/vdsd.8 \
	usr/share/doc/vdsd/LICENSE usr/share/doc/vdsd/README.md \
	usr/sbin/vdsd-capture usr/share/man/man8/vdsd-capture.8 usr/share/man/man5/vdsd-quirks.5 \
	usr/share/man/man5/vdsd-dbus.5 \
	usr/share/vdsd/quirks.d/hgst-h4060-j.conf
do
	check "prefix=/usr: /$file" test -f "$work/usr/$file"
done
check "an interface is described" test -n "$(echo "$work"/usr/usr/share/dbus-1/interfaces/org.vdsd1*.xml)"
check "vdsd can be run" test -x "$work/usr/usr/sbin/vdsd"
check "programs are in sbin, and nowhere else" is \
	"$(find "$work/usr" -type f -perm /111 ! -path "$work/usr/usr/sbin/*")" ''
check "no @name@ is left" test -z "$(grep -rIlE '@[A-Za-z]+@' "$work/usr" --exclude-dir=doc)"
check "the unit starts what was installed" \
	grep -qx 'ExecStart=/usr/sbin/vdsd' "$work/usr/usr/lib/systemd/system/vdsd.service"
check "the simulator is not installed" test -z "$(find "$work/usr" -name '*sim*')"

run_make install DESTDIR="$work/local"
check "prefix=/usr/local: bus policy where the bus looks" \
	test -f "$work/local/etc/dbus-1/system.d/org.vdsd1.conf"
check "and vdsd in /usr/local" test -x "$work/local/usr/local/sbin/vdsd"
check "with a unit that knows it" grep -qx 'ExecStart=/usr/local/sbin/vdsd' \
	"$work/local/usr/local/lib/systemd/system/vdsd.service"

run_make uninstall DESTDIR="$work/local"
check "uninstall leaves no file" test -z "$(files "$work/local")"

# systemd's own opinion, of a copy whose program exists.
if command -v systemd-analyze > /dev/null; then
	run_make install prefix="$work/here/usr" sysconfdir="$work/here/etc"
	# What Type=dbus asks for, which a build machine need not have.
	units=$work/here/usr/lib/systemd/system
	printf '[Socket]\nListenStream=/run/none\nService=dbus.service\n' > "$units/dbus.socket"
	printf '[Service]\nExecStart=/bin/true\n' > "$units/dbus.service"
	check "systemd-analyze verify" systemd-analyze verify --man=no \
		"$units/vdsd.service"
else
	echo "skip  systemd-analyze is not here"
fi
finish
