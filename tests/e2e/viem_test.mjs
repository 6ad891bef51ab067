// JSON-RPC as a user's library sees it: viem against a real node over HTTP, then everything that is wrong with a request.
import Ajv from 'ajv';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createPublicClient, createWalletClient, defineChain, encodeFunctionData, http, keccak256, parseEventLogs } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

import { compile } from '../../contracts/compile.mjs';
import { check, finish, skip } from './checks.mjs';
import { checkProof } from './merkle_proof.mjs';
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
    const has = await result('eth_capabilities');
    assert.deepEqual([has.head.number, has.receipts, has.state], [await result('eth_blockNumber'), { disabled: false, oldestBlock: '0x0' }, has.blocks]);
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
    for (const method of ['eth_nothing', 'admin_addPeer', 'engine_newPayloadV4', '']) assert.equal((await errorOf(method, [])).code, -32601, method);
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

// --- proofs --------------------------------------------------------------------------------------------------------
const enter = async (key, value, nonce) => {
    const data = encodeFunctionData({ abi, functionName: 'enter', args: [key, value] });
    const raw = await alice.account.signTransaction({ type: 'eip1559', chainId, nonce, gas: 200_000n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, to: register, data });
    return raw;
};
const nonceOf = (account) => reader.getTransactionCount({ address: account.address, blockTag: 'pending' });
const quantity = (value) => `0x${value.toString(16)}`;
/** The slot of `entries[key]`: the mapping is the contract's first variable. */
const slotOf = (key) => keccak256(`0x${key.toString(16).padStart(64, '0')}${'0'.repeat(64)}`);

await check('accounts and slots are proved at the head and at past blocks, down to those the stored trie has left behind', async (assert) => {
    const before = await result('eth_blockNumber');
    const proofAt = async (address, slots, block) => {
        const proof = await result('eth_getProof', address, slots, block);
        const { stateRoot } = await result('eth_getBlockByNumber', block, false);
        checkProof(stateRoot, proof);
        return proof;
    };
    const nonce = await nonceOf(alice.account);
    for (let i = 0; i < 80; i++) {
        const answer = await ask('eth_sendRawTransactionSync', [await enter(BigInt(i), BigInt(1000 + i), nonce + i)]);
        assert.equal(answer.result?.status, '0x1', JSON.stringify(answer));
    }
    const head = await result('eth_blockNumber');
    assert.ok(BigInt(head) >= BigInt(before) + 80n);
    const slots = [slotOf(7), slotOf(79), slotOf(500)];
    for (let block = 0n; block <= BigInt(head); block += block < BigInt(before) ? 1n : 13n) await proofAt(register, slots, quantity(block));
    const old = await proofAt(register, slots, quantity(entered.blockNumber));
    const now = await proofAt(register, slots, head);
    assert.deepEqual(old.storageProof.map(({ value }) => value), ['0x2a', '0x0', '0x0']);
    assert.deepEqual(now.storageProof.map(({ value }) => value), [quantity(1007), quantity(1079), '0x0']);
    assert.equal((await proofAt(alice.account.address, [], head)).nonce, quantity(nonce + 80));
    assert.equal((await proofAt(`0x${'77'.repeat(20)}`, [slotOf(1)], head)).accountProof.length > 0, true);
    assert.equal(BigInt((await reader.getProof({ address: register, storageKeys: [slotOf(7)] })).storageProof[0].value), 1007n);
    const { stateRoot } = await result('eth_getBlockByNumber', head, false);
    const bent = { ...now, storageProof: [{ ...now.storageProof[0], value: '0x1' }] };
    assert.throws(() => checkProof(stateRoot, bent), /slot/);
    assert.throws(() => checkProof(stateRoot, old), /not the one its parent names/);
});

await check('a proof of too many slots, or at a block that is not there, is refused', async (assert) => {
    assert.equal((await errorOf('eth_getProof', [register, Array(2_000).fill('0x0'), 'latest'])).code, -32602);
    assert.equal((await errorOf('eth_getProof', [register, [], '0xffffff'])).code, -32001);
    assert.equal((await errorOf('eth_getProof', [register])).code, -32602);
});

