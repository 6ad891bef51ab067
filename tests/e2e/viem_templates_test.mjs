// Every template as a program meets it that knows the standards and nothing of ours: viem, with the ABIs that
// OpenZeppelin publishes (ERC-20, 2612, 4626, 5267, AccessControl, ERC-165, ERC-1271) and, for the standards it has none
// of, fragments written down here from their texts. Then what a mined transfer costs.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat, decodeEventLog, hashDomain, keccak256, pad, parseAbi, parseEventLogs, parseSignature, stringToHex, toFunctionSelector, toHex } from 'viem';

import { check, finish } from './checks.mjs';
import { friday, fridayCutOff, furnish, registries, registryAbi, role, startMoneyChain, taleaAbi, unit } from './money_chain.mjs';
import { checkProof } from './merkle_proof.mjs';
import { repository } from './node_process.mjs';

const published = createRequire(join(repository, 'contracts', 'compile.mjs'));
const openzeppelin = (name) => published(`@openzeppelin/contracts/build/contracts/${name}.json`).abi;
const erc20 = [...openzeppelin('IERC20Metadata'), ...openzeppelin('IERC20Errors')];
const erc2612 = openzeppelin('IERC20Permit');
const erc4626 = openzeppelin('IERC4626');
const erc5267 = openzeppelin('IERC5267');
const erc165 = openzeppelin('IERC165');
const erc1271 = openzeppelin('IERC1271');
const accessControl = openzeppelin('IAccessControl');

// https://eips.ethereum.org/EIPS/eip-7540, "Methods" and "Events"
const erc7540 = parseAbi([
    'function requestDeposit(uint256 assets, address controller, address owner) returns (uint256 requestId)',
    'function pendingDepositRequest(uint256 requestId, address controller) view returns (uint256 assets)',
    'function claimableDepositRequest(uint256 requestId, address controller) view returns (uint256 assets)',
    'function requestRedeem(uint256 shares, address controller, address owner) returns (uint256 requestId)',
    'function pendingRedeemRequest(uint256 requestId, address controller) view returns (uint256 shares)',
    'function claimableRedeemRequest(uint256 requestId, address controller) view returns (uint256 shares)',
    'function isOperator(address controller, address operator) view returns (bool status)',
    'function setOperator(address operator, bool approved) returns (bool success)',
    'function deposit(uint256 assets, address receiver, address controller) returns (uint256 shares)',
    'function mint(uint256 shares, address receiver, address controller) returns (uint256 assets)',
    'event DepositRequest(address indexed controller, address indexed owner, uint256 indexed requestId, address sender, uint256 assets)',
    'event RedeemRequest(address indexed controller, address indexed owner, uint256 indexed requestId, address sender, uint256 shares)',
    'event OperatorSet(address indexed controller, address indexed operator, bool approved)',
]);
// https://eips.ethereum.org/EIPS/eip-7575, "share" and "ERC-20 share lookup"
const erc7575 = parseAbi([
    'function share() view returns (address shareTokenAddress)',
    'function vault(address asset) view returns (address)',
    'event VaultUpdate(address indexed asset, address vault)',
]);
// https://eips.ethereum.org/EIPS/eip-7943, "IERC7943Fungible"
const erc7943 = parseAbi([
    'function forcedTransfer(address from, address to, uint256 amount) returns (bool result)',
    'function setFrozenTokens(address account, uint256 amount) returns (bool result)',
    'function canSend(address account) view returns (bool allowed)',
    'function canReceive(address account) view returns (bool allowed)',
    'function getFrozenTokens(address account) view returns (uint256 amount)',
    'function canTransfer(address from, address to, uint256 amount) view returns (bool allowed)',
    'event ForcedTransfer(address indexed from, address indexed to, uint256 amount)',
    'event Frozen(address indexed account, uint256 amount)',
    'error ERC7943CannotSend(address account)',
    'error ERC7943CannotReceive(address account)',
    'error ERC7943CannotTransfer(address from, address to, uint256 amount)',
    'error ERC7943InsufficientUnfrozenBalance(address account, uint256 amount, uint256 unfrozen)',
]);
// https://eips.ethereum.org/EIPS/eip-3643, "IERC3643", "IAgentRole", "IIdentityRegistry", "ICompliance"
const erc3643 = parseAbi([
    'function onchainID() view returns (address)',
    'function version() view returns (string)',
    'function identityRegistry() view returns (address)',
    'function compliance() view returns (address)',
    'function paused() view returns (bool)',
    'function isFrozen(address _userAddress) view returns (bool)',
    'function getFrozenTokens(address _userAddress) view returns (uint256)',
    'function setName(string _name)',
    'function setSymbol(string _symbol)',
    'function setOnchainID(address _onchainID)',
    'function pause()',
    'function unpause()',
    'function setAddressFrozen(address _userAddress, bool _freeze)',
    'function freezePartialTokens(address _userAddress, uint256 _amount)',
    'function unfreezePartialTokens(address _userAddress, uint256 _amount)',
    'function setIdentityRegistry(address _identityRegistry)',
    'function setCompliance(address _compliance)',
    'function forcedTransfer(address _from, address _to, uint256 _amount) returns (bool)',
    'function mint(address _to, uint256 _amount)',
    'function burn(address _userAddress, uint256 _amount)',
    'function recoveryAddress(address _lostWallet, address _newWallet, address _investorOnchainID) returns (bool)',
    'function batchTransfer(address[] _toList, uint256[] _amounts)',
    'function batchForcedTransfer(address[] _fromList, address[] _toList, uint256[] _amounts)',
    'function batchMint(address[] _toList, uint256[] _amounts)',
    'function batchBurn(address[] _userAddresses, uint256[] _amounts)',
    'function batchSetAddressFrozen(address[] _userAddresses, bool[] _freeze)',
    'function batchFreezePartialTokens(address[] _userAddresses, uint256[] _amounts)',
    'function batchUnfreezePartialTokens(address[] _userAddresses, uint256[] _amounts)',
    'function addAgent(address _agent)',
    'function removeAgent(address _agent)',
    'function isAgent(address _agent) view returns (bool)',
    'function isVerified(address _userAddress) view returns (bool)',
    'function contains(address _userAddress) view returns (bool)',
    'function investorCountry(address _userAddress) view returns (uint16)',
    'function canTransfer(address _from, address _to, uint256 _amount) view returns (bool)',
    'event RecoverySuccess(address _lostWallet, address _newWallet, address _investorOnchainID)',
    'event AddressFrozen(address indexed _userAddress, bool indexed _isFrozen, address indexed _owner)',
    'event TokensFrozen(address indexed _userAddress, uint256 _amount)',
    'event TokensUnfrozen(address indexed _userAddress, uint256 _amount)',
    'event Paused(address _userAddress)',
    'event Unpaused(address _userAddress)',
]);
// https://github.com/ethereum/EIPs/issues/1643
const erc1643 = parseAbi([
    'function getDocument(bytes32 _name) view returns (string, bytes32, uint256)',
    'function setDocument(bytes32 _name, string _uri, bytes32 _documentHash)',
    'function removeDocument(bytes32 _name)',
    'function getAllDocuments() view returns (bytes32[])',
    'event DocumentRemoved(bytes32 indexed _name, string _uri, bytes32 _documentHash)',
    'event DocumentUpdated(bytes32 indexed _name, string _uri, bytes32 _documentHash)',
]);
// https://github.com/ethereum/EIPs/issues/1404
const erc1404 = parseAbi([
    'function detectTransferRestriction(address from, address to, uint256 value) view returns (uint8)',
    'function messageForTransferRestriction(uint8 restrictionCode) view returns (string)',
]);
/** What our contracts refuse with where no standard has an error. */
const ours = parseAbi([
    'error Refused(uint16 code, address who, uint8 rule, uint256 detail)',
    'error NotAuthorized(address account, bytes32 role)',
    'error NotSupported()',
    'error NoPreview()',
    'error TokenPaused(uint8 level)',
    'error NotController(address sender, address controller)',
]);

