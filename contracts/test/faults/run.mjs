// Plants each fault in a copy of the contracts and shows that the invariants find it.
//
//   node run.mjs [FAULT...]     faults by name or its beginning; without one, all
//
// A fault is a patch beside this file, named TEMPLATE.what-is-wrong.patch; what must find it are the invariants in
// ../TemplateInvariants.t.sol, by 20,000 calls from each of five seeds. As many faults at a time as there are cores.
// Settings: TALEA (the program; default: that of the release build), TALEA_SEEDS (default "1 2 3 4 5").
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
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

/** Exit code and output of a program, once it has ended. */
function ended(program, args) {
    return new Promise((resolve) => {
        const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
        const said = { stdout: '', stderr: '' };
        for (const stream of ['stdout', 'stderr']) child[stream].on('data', (text) => (said[stream] += text));
        child.on('error', (error) => resolve({ status: null, stdout: '', stderr: error.message }));
        child.on('close', (status) => resolve({ status, ...said }));
    });
}

/** How many calls it took to see the fault, or what went wrong. */
async function seek(copy, test, seed) {
    const args = ['test', join(copy, 'contracts/test', test), '--fresh', '--fail-fast', '--json', '--seed', seed];
    const limits = ['--invariant-runs', `${runs}`, '--invariant-depth', `${depth}`, '--cache', join(copy, 'cache')];
    const done = await ended(talea, [...args, ...limits, '--jobs', '1', '--solc', contracts]);
    if (done.status !== 1 || done.stdout === '') return { wrong: done.stderr.trim() || `exit code ${done.status}` };
    const failed = JSON.parse(done.stdout)
        .contracts.flatMap(({ tests }) => tests)
        .filter(({ name, status }) => status === 'failed' && name !== 'mustReach()');
    const found = failed.filter(({ origin }) => origin).map(({ name, origin }) => {
        const [, length, run] = origin.match(/calls of (\d+), .*run (\d+)/);
        return { name, calls: Number(run) * depth + Number(length) };
    });
    return found[0] ?? { wrong: failed[0]?.reason ?? 'not found' };
}

/** One line of the report. */
async function plant(fault) {
    const copy = mkdtempSync(join(tmpdir(), 'talea-fault-'));
    for (const part of ['src', 'test']) cpSync(join(contracts, part), join(copy, 'contracts', part), { recursive: true });
    const patch = ['-p1', '--no-backup-if-mismatch', '-i', join(here, `${fault}.patch`)];
    const patched = spawnSync('patch', patch, { cwd: copy, encoding: 'utf8' });
    const template = fault.slice(0, fault.indexOf('.'));
    const test = `${template[0].toUpperCase()}${template.slice(1)}Invariants.t.sol`;
    const results = [];
    if (patched.status !== 0) results.push({ wrong: patched.stdout.trim() });
    else for (const seed of seeds) results.push(await seek(copy, test, seed)); // the first compiles for all
    rmSync(copy, { recursive: true });
    const missed = results.some((result) => result.wrong);
    const told = results.map(({ name, calls, wrong }) => wrong ?? `${calls} (${name})`).join(', ');
    console.log(`${missed ? 'MISSED' : 'found '} ${fault}: ${missed ? '' : 'after calls '}${told}`);
    return missed;
}

const left = [...faults];
let missed = 0;
async function work() {
    while (left.length > 0) if (await plant(left.shift())) ++missed;
}
await Promise.all(cpus().map(work));
console.log(`${faults.length - missed} passed, ${missed} failed, 0 skipped`);
process.exitCode = missed > 0 || faults.length === 0 ? 1 : 0;
