#!/usr/bin/env bash
# Guess: a fully static executable (swiftc -static-executable) needs nothing of the system but the kernel, so that it runs in an
#   empty chroot; and CommandLine.arguments are the words that execve() was given.
# Found: without /proc it ends by SIGABRT before main(): the runtime looks for its own folder in /proc/self/exe, for the sake of
#   backtraces, also where these are off. With SWIFT_ROOT set to any folder it runs, and CommandLine.arguments is empty, for it
#   is read from /proc/self/cmdline (Swift 6.3.1).
# Here: the command has a constructor in C before all others, which sets SWIFT_ROOT there and keeps the words. Needs root, and
#   Swift 6.3.
. "$(dirname "$0")/lib.sh"
mkdir "$work/empty"
echo 'print("main with", CommandLine.arguments.count, "words")' >"$work/main.swift"
swiftc -O -static-executable -o "$work/empty/program" "$work/main.swift" 2>/dev/null
try() { (chroot "$work/empty" "$@" 2>&1; echo "status $?") 2>/dev/null | xargs; }
expect "with /proc" "main with 3 words" "$("$work/empty/program" a b)"
expect "without" "Unable to obtain Swift runtime path status 134" "$(try /program a b)"
expect "without, backtraces off" "Unable to obtain Swift runtime path status 134" "$(SWIFT_BACKTRACE=enable=no try /program a b)"
expect "without, SWIFT_ROOT=/" "main with 0 words status 0" "$(SWIFT_ROOT=/ try /program a b)"