/** The domain that a contract names, with just the fields it says it has (viem gives a salt even where there is none). */
const domainOf = async (address) => {
    const { domain, fields } = await reader.getEip712Domain({ address });
    const names = ['name', 'version', 'chainId', 'verifyingContract', 'salt'];
    return { fields, domain: Object.fromEntries(names.filter((_, bit) => (Number(fields) >> bit) & 1).map((name) => [name, domain[name]])) };
};
const domainTypes = [['name', 'string'], ['version', 'string'], ['chainId', 'uint256'], ['verifyingContract', 'address']].map(([name, type]) => ({ name, type }));

const world = await startMoneyChain();
const { at, people, reader, as, read, refusal, client } = world;
await furnish(world);
const who = Object.fromEntries(Object.entries(people).map(([name, account]) => [name, account.address]));
const balance = (token, name) => read(erc20, token, 'balanceOf', who[name]);
/** The XOR of the selectors of the functions that ERC-165 counts. */
const interfaceId = (abi, names) => {
    const chosen = abi.filter(({ type, name }) => type === 'function' && (!names || names.includes(name)));
    return `0x${chosen.reduce((id, entry) => id ^ BigInt(toFunctionSelector(entry)), 0n).toString(16).padStart(8, '0')}`;
};
const logsOf = (abi, receipt) => parseEventLogs({ abi, logs: receipt.logs }).map(({ eventName, args }) => ({ eventName, ...args }));

// --- ERC-165 -------------------------------------------------------------------------------------------------------
await check('ERC-165 says of every template what it is, by the published ids', async (assert) => {
    const token = ['0x01ffc9a7', '0x36372b07', '0xa219a025', '0x9d8ff7da', '0x84b0196e', '0x3edbb4c4', '0xab84a5c8', '0xecfecec8', '0xb97d944c', '0xf815c03d', '0x7965db0b'];
    const claims = {
        cash: token,
        share: token,
        fund: ['0x01ffc9a7', '0x2f0a18c5', '0xe3bc4e65', '0xce3bbe50', '0x620ee8e4', '0x7965db0b'],
        calendar: ['0x01ffc9a7', '0x7965db0b'],
        priceBook: ['0x01ffc9a7', '0x7965db0b'],
        distribution: ['0x01ffc9a7', '0x7965db0b'],
        vault: ['0x01ffc9a7'],
        settlement: ['0x01ffc9a7', '0x84b0196e'],
        custody: ['0x01ffc9a7', '0x84b0196e', '0x1626ba7e'],
    };
    for (const [name, ids] of Object.entries(claims)) {
        for (const id of ids) assert.equal(await read(erc165, at[name], 'supportsInterface', id), true, `${name} ${id}`);
        assert.equal(await read(erc165, at[name], 'supportsInterface', '0xffffffff'), false, name);
    }
});

