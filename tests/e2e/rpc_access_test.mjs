// Who may ask a node by token, certificate, host and origin, and what is said to who may not.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';

import { check, finish } from './checks.mjs';
import { programs, startNode } from './node_process.mjs';

const files = mkdtempSync(join(tmpdir(), 'talea-access-'));
const dir = join(files, 'chain');
await (await startNode(['devnet', '--dir', dir, '--rpc-port', '0'])).stop();
const secret = randomBytes(32);
const secretFile = join(files, 'secret');
writeFileSync(secretFile, `0x${secret.toString('hex')}\n`);
const key = join(files, 'key.pem');
const certificate = join(files, 'certificate.pem');
execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-keyout', key, '-out', certificate, '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'], { stdio: 'ignore' });

/** `talead run` of the chain with these options: {url, stop()}. */
async function run(...options) {
    const child = spawn(join(programs, 'talead'), ['run', '--dir', dir, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise((done) => child.on('exit', (code) => done(code)));
    let output = '';
    const url = await new Promise((found, failed) => {
        const look = (chunk) => {
            output += chunk;
            const match = output.match(/JSON-RPC at (https?:\/\/\S+)/);
            if (match) found(match[1]);
        };
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        ended.then((code) => failed(new Error(`ended with ${code}: ${output}`)));
    });
    return {
        url,
        stop() {
            child.kill('SIGTERM');
            return ended;
        },
    };
}
/** What `talead run` says where it does not start. */
function refusal(...options) {
    const { status, stderr } = spawnSync(join(programs, 'talead'), ['run', '--dir', dir, ...options], { encoding: 'utf8', timeout: 20_000 });
    return { status, stderr };
}
const base64url = (value) => Buffer.from(value).toString('base64url');
function token({ iat = Math.floor(Date.now() / 1000), alg = 'HS256', by = secret } = {}) {
    const text = `${base64url(JSON.stringify({ typ: 'JWT', alg }))}.${base64url(JSON.stringify({ iat }))}`;
    return `Bearer ${text}.${createHmac('sha256', by).update(text).digest('base64url')}`;
}
const chainId = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId' });
/** {status, headers, body} of one request; by node:http, since fetch sets neither Host nor Origin. */
function ask(url, { method = 'POST', path = '/', headers = {}, body = method === 'POST' ? chainId : '' } = {}) {
    return new Promise((done, failed) => {
        const send = url.startsWith('https') ? httpsRequest : httpRequest;
        const trusted = url.startsWith('https') ? { ca: readFileSync(certificate), servername: 'localhost' } : {};
        const request = send(url + path, { method, headers, ...trusted }, (answer) => {
            let text = '';
            answer.on('data', (chunk) => (text += chunk));
            answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, body: text }));
        });
        request.on('error', failed);
        request.end(body);
    });
}
const connects = (url, options) =>
    new Promise((done) => {
        const socket = new WebSocket(url, options);
        socket.on('open', () => {
            socket.send(chainId);
            socket.on('message', (data) => {
                socket.close();
                done(JSON.parse(data.toString()).result);
            });
        });
        socket.on('error', (error) => done(error.message));
    });

await check('outside loopback a node wants a secret or TLS, and says so', (assert) => {
    const { status, stderr } = refusal('--rpc-listen', '0.0.0.0:0');
    assert.equal(status, 1);
    assert.match(stderr, /outside loopback, only with a secret \(--rpc-jwt-secret\) or TLS/);
});

await check('files and addresses that are none are named', (assert) => {
    writeFileSync(join(files, 'short'), 'abcd');
    for (const [options, said] of [
        [['--rpc-jwt-secret', join(files, 'short')], /holds no secret: 64 hexadecimal digits/],
        [['--rpc-jwt-secret', join(files, 'nothing')], /nothing/],
        [['--rpc-tls-cert', certificate], /both --rpc-tls-cert and --rpc-tls-key/],
        [['--rpc-tls-cert', key, '--rpc-tls-key', key], /is no certificate in PEM/],
        [['--rpc-tls-cert', certificate, '--rpc-tls-key', secretFile], /is no key in PEM/],
        [['--rpc-listen', 'localhost'], /not of the form HOST:PORT/],
        [['--rpc-listen', 'example.com:1'], /is no address to listen on/],
        [['--rpc-listen', '127.0.0.1:0', '--rpc-port', '0'], /name one of them/],
    ]) {
        const { status, stderr } = refusal(...(options.includes('--rpc-listen') ? [] : ['--rpc-port', '0']), ...options);
        assert.equal(status, 1, stderr);
        assert.match(stderr, said);
    }
});

await check('with a secret, a token of now opens, over HTTP and WebSocket; none, an old or a foreign one does not', async (assert) => {
    const node = await run('--rpc-listen', '127.0.0.1:0', '--rpc-jwt-secret', secretFile);
    const bearer = (authorization) => ask(node.url, { headers: { authorization } });
    assert.equal(JSON.parse((await bearer(token())).body).result, '0x203d');
    const old = Math.floor(Date.now() / 1000) - 120;
    for (const [authorization, said] of [
        ['', /wants a token/],
        [token({ iat: old }), /last minute/],
        [token({ by: randomBytes(32) }), /another secret/],
        [token({ alg: 'none' }), /HS256/],
        ['Bearer nonsense', /no JSON Web Token/],
    ]) {
        const { status, body } = await bearer(authorization);
        assert.equal(status, 401);
        assert.match(body, said);
    }
    const socket = node.url.replace('http', 'ws');
    assert.equal(await connects(socket, { headers: { authorization: token() } }), '0x203d');
    assert.match(await connects(socket), /401/);
    assert.equal((await ask(node.url, { method: 'GET', path: '/healthz' })).status, 200);
    assert.equal(await node.stop(), 0);
});

