#!/usr/bin/env bash
# Guess: `file -z core.zst` and `file -z core.gz` say of a packed core what file(1) says of the core itself, whose notes are at its
#   beginning: the program ("from '…'"), the user.
# Found: file 5.44 says "ELF 64-bit LSB core file" and no more, of gzip, xz, bzip2, zstd and lz4 alike. And of a small core by zstd or
#   lz4, as those of C programs are, it says "empty". `zstd -dc core.zst | file -` says all.
# Here: an archive of cores is sorted by unpacking into `file -`, and what `file -z` calls empty isn't.
. "$(dirname "$0")/lib.sh"
newest() { echo "$1=$(apt-cache madison "$1" | awk -v start="$2" '!found && index($3, start) == 1 { print $3; found = 1 }')"; }
deb file=1:5.44-3 libmagic1=1:5.44-3 libmagic-mgc=1:5.44-3 lz4=1.9.4-1 liblz4-1=1.9.4-1 "$(newest zstd 1.5.4)" "$(newest libzstd1 1.5.4)"
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu PATH=$work/root/usr/bin:$PATH MAGIC=$work/root/usr/lib/file/magic.mgc
cat >"$work/crash.c" <<'C'
#include <stdlib.h>
#include <sys/random.h>
static char memory[8 << 20];
int main(int count, char **words) {
  for (int i = 0; count > 1 && i < sizeof memory; i += 256) if (getrandom(memory + i, 256, 0) != 256) return 1;
  abort();
}
C
gcc -o "$work/crash" "$work/crash.c"
seen() { # WORDS-OF-FILE...: as much of the answer as matters
  local said
  said=$(file -b "$@")
  case $said in
    *"core file"*"from '"*"crash"*) echo "a core, from crash" ;;
    *"core file"*) echo "a core" ;;
    *) echo "${said%% (*}" ;;
  esac
}
for size in small large; do
  rm -f "$work"/core*
  words=("$work/crash")
  [[ $size == small ]] || words+=(large)
  under core_pattern=core core_uses_pid=0 -- dies "$work" "${words[@]}" >/dev/null
  expect "$size, as it is" "a core, from crash" "$(seen "$work/core")"
  for tool in gzip xz zstd lz4; do
    "$tool" -qc "$work/core" >"$work/core.packed"
    wanted="a core"
    case $size,$tool in small,zstd | small,lz4) wanted=empty ;; esac
    expect "$size, $tool" "$wanted" "$(seen -z "$work/core.packed")"
    expect "$size, $tool -dc | file -" "a core, from crash" "$("$tool" -dc "$work/core.packed" 2>/dev/null | seen -)"
  done
done
