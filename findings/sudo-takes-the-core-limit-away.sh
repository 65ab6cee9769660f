#!/usr/bin/env bash
# Guess: a program that is started by `sudo -u USER PROGRAM` from a shell or a script with `ulimit -c unlimited` has that limit; what sudo
#   turns off is its own core.
# Found: the program has a limit of 0, soft and hard (sudo 1.9.13p3), whatever the caller's is, so that it can't raise it itself: where
#   core_pattern names a file there is no core, and the parent sees none. setpriv(1), which changes the user too, leaves the limit.
# Here: a service that is started so never leaves a core, and nothing was lost. sudoers(5) has rlimit_core for it. Needs root.
. "$(dirname "$0")/lib.sh"
newest() { echo "$1=$(apt-cache madison "$1" | awk -v start="$2" '!found && index($3, start) == 1 { print $3; found = 1 }')"; }
deb "$(newest sudo 1.9.13p3-)" "$(newest util-linux 2.38.1-)"
chmod 755 "$work"
# In a mount namespace of its own, where /usr has this sudo besides, and /etc its rules.
limits() { # COMMAND...: the core limits, soft and hard, that a command started by it has
  unshare -m bash -c '
    set -e
    mount -t overlay overlay -o lowerdir="$0/root/usr:/usr" /usr
    mount -t overlay overlay -o lowerdir="$0/root/etc:/etc" /etc
    ulimit -c unlimited
    "$@"' "$work" "$@" prlimit --core --noheadings --raw --output SOFT,HARD
}
expect "the caller" "unlimited unlimited" "$(limits env)"
expect "sudo" "0 0" "$(limits sudo -n)"
expect "sudo -u nobody" "0 0" "$(limits sudo -n -u nobody)"
expect "setpriv" "unlimited unlimited" "$(limits setpriv --reuid 65534 --regid 65534 --clear-groups)"
