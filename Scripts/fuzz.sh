#!/usr/bin/env bash
# Gives strangers' bytes to the debuggers' reader of our notes, and then, under libFuzzer and AddressSanitizer, to every way
# into the library: fuzz.sh [SECONDS]; with 0 it is only built.
#
# It begins with the corpus in Tests/Fuzz/corpus. What it finds on the way is kept in .build/fuzz/corpus and used the next
# time; what breaks is left in .build/fuzz/found, and ends it with 1. CORESALVAGE_FUZZ_WAY names one way to try alone;
# CORESALVAGE_FUZZ_BUILT says that it is built: the compiler would begin anew each time.
set -euo pipefail

seconds=${1:-60}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
build=$root/.build/fuzz
mkdir -p "$build/corpus" "$build/found"

((seconds == 0)) || python3 Tests/Fuzz/notes.py "$((seconds / 6 + 1))" Tests/Fuzz/corpus "$build/found"

compiler=$(dirname "$(readlink -f "$(command -v swiftc)")")
if ! compgen -G "$compiler/../lib/clang/*/lib/*/libclang_rt.fuzzer*.a" >/dev/null; then
  echo "Skipped: this Swift comes without libFuzzer." >&2
  exit 0
fi

# Swift takes only the last of several -sanitize options for its coverage: both in one, or nothing is instrumented.
[[ ${CORESALVAGE_FUZZ_BUILT:-} ]] ||
  CORESALVAGE_FUZZ=1 swift build -c release --product SalvageFuzz --scratch-path "$build" \
  --sanitize fuzzer --sanitize address -Xswiftc -parse-as-library \
  -Xswiftc -sanitize=fuzzer,address \
  -Xswiftc -sanitize-coverage=edge,inline-8bit-counters,pc-table,trace-cmp >&2

((seconds > 0)) || exit 0

# A crash would wait for minutes in Swift's own backtracer; libFuzzer prints one too.
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
log=$build/found/log
# Naming each function that is met for the first time would take most of a short run.
if ! "$build/release/SalvageFuzz" -max_total_time="$seconds" -print_funcs=0 -max_len=12288 -timeout=20 \
  -rss_limit_mb=2048 -malloc_limit_mb=512 -dict=Tests/Fuzz/words.dict \
  -artifact_prefix="$build/found/" "$build/corpus" Tests/Fuzz/corpus >"$log" 2>&1; then
  tail -n 60 "$log"
  exit 1
fi
tail -n 1 "$log"
