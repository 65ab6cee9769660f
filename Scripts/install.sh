#!/usr/bin/env bash
# Installs what is missing of the packages that a purpose needs: install.sh build|test|demo|fleet|bench|package|python...
# Says nothing when nothing is missing. Without root and sudo it says what to install, and fails.
#
# `python` installs nothing on the system: its packages come into .build-python, which PYTHONPATH names then.
set -euo pipefail

build=(binutils git libarchive-dev libc6-dev liblz4-dev libxxhash-dev libzstd-dev pkg-config zlib1g-dev)
test=(acl binutils btrfs-progs bzip2 chromium crash elfutils file fish g++ gcc gcc-multilib gdb gdb-multiarch gzip libarchive-tools libc6-dbg
  jq libc6-dev-arm64-cross libgcc-12-dev-arm64-cross lintian lldb-19 lz4 make makedumpfile mandoc
  openjdk-17-jdk-headless openssl python3 python3-pip qemu-user strace systemd time util-linux xfsprogs xz-utils zsh zstd)
demo=(gdb libc6-dbg tar xz-utils)
fleet=(munge slurm-client slurmctld slurmd xz-utils)
bench=(bsdextrautils btrfs-progs gcc lz4 python3 python3-matplotlib time util-linux xfsprogs zstd)
package=(debootstrap dpkg lintian lz4 make xz-utils)
# Debian's own don't know the newest fields.
python=(kubernetes==37.0.2 PyYAML==6.0.4)

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
wanted=()
for purpose in "$@"; do
  case $purpose in
    build) wanted+=("${build[@]}") ;;
    test) wanted+=("${test[@]}") ;;
    demo) wanted+=("${demo[@]}") ;;
    fleet) wanted+=("${fleet[@]}") ;;
    bench) wanted+=("${bench[@]}") ;;
    package) wanted+=("${package[@]}") ;;
    python)
      # A mark says which are there.
      if [[ $(cat "$root/.build-python/installed" 2>/dev/null) != "${python[*]}" ]]; then
        echo "Installing ${python[*]} into .build-python" >&2
        python3 -m pip install --quiet --disable-pip-version-check --upgrade --target "$root/.build-python" "${python[@]}" >&2
        echo "${python[*]}" >"$root/.build-python/installed"
      fi
      ;;
    *) echo "install.sh: no such purpose: $purpose" >&2; exit 64 ;;
  esac
done

if ! command -v dpkg-query >/dev/null; then
  echo "install.sh: not a Debian system; needed here, by Debian's names: ${wanted[*]}" >&2
  exit 1
fi

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $state == installed* ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

if [[ $(id -u) == 0 ]]; then
  as_root=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  as_root=(sudo -n)
elif command -v sudo >/dev/null && [[ -t 0 ]]; then
  as_root=(sudo) # it will ask for a password
else
  echo "install.sh: missing, and not root: apt-get install ${missing[*]}" >&2
  exit 1
fi

echo "Installing ${missing[*]}" >&2
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
"${apt[@]}" update >&2
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >&2
