#!/usr/bin/env bash
# Holds coresalvage against cores that a kernel of aarch64 wrote: try-arm64.sh [SEED]
#
# Debian's kernel runs in qemu, on a processor that signs return addresses and on one that doesn't, with Scripts/arm64/init.c as
# all that there is besides a program of six threads, which crashes in four ways. What gdb shows of each core, whole, is what it
# must show of the same one cut at places that SEED decides and repaired, as far as it survived, and of the slim one. Ends with 1
# where it isn't so (see Scripts/arm64/compare.py). Downloads some 100 MB from Debian's archive, as apt is configured here, into a
# folder of its own. Needs no root, and installs nothing.
set -euo pipefail

seed=${1:-1}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
skip() { echo "Skipped: $1"; exit 0; }
for tool in apt-get bsdtar clang dpkg-deb gdb-multiarch ld.lld python3; do
  command -v "$tool" >/dev/null || skip "no $tool."
done
coresalvage=${CORESALVAGE_BINARY:-$("$root/Scripts/build-release.sh")}

work=$(mktemp -d /tmp/coresalvage-arm64.XXXXXX)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p apt/lists/partial apt/archives/partial debs sysroot/srv kernel initramfs/{lib,modules,srv} cores/{plain,max}

# The machine's own lists have no packages of aarch64, and stay as they are.
own=(-qq -o "APT::Architectures::=arm64" -o "Dir::State::lists=$work/apt/lists" -o "Dir::Cache=$work/apt" -o APT::Sandbox::User=root
  -o Debug::NoLocking=true -o Acquire::Languages=none)
get() { apt-get "${own[@]}" "$@" >log 2>&1 </dev/null || skip "apt-get $1: $(tail -n 1 log)"; }
get update
image=$(apt-cache "${own[@]}" depends linux-image-arm64:arm64 2>/dev/null | awk '$1 == "Depends:" { print $2 }' || true)
[[ -n $image ]] || skip "apt knows no linux-image-arm64:arm64."
libraries=(libc6 libc6-dbg libc6-dev libgcc-12-dev libgcc-s1 linux-libc-dev)
(cd debs && get download "$image" "${libraries[@]/%/:arm64}")
[[ -n $(ls debs) ]] || skip "apt-get gave no packages."
for library in "${libraries[@]}"; do dpkg-deb -x "debs/$library"_*.deb sysroot; done
dpkg-deb -x debs/linux-image-*.deb kernel
qemu=(qemu-system-aarch64)
if ! command -v "${qemu[0]}" >/dev/null; then
  get install -y --no-install-recommends --download-only qemu-system-arm
  for deb in apt/archives/*.deb; do dpkg-deb -x "$deb" qemu; done
  folders=("$work"/qemu/{usr/,}lib/*-linux-gnu)
  qemu=(env "LD_LIBRARY_PATH=$(IFS=: && echo "${folders[*]}")" "$work/qemu/usr/bin/${qemu[0]}" -L "$work/qemu/usr/share/qemu")
fi

compile() { # SOURCE PROGRAM [option...]
  clang --target=aarch64-linux-gnu "--sysroot=$work/sysroot" -fuse-ld=lld -g -O1 -fno-optimize-sibling-calls -pthread -Wl,--build-id \
    -o "$2" "$root/Scripts/arm64/$1.c" "${@:3}"
}
# Signed return addresses, which Debian's own programs don't have yet, are nothing to a processor that can't sign.
compile victim sysroot/srv/victim -mbranch-protection=standard
compile init initramfs/init -static
cp -a sysroot/lib/. initramfs/lib/
cp sysroot/srv/victim initramfs/srv/
number=0
# The first two are in the kernel itself or modules, by its release.
for module in virtio virtio_ring virtio_mmio virtio_blk; do
  file=$(find kernel -name "$module.ko*")
  [[ -n $file ]] || continue
  if [[ $file == *.xz ]]; then xz -dc "$file"; else cat "$file"; fi >"initramfs/modules/$number.ko"
  number=$((number + 1))
done
(cd initramfs && bsdtar --format=newc -cf ../initrd -- *)

crash() { # FOLDER PROCESSOR: what it wrote is in cores/FOLDER
  rm -f disk
  truncate -s 256M disk
  timeout 300 "${qemu[@]}" -M virt -cpu "$2" -smp 2 -m 1G -nodefaults -nographic -serial stdio -no-reboot \
    -kernel kernel/boot/vmlinuz-* -initrd initrd -append "console=ttyAMA0 loglevel=4 panic=-1 -- null overflow handler abort" \
    -drive if=none,id=disk,format=raw,file=disk -device virtio-blk-device,drive=disk </dev/null >console 2>&1 || true
  grep -aq '^init: done' console || { tail -n 20 console >&2; echo "try-arm64.sh: no cores came from $2" >&2; exit 1; }
  tar -xf disk -C "cores/$1"
  echo "$(sed -n 's/\r$//; s/^init: done: //p' console), $2"
}
wrong=0
crash plain cortex-a72
python3 "$root/Scripts/arm64/compare.py" "$coresalvage" sysroot cores/plain "$seed" || wrong=1
crash max max,pauth-impdef=on
python3 "$root/Scripts/arm64/compare.py" "$coresalvage" sysroot cores/max "$seed" || wrong=1
((!wrong)) || exit 1
echo "What gdb shows of cores of aarch64, repaired and slim, is what it shows of the whole ones."
