#!/usr/bin/env bash
# Holds two builds of talea-sim to the same traces: tests/sim/traces.sh ONE OTHER SEEDS
#
# Each runs the seeds 1 to SEEDS and says what every trace hashes to; a seed passes where it passes in both and the two
# say the same.
set -uo pipefail
one=$("$1" --seeds "$3" --first 1 --traces) || echo "$1 ended with exit code $?"
other=$("$2" --seeds "$3" --first 1 --traces) || echo "$2 ended with exit code $?"
same=$(comm -12 <(grep -E '^seed [0-9]+ traces to ' <<<"$one" | sort) <(grep -E '^seed [0-9]+ traces to ' <<<"$other" | sort) | wc -l)
if [ "$same" -ne "$3" ]; then diff <(printf '%s\n' "$one") <(printf '%s\n' "$other"); fi
printf '%s passed, %s failed\n' "$same" $(($3 - same))
[ "$same" -eq "$3" ]
