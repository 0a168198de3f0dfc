#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# man/vdsd-dbus.5 says what dbus/org.vdsd1.xml and the table of errors say: each
# member with its signature, in the section of its interface, and no other; each method
# once more among the errors; each error with its number.

set -euo pipefail
export LC_ALL=C
cd -- "$(dirname -- "$(readlink -f -- "$0")")/../.."
# shellcheck source=../checks.sh
. tests/checks.sh

page=man/vdsd-dbus.5
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

# "INTERFACE MEMBER", a member as "Name(in) -> out", "signal Name(...)" or "Name type".
members_of_xml() {
	awk '
	function attribute(name) {
		if (!match($0, " " name "=\"[^\"]*\""))
			return ""
		return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
	}
	function say() { print of, name "(" args ")" (out == "" ? "" : " -> " out) }
	/<interface / { of = attribute("name") }
	/<(method|signal) / {
		name = (/<signal/ ? "signal " : "") attribute("name")
		args = out = ""
		if (/\/>/)
			say()
	}
	/<arg / {
		arg = attribute("type") " " attribute("name")
		if (attribute("direction") == "out")
			out = out (out == "" ? "" : ", ") arg
		else
			args = args (args == "" ? "" : ", ") arg
	}
	/<\/(method|signal)>/ { say() }
	/<property / { print of, attribute("name") " " attribute("type") }
	' dbus/org.vdsd1.xml | sed 's/ (/(/' | sort
}

# The same of the page: what stands after .TP below ".SS INTERFACE", properties with ","
# between them, methods with ";".
members_of_page() {
	awk '
	/^\.S[SH]/ { of = $1 == ".SS" && $2 ~ /^org\.vdsd1\./ ? $2 : "" }
	of != "" && tag {
		sub(/^\.BR? /, "")
		gsub(/"/, "")
		gsub(/\\\(->/, "->")
		gsub(/ +/, " ")
		separator = $0 ~ /^(signal )?[A-Za-z]+ ?\(/ ? "; " : ", "
		n = split($0, item, separator)
		for (i = 1; i <= n; i++)
			print of, item[i]
	}
	{ tag = /^\.TP$/ }
	' $page | sed 's/ (/(/' | sort
}

# "NAME NUMBER" of each error: its name by errno, its number by errno.
errors_of_code() {
	sed -nE 's/^\t\{ (E[A-Z]+), "([A-Z_]+)",.*/\1 \2/p' daemon/bus/errors.c | sort > "$work/names"
	sed -nE 's/^\t\t\{ -(E[A-Z]+), (0x[0-9A-F]+) \}.*/\1 \2/p' daemon/base/outcome.c | sort > "$work/numbers"
	join -a 1 "$work/names" "$work/numbers" | cut -d ' ' -f 2- | sort -u
}
errors_of_page() {
	sed -nE 's/^((VDS_)?E_[A-Z_]+)\t(0x[0-9A-F]+)\t.+/\1 \3/p' $page | sort
}

same() {
	diff "$1" "$2" | sed -n 's/^</      not on the page:/p; s/^>/      only on the page:/p'
	[ -s "$1" ] && cmp -s "$1" "$2"
}

members_of_xml > "$work/xml"
members_of_page > "$work/page"
check "every member with its signature, and no other" same "$work/xml" "$work/page"

errors_of_code > "$work/code"
errors_of_page > "$work/page"
check "every error with its number, and no other" same "$work/code" "$work/page"

sed -nE 's/^org\.vdsd1\.([A-Za-z]+) ([A-Za-z]+)\(.*/\1.\2/p' "$work/xml" |
	grep -vx 'Maintenance.LastPing' | sort > "$work/methods"
sed -n '/^\.SS By method/,/^\.S[SH] Of/p' $page | sed -n 's/^\.B //p' | tr -d ' ' | tr , '\n' |
	sort > "$work/page"
check "the errors of every method" same "$work/methods" "$work/page"

{
	cut -d ' ' -f 1 "$work/code"
	# of VDS, but not here; and data of an Async
	printf '%s\n' VDS_E_INCOMPATIBLE_FILE_SYSTEM VDS_E_INCOMPATIBLE_MEDIA VDS_E_OPERATION_PENDING E_FAIL
} | sort > "$work/known"
grep -oE '\b(VDS_)?E_[A-Z_]+' $page | sort -u > "$work/page"
check "no error is misspelt" same "$work/known" "$work/page"

if command -v groff > /dev/null; then
	for file in man/*.[58]; do
		check "groff has nothing to say about $file" \
			is "$(groff -t -man -ww -Tutf8 -z "$file" 2>&1)" ''
	done
else
	echo "skip  groff is not here"
fi
finish
