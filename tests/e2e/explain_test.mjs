// What is told before signing is what execution then says: each call below is previewed (talea_preview, which every command of
// `talea` asks before it signs), then signed and mined whatever the preview said, and why it failed is asked of the final block.
// Error, code, who, rule, detail, sentence and remedy must be the same both times, and the error the one named here.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeDeployData, encodeFunctionData, keccak256, pad, parseAbi, toHex, toRlp } from 'viem';
import { privateKeyToAccount, sign } from 'viem/accounts';

import { compile } from '../../contracts/compile.mjs';
import { check, finish } from './checks.mjs';
import { friday, fridayCutOff, furnish, idOf, registries, registryAbi, role, rules, start, startMoneyChain, taleaAbi, unit } from './money_chain.mjs';
import { repository, startDevnet } from './node_process.mjs';

const world = await startMoneyChain();
const { at, people, reader, as, client } = world;
await furnish(world);
const who = Object.fromEntries(Object.entries(people).map(([name, account]) => [name, account.address]));
const places = { ...at, ...registries };
const zero = `0x${'00'.repeat(20)}`;
const none = `0x${'00'.repeat(32)}`;

const rpcOf = (url) => async (method, ...params) => {
    const answer = await (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) })).json();
    if (answer.error) throw new Error(`${method}: ${JSON.stringify(answer.error)}`);
    return answer.result;
};
const rpc = rpcOf(world.node.url);

const balanceOf = (token, account) => reader.readContract({ abi: parseAbi(['function balanceOf(address account) view returns (uint256)']), address: token, functionName: 'balanceOf', args: [account] });

const met = new Set();
/**
 * A call of `place` by `name`, which must be refused with `expected`: the name of an error, or a code of the registry.
 * All refusals of the preview must be what the mined transaction is explained by.
 */
const refused = (expected, name, place, signature, args = []) => refusedCall(expected, name, place, parseAbi([`function ${signature}`]), signature.split('(')[0], args);
async function refusedCall(expected, name, place, abi, functionName, args) {
    await refusedTransaction(expected, name, `calls ${functionName} of ${place}`, { to: places[place], data: encodeFunctionData({ abi, functionName, args }) });
}
async function refusedTransaction(expected, name, what, transaction, ask = rpc) {
    await check(`${expected}: ${name} ${what}`, async (assert) => {
        const { value = 0n, ...call } = transaction;
        const before = await ask('talea_preview', { from: who[name], value: toHex(value), ...call });
        assert.equal(before.allowed, false, 'the preview refuses');
        const first = before.refusals[0];
        assert.equal(typeof expected === 'number' ? first.code : first.name, expected, JSON.stringify(before.refusals));
        assert.ok(first.sentence.length > 10 && !first.sentence.includes('{'), first.sentence);
        assert.ok(first.remedy.length > 5 && !first.remedy.includes('{'), first.remedy);
        const nonce = Number(await ask('eth_getTransactionCount', who[name], 'pending'));
        const signed = await people[name].signTransaction({ type: 'eip1559', chainId: Number(await ask('eth_chainId')), nonce, gas: 12_000_000n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, value, ...call });
        const hash = await ask('eth_sendRawTransaction', signed);
        let receipt = null;
        for (let i = 0; i < 1_500 && receipt === null; ++i) {
            receipt = await ask('eth_getTransactionReceipt', hash);
            if (receipt === null) await new Promise((done) => setTimeout(done, 20));
        }
        assert.equal(receipt?.status, '0x0');
        const after = await ask('talea_explainTransaction', hash);
        assert.equal(after.succeeded, false);
        assert.deepEqual(after.refusals, before.refusals);
        assert.equal(after.sentence, first.sentence);
        met.add(typeof expected === 'number' ? expected : first.name);
    });
}

// --- the registry's codes --------------------------------------------------------------------------------------------
const transfer = 'transfer(address to, uint256 amount)';
await refused(202, 'alice', 'share', transfer, [who.mallory, 100n * unit]);
await refused(204, 'alice', 'cash', transfer, [who.lars, unit]);
await refused(302, 'alice', 'share', transfer, [who.kim, 100n * unit]);
await refused(402, 'alice', 'share', transfer, [who.nina, 100n * unit]);
await refused(503, 'alice', 'share', transfer, [who.bob, 49_999_999n]);
await refused(504, 'alice', 'share', transfer, [who.bob, 1_000_000n * unit - 49_999_999n]);
for (const name of ['bob', 'carol', 'dave']) await as('alice').call(parseAbi([`function ${transfer}`]), at.share, 'transfer', who[name], 100n * unit);
await refused(501, 'alice', 'share', transfer, [who.sue, 100n * unit]);
await as('issuer').call(taleaAbi, at.share, 'issue', who.bob, 2_500_000n * unit);
await refused(502, 'alice', 'share', transfer, [who.bob, 500_000n * unit]);
await as('registrar').call(registryAbi, registries.identities, 'setState', idOf('sue'), 2);
await refused(206, 'alice', 'cash', transfer, [who.sue, unit]);
await as('alice').call(parseAbi([`function ${transfer}`]), at.cash, 'transfer', who.dave, 100n * unit);
await as('registrar').call(registryAbi, registries.identities, 'setState', idOf('dave'), 2);
await refused(205, 'dave', 'cash', transfer, [who.alice, unit]);
await as('registrar').call(registryAbi, registries.identities, 'setState', idOf('dave'), 1);
await as('registrar').call(registryAbi, registries.identities, 'setExpiry', idOf('dave'), start - 1n);
await refused(203, 'dave', 'cash', transfer, [who.alice, unit]);
await as('registrar').call(registryAbi, registries.identities, 'setState', idOf('nina'), 3);
await refused(208, 'alice', 'cash', transfer, [who.nina, unit]);
await as('registrar').call(registryAbi, registries.identities, 'recover', who.aliceDesk, who.alice);
await refused(209, 'bob', 'cash', transfer, [who.aliceDesk, unit]);
await as('owner').call(registryAbi, registries.policies, 'setRules', 1n, [rules.known(), rules.velocity(10n * unit, 24)]);
await as('bob').call(parseAbi([`function ${transfer}`]), at.cash, 'transfer', who.carol, 4n * unit);
await refused(701, 'bob', 'cash', transfer, [who.alice, 6n * unit + 1n]);
await as('owner').call(registryAbi, registries.policies, 'setRules', 1n, [rules.known()]);

