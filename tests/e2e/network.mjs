// Four validators as real processes for tests: `talead devnet --validators`, its nodes, and transactions for them.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keccak256 } from 'viem';

import { programs } from './node_process.mjs';

export const talead = join(programs, 'talead');
export const later = (ms) => new Promise((done) => setTimeout(done, ms));

/** One JSON-RPC request; given up after `ms`. An error that is answered is thrown. */
export async function ask(url, method, params = [], ms = 10_000) {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal: AbortSignal.timeout(ms) });
    const { result, error } = await response.json();
    if (error) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
}

/** Asks again, every 20 ms, until it holds or the time is up; what throws does not hold. Returns whether it did. */
export async function soon(holds, seconds) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
        if (await Promise.resolve().then(holds).catch(() => false)) return true;
        if (Date.now() > end) return false;
        await later(20);
    }
}

/** What a test started ends with it, however it ends. */
const started = new Set();
process.on('exit', () => started.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
function begin(program, args, stdio) {
    const child = spawn(program, args, { stdio });
    started.add(child);
    child.on('exit', () => started.delete(child));
    return child;
}

export function alive(pid) {
    try {
        process.kill(pid, 0);
        return true;
    } catch {
        return false;
    }
}

export const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
/** "p50 12.3 ms, p95 ..., p99 ..." of milliseconds in any order. */
export function percentiles(times) {
    const sorted = [...times].sort((a, b) => a - b);
    return [50, 95, 99].map((p) => `p${p} ${quantile(sorted, p / 100).toFixed(1)} ms`).join(', ');
}

/** A validator that runs, or does not for the moment. */
export class Node {
    constructor({ name, address, rpc, pid, dir, log, command }) {
        Object.assign(this, { name, address, rpc, pid, dir, log, command });
    }
    ask(method, params = [], ms = undefined) {
        return ask(this.rpc, method, params, ms);
    }
    async block() {
        return Number(await this.ask('eth_blockNumber'));
    }
    async hashOf(number) {
        return (await this.ask('eth_getBlockByNumber', [`0x${number.toString(16)}`, false]))?.hash ?? null;
    }
    /** Hands it in, as a node that may have it already; its receipt, or null where there is none within `wait` ms. */
    receiptOf(raw, wait) {
        return this.ask('eth_sendRawTransactionSync', [raw, wait], wait + 500)
            .catch(() => this.ask('eth_getTransactionReceipt', [keccak256(raw)], 500))
            .catch(() => null);
    }
    signal(name) {
        process.kill(this.pid, name);
    }
    async kill() {
        this.signal('SIGKILL');
        await soon(() => !this.runs(), 10);
    }
    runs() {
        return this.process ? this.process.exitCode === null && this.process.signalCode === null : alive(this.pid);
    }
    /** By the command that devnet names; it answers when this returns. */
    async start() {
        const log = openSync(this.log, 'a');
        this.process = begin(this.command[0], this.command.slice(1), ['ignore', log, log]);
        closeSync(log);
        this.pid = this.process.pid;
        if (!(await soon(() => this.block().then(() => true), 30))) throw new Error(`${this.name} does not answer after its start`);
    }
}

/** `talead devnet --validators 4` in `dir`, once it said what runs. */
export async function startNetwork({ dir = mkdtempSync(join(tmpdir(), 'talea-devnet-')), options = ['--validators', '4'] } = {}) {
    const child = begin(talead, ['devnet', '--dir', dir, '--rpc-port', '0', '--json', ...options], ['ignore', 'pipe', 'pipe']);
    let said = '';
    let talk = '';
    child.stderr.on('data', (chunk) => (talk += chunk));
    const ended = new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })));
    const chain = await new Promise((found, failed) => {
        child.stdout.on('data', (chunk) => {
            said += chunk;
            if (said.includes('\n')) found(JSON.parse(said));
        });
        ended.then(({ code }) => failed(new Error(`devnet ended with ${code}: ${talk}`)));
    });
    const nodes = chain.nodes.map((node) => new Node(node));
    return {
        dir,
        chain,
        nodes,
        child,
        ended,
        talk: () => talk,
        /** Asks devnet to end, and the nodes that were started again beside it. */
        async stop() {
            if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
            const end = await ended;
            await Promise.all(nodes.map((node) => node.process && node.runs() && node.kill()));
            return end;
        },
    };
}

/** A transaction of a chain whose gas is free, signed. */
export const sign = (account, chainId, nonce, fields) =>
    account.signTransaction({ type: 'eip1559', chainId, nonce, gas: 100_000n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, ...fields });

/**
 * Keeps accounts sending, one transaction each at a time: signs, sends to a node of `nodes()` in turn and waits for the
 * receipt; what got none is sent again, the same bytes to the next node, until it is final.
 */
export class Load {
    constructor({ accounts, chainId, nodes, fields, wait = 2_000 }) {
        Object.assign(this, { accounts, chainId, nodes, fields, wait });
        /** {hash, block, blockHash, ms, at} of every receipt that was seen. */
        this.done = [];
        this.stopped = true;
        this.nonces = accounts.map(() => 0);
        this.turn = 0;
    }
    start() {
        this.stopped = false;
        this.senders = this.accounts.map((_, i) => this.keepSending(i));
    }
    async stop() {
        this.stopped = true;
        await Promise.all(this.senders);
    }
    async keepSending(i) {
        while (!this.stopped) {
            // The same account, nonce and fields are the same bytes: what was stopped half-way is taken up again.
            const raw = await sign(this.accounts[i], this.chainId, this.nonces[i], this.fields(i, this.nonces[i]));
            if (await this.untilFinal(raw)) this.nonces[i] += 1;
        }
    }
    async untilFinal(raw) {
        const began = performance.now();
        while (!this.stopped) {
            const nodes = this.nodes();
            const node = nodes[(this.turn += 1) % nodes.length];
            const receipt = await node.receiptOf(raw, this.wait);
            if (receipt) {
                const at = performance.now();
                this.done.push({ hash: receipt.transactionHash, block: Number(receipt.blockNumber), blockHash: receipt.blockHash, ms: at - began, at });
                return true;
            }
            await later(20);
        }
        return false;
    }
}

/** The longest time without a receipt between two moments, in ms; the moments count as receipts. */
export function longestGap(done, from, to) {
    const times = [from, ...done.map(({ at }) => at).filter((at) => at > from && at < to), to].sort((a, b) => a - b);
    return Math.max(...times.slice(1).map((at, i) => at - times[i]));
}
