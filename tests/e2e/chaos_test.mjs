// Four validators under load while processes are killed and stopped, wires between them are cut, delayed, held and half
// open, and a disk is full. After each round all is whole again, and then the network goes on within `patience`, has one
// chain, and every transaction whose receipt was ever seen stands where it stood, on every node. TALEA_CHAOS rounds
// (default 10), TALEA_SEED as printed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

import { check, finish, skip } from './checks.mjs';
import { FaultyProxy } from './faulty_proxy.mjs';
import { later, Load, percentiles, sign, soon, startNetwork, talead } from './network.mjs';
import { seededRandom } from './random.mjs';

const rounds = Number(process.env.TALEA_CHAOS ?? 10);
const random = seededRandom();
console.log(`${rounds} rounds`);
/** Seconds; a whole network goes on in less than one, on a machine that does nothing else. */
const patience = 30;
const diskFailed = 74; // talead's exit code
const pick = (list) => list[random(list.length)];
const between = (low, high) => low + random(high - low);
/** `count` different ones. */
function some(list, count) {
    const rest = [...list];
    return Array.from({ length: count }, () => rest.splice(random(rest.length), 1)[0]);
}

const work = mkdtempSync(join(tmpdir(), 'talea-chaos-'));
const dir = join(work, 'network');
const network = await startNetwork({ dir, options: ['--validators', '4', '--idle-interval', '2'] });
const { nodes } = network;
const chainId = Number(await nodes[0].ask('eth_chainId'));
await network.stop();

// The last node's folder gets a small file system of its own, where that can be had.
const disk = nodes[3].dir;
const small = join(work, 'small');
const mounted = (() => {
    if (process.getuid() !== 0) return false;
    spawnSync('mv', [disk, small]);
    spawnSync('mkdir', [disk]);
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512m', 'tmpfs', disk]);
    spawnSync('sh', ['-c', `mv ${small}/* ${disk} && rmdir ${small}`]);
    return mount.status === 0;
})();
if (mounted) process.on('exit', () => spawnSync('umount', ['-l', disk])); // where it did not come to its end
else skip('full disks', 'only root may mount a small file system');

// Between every two nodes a wire of either direction, of which they keep one.
const wires = [];
for (const node of nodes) {
    const config = JSON.parse(readFileSync(join(node.dir, 'node.json'), 'utf8'));
    const others = nodes.filter((other) => other !== node);
    config.peers = await Promise.all(
        others.map(async (other) => {
            const target = Number(JSON.parse(readFileSync(join(other.dir, 'node.json'), 'utf8')).listen.split(':').at(-1));
            const proxy = await FaultyProxy.listen(target);
            wires.push({ proxy, ends: [node, other] });
            return `${other.address.toLowerCase()}@127.0.0.1:${proxy.port}`;
        }),
    );
    writeFileSync(join(node.dir, 'node.json'), JSON.stringify(config));
}
const across = (group) => wires.filter(({ ends }) => group.includes(ends[0]) !== group.includes(ends[1]));

const filler = join(disk, 'filler');
const faults = {
    async kill() {
        const victims = some(nodes, pick([1, 1, 1, 2, 3, 4]));
        await Promise.all(victims.map((node) => node.runs() && node.kill()));
        await later(between(0, 1_500));
        return `kill ${names(victims)}`;
    },
    async stop() {
        const victims = some(nodes, pick([1, 1, 2, 3]));
        for (const node of victims) if (node.runs()) node.signal('SIGSTOP');
        await later(between(200, 4_000));
        for (const node of victims) if (node.runs()) node.signal('SIGCONT');
        return `stop ${names(victims)}`;
    },
    async cut() {
        const group = some(nodes, pick([1, 1, 2]));
        for (const { proxy } of across(group)) proxy.set('cut');
        await later(between(200, 4_000));
        return `cut off ${names(group)}`;
    },
    async slow() {
        const slowed = some(wires, between(1, wires.length));
        for (const { proxy } of slowed) proxy.set(between(10, 300));
        await later(between(500, 3_000));
        return `${slowed.length} slow wires`;
    },
    async deaf() {
        const deaf = some(wires, between(1, wires.length));
        for (const { proxy } of deaf) proxy.set('deaf');
        await later(between(500, 4_000));
        return `${deaf.length} deaf wires`;
    },
    async hold() {
        const held = across(some(nodes, pick([1, 2])));
        for (const { proxy } of held) proxy.set('held');
        await later(between(200, 4_000));
        return `${held.length} held wires`;
    },
};
if (mounted)
    faults.fill = async () => {
        const { bavail, bsize } = statfsSync(disk);
        // Some room is left, so that the disk becomes full in the midst of the work.
        spawnSync('fallocate', ['-l', String(Math.max(1, bavail * bsize - between(0, 400_000))), filler]);
        const ended = await soon(() => !nodes[3].runs(), 3);
        return `full disk${ended ? ', the node ended' : ''}`;
    };
const names = (group) => group.map(({ name }) => name).join(', ');