// --- tokens ----------------------------------------------------------------------------------------------------------
await refused('ERC20InsufficientBalance', 'carol', 'share', transfer, [who.alice, 10_000_000n * unit]);
await refused('ERC20InvalidReceiver', 'alice', 'share', transfer, [zero, unit]);
await refused('ERC20InvalidSpender', 'alice', 'share', 'approve(address spender, uint256 amount)', [zero, unit]);
await refused('ERC20InsufficientAllowance', 'carol', 'share', 'transferFrom(address from, address to, uint256 amount)', [who.alice, who.bob, unit]);
await refused('EscrowOnly', 'alice', 'share', transfer, [at.fund, 100n * unit]);
await as('officer').call(parseAbi(['function setFrozenTokens(address account, uint256 amount)']), at.share, 'setFrozenTokens', who.carol, 60n * unit);
await refused('ERC7943InsufficientUnfrozenBalance', 'carol', 'share', transfer, [who.bob, 50n * unit]);
await refused('NotAuthorized', 'bob', 'share', 'issue(address to, uint256 amount)', [who.bob, unit]);
await refused('CapExceeded', 'issuer', 'share', 'issue(address to, uint256 amount)', [who.alice, 5_000_000n * unit]);
await refused('RoleConflict', 'admin', 'share', 'grantRole(bytes32 role, address account)', [role('COMPLIANCE'), who.issuer]);
await refused('AccessControlBadConfirmation', 'alice', 'share', 'renounceRole(bytes32 role, address account)', [role('ISSUER'), who.bob]);
await refused('AdminByHandoverOnly', 'admin', 'share', 'grantRole(bytes32 role, address account)', [none, who.bob]);
await refused('NotEscrow', 'alice', 'share', 'escrowIn(address from, uint256 amount)', [who.bob, unit]);
await refused('OwnEscrow', 'officer', 'share', 'setEscrow(address escrow, bool admitted)', [at.share, true]);
await refused('NotContract', 'officer', 'share', 'setEscrow(address escrow, bool admitted)', [who.mallory, true]);
await refused('InvalidPause', 'officer', 'share', 'setPause(uint8 level)', [3]);
await refused('SameAccount', 'agent', 'share', 'forcedTransfer(address from, address to, uint256 amount)', [who.alice, who.alice, unit]);
await refused('NotRecovered', 'alice', 'share', 'recover(address lost)', [who.bob]);
await refused('InsufficientFrozen', 'officer', 'share', 'unfreezePartialTokens(address account, uint256 amount)', [who.bob, 1n]);
await refused('BatchTooLong', 'alice', 'share', 'batchTransfer(address[] to, uint256[] amounts)', [Array(101).fill(who.bob), Array(101).fill(1n)]);
await refused('LengthMismatch', 'alice', 'share', 'batchTransfer(address[] to, uint256[] amounts)', [[who.bob], []]);
await refused('NotSupported', 'admin', 'share', 'setName(string name)', ['another']);
await refused('NotRetired', 'agent', 'share', 'migrate(address[] holders)', [[who.alice]]);
await refused('NotPredecessor', 'alice', 'share', 'migrateIn(address holder, uint256 amount, uint256 frozen, bool addressFrozen)', [who.alice, 1n, 0n, false]);
await refused('ERC1643InvalidName', 'admin', 'share', 'setDocument(bytes32 name, string uri, bytes32 hash)', [none, 'uri', none]);
await refused('ERC1643MissingDocument', 'admin', 'share', 'removeDocument(bytes32 name)', [role('nothing')]);
await refused('ERC2612ExpiredSignature', 'alice', 'share', 'permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)', [who.bob, who.alice, 1n, 1n, 27, none, none]);
await refused('ECDSAInvalidSignature', 'alice', 'share', 'permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)', [who.bob, who.alice, 1n, fridayCutOff, 27, none, none]);
await refused('NotAdmitted', 'alice', 'share', 'pledge(address holder, address securedParty, uint256 amount)', [who.alice, who.bob, unit]);
await refused('ReserveExceeded', 'minter', 'cash', 'issue(address to, uint256 amount)', [who.alice, 10n ** 15n]);
await refused('MinterAllowanceExceeded', 'minter', 'cash', 'issue(address to, uint256 amount)', [who.alice, 10n ** 18n]);
await refused('AttestationTime', 'attestor', 'cash', 'attest(uint256 reserve, uint64 asOf, bytes32 documentHash)', [1n, start - 60n, none]);
await refused('RedemptionNotOpen', 'minter', 'cash', 'payRedemption(uint256 id, bytes32 bankReference)', [7n, none]);
const authorization = 'transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)';
await refused('AuthorizationNotValid', 'carol', 'cash', authorization, [who.alice, who.bob, 1n, 0n, 1n, none, '0x']);
await refused('AuthorizationNotSigned', 'carol', 'cash', authorization, [who.alice, who.bob, 1n, 0n, fridayCutOff + 9n, none, `0x${'11'.repeat(65)}`]);
await refused('NotPayee', 'carol', 'cash', authorization.replace('transfer', 'receive'), [who.alice, who.bob, 1n, 0n, fridayCutOff + 9n, none, '0x']);
await as('alice').call(parseAbi(['function cancelAuthorization(address authorizer, bytes32 nonce, bytes signature)']), at.cash, 'cancelAuthorization', who.alice, role('n'), await people.alice.signTypedData({
    domain: { name: 'Dollar Cash', version: '1', chainId: 7702, verifyingContract: at.cash },
    types: { CancelAuthorization: [{ name: 'authorizer', type: 'address' }, { name: 'nonce', type: 'bytes32' }] },
    primaryType: 'CancelAuthorization',
    message: { authorizer: who.alice, nonce: role('n') },
}));
await refused('AuthorizationSpent', 'carol', 'cash', authorization, [who.alice, who.bob, 1n, 0n, fridayCutOff + 9n, role('n'), '0x']);

