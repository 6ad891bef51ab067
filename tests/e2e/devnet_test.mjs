// `talead devnet --validators 4` as its users meet it: what it says, what it keeps, how fast it is; one of four killed,
// two, all; and validators that are all replaced while a node is away.
//
// Figures are printed beside their bounds. A machine that is busy with other things is slow without a fault of ours:
// a figure fails only beyond `slack` times its bound.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

import { check, finish } from './checks.mjs';
import { alive, later, Load, longestGap, percentiles, quantile, sign, soon, startNetwork, talead } from './network.mjs';
import { programs } from './node_process.mjs';

const slack = 8;

/** Appends of 4 KiB, each synced, in ms. */
function syncTimes(file, count) {
    const descriptor = openSync(file, 'a');
    const bytes = Buffer.alloc(4096, 1);
    const times = Array.from({ length: count }, () => {
        writeSync(descriptor, bytes);
        const began = performance.now();
        fdatasyncSync(descriptor);
        return performance.now() - began;
    });
    closeSync(descriptor);
    return times;
}
if (!isMainThread) {
    parentPort.postMessage(syncTimes(workerData, 100));
    process.exit(0);
}

/** A figure, printed beside its bound. */
function bounded(assert, what, ms, bound) {
    console.log(`    ${what}: ${ms.toFixed(1)} ms (bound ${bound.toFixed(0)} ms)`);
    assert.ok(ms <= slack * bound, `${what}: ${ms} ms is beyond ${slack} times its bound`);
}

const work = mkdtempSync(join(tmpdir(), 'talea-devnet-'));
const dir = join(work, 'network');
const home = join(work, 'wallet');
const password = join(work, 'password');
writeFileSync(password, 'a password of tests\n');
const environment = { ...process.env, TALEA_HOME: home, TALEA_PASSWORD_FILE: password };
let rpc;
/** Does not block: connections that a node closes meanwhile are seen to be closed. */
async function wallet(...args) {
    const child = spawn(join(programs, 'talea'), args, { env: { ...environment, TALEA_RPC: rpc } });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    const status = await new Promise((done) => child.on('close', done));
    if (status !== 0) throw new Error(`talea ${args.join(' ')}: exit code ${status}: ${stderr}`);
    return { stdout, stderr };
}
const talea = async (...args) => (await wallet(...args)).stdout;
const asAdmin = (...args) => talea(...args, '--account', 'admin', '--yes');
for (const name of ['admin', 'alice', 'bob']) await talea('account', 'new', name, '--light');
const addresses = Object.fromEntries((await talea('account', 'list')).trim().split('\n').map((line) => line.split(/\s+/)));

const options = ['--validators', '4', '--admin', addresses.admin, '--idle-interval', '1'];
const spawned = performance.now();
let network = await startNetwork({ dir, options });
let nodes = network.nodes;
rpc = nodes[0].rpc;
const chainId = Number(await nodes[0].ask('eth_chainId'));
const accounts = Array.from({ length: 4 }, () => privateKeyToAccount(generatePrivateKey()));
const load = new Load({ accounts, chainId, nodes: () => nodes, fields: (_, nonce) => ({ to: addresses.bob, data: `0x${nonce.toString(16).padStart(64, '0')}` }) });

/** Every receipt that was seen is there, on every node, in the block it was in. */
async function nothingLost(assert, on = nodes) {
    for (const node of on) {
        const block = Math.max(...load.done.map((each) => each.block));
        assert.ok(await soon(async () => (await node.block()) >= block, 20), `${node.name} does not come to block ${block}`);
        for (const { hash, blockHash } of load.done) {
            const receipt = await node.ask('eth_getTransactionReceipt', [hash]);
            assert.equal(receipt?.blockHash, blockHash, `${node.name} has ${hash} elsewhere or not at all`);
        }
    }
}

/** A hundred transactions of a new account, one at a time, to these nodes in turn. */
async function oneSender(assert, when, to) {
    const account = privateKeyToAccount(generatePrivateKey());
    const times = [];
    for (let nonce = 0; nonce < 100; nonce += 1) {
        const raw = await sign(account, chainId, nonce, { to: addresses.bob });
        const at = performance.now();
        await to[nonce % to.length].ask('eth_sendRawTransactionSync', [raw]);
        times.push(performance.now() - at);
    }
    console.log(`    one sender, ${when}: ${percentiles(times)}`);
    times.sort((a, b) => a - b);
    bounded(assert, 'p50 of it', quantile(times, 0.5), 60);
    bounded(assert, 'p95 of it', quantile(times, 0.95), 1_000);
}

