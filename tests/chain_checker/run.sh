#!/usr/bin/env bash
# run.sh LOGS: takes the chain that tests/e2e/recovery_test.py exported into LOGS, or makes it, and lets run.py show what the
# chain checker accepts and what it refuses.
set -euo pipefail
logs=$1
here=$(dirname "$0")
[ -e "$logs/recovered-chain.jsonl" ] || "$here/../e2e/recovery_test.py" "$logs/recovered-chain.jsonl"
exec "$here/run.py" "$logs/recovered-chain.jsonl"
