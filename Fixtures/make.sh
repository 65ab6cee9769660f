#!/usr/bin/env bash
# Makes the fixtures anew, but those of machines/, which have a make.sh of their own: builds the
# programs, lets them crash, lets the kernel write their cores, cuts these by the causes that cut
# cores in the field, and packs them with the legend of README.md.
# Needs root (core_pattern, mounts), gcc-multilib, gdb, python3 and xz.
# `make.sh legend` writes the legend alone, from the fixtures as they are.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
demo=/srv/demo # a neutral folder: its path stands in the cores
settings=(kernel/core_pattern kernel/core_uses_pid kernel/core_sort_vma vm/max_map_count)
declare -A found

[[ $(id -u) == 0 ]] || { echo "make.sh: changes kernel settings, and so needs root" >&2; exit 1; }

restore() {
  for setting in "${!found[@]}"; do echo "${found[$setting]}" >"/proc/sys/$setting"; done
  ! mountpoint -q "$demo/disk" || umount "$demo/disk"
}
trap restore EXIT
for setting in "${settings[@]}"; do
  [[ ! -e /proc/sys/$setting ]] || found[$setting]=$(cat "/proc/sys/$setting")
done

set_kernel() { echo "$2" >"/proc/sys/$1"; }
# The kernel's default; this shell's children inherit it, and nobody else.
echo 0x33 >/proc/self/coredump_filter
set_kernel kernel/core_uses_pid 0
set_kernel kernel/core_pattern core

# crash [prlimit option...] -- program [argument...]: leaves $demo/core.
# Hardly any environment: it would stand in the core.
crash() {
  local limits=()
  while [[ $1 != -- ]]; do limits+=("$1"); shift; done
  shift
  rm -f core
  { env -i PATH=/usr/bin:/bin prlimit --core=unlimited "${limits[@]}" "$@" >/dev/null || true; } 2>/dev/null
}

# keep NAME PROGRAM CAUSE HOW: packs $demo/core as a fixture.
keep() {
  [[ -s core ]] || { echo "make.sh: no core for $1" >&2; exit 1; }
  mv core "$1.core"
  chmod 644 "$1.core"
  # tar keeps the holes, which xz alone would not
  tar -S --format=gnu --owner=0 --group=0 --numeric-owner --mtime=@0 -cf - "$1.core" |
    xz -9e >"$here/$1.tar.xz"
  printf '%s\t%s\t%s\t%s\n' "$@" >>"$here/MANIFEST.tsv"
  echo "$1: $(stat -c %s "$here/$1.tar.xz") bytes packed"
}

at() { python3 "$here/legend.py" at "$@"; }
written() { python3 "$here/legend.py" written "$@"; }

