#!/usr/bin/env bash
# Submit a job and print its id:  submit.sh THREADS MEMORY_IN_MB MINUTES NAME SCRIPT
set -euo pipefail
mkdir -p logs/scheduler
exec qsub -V -d "$PWD" -N "$4" -l "nodes=1:ppn=$1,mem=$2mb,walltime=$(printf '%d:%02d:00' $(($3 / 60)) $(($3 % 60)))" \
     -j oe -o logs/scheduler/ "$5"
