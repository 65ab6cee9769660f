#!/usr/bin/env bash
# Tries coresalvage.sbatch for real: starts Slurm on this machine alone (munge, slurmctld, three
# slurmd nodes, all of them ours and gone at the end), runs an array of eight tasks over a folder of
# cut cores while one task is killed and run again, and compares every output with what the single
# command gives. Needs root and Debian's slurm-wlm and munge; changes nothing outside its own folder.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
tasks=8

say() { printf '%s\n' "$*" >&2; }
[[ $(id -u) == 0 ]] || { say "try-slurm.sh: needs root, to start Slurm's daemons"; exit 1; }
"$root/Scripts/install.sh" fleet
coresalvage=${CORESALVAGE_BINARY:-$("$root/Scripts/build-release.sh")}

folder=$(mktemp -d /tmp/coresalvage-slurm.XXXXXX)
chmod 755 "$folder"
pids=()
clean_up() {
  status=$?
  ((status == 0)) || tail -n 5 "$folder"/log/* >&2 || true
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$folder"
  exit $status
}
trap clean_up EXIT
mkdir "$folder"/{log,state,cores,cores/below,run}

# Munge, with a key and a socket of its own.
munge=$folder/munge
mkdir -m 711 "$munge"
chown munge: "$munge"
head -c 128 /dev/urandom >"$munge/key"
chown munge: "$munge/key"
chmod 400 "$munge/key"
runuser -u munge -- munged --foreground --key-file="$munge/key" --socket="$munge/socket" \
  --pid-file="$munge/pid" --seed-file="$munge/seed" --log-file="$munge/log" \
  >"$folder/log/munged" 2>&1 &
pids+=($!)
for ((i = 0; i < 50; i++)); do [[ ! -S $munge/socket ]] || break; sleep 0.1; done

# Three nodes on this machine, each with its own port.
host=$(hostname -s)
base=$((20000 + RANDOM % 20000))
cat >"$folder/slurm.conf" <<CONF
ClusterName=try
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$base
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$munge/socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/state/%n
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/%n.pid
SlurmctldLogFile=$folder/log/slurmctld
SlurmdLogFile=$folder/log/%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SchedulerParameters=sched_interval=2,bf_interval=2
NodeName=node1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((base + 1)) CPUs=2 RealMemory=1000
NodeName=node2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((base + 2)) CPUs=2 RealMemory=1000
NodeName=node3 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((base + 3)) CPUs=2 RealMemory=1000
PartitionName=all Nodes=ALL Default=YES MaxTime=10 State=UP
CONF
export SLURM_CONF=$folder/slurm.conf
export PATH=$folder/bin:$PATH
mkdir "$folder/bin"
ln -s "$coresalvage" "$folder/bin/coresalvage"
slurmctld -D >"$folder/log/slurmctld.out" 2>&1 &
pids+=($!)
for node in node1 node2 node3; do
  mkdir "$folder/state/$node"
  slurmd -D -N "$node" >"$folder/log/$node.out" 2>&1 &
  pids+=($!)
done
for ((i = 0; i < 100; i++)); do
  [[ $(sinfo -h -t idle -o %D 2>/dev/null) != 3 ]] || break
  sleep 0.2
done
sinfo >&2

# Cores, cut at many places, and some files that are none.
for archive in "$root"/Fixtures/{bakery,clock}*.tar.xz; do tar -xJf "$archive" -C "$folder/cores"; done
seed=$folder/cores/clock-static.whole.core
for ((i = 0; i < 300; i++)); do
  head -c $((6000 + i * 1600)) "$seed" >"$folder/cores/below/cut-$i.core"
  echo "no core" >"$folder/cores/below/text-$i"
done

# Exit status 1 of a task: the fixtures hold cores that are beyond repair.
submit() {
  sbatch --parsable --output="$folder/task-%a.json" --open-mode=append "$@"
}
started=$EPOCHREALTIME
job=$(submit --array=1-$tasks "$here/coresalvage.sbatch" "$folder/cores" "$folder/repaired")
say "array job $job"
# One task is killed in the middle of whatever it does, and queued again.
for ((i = 0; i < 100; i++)); do
  scontrol requeue "${job}_3" 2>/dev/null && { say "task 3 was killed and queued again"; break; }
  sleep 0.05
done
# Slurm lets a task that was queued again wait for two minutes.
for ((i = 0; i < 800; i++)); do
  [[ -n $(squeue -h -j "$job" 2>/dev/null) ]] || break
  sleep 0.3
done
[[ -z $(squeue -h -j "$job" 2>/dev/null) ]] || { say "FAILED: the array did not end"; exit 1; }
say "$tasks tasks took $(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $started }") s, Slurm's own time among it"

fail() { say "FAILED: $*"; exit 1; }
checked=0
hopeless=0
while IFS= read -r -d '' core; do
  name=${core#"$folder/cores/"}
  if "$coresalvage" --quiet "$core" "$folder/alone" 2>/dev/null; then
    if cmp -s "$core" "$folder/alone"; then
      [[ ! -e $folder/repaired/$name ]] || fail "$name is whole and has an output"
    else
      cmp "$folder/alone" "$folder/repaired/$name" || fail "$name"
      checked=$((checked + 1))
    fi
    rm -f "$folder/alone"
  else
    [[ ! -e $folder/repaired/$name ]] || fail "$name has an output"
    hopeless=$((hopeless + 1))
  fi
done < <(find "$folder/cores" -type f -print0)
outputs=$(find "$folder/repaired" -type f | wc -l)
((outputs == checked)) || fail "$outputs outputs, $checked of them due"
made=$(cat "$folder"/task-*.json | grep -c '"event":"file","outcome":"repaired"')
((made >= checked)) || fail "$made outputs were told of"
nodes=$(grep -l 'launch task\|Launching batch job' "$folder"/log/node? 2>/dev/null | wc -l)
say "every one of $checked outputs is right ($made times told of); $hopeless files gave none; $nodes nodes took part"
echo "Slurm: $checked cores by $tasks tasks on $nodes nodes, all as they should be"
