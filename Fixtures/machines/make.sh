#!/usr/bin/env bash
# Makes the cores of other machines anew: builds programs/sundial.c for each, and lets qemu-user write its core.
# Needs clang (Swift's own has every machine), qemu-user, xz, and for each triple below Debian's binutils-TRIPLE, libc6-dev-*-cross
# and libgcc-12-dev-*-cross. Nothing is changed on the machine, and no root is needed.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
demo=/srv/demo # a neutral folder: its path stands in the cores
declare -A machines=([aarch64]=aarch64-linux-gnu [arm]=arm-linux-gnueabihf [mips]=mips-linux-gnu
  [ppc]=powerpc-linux-gnu [ppc64]=powerpc64-linux-gnu [s390x]=s390x-linux-gnu)

build() { # MACHINE TRIPLE PROGRAM [option...]
  local machine=$1 triple=$2 program=$3 root=/usr/$2 gcc=/usr/lib/gcc-cross/$2/12
  local flags=(--target="$triple" "-fuse-ld=/usr/bin/$triple-ld" -isystem "$root/include"
    "-B$root/lib" "-L$root/lib" "-B$gcc" "-L$gcc" -g -O1 -Wl,--build-id -pthread "${@:4}")
  [[ $machine != mips ]] || flags+=(-mips32r2)
  clang "${flags[@]}" -o "$program" sundial.c
}

crash() { # MACHINE TRIPLE PROGRAM: packs its core
  # qemu crashes in turn, and must leave no core of its own.
  (
    ulimit -c unlimited
    env -i PATH=/usr/bin:/bin "qemu-$1" -s 131072 -L "/usr/$2" "./$3" >/dev/null 2>&1 || true
  ) 2>/dev/null
  mv qemu_*.core "$3.core"
  rm -f core
  xz -9e -c "$3.core" >"$here/$3.core.xz"
}

mkdir -p "$demo"
cp "$here/../programs/sundial.c" "$demo"
cd "$demo"
rm -f "$here"/*.xz
for machine in "${!machines[@]}"; do
  triple=${machines[$machine]}
  build "$machine" "$triple" "sundial.$machine"
  crash "$machine" "$triple" "sundial.$machine"
  xz -9e -c "sundial.$machine" >"$here/sundial.$machine.xz"
  build "$machine" "$triple" "sundial-static.$machine" -static
  crash "$machine" "$triple" "sundial-static.$machine"
done
