// node tests/bench/http_bench.mjs [--transfers N] [--senders N] [--json]
//
// Signed restricted transfers in over HTTP, end to end: from the first request until the last transfer is final, on an
// enforced chain of one validator that syncs each block. Signed beforehand; sent once over one connection in batches of
// 100, once over 8 connections one by one. Beside it, in the same run, what one core recovers of signatures: the bound
// of any node. Fails only where a transfer fails, never for a time. The client shares the machine's cores.
//
// Settings: TALEA_BIN   folder of talead, talea and bench_execution (default: build/release/bin)
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { programs, repository, startDevnet } from '../e2e/node_process.mjs';

const load = createRequire(join(repository, 'tests', 'e2e', 'package.json'));
const { encodeFunctionData, parseAbi } = load('viem');
const { generatePrivateKey, privateKeyToAccount } = load('viem/accounts');

const numberAfter = (name, otherwise) => (process.argv.includes(name) ? Number(process.argv[process.argv.indexOf(name) + 1]) : otherwise);
const transfers = numberAfter('--transfers', 4_000);
const senderCount = numberAfter('--senders', 40);
const batchSize = 100;
const connections = 8;
const perSender = Math.ceil(transfers / senderCount);
if (!(transfers >= senderCount && senderCount >= 2 && perSender <= 1_000)) {
    console.error('usage: http_bench.mjs [--transfers N] [--senders N] [--json]; 2 senders at least, at most 1000 transfers each');
    process.exit(2);
}

