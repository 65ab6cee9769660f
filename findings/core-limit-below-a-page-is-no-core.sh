#!/usr/bin/env bash
# Guess: RLIMIT_CORE of a few bytes or kilobytes gives a core of at most that size, cut.
# Found: below 4,096 bytes the kernel (6.18) writes no file at all and the parent sees no "core dumped"; from 4,096 on there is
#   one, which ends behind the last program header or note that fits.
# Here: a limit in the wrong unit (`prlimit --core=1024`, meant as 1024 blocks) leaves nothing to repair, and no trace.
. "$(dirname "$0")/lib.sh"
printf '#include <sys/resource.h>\n#include <stdlib.h>\nint main(int c,char**v){struct rlimit l={atol(v[1]),atol(v[1])};setrlimit(RLIMIT_CORE,&l);abort();}\n' >"$work/crash.c"
gcc -o "$work/crash" "$work/crash.c"
for limit in 1 1024 4095 4096 20480; do
  mkdir "$work/$limit"
  printf '#!/bin/sh\nexec %s %s\n' "$work/crash" "$limit" >"$work/run"
  chmod +x "$work/run"
  kernel_core "$work/run" "$work/$limit" 2>/dev/null || true
  size=$(stat -c %s "$work/$limit"/core 2>/dev/null || echo 0)
  ((limit < 4096)) && wanted="no core" || wanted="a core of at most $limit"
  expect "limit $limit" "$wanted" "$( ((size > 0 && size <= limit)) && echo "a core of at most $limit" || echo "no core")"
done