// --- what only an admitted contract may ask -------------------------------------------------------------------------------
// A venue passes on what it is sent: the first word is the contract to call, the rest what to call it with.
const deploy = async (code) => {
    const size = (code.length - 2) / 2;
    const hash = await client('admin').sendTransaction({ data: `0x60${size.toString(16).padStart(2, '0')}600c60003960${size.toString(16).padStart(2, '0')}6000f3${code.slice(2)}`, gas: 1_000_000n });
    return (await reader.waitForTransactionReceipt({ hash })).contractAddress;
};
const venueCode = '0x602036038060206000376000600082600060006000355af13d600060003e6025573d6000fd5b3d6000f3';
const venue = await deploy(venueCode);
const through = (token, signature, args) => ({ to: venue, data: pad(token, { size: 32 }) + encodeFunctionData({ abi: parseAbi([`function ${signature}`]), args }).slice(2) });
const refusedThrough = (expected, token, signature, args) => refusedTransaction(expected, 'alice', `has the venue call ${signature.split('(')[0]}`, through(token, signature, args));
const callThrough = async (token, signature, args) => {
    const hash = await client('alice').sendTransaction({ ...through(token, signature, args), gas: 1_000_000n });
    if ((await reader.waitForTransactionReceipt({ hash })).status !== 'success') throw new Error(`${signature} through the venue failed`);
};
const lock = 'lock(address holder, uint256 amount, uint64 until, uint64 instruction)';
for (const token of [at.cash, at.share]) {
    await as('officer').call(taleaAbi, token, 'setAdmitted', venue, 3);
    for (const name of ['alice', 'bob']) await as(name).call(parseAbi(['function approve(address spender, uint256 amount)']), token, 'approve', venue, 1_000n * unit);
}
await refusedThrough('BadLockTime', at.cash, lock, [who.alice, unit, start - 1n, 1n]);
await callThrough(at.cash, lock, [who.alice, unit, start + 40n * 60n, 1n]);
await refusedThrough('LockExists', at.cash, lock, [who.alice, unit, start + 40n * 60n, 1n]);
for (let i = 2n; i <= 16n; ++i) await callThrough(at.cash, lock, [who.alice, unit, start + 40n * 60n, i]);
await refusedThrough('TooManyLocks', at.cash, lock, [who.alice, unit, start + 40n * 60n, 17n]);
for (let i = 1n; i <= 16n; ++i) await callThrough(at.cash, 'unlock(address holder, uint64 instruction)', [who.alice, i]);
await refusedThrough('InsufficientLocked', at.cash, 'settle(uint64 instruction, (address from, address to, uint256 amount)[] legs)', [99n, [{ from: who.bob, to: who.alice, amount: unit }]]);
await refusedThrough('InsufficientPledged', at.cash, 'releasePledge(address holder, uint256 amount)', [who.alice, 1n]);
await callThrough(at.share, 'pledge(address holder, address securedParty, uint256 amount)', [who.alice, who.bob, 100n * unit]);
const silent = await deploy('0x631111111160e01b60005260206000f3'); // answers everything with a word that nobody asked for
await as('officer').call(taleaAbi, at.share, 'setEscrow', silent, true);
await refusedThrough('SeizureNotTaken', at.share, 'seize(address holder, address to, uint256 amount)', [who.alice, silent, 100n * unit]);
const gate = await deploy(venueCode);
await as('officer').call(taleaAbi, at.share, 'setEscrow', gate, true);
await refusedTransaction('InvalidOperation', 'alice', 'has an escrow pay out for something else', { ...through(at.share, 'escrowOut(address to, uint256 amount, uint8 operation)', [who.alice, unit, 1]), to: gate });
const admit = async (account) => as('officer').call(taleaAbi, at.share, 'setAdmitted', account, 1);
for (const account of [at.calendar, at.cash, at.fund, at.fundPrice, at.priceBook, at.custody, at.distribution, silent, gate]) await admit(account);
for (let i = 0; i < 4; ++i) await admit(await deploy(venueCode));
await refused('TooManyAdmitted', 'officer', 'share', 'setAdmitted(address account, uint8 powers)', [await deploy(venueCode), 1]);
const freeze = (account, frozen) => as('officer').call(parseAbi(['function setAddressFrozen(address userAddress, bool freeze)']), at.cash, 'setAddressFrozen', account, frozen);
await freeze(who.bob, true);
await refused('ERC7943CannotSend', 'bob', 'cash', transfer, [who.alice, unit]);
await refused('ERC7943CannotReceive', 'alice', 'cash', transfer, [who.bob, unit]);
await freeze(who.bob, false);

// --- contracts that cannot be made --------------------------------------------------------------------------------------
const { contracts } = compile({ root: join(repository, 'contracts'), sources: ['src/PriceBook.sol'] });
const { abi: bookAbi, bytecode: bookCode } = contracts.find(({ name }) => name === 'PriceBook');
const makeBook = (admin, markets) => ({ data: encodeDeployData({ abi: bookAbi, bytecode: `0x${bookCode}`, args: [admin, at.calendar, markets, 0, 0, zero, zero] }) });
await refusedTransaction('ZeroAdmin', 'admin', 'makes a price book of nobody', makeBook(zero, 3));
await refusedTransaction('BadPriceTerms', 'admin', 'makes a price book of no market', makeBook(who.admin, 0));

// --- calendar and prices ---------------------------------------------------------------------------------------------
await refused('BeyondHorizon', 'alice', 'calendar', 'isOpen(uint16 markets, uint256 day)', [1, 99_999n]);
await refused('UnknownMarket', 'alice', 'calendar', 'isOpen(uint16 markets, uint256 day)', [64, friday]);
await refused('OutOfRange', 'alice', 'calendar', 'nextOpen(uint16 markets, uint256 day, uint256 n)', [1, friday, 65n]);
await refused('DayNotOpen', 'alice', 'calendar', 'close(uint16 markets, uint256 day, uint16 cutOff)', [1, friday + 1n, 960]);
const lastDay = await reader.readContract({ abi: parseAbi(['function lastDay() view returns (uint256)']), address: at.calendar, functionName: 'lastDay' });
const nextYear = BigInt(new Date(Number(lastDay + 1n) * 86_400_000).getUTCFullYear());
await refused('BadOffset', 'admin', 'calendar', 'publish(uint256 year, (uint16 markets, uint16 openOnWeekends, (int24 offset, (uint40 since, int24 offset)[] changes) zone, (uint32 day, uint16 closed, uint16 minute)[] entries) table)', [nextYear, { markets: 3, openOnWeekends: 0, zone: { offset: 80_000, changes: [] }, entries: [] }]);
await refused('PriceDay', 'priceAgent', 'priceBook', 'post(address token, uint256 day, uint64 value, bytes32 documentHash)', [at.share, friday + 1n, 1n, none]);
await as('priceAgent').call(parseAbi(['function post(address token, uint256 day, uint64 value, bytes32 documentHash)']), at.priceBook, 'post', at.share, friday, 100_000_000n, none);
await refused('PriceChanged', 'priceApprover', 'priceBook', 'approve(address token, uint256 day, uint64 value)', [at.share, friday, 2n]);

