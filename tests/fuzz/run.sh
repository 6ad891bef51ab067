#!/usr/bin/env bash
# Fuzzes: tests/fuzz/run.sh [--minutes N] [--jobs N] [--merge] [TARGET...]
#
# Builds the preset `fuzz`, runs each target (all, unless named) for N minutes (default 1), N at a time (default 1), at
# low priority, from the corpus in tests/fuzz/corpus and what earlier runs added in build/fuzz-corpus, and prints a row
# for each: seconds, executions, executions a second, edges covered, inputs in the corpus, result. Ends with 1 if
# anything was found; findings are kept in build/fuzz-findings, one file an input:
#     build/fuzz/bin/fuzz_TARGET FILE     runs it again
# --merge   afterwards makes tests/fuzz/corpus/TARGET the smallest corpus that reaches what the run reached
set -euo pipefail
cd "$(dirname "$0")/../.."

minutes=1 jobs=1 merge=no
targets=()
while [ $# -gt 0 ]; do
    case $1 in
        --minutes) minutes=$2; shift ;;
        --jobs) jobs=$2; shift ;;
        --merge) merge=yes ;;
        -*) echo "usage: tests/fuzz/run.sh [--minutes N] [--jobs N] [--merge] [TARGET...]" >&2; exit 2 ;;
        *) targets+=("$1") ;;
    esac
    shift
done
if [ ${#targets[@]} -eq 0 ]; then
    for folder in tests/fuzz/corpus/*/; do targets+=("$(basename "$folder")"); done
fi

logs=build/test-logs findings=build/fuzz-findings
mkdir -p "$logs" "$findings"
if ! { cmake --preset fuzz && cmake --build --preset fuzz --target "${targets[@]/#/fuzz_}"; } >"$logs/build-fuzz.log" 2>&1; then
    tail -n 40 "$logs/build-fuzz.log" >&2
    exit 1
fi

# fuzz TARGET: one run, its log, its row. Fails if there is a finding.
fuzz() {
    local name=$1 log=$logs/fuzz-$1.log start=$SECONDS result=ok
    local program=build/fuzz/bin/fuzz_$name known=tests/fuzz/corpus/$name found=build/fuzz-corpus/$name
    mkdir -p "$known" "$found"
    nice -n 15 "$program" -max_total_time=$((minutes * 60)) -use_value_profile=1 -len_control=0 -timeout=20 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$findings/$name-" "$found" "$known" >"$log" 2>&1 ||
        result="FOUND: $(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)"
    local seconds=$((SECONDS - start)) executions edges
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
    edges=$(sed -n 's/^#.* cov: \([0-9]*\).*/\1/p' "$log" | tail -n 1)
    printf '%-14s %7d s %12s executions %8s a second %7s edges %6d inputs  %s\n' "$name" "$seconds" "${executions:-?}" \
        $((${executions:-0} / (seconds > 0 ? seconds : 1))) "${edges:-?}" \
        "$(find "$found" "$known" -type f | wc -l)" "$result"
    if [ "$result" != ok ]; then grep -m 1 -aE 'broken invariant|ERROR:|runtime error' "$log" | sed 's/^/    /'; return 1; fi
    if [ "$merge" = yes ]; then
        rm -rf "$found.smallest"
        mkdir -p "$found.smallest"
        nice -n 15 "$program" -set_cover_merge=1 "$found.smallest" "$known" "$found" >>"$log" 2>&1
        rm -rf "$known"
        mv "$found.smallest" "$known"
    fi
}

status=0 running=0
for name in "${targets[@]}"; do
    if [ "$running" -ge "$jobs" ]; then wait -n || status=1; running=$((running - 1)); fi
    fuzz "$name" &
    running=$((running + 1))
done
for ((; running > 0; running--)); do wait -n || status=1; done
exit "$status"