// --- what waits, and what is hashed --------------------------------------------------------------------------------
await check('what waits behind a gap is shown, and why', async (assert) => {
    const nonce = await nonceOf(bob.account);
    const raw = await bob.account.signTransaction({ type: 'eip1559', chainId, nonce: nonce + 5, gas: 100_000n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, to: register });
    const hash = await result('eth_sendRawTransaction', raw);
    const sender = bob.account.address.toLowerCase();
    assert.deepEqual(await result('txpool_status'), { pending: '0x0', queued: '0x1' });
    assert.equal((await result('txpool_content')).queued[sender][nonce + 5].hash, hash);
    assert.deepEqual((await result('txpool_contentFrom', sender)).pending, {});
    assert.equal((await result('txpool_contentFrom', sender)).queued[nonce + 5].blockHash, null);
    assert.equal((await result('txpool_inspect')).queued[sender][nonce + 5], `${register}: 0 wei + 100000 gas × 0 wei`);
    assert.equal(await result('debug_getRawTransaction', hash), raw);
    const why = await result('talea_why', hash);
    assert.deepEqual([why.status, why.missingNonce, why.from], ['queued', quantity(nonce), sender]);
    assert.equal((await result('talea_why', entered.transactionHash)).status, 'final');
    assert.equal((await result('talea_why', `0x${'33'.repeat(32)}`)).status, 'unknown');
    assert.ok((await result('talea_why')).sentence);
});

await check('raw headers, blocks, receipts and transactions are the bytes that are hashed', async (assert) => {
    const number = quantity(entered.blockNumber);
    assert.equal(keccak256(await result('debug_getRawHeader', number)), entered.blockHash);
    const header = await result('debug_getRawHeader', number);
    assert.ok((await result('debug_getRawBlock', number)).includes(header.slice(2)));
    assert.equal((await result('debug_getRawReceipts', number)).length, 1);
    assert.equal(keccak256(await result('debug_getRawTransaction', entered.transactionHash)), entered.transactionHash);
    assert.deepEqual(await result('debug_getBadBlocks'), []);
    assert.equal((await errorOf('debug_getRawTransaction', [`0x${'33'.repeat(32)}`])).code, -32001);
});

await check('transactions are counted and found by block and index', async () => {
    const number = quantity(entered.blockNumber);
    await result('eth_getBlockTransactionCountByNumber', number);
    await result('eth_getBlockTransactionCountByHash', entered.blockHash);
    await result('eth_getTransactionByBlockNumberAndIndex', number, '0x0');
    await result('eth_getTransactionByBlockHashAndIndex', entered.blockHash, '0x0');
});

// --- consensus and the node ----------------------------------------------------------------------------------------
await check('validators, certificates and proposers are told by block', async (assert) => {
    const number = quantity(entered.blockNumber);
    const [validator] = await result('qbft_getValidatorsByBlockNumber', number);
    assert.deepEqual(await result('qbft_getValidatorsByBlockHash', entered.blockHash), [validator]);
    assert.deepEqual(await result('qbft_getValidatorsByBlockNumber', '0x0'), [validator]);
    assert.equal(await result('qbft_getValidatorsByBlockNumber', '0xffffff'), null);
    assert.equal((await result('qbft_getCertificate', number)).seals.length, 1);
    const head = await result('eth_blockNumber');
    const [metrics] = await result('qbft_getSignerMetrics', '0x0', head);
    assert.deepEqual(metrics, { address: validator, proposedBlockCount: head, lastProposedBlockNumber: head });
    assert.equal((await result('qbft_getSignerMetrics'))[0].proposedBlockCount, quantity(Math.min(100, Number(head))));
    assert.equal((await errorOf('qbft_getSignerMetrics', ['0x5', '0x3'])).code, -32602);
    assert.deepEqual(await result('admin_peers'), []);
    const info = await result('admin_nodeInfo');
    assert.equal(info.id, validator);
    assert.equal(info.protocols.talea.genesis, (await result('eth_getBlockByNumber', '0x0', false)).hash);
});

