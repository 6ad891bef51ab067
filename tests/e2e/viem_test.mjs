// JSON-RPC as a user's library sees it: viem against a real node over HTTP, then everything that is wrong with a request.
import Ajv from 'ajv';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createPublicClient, createWalletClient, defineChain, encodeFunctionData, http, keccak256, parseEventLogs } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

import { compile } from '../../contracts/compile.mjs';
import { check, finish, skip } from './checks.mjs';
import { repository, startDevnet } from './node_process.mjs';

const node = await startDevnet();
const rpc = (body, headers = { 'content-type': 'application/json' }) =>
    fetch(node.url, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
const ask = async (method, params) => (await rpc({ jsonrpc: '2.0', id: 1, method, params })).json();
const errorOf = async (method, params) => (await ask(method, params)).error;

// --- answers against the published schemas -------------------------------------------------------------------------
const published = join(process.env.TALEA_SHARED ?? join(repository, '..', 'shared'), 'rpc', 'openrpc.json');
let validate = () => {};
if (existsSync(published)) {
    const document = JSON.parse(readFileSync(published, 'utf8'));
    const ajv = new Ajv({ strict: false, allErrors: true });
    ajv.addSchema({ $id: 'rpc', components: document.components });
    const results = new Map();
    const absolute = (schema) => JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"rpc#/components'));
    for (const { name, result } of document.methods) results.set(name, () => ajv.compile(absolute(result.schema)));
    const compiled = new Map();
    validate = (method, value) => {
        if (!results.has(method)) return;
        if (!compiled.has(method)) compiled.set(method, results.get(method)());
        const fits = compiled.get(method);
        if (!fits(value)) throw new Error(`${method} does not fit its published schema: ${ajv.errorsText(fits.errors)}\n${JSON.stringify(value)}`);
    };
} else {
    skip('published JSON-RPC schemas', `${published} is not there (set TALEA_SHARED)`);
}
/** The result of a call that must succeed, held against the published schema. */
async function result(method, ...params) {
    const answer = await ask(method, params);
    if (answer.error) throw new Error(`${method}: ${JSON.stringify(answer.error)}`);
    validate(method, answer.result);
    return answer.result;
}

// --- viem ----------------------------------------------------------------------------------------------------------
const chainId = Number(await result('eth_chainId'));
const chain = defineChain({
    id: chainId,
    name: 'talea',
    nativeCurrency: { name: 'none', symbol: 'NONE', decimals: 18 },
    rpcUrls: { default: { http: [node.url] } },
});
const reader = createPublicClient({ chain, transport: http(), pollingInterval: 20, cacheTime: 0 });
const alice = createWalletClient({ chain, transport: http(), account: privateKeyToAccount(generatePrivateKey()) });
const bob = createWalletClient({ chain, transport: http(), account: privateKeyToAccount(generatePrivateKey()) });
const { contracts, errors } = compile({ root: join(repository, 'tests', 'e2e'), sources: ['Register.sol'] });
if (!contracts?.length) throw new Error(JSON.stringify(errors));
const { abi, bytecode } = contracts.find(({ name }) => name === 'Register');
const mined = (hash) => reader.waitForTransactionReceipt({ hash, timeout: 20_000 });
let register;
let deployed;
let entered;

await check('viem deploys a contract', async (assert) => {
    deployed = await mined(await alice.deployContract({ abi, bytecode: `0x${bytecode}` }));
    assert.equal(deployed.status, 'success');
    register = deployed.contractAddress;
    assert.ok((await reader.getCode({ address: register })).length > 2);
});

await check('viem writes, and the receipt holds the event', async (assert) => {
    entered = await mined(await alice.writeContract({ address: register, abi, functionName: 'enter', args: [7n, 42n] }));
    assert.equal(entered.status, 'success');
    const [event] = parseEventLogs({ abi, logs: entered.logs });
    assert.deepEqual([event.args.who, event.args.key, event.args.value], [alice.account.address, 7n, 42n]);
});

await check('viem reads what was written, now and at the block before', async (assert) => {
    const read = (blockNumber) => reader.readContract({ address: register, abi, functionName: 'entries', args: [7n], blockNumber });
    assert.equal(await read(undefined), 42n);
    assert.equal(await read(entered.blockNumber), 42n);
    assert.equal(await read(entered.blockNumber - 1n), 0n);
});

await check('viem sees a revert as the typed error', async (assert) => {
    const refused = await reader
        .simulateContract({ account: bob.account, address: register, abi, functionName: 'enter', args: [1n, 0n] })
        .then(() => null, (error) => error.walk((cause) => cause.data?.errorName));
    assert.equal(refused.data.errorName, 'NothingToEnter');
    assert.deepEqual(refused.data.args, [bob.account.address]);
});

await check('viem gets logs by address, topic and range', async (assert) => {
    await mined(await bob.writeContract({ address: register, abi, functionName: 'enter', args: [8n, 1n] }));
    const event = abi.find(({ name }) => name === 'Entered');
    const all = await reader.getLogs({ address: register, event, fromBlock: 0n });
    assert.equal(all.length, 2);
    const bobs = await reader.getLogs({ address: register, event, args: { who: bob.account.address }, fromBlock: 'earliest', toBlock: 'latest' });
    assert.deepEqual(bobs.map(({ args }) => args.key), [8n]);
    assert.equal((await reader.getLogs({ event, blockHash: entered.blockHash })).length, 1);
});

await check('legacy, access-list and dynamic-fee transactions are all taken', async (assert) => {
    for (const type of ['legacy', 'eip2930', 'eip1559']) {
        const hash = await alice.writeContract({ address: register, abi, functionName: 'enter', args: [9n, 9n], type, ...(type === 'eip1559' ? {} : { gasPrice: 0n }) });
        const receipt = await mined(hash);
        assert.equal(receipt.type, type);
        await result('eth_getTransactionByHash', hash);
        await result('eth_getTransactionReceipt', hash);
    }
});

await check('a set-code transaction lets an account run code', async (assert) => {
    const authorization = await bob.signAuthorization({ contractAddress: register });
    const receipt = await mined(
        await alice.sendTransaction({
            authorizationList: [authorization],
            to: bob.account.address,
            data: encodeFunctionData({ abi, functionName: 'enter', args: [3n, 3n] }),
        }),
    );
    assert.equal(receipt.status, 'success');
    assert.equal(receipt.logs[0].address, bob.account.address.toLowerCase());
    await result('eth_getTransactionByHash', receipt.transactionHash);
    await result('eth_getBlockByHash', receipt.blockHash, true);
});

// --- every answer fits its published schema ------------------------------------------------------------------------
await check('blocks, found by number, hash and tag, fit the schema with hashes and with whole transactions', async (assert) => {
    const block = await result('eth_getBlockByHash', entered.blockHash, true);
    assert.equal(block.transactions[0].hash, entered.transactionHash);
    for (const tag of ['latest', 'pending', 'safe', 'finalized', 'earliest', '0x0', block.number]) {
        for (const full of [true, false]) await result('eth_getBlockByNumber', tag, full);
    }
    assert.equal(await result('eth_getBlockByNumber', '0xffffff', false), null);
    assert.equal(await result('eth_getBlockByHash', `0x${'11'.repeat(32)}`, false), null);
});

await check('receipts of creation and call fit the schema, one by one and by block', async (assert) => {
    await result('eth_getTransactionReceipt', deployed.transactionHash);
    const [receipt] = await result('eth_getBlockReceipts', `0x${entered.blockNumber.toString(16)}`);
    assert.equal(receipt.transactionHash, entered.transactionHash);
    assert.equal(await result('eth_getTransactionReceipt', `0x${'22'.repeat(32)}`), null);
    assert.equal(await result('eth_getTransactionByHash', `0x${'22'.repeat(32)}`), null);
});

await check('the small questions fit their schemas', async (assert) => {
    await result('eth_blockNumber');
    assert.equal(await result('net_version'), String(chainId));
    assert.match(await result('web3_clientVersion'), /^talea/i);
    assert.equal(await result('eth_syncing'), false);
    assert.deepEqual(await result('eth_accounts'), []);
    assert.equal(await result('eth_gasPrice'), '0x0');
    assert.equal(await result('eth_maxPriorityFeePerGas'), '0x0');
    await result('eth_feeHistory', '0x4', 'latest', [25, 75]);
    await result('eth_getBalance', alice.account.address, 'latest');
    assert.notEqual(await result('eth_getTransactionCount', alice.account.address, 'latest'), '0x0');
    await result('eth_getStorageAt', register, '0x0', 'latest');
    await result('eth_getCode', register, { blockHash: entered.blockHash });
    await result('eth_getLogs', { address: [register], fromBlock: '0x0', topics: [null, [`0x${alice.account.address.slice(2).toLowerCase().padStart(64, '0')}`]] });
});

await check('data and input are the same thing, and must agree where both are given', async (assert) => {
    const call = encodeFunctionData({ abi, functionName: 'entries', args: [7n] });
    const value = await result('eth_call', { to: register, data: call }, 'latest');
    assert.equal(BigInt(value), 42n);
    assert.equal(await result('eth_call', { to: register, input: call }, 'latest'), value);
    assert.equal(await result('eth_call', { to: register, data: call, input: call }), value);
    assert.equal((await errorOf('eth_call', [{ to: register, data: call, input: '0x' }, 'latest'])).code, -32602);
    assert.ok(BigInt(await result('eth_estimateGas', { from: alice.account.address, to: register, input: encodeFunctionData({ abi, functionName: 'enter', args: [1n, 1n] }) })) > 21000n);
});

await check('a revert answers code 3 with the revert data', async (assert) => {
    const error = await errorOf('eth_call', [{ to: register, data: encodeFunctionData({ abi, functionName: 'enter', args: [1n, 0n] }) }, 'latest']);
    assert.equal(error.code, 3);
    assert.equal(error.data.slice(0, 10), keccak256(Buffer.from('NothingToEnter(address)')).slice(0, 10));
});

// --- what is wrong with a request ----------------------------------------------------------------------------------
await check('malformed JSON answers -32700 with id null', async (assert) => {
    for (const body of ['{', '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"', 'nonsense', '', '[1,2', '\u0000']) {
        const answer = await (await rpc(body)).json();
        assert.equal(answer.error.code, -32700, body);
        assert.equal(answer.id, null);
    }
});

await check('JSON that is no request answers -32600', async (assert) => {
    for (const body of ['7', '"text"', 'null', '{}', '[]', '{"jsonrpc":"2.0","id":1}', '{"jsonrpc":"2.0","id":1,"method":7}']) {
        const answer = await (await rpc(body)).json();
        assert.equal(answer.error.code, -32600, body);
    }
});

await check('unknown methods answer -32601, also those of other clients', async (assert) => {
    for (const method of ['eth_nothing', 'admin_peers', 'engine_newPayloadV4', '']) assert.equal((await errorOf(method, [])).code, -32601, method);
});

await check('wrong, missing and surplus parameters answer -32602', async (assert) => {
    const wrong = [
        ['eth_getBalance', []],
        ['eth_getBalance', ['0x12', 'latest']],
        ['eth_getBalance', [7, 'latest']],
        ['eth_getBalance', [register, 'newest']],
        ['eth_getBalance', [register, '0x01']],
        ['eth_getBlockByNumber', ['latest', 'yes']],
        ['eth_getBlockByHash', ['0x12', false]],
        ['eth_call', ['0x', 'latest']],
        ['eth_call', [{ to: register, gas: -1 }, 'latest']],
        ['eth_getLogs', [{ fromBlock: '0x0', blockHash: entered.blockHash }]],
        ['eth_getStorageAt', [register, 'zero', 'latest']],
        ['eth_sendRawTransaction', ['0x']],
        ['eth_sendRawTransaction', ['zz']],
        ['eth_feeHistory', ['0x1', 'latest', [75, 25]]],
        ['eth_chainId', ['surplus']],
    ];
    for (const [method, params] of wrong) {
        const error = await errorOf(method, params);
        assert.equal(error?.code, -32602, `${method} ${JSON.stringify(params)}: ${JSON.stringify(error)}`);
        assert.ok(error.message.length > 10, 'the message names what is wrong');
    }
    assert.equal((await errorOf('eth_getBalance', 'text')).code, -32602);
});

await check('absent and null params are an empty list', async (assert) => {
    for (const body of ['{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}', '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":null}', '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}']) {
        assert.equal((await (await rpc(body)).json()).result, `0x${chainId.toString(16)}`);
    }
    assert.equal((await ask('eth_getBalance', null)).error.code, -32602);
    assert.equal(await result('eth_getBalance', register), await result('eth_getBalance', register, null));
});

await check('the id comes back as it was: number, text, null', async (assert) => {
    for (const id of [1, 0, 'text', null, 9007199254740991]) {
        assert.equal((await (await rpc({ jsonrpc: '2.0', id, method: 'eth_chainId' })).json()).id, id);
    }
});

await check('a notification gets no answer', async (assert) => {
    const answer = await rpc({ jsonrpc: '2.0', method: 'eth_chainId' });
    assert.equal(await answer.text(), '');
});

await check('a batch is answered whole, each request by itself, and its size is limited', async (assert) => {
    const answers = await (
        await rpc([{ jsonrpc: '2.0', id: 1, method: 'eth_chainId' }, { jsonrpc: '2.0', id: 2, method: 'eth_nothing' }, 7, { jsonrpc: '2.0', method: 'eth_chainId' }, { jsonrpc: '2.0', id: 3, method: 'eth_blockNumber', params: [] }])
    ).json();
    const byId = new Map(answers.map((answer) => [answer.id, answer]));
    assert.equal(answers.length, 4);
    assert.equal(byId.get(1).result, `0x${chainId.toString(16)}`);
    assert.equal(byId.get(2).error.code, -32601);
    assert.equal(byId.get(null).error.code, -32600);
    assert.ok(byId.get(3).result);
    const large = await rpc(Array.from({ length: 20_000 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'eth_chainId' })));
    const refused = await large.json();
    assert.equal((Array.isArray(refused) ? refused[0] : refused).error.code, -32600);
});