await check('the ABIs typed here have the published interface ids', async (assert) => {
    assert.equal(interfaceId(openzeppelin('IERC20')), '0x36372b07');
    assert.equal(interfaceId(erc2612), '0x9d8ff7da');
    assert.equal(interfaceId(erc5267), '0x84b0196e');
    assert.equal(interfaceId(erc1271), '0x1626ba7e');
    assert.equal(interfaceId(accessControl), '0x7965db0b');
    assert.equal(interfaceId(erc7540, ['setOperator', 'isOperator']), '0xe3bc4e65');
    assert.equal(interfaceId(erc7540, ['requestDeposit', 'pendingDepositRequest', 'claimableDepositRequest', 'deposit', 'mint']), '0xce3bbe50');
    assert.equal(interfaceId(erc7540, ['requestRedeem', 'pendingRedeemRequest', 'claimableRedeemRequest']), '0x620ee8e4');
    assert.equal(interfaceId(erc7575, ['vault']), '0xf815c03d');
    assert.equal(interfaceId(erc7943), '0x3edbb4c4');
    assert.equal(interfaceId(erc1643), '0xecfecec8');
    assert.equal(interfaceId(erc1404), '0xab84a5c8');
    const token = erc3643.slice(0, 28).map(({ name }) => name); // its own 28, without agents and registries
    assert.equal(interfaceId(erc3643, token), '0xb97d944c');
});

// --- ERC-20, ERC-2612, ERC-5267 --------------------------------------------------------------------------------------
for (const token of ['cash', 'share']) {
    await check(`ERC-20: ${token} tells its metadata, moves, approves and is spent from`, async (assert) => {
        assert.equal(await read(erc20, at[token], 'name'), token === 'cash' ? 'Dollar Cash' : 'Treasury Fund');
        assert.equal(await read(erc20, at[token], 'symbol'), token === 'cash' ? 'USDX' : 'TFUND');
        assert.equal(await read(erc20, at[token], 'decimals'), 6);
        const supply = await read(erc20, at[token], 'totalSupply');
        const [alices, bobs] = [await balance(at[token], 'alice'), await balance(at[token], 'bob')];
        const sent = await as('alice').call(erc20, at[token], 'transfer', who.bob, 100n * unit);
        assert.deepEqual(logsOf(erc20, sent), [{ eventName: 'Transfer', from: who.alice, to: who.bob, value: 100n * unit }]);
        const approved = await as('bob').call(erc20, at[token], 'approve', who.carol, 40n * unit);
        assert.deepEqual(logsOf(erc20, approved), [{ eventName: 'Approval', owner: who.bob, spender: who.carol, value: 40n * unit }]);
        await as('carol').call(erc20, at[token], 'transferFrom', who.bob, who.alice, 40n * unit);
        assert.equal(await read(erc20, at[token], 'allowance', who.bob, who.carol), 0n);
        assert.equal(await balance(at[token], 'alice'), alices - 60n * unit);
        assert.equal(await balance(at[token], 'bob'), bobs + 60n * unit);
        assert.equal(await read(erc20, at[token], 'totalSupply'), supply);
        await as('alice').call(erc20, at[token], 'transfer', who.bob, 0n);
    });

    await check(`ERC-6093: ${token} refuses with the standard's errors and their values`, async (assert) => {
        const bobs = await balance(at[token], 'bob');
        const short = await refusal('bob', erc20, at[token], 'transfer', who.alice, bobs + 1n);
        assert.deepEqual([short.errorName, short.args], ['ERC20InsufficientBalance', [who.bob, bobs, bobs + 1n]]);
        const allowance = await refusal('carol', erc20, at[token], 'transferFrom', who.bob, who.alice, 1n);
        assert.deepEqual([allowance.errorName, allowance.args], ['ERC20InsufficientAllowance', [who.carol, 0n, 1n]]);
        const nobody = await refusal('bob', erc20, at[token], 'transfer', `0x${'00'.repeat(20)}`, 1n);
        assert.equal(nobody.errorName, 'ERC20InvalidReceiver');
        const spender = await refusal('bob', erc20, at[token], 'approve', `0x${'00'.repeat(20)}`, 1n);
        assert.equal(spender.errorName, 'ERC20InvalidSpender');
    });

    await check(`ERC-2612 and ERC-5267: ${token} names its domain, and a permit signed for it is good once`, async (assert) => {
        const { domain, fields } = await domainOf(at[token]);
        assert.equal(fields, '0x0f');
        assert.equal(hashDomain({ domain, types: { EIP712Domain: domainTypes } }), await read(erc2612, at[token], 'DOMAIN_SEPARATOR'));
        const nonce = await read(erc2612, at[token], 'nonces', who.alice);
        const deadline = fridayCutOff + 10_000n;
        const signature = await people.alice.signTypedData({
            domain,
            types: { Permit: [['owner', 'address'], ['spender', 'address'], ['value', 'uint256'], ['nonce', 'uint256'], ['deadline', 'uint256']].map(([name, type]) => ({ name, type })) },
            primaryType: 'Permit',
            message: { owner: who.alice, spender: who.bob, value: 7n * unit, nonce, deadline },
        });
        const { r, s, v } = parseSignature(signature);
        await as('bob').call(erc2612, at[token], 'permit', who.alice, who.bob, 7n * unit, deadline, Number(v), r, s);
        assert.equal(await read(erc20, at[token], 'allowance', who.alice, who.bob), 7n * unit);
        assert.equal(await read(erc2612, at[token], 'nonces', who.alice), nonce + 1n);
        const errors = parseAbi(['error ERC2612InvalidSigner(address signer, address owner)', 'error ERC2612ExpiredSignature(uint256 deadline)']);
        const again = await refusal('bob', [...erc2612, ...errors], at[token], 'permit', who.alice, who.bob, 7n * unit, deadline, Number(v), r, s);
        assert.equal(again.errorName, 'ERC2612InvalidSigner');
        const late = await refusal('bob', [...erc2612, ...errors], at[token], 'permit', who.alice, who.bob, 1n, 1n, Number(v), r, s);
        assert.deepEqual([late.errorName, late.args], ['ERC2612ExpiredSignature', [1n]]);
    });
}