/** Nodes that ended otherwise than by our kill, or than the one with the small disk on a failed write of it. */
function crashed() {
    const isExpected = (node) => node.process.signalCode === 'SIGKILL' || (node === nodes[3] && node.process.exitCode === diskFailed);
    return nodes.filter((node) => node.process && !node.runs() && !isExpected(node)).map(({ name, process: { exitCode, signalCode } }) => `${name} ended with ${exitCode ?? signalCode}`);
}

async function heal() {
    rmSync(filler, { force: true }); // first, for who hears of the others writes
    for (const { proxy } of wires) proxy.set('open');
    for (const node of nodes) if (node.runs()) node.signal('SIGCONT');
    await Promise.all(nodes.map((node) => node.runs() || node.start()));
}

const accounts = Array.from({ length: 6 }, () => privateKeyToAccount(generatePrivateKey()));
const load = new Load({ accounts, chainId, nodes: () => nodes, wait: 1_000, fields: (_, nonce) => ({ to: accounts[0].address, data: `0x${nonce.toString(16).padStart(64, '0')}` }) });
const account = privateKeyToAccount(generatePrivateKey());
const agreed = new Map(); // the hash of every block that all had
const back = [];

async function whys() {
    const all = await Promise.all(nodes.map((node) => node.ask('talea_why').then((why) => `${node.name}: ${why?.sentence}`, (error) => `${node.name}: ${error}`)));
    return all.join('\n    ');
}

/** All nodes come to the highest block of any, and have the same blocks up to there. */
async function oneChain(assert) {
    const head = Math.max(...(await Promise.all(nodes.map((node) => node.block()))));
    for (const node of nodes) assert.ok(await soon(async () => (await node.block()) >= head, patience), `${node.name} does not come to block ${head}\n    ${await whys()}`);
    for (let number = agreed.size; number <= head; number += 1) {
        const hashes = await Promise.all(nodes.map((node) => node.hashOf(number)));
        assert.equal(new Set(hashes).size, 1, `block ${number} is ${hashes.join(', ')}`);
        agreed.set(number, hashes[0]);
    }
}
async function nothingLost(assert, done) {
    for (const node of nodes)
        for (const { hash, block, blockHash } of done) {
            assert.equal(agreed.get(block), blockHash, `the receipt of ${hash} was of another block ${block}`);
            const receipt = await node.ask('eth_getTransactionReceipt', [hash]);
            assert.equal(receipt?.blockHash, blockHash, `${node.name} has ${hash} elsewhere or not at all`);
        }
}

await heal();
let failed = false;
for (let round = 1; round <= rounds && !failed; round += 1) {
    const seen = load.done.length;
    await check(`after round ${round} it goes on, is one chain and has lost nothing final`, async (assert) => {
        failed = true;
        load.start();
        await later(between(100, 500));
        const chosen = some(Object.keys(faults), between(1, 4));
        const story = await Promise.all(chosen.map((name) => later(between(0, 800)).then(faults[name])));
        assert.deepEqual(crashed(), [], story.join('; '));
        await heal();
        const whole = performance.now();
        const raw = await sign(account, chainId, round - 1, { to: accounts[0].address });
        const turn = nodes[round % nodes.length];
        const goesOn = await soon(() => turn.receiptOf(raw, 2_000), patience);
        assert.ok(goesOn, `${story.join('; ')}: it stands still\n    ${await whys()}`);
        back.push(performance.now() - whole);
        await load.stop();
        // The node with the small disk may have been stopped between a write that failed and its end.
        assert.deepEqual(crashed(), [], story.join('; '));
        await heal();
        await oneChain(assert);
        const done = load.done.slice(seen);
        await nothingLost(assert, done);
        console.log(`    ${story.join('; ')}: goes on after ${back.at(-1).toFixed(0)} ms, ${done.length} receipts, block ${agreed.size - 1}`);
        failed = false;
    });
}
await check('in the end every receipt that was ever seen is there, on every node', async (assert) => {
    await heal();
    await oneChain(assert);
    await nothingLost(assert, load.done);
    console.log(`    ${load.done.length} receipts, ${agreed.size - 1} blocks; from whole to the next receipt: ${percentiles(back)}, longest ${Math.max(...back).toFixed(0)} ms`);
});
await check('and each node executes its chain again from genesis', async (assert) => {
    for (const node of nodes) {
        await node.kill();
        const { status, stdout, stderr } = spawnSync(talead, ['replay', '--dir', node.dir], { encoding: 'utf8' });
        assert.equal(status, 0, `${node.name}: ${stderr}`);
        console.log(`    ${node.name}: ${stdout.split('\n')[0]}`);
    }
});
for (const node of nodes) if (node.runs()) await node.kill();
if (mounted) spawnSync('sh', ['-c', `mkdir ${small} && cp -a ${disk}/. ${small} && umount ${disk} && rmdir ${disk} && mv ${small} ${disk}`]);
if (failed) console.log(`what the nodes said is in ${dir}`);
else rmSync(work, { recursive: true, force: true });
finish();
