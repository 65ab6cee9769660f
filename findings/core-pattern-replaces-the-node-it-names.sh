#!/usr/bin/env bash
# Guess: kernel.core_pattern=/dev/null is the way to have no cores, and a FIFO there hands them to whoever reads it: the kernel
#   writes to regular files only, or to the node, and the node stays what it is.
# Found: the kernel (6.18) removes whatever has the name and makes a new regular file there, readable to its owner alone. After
#   the first crash of a process that may write in that folder, /dev/null is a core. A link or a second name of an older core
#   doesn't stop it either, as core(5) says it would: the older core stays under its other name.
# Here: whoever wants no cores says so by a limit of 0; and a core that is kept by a hard link is safe.
#   A device of another name stands in for /dev/null. Needs root.
. "$(dirname "$0")/lib.sh"
printf '#include <stdlib.h>\nint main(void){abort();}\n' >"$work/crash.c"
gcc -o "$work/crash" "$work/crash.c"
mknod "$work/null" c 1 3
mkfifo "$work/fifo"
for node in null fifo; do
  before=$(stat -c %F "$work/$node")
  expect "$before" "core dumped" "$(under core_pattern="$work/$node" -- dies "$work" "$work/crash")"
  expect "is now" "regular file" "$(stat -c %F "$work/$node")"
  expect "and" "ELF" "$(head -c 4 "$work/$node" | tail -c 3)"
done
under core_pattern="$work/core" -- dies "$work" "$work/crash" >/dev/null
ln "$work/core" "$work/kept"
cp "$work/kept" "$work/copy"
expect "with a second name" "core dumped" "$(under core_pattern="$work/core" -- dies "$work" "$work/crash")"
expect "the older core" "unchanged, another file" \
  "$(cmp -s "$work/kept" "$work/copy" && [[ ! $work/core -ef $work/kept ]] && echo "unchanged, another file")"