// --- fund ------------------------------------------------------------------------------------------------------------
const request = 'requestDeposit(uint256 assets, address controller, address owner)';
await refused('OtherIdentity', 'alice', 'fund', request, [unit, who.bob, who.alice]);
await refused('NotController', 'carol', 'fund', request, [unit, who.bob, who.bob]);
await refused('FallsToLaterDay', 'alice', 'fund', 'requestDeposit(uint256 assets, address controller, address owner, uint256 lastDay)', [unit, who.alice, who.alice, friday - 1n]);
await as('alice').call(parseAbi([`function ${request}`]), at.fund, 'requestDeposit', 1_000n * unit, who.alice, who.alice);
await refused('EscrowNotEmpty', 'officer', 'cash', 'setEscrow(address escrow, bool admitted)', [at.fund, false]);
await refused('NoOrder', 'bob', 'fund', 'cancel(uint8 side, uint256 requestId, address controller)', [0, friday, who.bob]);
await refused('NavTime', 'navAgent', 'fund', 'publishNav(uint256 day, uint64 value, uint40 asOf, bytes32 documentHash)', [friday, 100_000_000n, start - 5n, none]);
await refused('NoPreview', 'alice', 'fund', 'previewDeposit(uint256 assets)', [1n]);
await refused('ExceedsClaimable', 'alice', 'fund', 'deposit(uint256 assets, address receiver)', [unit, who.alice]);
await as('agent').call(parseAbi(['function suspendDealing(string reason)']), at.fund, 'suspendDealing', 'a test');
await refused('Suspended', 'alice', 'fund', request, [unit, who.alice, who.alice]);
await as('agent').call(parseAbi(['function resumeDealing()']), at.fund, 'resumeDealing');

await refused('BadTerms', 'admin', 'fund', 'listInKind(address token, bool listed)', [await deploy('0x600160005260206000f3'), true]);

// --- collateral, settlement, distribution, custody -------------------------------------------------------------------
await refused('WrongState', 'alice', 'vault', 'accept(uint256 id)', [9n]);
const settlementAbi = parseAbi([
    'struct Leg { address token; address from; address to; uint96 amount; }',
    'struct InstructionTerms { Leg[] legs; address cash; uint16 failBps; uint40 notBefore; uint40 deadline; uint64 replaces; bytes32 ref; }',
    'function propose(InstructionTerms terms) returns (uint64 id)',
    'function affirm(uint64 id)',
]);
const terms = '((address token, address from, address to, uint96 amount)[] legs, address cash, uint16 failBps, uint40 notBefore, uint40 deadline, uint64 replaces, bytes32 ref) terms';
const instruction = { legs: [{ token: at.cash, from: who.alice, to: who.bob, amount: unit }], cash: zero, failBps: 0, notBefore: Number(start), deadline: Number(start) + 86_400, replaces: 0n, ref: none };
await refused('BadInstruction', 'alice', 'settlement', `propose(${terms})`, [{ ...instruction, legs: [] }]);
await as('alice').call(settlementAbi, at.settlement, 'propose', instruction);
await refused('NotInvolved', 'carol', 'settlement', 'affirm(uint64 id)', [1n]);
await as('alice').call(settlementAbi, at.settlement, 'affirm', 1n);
await refused('AffirmedBefore', 'alice', 'settlement', 'affirm(uint64 id)', [1n]);
await refused('BadAffirmation', 'carol', 'settlement', 'affirmFor(uint64 id, address party, bytes signature)', [1n, who.bob, `0x${'11'.repeat(65)}`]);
await refused('WrongInstruction', 'carol', 'settlement', 'settle(uint64 id)', [9n]);
const distribution = 'announce((address token, address cash, uint40 recordTime, uint40 claimableFrom, uint40 until, uint128 total, bytes32 root, bytes32 documentHash) terms)';
await refused('BadDistribution', 'distributor', 'distribution', distribution, [{ token: zero, cash: at.cash, recordTime: 1, claimableFrom: 1, until: 0, total: 1n, root: none, documentHash: none }]);
await refused('WrongDistribution', 'alice', 'distribution', 'fund(uint256 id)', [3n]);
await refused('NotSigner', 'alice', 'custody', 'pay(address token, address to, uint128 amount)', [at.cash, who.alice, unit]);
await refused('OnlyItself', 'signer1', 'custody', 'addSigner(address signer)', [who.alice]);
await refused('OperationNotOpen', 'signer1', 'custody', 'approve(uint256 id)', [5n]);
await as('signer1').call(parseAbi(['function pay(address token, address to, uint128 amount) returns (uint256)']), at.custody, 'pay', at.cash, who.alice, unit);
await refused('ApprovedBefore', 'signer1', 'custody', 'approve(uint256 id)', [1n]);
await refused('MoreKeysNeeded', 'signer1', 'custody', 'execute(uint256 id)', [1n]);

