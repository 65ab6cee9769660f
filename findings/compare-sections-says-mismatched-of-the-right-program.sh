#!/usr/bin/env bash
# Guess: gdb's compare-sections tells whether the program that gdb was given is the one that crashed: "matched" of .text and the
#   build-id for the right one, "MIS-MATCHED" for another build.
# Found: of a position-independent program, which all are by default, every section is "MIS-MATCHED!", with the right program too
#   (gdb 13.1 and 18.1): it compares at the addresses of the file, where the core has nothing, and says nothing of that. Of one
#   that is linked by -no-pie it is right as long as the crashed program is at its path. Once another build has that path, .text
#   of the other is "matched": the core hasn't the code, so that the file is compared with itself.
# Here: neither answer is a reason to look for another build or to be content. eu-readelf -n of the program and eu-unstrip -n of
#   the core show the two build-ids.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3
py gdb-for-pwndbg==18.1.0.post1
printf '#include <stdlib.h>\nint work(int n) { return n ? work(n - 1) * WITH + 1 : (abort(), 0); }\nint main(void) { return work(3); }\n' \
  >"$work/crash.c"
for kind in pie no-pie; do
  mkdir "$work/$kind"
  gcc -DWITH=3 -"$kind" -o "$work/$kind/program" "$work/crash.c"
  gcc -DWITH=70000 -"$kind" -o "$work/$kind/other" "$work/crash.c"
  kernel_core "$work/$kind/program" "$work/$kind"
done
for gdb in "$work/root/usr/bin/gdb" "$work/py/bin/gdb"; do
  # Which words it has for the build-id and the code of that program.
  words() {
    "$gdb" -nx -batch -c "$work/$1/core" "$work/$1/$2" -ex compare-sections 2>/dev/null |
      sed -nE 's/^Section \.(text|note\.gnu\.build-id),.*: (matched|MIS-MATCHED).*/\2/p' | xargs
  }
  "$gdb" -nx --version | head -n 1
  expect "-no-pie, the right program" "matched matched" "$(words no-pie program)"
  expect "-no-pie, another build" "MIS-MATCHED MIS-MATCHED" "$(words no-pie other)"
  cp "$work/no-pie/program" "$work/kept"
  cp "$work/no-pie/other" "$work/no-pie/program"
  expect "-no-pie, another build, once that has the program's path" "MIS-MATCHED matched" "$(words no-pie program)"
  cp "$work/kept" "$work/no-pie/program"
  expect "-pie, the right program" "MIS-MATCHED MIS-MATCHED" "$(words pie program)"
  expect "-pie, another build" "MIS-MATCHED MIS-MATCHED" "$(words pie other)"
done
