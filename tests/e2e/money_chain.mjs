// A chain with every template on it, for tests that speak to them over JSON-RPC: `talead init` deploys them in block 0,
// a real node runs, and known holders have keys. The clock stands at Friday 2026-11-20 20:58:00Z until it is advanced.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPublicClient, createWalletClient, defineChain, encodeAbiParameters, getContractAddress, http, keccak256, parseAbi, stringToHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { programs, repository, startNode } from './node_process.mjs';

export { keccak256, parseAbi, toHex } from 'viem'; // for scripts outside of this folder

export const unit = 1_000_000n;
export const start = 1_795_208_280n; // 2026-11-20 20:58:00Z
export const friday = 20_777n; // 2026-11-20 in days since 1970
export const fridayCutOff = start + 120n; // 16:00 in New York
const year = 365n * 86_400n;

/** The key of a name, the same in every run. */
export const person = (name) => privateKeyToAccount(keccak256(stringToHex(`talea test key of ${name}`)));
export const idOf = (name) => keccak256(stringToHex(name));
export const role = (name) => keccak256(stringToHex(name));

export const registries = {
    permissions: '0x0000000000000000000000000000000000007a01',
    identities: '0x0000000000000000000000000000000000007a02',
    policies: '0x0000000000000000000000000000000000007a03',
};
export const registryAbi = parseAbi([
    'function advanceClock(uint64 secondsForward)',
    'function grantRoles(address account, uint256 roles)',
    'function setState(bytes32 id, uint8 state)',
    'function setExpiry(bytes32 id, uint64 expiry)',
    'function recover(address lost, address replacement)',
    'function setThreshold(uint256 roles, uint8 threshold)',
    'function threshold(uint256 role) view returns (uint8)',
    'function nativeVersion() view returns (uint32)',
    'function upgrade() view returns (uint32 version, uint64 blockNumber)',
    'function scheduleUpgrade(uint32 version, uint64 blockNumber)',
    'function setLock(uint64 policyId, bytes32 id, uint64 until)',
    'function setRules(uint64 policyId, (uint8 kind, uint16 operations, uint8 sides, bytes params)[] rules)',
    'function createPolicy((uint8 kind, uint16 operations, uint8 sides, bytes params)[] rules) returns (uint64)',
    'function allowToken(uint64 policyId, address token, bool allowed)',
    'function register(bytes32 id, uint16 country, uint64 categories, uint64 expiry, bytes32 fileHash, address[] wallets)',
    'function unitsOf(address token, bytes32 id) view returns (uint256)',
    'function holders(address token) view returns (uint64)',
    'error Refused(uint16 code, address who, uint8 rule, uint256 detail)',
    'error NotAuthorized(address account, uint256 role)',
]);
/** What sets the templates up and is no standard. */
export const taleaAbi = parseAbi([
    'function issue(address to, uint256 amount)',
    'function setEscrow(address escrow, bool admitted)',
    'function setAdmitted(address account, uint8 powers)',
    'function setPause(uint8 level)',
    'function setMinterAllowance(address minter, uint256 allowance)',
    'function attest(uint256 reserve, uint64 asOf, bytes32 documentHash)',
    'function setVault(address asset, address vault)',
    'function publishNav(uint256 day, uint64 value, uint40 asOf, bytes32 documentHash)',
    'function approveNav(uint256 day, uint64 value)',
    'function strike(uint256 requestId)',
    'function collect(uint256 requestId)',
    'function fundRedemptions(uint256 requestId)',
]);

const everyone = ['admin', 'registrar', 'owner', 'issuer', 'minter', 'attestor', 'agent', 'officer', 'navAgent', 'navApprover', 'priceAgent', 'priceApprover', 'distributor', 'treasury', 'alice', 'aliceDesk', 'bob', 'carol', 'dave', 'kim', 'nina', 'lars', 'sue', 'signer1', 'signer2', 'signer3', 'mallory'];