// --- the chain: a token under a policy that asks for known holders --------------------------------------------------
const home = mkdtempSync(join(tmpdir(), 'talea-bench-'));
writeFileSync(join(home, 'password'), 'of this benchmark only\n');
const environment = { ...process.env, TALEA_HOME: home, TALEA_PASSWORD_FILE: join(home, 'password') };
const talea = (...words) => execFileSync(join(programs, 'talea'), words, { env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
const admin = talea('account', 'new', 'admin', '--light');
const senders = Array.from({ length: senderCount }, () => privateKeyToAccount(generatePrivateKey()));
const chain = await startDevnet('--enforced', '--admin', admin, ...senders.flatMap(({ address }) => ['--grant', `${address}=transact`]));
environment.TALEA_RPC = chain.url;
const asAdmin = (...words) => talea(...words, '--account', 'admin', '--yes');
asAdmin('permission', 'add-registrar', 'admin');
writeFileSync(join(home, 'holders.csv'), `identity,wallet,country\n${senders.map(({ address }, i) => `holder-${i},${address},US\n`).join('')}`);
asAdmin('holder', 'import', join(home, 'holders.csv'));
asAdmin('policy', 'create', 'known');
const token = asAdmin('token', 'deploy', 'RestrictedToken', '--name', 'Bench Fund', '--symbol', 'BENCH', '--cap', '1000000000', '--policy', '1', '--issuer', 'admin', '--agent', 'admin', '--compliance', 'admin', '--roles-may-overlap', '--as', 'BENCH').match(/0x[0-9a-fA-F]{40}/)[0];
for (const { address } of senders) asAdmin('token', 'issue', 'BENCH', address, '1000000');

// --- HTTP ----------------------------------------------------------------------------------------------------------
const { hostname, port } = new URL(chain.url);
const post = (agent, body) =>
    new Promise((done, failed) => {
        const sent = request({ hostname, port, method: 'POST', agent, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }, (answer) => {
            const chunks = [];
            answer.on('data', (chunk) => chunks.push(chunk));
            answer.on('end', () => done(JSON.parse(Buffer.concat(chunks).toString())));
        });
        sent.on('error', failed);
        sent.end(body);
    });
const asker = new Agent({ keepAlive: true, maxSockets: 1 });
const askAll = async (calls) => {
    const answers = await post(asker, JSON.stringify(calls.map(([method, ...params], id) => ({ jsonrpc: '2.0', id, method, params }))));
    return answers.sort((a, b) => a.id - b.id).map(({ result, error }) => {
        if (error) throw new Error(JSON.stringify(error));
        return result;
    });
};
const [chainId] = await askAll([['eth_chainId']]);

// --- transfers, signed beforehand -------------------------------------------------------------------------------------
const abi = parseAbi(['function transfer(address to, uint256 amount) returns (bool)']);
const nonces = new Map(senders.map(({ address }) => [address, 0]));
/** [{sender, body of one request}], in the order of their nonces, the senders in turn. */
async function sign(count) {
    const requests = [];
    for (let i = 0; i < count; i += 1) {
        const sender = i % senderCount;
        const account = senders[sender];
        const nonce = nonces.get(account.address);
        nonces.set(account.address, nonce + 1);
        const data = encodeFunctionData({ abi, functionName: 'transfer', args: [senders[(sender + 1 + (i % (senderCount - 1))) % senderCount].address, 1n + BigInt(i)] });
        const raw = await account.signTransaction({ type: 'eip1559', chainId: Number(chainId), nonce, gas: 400_000n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, to: token, data });
        requests.push({ sender, body: JSON.stringify({ jsonrpc: '2.0', id: i, method: 'eth_sendRawTransaction', params: [raw] }) });
    }
    return requests;
}
const accepted = (answer) => {
    if (!answer.result) throw new Error(`a transfer was not taken: ${JSON.stringify(answer.error)}`);
    return answer.result;
};
async function sendInBatches(requests) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const bodies = [];
    for (let i = 0; i < requests.length; i += batchSize) bodies.push(`[${requests.slice(i, i + batchSize).map(({ body }) => body).join(',')}]`);
    return async () => {
        const hashes = [];
        for (const body of bodies) hashes.push(...(await post(agent, body)).map(accepted));
        agent.destroy();
        return hashes;
    };
}
async function sendOneByOne(requests) {
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    return async () => {
        const lanes = Array.from({ length: connections }, (_, lane) => requests.filter(({ sender }) => sender % connections === lane));
        const hashes = await Promise.all(
            lanes.map(async (lane) => {
                const own = [];
                for (const { body } of lane) own.push(accepted(await post(agent, body)));
                return own;
            }),
        );
        agent.destroy();
        return hashes.flat();
    };
}

/** Seconds of processor time that the node has used. */
function processorSeconds() {
    const fields = readFileSync(`/proc/${chain.pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100; // utime and stime in ticks (proc(5)), 100 a second on Linux
}

async function measure(name, prepare) {
    const run = await prepare(await sign(transfers));
    const first = Number((await askAll([['eth_blockNumber']]))[0]);
    const used = processorSeconds();
    const begun = performance.now();
    const hashes = await run();
    const taken = performance.now();
    const last = senders.map(({ address }) => ['eth_getTransactionCount', address, 'latest']);
    while (!(await askAll(last)).every((count, i) => Number(count) === nonces.get(senders[i].address))) await new Promise((done) => setTimeout(done, 2));
    const ended = performance.now();
    const processor = processorSeconds() - used;
    for (let i = 0; i < hashes.length; i += 500) {
        for (const receipt of await askAll(hashes.slice(i, i + 500).map((hash) => ['eth_getTransactionReceipt', hash])))
            if (receipt?.status !== '0x1') throw new Error(`a transfer failed: ${JSON.stringify(receipt)}`);
    }
    const blocks = Number((await askAll([['eth_blockNumber']]))[0]) - first;
    return { name, transfers, blocks, takenPerSecond: (transfers * 1000) / (taken - begun), finalPerSecond: (transfers * 1000) / (ended - begun), nodeProcessorSecondsPer10000: (processor * 10_000) / transfers };
}

/** What one core recovers of signatures a second, measured now; undefined where the program is not built. */
function recoveriesPerSecond() {
    const program = join(programs, 'bench_execution');
    if (!existsSync(program)) return undefined;
    return JSON.parse(execFileSync(program, ['--holders', '100', '--transfers', '1000', '--json'], { encoding: 'utf8' })).recoveriesPerSecond;
}

try {
    await measure('warm-up', sendInBatches);
    const before = recoveriesPerSecond();
    const results = [await measure(`1 connection, batches of ${batchSize}`, sendInBatches), await measure(`${connections} connections, one by one`, sendOneByOne)];
    const after = recoveriesPerSecond();
    const recoveries = before && after ? Math.max(before, after) : undefined;
    if (process.argv.includes('--json')) {
        console.log(JSON.stringify({ recoveriesPerSecond: recoveries, results }, null, 2));
    } else {
        console.log(`${transfers} restricted transfers of ${senderCount} known holders, each way; the client shares the machine`);
        for (const { name, blocks, takenPerSecond, finalPerSecond, nodeProcessorSecondsPer10000 } of results) {
            const share = recoveries ? `, ${((100 * finalPerSecond) / recoveries).toFixed(0)} % of what one core recovers` : '';
            console.log(`  ${name.padEnd(30)} ${finalPerSecond.toFixed(0).padStart(7)} final a second (taken ${takenPerSecond.toFixed(0)}) in ${blocks} blocks${share}; node ${nodeProcessorSecondsPer10000.toFixed(2)} processor s for 10,000`);
        }
        console.log(recoveries ? `  signature recovery             ${recoveries.toFixed(0).padStart(7)} a second and core` : '  signature recovery: bench_execution is not built');
    }
} finally {
    await chain.stop();
    rmSync(home, { recursive: true, force: true });
}
