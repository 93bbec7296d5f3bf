#!/bin/sh
# hardening.sh PROGRAM...: fails unless each is a position independent executable with full RELRO, a
# stack that cannot be executed, stack protector, fortified libc calls and, where this compiler and
# libc give it to any program at all, the note that says it supports CET.
set -eu

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

# check PROGRAM WHAT PATTERN READELF-OPTION...
check() {
	program=$1 what=$2 pattern=$3
	shift 3
	if ! readelf -W "$@" "$program" 2>/dev/null | grep -Eq "$pattern"; then
		printf '%s: %s is missing\n' "$program" "$what"
		failed=1
	fi
}

cet_is_available() {
	echo 'int main(void) { return 0; }' >"$scratch/probe.c"
	cc -fcf-protection=full -o "$scratch/probe" "$scratch/probe.c" 2>/dev/null &&
		readelf -n "$scratch/probe" | grep -q 'IBT, SHSTK'
}

[ $# -gt 0 ] || {
	echo 'usage: hardening.sh PROGRAM...' >&2
	exit 2
}
if cet_is_available; then cet=yes; else cet=no; fi

for program in "$@"; do
	[ -x "$program" ] || {
		printf '%s: no such program\n' "$program"
		failed=1
		continue
	}
	check "$program" 'position independence' 'Type: +DYN' -h
	check "$program" 'the interpreter (is it a library?)' 'INTERP' -l
	check "$program" 'RELRO' 'GNU_RELRO' -l
	check "$program" 'immediate binding' 'BIND_NOW|FLAGS_1.* NOW' -d
	check "$program" 'a stack without execution' 'GNU_STACK .* RW +0x' -l
	check "$program" 'the stack protector' '__stack_chk_fail' --dyn-syms
	check "$program" 'any fortified call' '__(v?[sfd]*n?printf|mem[a-z]+|str[a-z]+|read|recv|poll|fdelt)_chk' --dyn-syms
	[ "$cet" = no ] || check "$program" 'the CET note' 'IBT, SHSTK' -n
done
[ "$failed" -eq 0 ] && printf '%s programs hardened (CET checked: %s)\n' "$#" "$cet"