/** The genesis source with every template; `more` goes into `config.talea`. */
function genesisSource(people, at, validator, more) {
    const a = (name) => people[name].address;
    const zero = `0x${'00'.repeat(20)}`;
    const token = (name, symbol, policy, cap) => `("${name}","${symbol}",${cap},${policy},true,false,${a('admin')},${symbol === 'USDX' ? a('minter') : a('issuer')},${a('agent')},${a('officer')},${zero},${zero})`;
    const options = `(0,0,0,0,0,0,${zero})`;
    const moves = ['transfer', 'issue', 'return', 'seize', 'settle'];
    const identity = (id, country, wallets, { categories = 1, expiry = start + year } = {}) =>
        ({ id: idOf(id), registrar: 'registrar', country, categories, expiry: String(expiry), fileHash: role(`file of ${id}`), wallets });
    return {
        config: {
            chainId: 7702,
            talea: {
                permissions: 'enforced',
                administrators: ['admin'],
                validators: [validator],
                recoveryDelay: 60,
                idleInterval: 3600,
                testClock: { mode: 'stepped', start: String(start) },
                names: Object.fromEntries(everyone.map((name) => [name, a(name)])),
                roles: { admin: ['deploy', 'registrar_admin'], ...Object.fromEntries(everyone.slice(1).map((name) => [name, ['transact']])) },
                registrars: ['registrar'],
                identities: [
                    identity('alice', 840, ['alice', 'aliceDesk']),
                    identity('bob', 826, ['bob']),
                    identity('carol', 442, ['carol']),
                    identity('dave', 840, ['dave']),
                    identity('treasury', 840, ['treasury']),
                    identity('vault', 840, [at.vault]),
                    identity('custody', 840, [at.custody]),
                    identity('kim', 408, ['kim']),
                    identity('nina', 840, ['nina'], { categories: 0 }),
                    identity('lars', 840, ['lars'], { expiry: start - 1n }),
                    identity('sue', 840, ['sue']),
                ],
                policies: [
                    { owner: 'owner', rules: [{ kind: 'known', registrars: ['registrar'] }], tokens: [at.cash] },
                    {
                        owner: 'owner',
                        tokens: [at.share],
                        rules: [
                            { kind: 'known', registrars: ['registrar'] },
                            { kind: 'countries', operations: moves, sides: 'both', allow: false, countries: [364, 408] },
                            { kind: 'categories', operations: moves, sides: 'both', allOf: 1 },
                            { kind: 'holders', maxIdentities: 4, maxUnits: String(3_000_000n * unit), minUnits: String(50n * unit) },
                        ],
                    },
                ],
                deployments: [
                    { name: 'calendar', template: 'Calendar', from: 'admin', arguments: [a('admin'), '20758', '5'] },
                    { name: 'cash', template: 'CashToken', from: 'admin', arguments: [token('Dollar Cash', 'USDX', 1, 2n ** 128n - 1n)] },
                    { name: 'share', template: 'RestrictedToken', from: 'admin', arguments: [token('Treasury Fund', 'TFUND', 2, 5_000_000n * unit)] },
                    {
                        name: 'fund',
                        template: 'TreasuryFund',
                        from: 'admin',
                        arguments: [`(${at.share},${at.cash},${at.calendar},${a('treasury')},3,960,1,10000,10000,0,0,${a('admin')},${a('navAgent')},${a('navApprover')},${a('agent')},${zero},${zero},${options})`],
                    },
                    { name: 'vault', template: 'CollateralVault', from: 'admin', arguments: [zero, zero] },
                    { name: 'fundPrice', template: 'FundPrice', from: 'admin', arguments: [at.fund] },
                    { name: 'priceBook', template: 'PriceBook', from: 'admin', arguments: [a('admin'), at.calendar, '3', '1000', '2000', a('priceAgent'), a('priceApprover')] },
                    { name: 'settlement', template: 'Settlement', from: 'admin', arguments: [zero] },
                    { name: 'custody', template: 'CustodyAccount', from: 'admin', arguments: [`[${a('signer1')},${a('signer2')},${a('signer3')}]`, '2'] },
                    { name: 'distribution', template: 'Distribution', from: 'admin', arguments: [a('admin'), a('distributor'), zero] },
                ],
                ...more,
            },
        },
    };
}

const templates = ['calendar', 'cash', 'share', 'fund', 'vault', 'fundPrice', 'priceBook', 'settlement', 'custody', 'distribution'];

/**
 * Starts the chain: {node, at (addresses by name), people, reader, call(abi, to, name, ...args) by `as(name)`, advance}.
 * `more` is put into `config.talea` of the genesis source.
 */
