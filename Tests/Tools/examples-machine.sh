#!/usr/bin/env bash
# Makes the machine on which the examples of the manual and the README are typed: examples-machine.sh COMMAND FOLDER
# In a mount namespace of its own, which `unshare -m` gives: /srv and /var are its own there. Leaves in FOLDER what each
# example finds (initial), and the programs that stand for machines that aren't here (bin).
set -euo pipefail
command=$1 folder=$2
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

mount -t tmpfs none /srv
mount -t tmpfs none /var
mkdir -p /srv/app /srv/cores /var/lib/systemd/coredump /var/cores /var/tmp "$folder/bin" "$folder/initial/cores"
gcc -g -O0 -pthread -o /srv/app/program "$root/Scripts/bench/programs/stacks.c"

# A crash, whose core is cut behind the link map, as most are.
mkdir "$folder/crash"
(
  flock 9
  before=$(</proc/sys/kernel/core_pattern) uses=$(</proc/sys/kernel/core_uses_pid)
  trap 'echo "$before" >/proc/sys/kernel/core_pattern; echo "$uses" >/proc/sys/kernel/core_uses_pid' EXIT
  echo core >/proc/sys/kernel/core_pattern
  echo 0 >/proc/sys/kernel/core_uses_pid
  cd "$folder/crash"
  ulimit -c unlimited
  /srv/app/program >/dev/null 2>&1 || true
) 9>/tmp/coresalvage-test-settings.lock
cd "$folder/initial"
head -c $(($(stat -c %s "$folder/crash/core") - 60000)) "$folder/crash/core" >in.core
cp -p in.core huge.core
cp -p in.core cores/
gzip -c in.core >cores/packed.core.gz
# A file that stands where an output is due, and is none of ours: one core fails.
mkdir repaired
echo "somebody's" >repaired/in.core
zstd -q in.core -o core.app.1000.0123.456.789.zst
cp -p in.core rescued.core
size=$(stat -c %s in.core)
printf '# Mapfile. Created by GNU ddrescue version 1.27\n0x0 + 1\n0x0 0x%x +\n0x%x 0x1000 -\n' $((size - 4096)) $((size - 4096)) >rescue.map
"$command" -q in.core repaired-once.core
cp "$root/Scripts/fleet/coresalvage.sbatch" .
ln -s /srv/app/program program
mkdir DIR
cp -p in.core DIR/

# What the examples find elsewhere.
cp core.app.*.zst /var/lib/systemd/coredump/
cp in.core /srv/cores/
"$command" archive -q in.core /var/cores/old.core.lz4
# The machine on which it crashed, with all that it had mapped.
for file in /srv/app/program $(ldd /srv/app/program | grep -oE '/[^ ]+' | xargs realpath); do
  install -D "$file" "/srv/machine$file"
done

for name in lib lib64; do ln -s "usr/$name" "/srv/machine/$name"; done
# Programs name the dynamic linker by a link.
linker=$(ldd /srv/app/program | grep -oE '/[^ ]*/ld-[^ ]+')
linker=$(realpath "$(dirname "$linker")")/${linker##*/}
if [ -h "$linker" ]; then mkdir -p "/srv/machine${linker%/*}" && cp -P "$linker" "/srv/machine$linker"; fi

# What is not here: other machines, a cluster, an init.
for name in kubectl ssh coredumpctl; do printf '#!/bin/sh\ncat %s/initial/in.core\n' "$folder" >"$folder/bin/$name"; done
printf '#!/bin/sh\necho "$@" >>%s/systemctl.log\n' "$folder" >"$folder/bin/systemctl"
cat >"$folder/bin/sbatch" <<'SBATCH'
#!/bin/sh
# Each task of the array, one after the other.
shift
for task in $(seq 1 16); do
  SLURM_ARRAY_TASK_ID=$task SLURM_ARRAY_TASK_COUNT=16 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=16 \
    SLURM_ARRAY_TASK_STEP=1 bash "$@" || exit
done
SBATCH
ln -s "$command" "$folder/bin/coresalvage"
chmod +x "$folder"/bin/*