// --- filters -------------------------------------------------------------------------------------------------------
await check('filters tell blocks, transactions and logs once, and those of a range again', async (assert) => {
    const blocks = await result('eth_newBlockFilter');
    const transactions = await result('eth_newPendingTransactionFilter');
    const event = abi.find(({ name }) => name === 'Entered');
    const logs = await reader.createContractEventFilter({ address: register, abi, eventName: 'Entered', args: { key: 321n } });
    const all = await reader.createEventFilter({ address: register, event, fromBlock: 0n });
    assert.equal(new Set([blocks, transactions, logs.id, all.id]).size, 4);
    const nonce = await nonceOf(alice.account);
    const raw = await enter(321n, 1n, nonce);
    const receipt = (await ask('eth_sendRawTransactionSync', [raw])).result;
    await ask('eth_sendRawTransactionSync', [await enter(322n, 1n, nonce + 1)]);
    assert.equal((await result('eth_getFilterChanges', blocks))[0], receipt.blockHash);
    assert.equal((await result('eth_getFilterChanges', transactions))[0], keccak256(raw));
    const [log, ...more] = await reader.getFilterChanges({ filter: logs });
    assert.deepEqual([log.transactionHash, log.args.value, more], [keccak256(raw), 1n, []]);
    for (const id of [blocks, transactions, logs.id]) assert.deepEqual((await ask('eth_getFilterChanges', [id])).result, []);
    assert.equal((await reader.getFilterLogs({ filter: all })).length, (await reader.getLogs({ address: register, event, fromBlock: 0n })).length);
    for (const id of [blocks, transactions, logs.id, all.id]) assert.equal(await result('eth_uninstallFilter', id), true);
    assert.equal(await result('eth_uninstallFilter', blocks), false);
    assert.equal((await errorOf('eth_getFilterChanges', [blocks])).code, -32000);
    assert.equal((await errorOf('eth_getFilterLogs', ['filter'])).code, -32602);
    assert.equal((await errorOf('eth_newFilter', [{ fromBlock: '0x9', toBlock: '0x2' }])).code, -32602);
    assert.equal((await errorOf('eth_subscribe', ['newHeads'])).code, -32000);
});

// --- limits --------------------------------------------------------------------------------------------------------
await check('a batch of calls that never end is cut off, and others are answered meanwhile', async (assert) => {
    const creation = '0x635b600056600052600460' + '1cf3'; // runtime: JUMPDEST PUSH1 0 JUMP
    const { contractAddress } = await mined(await alice.sendTransaction({ data: creation }));
    const began = Date.now();
    const batch = rpc(Array.from({ length: 1_000 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'eth_call', params: [{ to: contractAddress }, 'latest'] }))).then((answer) => answer.json());
    let longest = 0;
    let answered = 0;
    const done = batch.then(() => true);
    while (!(await Promise.race([done, new Promise((next) => setTimeout(next, 50, false))]))) {
        const asked = Date.now();
        await result('eth_blockNumber');
        longest = Math.max(longest, Date.now() - asked);
        answered += 1;
    }
    const answers = await batch;
    assert.equal(answers.length, 1_000);
    assert.equal(answers[0].error.code, -32000, JSON.stringify(answers[0]));
    assert.equal(answers.at(-1).error.code, -32005, JSON.stringify(answers.at(-1)));
    assert.ok(Date.now() - began < 15_000 && answered > 10, `${Date.now() - began} ms, ${answered} answers`);
    console.log(`    others waited at most ${longest} ms`);
    const together = await Promise.all(Array.from({ length: 100 }, () => ask('eth_call', [{ to: contractAddress, gas: '0x4c4b40' }, 'latest'])));
    assert.ok(together.every(({ error }) => error.code === -32000), 'a hundred clients with a call each are all answered');
});

await check('the node lived through all of it and stops cleanly', async (assert) => {
    assert.ok(node.alive());
    assert.deepEqual(await node.stop(), { code: 0, signal: null });
});
finish();