export async function startMoneyChain(more = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'talea-money-'));
    const talead = (...args) => execFileSync(join(programs, 'talead'), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    const people = Object.fromEntries(everyone.map((name) => [name, person(name)]));
    const at = Object.fromEntries(templates.map((name, nonce) => [name, getContractAddress({ from: people.admin.address, nonce: BigInt(nonce) })]));
    const validator = talead('keys', 'new', join(folder, 'validator.key')).trim();
    writeFileSync(join(folder, 'source.json'), JSON.stringify(genesisSource(people, at, validator, more)));
    const dir = join(folder, 'chain');
    talead('init', join(folder, 'source.json'), '--dir', dir);
    const node = await startNode(['run', '--dir', dir, '--key', join(folder, 'validator.key'), '--rpc-port', '0']);
    const chain = defineChain({ id: 7702, name: 'talea', nativeCurrency: { name: 'none', symbol: 'NONE', decimals: 18 }, rpcUrls: { default: { http: [node.url] } } });
    const reader = createPublicClient({ chain, transport: http(), pollingInterval: 20, cacheTime: 0 });
    const clients = new Map();
    const client = (name) => {
        if (!clients.has(name)) clients.set(name, createWalletClient({ chain, transport: http(), account: people[name] }));
        return clients.get(name);
    };
    /** What `name` does: `send` mines a call whatever becomes of it, `call` mines one that must succeed, `simulate` does not mine. */
    const as = (name) => ({
        async send(abi, address, functionName, ...args) {
            const hash = await client(name).writeContract({ abi, address, functionName, args, gas: 12_000_000n });
            return reader.waitForTransactionReceipt({ hash, timeout: 30_000 });
        },
        async call(abi, address, functionName, ...args) {
            const receipt = await this.send(abi, address, functionName, ...args);
            if (receipt.status !== 'success') {
                const { data } = await reader.call({ account: people[name].address, to: address, data: (await reader.getTransaction({ hash: receipt.transactionHash })).input }).catch((error) => ({ data: error.message }));
                throw new Error(`${functionName} by ${name} failed: ${data}`);
            }
            return receipt;
        },
        async simulate(abi, address, functionName, ...args) {
            return (await reader.simulateContract({ account: people[name], abi, address, functionName, args })).result;
        },
    });
    const world = {
        node,
        at,
        people,
        reader,
        as,
        client,
        talead,
        dir,
        keyFile: join(folder, 'validator.key'),
        read: (abi, address, functionName, ...args) => reader.readContract({ abi, address, functionName, args }),
        /** The typed error with which a simulated call by `name` is refused: {errorName, args}. */
        refusal: async (name, abi, address, functionName, ...args) => {
            const failed = await as(name).simulate(abi, address, functionName, ...args).then(() => null, (error) => error);
            if (failed === null) throw new Error(`${functionName} by ${name} is not refused`);
            const found = failed.walk((cause) => cause.data?.errorName !== undefined);
            if (!found) throw failed;
            return found.data;
        },
        advanceTo: async (time) => {
            const { timestamp } = await reader.getBlock();
            await as('admin').call(registryAbi, registries.permissions, 'advanceClock', time - timestamp);
            // The block after the one that advances the clock is the first to show it, and due at once.
            for (let i = 0; i < 500 && (await reader.getBlock()).timestamp < time; ++i) await new Promise((done) => setTimeout(done, 20));
        },
        async stop() {
            const end = await node.stop();
            rmSync(folder, { recursive: true, force: true });
            return end;
        },
    };
    return world;
}

/** Publishes the calendar, admits the contracts to each other, and gives alice, bob and the treasury cash and alice units. */
export async function furnish({ as, at, people, client, reader }) {
    const calendar = JSON.parse(readFileSync(join(repository, 'contracts', 'data', 'us-calendar.calls.json'), 'utf8'));
    const accessAbi = parseAbi(['function grantRole(bytes32 role, address account)']);
    await as('admin').call(accessAbi, at.calendar, 'grantRole', role('OPERATOR'), people.admin.address);
    for (const { data } of calendar.calls) {
        const hash = await client('admin').sendTransaction({ to: at.calendar, data, gas: 12_000_000n });
        if ((await reader.waitForTransactionReceipt({ hash })).status !== 'success') throw new Error('the calendar was not published');
    }
    const admin = as('admin');
    await admin.call(accessAbi, at.cash, 'grantRole', role('ATTESTOR'), people.attestor.address);
    await admin.call(accessAbi, at.share, 'grantRole', role('ISSUER'), at.fund);
    await admin.call(taleaAbi, at.cash, 'setMinterAllowance', people.minter.address, 10n ** 18n);
    await admin.call(taleaAbi, at.share, 'setVault', at.cash, at.fund);
    for (const token of [at.cash, at.share]) {
        await as('officer').call(taleaAbi, token, 'setEscrow', at.fund, true);
        await as('officer').call(taleaAbi, token, 'setAdmitted', at.vault, powers.pledge);
        await as('officer').call(taleaAbi, token, 'setAdmitted', at.settlement, powers.settle);
    }
    await as('officer').call(taleaAbi, at.cash, 'setEscrow', at.distribution, true);
    await as('attestor').call(taleaAbi, at.cash, 'attest', 10n ** 15n, start - 60n, role('reserve report'));
    for (const name of ['alice', 'bob', 'treasury']) await as('minter').call(taleaAbi, at.cash, 'issue', people[name].address, 10_000_000n * unit);
    await as('issuer').call(taleaAbi, at.share, 'issue', people.alice.address, 1_000_000n * unit);
}

/** Bits of `Powers` in contracts/src/interfaces/IEncumbrances.sol. */
export const powers = { pledge: 1, settle: 2 };

/** A rule of a policy as `setRules` takes it. */
export const rules = {
    known: () => ({ kind: 2, operations: 0, sides: 0, params: encodeAbiParameters([{ type: 'tuple', components: [{ type: 'address[]' }] }], [[[]]]) }),
    velocity: (most, hours) => ({ kind: 7, operations: 1 << 1, sides: 0, params: encodeAbiParameters([{ type: 'uint96' }, { type: 'uint16' }], [most, hours]) }),
    holders: (most, units, least) => ({ kind: 5, operations: 0, sides: 0, params: encodeAbiParameters([{ type: 'uint32' }, { type: 'uint96' }, { type: 'uint96' }], [most, units, least]) }),
};
