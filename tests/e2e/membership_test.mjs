// Who belongs to a network changes while it runs: an observer is admitted, revoked and admitted again; all four
// validators are replaced, one after the other, while the observer is away; and it finds its way to the others' chain.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeFunctionData, parseAbi } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

import { check, finish } from './checks.mjs';
import { Node, sign, soon, startNetwork, talead } from './network.mjs';

const permissions = '0x0000000000000000000000000000000000007a01';
const abi = parseAbi([
    'function admitNode(bytes32 x, bytes32 y)',
    'function removeNode(address node)',
    'function replaceValidator(address replaced, address validator, uint64 expiry, bytes signature)',
    'function validators() view returns (address[])',
]);
const work = mkdtempSync(join(tmpdir(), 'talea-membership-'));
const admin = privateKeyToAccount(generatePrivateKey());
const network = await startNetwork({ dir: join(work, 'network'), options: ['--validators', '4', '--admin', admin.address, '--idle-interval', '1'] });
const old = network.nodes;
const genesis = join(network.dir, 'genesis.json');
const chainId = Number(await old[0].ask('eth_chainId'));

function keys(...args) {
    const { status, stdout, stderr } = spawnSync(talead, ['keys', ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return stdout.trim();
}
async function freePort() {
    const server = createServer();
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address();
    await new Promise((done) => server.close(done));
    return port;
}
const placeOf = (node) => `${node.address}@${JSON.parse(readFileSync(join(node.dir, 'node.json'), 'utf8')).listen}`;

/** A node of its own, which knows where `peers` are. It is not started. */
async function prepare(name, use, peers) {
    const dir = join(work, name);
    mkdirSync(dir);
    copyFileSync(genesis, join(dir, 'genesis.json'));
    const key = join(work, `${name}.key`);
    const address = keys('new', key);
    const config = join(dir, 'node.json');
    const port = await freePort();
    const node = new Node({ name, address, rpc: `http://127.0.0.1:${port}`, dir, log: join(dir, 'log'), command: [talead, 'run', '--config', config] });
    node.key = key;
    node.knows = (others) => writeFileSync(config, JSON.stringify({ dir, [use]: key, 'rpc-port': port, listen: node.listen, peers: others.map(placeOf) }));
    node.listen = `127.0.0.1:${await freePort()}`;
    node.knows(peers);
    return node;
}

let nonce = 0;
/** A call of Permissions by the administrator, final, through a node. */
async function decide(through, functionName, ...args) {
    const raw = await sign(admin, chainId, nonce, { to: permissions, gas: 1_000_000n, data: encodeFunctionData({ abi, functionName, args }) });
    nonce += 1;
    const receipt = await through.ask('eth_sendRawTransactionSync', [raw, 20_000], 30_000);
    if (receipt.status !== '0x1') throw new Error(`${functionName} reverted`);
    return Number(receipt.blockNumber);
}
const linked = (node, count) => soon(async () => Number(await node.ask('net_peerCount')) === count, 30);
const reaches = (node, block) => soon(async () => (await node.block()) >= block, 40);
const said = (node) => readFileSync(node.log, 'utf8');

const observer = await prepare('observer', 'node-key', old);
const point = keys('show', observer.key, '--public');
const publicKey = [`0x${point.slice(2, 66)}`, `0x${point.slice(66)}`];

await check('a node is linked and gets the chain once it is admitted', async (assert) => {
    for (const node of old) assert.ok(await linked(node, 3), `${node.name} is not linked with the others`);
    await observer.start();
    assert.ok(await soon(() => said(observer).includes('not admitted'), 20), said(observer));
    assert.equal(await observer.block(), 0);
    const block = await decide(old[0], 'admitNode', ...publicKey);
    assert.ok(await reaches(observer, block), said(observer));
    for (const node of old) assert.ok(await linked(node, 4), `${node.name} is not linked with the observer`);
});

await check('with the block that revokes it, all its links are dropped, and it gets nothing more', async (assert) => {
    const block = await decide(old[1], 'removeNode', observer.address);
    for (const node of old) assert.ok(await linked(node, 3), `${node.name} keeps the link`);
    assert.ok(await linked(observer, 0), 'it keeps links');
    assert.ok(await reaches(old[0], block + 3), 'no blocks');
    assert.ok((await observer.block()) <= block, `it went on to ${await observer.block()}`);
});

await check('admitted again, it comes back without a hand', async (assert) => {
    const block = await decide(old[2], 'admitNode', ...publicKey);
    assert.ok(await reaches(observer, block), said(observer));
});

const fresh = [];
await check('four validators are replaced one after the other, and each that is replaced is cut off', async (assert) => {
    await observer.kill();
    for (const [i, leaving] of old.entries()) {
        const coming = await prepare(`new-${i + 1}`, 'key', [...old.slice(i), ...fresh]);
        await coming.start();
        const expiry = 1n + BigInt(Math.floor(Date.now() / 1000)) + 3_600n;
        const consent = keys('consent', coming.key, '--genesis', genesis, '--expiry', String(expiry));
        const through = old[i + 1] ?? fresh[0];
        const block = await decide(through, 'replaceValidator', leaving.address, coming.address, expiry, consent);
        assert.ok(await reaches(coming, block), `${coming.name} does not come to block ${block}: ${said(coming)}`);
        assert.ok(await linked(leaving, 0), `${leaving.name} keeps links`);
        assert.ok((await leaving.block()) <= block, `${leaving.name} goes on`);
        await leaving.kill();
        fresh.push(coming);
    }
    const set = await fresh[0].ask('eth_call', [{ to: permissions, data: encodeFunctionData({ abi, functionName: 'validators' }) }, 'latest']);
    for (const { address } of fresh) assert.ok(set.includes(address.slice(2).toLowerCase()), `${address} is no validator`);
});

await check('a node that was away meanwhile catches up with the new validators, whom its registry does not know', async (assert) => {
    const head = await fresh[0].block();
    observer.knows(fresh);
    await observer.start();
    assert.ok(await reaches(observer, head + 2), `at ${await observer.block()} of ${head}: ${said(observer)}`);
    assert.equal(await observer.hashOf(head), await fresh[3].hashOf(head));
});

await check('all of it executes again from genesis', async (assert) => {
    await observer.kill();
    const { status, stdout, stderr } = spawnSync(talead, ['replay', '--dir', observer.dir], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    console.log(`    ${stdout.split('\n')[0]}`);
});

await Promise.all(fresh.map((node) => node.kill()));
await network.stop();
rmSync(work, { recursive: true, force: true });
finish();