await check('ERC-5267: settlement and custody name their domains', async (assert) => {
    for (const [name, called] of [['settlement', 'Talea Settlement'], ['custody', 'Talea CustodyAccount']]) {
        const [fields, its, version, chainId, verifier] = await read(erc5267, at[name], 'eip712Domain');
        assert.deepEqual([fields, its, version, chainId, verifier], ['0x0f', called, '1', 7702n, at[name]]);
    }
});

// --- AccessControl -------------------------------------------------------------------------------------------------
for (const [name, roleName] of [['cash', 'ATTESTOR'], ['share', 'TRANSFER_AGENT'], ['fund', 'NAV_AGENT'], ['calendar', 'EMERGENCY'], ['priceBook', 'PRICE_AGENT'], ['distribution', 'DISTRIBUTOR']]) {
    await check(`AccessControl: ${name}'s administrator grants and revokes ${roleName}, its holder renounces it, nobody else does`, async (assert) => {
        const theRole = role(roleName);
        const given = await as('admin').call(accessControl, at[name], 'grantRole', theRole, who.dave);
        assert.deepEqual(logsOf(accessControl, given), [{ eventName: 'RoleGranted', role: theRole, account: who.dave, sender: who.admin }]);
        assert.equal(await read(accessControl, at[name], 'hasRole', theRole, who.dave), true);
        assert.equal(await read(accessControl, at[name], 'getRoleAdmin', theRole), `0x${'00'.repeat(32)}`);
        const refused = await refusal('bob', [...accessControl.filter(({ type }) => type !== 'error'), ...ours], at[name], 'grantRole', theRole, who.bob);
        assert.deepEqual([refused.errorName, refused.args], ['NotAuthorized', [who.bob, `0x${'00'.repeat(32)}`]]);
        await as('dave').call(accessControl, at[name], 'renounceRole', theRole, who.dave);
        assert.equal(await read(accessControl, at[name], 'hasRole', theRole, who.dave), false);
        await as('admin').call(accessControl, at[name], 'grantRole', theRole, who.dave);
        const taken = await as('admin').call(accessControl, at[name], 'revokeRole', theRole, who.dave);
        assert.deepEqual(logsOf(accessControl, taken), [{ eventName: 'RoleRevoked', role: theRole, account: who.dave, sender: who.admin }]);
        assert.equal(await read(accessControl, at[name], 'hasRole', theRole, who.dave), false);
    });
}

// --- ERC-7943 ------------------------------------------------------------------------------------------------------
await check('ERC-7943: who can send, receive and transfer is told, and a freeze binds', async (assert) => {
    assert.equal(await read(erc7943, at.share, 'canSend', who.alice), true);
    assert.equal(await read(erc7943, at.share, 'canReceive', who.mallory), false);
    assert.equal(await read(erc7943, at.share, 'canTransfer', who.alice, who.bob, 100n * unit), true);
    assert.equal(await read(erc7943, at.share, 'canTransfer', who.alice, who.kim, 100n * unit), false);
    const held = await balance(at.share, 'bob');
    const frozen = await as('officer').call(erc7943, at.share, 'setFrozenTokens', who.bob, held + 5n);
    assert.deepEqual(logsOf(erc7943, frozen), [{ eventName: 'Frozen', account: who.bob, amount: held + 5n }]);
    assert.equal(await read(erc7943, at.share, 'getFrozenTokens', who.bob), held + 5n);
    assert.equal(await read(erc7943, at.share, 'canTransfer', who.bob, who.alice, 1n), false);
    const bound = await refusal('bob', [...erc20, ...erc7943], at.share, 'transfer', who.alice, held);
    assert.deepEqual([bound.errorName, bound.args], ['ERC7943InsufficientUnfrozenBalance', [who.bob, held, 0n]]);
});

await check('ERC-7943: a forced transfer takes frozen units, lowers the freeze first, and says both', async (assert) => {
    const held = await balance(at.share, 'bob');
    const forced = await as('agent').call(erc7943, at.share, 'forcedTransfer', who.bob, who.alice, held);
    const names = forced.logs.map((log) => {
        try {
            return decodeEventLog({ abi: [...erc7943, ...erc20], ...log }).eventName;
        } catch {
            return null;
        }
    });
    const order = names.filter((name) => ['Frozen', 'Transfer', 'ForcedTransfer'].includes(name));
    assert.deepEqual(order, ['Frozen', 'Transfer', 'ForcedTransfer']);
    assert.equal(await balance(at.share, 'bob'), 0n);
    await as('officer').call(erc7943, at.share, 'setFrozenTokens', who.bob, 0n);
});

