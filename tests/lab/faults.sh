#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Hardware that does not do as it is told.  Needs the emulator, one enclosure
# with one controller, and four bays at least.

# shellcheck source=common.sh
. "$(dirname -- "$(readlink -f -- "$0")")/common.sh"
emulated || { echo "FAIL  this one needs labctl"; exit 1; }

install_vdsd
check "udev starts vdsd" start_by_udev
sub=$(query /org/vdsd1 HwProvider QuerySubSystems)
eid=${sub##*/}
slot() { echo "$sub/slot/$1"; }
lamps_are() { [ "$(for n in 0 1 2 3; do emulator_lit "$eid" "$n"; done | tr -d '\n')" = "$1" ]; }
writes() { labctl log | grep -c ' SEND_DIAGNOSTIC '; }

# ---- accepted is not lit ---------------------------------------------------------

labctl dead 3
check "a dead bay is not lit, and the call says so" has "$(start "$(slot 3)")" VDS_E_NOT_SUPPORTED
check "the request was taken back" has "$(labctl log | grep ' SEND_DIAGNOSTIC ' | tail -n 1)" \
	'17:3=80..00..'
check "it does not count as running" is "$(property "$(slot 3)" Maintenance RunningOperations)" ''
labctl dead 3 off
check "mended, it lights" is "$(start "$(slot 3)")" "$S_OK"
check "by the emulator" is "$(emulator_lit "$eid" 3)" 1
check "and stops" is "$(stop "$(slot 3)")" "$S_OK"

# ---- the moment is wrong ---------------------------------------------------------

labctl gen
check "another generation: lit all the same" is "$(start "$(slot 0)")" "$S_OK"
check "by the emulator" is "$(emulator_lit "$eid" 0)" 1
check "the new generation is known" wait_for 15 property_is "$sub" SubSystem GenerationCode \
	"$(labctl state | sed -n 's/^enclosure 0 .* generation=//p')"

labctl ua 2a/01 lu=e0a
check "a unit attention is read over" is "$(stop "$(slot 0)")" "$S_OK"
check "out" is "$(emulator_lit "$eid" 0)" 0

labctl busy 2 lu=e0a
check "busy twice: lit" is "$(start "$(slot 2)")" "$S_OK"
check "by the emulator" is "$(emulator_lit "$eid" 2)" 1

labctl fail 1 op=1d sense=0b/47/00 lu=e0a
check "a write aborted once is tried again" is "$(start "$(slot 1)")" "$S_OK"
check "by the emulator" is "$(emulator_lit "$eid" 1)" 1

labctl fail -1 op=1d sense=05/24/00 lu=e0a
check "a control page refused for good" has "$(start "$(slot 0)")" VDS_E_NOT_SUPPORTED
labctl ok
check "other lamps are as they were" lamps_are 0110

# ---- a reset ---------------------------------------------------------------------

labctl clearlamps
check "after a reset what we lit is lit again" wait_for 15 lamps_are 0110
sg_ses --index=arr,2 --clear=ident "$(nodes "$sub")"
check "what somebody put out is noticed" wait_for 15 property_is "$(slot 2)" Slot Identify false
labctl clearlamps
check "after the next reset one is lit again" wait_for 15 lamps_are 0100
check "the other stays out" is "$(emulator_lit "$eid" 2)" 0
check "stop" is "$(stop "$(slot 1)")" "$S_OK"

# ---- it hangs --------------------------------------------------------------------

labctl hang op=1d lu=e0a
before=$SECONDS
message=$(start "$(slot 0)")
took=$((SECONDS - before))
check "a hanging enclosure: an error by name" has "$message" 'VDS_E_TIMEOUT|VDS_E_OBJECT_STATUS_FAILED'
check "within 20 s" test $took -le 20
check "properties never waited" is "$(timeout 2 busctl get-property org.vdsd1 "$(slot 0)" \
	org.vdsd1.Slot Identify)" 'b false'
labctl unhang
lights() { [ "$(start "$(slot 0)")" = "$S_OK" ]; }
check "it answers again: lights" wait_for 30 lights
check "by the emulator" is "$(emulator_lit "$eid" 0)" 1
check "stop" is "$(stop "$(slot 0)")" "$S_OK"

# ---- few commands ----------------------------------------------------------------

before=$(writes)
for n in 0 1 2 3; do start "$(slot $n)" > "$work/start$n" & done
wait
check "four at once: all lit" lamps_are 1111
check "with no more than a control page each" test $(($(writes) - before)) -le 4
for n in 0 1 2 3; do stop "$(slot $n)" > "$work/stop$n"; done

finish_lab