// --- the registries' own errors ----------------------------------------------------------------------------------------
await refused('NotAuthorized', 'bob', 'permissions', 'grantRoles(address account, uint256 roles)', [who.bob, 1n]);
await refused('BadRoles', 'admin', 'permissions', 'grantRoles(address account, uint256 roles)', [who.bob, 32n]);
await refused('ZeroAddress', 'admin', 'permissions', 'grantRoles(address account, uint256 roles)', [zero, 8n]);
await refused('LastAdmin', 'admin', 'permissions', 'revokeRoles(address account, uint256 roles)', [who.admin, 1n]);
await refused('LastValidator', 'admin', 'permissions', 'removeValidator(address validator)', [(await reader.readContract({ abi: parseAbi(['function validators() view returns (address[])']), address: registries.permissions, functionName: 'validators' }))[0]]);
await refused('ThresholdOutOfReach', 'admin', 'permissions', 'setThreshold(uint256 roles, uint8 threshold)', [1n, 9]);
await refused('UnknownProposal', 'admin', 'permissions', 'approve(uint64 id)', [9n]);
await refused('BadExpiry', 'admin', 'permissions', 'propose(uint8 change, address account, uint256 roles, uint8 threshold, uint64 expiry)', [1, who.bob, 8n, 0, 1n]);
await refused('BadChange', 'admin', 'permissions', 'propose(uint8 change, address account, uint256 roles, uint8 threshold, uint64 expiry)', [0, who.bob, 8n, 0, 1n]);
await refused('GasLimitOutOfRange', 'admin', 'permissions', 'setGasLimit(uint64 gasLimit)', [1n]);
await refused('VersionNotHigher', 'admin', 'permissions', 'scheduleUpgrade(uint32 version, uint64 blockNumber)', [1, 99_999n]);
await refused('UpgradeTooSoon', 'admin', 'permissions', 'scheduleUpgrade(uint32 version, uint64 blockNumber)', [99, 500n]);
await refused('NoUpgradeScheduled', 'admin', 'permissions', 'cancelUpgrade()');
await refused('ClockOutOfRange', 'admin', 'permissions', 'advanceClock(uint64 secondsForward)', [2n ** 60n]);
await refused('BadPublicKey', 'admin', 'permissions', 'admitNode(bytes32 x, bytes32 y)', [none, none]);
await refused('BadCall', 'admin', 'permissions', 'noSuchThing()');
await refused('UnknownIdentity', 'registrar', 'identities', 'setCategories(bytes32 id, uint64 categories)', [role('nobody'), 1n]);
await refused('IdentityExists', 'registrar', 'identities', 'register(bytes32 id, uint16 country, uint64 categories, uint64 expiry, bytes32 fileHash, address[] wallets)', [idOf('bob'), 840, 0n, 0n, none, []]);
await refused('IdentityClosed', 'registrar', 'identities', 'setState(bytes32 id, uint8 state)', [idOf('nina'), 1]);
await refused('BadCountry', 'registrar', 'identities', 'setCountry(bytes32 id, uint16 country)', [idOf('bob'), 1000]);
await refused('WalletLinkedElsewhere', 'registrar', 'identities', 'linkWallet(bytes32 id, address wallet)', [idOf('bob'), who.alice]);
await refused('WalletInUse', 'registrar', 'identities', 'unlinkWallet(address wallet)', [who.alice]);
await refused('NoRecovery', 'registrar', 'identities', 'cancelRecovery(address lost)', [who.bob]);
await refused('UnknownPolicy', 'owner', 'policies', 'allowToken(uint64 policyId, address token, bool allowed)', [77n, at.cash, true]);
await refused('NotBound', 'alice', 'policies', 'authorize(uint8 operation, address actor, address from, address to, uint256 amount)', [1, who.alice, who.alice, who.bob, 1n]);
await refused('AlreadyBound', 'admin', 'share', 'bindPolicy(uint64 policyId)', [2n]);
await refused('BadRule', 'owner', 'policies', 'setRules(uint64 policyId, (uint8 kind, uint16 operations, uint8 sides, bytes params)[] rules)', [1n, [{ ...rules.known(), operations: 2 }]]);
await refused('RuleKindNotSupported', 'owner', 'policies', 'setRules(uint64 policyId, (uint8 kind, uint16 operations, uint8 sides, bytes params)[] rules)', [1n, [{ ...rules.known(), kind: 9 }]]);
await refused('TooMany', 'owner', 'policies', 'setRules(uint64 policyId, (uint8 kind, uint16 operations, uint8 sides, bytes params)[] rules)', [1n, Array(17).fill(rules.known())]);

await as('owner').call(registryAbi, registries.policies, 'createPolicy', [rules.known()]);
await as('owner').call(registryAbi, registries.policies, 'allowToken', 3n, who.dave, true);
await as('dave').call(parseAbi(['function bind(uint64 policyId, bool counted)']), registries.policies, 'bind', 3n, false);
await refused('NotCounted', 'owner', 'policies', 'setRules(uint64 policyId, (uint8 kind, uint16 operations, uint8 sides, bytes params)[] rules)', [3n, [rules.holders(4, 10n ** 12n, 0n)]]);

// --- rules that the first policies do not have ---------------------------------------------------------------------------
const moves = (1 << 1) | (1 << 2);
const words = (...list) => `0x${list.map((word) => BigInt(word).toString(16).padStart(64, '0')).join('')}`;
const setRules = (...list) => as('owner').call(registryAbi, registries.policies, 'setRules', 1n, [rules.known(), ...list]);
const { timestamp: today } = await reader.getBlock();
for (const [code, rule] of [
    [301, { kind: 3, operations: moves, sides: 1, params: words(32, 0, 64, 1, 826) }],
    [401, { kind: 4, operations: moves, sides: 1, params: words(2, 0) }],
    [601, { kind: 6, operations: moves, sides: 0, params: words(today + 100n, 0, 0, 0, 0) }],
    [602, { kind: 6, operations: moves, sides: 0, params: words(0, today - 1n, 0, 0, 0) }],
    [603, { kind: 6, operations: moves, sides: 0, params: words(0, 0, 1, 2, 0) }],
    [801, { kind: 8, operations: moves, sides: 1, params: words(32, 32, 1, idOf('alice')) }],
    [802, { kind: 8, operations: moves, sides: 2, params: words(32, 32, 1, idOf('bob')) }],
    [102, { kind: 1, operations: moves, sides: 0, params: words(at.calendar, 50_000) }],
]) {
    await setRules(rule);
    await refused(code, 'bob', 'cash', transfer, [who.carol, unit]);
}
await setRules();
await refused(201, 'mallory', 'cash', transfer, [who.alice, 0n]);