// --- ERC-3643 ------------------------------------------------------------------------------------------------------
await check("ERC-3643: the token's views answer, and it is its own registry and compliance", async (assert) => {
    assert.equal(await read(erc3643, at.share, 'onchainID'), `0x${'00'.repeat(20)}`);
    assert.ok((await read(erc3643, at.share, 'version')).length > 0);
    const registry = await read(erc3643, at.share, 'identityRegistry');
    assert.equal(registry, at.share);
    assert.equal(await read(erc3643, at.share, 'compliance'), at.share);
    assert.equal(await read(erc3643, registry, 'isVerified', who.alice), true);
    assert.equal(await read(erc3643, registry, 'isVerified', who.mallory), false);
    assert.equal(await read(erc3643, registry, 'contains', who.kim), true);
    assert.equal(await read(erc3643, registry, 'investorCountry', who.kim), 408);
    assert.equal(await read(erc3643, at.share, 'isAgent', who.agent), true);
    assert.equal(await read(erc3643, at.share, 'isAgent', who.alice), false);
    assert.equal(await read(erc3643, at.share, 'canTransfer', who.alice, who.carol, 100n * unit), true);
});

await check('ERC-3643: pause stops transfers and unpause lets them go on', async (assert) => {
    const paused = await as('officer').call(erc3643, at.share, 'pause');
    assert.deepEqual(logsOf(erc3643, paused).filter(({ eventName }) => eventName === 'Paused'), [{ eventName: 'Paused', _userAddress: who.officer }]);
    assert.equal(await read(erc3643, at.share, 'paused'), true);
    const stopped = await refusal('alice', [...erc20, ...ours], at.share, 'transfer', who.bob, 100n * unit);
    assert.equal(stopped.errorName, 'TokenPaused');
    await as('officer').call(erc3643, at.share, 'unpause');
    assert.equal(await read(erc3643, at.share, 'paused'), false);
    await as('alice').call(erc20, at.share, 'transfer', who.bob, 100n * unit);
});

await check('ERC-3643: addresses and amounts are frozen and freed, singly and in batches', async (assert) => {
    const frozen = await as('officer').call(erc3643, at.share, 'setAddressFrozen', who.bob, true);
    assert.ok(logsOf(erc3643, frozen).some(({ eventName, _userAddress, _isFrozen }) => eventName === 'AddressFrozen' && _userAddress === who.bob && _isFrozen));
    assert.equal(await read(erc3643, at.share, 'isFrozen', who.bob), true);
    await as('officer').call(erc3643, at.share, 'batchSetAddressFrozen', [who.bob, who.carol], [false, true]);
    assert.deepEqual([await read(erc3643, at.share, 'isFrozen', who.bob), await read(erc3643, at.share, 'isFrozen', who.carol)], [false, true]);
    await as('officer').call(erc3643, at.share, 'setAddressFrozen', who.carol, false);
    const partly = await as('officer').call(erc3643, at.share, 'freezePartialTokens', who.bob, 30n * unit);
    assert.ok(logsOf(erc3643, partly).some(({ eventName, _amount }) => eventName === 'TokensFrozen' && _amount === 30n * unit));
    await as('officer').call(erc3643, at.share, 'batchFreezePartialTokens', [who.bob], [10n * unit]);
    assert.equal(await read(erc3643, at.share, 'getFrozenTokens', who.bob), 40n * unit);
    await as('officer').call(erc3643, at.share, 'unfreezePartialTokens', who.bob, 15n * unit);
    await as('officer').call(erc3643, at.share, 'batchUnfreezePartialTokens', [who.bob], [25n * unit]);
    assert.equal(await read(erc3643, at.share, 'getFrozenTokens', who.bob), 0n);
});

await check('ERC-3643: agents mint, burn and force, holders transfer in batches', async (assert) => {
    const supply = await read(erc20, at.share, 'totalSupply');
    await as('issuer').call(erc3643, at.share, 'mint', who.bob, 100n * unit);
    await as('issuer').call(erc3643, at.share, 'batchMint', [who.alice, who.bob], [60n * unit, 60n * unit]);
    assert.equal(await read(erc20, at.share, 'totalSupply'), supply + 220n * unit);
    await as('agent').call(erc3643, at.share, 'burn', who.bob, 60n * unit);
    await as('agent').call(erc3643, at.share, 'batchBurn', [who.alice, who.bob], [60n * unit, 60n * unit]);
    assert.equal(await read(erc20, at.share, 'totalSupply'), supply + 40n * unit);
    await as('alice').call(erc3643, at.share, 'batchTransfer', [who.bob, who.carol], [70n * unit, 80n * unit]);
    assert.equal(await balance(at.share, 'carol'), 80n * unit);
    await as('agent').call(erc3643, at.share, 'batchForcedTransfer', [who.carol], [who.bob], [80n * unit]);
    assert.equal(await balance(at.share, 'carol'), 0n);
});

await check('ERC-3643: a lost wallet is recovered once the registry says so', async (assert) => {
    await as('issuer').call(erc3643, at.share, 'mint', who.aliceDesk, 500n * unit);
    await as('registrar').call(registryAbi, registries.identities, 'recover', who.aliceDesk, who.alice);
    await world.advanceTo(fridayCutOff - 60n);
    const before = await balance(at.share, 'alice');
    const recovered = await as('agent').call(erc3643, at.share, 'recoveryAddress', who.aliceDesk, who.alice, `0x${'00'.repeat(20)}`);
    assert.ok(logsOf(erc3643, recovered).some(({ eventName, _lostWallet, _newWallet }) => eventName === 'RecoverySuccess' && _lostWallet === who.aliceDesk && _newWallet === who.alice));
    assert.equal(await balance(at.share, 'alice'), before + 500n * unit);
});

await check('ERC-3643: what the chain decides, or the token fixes, is not supported by name', async (assert) => {
    const calls = [['setName', 'x'], ['setSymbol', 'x'], ['setOnchainID', who.bob], ['setIdentityRegistry', who.bob], ['setCompliance', who.bob], ['addAgent', who.bob], ['removeAgent', who.agent]];
    for (const [name, ...args] of calls) assert.equal((await refusal('admin', [...erc3643, ...ours], at.share, name, ...args)).errorName, 'NotSupported', name);
});

