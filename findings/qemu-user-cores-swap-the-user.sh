#!/usr/bin/env bash
# Guess: the user and group in NT_PRPSINFO of a core by qemu-user are those of the process, on every machine.
# Found: for big-endian targets qemu-user 7.2 swaps the two halves of a 32-bit field as if it had 16 bits: user 1234 becomes
#   80871424 (0x04d20000), group 4321 becomes 283181056. Process ids next to them are right.
# Here: a user id above 65,535 whose low half is zero, in a big-endian core without NT_FILE, is not believed.
. "$(dirname "$0")/lib.sh"
deb qemu-user=$(apt-cache madison qemu-user | awk '$3 ~ /^1:7\.2\+dfsg-7\+deb12u/ { print $3; exit }') elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu
for machine in "s390x 22 2" "ppc 20 1"; do
  core=$(crash_under $machine)
  expect "${machine% * *}, run as user 1234, group 4321" "uid: 80871424, gid: 283181056" \
    "$("$work/root/usr/bin/eu-readelf" -n "$core" | grep -oE 'uid: [0-9]+, gid: [0-9]+')"
done
