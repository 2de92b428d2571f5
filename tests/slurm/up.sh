#!/usr/bin/env bash
# Start a Slurm of one node that lives in a folder:  up.sh FOLDER
# For tests only: needs root and the Debian packages slurm-wlm and munge, no systemd, no database. It listens on this
# machine alone, on ports of its own. `down.sh FOLDER` ends it.
set -euo pipefail

folder=$(realpath -m "${1:?folder}")
cluster=$(dirname "$(realpath "$0")")
node=$(hostname -s)
mkdir -p "$folder"/{run,state,spool,log}
chmod 755 "$folder"
chmod 700 "$folder/run"

if ! [ -s "$folder/munge.key" ]; then
  (umask 077 && head --bytes 1024 /dev/urandom > "$folder/munge.key")
fi

port=$(python3 -c '
import socket
pair = [socket.socket(), socket.socket()]
for end in pair:
    end.bind(("127.0.0.1", 0))
print(*(end.getsockname()[1] for end in pair))')
sed -e "s|@FOLDER@|$folder|g" -e "s|@NODE@|$node|g" \
    -e "s|@CONTROL_PORT@|${port% *}|g" -e "s|@NODE_PORT@|${port#* }|g" "$cluster/slurm.conf.in" > "$folder/slurm.conf"
export SLURM_CONF="$folder/slurm.conf"

munged --force --key-file="$folder/munge.key" --socket="$folder/run/munge.socket" --seed-file="$folder/run/munge.seed" \
       --pid-file="$folder/run/munged.pid" --log-file="$folder/log/munged.log"
slurmctld -c > /dev/null 2>&1
slurmd > /dev/null 2>&1

for _ in $(seq 150); do
  if [ "$(sinfo --noheader --format=%T 2> /dev/null)" = idle ]; then
    exit 0
  fi
  sleep 0.1
done
echo "Slurm did not come up in 15 seconds." >&2
tail --lines=20 "$folder"/log/*.log >&2
"$cluster/down.sh" "$folder"
exit 1