// --- ERC-1643, ERC-1404 ----------------------------------------------------------------------------------------------
await check('ERC-1643: documents are set, listed, read and removed', async (assert) => {
    const name = stringToHex('prospectus', { size: 32 });
    const set = await as('admin').call(erc1643, at.share, 'setDocument', name, 'https://example.org/prospectus', role('prospectus'));
    assert.deepEqual(logsOf(erc1643, set), [{ eventName: 'DocumentUpdated', _name: name, _uri: 'https://example.org/prospectus', _documentHash: role('prospectus') }]);
    assert.deepEqual(await read(erc1643, at.share, 'getAllDocuments'), [name]);
    assert.deepEqual((await read(erc1643, at.share, 'getDocument', name)).slice(0, 2), ['https://example.org/prospectus', role('prospectus')]);
    await as('admin').call(erc1643, at.share, 'removeDocument', name);
    assert.deepEqual(await read(erc1643, at.share, 'getAllDocuments'), []);
});

await check('ERC-1404: a restriction is detected by code, the code has a message, and execution refuses for the same', async (assert) => {
    for (const [to, code, rule] of [['mallory', 122, 1], ['kim', 132, 2], ['nina', 142, 3]]) {
        assert.equal(await read(erc1404, at.share, 'detectTransferRestriction', who.alice, who[to], 100n * unit), code);
        assert.ok((await read(erc1404, at.share, 'messageForTransferRestriction', code)).length > 5);
        const refused = await refusal('alice', [...erc20, ...ours], at.share, 'transfer', who[to], 100n * unit);
        assert.deepEqual([refused.errorName, refused.args.slice(0, 3)], ['Refused', [100 * Math.floor((code - 100) / 10) + (code % 10), who[to], rule]]);
    }
    assert.equal(await read(erc1404, at.share, 'detectTransferRestriction', who.alice, who.bob, 100n * unit), 0);
});

// --- ERC-4626, ERC-7540, ERC-7575 ------------------------------------------------------------------------------------
await check('ERC-7575 and ERC-4626: the fund names its asset and share, and the share its vault', async (assert) => {
    assert.equal(await read(erc4626, at.fund, 'asset'), at.cash);
    assert.equal(await read(erc7575, at.fund, 'share'), at.share);
    assert.equal(await read(erc7575, at.share, 'vault', at.cash), at.fund);
    for (const name of ['previewDeposit', 'previewMint', 'previewWithdraw', 'previewRedeem']) assert.equal((await refusal('alice', [...erc4626, ...ours], at.fund, name, 1n)).errorName, 'NoPreview', name);
    for (const name of ['maxDeposit', 'maxMint', 'maxWithdraw', 'maxRedeem']) assert.equal(await read(erc4626, at.fund, name, who.alice), 0n, name);
});

let deposits;
await check('ERC-7540: a deposit is requested, by its owner and by an operator', async (assert) => {
    const requested = await as('alice').call(erc7540, at.fund, 'requestDeposit', 2_000_000n * unit, who.alice, who.alice);
    assert.deepEqual(logsOf(erc7540, requested), [{ eventName: 'DepositRequest', controller: who.alice, owner: who.alice, requestId: friday, sender: who.alice, assets: 2_000_000n * unit }]);
    const foreign = await refusal('carol', [...erc7540, ...ours], at.fund, 'requestDeposit', unit, who.bob, who.bob);
    assert.equal(foreign.errorName, 'NotController');
    const set = await as('bob').call(erc7540, at.fund, 'setOperator', who.carol, true);
    assert.deepEqual(logsOf(erc7540, set), [{ eventName: 'OperatorSet', controller: who.bob, operator: who.carol, approved: true }]);
    assert.equal(await read(erc7540, at.fund, 'isOperator', who.bob, who.carol), true);
    await as('carol').call(erc7540, at.fund, 'requestDeposit', 500_000n * unit, who.bob, who.bob);
    assert.equal(await read(erc7540, at.fund, 'pendingDepositRequest', friday, who.alice), 2_000_000n * unit);
    assert.equal(await read(erc7540, at.fund, 'claimableDepositRequest', friday, who.alice), 0n);
    deposits = true;
});

await check('ERC-7540 and ERC-4626: once struck, deposits are claimed by deposit and mint', async (assert) => {
    assert.ok(deposits);
    await world.advanceTo(fridayCutOff);
    await as('navAgent').call(taleaAbi, at.fund, 'publishNav', friday, 101_210_000n, fridayCutOff, role('valuation'));
    await as('navApprover').call(taleaAbi, at.fund, 'approveNav', friday, 101_210_000n);
    await as('agent').call(taleaAbi, at.fund, 'strike', friday);
    await as('agent').call(taleaAbi, at.fund, 'collect', friday);
    assert.equal(await read(erc7540, at.fund, 'pendingDepositRequest', friday, who.alice), 0n);
    assert.equal(await read(erc7540, at.fund, 'claimableDepositRequest', friday, who.alice), 2_000_000n * unit);
    assert.equal(await read(erc4626, at.fund, 'maxDeposit', who.alice), 2_000_000n * unit);
    const before = await balance(at.share, 'alice');
    const claimed = await as('alice').call(erc7540, at.fund, 'deposit', 1_000_000n * unit, who.alice, who.alice);
    assert.ok(logsOf(erc4626, claimed).some(({ eventName, sender, owner, assets }) => eventName === 'Deposit' && sender === who.alice && owner === who.alice && assets === 1_000_000n * unit));
    await as('alice').call(erc4626, at.fund, 'deposit', 1_000_000n * unit, who.alice);
    assert.equal((await balance(at.share, 'alice')) - before, 1_976_089_319_237n);
    const bobs = await balance(at.share, 'bob');
    const all = await read(erc4626, at.fund, 'maxMint', who.bob);
    assert.equal(all, 494_022_329_809n);
    await as('bob').call(erc4626, at.fund, 'mint', all, who.bob);
    assert.equal((await balance(at.share, 'bob')) - bobs, all);
    assert.ok((await read(erc4626, at.fund, 'totalAssets')) > 0n);
    assert.equal(await read(erc4626, at.fund, 'convertToShares', 2_000_000n * unit), 1_976_089_319_237n);
    assert.equal(await read(erc4626, at.fund, 'convertToAssets', 1_000_000n * unit), 1_012_100_000_000n);
});

