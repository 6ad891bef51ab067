// Subscriptions over WebSocket as a user's library sees them, and what a client cannot do to others.
import { connect } from 'node:net';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createPublicClient, createWalletClient, defineChain, http, webSocket } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import WebSocket from 'ws';

import { compile } from '../../contracts/compile.mjs';
import { check, finish } from './checks.mjs';
import { repository, startDevnet } from './node_process.mjs';

const node = await startDevnet();
const url = node.url.replace('http:', 'ws:');
const chain = defineChain({
    id: 8253,
    name: 'talea',
    nativeCurrency: { name: 'none', symbol: 'NONE', decimals: 18 },
    rpcUrls: { default: { http: [node.url], webSocket: [url] } },
});
const account = privateKeyToAccount(generatePrivateKey());
const listener = createPublicClient({ chain, transport: webSocket(url, { reconnect: false }) });
const writer = createWalletClient({ chain, transport: http(), account });
const { contracts } = compile({ root: join(repository, 'tests', 'e2e'), sources: ['Register.sol'] });
const { abi, bytecode } = contracts.find(({ name }) => name === 'Register');
const { contractAddress: address } = await listener.waitForTransactionReceipt({ hash: await writer.deployContract({ abi, bytecode: `0x${bytecode}` }) });
const enter = (key, value) => writer.writeContract({ address, abi, functionName: 'enter', args: [key, value] });
const mined = (hash) => listener.waitForTransactionReceipt({ hash, timeout: 20_000 });

/** Waits until `holds`, at most 10 s. */
async function until(holds, what) {
    for (let i = 0; i < 500; i++) {
        if (await holds()) return;
        await new Promise((next) => setTimeout(next, 20));
    }
    throw new Error(`not within 10 s: ${what}`);
}
/** A connection of its own: {send(request), heard, closed(), socket}. */
async function open(options) {
    const socket = new WebSocket(url, options);
    const heard = [];
    const waiting = new Map();
    let end = null;
    socket.on('message', (data) => {
        const message = JSON.parse(data.toString());
        heard.push(message);
        waiting.get(message.id)?.(message);
    });
    socket.on('close', (code) => (end = code));
    socket.on('error', () => {});
    await new Promise((done, failed) => {
        socket.on('open', done);
        socket.on('error', failed);
    });
    let id = 0;
    const send = (method, ...params) =>
        new Promise((done) => {
            waiting.set(++id, done);
            socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
        });
    return { socket, heard, send, closed: () => end };
}

await check('viem watches blocks over WebSocket, each once and in order', async (assert) => {
    const numbers = [];
    const stop = listener.watchBlocks({ onBlock: ({ number }) => numbers.push(number), emitMissed: false });
    await until(async () => (await mined(await enter(1n, 1n))) && numbers.length >= 3, 'three blocks');
    stop();
    for (let i = 1; i < numbers.length; i++) assert.ok(numbers[i] > numbers[i - 1], numbers.join());
});

await check('viem watches the events of a contract, those of one key and no others', async (assert) => {
    const events = [];
    const stop = listener.watchContractEvent({ address, abi, eventName: 'Entered', args: { key: 77n }, onLogs: (logs) => events.push(...logs) });
    await new Promise((next) => setTimeout(next, 300)); // viem subscribes in its own time
    for (const [key, value] of [[77n, 1n], [78n, 2n], [77n, 3n]]) await mined(await enter(key, value));
    await until(() => events.length >= 2, 'two events');
    stop();
    assert.deepEqual(events.map(({ args }) => [args.key, args.value]), [[77n, 1n], [77n, 3n]]);
});

await check('viem watches pending transactions', async (assert) => {
    const hashes = [];
    const stop = listener.watchPendingTransactions({ onTransactions: (some) => hashes.push(...some) });
    await new Promise((next) => setTimeout(next, 300));
    const hash = await enter(5n, 5n);
    await until(() => hashes.includes(hash), 'the pending transaction');
    await mined(hash); // its block is no news to who subscribes next
    stop();
    assert.equal(hashes.filter((each) => each === hash).length, 1);
});

await check('a subscription tells of every block after its answer, none before, and nothing once it is ended', async (assert) => {
    const client = await open();
    const { result: id } = await client.send('eth_subscribe', 'newHeads');
    const { result: whole } = await client.send('eth_subscribe', 'newPendingTransactions', true);
    const { result: logs } = await client.send('eth_subscribe', 'logs', { address });
    const first = (await client.send('eth_blockNumber')).result;
    for (let i = 0; i < 20; i++) await mined(await enter(BigInt(i), 9n));
    const of = (one) => client.heard.filter(({ params }) => params?.subscription === one).map(({ params }) => params.result);
    await until(() => of(id).length >= 20 && of(logs).length >= 20, 'twenty blocks and logs');
    const numbers = of(id).map(({ number }) => Number(number));
    assert.deepEqual(numbers, Array.from(numbers, (_, i) => Number(first) + 1 + i));
    for (const { hash, parentHash } of of(id)) assert.match(hash + parentHash, /^(0x[0-9a-f]{64}){2}$/);
    assert.ok(of(whole).every(({ hash, from }) => hash && from === account.address.toLowerCase()));
    assert.equal((await client.send('eth_unsubscribe', id)).result, true);
    assert.equal((await client.send('eth_unsubscribe', id)).result, false);
    const before = of(id).length;
    await mined(await enter(1n, 1n));
    await until(() => of(logs).length >= 21, 'one more log');
    assert.equal(of(id).length, before);
    client.socket.close();
});

