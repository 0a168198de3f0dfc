#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# basic.sh [--without-ses] [--no-drives] - what must hold on any enclosure:
# everything is found, every kind of bay lights by slot and by drive, and
# nothing else is touched.
#
#   --without-ses   the kernel's ses module is taken out first
#   --no-drives     the enclosure does not say which disk is where

# shellcheck source=common.sh
. "$(dirname -- "$(readlink -f -- "$0")")/common.sh"

drives=1
for option in "$@"; do
	case $option in
	--without-ses)	modprobe -r ses;;
	--no-drives)	drives='';;
	esac
done
case " $* " in
*' --without-ses '*)
	check "the ses module is out" lacks "$(lsmod)" $'\nses ';;
*)
	modprobe -q ses
	check "the ses module is in" has "$(lsmod)" $'\nses ';;
esac

install_vdsd
check "udev starts vdsd" start_by_udev

# ---- everything is there ------------------------------------------------------

mapfile -t subsystems < <(query /org/vdsd1 HwProvider QuerySubSystems)
processors=$(grep -lx 13 /sys/class/scsi_generic/*/device/type | wc -l)
check "a controller for each of $processors enclosure devices" \
	is "$(paths Controller | wc -l)" "$processors"
if emulated; then
	check "a subsystem for each chassis" \
		is "$(printf '%s\n' "${subsystems[@]##*/}" | sort)" \
		"$(labctl state | sed -n 's/^enclosure .* id=\([0-9a-f]*\) .*/\1/p' | sort)"
	check "a lun for each logical unit" is "$(paths Lun | sed 's|.*/||' | sort)" \
		"$(labctl lus | sed -n 's/^e[0-9]*s[^ ]* *attached .* id=\([0-9a-f]*\) .*/\1/p' | sort -u)"
