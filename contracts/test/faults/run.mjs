// Plants each fault in a copy of the contracts and shows that the invariants find it.
//
//   node run.mjs [FAULT...]     faults by name or its beginning; without one, all
//
// A fault is a patch beside this file, named TEMPLATE.what-is-wrong.patch; what must find it are the invariants in
// ../TemplateInvariants.t.sol, by 20,000 calls from each of five seeds. Settings: TALEA (the program; default: that of
// the release build), TALEA_SEEDS (default "1 2 3 4 5").
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const contracts = join(here, '../..');
const talea = process.env.TALEA ?? join(contracts, '../build/release/bin/talea');
const seeds = (process.env.TALEA_SEEDS ?? '1 2 3 4 5').split(' ');
const runs = 40;
const depth = 500;

const faults = readdirSync(here)
    .filter((file) => file.endsWith('.patch'))
    .map((file) => file.slice(0, -'.patch'.length))
    .filter((fault) => process.argv.length < 3 || process.argv.slice(2).some((wanted) => fault.startsWith(wanted)))
    .sort();

/** How many calls it took to see the fault, or what went wrong. */
function seek(copy, test, seed) {
    const args = ['test', join(copy, 'contracts/test', test), '--fresh', '--json', '--seed', seed];
    const limits = ['--invariant-runs', `${runs}`, '--invariant-depth', `${depth}`, '--cache', join(copy, 'cache')];
    const done = spawnSync(talea, [...args, ...limits, '--solc', contracts], { encoding: 'utf8' });
    if (done.status !== 1 || done.stdout === '') return { wrong: done.stderr.trim() || `exit code ${done.status}` };
    const failed = JSON.parse(done.stdout)
        .contracts.flatMap(({ tests }) => tests)
        .filter(({ name, status }) => status === 'failed' && name !== 'mustReach()');
    const found = failed.filter(({ origin }) => origin).map(({ name, origin }) => {
        const [, length, run] = origin.match(/calls of (\d+), .*run (\d+)/);
        return { name, calls: Number(run) * depth + Number(length) };
    });
    found.sort((a, b) => a.calls - b.calls);
    return found[0] ?? { wrong: failed[0]?.reason ?? 'not found' };
}

let missed = 0;
for (const fault of faults) {
    const copy = mkdtempSync(join(tmpdir(), 'talea-fault-'));
    for (const part of ['src', 'test']) cpSync(join(contracts, part), join(copy, 'contracts', part), { recursive: true });
    const patched = spawnSync('patch', ['-p1', '--no-backup-if-mismatch', '-i', join(here, `${fault}.patch`)], { cwd: copy, encoding: 'utf8' });
    const template = fault.slice(0, fault.indexOf('.'));
    const test = `${template[0].toUpperCase()}${template.slice(1)}Invariants.t.sol`;
    const results = patched.status === 0 ? seeds.map((seed) => seek(copy, test, seed)) : [{ wrong: patched.stdout.trim() }];
    const wrong = results.filter((result) => result.wrong);
    if (wrong.length > 0) ++missed;
    const told = results.map(({ name, calls, wrong: reason }) => reason ?? `${calls} (${name})`).join(', ');
    console.log(`${wrong.length > 0 ? 'MISSED' : 'found '} ${fault}: ${wrong.length > 0 ? '' : 'after calls '}${told}`);
    rmSync(copy, { recursive: true });
}
console.log(`${faults.length - missed} passed, ${missed} failed, 0 skipped`);
process.exitCode = missed > 0 || faults.length === 0 ? 1 : 0;
