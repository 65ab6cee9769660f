#!/usr/bin/env bash
# Guess: what `btrfs send -p` brings of a file whose zeros were made holes since the last snapshot (fallocate -d, as one does with
#   cores) is holes; sending the whole snapshot, which has holes, makes holes as well.
# Found: the new holes arrive as zeros that are written, and the received file is larger on the disk than the one that was sent (Linux 6.18,
#   btrfs-progs 6.2); holes in a snapshot that is sent whole stay holes.
# Here: making holes in old cores frees nothing on a receiving side, and writes as many bytes there as were freed here. Needs root.
. "$(dirname "$0")/lib.sh"
deb btrfs-progs="$(apt-cache madison btrfs-progs | awk '!found && $3 ~ /^6[.]2-/ { print $3; found = 1 }')"
export PATH=$work/root/usr/bin:$work/root/usr/sbin:$work/root/bin:$work/root/sbin:$PATH
truncate -s 300M "$work/disk"
mkdir "$work/mnt"
mkfs.btrfs -q "$work/disk" >/dev/null 2>&1
trap 'cd /; umount "$work/mnt" 2>/dev/null || true; rm -rf "$work"' EXIT
mount -o loop "$work/disk" "$work/mnt"
cd "$work/mnt"
btrfs -q subvolume create now
mkdir received whole
(head -c 4M /dev/urandom; head -c 4M /dev/zero; head -c 1M /dev/urandom) >now/core
btrfs -q subvolume snapshot -r now first
fallocate -d now/core
btrfs -q subvolume snapshot -r now second
btrfs -q send first 2>/dev/null | btrfs -q receive received
btrfs -q send -p first second 2>/dev/null | btrfs -q receive received
btrfs -q send second 2>/dev/null | btrfs -q receive whole
sync -f .
size() { echo "$(($(du -k "$1" | cut -f1) / 1024)) MiB"; }
echo "  Linux $(uname -r | cut -d. -f1-2)"
expect "before and after fallocate -d" "9 MiB, 5 MiB" "$(size first/core), $(size second/core)"
expect "received with -p" "9 MiB" "$(size received/second/core)"
expect "received whole" "5 MiB" "$(size whole/second/core)"
expect "the bytes" "equal" "$(cmp second/core received/second/core && echo equal)"