// --- decisions of several -------------------------------------------------------------------------------------------------
await as('admin').call(registryAbi, registries.permissions, 'grantRoles', who.owner, 1n);
await as('admin').call(registryAbi, registries.permissions, 'setThreshold', 1n, 2);
await refused('ApprovalsNeeded', 'admin', 'permissions', 'grantRoles(address account, uint256 roles)', [who.dave, 1n]);
const propose = (account, expiry) => as('admin').call(parseAbi(['function propose(uint8 change, address account, uint256 roles, uint8 threshold, uint64 expiry)']), registries.permissions, 'propose', 1, account, 1n, 0, expiry);
await propose(who.dave, today + 86_000n);
await refused('AlreadyApproved', 'admin', 'permissions', 'approve(uint64 id)', [1n]);
await as('owner').call(parseAbi(['function approve(uint64 id)']), registries.permissions, 'approve', 1n);
await refused('ProposalClosed', 'owner', 'permissions', 'approve(uint64 id)', [1n]);
await propose(who.carol, today + 100n);
await refused('ConsentExpired', 'admin', 'permissions', 'addValidator(address validator, uint64 expiry, bytes signature)', [who.bob, 1n, '0x']);
await refused('BadConsent', 'admin', 'permissions', 'addValidator(address validator, uint64 expiry, bytes signature)', [who.bob, today + 1_000n, `0x${'11'.repeat(65)}`]);
const { hash: genesisHash } = await reader.getBlock({ blockNumber: 0n });
const expiry = today + 10_000n;
const { r, s, yParity } = await sign({ hash: keccak256(toRlp([genesisHash, toHex('validator'), who.bob, toHex(expiry)])), privateKey: keccak256(toHex('talea test key of bob')) });
await refused('NotAValidator', 'admin', 'permissions', 'replaceValidator(address replaced, address validator, uint64 expiry, bytes signature)', [who.carol, who.bob, expiry, `${r}${s.slice(2)}0${yParity}`]);
await refused('ERC2612InvalidSigner', 'alice', 'share', 'permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)', [who.carol, who.alice, 1n, fridayCutOff, 27 + yParity, r, s]);
const validatorKey = `0x${readFileSync(world.keyFile, 'utf8').match(/[0-9a-f]{64}/)[0]}`;
const { address: validator } = privateKeyToAccount(validatorKey);
const own = await sign({ hash: keccak256(toRlp([genesisHash, toHex('validator'), validator, toHex(expiry)])), privateKey: validatorKey });
await refused('AlreadyAValidator', 'admin', 'permissions', 'replaceValidator(address replaced, address validator, uint64 expiry, bytes signature)', [validator, validator, expiry, `${own.r}${own.s.slice(2)}0${own.yParity}`]);
await refused('UnknownRegistrar', 'owner', 'policies', 'setRules(uint64 policyId, (uint8 kind, uint16 operations, uint8 sides, bytes params)[] rules)', [1n, [{ ...rules.known(), params: words(32, 32, 1, who.bob) }]]);
await refused('UnknownWallet', 'registrar', 'identities', 'unlinkWallet(address wallet)', [who.mallory]);
await refused('WalletRetired', 'registrar', 'identities', 'recover(address lost, address replacement)', [who.alice, who.aliceDesk]);
await as('admin').call(parseAbi(['function addRegistrar(address registrar)']), registries.identities, 'addRegistrar', who.owner);
await refused('NoTransferOffered', 'owner', 'identities', 'acceptTransfer(bytes32 id)', [idOf('bob')]);
await refused('TokenNotAllowed', 'bob', 'policies', 'bind(uint64 policyId, bool counted)', [1n, true]);
await refused('BadOperation', 'bob', 'policies', 'preview(address token, uint8 operation, address actor, address from, address to, uint256 amount)', [at.cash, 0, who.bob, who.bob, who.carol, 1n]);

// --- the other templates, further on ------------------------------------------------------------------------------------
await refused('BelowMinimum', 'alice', 'fund', request, [0n, who.alice, who.alice]);
await refused('TooLate', 'admin', 'calendar', 'amendDays((uint32 day, uint16 closed, uint16 minute)[] entries, string reason)', [[{ day: Number(friday) - 1, closed: 1, minute: 0 }], 'late']);
await as('alice').call(parseAbi(['function requestRedeem(uint256 shares, address controller, address owner)']), at.fund, 'requestRedeem', 100n * unit, who.alice, who.alice);
await refused('NotInKind', 'alice', 'fund', 'chooseInKind(uint256 requestId, address controller, address token)', [friday, who.alice, at.cash]);
const grant = parseAbi(['function grantRole(bytes32 role, address account)']);
await as('admin').call(grant, at.priceBook, 'grantRole', role('PRICE_APPROVER'), who.priceAgent);
await as('priceAgent').call(parseAbi(['function post(address token, uint256 day, uint64 value, bytes32 documentHash)']), at.priceBook, 'post', at.share, friday, 900_000_000n, none);
await refused('OwnPrice', 'priceAgent', 'priceBook', 'approve(address token, uint256 day, uint64 value)', [at.share, friday, 900_000_000n]);
await refused('DataTooLong', 'signer1', 'custody', 'propose(address target, uint256 value, bytes data)', [at.cash, 0n, `0x${'00'.repeat(16_385)}`]);
const ofCustody = (signature, ...args) => as('signer1').call(parseAbi(['function propose(address target, uint256 value, bytes data) returns (uint256)']), at.custody, 'propose', at.custody, 0n, encodeFunctionData({ abi: parseAbi([`function ${signature}`]), args }));
await ofCustody('addSigner(address signer)', who.signer1);
await refused('BadSigner', 'signer2', 'custody', 'approve(uint256 id)', [2n]);
await ofCustody('setThreshold(uint256 threshold)', 9n);
await refused('BadThreshold', 'signer2', 'custody', 'approve(uint256 id)', [3n]);
await ofCustody('setLimit(address token, uint128 perDay, uint8 keys)', at.cash, 1n, 2);
await refused('BadLimit', 'signer2', 'custody', 'approve(uint256 id)', [4n]);
await as('bob').call(settlementAbi, at.settlement, 'affirm', 1n);
await refused('NotReady', 'alice', 'settlement', 'lock(uint64 id)', [1n]);
await as('alice').call(parseAbi(['function cancel(uint64 id)']), at.settlement, 'cancel', 1n);
await refused('CancelAskedBefore', 'alice', 'settlement', 'cancel(uint64 id)', [1n]);
await refused('NotSelf', 'alice', 'settlement', 'applyNet(uint64 id, uint256 gone)', [1n, 0n]);
await as('alice').call(settlementAbi, at.settlement, 'propose', { ...instruction, notBefore: Number(today) + 3_600 });
for (const party of ['alice', 'bob']) await as(party).call(settlementAbi, at.settlement, 'affirm', 2n);
await as('alice').call(parseAbi(['function approve(address spender, uint256 amount)']), at.cash, 'approve', at.settlement, unit);
await as('alice').call(parseAbi(['function lock(uint64 id)']), at.settlement, 'lock', 2n);
await refused('TooEarly', 'alice', 'settlement', 'settle(uint64 id)', [2n]);
const netting = 'proposeNetting(((address seller, uint96 units, address buyer, uint96 cash, address token)[] trades, address cash, uint8 rule, uint40 notBefore, uint40 deadline, bytes32 ref) terms)';
await as('alice').call(parseAbi([`function ${netting}`]), at.settlement, 'proposeNetting', { trades: [{ seller: who.alice, units: 60n * unit, buyer: who.bob, cash: 61n * unit, token: at.share }], cash: at.cash, rule: 0, notBefore: 0, deadline: Number(today) + 3_600, ref: none });
await refused('NotAllAffirmed', 'alice', 'settlement', 'settleNet(uint64 id)', [3n]);
const leaf = (account, amount) => keccak256(keccak256(words(account, amount)));
const statement = { token: at.share, cash: at.cash, recordTime: Number(today) - 10, claimableFrom: Number(today) + 60, until: Number(today) + 60 + 366 * 86_400, total: 5n * unit, root: leaf(who.alice, 6n * unit), documentHash: none };
for (const claimableFrom of [Number(today) + 60, Number(today)]) await as('distributor').call(parseAbi([`function ${distribution}`]), at.distribution, 'announce', { ...statement, claimableFrom });
await as('treasury').call(parseAbi(['function approve(address spender, uint256 amount)']), at.cash, 'approve', at.distribution, 100n * unit);
for (const id of [1n, 2n]) await as('treasury').call(parseAbi(['function fund(uint256 id)']), at.distribution, 'fund', id);
const claim = 'claim(uint256 id, address account, uint256 amount, bytes32[] proof)';
await refused('NotYetClaimable', 'alice', 'distribution', claim, [1n, who.alice, 6n * unit, []]);
await refused('NotInStatement', 'alice', 'distribution', claim, [2n, who.alice, 7n * unit, []]);
await refused('BeyondFunded', 'alice', 'distribution', claim, [2n, who.alice, 6n * unit, []]);
await as('distributor').call(parseAbi([`function ${distribution}`]), at.distribution, 'announce', { ...statement, claimableFrom: Number(today), total: 6n * unit });
await as('treasury').call(parseAbi(['function fund(uint256 id)']), at.distribution, 'fund', 3n);
await as('alice').call(parseAbi([`function ${claim}`]), at.distribution, 'claim', 3n, who.alice, 6n * unit, []);
await refused('PaidBefore', 'alice', 'distribution', claim, [3n, who.alice, 6n * unit, []]);
await refused('NotOver', 'treasury', 'distribution', 'end(uint256 id)', [2n]);