await check('with a certificate HTTP and WebSocket run over TLS, and plain text gets nothing', async (assert) => {
    const node = await run('--rpc-listen', '127.0.0.1:0', '--rpc-tls-cert', certificate, '--rpc-tls-key', key);
    assert.match(node.url, /^https:/);
    const { status, body } = await ask(node.url);
    assert.deepEqual([status, JSON.parse(body).result], [200, '0x203d']);
    assert.equal(await connects(node.url.replace('https', 'wss'), { ca: readFileSync(certificate), servername: 'localhost' }), '0x203d');
    await assert.rejects(ask(node.url.replace('https', 'http')));
    const large = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'web3_sha3', params: [`0x${'ab'.repeat(1_000_000)}`] });
    assert.match(JSON.parse((await ask(node.url, { body: large })).body).result, /^0x[0-9a-f]{64}$/);
    assert.equal(await node.stop(), 0);
});

await check('hosts and origins are those of loopback and of the lists, and browsers are told', async (assert) => {
    const node = await run('--rpc-port', '0', '--rpc-host', 'rpc.bank.example', '--rpc-origin', 'https://treasury.example');
    const status = async (headers, method) => (await ask(node.url, { headers, method })).status;
    assert.equal(await status({ host: 'rpc.bank.example:8545' }), 200);
    assert.equal(await status({ host: 'evil.example' }), 403);
    assert.equal(await status({ origin: 'https://evil.example' }), 403);
    const answer = await ask(node.url, { headers: { origin: 'https://treasury.example' } });
    assert.equal(answer.headers['access-control-allow-origin'], 'https://treasury.example');
    const preflight = await ask(node.url, { method: 'OPTIONS', headers: { origin: 'https://treasury.example', 'access-control-request-method': 'POST' } });
    assert.equal(preflight.status, 204);
    assert.match(preflight.headers['access-control-allow-headers'], /Authorization/);
    const foreign = await ask(node.url, { method: 'OPTIONS', headers: { origin: 'https://evil.example' } });
    assert.deepEqual([foreign.status, foreign.headers['access-control-allow-origin']], [403, undefined]);
    assert.equal(await node.stop(), 0);
});
await check('talead status and talea ask a node with a secret and a certificate, and say what is missing', async (assert) => {
    const node = await run('--rpc-listen', '127.0.0.1:0', '--rpc-jwt-secret', secretFile, '--rpc-tls-cert', certificate, '--rpc-tls-key', key);
    const url = node.url.replace('127.0.0.1', 'localhost');
    const foreign = join(files, 'foreign');
    writeFileSync(foreign, randomBytes(32).toString('hex'));
    const says = (program, words, options, environment = {}) => {
        const { status, stdout, stderr } = spawnSync(join(programs, program), [...words, ...options], { encoding: 'utf8', env: { ...process.env, ...environment }, timeout: 30_000 });
        return { status, said: stdout + stderr };
    };
    for (const [program, words, unreachable] of [['talead', ['status', '--json'], 1], ['talea', ['clock', 'show', '--json'], 3]]) {
        const both = ['--jwt-secret', secretFile, '--ca', certificate];
        const good = says(program, words, ['--rpc', url, ...both]);
        assert.equal(good.status, 0, good.said);
        const byEnvironment = says(program, words, ['--rpc', url], { TALEA_JWT_SECRET: secretFile, TALEA_CA: certificate });
        assert.equal(byEnvironment.status, 0, byEnvironment.said);
        for (const [options, reason, code] of [
            [['--rpc', url, '--ca', certificate], /wants a token/, unreachable],
            [['--rpc', url, '--ca', certificate, '--jwt-secret', foreign], /another secret/, unreachable],
            [['--rpc', url, '--ca', certificate, '--jwt-secret', certificate], /holds no secret of a node/, program === 'talea' ? 2 : 1],
            [['--rpc', url, '--ca', secretFile, '--jwt-secret', secretFile], /holds no certificates/, program === 'talea' ? 2 : 1],
            [['--rpc', url, '--jwt-secret', secretFile], /its certificate: self-signed certificate/, unreachable],
            [['--rpc', node.url, ...both], /its certificate: IP address mismatch/, unreachable],
            [['--rpc', url.replace('https', 'http'), ...both], /did not answer/, unreachable],
            [['--rpc', 'ftp://localhost', ...both], /is no address of a node; write it as/, program === 'talea' ? 2 : 1],
        ]) {
            const { status, said } = says(program, words, options);
            assert.match(said, reason);
            assert.equal(status, code, said);
        }
    }
    assert.equal(await node.stop(), 0);
});
rmSync(files, { recursive: true, force: true });
finish();
