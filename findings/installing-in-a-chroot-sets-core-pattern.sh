#!/usr/bin/env bash
# Guess: a package that is installed in a chroot, or in an image that is being built, changes files below it and nothing of the
#   machine: what it does to a running system waits until one runs from there, as its units do.
# Found: systemd-coredump's postinst runs systemd-sysctl without asking where it is. Where /proc is mounted, as debootstrap
#   itself does, the machine's own kernel.core_pattern, core_pipe_limit and fs.suid_dumpable change at once. The pattern then
#   names a handler that the machine does not have, and no crash leaves a core any more (252.39-1~deb12u2).
# Here: cores that are missing for that reason are no cut ones. Our own trials have /proc/sys read-only in such a chroot.
#   The machine's settings stay in this script: files stand in their places. Needs root, and some 100 MB from Debian.
[[ ${1:-} == inside ]] || exec unshare -m bash "$0" inside
. "$(dirname "$0")/lib.sh"
root=$work/chroot
trap 'umount -R -l "$root/proc" 2>/dev/null; rm -rf --one-file-system "$work"' EXIT
debootstrap --variant=minbase bookworm "$root" >/dev/null
cp /etc/resolv.conf "$root/etc/"
mount -t proc proc "$root/proc"
for name in kernel/core_pattern kernel/core_pipe_limit fs/suid_dumpable; do
  echo untouched >"$work/${name##*/}"
  mount --bind "$work/${name##*/}" "$root/proc/sys/$name"
done
chroot "$root" env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get -qq update && apt-get -qq install -y --no-install-recommends \
  systemd-coredump=252.39-1~deb12u2' >/dev/null 2>&1
expect "core_pattern" "|/lib/systemd/systemd-coredump %P %u %g %s %t 9223372036854775808 %h %d" "$(head -n 1 "$work/core_pattern")"
expect "core_pipe_limit and suid_dumpable" "16 2" "$(head -qn 1 "$work/core_pipe_limit" "$work/suid_dumpable" | xargs)"
