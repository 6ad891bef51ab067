// Named checks that are counted; the last line is what tests/run.sh reads.
import assert from 'node:assert/strict';

let passed = 0;
let failed = 0;
let skipped = 0;

export async function check(name, body) {
    try {
        await body(assert);
        passed += 1;
        console.log(`ok ${name}`);
    } catch (error) {
        failed += 1;
        console.log(`FAILED ${name}\n    ${String(error.stack ?? error).split('\n').slice(0, 12).join('\n    ')}`);
    }
}

export function skip(name, reason) {
    skipped += 1;
    console.log(`skipped: ${name}: ${reason}`);
}

export function finish() {
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
    process.exit(failed === 0 && passed > 0 ? 0 : 1);
}
