#!/usr/bin/env bash
# Tries the README's line for coredumpctl with the real one: try-coredumpctl.sh [SUITE]
#
# In a chroot that debootstrap makes of a release of Debian (bookworm, or SUITE), with systemd's own journald and
# systemd-coredump, whose limits cut the core that it is given. Ends with 1 if the repaired core is not what it should be. Needs
# root, and downloads some 100 MB. The kernel's settings stay as they are: the package of systemd-coredump sets core_pattern
# when it is installed, in a chroot too, so that /proc/sys is read-only there.
set -euo pipefail

suite=${1:-bookworm}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[[ $(id -u) == 0 ]] || { echo "Skipped: not root."; exit 0; }
command -v debootstrap >/dev/null || { echo "Skipped: no debootstrap."; exit 0; }
if [[ ${2:-} != inside ]]; then exec unshare -m bash "$0" "$suite" inside; fi

coresalvage=${CORESALVAGE_BINARY:-$("$root/Scripts/build-release.sh")}
line=$(sed -n 's/^\(coredumpctl dump PID | [^#]*[^# ]\) *#.*/\1/p' "$root/README.md")
[[ -n $line ]] || { echo "try-coredumpctl.sh: the README has no such line" >&2; exit 1; }
work=$(mktemp -d /tmp/coresalvage-coredumpctl.XXXXXX)
chroot=$work/chroot
trap 'umount -R -l "$chroot"/proc "$chroot"/run "$chroot"/sys 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT
debootstrap --variant=minbase --include=zstd "$suite" "$chroot" >"$work/log" 2>&1 ||
  { echo "Skipped: debootstrap: $(tail -n 1 "$work/log")"; exit 0; }
cp /etc/resolv.conf "$chroot/etc/"
mount -t proc proc "$chroot/proc"
mount --bind "$chroot/proc/sys" "$chroot/proc/sys"
mount -o remount,ro,bind "$chroot/proc/sys"
mount -t tmpfs none "$chroot/run"
mount -t sysfs none "$chroot/sys"
mount -t cgroup2 none "$chroot/sys/fs/cgroup"
chroot "$chroot" env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get -qq update && apt-get -qq install -y --no-install-recommends \
  systemd systemd-coredump' >>"$work/log" 2>&1 || { echo "Skipped: $(tail -n 1 "$work/log")"; exit 0; }

install -t "$chroot/usr/bin" "$coresalvage"
tar -xJf "$root/Fixtures/bakery.rlimit-libraries.tar.xz" -C "$chroot/root"
echo "$line" >"$chroot/root/line"
cat >"$chroot/root/try.sh" <<'TRY'
set -eu
libraries=$(ls -d /usr/lib/systemd)
mkdir -p /run/systemd/system /var/log/journal /var/lib/systemd/coredump
systemd-machine-id-setup 2>/dev/null
printf '[Coredump]\nProcessSizeMax=40M\nExternalSizeMax=40M\n' >/etc/systemd/coredump.conf
$libraries/systemd-journald 2>/dev/null & journal=$!
systemd-socket-activate --seqpacket --accept -l /run/systemd/coredump $libraries/systemd-coredump 2>/dev/null & handler=$!
sleep 300 & crashed=$!
trap 'kill $journal $handler $crashed' EXIT
sleep 2
# As the kernel would: the process's number, its user and group, the signal, the time, its limit, and the machine.
$libraries/systemd-coredump $crashed 0 0 11 "$(date +%s)" 18446744073709551615 here </root/bakery.rlimit-libraries.core
for i in 1 2 3 4 5 6 7 8 9; do coredumpctl list $crashed >/dev/null 2>&1 && break; sleep 1; done
coredumpctl --version | head -n 1
coredumpctl --no-pager --no-legend list
cd /root
eval "$(sed "s/PID/$crashed/" line)" 2>/dev/null
coresalvage check out.core || test $? = 1
TRY
chroot "$chroot" bash /root/try.sh | tee "$work/out"
grep -q '^standard input: cut after 41.9 MB of 45.0 MB' "$work/out" && grep -q '^  threads   6 threads, registers saved' "$work/out"
echo "What coredumpctl gives is repaired: $line"
