// kill -9 at random moments under load: a transaction whose receipt was ever returned is there after every restart, one
// that waits waits again, and in the end `talead replay` recomputes every root. TALEA_CRASHES moments (default 10),
// TALEA_SEED as printed.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeFunctionData } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

import { compile } from '../../contracts/compile.mjs';
import { check, finish } from './checks.mjs';
import { programs, repository } from './node_process.mjs';
import { seededRandom } from './random.mjs';

const crashes = Number(process.env.TALEA_CRASHES ?? 10);
const senders = 8;
console.log(`${crashes} crashes`);
const random = seededRandom();

const dir = mkdtempSync(join(tmpdir(), 'talea-crash-'));
const talead = join(programs, 'talead');

function start() {
    const child = spawn(talead, ['--log', 'warning', 'devnet', '--dir', dir, '--rpc-port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })));
    const url = new Promise((found, failed) => {
        let output = '';
        child.stdout.on('data', (chunk) => {
            output += chunk;
            const match = output.match(/http:\/\/127\.0\.0\.1:[1-9][0-9]*/);
            if (match) found(match[0]);
        });
        ended.then(() => failed(new Error(`talead ended before it listened: ${output}`)));
    });
    return { child, ended, url };
}

async function ask(url, method, params) {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) });
    const { result, error } = await response.json();
    if (error) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
}

const { contracts, errors } = compile({ root: join(repository, 'tests', 'e2e'), sources: ['Register.sol'] });
if (!contracts?.length) throw new Error(JSON.stringify(errors));
const { abi, bytecode } = contracts.find(({ name }) => name === 'Register');
const accounts = Array.from({ length: senders }, () => privateKeyToAccount(generatePrivateKey()));
const returned = new Map(); // every receipt that the node ever returned, by transaction
let register;
let chainId;

const sign = (account, nonce, fields) =>
    account.signTransaction({ type: 'eip1559', chainId, nonce, gas: 1_000_000n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, ...fields });

/** One sender: a transaction, its receipt, the next, until the node is gone. */
async function load(url, account, synchronous) {
    let nonce = Number(await ask(url, 'eth_getTransactionCount', [account.address, 'latest']));
    for (;;) {
        const data = encodeFunctionData({ abi, functionName: 'enter', args: [BigInt(nonce % 50), BigInt(nonce + 1)] });
        const raw = await sign(account, nonce, { to: register, data });
        let receipt = null;
        if (synchronous) {
            receipt = await ask(url, 'eth_sendRawTransactionSync', [raw]);
        } else {
            const hash = await ask(url, 'eth_sendRawTransaction', [raw]);
            while (receipt === null) receipt = await ask(url, 'eth_getTransactionReceipt', [hash]);
        }
        returned.set(receipt.transactionHash, JSON.stringify(receipt));
        nonce += 1;
    }
}

async function verify(assert, url, hashes) {
    for (const hash of hashes) {
        const now = JSON.stringify(await ask(url, 'eth_getTransactionReceipt', [hash]));
        assert.equal(now, returned.get(hash), `the receipt of ${hash} changed or is gone`);
    }
}

{
    const { child, ended, url } = start();
    chainId = Number(await ask(await url, 'eth_chainId', []));
    const receipt = await ask(await url, 'eth_sendRawTransactionSync', [await sign(accounts[0], 0, { data: `0x${bytecode}` })]);
    register = receipt.contractAddress;
    returned.set(receipt.transactionHash, JSON.stringify(receipt));
    child.kill('SIGKILL');
    await ended;
}
for (let crash = 1; crash <= crashes; crash += 1) {
    const before = returned.size;
    await check(`crash ${crash}: every receipt that was returned is there after the restart`, async (assert) => {
        const { child, ended, url } = start();
        const at = await url;
        const known = [...returned.keys()];
        await verify(assert, at, known.slice(-500)); // those since the last crash, and some before
        const loads = accounts.map((account, i) => load(at, account, i % 2 === 0).catch((error) => error));
        await new Promise((later) => setTimeout(later, 20 + random(600)));
        child.kill('SIGKILL');
        assert.equal((await ended).signal, 'SIGKILL', 'the node lived until it was killed');
        await Promise.all(loads);
    });
    console.log(`    ${returned.size - before} receipts`);
}
await check('a transaction that waits for its turn is kept for a client who was given its hash', async (assert) => {
    const client = privateKeyToAccount(generatePrivateKey());
    const raws = await Promise.all([0, 1].map((nonce) => sign(client, nonce, { to: register, gas: 100_000n })));
    const first = start();
    const waiting = await ask(await first.url, 'eth_sendRawTransaction', [raws[1]]);
    await new Promise((later) => setTimeout(later, 3_000)); // it is written once a second
    first.child.kill('SIGKILL');
    await first.ended;
    const { child, ended, url } = start();
    try {
        const status = await ask(await url, 'talea_transactionStatus', [waiting]);
        assert.deepEqual(status, { status: 'queued', reason: 'the nonce 0 is missing' });
        await ask(await url, 'eth_sendRawTransactionSync', [raws[0], 20_000]);
        let receipt = null;
        const end = Date.now() + 20_000;
        while (receipt === null && Date.now() < end) receipt = await ask(await url, 'eth_getTransactionReceipt', [waiting]);
        assert.equal(receipt?.transactionHash, waiting, 'its turn has come');
        returned.set(waiting, JSON.stringify(receipt));
    } finally {
        child.kill('SIGKILL');
        await ended;
    }
});
await check('all receipts of all rounds are there, and replay recomputes every root', async (assert) => {
    const { child, ended, url } = start();
    await verify(assert, await url, returned.keys());
    assert.ok(returned.size > crashes, 'there was load');
    child.kill('SIGTERM');
    assert.deepEqual(await ended, { code: 0, signal: null });
    const replay = spawnSync(talead, ['replay', '--dir', dir], { encoding: 'utf8' });
    assert.equal(replay.status, 0, replay.stderr);
    console.log(`    ${returned.size} receipts in all; ${replay.stdout.split('\n')[0]}`);
});
rmSync(dir, { recursive: true, force: true });
finish();