await check('four validators have a block soon after the command', async (assert) => {
    assert.ok(await soon(async () => (await nodes[0].block()) >= 1, 60), 'no block');
    bounded(assert, 'the first block', performance.now() - spawned, 3_000);
});

await check('it says where each node is, and they link with each other and agree', async (assert) => {
    assert.deepEqual(nodes.map(({ name }) => name), ['node-1', 'node-2', 'node-3', 'node-4']);
    assert.equal(network.chain.new, true);
    for (const node of nodes) assert.ok(await soon(async () => Number(await node.ask('net_peerCount')) === 3, 20), `${node.name} is not linked`);
    const hashes = await Promise.all(nodes.map((node) => soon(async () => (await node.hashOf(1)) !== null, 20).then(() => node.hashOf(1))));
    assert.equal(new Set(hashes).size, 1);
});

await check('transfers are final in milliseconds', async (assert) => {
    const syncs = (
        await Promise.all(
            [1, 2, 3, 4].map((n) => new Promise((done) => new Worker(fileURLToPath(import.meta.url), { workerData: join(work, `sync-${n}`) }).on('message', done))),
        )
    ).flat();
    const sync = quantile(syncs.sort((a, b) => a - b), 0.5);
    const trips = [];
    for (let i = 0; i < 200; i += 1) {
        const began = performance.now();
        await nodes[0].ask('eth_chainId');
        trips.push(performance.now() - began);
    }
    console.log(`    a sync beside three others: ${percentiles(syncs)}; a request over loopback: ${percentiles(trips)}`);

    await asAdmin('permission', 'add-registrar', 'admin');
    for (const name of ['alice', 'bob']) await asAdmin('holder', 'add', `LEI-${name}`, name, '--country', 'US', '--categories', '1', '--expiry', '2036-12-31');
    await asAdmin('policy', 'create', 'known');
    await asAdmin('token', 'deploy', 'RestrictedToken', '--name', 'Fund', '--symbol', 'TFUND', '--cap', '1000000', '--policy', '1', '--issuer', 'admin', '--as', 'TFUND');
    await asAdmin('token', 'issue', 'TFUND', 'alice', '1000');
    const whole = [];
    const final = [];
    for (let i = 0; i < 200; i += 1) {
        const at = performance.now();
        const { stderr } = await wallet('transfer', 'TFUND', 'bob', '1', '--account', 'alice', '--yes');
        whole.push(performance.now() - at);
        final.push(Number(stderr.match(/final in (\d+) ms/)[1]));
    }
    const lists = [];
    for (let i = 0; i < 20; i += 1) {
        const at = performance.now();
        await talea('account', 'list');
        lists.push(performance.now() - at);
    }
    console.log(`    200 \`talea transfer\`, whole processes: ${percentiles(whole)}; one that only lists accounts: ${percentiles(lists)}`);
    assert.match(await talea('token', 'info', 'TFUND', 'bob'), /balance +200\.000000/);
    const bound = Math.max(40, 10 + 4 * sync);
    console.log(`    from sending to final, as they say: ${percentiles(final)}`);
    bounded(assert, 'p50 of that', quantile(final.sort((a, b) => a - b), 0.5), bound);

    const account = privateKeyToAccount(generatePrivateKey());
    const times = [];
    for (let nonce = 0; nonce < 200; nonce += 1) {
        const raw = await sign(account, chainId, nonce, { to: addresses.bob });
        const at = performance.now();
        await nodes[nonce % 4].ask('eth_sendRawTransactionSync', [raw]);
        times.push(performance.now() - at);
    }
    console.log(`    200 sends to the four nodes in turn, from the request to the receipt: ${percentiles(times)}`);
    bounded(assert, 'p50 of them', quantile(times.sort((a, b) => a - b), 0.5), bound);
});

