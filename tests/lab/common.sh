# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
#
# What the system tests share.  They want root, systemd and an enclosure; the
# virtual machine of the lab is one such machine, and there they also ask the
# emulator (labctl) what the hardware really did.
#
# If ../root is there, it is what `make install DESTDIR=` left, and is installed
# first; else vdsd must be installed already.

set -uo pipefail
export LC_ALL=C SYSTEMD_COLORS=0 SYSTEMD_PAGER=cat PAGER=cat

lab=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
# shellcheck source=../checks.sh
. "$lab/../checks.sh"
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

emulated() { command -v labctl > /dev/null; }

# ---- installing and starting ---------------------------------------------------

install_vdsd() {
	[ -d "$lab/../../root" ] || return 0
	cp -rT -- "$lab/../../root" /
	systemctl daemon-reload
	udevadm control --reload
	busctl call org.freedesktop.DBus / org.freedesktop.DBus ReloadConfig > /dev/null
}

on_bus() { busctl --no-pager get-property org.vdsd1 /org/vdsd1 org.vdsd1.HwProvider Version; }

# As at boot: udev says that there is an enclosure, and the unit is wanted.
start_by_udev() {
	udevadm trigger --action=add --subsystem-match=scsi_generic
	udevadm settle
	wait_for 30 systemctl -q is-active vdsd.service
	wait_for 30 on_bus
}

restart_vdsd() {
	systemctl restart vdsd.service && wait_for 30 on_bus
}

# The end of every script: how the daemon fared, and what it had to say.
finish_lab() {
	check "vdsd runs at the end" systemctl -q is-active vdsd.service
	check "and was never restarted by systemd" \
		is "$(systemctl show -P NRestarts vdsd.service)" "${1:-0}"
	check "no error in the journal" \
		is "$(journalctl -q -u vdsd.service -p err -o cat)" ""
	[ "$checks_failed" -eq 0 ] || journalctl -q -u vdsd.service -o short-monotonic | tail -n 60
	finish
}

# ---- over the bus ----------------------------------------------------------------

# vdsd PATH INTERFACE METHOD [SIGNATURE ARG...], such as: u 0
vdsd() { busctl call org.vdsd1 "$1" "org.vdsd1.$2" "${@:3}" 2>&1; }
start() { vdsd "$1" Maintenance StartMaintenance u 1; }
stop() { vdsd "$1" Maintenance StopMaintenance u 1; }
# property PATH INTERFACE NAME, bare: text, number, true
property() {
	local json
	json=$(busctl --json=short get-property org.vdsd1 "$1" "org.vdsd1.$2" "$3" 2>&1) ||
		{ echo "$json"; return 1; }
	jq -r '.data | if type == "array" then .[] | if type == "array" then join(" ") else . end
		else . end' <<< "$json"
}
property_is() { [ "$(property "$1" "$2" "$3")" = "$4" ]; }
# Paths, one per line.
query() { busctl --json=short call org.vdsd1 "$1" "org.vdsd1.$2" "$3" | jq -r '.data[0][]'; }
resolve() {
	busctl --json=short call org.vdsd1 /org/vdsd1 org.vdsd1.HwProvider Resolve s "$1" |
		jq -r '.data[0][]'
}
# Everything, as JSON: path, interface, property.
objects() {
	busctl --json=short call org.vdsd1 /org/vdsd1 \
		org.freedesktop.DBus.ObjectManager GetManagedObjects | jq '.data[0]'
}
# paths INTERFACE: all objects that have it
paths() {
	objects | jq -r --arg i "org.vdsd1.$1" 'to_entries[] | select(.value[$i]) | .key' | sort -V
}

S_OK='u 0'
S_FALSE='u 1'

# ---- from the hardware -----------------------------------------------------------

# page NODE: its elements, a line each, as elements.py has them
page() {
	sg_ses --page=1 --raw --raw "$1" > "$work/page1" 2> /dev/null &&
		sg_ses --page=2 --raw --raw "$1" > "$work/page2" 2> /dev/null &&
		"$lab/elements.py" "$work/page1" "$work/page2"
}
# bays NODE: those of them that are slots; the nth line is bay n
bays() { page "$1" | grep -E '^(17|01) '; }
nodes() { # SUBSYSTEM
	local c
	for c in $(query "$1" SubSystem QueryControllers); do
		property "$c" Controller Node
	done
}
# lit NODE N: the identify bit of bay n, as sg_ses reads it
lit() {
	local status
	read -r _ _ _ status <<< "$(bays "$1" | sed -n "$(($2 + 1))p")"
	echo $((0x$status >> 9 & 1))
}
# emulator_lit EID N
emulator_lit() {
	local e
	e=$(labctl state | sed -n "s/^enclosure \([0-9]*\) id=$1 .*/\1/p")
	labctl state | grep -E "^e$e (17|01):" | sed -n "$(($2 + 1))s/.* ident=\([01]\) .*/\1/p"
}
# lit_on_any SUBSYSTEM N: through whichever controller
lit_on_any() {
	local node
	for node in $(nodes "$1"); do
		[ "$(lit "$node" "$2")" = 1 ] && echo 1 && return
	done
	echo 0
}

# photograph SUBSYSTEM NAME, then changed NAME1 NAME2: what differs, as
# "NODE TYPE INDEX BEFORE AFTER" lines
photograph() {
	local node
	for node in $(nodes "$1"); do
		page "$node" | sed "s|^|$node |"
	done > "$work/$2"
}
changed() {
	paste -d ' ' "$work/$1" "$work/$2" | awk '$5 != $10 { print $1, $2, $3, $5, $10 }'
}
# only_ident_changed NAME1 NAME2 INDEX ON: of slot INDEX (among its type), and
# nothing else of anything
only_ident_changed() {
	local node type index before after seen=0
	while read -r node type index before after; do
		if [[ $type != 17 && $type != 01 ]] || [ "$index" != "$3" ] ||
			[ $((0x$before ^ 0x$after)) -ne $((0x200)) ] ||
			[ $((0x$after >> 9 & 1)) -ne "$4" ]
		then
			printf '      %s\n' "$node: $type:$index was $before, is $after"
			return 1
		fi
		seen=1
	done < <(changed "$1" "$2")
	[ $seen -eq 1 ] || { echo '      nothing changed'; return 1; }
}