else
	check "a subsystem" test ${#subsystems[@]} -gt 0
fi

# of PATH INTERFACE PROPERTY: as all of it was now, without asking again
declare -A value=()
while read -r path interface name text; do
	value["$path $interface $name"]=$text
done < <(objects)
of() { echo "${value["$1 $2 $3"]-there is no such property}"; }
bay_count() { printf '%s\n' "${!value[@]}" | grep -c "^$1/slot/[0-9]* Slot Index\$"; }

for sub in "${subsystems[@]}"; do
	eid=${sub##*/}
	nodes_of[$sub]=$(nodes "$sub")
	first=$(nodes "$sub" | head -n 1)
	mapfile -t bays < <(bays "$first")
	check "$eid: a slot for each of ${#bays[@]} bays" \
		is "$(bay_count "$sub")" ${#bays[@]}
	check "$eid: says how many" is "$(of "$sub" SubSystem MaxNumberOfSlotsEachBus)" ${#bays[@]}
	check "$eid: its generation" is "$(of "$sub" SubSystem GenerationCode)" \
		"$(($(sg_ses -p 2 -rr "$first" | od -An -j4 -N4 -tu4 --endian=big)))"

	wrong=''
	for n in "${!bays[@]}"; do
		slot=$sub/slot/$n
		read -r _ index subenclosure status <<< "${bays[n]}"
		[ "$(of "$slot" Slot Index) $(of "$slot" Slot ElementIndex) $(of "$slot" Slot SubEnclosure)" = \
			"$n $index $subenclosure" ] || wrong+=" $n:position"
		[ $((0x$status >> 9 & 1)) -eq "$([ "$(of "$slot" Slot Identify)" = true ] && echo 1 || echo 0)" ] ||
			wrong+=" $n:Identify"
	done
	check "$eid: position and lamp of every bay" is "$wrong" ''

	if emulated && [ -n "$drives" ]; then
		e=$(labctl state | sed -n "s/^enclosure \([0-9]*\) id=$eid .*/\1/p")
		wrong=''
		for n in "${!bays[@]}"; do
			lun=$(labctl lus | sed -n "s/^e${e}s$(printf %02d "$n")a *attached .* id=\([0-9a-f]*\) .*/\1/p")
			drive=$(of "$sub/slot/$n" Slot Drive)
			if [ -z "$lun" ]; then
				[ "$drive$(of "$sub/slot/$n" Slot Occupied)" = /false ] || wrong+=" $n:empty"
			else
				has "$(of "$drive" Drive Luns)" "/org/vdsd1/lun/$lun" > /dev/null &&
					[ "$(of "$drive" Drive Slot)" = "$sub/slot/$n" ] || wrong+=" $n:$lun"
			fi
		done
		check "$eid: every disk in its bay" is "$wrong" ''
	fi
done

# ---- lamps --------------------------------------------------------------------

# lamp SUBSYSTEM N BY WHAT: on and off through object BY
lamp() {
	local sub=$1 n=$2 by=$3 what="${1##*/} bay $2 $4" index
	index=$(of "$sub/slot/$n" Slot ElementIndex)
	photograph "$sub" before
	check "$what: StartMaintenance" is "$(start "$by")" "$S_OK"
	photograph "$sub" lit
	check "$what: sg_ses sees it lit, and nothing else changed" \
		only_ident_changed before lit "$index" 1
	! emulated || check "$what: the emulator too" is "$(emulator_lit "${sub##*/}" "$n")" 1
	check "$what: Identify" is "$(property "$sub/slot/$n" Slot Identify)" true
	check "$what: running" has "$(property "$by" Maintenance RunningOperations)" '^1 0 0 0'
	check "$what: again is S_OK" is "$(start "$by")" "$S_OK"
	check "$what: StopMaintenance" is "$(stop "$by")" "$S_OK"
	photograph "$sub" after
	check "$what: as before" is "$(changed before after)" ''
	check "$what: not running" is "$(property "$by" Maintenance RunningOperations)" ''
	check "$what: stop again is S_FALSE" is "$(stop "$by")" "$S_FALSE"
}

for sub in "${subsystems[@]}"; do
	count=$(bay_count "$sub")
	first=$(nodes "$sub" | head -n 1)

	# Lamps of others, which must stay as they are: sg_ses lights them.
	other=$((count > 3 ? 1 : 0))
	read -r type index _ _ <<< "$(bays "$first" | sed -n "$((other + 1))p")"
	[ "$type" = 17 ] && abbreviation=arr || abbreviation=dev
	if [ "$(of "$sub" SubSystem MaxNumberOfControllers)" = 1 ] && [ "$other" = 1 ]; then
		sg_ses --index="$abbreviation,$index" --set=fault "$first"
		check "${sub##*/}: a fault lamp of another bay is on" \
			has "$(bays "$first" | sed -n 2p)" '20$'
	fi

	for n in $(printf '%s\n' 0 $((count / 2)) $((count - 1)) | sort -nu); do
		lamp "$sub" "$n" "$sub/slot/$n" 'by slot'
		drive=$(of "$sub/slot/$n" Slot Drive)
		[ "$drive" = / ] || lamp "$sub" "$n" "$drive" 'by drive'
	done

	check "${sub##*/}: an identify that sg_ses began" \
		sg_ses --index="$abbreviation,$index" --set=ident "$first"
	check "${sub##*/}: is seen by the poll" \
		wait_for 15 property_is "$sub/slot/$other" Slot Identify true
	check "${sub##*/}: belongs to nobody" has \
		"$(property "$sub/slot/$other" Maintenance RunningOperations)" '^1 0 0 4294967295'
	check "${sub##*/}: and can be stopped" is "$(stop "$sub/slot/$other")" "$S_OK"
	check "${sub##*/}: it is out" is "$(lit_on_any "$sub" "$other")" 0
	sg_ses --index="$abbreviation,$index" --clear=fault "$first"

	photograph "$sub" before
	check "${sub##*/}: SetIndicator fault" \
		is "$(vdsd "$sub/slot/0" Slot SetIndicator sb fault true)" ''
	photograph "$sub" lit
	check "${sub##*/}: that lamp, by sg_ses" is "$(changed before lit |
		while read -r _ _ i b a; do printf '%s %x\n' "$i" $((0x$b ^ 0x$a)); done | sort -u)" \
		"$(of "$sub/slot/0" Slot ElementIndex) 20"
	check "${sub##*/}: SetIndicator fault off" \
		is "$(vdsd "$sub/slot/0" Slot SetIndicator sb fault false)" ''
	photograph "$sub" after
	check "${sub##*/}: as before" is "$(changed before after)" ''

	check "${sub##*/}: the enclosure's own lamp" is "$(start "$sub")" "$S_OK"
	check "${sub##*/}: by sg_ses" has "$(page "$first" | grep '^0e ')" '^0e 0 [0-9]+ ..8'
	check "${sub##*/}: and out" is "$(stop "$sub")" "$S_OK"
done

if [ -n "$drives" ]; then
	check "a disk node is resolved to its drive" \
		is "$(resolve "$(property "$(paths Drive | head -n 1)" Drive Nodes | head -n 1)")" \
		"$(paths Drive | head -n 1)"
else
	drive=$(paths Drive | head -n 1)
	check "a drive whose bay is not known has none" is "$(property "$drive" Drive SlotNumber)" -1
	check "and cannot blink" has "$(start "$drive")" VDS_E_NOT_SUPPORTED
fi

# ---- who may ----------------------------------------------------------------------

nobody() { runuser -u nobody -- "$@" 2>&1; }
check "everybody may read" is "$(nobody busctl get-property org.vdsd1 \
	"${subsystems[0]}/slot/0" org.vdsd1.Slot Identify)" 'b false'
check "not everybody may light" has "$(nobody busctl call org.vdsd1 \
	"${subsystems[0]}/slot/0" org.vdsd1.Maintenance StartMaintenance u 1)" 'denied|DENIED'
check "nothing is lit" is "$(lit_on_any "${subsystems[0]}" 0)" 0

finish_lab
