// Starts the real talead for a test and stops it again.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const programs = process.env.TALEA_BIN ?? join(repository, 'build', 'release', 'bin');

/** A development chain on a free port of loopback: {url, pid, dir, alive(), stop()}. */
export async function startDevnet(...options) {
    const dir = mkdtempSync(join(tmpdir(), 'talea-e2e-'));
    const node = await startNode(['devnet', '--dir', join(dir, 'chain'), '--rpc-port', '0', ...options]);
    return {
        ...node,
        dir,
        async stop() {
            const end = await node.stop();
            rmSync(dir, { recursive: true, force: true });
            return end;
        },
    };
}

/** talead with these arguments, once it listens: {url, pid, ended, output(), alive(), stop()}. */
export async function startNode(args) {
    const child = spawn(join(programs, 'talead'), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const ended = new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })));
    const url = await new Promise((found, failed) => {
        const look = (chunk) => {
            output += chunk;
            const match = output.match(/http:\/\/127\.0\.0\.1:[1-9][0-9]*/);
            if (match) found(match[0]);
        };
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        ended.then(({ code }) => failed(new Error(`talead ended with ${code} before it listened:\n${output}`)));
        setTimeout(() => failed(new Error(`talead did not say where it listens within 30 s:\n${output}`)), 30_000).unref();
    });
    return {
        url,
        pid: child.pid,
        ended,
        output: () => output,
        alive: () => child.exitCode === null && child.signalCode === null,
        stop() {
            child.kill('SIGTERM');
            return ended;
        },
    };
}