await check('`talea tx` never calls a transaction unknown whose block comes between two of its questions', async (assert) => {
    const raw = await sign(privateKeyToAccount(generatePrivateKey()), chainId, 0, { to: addresses.bob });
    const { transactionHash } = await nodes[0].ask('eth_sendRawTransactionSync', [raw]);
    // What stands between answers the first question as the node would have a moment before.
    const questions = [];
    const relay = createServer(async (request, response) => {
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        const { id, method, params } = JSON.parse(Buffer.concat(chunks));
        questions.push(method);
        const result = questions.length === 1 ? null : await nodes[0].ask(method, params);
        response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
    await new Promise((done) => relay.listen(0, '127.0.0.1', done));
    const asking = spawn(join(programs, 'talea'), ['tx', transactionHash, '--rpc', `http://127.0.0.1:${relay.address().port}`], { env: environment });
    let said = '';
    for (const stream of [asking.stdout, asking.stderr]) stream.on('data', (chunk) => (said += chunk));
    const code = await new Promise((done) => asking.on('close', done));
    relay.close();
    assert.equal(code, 0, said);
    assert.match(said, /state +done, final in block/);
    assert.deepEqual(questions.slice(0, 3), ['eth_getTransactionByHash', 'talea_transactionStatus', 'eth_getTransactionByHash']);
});

await check('of one of four that is killed devnet says how to start it again, and the others go on', async (assert) => {
    load.nodes = () => nodes.slice(0, 3);
    load.start();
    await later(1_000);
    const killed = performance.now();
    await nodes[3].kill();
    assert.ok(await soon(() => network.talk().includes(`node-4 ended (signal 9, Killed)`), 5), network.talk());
    assert.ok(network.talk().includes(nodes[3].command.join(' ')), network.talk());
    await later(4_000);
    await load.stop();
    const end = performance.now();
    bounded(assert, 'the longest time without a receipt', longestGap(load.done, killed, end), 2_000);
    const after = load.done.filter(({ at }) => at > killed).map(({ ms }) => ms);
    assert.ok(after.length > 0, 'nothing was final after the kill');
    console.log(`    ${after.length} transactions of four senders at once after the kill: ${percentiles(after)}`);
    await oneSender(assert, 'one node away', nodes.slice(0, 3));
});

await check('with one of four stopped, whose connections stand, they go on too', async (assert) => {
    await nodes[3].start();
    for (const node of nodes) assert.ok(await soon(async () => Number(await node.ask('net_peerCount')) === 3, 20), `${node.name} is not linked`);
    load.start();
    await later(1_000);
    const stopped = performance.now();
    nodes[3].signal('SIGSTOP');
    await later(4_000);
    await load.stop();
    bounded(assert, 'the longest time without a receipt', longestGap(load.done, stopped, performance.now()), 2_000);
    await oneSender(assert, 'one node stopped', nodes.slice(0, 3));
    nodes[3].signal('SIGCONT');
    await nothingLost(assert);
    await nodes[3].kill();
});

await check('with two of four killed there is no block, and talea_why names the two', async (assert) => {
    await nodes[2].kill();
    await later(500);
    const stands = await nodes[0].block();
    const raw = await sign(privateKeyToAccount(generatePrivateKey()), chainId, 0, { to: addresses.bob });
    const hash = await nodes[0].ask('eth_sendRawTransaction', [raw]);
    await later(4_000);
    for (const node of nodes.slice(0, 2)) {
        assert.ok((await node.block()) <= stands + 1, 'a block of two of four');
        assert.equal(await node.ask('eth_getTransactionReceipt', [hash]), null, 'a receipt of two of four');
        const why = await node.ask('talea_why');
        const missing = nodes.slice(2).map(({ address }) => address.toLowerCase());
        assert.deepEqual([...why.missing].sort(), missing.sort(), why.sentence);
        for (const address of missing) assert.ok(why.sentence.toLowerCase().includes(address), why.sentence);
    }
    await Promise.all([nodes[2].start(), nodes[3].start()]);
    const back = performance.now();
    assert.ok(await soon(async () => (await nodes[0].ask('eth_getTransactionReceipt', [hash])) !== null, 60), 'it does not go on');
    bounded(assert, 'from both answering again to the receipt', performance.now() - back, 10_000);
    await nothingLost(assert);
});

await check('all four killed at once go on with all that was final', async (assert) => {
    load.nodes = () => nodes;
    load.start();
    await later(1_500);
    for (const node of nodes) node.signal('SIGKILL');
    await load.stop();
    assert.deepEqual(await network.ended, { code: 1, signal: null });
    assert.match(network.talk(), /no node runs any more/);
    const again = performance.now();
    network = await startNetwork({ dir, options: [] });
    ({ nodes } = network);
    rpc = nodes[0].rpc;
    assert.equal(network.chain.new, false);
    const stands = Math.max(...load.done.map(({ block }) => block));
    assert.ok(await soon(async () => (await nodes[0].block()) > stands, 60), 'it does not go on');
    bounded(assert, 'from the command to a new block', performance.now() - again, 10_000);
    await nothingLost(assert);
    const before = load.done.length;
    load.start();
    assert.ok(await soon(() => load.done.length > before + 20, 60), 'no load after the restart');
    await load.stop();
});

await check('devnet ends its nodes when it is asked to, and they end with it when it is killed', async (assert) => {
    const pids = nodes.map(({ pid }) => pid);
    assert.deepEqual(await network.stop(), { code: 0, signal: null });
    assert.ok(!pids.some(alive), 'a node outlived devnet');
    const killed = await startNetwork({ dir, options: [] });
    const children = killed.nodes.map(({ pid }) => pid);
    process.kill(children[0], 'SIGSTOP');
    killed.child.kill('SIGKILL');
    assert.ok(await soon(() => !children.some(alive), 10), 'a node outlived devnet');
});

await check('on a terminal one table is drawn anew; elsewhere lines say what happens, without colours', async (assert) => {
    const screenOf = async (environment) => {
        const command = [talead, '--log', 'warning', 'devnet', '--dir', dir, '--rpc-port', '0'].join(' ');
        // In a process group of its own, so that all of it can be ended.
        const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, TERM: 'xterm', ...environment }, detached: true });
        let screen = '';
        child.stdout.on('data', (chunk) => (screen += chunk));
        const ended = new Promise((done) => child.on('exit', done));
        assert.ok(await soon(() => /node-4 +running/.test(screen), 60), screen);
        process.kill(Number(screen.match(/node-2 .*process (\d+)/)[1]), 'SIGKILL');
        assert.ok(await soon(() => /node-2 +ended.*start it again/.test(screen), 20), screen);
        assert.ok(screen.includes('talead --log warning run --config'), screen);
        process.kill(-child.pid, 'SIGTERM');
        await ended;
        return screen;
    };
    const coloured = await screenOf({ NO_COLOR: '' });
    assert.ok(coloured.includes('\x1b[31mnode-2'), 'red marks who ended');
    assert.ok(/\x1b\[\d+A/.test(coloured), 'the table is drawn over the last one');
    const plain = await screenOf({ NO_COLOR: '1' });
    assert.ok(!plain.includes('\x1b[31m'), 'no colour where none is wanted');
    const started = await startNetwork({ dir, options: [] });
    load.nodes = () => started.nodes;
    load.start();
    assert.ok(await soon(() => /block \d+, 4 of 4 nodes run, (?!0\.0)\d+\.\d tx\/s/.test(started.talk()), 40), started.talk());
    await load.stop();
    assert.ok(!started.talk().includes('\x1b'), 'no escapes off a terminal');
    await started.stop();
});

await check('what cannot be is refused in a sentence', async (assert) => {
    const refused = (pattern, ...args) => {
        const { status, stderr } = spawnSync(talead, ['devnet', ...args], { encoding: 'utf8', timeout: 30_000 });
        assert.equal(status, 1, stderr);
        assert.match(stderr, pattern);
    };
    refused(/has a chain of 4 validators; name another folder with --dir/, '--dir', dir, '--validators', '3', '--rpc-port', '0');
    const other = await startNetwork({ dir: join(work, 'other'), options: ['--validators', '2'] });
    const port = new URL(other.nodes[1].rpc).port;
    refused(/port \d+ for JSON-RPC of node-\d is taken/, '--dir', join(work, 'third'), '--validators', '2', '--rpc-port', port);
    await other.stop();
});

await check('one validator is one process, which --json describes too', async (assert) => {
    const one = await startNetwork({ dir: join(work, 'one'), options: [] });
    assert.deepEqual(one.nodes.map(({ pid }) => pid), [one.child.pid]);
    assert.ok(await soon(async () => (await one.nodes[0].block()) >= 1, 20));
    assert.deepEqual(await one.stop(), { code: 0, signal: null });
});

rmSync(work, { recursive: true, force: true });
finish();