// --- collateral: an agreement in cash, called and in default ----------------------------------------------------------------
const agreement = parseAbi([
    'struct Terms { address securedParty; address pledgor; address calculationAgent; address arbiter; address cash; address calendar; uint16 markets; uint16 notificationMinute; uint16 dueMinute; uint16 dueDays; uint16 cureDays; uint16 exposureDays; uint16 discount; uint8 custodyKeys; uint128 threshold; uint128 independentAmount; uint128 minimumTransfer; uint128 rounding; uint128 costsMax; }',
    'struct Asset { address token; address source; address fund; bool inPlace; uint16 haircut; uint16 mismatch; uint16 maxAge; uint16 concentration; uint128 concentrationAmount; }',
    'function agree(Terms terms, Asset[] schedule, address[] buyers) returns (uint256 id)',
    'function accept(uint256 id)',
    'function stateExposure(uint256 id, uint128 exposure, bytes32 evidence)',
    'function post(uint256 id, address token, uint128 amount)',
    'function call(uint256 id) returns (uint256 amount, uint256 due)',
    'function dispute(uint256 id, uint128 amount, bytes32 reason)',
    'function declareDefault(uint256 id, bytes32 evidence)',
    'function closeOut(uint256 id, uint128 costs, bytes32 evidence)',
]);
const agreed = { securedParty: who.bob, pledgor: who.alice, calculationAgent: zero, arbiter: who.carol, cash: at.cash, calendar: at.calendar, markets: 3, notificationMinute: 780, dueMinute: 1020, dueDays: 0, cureDays: 1, exposureDays: 1, discount: 0, custodyKeys: 0, threshold: 0n, independentAmount: 0n, minimumTransfer: 1_000n * unit, rounding: 0n, costsMax: unit };
const inCash = [{ token: at.cash, source: zero, fund: zero, inPlace: true, haircut: 0, mismatch: 0, maxAge: 0, concentration: 0, concentrationAmount: 0n }];
const vault = (by, name, ...args) => as(by).call(agreement, at.vault, name, ...args);
const ofVault = (expected, by, name, ...args) => refusedCall(expected, by, 'vault', agreement, name, args);
await ofVault('NotParty', 'carol', 'agree', agreed, inCash, []);
await ofVault('BadCollateralTerms', 'alice', 'agree', agreed, [], []);
await vault('alice', 'agree', agreed, inCash, []);
await vault('bob', 'accept', 1n);
await ofVault('NotInSchedule', 'alice', 'post', 1n, at.share, unit);
await vault('bob', 'stateExposure', 1n, 10_000n * unit, none);
await as('alice').call(parseAbi(['function approve(address spender, uint256 amount)']), at.cash, 'approve', at.vault, 10n ** 12n);
await vault('alice', 'post', 1n, at.cash, 4_000n * unit);
await refused('NotPosted', 'alice', 'vault', 'release(uint256 id, address token, uint128 amount)', [1n, at.cash, 4_001n * unit]);
await refused('RequirementUnmet', 'alice', 'vault', 'release(uint256 id, address token, uint128 amount)', [1n, at.cash, unit]);
await refused('ERC7943InsufficientUnfrozenBalance', 'alice', 'cash', transfer, [who.bob, await balanceOf(at.cash, who.alice)]);
await vault('bob', 'stateExposure', 1n, 3_500n * unit, none);
await refused('BelowMinimumTransfer', 'alice', 'vault', 'release(uint256 id, address token, uint128 amount)', [1n, at.cash, unit]);
await vault('bob', 'stateExposure', 1n, 2_000n * unit, none);
await refused('LessValue', 'alice', 'vault', 'substitute(uint256 id, address tokenIn, uint128 amountIn, address tokenOut, uint128 amountOut)', [1n, at.cash, unit, at.cash, 2n * unit]);
await vault('bob', 'stateExposure', 1n, 10_000n * unit, none);
await vault('bob', 'call', 1n);
await ofVault('NotDisputable', 'alice', 'dispute', 1n, 9_000n * unit, none);
await ofVault('BeforeCure', 'bob', 'declareDefault', 1n, none);
await vault('alice', 'agree', agreed, inCash, []);
await vault('bob', 'accept', 2n);
await vault('bob', 'stateExposure', 2n, 10_000n * unit, none);
const unpriced = { ...inCash[0], token: at.share, source: at.priceBook, maxAge: 1 };
await vault('alice', 'agree', { ...agreed, rounding: 1_000n * unit }, [...inCash, unpriced], [who.carol]);
await vault('bob', 'accept', 3n);
await vault('bob', 'stateExposure', 3n, 1_500n * unit, none);
await vault('alice', 'post', 3n, at.cash, 4_000n * unit);
await ofVault('NotEligible', 'alice', 'post', 3n, at.share, 100n * unit);
await refused('MoreThanSurplus', 'alice', 'vault', 'release(uint256 id, address token, uint128 amount)', [3n, at.cash, 2_100n * unit]);
await vault('bob', 'stateExposure', 3n, 10_000n * unit, none);
await vault('bob', 'call', 3n);

