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
# bare TEXT: what busctl prints, without signature, length and quotation marks;
# of an array one entry a line.  Strings in arrays have no blanks here.
bare() {
	local signature rest words n per i
	read -r signature rest <<< "$1"
	case $signature in
	a*)
		rest=${rest//\"/}
		read -ra words <<< "$rest"
		n=${words[0]}
		[ "$n" -gt 0 ] || return 0
		per=$(((${#words[@]} - 1) / n))
		for ((i = 1; i < ${#words[@]}; i += per)); do
			echo "${words[@]:i:per}"
		done;;
	*)
		rest=${rest#\"}
		echo "${rest%\"}";;
	esac
}
# property PATH INTERFACE NAME
property() {
	local text
	text=$(busctl get-property org.vdsd1 "$1" "org.vdsd1.$2" "$3" 2>&1) || { echo "$text"; return 1; }
	bare "$text"
}
property_is() { [ "$(property "$1" "$2" "$3")" = "$4" ]; }
# Paths, one per line.
query() { bare "$(busctl call org.vdsd1 "$1" "org.vdsd1.$2" "$3")"; }
resolve() { bare "$(busctl call org.vdsd1 /org/vdsd1 org.vdsd1.HwProvider Resolve s "$1")"; }
# Every property of every object, one a line: PATH INTERFACE NAME VALUE
objects() {
	busctl --json=short call org.vdsd1 /org/vdsd1 \
		org.freedesktop.DBus.ObjectManager GetManagedObjects |
		jq -r '.data[0] | to_entries[] | .key as $p | .value | to_entries[] |
			(.key | ltrimstr("org.vdsd1.")) as $i | .value | to_entries[] |
			[$p, $i, .key, (.value.data | if type == "array" then flatten |
			map(tostring) | join(" ") else tostring end)] | join(" ")'
}
# paths INTERFACE: all objects that have it
paths() { objects | awk -v i="$1" '$2 == i { print $1 }' | sort -Vu; }

S_OK='u 0'
S_FALSE='u 1'

# ---- from the hardware -----------------------------------------------------------

# page NODE: the elements on page 02h in page order, one a line:
#
#     TYPE INDEX SUBENCLOSURE STATUS          17 3 0 01000200
#
# INDEX counts the elements of one type through all type descriptors.  This is a
# decoder of its own, so that the daemon's is held against something.
page() {
	local -a c s counted
	local at=8 where=8 types=0 i n type sub
	read -rd '' -a c < <(sg_ses --page=1 --raw --raw "$1" 2> /dev/null | od -An -v -tx1)
	read -rd '' -a s < <(sg_ses --page=2 --raw --raw "$1" 2> /dev/null | od -An -v -tx1)
	[ ${#c[@]} -gt 8 ] && [ ${#s[@]} -gt 8 ] || return 1
	for ((i = 0; i <= 0x${c[1]}; i++)); do
		types=$((types + 0x${c[at + 2]}))
		at=$((at + 4 + 0x${c[at + 3]}))
	done
	for ((i = 0; i < types; i++, at += 4)); do
		type=${c[at]} sub=$((0x${c[at + 2]}))
		where=$((where + 4)) # the overall element
		for ((n = 0x${c[at + 1]}; n > 0; n--, where += 4)); do
			echo "$type ${counted[0x$type]:=0} $sub ${s[where]}${s[where + 1]}${s[where + 2]}${s[where + 3]}"
			counted[0x$type]=$((${counted[0x$type]} + 1))
		done
	done
}
# bays NODE: those of them that are slots; the nth line is bay n
bays() { page "$1" | grep -E '^(17|01) '; }
# nodes SUBSYSTEM: of its controllers, in page order; nodes_of is for those who
# know that these stay as they are
declare -A nodes_of=()
nodes() {
	local c
	if [ -n "${nodes_of[$1]:-}" ]; then
		echo "${nodes_of[$1]}"
		return
	fi
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