await check('ERC-7540 and ERC-4626: a redemption is requested, struck, funded and paid by redeem and withdraw', async (assert) => {
    const monday = friday + 3n;
    const mondayCutOff = fridayCutOff + 3n * 86_400n;
    await world.advanceTo(mondayCutOff - 60n);
    const requested = await as('alice').call(erc7540, at.fund, 'requestRedeem', 1_000_000n * unit, who.alice, who.alice);
    assert.deepEqual(logsOf(erc7540, requested), [{ eventName: 'RedeemRequest', controller: who.alice, owner: who.alice, requestId: monday, sender: who.alice, shares: 1_000_000n * unit }]);
    assert.equal(await read(erc7540, at.fund, 'pendingRedeemRequest', monday, who.alice), 1_000_000n * unit);
    await world.advanceTo(mondayCutOff);
    await as('navAgent').call(taleaAbi, at.fund, 'publishNav', monday, 101_230_000n, mondayCutOff, role('valuation of Monday'));
    await as('navApprover').send(taleaAbi, at.fund, 'approveNav', monday, 101_230_000n); // only where it was held
    await as('agent').call(taleaAbi, at.fund, 'strike', monday);
    await as('treasury').call(taleaAbi, at.fund, 'fundRedemptions', monday);
    await world.advanceTo(mondayCutOff + 86_400n);
    assert.equal(await read(erc7540, at.fund, 'claimableRedeemRequest', monday, who.alice), 1_000_000n * unit);
    assert.equal(await read(erc4626, at.fund, 'maxRedeem', who.alice), 1_000_000n * unit);
    assert.equal(await read(erc4626, at.fund, 'maxWithdraw', who.alice), 1_012_300_000_000n);
    const before = await balance(at.cash, 'alice');
    const paid = await as('alice').call(erc4626, at.fund, 'redeem', 400_000n * unit, who.alice, who.alice);
    assert.ok(logsOf(erc4626, paid).some(({ eventName, receiver, shares }) => eventName === 'Withdraw' && receiver === who.alice && shares === 400_000n * unit));
    await as('alice').call(erc4626, at.fund, 'withdraw', await read(erc4626, at.fund, 'maxWithdraw', who.alice), who.alice, who.alice);
    assert.equal((await balance(at.cash, 'alice')) - before, 1_012_300_000_000n);
});

// --- ERC-1271 and what is signed ---------------------------------------------------------------------------------------
await check('ERC-1271: the custody account answers for a hash that two of its three keys signed', async (assert) => {
    const { domain } = await domainOf(at.custody);
    const hash = role('a statement');
    const keys = ['signer1', 'signer2'].sort((a, b) => (BigInt(who[a]) < BigInt(who[b]) ? -1 : 1));
    const sign = (name) => people[name].signTypedData({ domain, types: { CustodyMessage: [{ name: 'hash', type: 'bytes32' }] }, primaryType: 'CustodyMessage', message: { hash } });
    const both = concat(await Promise.all(keys.map(sign)));
    assert.equal(await read(erc1271, at.custody, 'isValidSignature', hash, both), '0x1626ba7e');
    assert.notEqual(await read(erc1271, at.custody, 'isValidSignature', hash, await sign(keys[0])), '0x1626ba7e');
});

await check('ERC-5267: an instruction is affirmed by a signature over the domain that settlement names', async (assert) => {
    const settlement = parseAbi([
        'struct Leg { address token; address from; address to; uint96 amount; }',
        'struct InstructionTerms { Leg[] legs; address cash; uint16 failBps; uint40 notBefore; uint40 deadline; uint64 replaces; bytes32 ref; }',
        'function propose(InstructionTerms terms) returns (uint64 id)',
        'function affirmFor(uint64 id, address party, bytes signature)',
        'function affirm(uint64 id)',
        'function lock(uint64 id)',
        'function settle(uint64 id)',
        'function digestOf(uint64 id) view returns (bytes32)',
        'event Settled(uint64 indexed id)',
    ]);
    const { timestamp } = await reader.getBlock();
    const terms = {
        legs: [
            { token: at.share, from: who.alice, to: who.bob, amount: 1_000n * unit },
            { token: at.cash, from: who.bob, to: who.alice, amount: 1_012n * unit },
        ],
        cash: at.cash,
        failBps: 0,
        notBefore: Number(timestamp),
        deadline: Number(timestamp) + 86_400,
        replaces: 0n,
        ref: role('trade 1'),
    };
    await as('alice').call(settlement, at.settlement, 'propose', terms);
    await as('alice').call(settlement, at.settlement, 'affirm', 1n);
    const { domain } = await domainOf(at.settlement);
    const fields = (list) => list.map(([name, type]) => ({ name, type }));
    const signature = await people.bob.signTypedData({
        domain,
        types: {
            Instruction: fields([['id', 'uint64'], ['legs', 'Leg[]'], ['cash', 'address'], ['failBps', 'uint16'], ['notBefore', 'uint40'], ['deadline', 'uint40'], ['replaces', 'uint64'], ['ref', 'bytes32']]),
            Leg: fields([['token', 'address'], ['from', 'address'], ['to', 'address'], ['amount', 'uint96']]),
        },
        primaryType: 'Instruction',
        message: { id: 1n, ...terms },
    });
    await as('mallory').call(settlement, at.settlement, 'affirmFor', 1n, who.bob, signature);
    for (const [name, token] of [['alice', at.share], ['bob', at.cash]]) await as(name).call(erc20, token, 'approve', at.settlement, 10n ** 15n);
    await as('alice').call(settlement, at.settlement, 'lock', 1n);
    const bobs = await balance(at.share, 'bob');
    const settled = await as('carol').call(settlement, at.settlement, 'settle', 1n);
    assert.ok(logsOf(settlement, settled).some(({ eventName }) => eventName === 'Settled'));
    assert.equal((await balance(at.share, 'bob')) - bobs, 1_000n * unit);
});

