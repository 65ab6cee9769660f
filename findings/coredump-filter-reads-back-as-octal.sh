#!/usr/bin/env bash
# Guess: what /proc/PID/coredump_filter shows may be written back to it, as a script does that changes it for a moment.
# Found: it is shown as hexadecimal digits without 0x, and read by the rules of C, where a leading 0 means octal: the default
#   "00000033", written back, becomes 0x1b (Linux 6.18): huge pages are then left out, and shared mappings of files are in. With
#   an 8 or a letter among the digits it is refused. "33" is decimal, and becomes 0x21, without anonymous shared memory.
# Here: a core that lacks shared memory or huge pages may be the work of such a script. 0x before the digits is right.
. "$(dirname "$0")/lib.sh"
# In a process of its own, whose filter is its own.
filter() { bash -c 'own=/proc/$$/coredump_filter; echo 0x33 >$own; { echo "$1" >$own; } 2>/dev/null || echo -n "refused, "; cat $own' - "$1"; }
shown=$(filter 0x33)
expect "shown" 00000033 "$shown"
expect "written back" 0000001b "$(filter "$shown")"
expect "with 0x before it" 00000033 "$(filter "0x$shown")"
expect "33" 00000021 "$(filter 33)"
expect "0000007f" "refused, 00000033" "$(filter 0000007f)"
