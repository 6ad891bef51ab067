#!/usr/bin/env bash
# Data directories of forged chains: a quorum of modified validators sealed a block with what permission forbids, executed
# as if it were allowed. `talead replay` refuses each, and names block, transaction and reason; an honest one it takes.
# TALEA_BIN: folder of talead and talea-sim (default: build/release/bin). The last line is what tests/run.sh reads.
set -uo pipefail
cd "$(dirname "$0")/../.."
bin=${TALEA_BIN:-build/release/bin}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# check NAME HOLDS DETAIL
check() {
    if [ "$2" = yes ]; then
        passed=$((passed + 1))
        printf 'ok %s\n' "$1"
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n%s\n' "$1" "$3"
    fi
}

# replay STORY CODE PATTERN: the chain that the story ends with, replayed, ends with this code and says this.
replay() {
    local said status holds=no
    if ! said=$("$bin/talea-sim" --story "$1" --directory "$work/$1" 2>&1); then
        check "the story $1 is told" no "$said"
        return
    fi
    said=$("$bin/talead" replay --dir "$work/$1" 2>&1)
    status=$?
    if [ "$status" = "$2" ] && grep -Eq "$3" <<<"$said"; then holds=yes; fi
    check "replay of $1: $3" "$holds" "exit code $status: $said"
}

replay forbidden-sender 1 'block [0-9]+: .*transaction [0-9]+.*sender_not_permitted'
replay forbidden-create 1 'block [0-9]+: .*transaction [0-9]+.*create_not_permitted'
replay forbidden-authority 1 'block [0-9]+: .*transaction [0-9]+.*authority_not_permitted'
replay keys-lost 0 '[0-9]+ blocks'
printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
