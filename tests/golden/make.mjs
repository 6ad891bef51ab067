// Makes a golden chain: a real node runs a story of many calls, its chain is exported, and the export is what every later
// program must execute to the same roots. Run once for each version of the native registries, when it is released:
//
//   node tests/golden/make.mjs version-1 --from 1
//   node tests/golden/make.mjs upgrade-1-to-2 --from 1 --to 2
//
// Writes tests/golden/NAME.tar.xz and its line in chains.json. A golden chain that was released is never made again.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { programs } from '../e2e/node_process.mjs';
import { friday, fridayCutOff, furnish, idOf, keccak256, parseAbi, registries, registryAbi, role, rules, startMoneyChain, toHex, unit } from '../e2e/money_chain.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const [name, ...options] = process.argv.slice(2);
const option = (flag) => (options.includes(flag) ? Number(options[options.indexOf(flag) + 1]) : undefined);
const [from, to] = [option('--from'), option('--to')];
if (!name || !from) throw new Error('usage: node make.mjs NAME --from VERSION [--to VERSION]');

const world = await startMoneyChain({ nativeVersion: from, upgradeNotice: 2 });
const { as, at, people, reader } = world;
await furnish(world);
const who = Object.fromEntries(Object.entries(people).map(([each, account]) => [each, account.address]));
const { permissions, identities, policies } = registries;
const zero = `0x${'00'.repeat(20)}`;
const none = `0x${'00'.repeat(32)}`;

/** A sequence of numbers that is the same in every run. */
let drawn = 0n;
const below = (n) => Number(BigInt(keccak256(toHex(`golden ${(drawn += 1n)}`))) % BigInt(n));
const one = (list) => list[below(list.length)];

// Sent whatever becomes of it: a refusal's gas and revert are under the roots, too.
let succeeded = 0;
let refused = 0;
async function call(by, place, signature, ...args) {
    const { status, transactionHash } = await as(by).send(parseAbi([`function ${signature}`]), place, signature.slice(0, signature.indexOf('(')), ...args);
    if (status !== 'success' && process.env.TALEA_SHOW) {
        const { sentence } = await reader.request({ method: 'talea_explainTransaction', params: [transactionHash] });
        console.log(`${by} ${signature.split('(')[0]}: ${sentence}`);
    }
    if (status === 'success') succeeded += 1;
    else refused += 1;
    return status;
}

const holders = ['alice', 'aliceDesk', 'bob', 'carol', 'dave', 'treasury'];
const strangers = ['mallory', 'kim', 'nina', 'lars', 'sue'];

/** Random movements of both tokens, most of them allowed. */
async function movements(count) {
    for (let i = 0; i < count; ++i) {
        const token = one([at.cash, at.share, at.share]);
        const sender = one(['alice', 'alice', 'bob', 'bob', 'carol', 'aliceDesk']);
        const receiver = below(5) === 0 ? one(strangers) : one(holders);
        const amount = BigInt(one([1, 49, 50, 60, 100, 5_000, 40_000, 3_000_000])) * unit + BigInt(below(3)) - 1n;
        const kind = below(12);
        if (kind === 0) await call('issuer', at.share, 'issue(address to, uint256 amount)', who[receiver], amount);
        else if (kind === 1) await call('minter', at.cash, 'issue(address to, uint256 amount)', who[receiver], amount);
        else if (kind === 2) await call('agent', token, 'forcedTransfer(address from, address to, uint256 amount)', who[sender], who[receiver], amount);
        else if (kind === 3) await call('agent', token, 'burn(address from, uint256 amount)', who[sender], amount);
        else if (kind === 4) await call('officer', token, 'setFrozenTokens(address account, uint256 amount)', who[sender], BigInt(below(200)) * unit);
        else if (kind === 5) {
            await call(sender, token, 'approve(address spender, uint256 amount)', who.bob, amount);
            await call('bob', token, 'transferFrom(address from, address to, uint256 amount)', who[sender], who[receiver], amount);
        } else await call(sender, token, 'transfer(address to, uint256 amount)', who[receiver], amount);
    }
}

