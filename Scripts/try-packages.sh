#!/usr/bin/env bash
# Tries the packages as somebody new to them would: try-packages.sh [SUITE...]
#
# In a bare chroot that debootstrap makes of each release of Debian (bookworm, trixie and sid), a user who isn't root types the
# lines of the README, from the one that installs the .deb to the last, which shows gdb's backtrace. Then what else is in the
# package is tried, and that nothing of it stays once it is removed; and the .tar.gz, without root. Ends with 1 where anything
# is not as it should be. Needs root, and downloads some 150 MB for each. CORESALVAGE_PACKAGES names a folder with both
# packages, which are made else. Scripts/test.sh has it done while it builds.
set -euo pipefail

suites=("$@")
((${#suites[@]})) || suites=(bookworm trixie sid)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
say() { printf '%s\n' "$*"; }
[[ $(id -u) == 0 ]] || { say "Skipped: not root."; exit 0; }
command -v debootstrap >/dev/null || { say "Skipped: no debootstrap."; exit 0; }
# Mounts of its own, which end with it however that ends.
if [[ -z ${CORESALVAGE_OWN_MOUNTS:-} ]]; then
  unshare -m mount -t tmpfs none /mnt 2>/dev/null || { say "Skipped: nothing can be mounted here."; exit 0; }
  exec env CORESALVAGE_OWN_MOUNTS=1 unshare -m "$0" "$@"
fi

work=$(mktemp -d /tmp/coresalvage-packages.XXXXXX)
mounted=()
clean_up() {
  for place in "${mounted[@]}"; do umount -R -l "$place" 2>/dev/null || true; done
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT

packages=${CORESALVAGE_PACKAGES:-}
if [[ -z $packages ]]; then
  packages=$work/packages
  "$root/Scripts/package.sh" --output "$packages" >/dev/null
fi
deb=$(ls "$packages"/*.deb) archive=$(ls "$packages"/*.tar.gz)

# The lines of the README that stand in blocks of a kind, those of a terminal without their `$ `.
readme() { # KIND
  awk -v fence="\`\`\`$1" '/^```/ { inside = $0 == fence; next } inside' "$root/README.md"
}
install_line=$(readme sh | grep -F 'apt install ./')
unpack_line=$(grep -oE 'tar -xf /usr/share/doc/coresalvage/examples/Fixtures.tar' "$root/README.md")
readme console | sed -n 's/^\$ //p' >"$work/typed"
[[ -n $install_line && -n $unpack_line && $(wc -l <"$work/typed") == 5 ]] ||
  { say "try-packages.sh: the README has other lines than are known here" >&2; exit 1; }

failures=0 skipped=0
skip() {
  say "  Skipped: $1"
  skipped=$((skipped + 1))
}
claim() { # WORDS COMMAND...
  local words=$1
  shift
  if "$@" >"$work/claim" 2>&1; then say "  ok     $words"; else
    say "  WRONG  $words"
    sed 's/^/         /' "$work/claim" | tail -n 15
    failures=$((failures + 1))
  fi
}
listing() { (cd "$chroot" && find . -xdev -path ./proc -prune -o -path ./var/lib/dpkg -prune -o -path ./var/cache -prune -o \
  -path ./var/log -prune -o -path ./var/lib/apt -prune -o -path ./tmp -prune -o -path ./home -prune -o \
  -path './usr/share/gdb/*' -prune -o -path './usr/lib/python3*' -prune -o -print | sort); }
as_root() { chroot "$chroot" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive "$@"; }
as_reader() { # SCRIPT
  as_root runuser -u reader -- env HOME=/home/reader TERM=dumb bash -c "cd /home/reader && $1"
}

try() { # SUITE
  local suite=$1
  chroot=$work/$suite
  say "$suite"
  # In memory nothing waits for a disk, which takes half of the time.
  mkdir "$chroot"
  mount -t tmpfs -o size=3g,mode=755 none "$chroot"
  mounted+=("$chroot")
  debootstrap --variant=minbase --include=sudo,make "$suite" "$chroot" >"$work/debootstrap.log" 2>&1 || {
    skip "debootstrap: $(tail -n 1 "$work/debootstrap.log")"
    return
  }
  cp /etc/resolv.conf "$chroot/etc/"
  mount -t proc proc "$chroot/proc"
  mounted+=("$chroot/proc")
  # The machine's own settings stay as they are: these stand in their places.
  echo core >"$work/core_pattern"
  echo 0 >"$work/core_pipe_limit"
  for name in core_pattern core_pipe_limit; do mount --bind "$work/$name" "$chroot/proc/sys/kernel/$name"; done
  # A mirror may be older than what it says it is good for.
  printf '%s\n' 'APT::Get::Assume-Yes "true";' 'Acquire::Check-Valid-Until "false";' >"$chroot/etc/apt/apt.conf.d/90yes"
  as_root apt-get -qq update >"$work/apt.log" 2>&1 || { skip "apt-get: $(tail -n 1 "$work/apt.log")"; return; }
  as_root useradd --create-home --shell /bin/bash reader
  echo 'reader ALL=(ALL) NOPASSWD: ALL' >"$chroot/etc/sudoers.d/reader"
  install -o 1000 -g 1000 -t "$chroot/home/reader" "$deb" "$archive"
  # A folder that every system has which sets anything; and what the others of the line bring is not ours.
  mkdir -p "$chroot/etc/sysctl.d"
  as_root apt-get -qq install --no-install-recommends gdb xz-utils >>"$work/apt.log" 2>&1 ||
    { skip "no gdb: $(tail -n 1 "$work/apt.log")"; return; }
  as_root apt-get clean
  listing >"$work/before"

  claim "README: $install_line" as_reader "$install_line"
  as_reader "$unpack_line" >/dev/null
  local line
  while IFS= read -r line; do
    claim "README: ${line:0:100}" as_reader "$line"
  done <"$work/typed"
  cp "$work/claim" "$work/backtrace"
  for frame in sum_receipts count_till oven_step oven_settle watch_oven; do
    claim "gdb names $frame" grep -E "^#[0-3] .* in $frame \(|^#[0-3] +$frame \(" "$work/backtrace"
  done
  say "         $(as_root gdb --version | head -n 1)"
  # The example's library of C is that of Debian 12. Where it is another, gdb can't know the frames in it, and guesses.
  if grep -qE '^#.* from .*/libc\.so\.6|in start_thread' "$work/backtrace"; then
    claim "gdb shows no frame at address 0" bash -c '! grep -E "^#[0-9]+ +0x0+ in" "$0"' "$work/backtrace"
  else
    say "         the library of C is another here, and left out"
  fi
  grep -E '^(Thread|#)' "$work/backtrace" | cut -c -130 | sed 's/^/           /'

  claim "dpkg finds every file as it was packed" as_root dpkg --verify coresalvage
  claim "gdb loads the script by itself" as_reader 'gdb -batch -ex "help coresalvage" 2>&1 | grep -i "lost"'
  as_root gdb -batch -ex "help coresalvage" >/dev/null 2>&1 # by root, whose Python leaves files beside ours
  claim "bash completes" as_reader '. /usr/share/bash-completion/completions/coresalvage && complete -p coresalvage'
  claim "the manual is there" as_root sh -c 'gzip -t /usr/share/man/man*/coresalvage*.gz && ls /usr/share/man/man1/coresalvage.1.gz'
  claim "a second installation replaces the first" as_root apt-get install --reinstall "/home/reader/$(basename "$deb")"
  claim "it takes over crashes" as_root coresalvage capture install --mode pipe
  claim "the kernel's pattern names it" grep '^|/usr/bin/coresalvage capture pipe ' "$work/core_pattern"
  claim "it is removed" as_root apt-get purge coresalvage
  claim "the kernel's pattern no longer names what is gone" grep -x core "$work/core_pattern"
  listing >"$work/after"
  claim "nothing of it stays" diff "$work/before" "$work/after"

  claim "the archive is installed without root" as_reader \
    'tar -xzf coresalvage-*.tar.gz && cd coresalvage-*/ && make install PREFIX=$HOME/.local && ~/.local/bin/coresalvage --version'
  claim "its unit names the program there" as_reader \
    'grep ExecStart=/home/reader/.local/bin/coresalvage ~/.local/lib/systemd/system/coresalvage-batch.service'
  claim "and taken away again" as_reader \
    'cd coresalvage-*/ && make uninstall PREFIX=$HOME/.local && test -z "$(find ~/.local -type f)"'
  umount -R -l "$chroot"
}

for suite in "${suites[@]}"; do try "$suite"; done
((failures == 0)) || { say "$failures things are not as they should be"; exit 1; }
((skipped == 0)) || { say "As it should be, but for $skipped releases that could not be tried."; exit 0; }
say "All as it should be."
