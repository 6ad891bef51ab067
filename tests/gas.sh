#!/usr/bin/env bash
# Prints how large each template is, and compares what each operation of them costs with contracts/test/gas.txt:
#
#   tests/gas.sh [TALEA]            TALEA: the program (default: build/release/bin/talea)
#   tests/gas.sh --update [TALEA]   writes the file anew, after a change that means to change it
set -uo pipefail
cd "$(dirname "$0")/.."
update=no
if [ "${1:-}" = --update ]; then update=yes; shift; fi
talea=${1:-build/release/bin/talea}
now=$(mktemp) || exit 1
trap 'rm -f "$now"' EXIT
"$talea" compile contracts --json | node -e '
    const runtime_bytes_max = 24576; // EIP-170; what is larger does not build (contracts/embed.mjs)
    const contracts = JSON.parse(require("fs").readFileSync(0, "utf8"));
    const templates = contracts.filter(({ unit, codeBytes }) => !unit.startsWith("src/model/") && codeBytes > 100);
    templates.sort((a, b) => b.codeBytes - a.codeBytes);
    for (const { name, codeBytes } of templates) console.log(`${name} ${codeBytes} of ${runtime_bytes_max} bytes`);
    process.exitCode = templates.length === 0 || templates[0].codeBytes > runtime_bytes_max ? 1 : 0;
' || { echo "the sizes are not what a chain accepts"; exit 1; }
"$talea" test contracts/test/Gas.t.sol --json | node -e '
    const report = JSON.parse(require("fs").readFileSync(0, "utf8"));
    if (report.passed === 0 || report.failed > 0) process.exit(1);
    for (const contract of report.contracts)
        for (const { name, gas } of contract.tests) console.log(`${contract.name}.${name.replace(/\(.*/, "")} ${gas}`);
' | LC_ALL=C sort >"$now" || { echo "the gas tests did not run"; exit 1; }
if [ "$update" = yes ]; then cp "$now" contracts/test/gas.txt; echo "$(wc -l <"$now") figures written"; exit; fi
if diff -u contracts/test/gas.txt "$now"; then echo "$(wc -l <"$now") passed, 0 failed"; exit; fi
echo "0 passed, 1 failed"
exit 1