await check('requests of one connection are answered side by side, batches too', async (assert) => {
    const client = await open();
    client.socket.send(JSON.stringify([{ jsonrpc: '2.0', id: 'a', method: 'eth_chainId' }, { jsonrpc: '2.0', id: 'b', method: 'eth_blockNumber' }]));
    const answers = await Promise.all(Array.from({ length: 200 }, () => client.send('eth_chainId')));
    assert.ok(answers.every(({ result }) => result === '0x203d'));
    await until(() => client.heard.some((message) => Array.isArray(message) && message.length === 2), 'the batch');
    client.socket.send('nonsense');
    await until(() => client.heard.some(({ error }) => error?.code === -32700), 'a parse error');
    client.socket.close();
});

await check('subscriptions, their names and their number are judged', async (assert) => {
    const client = await open();
    assert.equal((await client.send('eth_subscribe', 'nothing')).error.code, -32602);
    assert.equal((await client.send('eth_subscribe')).error.code, -32602);
    assert.equal((await client.send('eth_subscribe', 'logs', { address: '0x12' })).error.code, -32602);
    for (let i = 0; i < 64; i++) assert.ok((await client.send('eth_subscribe', 'newHeads')).result);
    assert.equal((await client.send('eth_subscribe', 'newHeads')).error.code, -32005);
    client.socket.close();
});

await check('a page of another site gets no connection', async (assert) => {
    await assert.rejects(open({ headers: { origin: 'https://evil.example' } }), /403/);
    await assert.rejects(open({ headers: { host: 'evil.example' } }), /403/);
    (await open({ headers: { origin: 'http://localhost:3000' } })).socket.close();
});

await check('a client that does not read is cut off, and others notice nothing', async (assert) => {
    const { hostname, port } = new URL(node.url);
    const idle = connect(Number(port), hostname);
    idle.write(`GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${randomBytes(16).toString('base64')}\r\n\r\n`);
    await new Promise((done) => idle.once('data', done));
    idle.pause();
    let gone = false;
    idle.on('close', () => (gone = true));
    idle.on('error', () => (gone = true));
    const frame = (text) => {
        const body = Buffer.from(text);
        const mask = randomBytes(4);
        return Buffer.concat([Buffer.from([0x81, 0x80 | 126, body.length >> 8, body.length & 255]), mask, body.map((byte, i) => byte ^ mask[i % 4])]);
    };
    for (let i = 0; i < 64; i++) idle.write(frame(JSON.stringify({ jsonrpc: '2.0', id: i, method: 'eth_subscribe', params: ['newHeads'] }) + ' '.repeat(100)));
    // Its answers pile up besides: once 16 MiB wait, nothing more is read of it, and what it did not ask for ends it.
    const ask = frame(JSON.stringify({ jsonrpc: '2.0', id: 99, method: 'eth_getBlockByNumber', params: ['latest', true] }) + ' '.repeat(100));
    const client = await open();
    const other = await client.send('eth_subscribe', 'newHeads');
    assert.ok(other.result);
    const end = Date.now() + 60_000;
    while (!gone && Date.now() < end) {
        for (let i = 0; i < 500 && !gone; i++) idle.write(ask);
        await mined(await enter(1n, 1n));
        idle.read(1); // only to notice the end
    }
    assert.ok(gone, 'it was not cut off');
    const heard = client.heard.length;
    await mined(await enter(1n, 1n));
    await until(() => client.heard.length > heard, 'the other still hears');
    client.socket.close();
});

await check('a message that is too large ends its connection and nothing else', async (assert) => {
    const client = await open();
    client.socket.send(`"${'x'.repeat(9 * 1024 * 1024)}"`);
    await until(() => client.closed() !== null, 'the end of the connection');
    assert.ok([1006, 1009].includes(client.closed()), `code ${client.closed()}`); // the cut may overtake its reason
    assert.equal((await (await open()).send('eth_chainId')).result, '0x203d');
});

await check('the node lived through all of it and stops cleanly while clients listen', async (assert) => {
    const client = await open();
    await client.send('eth_subscribe', 'newHeads');
    assert.ok(node.alive());
    assert.deepEqual(await node.stop(), { code: 0, signal: null });
});
finish();
