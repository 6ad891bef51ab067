// Every golden chain is executed again by this program and ends at its roots; a changed one is refused. Every data directory
// that a program of its format left behind is opened, read and executed again.
// The last line is what tests/run.sh reads. Setting: TALEA_BIN, folder of talead.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { check, finish } from '../e2e/checks.mjs';
import { programs } from '../e2e/node_process.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const golden = join(programs, '..', 'golden'); // unpacked by the build
const work = mkdtempSync(join(tmpdir(), 'talea-golden-'));
const replay = (lines) => {
    const file = join(work, 'chain.jsonl');
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
    return spawnSync(join(programs, 'talead'), ['replay', '--export', file], { encoding: 'utf8' });
};

for (const [name, { from, to, blocks, genesis, head, stateRoot }] of Object.entries(JSON.parse(readFileSync(join(here, 'chains.json'), 'utf8')))) {
    const lines = readFileSync(join(golden, `${name}.jsonl`), 'utf8').trimEnd().split('\n');
    await check(`${name}: version ${from}${to ? ` and then ${to}` : ''}, ${blocks} blocks to their roots`, async (assert) => {
        const { status, stdout, stderr } = replay(lines);
        assert.equal(status, 0, stderr);
        assert.match(stdout, new RegExp(`^${blocks} blocks with \\d+ transactions executed again, every root holds$`, 'm'));
        for (const [what, value] of [['genesis', genesis], ['head', head], ['state root', stateRoot]]) assert.match(stdout, new RegExp(`^${what} ${value}$`, 'm'));
    });
    const changed = (what, at, change) =>
        check(`${name}: ${what} is refused by the block's number`, async (assert) => {
            const copy = [...lines];
            const block = JSON.parse(copy[at]);
            change(block);
            copy[at] = JSON.stringify(block);
            const { status, stderr } = replay(copy);
            assert.equal(status, 1);
            assert.match(stderr, new RegExp(`block ${at}:`));
        });
    const full = lines.findLastIndex((line) => JSON.parse(line).transactions?.length > 0);
    await changed('a transaction that is missing', full, (block) => block.transactions.pop());
    await changed('a header with another byte', full, (block) => (block.header = block.header.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))));
    await changed('a certificate without a valid seal', full, (block) => (block.certificate = block.certificate.replace(/(.{40})(.)/, (_, before, digit) => before + (digit === '0' ? '1' : '0'))));
}

for (const [name, { blocks, genesis, head, stateRoot }] of Object.entries(JSON.parse(readFileSync(join(here, 'directories.json'), 'utf8')))) {
    await check(`${name}: a data directory of ${blocks} blocks opens and replays to its roots`, async (assert) => {
        cpSync(join(golden, name), join(work, name), { recursive: true });
        const talead = (...words) => spawnSync(join(programs, 'talead'), [...words, '--dir', join(work, name)], { encoding: 'utf8', maxBuffer: 64 << 20 });
        const inspected = talead('inspect', 'block');
        assert.equal(inspected.status, 0, inspected.stderr);
        assert.ok(inspected.stdout.includes(head), inspected.stdout);
        const { status, stdout, stderr } = talead('replay');
        assert.equal(status, 0, stderr);
        assert.match(stdout, new RegExp(`^${blocks} blocks with \\d+ transactions executed again, every root holds$`, 'm'));
        for (const [what, value] of [['genesis', genesis], ['head', head], ['state root', stateRoot]]) assert.match(stdout, new RegExp(`^${what} ${value}$`, 'm'));

        // What it proves of a block whose tries are long gone, and of its last, a program without our code believes.
        const exported = join(work, `${name}.jsonl`);
        writeFileSync(exported, talead('export').stdout);
        for (const block of [2, blocks]) {
            const proof = join(work, `${name}-${block}.json`);
            const proved = talead('prove', '0x0000000000000000000000000000000000007a01', '0x0100000000000000000000000000000000000000000000000000000000000003', '1', '--at', `${block}`);
            assert.equal(proved.status, 0, proved.stderr);
            assert.notEqual(JSON.parse(proved.stdout).storageProof[0].value, '0x0');
            writeFileSync(proof, proved.stdout);
            const judged = spawnSync('python3', [join(here, '../chain_checker/chain_checker.py'), '--genesis', genesis, '--proof', proof, '--block', `${block}`, exported], { encoding: 'utf8' });
            assert.equal(judged.status, 0, judged.stderr);
        }
    });
}
rmSync(work, { recursive: true, force: true });
finish();
