#!/usr/bin/env bash
# End the Slurm that up.sh started:  down.sh FOLDER
folder=$(realpath -m "${1:?folder}")
for daemon in slurmd slurmctld munged; do
  file="$folder/run/$daemon.pid"
  [ -s "$file" ] || continue
  process=$(cat "$file")
  kill "$process" 2> /dev/null
  for _ in $(seq 50); do
    kill -0 "$process" 2> /dev/null || break
    sleep 0.1
  done
done
exit 0
