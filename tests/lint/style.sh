#!/bin/sh
# What the formatter cannot see: the house rules that a machine can check. Prints each breach.
set -eu
cd "$(dirname "$0")/../.."
failed=0

breach() {
	printf '%s\n' "$*"
	failed=1
}

# Our own C files; generated ones are not in the repository.
sources() {
	git -c safe.directory="$(pwd)" ls-files -- "$@" 2>/dev/null || find . -name "$1" -not -path './build/*'
}

for file in $(sources '*.c'); do
	[ -f "$file" ] || continue
	lines=$(wc -l <"$file")
	case $file in
	*_test.c | *_sim.c | tests/*) ;;
	*)
		[ "$lines" -le 600 ] || breach "$file: $lines lines; split it (600)"
		case $(head -n 1 "$file") in
		'/*'*) ;;
		*) breach "$file: does not begin with a comment that says what it knows" ;;
		esac
		if grep -nE '\b(strcpy|strcat|sprintf|gets|alloca)\(' "$file"; then
			breach "$file: unbounded call"
		fi
		if grep -nE '=\\"' "$file" | grep -vE 'fprintf|printf\('; then
			breach "$file: the log quotes values by itself"
		fi
		;;
	esac
done

for file in $(sources '*.c' '*.h' '*.md' '*.sh' '*.cmake' '*.txt'); do
	[ -f "$file" ] || continue
	case $file in
	tests/lint/style.sh | tests/fuzz/corpus/*) continue ;;
	esac
	if grep -nwE 'TODO|FIXME|XXX' "$file"; then
		breach "$file: unfinished"
	fi
done

for name in util common misc helpers; do
	for file in $(sources "*/$name.c"); do
		breach "$file: a name that says nothing"
	done
done
exit "$failed"