/** Every writing entry point of the registries that version 1 has, allowed and refused. */
async function registryCalls() {
    const { timestamp } = await reader.getBlock();
    await call('admin', permissions, 'grantRoles(address account, uint256 roles)', who.mallory, 16n);
    await call('admin', permissions, 'revokeRoles(address account, uint256 roles)', who.mallory, 16n);
    await call('bob', permissions, 'grantRoles(address account, uint256 roles)', who.bob, 1n);
    await call('admin', permissions, 'revokeRoles(address account, uint256 roles)', who.admin, 1n);
    await call('admin', permissions, 'setGasLimit(uint64 gasLimit)', 90_000_000n);
    await call('admin', permissions, 'setGasLimit(uint64 gasLimit)', 1n);
    const key = world.people.carol.publicKey;
    await call('admin', permissions, 'admitNode(bytes32 x, bytes32 y)', `0x${key.slice(4, 68)}`, `0x${key.slice(68)}`);
    await call('admin', permissions, 'removeNode(address node)', who.carol);
    await call('admin', permissions, 'scheduleUpgrade(uint32 version, uint64 blockNumber)', from, 1_000_000n);
    await call('admin', permissions, 'scheduleUpgrade(uint32 version, uint64 blockNumber)', from + 7, 1_000_000n);
    await call('admin', permissions, 'cancelUpgrade()');
    await call('admin', permissions, 'cancelUpgrade()');
    await call('admin', identities, 'addRegistrar(address registrar)', who.owner);
    await call('registrar', identities, 'register(bytes32 id, uint16 country, uint64 categories, uint64 expiry, bytes32 fileHash, address[] wallets)', idOf('erin'), 372, 1n, timestamp + 1_000_000n, role('file'), [who.signer1]);
    await call('registrar', identities, 'register(bytes32 id, uint16 country, uint64 categories, uint64 expiry, bytes32 fileHash, address[] wallets)', idOf('bob'), 372, 1n, 1n, none, []);
    await call('registrar', identities, 'linkWallet(bytes32 id, address wallet)', idOf('erin'), who.signer2);
    await call('registrar', identities, 'unlinkWallet(address wallet)', who.signer2);
    await call('registrar', identities, 'unlinkWallet(address wallet)', who.alice);
    await call('registrar', identities, 'setCountry(bytes32 id, uint16 country)', idOf('erin'), 826);
    await call('registrar', identities, 'setCategories(bytes32 id, uint64 categories)', idOf('erin'), 3n);
    await call('registrar', identities, 'setExpiry(bytes32 id, uint64 expiry)', idOf('lars'), timestamp + 86_400n);
    await call('registrar', identities, 'setFileHash(bytes32 id, bytes32 fileHash)', idOf('erin'), role('another file'));
    await call('registrar', identities, 'setState(bytes32 id, uint8 state)', idOf('sue'), 2);
    await call('registrar', identities, 'offerTransfer(bytes32 id, address to)', idOf('erin'), who.owner);
    await call('owner', identities, 'acceptTransfer(bytes32 id)', idOf('erin'));
    await call('owner', policies, 'offerPolicy(uint64 policyId, address to)', 1n, who.admin);
    await call('admin', policies, 'acceptPolicy(uint64 policyId)', 1n);
    await call('admin', policies, 'offerPolicy(uint64 policyId, address to)', 1n, who.owner);
    await call('owner', policies, 'acceptPolicy(uint64 policyId)', 1n);
    await call('owner', policies, 'allowToken(uint64 policyId, address token, bool allowed)', 1n, who.dave, true);
    await call('owner', policies, 'setLock(uint64 policyId, bytes32 id, uint64 until)', 2n, idOf('carol'), timestamp + 30n);
    for (const list of [[rules.known(), rules.holders(5, 3_000_000n * unit, 50n * unit)], [{ ...rules.known(), kind: 9 }]]) {
        await call('owner', policies, 'createPolicy((uint8 kind, uint16 operations, uint8 sides, bytes params)[] rules)', list);
    }
    await call('dave', policies, 'authorize(uint8 operation, address actor, address from, address to, uint256 amount)', 1, who.dave, who.dave, who.bob, 1n);
}

/** What version 2 brought. Before it, each of these is refused. */
async function secondVersion() {
    const before = succeeded;
    await call('owner', policies, 'setRules(uint64 policyId, (uint8 kind, uint16 operations, uint8 sides, bytes params)[] rules)', 1n, [rules.known(), rules.velocity(50_000n * unit, 24)]);
    await call('admin', permissions, 'grantRoles(address account, uint256 roles)', who.owner, 1n);
    await call('admin', permissions, 'setThreshold(uint256 roles, uint8 threshold)', 1n, 2);
    const { timestamp } = await reader.getBlock();
    await call('admin', permissions, 'propose(uint8 change, address account, uint256 roles, uint8 threshold, uint64 expiry)', 1, who.dave, 1n, 0, timestamp + 1_000n);
    await call('owner', permissions, 'approve(uint64 id)', 1n);
    await call('admin', permissions, 'cancel(uint64 id)', 1n);
    return succeeded - before;
}

