#!/usr/bin/env bash
# Every test that contracts/test/PITFALLS.md names exists, and the table has its 31 lines.
set -uo pipefail
cd "$(dirname "$0")/../contracts/test"
failed=0 passed=0
for name in $(grep -oE '`test[A-Za-z]*_[A-Za-z0-9_]+`' PITFALLS.md | tr -d '`' | sort -u); do
    if grep -qE "function $name\(" ./*.t.sol; then
        passed=$((passed + 1))
    else
        echo "PITFALLS.md names $name, which is no test"
        failed=$((failed + 1))
    fi
done
for line in $(seq 31); do
    grep -qE "^\| $line \|" PITFALLS.md || { echo "PITFALLS.md has no line $line"; failed=$((failed + 1)); }
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
