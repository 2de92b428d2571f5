#!/usr/bin/env bash
# Print running, success or failed:  status.sh JOB_ID
record=$(qstat -f "$1" 2> /dev/null) || { echo failed; exit 0; }
case $record in
  *"job_state = C"*"exit_status = 0"* | *"exit_status = 0"*"job_state = C"*) echo success ;;
  *"job_state = C"*) echo failed ;;
  *) echo running ;;
esac