// --- what a transfer costs ---------------------------------------------------------------------------------------------
await check('a mined transfer between two holders of different identities under kinds 2 to 5 uses at most 85,000 gas', async (assert) => {
    const transfer = await as('alice').call(erc20, at.share, 'transfer', who.bob, 123n * unit);
    const back = await as('bob').call(erc20, at.share, 'transfer', who.alice, 77n * unit);
    const first = await as('alice').call(erc20, at.share, 'transfer', who.dave, 100n * unit);
    const whole = await as('dave').call(erc20, at.share, 'transfer', who.alice, 100n * unit);
    assert.equal((await reader.getTransaction({ hash: transfer.transactionHash })).accessList?.length ?? 0, 0);
    console.log(`    between holders ${transfer.gasUsed} and ${back.gasUsed} gas; the first to a new holder ${first.gasUsed}; all of a holder's ${whole.gasUsed}`);
    assert.ok(transfer.gasUsed <= 85_000n, `${transfer.gasUsed}`);
    assert.ok(back.gasUsed <= 85_000n, `${back.gasUsed}`);
    assert.ok(first.gasUsed > transfer.gasUsed);
});

// --- what a stranger can be shown --------------------------------------------------------------------------------------
const proofs = [];
await check('what a holder has is proved at the head and at a past block (eth_getProof)', async (assert) => {
    const head = await reader.getBlockNumber();
    const slot = (holder) => keccak256(concat([pad(holder), pad(toHex(2n))]));
    for (const [name, token, block] of [['alice', at.share, head], ['alice', at.cash, head], ['bob', at.share, head - 3n], ['mallory', at.share, head]]) {
        const answer = await reader.request({ method: 'eth_getProof', params: [token, [slot(who[name])], toHex(block)] });
        checkProof((await reader.getBlock({ blockNumber: block })).stateRoot, answer);
        const held = await reader.readContract({ address: token, abi: erc20, functionName: 'balanceOf', args: [who[name]], blockNumber: block });
        assert.equal(BigInt(answer.storageProof[0].value) & (2n ** 128n - 1n), held);
        proofs.push({ holder: who[name], block, answer, held });
    }
    assert.ok(proofs[0].held > 0n && proofs[3].held === 0n);
});

await check('the node lived through all of it and stops cleanly', async (assert) => {
    assert.ok(world.node.alive());
    assert.deepEqual(await world.node.stop(), { code: 0, signal: null });
});

await check('with an export and a proof alone, the chain checker says what a holder has, and believes no other number', (assert) => {
    const files = mkdtempSync(join(tmpdir(), 'talea-proof-'));
    const exported = join(files, 'chain.jsonl');
    writeFileSync(exported, world.talead('export', '--dir', world.dir));
    const ask = (answer, block, holder) => {
        writeFileSync(join(files, 'proof.json'), JSON.stringify(answer));
        const options = ['--proof', join(files, 'proof.json'), '--block', String(block), '--holder', holder];
        return spawnSync('python3', [join(repository, 'tests', 'chain_checker', 'chain_checker.py'), ...options, exported], { encoding: 'utf8' });
    };
    for (const { holder, block, answer, held } of proofs) {
        const { stdout, stderr, status } = ask(answer, block, holder);
        assert.equal(status, 0, stderr);
        assert.match(stdout, new RegExp(`^${holder.toLowerCase()} holds ${held} units of ${answer.address} after block ${block}$`, 'm'));
    }
    const [{ holder, block, answer }, , , other] = proofs;
    const [slot] = answer.storageProof;
    for (const [bent, number, of, said] of [
        [{ ...answer, storageProof: [{ ...slot, value: toHex(BigInt(slot.value) + 1n) }] }, block, holder, /is another/],
        [{ ...answer, storageProof: [{ ...slot, proof: slot.proof.slice(0, -1) }] }, block, holder, /end early/],
        [answer, block - 20n, holder, /not the one that its parent names/],
        [answer, block, other.holder, /not about the slot/],
        [answer, block + 1_000n, holder, /no block/],
    ]) {
        const { stderr, status } = ask(bent, number, of);
        assert.equal(status, 1);
        assert.match(stderr, said);
    }
    rmSync(files, { recursive: true, force: true });
});
await world.stop();
finish();
