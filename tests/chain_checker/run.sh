#!/usr/bin/env bash
# run.sh BIN LOGS: exports a chain of the simulator that was recovered by a checkpoint, takes the one that
# tests/e2e/recovery_test.py exported into LOGS (or makes it), and lets run.py show what the chain checker accepts and refuses.
set -euo pipefail
bin=$1 logs=$2
here=$(dirname "$0")
"$bin/talea-sim" --story keys-lost --export "$logs/simulated-chain.jsonl"
[ -e "$logs/recovered-chain.jsonl" ] || "$here/../e2e/recovery_test.py" "$logs/recovered-chain.jsonl"
exec "$here/run.py" "$logs/recovered-chain.jsonl" "$logs/simulated-chain.jsonl"