/** Alice's units against bob's cash, settled together: `authorizeNet`. */
async function settle(id) {
    const leg = '(address token, address from, address to, uint96 amount)[] legs';
    const { timestamp } = await reader.getBlock();
    const terms = { legs: [{ token: at.share, from: who.alice, to: who.bob, amount: 60n * unit }, { token: at.cash, from: who.bob, to: who.alice, amount: 61n * unit }], cash: zero, failBps: 0, notBefore: Number(timestamp), deadline: Number(timestamp) + 3_600, replaces: 0n, ref: none };
    await call('alice', at.settlement, `propose((${leg}, address cash, uint16 failBps, uint40 notBefore, uint40 deadline, uint64 replaces, bytes32 ref) terms)`, terms);
    await call('owner', policies, 'setRules(uint64 policyId, (uint8 kind, uint16 operations, uint8 sides, bytes params)[] rules)', 2n, [rules.known(), rules.holders(9, 3_000_000n * unit, 50n * unit)]);
    await call('issuer', at.share, 'issue(address to, uint256 amount)', who.alice, 500n * unit);
    for (const [party, token] of [['alice', at.share], ['bob', at.cash]]) {
        await call('officer', token, 'setFrozenTokens(address account, uint256 amount)', who[party], 0n);
        await call(party, at.settlement, 'affirm(uint64 id)', id);
        await call(party, token, 'approve(address spender, uint256 amount)', at.settlement, 100n * unit);
    }
    await call('alice', at.settlement, 'lock(uint64 id)', id);
    return call('carol', at.settlement, 'settle(uint64 id)', id);
}

/** A dealing day of the fund from request to payment, and a recovery. */
async function dealingDay() {
    await call('alice', at.fund, 'requestDeposit(uint256 assets, address controller, address owner)', 30_000n * unit, who.alice, who.alice);
    await call('bob', at.fund, 'requestDeposit(uint256 assets, address controller, address owner)', 20_000n * unit, who.bob, who.bob);
    await call('alice', at.fund, 'requestRedeem(uint256 shares, address controller, address owner)', 1_000n * unit, who.alice, who.alice);
    await call('bob', at.fund, 'cancel(uint8 side, uint256 requestId, address controller)', 0, friday, who.bob);
    await call('registrar', identities, 'recover(address lost, address replacement)', who.aliceDesk, who.alice);
    await world.advanceTo(fridayCutOff);
    await call('navAgent', at.fund, 'publishNav(uint256 day, uint64 value, uint40 asOf, bytes32 documentHash)', friday, 101_210_000n, Number(fridayCutOff), role('valuation'));
    await call('navApprover', at.fund, 'approveNav(uint256 day, uint64 value)', friday, 101_210_000n);
    await call('agent', at.fund, 'strike(uint256 requestId)', friday);
    await call('agent', at.fund, 'collect(uint256 requestId)', friday);
    await call('treasury', at.fund, 'fundRedemptions(uint256 requestId)', friday);
    await call('alice', at.fund, 'deposit(uint256 assets, address receiver)', 30_000n * unit, who.alice);
    await call('dave', at.share, 'recover(address lost)', who.aliceDesk);
    await call('dave', at.cash, 'recover(address lost)', who.aliceDesk);
    await world.advanceTo(fridayCutOff + 4n * 86_400n);
    await call('alice', at.fund, 'redeem(uint256 shares, address receiver, address controller)', 1_000n * unit, who.alice, who.alice);
}

await movements(40);
await registryCalls();
await movements(20);
if ((await secondVersion()) !== (from === 1 ? 1 : 6)) throw new Error('another number of the later calls was taken than this version takes'); // grantRoles alone
await dealingDay();
await movements(30);
if (to) {
    const scheduled = (await reader.getBlockNumber()) + 6n;
    await call('admin', permissions, 'scheduleUpgrade(uint32 version, uint64 blockNumber)', to, scheduled);
    while ((await reader.getBlockNumber()) < scheduled + 1n) await movements(1);
    const version = await reader.readContract({ abi: registryAbi, address: permissions, functionName: 'nativeVersion' });
    if (version !== to) throw new Error(`version ${version} is in force, not ${to}`);
    if ((await secondVersion()) < 5) throw new Error('the later calls are not taken after the upgrade');
    if ((await settle(1n)) !== 'success') throw new Error('legs are not settled together after the upgrade');
    await movements(40);
}
const head = await reader.getBlock();
await world.node.stop();

const text = execFileSync(join(programs, 'talead'), ['export', '--dir', world.dir], { maxBuffer: 1 << 28 });
const work = mkdtempSync(join(tmpdir(), 'talea-golden-'));
const file = join(work, `${name}.jsonl`);
writeFileSync(file, text);
execFileSync('tar', ['-cJf', join(here, `${name}.tar.xz`), '-C', work, `${name}.jsonl`]);
const replayed = execFileSync(join(programs, 'talead'), ['replay', '--export', file], { encoding: 'utf8' });
const word = (key) => replayed.match(new RegExp(`^${key} (0x[0-9a-f]{64})$`, 'm'))[1];
if (word('head') !== head.hash) throw new Error('the export ends elsewhere');
const list = JSON.parse(readFileSync(join(here, 'chains.json'), 'utf8'));
list[name] = { from, ...(to ? { to } : {}), blocks: Number(head.number), genesis: word('genesis'), head: word('head'), stateRoot: word('state root') };
writeFileSync(join(here, 'chains.json'), `${JSON.stringify(list, null, 4)}\n`);
console.log(`${name}: ${head.number} blocks, ${succeeded} calls succeeded and ${refused} were refused`);
process.exit(0);