// --- what time and the end of a token bring ----------------------------------------------------------------------------
await world.advanceTo(fridayCutOff);
await refused('WrongStage', 'alice', 'fund', 'cancel(uint8 side, uint256 requestId, address controller)', [0, friday, who.alice]);
await refused('NavMissing', 'agent', 'fund', 'strike(uint256 requestId)', [friday]);
const nav = 'publishNav(uint256 day, uint64 value, uint40 asOf, bytes32 documentHash)';
await as('navAgent').call(taleaAbi, at.fund, 'publishNav', friday, 101_210_000n, fridayCutOff, none);
await refused('NavHeld', 'agent', 'fund', 'strike(uint256 requestId)', [friday]);
await as('admin').call(grant, at.fund, 'grantRole', role('NAV_APPROVER'), who.navAgent);
await refused('OwnNav', 'navAgent', 'fund', 'approveNav(uint256 day, uint64 value)', [friday, 101_210_000n]);
await refused('NavChanged', 'navApprover', 'fund', 'approveNav(uint256 day, uint64 value)', [friday, 1n]);
await as('navApprover').call(taleaAbi, at.fund, 'approveNav', friday, 101_210_000n);
await as('agent').call(taleaAbi, at.fund, 'strike', friday);
await refused('NavFinal', 'navAgent', 'fund', nav, [friday, 101_210_000n, fridayCutOff, none]);
await world.advanceTo(start + 51n * 3600n);
await refused('ReserveStale', 'minter', 'cash', 'issue(address to, uint256 amount)', [who.alice, unit]);
await refused('RecoveryInEffect', 'registrar', 'identities', 'cancelRecovery(address lost)', [who.aliceDesk]);
await refused('ProposalExpired', 'owner', 'permissions', 'approve(uint64 id)', [2n]);
await refused('StrikeOutOfOrder', 'agent', 'fund', 'strike(uint256 requestId)', [friday + 9n]);
await world.advanceTo(start + 6n * 86_400n);
await ofVault('ExposureOld', 'bob', 'call', 2n);
await vault('bob', 'stateExposure', 1n, 1_000n * unit, none);
await ofVault('NothingStands', 'bob', 'declareDefault', 1n, none);
await vault('bob', 'stateExposure', 1n, 10_000n * unit, none);
await vault('bob', 'declareDefault', 1n, none);
await ofVault('CostsAboveMaximum', 'bob', 'closeOut', 1n, 2n * unit, none);
await vault('bob', 'closeOut', 1n, 0n, none);
await refused('NotBuyer', 'carol', 'vault', 'buy(uint256 id, address token, uint128 amount)', [1n, at.cash, unit]);
await vault('bob', 'stateExposure', 3n, 10_000n * unit, none);
await vault('bob', 'declareDefault', 3n, none);
await vault('bob', 'closeOut', 3n, 0n, none);
await refused('PriceUnusable', 'carol', 'vault', 'buy(uint256 id, address token, uint128 amount)', [3n, at.share, unit]);
await refused('MoreThanNeeded', 'bob', 'vault', 'takeCash(uint256 id, uint128 amount)', [1n, 10_001n * unit]);
await refused('StillClosing', 'carol', 'vault', 'endCloseOut(uint256 id)', [1n]);
await refused('NothingToClaim', 'carol', 'vault', 'claim(uint256 id)', [1n]);
await world.advanceTo(start + 8n * 86_400n);
await refused('OperationExpired', 'signer2', 'custody', 'approve(uint256 id)', [1n]);
// One order a dealing day, until as many days are open as one controller may have.
const openDays = async () => (await reader.readContract({ abi: parseAbi(['function openDays(uint8 side, address controller) view returns (uint32[])']), address: at.fund, functionName: 'openDays', args: [0, who.bob] })).length;
let day = 8n;
while ((await openDays()) < 16) {
    await as('bob').call(parseAbi([`function ${request}`]), at.fund, 'requestDeposit', 1_000n * unit, who.bob, who.bob);
    await world.advanceTo(start + ++day * 86_400n);
}
await world.advanceTo(start + (day + 4n) * 86_400n); // past a weekend
await refused('TooManyDays', 'bob', 'fund', request, [1_000n * unit, who.bob, who.bob]);
await as('officer').call(taleaAbi, at.share, 'setPause', 1);
await refused('TokenPaused', 'alice', 'share', transfer, [who.bob, 100n * unit]);
await as('officer').call(taleaAbi, at.share, 'setPause', 0);
await callThrough(at.cash, lock, [who.bob, unit, (await reader.getBlock()).timestamp + 3_600n, 1n]);
await as('admin').call(parseAbi(['function retire(address successor)']), at.cash, 'retire', at.share);
await refused('Encumbered', 'agent', 'cash', 'migrate(address[] holders)', [[who.bob]]);
await refused('TokenRetired', 'alice', 'cash', transfer, [who.bob, unit]);

// --- a chain with a clock that is no test's, and an account that has coins --------------------------------------------------
const devnet = await startDevnet('--admin', who.alice, '--fund', `${who.alice}=1000`);
const onDevnet = rpcOf(devnet.url);
await refusedTransaction('NoTestClock', 'alice', 'advances the clock of a chain that has none of its own', { to: registries.permissions, data: encodeFunctionData({ abi: registryAbi, functionName: 'advanceClock', args: [1n] }) }, onDevnet);
await refusedTransaction('NotPayable', 'alice', 'pays a registry', { to: registries.permissions, data: '0x', value: 1n }, onDevnet);
await devnet.stop();

// --- how far that reaches ------------------------------------------------------------------------------------------------
// Every error has a row (unit_contracts holds the table against all ABIs), and every one but those named below is met here.
const declared = new Set();
for (const folder of ['interfaces', 'native']) {
    for (const file of readdirSync(join(repository, 'contracts', 'src', folder))) {
        for (const [, name] of readFileSync(join(repository, 'contracts', 'src', folder, file), 'utf8').matchAll(/^ *error (\w+)\(/gm)) declared.add(name);
    }
}
declared.delete('Refused');
const named = [...declared].filter((name) => met.has(name));
console.log(`    met ${met.size} refusals, ${named.length} of the ${declared.size} errors that interfaces and registries declare and ${[...met].filter((each) => typeof each === 'number').length} codes of the registry`);
// ERC-7943 declares it for transfers that a policy refuses; here that is `Refused`, which says by which rule.
const never = ['ERC7943CannotTransfer'];
await check('every declared error was met', async (assert) => assert.deepEqual([...declared].filter((name) => !met.has(name)).sort(), never));
await check('the node lived through all of it and stops cleanly', async (assert) => {
    assert.ok(world.node.alive());
    assert.deepEqual(await world.stop(), { code: 0, signal: null });
});
finish();
