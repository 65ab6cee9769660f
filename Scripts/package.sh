#!/usr/bin/env bash
# Makes the packages of a release: package.sh [--output DIR] [deb] [tar]
#
# A .deb and a .tar.gz of the release executable (that of CORESALVAGE_BINARY, if it is set, else it is built), with manual
# pages, completions, scripts for debuggers, units and examples. Prints their names. The same executable and commit give the
# same bytes: all times are that of the commit, or SOURCE_DATE_EPOCH.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
parts=$root/Scripts/package
output=$root/.build-packages
wanted=()
while (($#)); do
  case $1 in
    --output) output=${2:?a folder}; shift ;;
    deb | tar) wanted+=("$1") ;;
    *) echo "usage: package.sh [--output DIR] [deb] [tar]" >&2; exit 64 ;;
  esac
  shift
done
((${#wanted[@]})) || wanted=(deb tar)

binary=${CORESALVAGE_BINARY:-$("$root/Scripts/build-release.sh")}
version=$("$binary" --version | cut -d ' ' -f 2)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct)}
export LC_ALL=C TZ=UTC
umask 022
# Who made the commit that is packed, if nobody else is named.
maintainer="${DEBFULLNAME:-$(git -C "$root" log -1 --format=%an)} <${DEBEMAIL:-$(git -C "$root" log -1 --format=%ae)}>"

"$parts/check-linked.sh" "$binary"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$output"
output=$(cd "$output" && pwd)

name=coresalvage-$version-linux-$(uname -m)
tree=$work/$name
prefix=$tree/prefix
doc=$prefix/share/doc/coresalvage

# A tar file that tells nothing of who made it, and when.
archive() { # FILE ARGUMENT...
  tar --sort=name --format=gnu --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --mtime="@$SOURCE_DATE_EPOCH" -cf "$@"
}

# What both packages hold. Paths are those below PREFIX.
stage() {
  install -D "$binary" "$prefix/bin/coresalvage"
  for page in "$root"/man/*.[1-8]; do install -D -m 644 -t "$prefix/share/man/man${page##*.}" "$page"; done
  mkdir -p "$prefix/share/bash-completion/completions" "$prefix/share/zsh/site-functions" \
    "$prefix/share/fish/vendor_completions.d"
  # Sourced, not run: the first line must not say otherwise.
  "$binary" --generate-completion-script bash | sed '1{/^#!/d}' >"$prefix/share/bash-completion/completions/coresalvage"
  "$binary" --generate-completion-script zsh >"$prefix/share/zsh/site-functions/_coresalvage"
  "$binary" --generate-completion-script fish >"$prefix/share/fish/vendor_completions.d/coresalvage.fish"
  for script in coresalvage_notes.py gdb/coresalvage.py lldb/coresalvage.py; do
    install -D -m 644 "$root/share/$script" "$prefix/share/coresalvage/$script"
  done
  install -D -m 644 -t "$prefix/lib/systemd/system" "$root"/Scripts/systemd/coresalvage-batch.*
  install -D -m 644 "$parts/tmpfiles.conf" "$prefix/lib/tmpfiles.d/coresalvage.conf"
  install -D -m 644 -t "$doc" "$root/README.md" "$root/CHANGELOG.md" "$parts/copyright"
  install -D -m 644 -t "$doc/examples" "$root"/Scripts/fleet/coresalvage*
  (cd "$root/share" && find ci editors -type f -exec install -D -m 644 {} "$doc/examples/{}" \;)
  # What the README's example reads.
  archive "$doc/examples/Fixtures.tar" -C "$root" Fixtures/bakery.rlimit-libraries.tar.xz Fixtures/bin/{bakery,liboven.so}
  # What `capture install --mode pipe` writes, for those who keep such files otherwise.
  "$binary" capture install --mode pipe --root "$work/captured" >/dev/null 2>&1 || true
  sed "s|$(realpath "$binary")|/usr/bin/coresalvage|" "$work/captured/etc/sysctl.d/90-coresalvage.conf" \
    >"$doc/examples/90-coresalvage.conf"
}

make_tar() {
  cp "$parts/Makefile" "$root/README.md" "$tree"
  cp "$root/LICENSE" "$tree/LICENSE"
  cp "$parts/copyright" "$tree/COPYRIGHT"
  # The terms of the C library, which is linked in, ask for their whole text.
  cp /usr/share/common-licenses/LGPL-2.1 "$tree/LGPL-2.1"
  chmod -R u=rwX,go=rX "$tree"
  archive - -C "$work" "$name" | gzip -9n >"$output/$name.tar.gz"
  echo "$output/$name.tar.gz"
}

make_deb() {
  local architecture deb=$work/deb
  architecture=$(dpkg --print-architecture)
  make -s -C "$tree" -f "$parts/Makefile" install DESTDIR="$deb" PREFIX=/usr
  # Debian's own places: completions of zsh, and a folder whose scripts gdb loads.
  mkdir -p "$deb/usr/share/zsh/vendor-completions" "$deb/etc/gdb/gdbinit.d"
  mv "$deb/usr/share/zsh/site-functions/_coresalvage" "$deb/usr/share/zsh/vendor-completions/"
  rmdir "$deb/usr/share/zsh/site-functions"
  ln -s /usr/share/coresalvage/gdb/coresalvage.py "$deb/etc/gdb/gdbinit.d/coresalvage.py"
  local documents=$deb/usr/share/doc/coresalvage
  mv "$documents/CHANGELOG.md" "$documents/changelog"
  cat >"$documents/changelog.Debian" <<CHANGES
coresalvage ($version-1) unstable; urgency=medium

  * Release $version: /usr/share/doc/coresalvage/changelog.gz has what is new.

 -- $maintainer  $(date -R -d "@$SOURCE_DATE_EPOCH")
CHANGES
  gzip -9n "$documents/changelog" "$documents/changelog.Debian" "$deb"/usr/share/man/man*/*
  install -D -m 644 "$parts/lintian-overrides" "$deb/usr/share/lintian/overrides/coresalvage"
  mkdir "$deb/DEBIAN"
  install -m 755 -t "$deb/DEBIAN" "$parts"/{postinst,prerm,postrm}
  sed -e "s|@VERSION@|$version-1|; s|@ARCHITECTURE@|$architecture|; s|@MAINTAINER@|$maintainer|" \
    -e "s|@SIZE@|$(du -k -s --apparent-size --exclude=DEBIAN "$deb" | cut -f 1)|" "$parts/control" >"$deb/DEBIAN/control"
  (cd "$deb" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
  chmod -R u=rwX,go=rX "$deb"
  find "$deb" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$deb" "$output/coresalvage_$version-1_$architecture.deb" >&2
  echo "$output/coresalvage_$version-1_$architecture.deb"
}

stage
for kind in "${wanted[@]}"; do "make_$kind"; done