build() {
  rm -rf "$demo"
  mkdir -p "$demo" "$here/bin"
  cp "$here"/programs/*.[ch] "$demo"
  cd "$demo" # so that the debug information names this folder and no other
  local flags=(-g -Og -Wall -Wextra)
  gcc "${flags[@]}" -fPIC -shared -o liboven.so liboven.c -lm
  # shellcheck disable=SC2016 # the dynamic linker expands $ORIGIN
  gcc "${flags[@]}" -o bakery bakery.c -L. -loven -Wl,-rpath,'$ORIGIN' -pthread
  gcc "${flags[@]}" -static -no-pie -o clock-static clock.c -pthread
  gcc "${flags[@]}" -m32 -o clock-32 clock.c -pthread
  gcc "${flags[@]}" -o quilt quilt.c
  gcc "${flags[@]}" -o ferry ferry.c
  cp bakery liboven.so clock-32 quilt ferry "$here/bin"
  xz -9e -c clock-static >"$here/bin/clock-static.xz"
}

bakery() {
  crash -- ./bakery
  keep bakery.whole bakery none "not cut"
  local whole=bakery.whole.core bytes

  crash --fsize=1500 -- ./bakery
  keep bakery.fsize-table bakery RLIMIT_FSIZE "RLIMIT_FSIZE of 1500 bytes"

  bytes=$(at second-thread $whole)
  crash --core="$bytes" -- ./bakery
  keep bakery.rlimit-notes bakery RLIMIT_CORE "RLIMIT_CORE of $bytes bytes"

  bytes=$(at last-thread $whole)
  crash --core="$bytes" -- ./bakery
  keep bakery.rlimit-last-note bakery RLIMIT_CORE "RLIMIT_CORE of $bytes bytes"

  bytes=$(written "$(at libraries $whole)" $whole)
  crash --core="$bytes" -- ./bakery
  keep bakery.rlimit-libraries bakery RLIMIT_CORE "RLIMIT_CORE of $bytes bytes, which holes don't count against"

  bytes=$(at mid-stack $whole)
  crash --fsize="$bytes" -- ./bakery
  keep bakery.fsize-mid-stack bakery RLIMIT_FSIZE "RLIMIT_FSIZE of $bytes bytes, in the midst of a deep stack"

  head -c $((200 * 131072)) $whole >core
  keep bakery.copy-memory bakery copy "a copy of bakery.whole that ended after 200 pieces of 128 KiB, without its holes"

  if [[ -e /proc/sys/kernel/core_sort_vma ]]; then
    set_kernel kernel/core_sort_vma 1
    crash --core=262144 -- ./bakery
    keep bakery.sorted-memory bakery RLIMIT_CORE "RLIMIT_CORE of 262144 bytes, with kernel.core_sort_vma = 1: the smallest segments first"
    set_kernel kernel/core_sort_vma 0
  fi
}

# A file system of 1 KiB blocks that has $1 of them left, under the core.
full_disk() {
  local free
  truncate -s 8M disk.img
  mkfs.ext4 -q -b 1024 -m 0 -O ^has_journal disk.img
  mkdir -p disk
  mount -o loop disk.img disk
  free=$(df --output=avail -B 1024 disk | tail -1)
  fallocate -l $(((free - $1) * 1024)) disk/filler
  set_kernel kernel/core_pattern "$demo/disk/core"
  crash -- ./bakery
  set_kernel kernel/core_pattern core
  cp --sparse=auto disk/core core
  umount disk
}

bakery_on_a_full_disk() {
  full_disk 13
  keep bakery.full-disk-notes bakery "full disk" "a file system of 1 KiB blocks, 13 of them left"
  full_disk 333
  keep bakery.full-disk-memory bakery "full disk" "a file system of 1 KiB blocks, 333 of them left"
}

# A dump to a file, killed from outside. The flour makes it take long enough.
bakery_killed() {
  rm -f core
  { env -i PATH=/usr/bin:/bin prlimit --core=unlimited ./bakery 1024 >/dev/null & } 2>/dev/null
  local pid=$! size=0
  until ((size > 45000000)); do size=$(stat -c %s core 2>/dev/null || echo 0); done
  kill -KILL $pid
  wait $pid 2>/dev/null || true
  keep bakery.killed-memory bakery SIGKILL "SIGKILL while the kernel wrote the file, with 1 GiB more memory to dump"
}

# A dump into a pipe, to a handler that is the shell script $1, of the program $2. Nobody waits for it, so the file
# takes the name core when it is done.
handled() {
  printf '#!/bin/sh\n%s\nmv %s/part %s/core\n' "$1" $demo $demo >handler
  chmod 755 handler
  set_kernel kernel/core_pattern "|$demo/handler %P"
  crash -- ./"${2:-bakery}"
  until [[ -e core ]]; do sleep 0.1; done
  set_kernel kernel/core_pattern core
}

bakery_piped() {
  handled "{ head -c 9000000; kill -KILL \$1; cat; } >$demo/part"
  keep bakery.killed-pipe bakery SIGKILL "SIGKILL while the kernel wrote into a handler's pipe: no holes"
  handled "head -c 3000001 >$demo/part"
  keep bakery.handler-memory bakery handler "a handler that left after 3000001 bytes"
}

# The handler is slow enough for the timer to end while the kernel waits for it.
ferry() {
  handled "{ head -c 400000; sleep 1; cat; } >$demo/part" ferry
  keep ferry.ring-pipe ferry io_uring "a completion of io_uring while the kernel wrote into a handler's pipe: no holes"
}

clocks() {
  local name bytes
  for name in clock-static clock-32; do
    crash -- ./$name
    keep $name.whole $name none "not cut"
    bytes=$(at second-thread $name.whole.core)
    crash --core="$bytes" -- ./$name
    keep $name.rlimit-notes $name RLIMIT_CORE "RLIMIT_CORE of $bytes bytes"
  done
  bytes=$(at notes-end clock-static.whole.core)
  crash --core="$bytes" -- ./clock-static
  keep clock-static.rlimit-after-notes clock-static RLIMIT_CORE "RLIMIT_CORE of $bytes bytes, right behind the notes"
  bytes=$(written "$(at main-stack clock-static.whole.core)" clock-static.whole.core)
  crash --core="$bytes" -- ./clock-static
  keep clock-static.rlimit-main-stack clock-static RLIMIT_CORE "RLIMIT_CORE of $bytes bytes"
  bytes=$(($(at libraries clock-32.whole.core) + 777))
  crash --fsize="$bytes" -- ./clock-32
  keep clock-32.fsize-libraries clock-32 RLIMIT_FSIZE "RLIMIT_FSIZE of $bytes bytes"
}

# gdb's own core writer puts the notes last and adds section headers.
gcore() {
  env -i PATH=/usr/bin:/bin gdb -nx -batch -iex 'set startup-with-shell off' \
    -ex 'unset environment LINES' -ex 'unset environment COLUMNS' -ex run -ex 'gcore core' \
    -ex kill ./clock-static >/dev/null 2>&1
  keep clock-static.gcore clock-static none "not cut; written by gdb, which puts the notes last and adds section headers"
  head -c $(($(at notes clock-static.gcore.core) + 2500)) clock-static.gcore.core >core
  keep clock-static.gcore-notes clock-static copy "a copy of clock-static.gcore that ended early"
}

quilts() {
  set_kernel vm/max_map_count 100000
  crash --core=8192 -- ./quilt 200
  keep quilt.rlimit-table quilt RLIMIT_CORE "RLIMIT_CORE of 8192 bytes, with 200 patches"
  crash -- ./quilt 66000
  keep quilt.many-whole quilt none "not cut; 66000 patches, more segments than the file header can count"
  crash --core=8388608 -- ./quilt 66000
  keep quilt.many-memory quilt RLIMIT_CORE "RLIMIT_CORE of 8 MiB, with 66000 patches"
}

# Everything between the markers of README.md is written anew.
write_legend() {
  python3 "$here/legend.py" check ./*.core
  local readme=$here/README.md
  {
    sed '/<!-- legend -->/q' "$readme"
    echo
    python3 "$here/legend.py" markdown "$here/MANIFEST.tsv" "$demo"
    sed -n '/<!-- end of legend -->/,$p' "$readme"
  } >readme.new
  cat readme.new >"$readme"
}

unpack() {
  mkdir -p "$demo"
  cd "$demo"
  cp "$here"/bin/* .
  xz -dkf clock-static.xz
  chmod 755 clock-static
  for fixture in "$here"/*.tar.xz; do tar -xJf "$fixture"; done
}

if [[ ${1:-} == legend ]]; then
  unpack
else
  rm -f "$here"/*.tar.xz
  printf 'name\tprogram\tcause\thow\n' >"$here/MANIFEST.tsv"
  build
  bakery
  bakery_on_a_full_disk
  bakery_killed
  bakery_piped
  ferry
  clocks
  gcore
  quilts
fi
write_legend