await check('an oversized body is refused with 413 and the node lives on', async (assert) => {
    const answer = await rpc(`{"jsonrpc":"2.0","id":1,"method":"eth_call","params":["0x${'00'.repeat(40_000_000)}"]}`).catch((error) => error);
    if (!(answer instanceof Error)) assert.equal(answer.status, 413); // the node may also close while we still send
    assert.equal(await result('eth_chainId'), `0x${chainId.toString(16)}`);
});

await check('deeply nested JSON, odd methods of HTTP and half requests end in an answer or a closed connection', async (assert) => {
    assert.ok((await (await rpc('['.repeat(100_000))).json()).error);
    assert.ok((await (await rpc(`{"jsonrpc":"2.0","id":1,"method":"eth_call","params":${'['.repeat(5_000)}${']'.repeat(5_000)}}`)).json()).error);
    assert.ok([400, 404, 405].includes((await fetch(node.url)).status));
    assert.ok((await fetch(node.url, { method: 'PUT', body: '{}' })).status >= 400);
    const { hostname, port } = new URL(node.url);
    for (const bytes of ['\r\n\r\n', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n', 'POST / HTTP/9.9\r\n\r\n', 'POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\n\r\n`]) {
        await new Promise((done) => {
            const socket = connect(Number(port), hostname, () => socket.end(bytes));
            socket.on('data', () => {});
            socket.on('close', done);
            socket.on('error', done);
            setTimeout(() => socket.destroy(), 2_000).unref();
        });
    }
    assert.equal(await result('eth_chainId'), `0x${chainId.toString(16)}`);
});

await check('transactions that cannot stand in a block are refused with -32000 and a sentence', async (assert) => {
    const sign = (fields) => alice.account.signTransaction({ type: 'eip1559', chainId, nonce: 1_000_000, gas: 100_000n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, to: register, ...fields });
    const nonce = await reader.getTransactionCount({ address: alice.account.address });
    for (const [what, fields] of Object.entries({
        'a nonce that was used': { nonce: 0 },
        'another chain': { nonce, chainId: chainId + 1 },
        'too little gas': { nonce, gas: 20_999n },
        'more gas than a transaction may have': { nonce, gas: 1n << 40n },
        'value that is not there': { nonce, value: 1n << 128n },
        'a tip above the fee': { nonce, maxPriorityFeePerGas: 1n },
    })) {
        const raw = await sign(fields).catch(() => null);
        if (raw === null) continue; // viem itself refuses to sign it
        const error = await errorOf('eth_sendRawTransaction', [raw]);
        assert.ok(error?.code === -32000 || error?.code === -32602 || error?.code === -32003, `${what}: ${JSON.stringify(error)}`);
        assert.ok(error.message.length > 10);
    }
});

await check('eth_sendRawTransactionSync answers the receipt in one round trip (EIP-7966)', async (assert) => {
    const nonce = await reader.getTransactionCount({ address: alice.account.address });
    const raw = await alice.account.signTransaction({ type: 'eip1559', chainId, nonce, gas: 200_000n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, to: register, data: encodeFunctionData({ abi, functionName: 'enter', args: [5n, 5n] }) });
    const answer = await ask('eth_sendRawTransactionSync', [raw]);
    validate('eth_getTransactionReceipt', answer.result);
    assert.equal(answer.result.status, '0x1');
    assert.equal(answer.result.transactionHash, keccak256(raw));
});

await check('the node lived through all of it and stops cleanly', async (assert) => {
    assert.ok(node.alive());
    assert.deepEqual(await node.stop(), { code: 0, signal: null });
});
finish();
