// An upgrade of the native registries as operators meet it: scheduled with notice, in force from its block on; and a node
// that does not know the version says so, goes on until then, and stops before that block with one sentence.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseAbi } from 'viem';

import { check, finish } from './checks.mjs';
import { registries, registryAbi, rules, startMoneyChain } from './money_chain.mjs';
import { programs } from './node_process.mjs';

const { permissions, policies } = registries;
const world = await startMoneyChain({ nativeVersion: 1, upgradeNotice: 3 });
const { as, reader, read } = world;
const errors = parseAbi(['error RuleKindNotSupported(uint8 kind)', 'error UpgradeTooSoon(uint64 blockNumber, uint64 earliest)', 'error BadCall()']);
const abi = [...registryAbi, ...errors];
const velocity = [rules.known(), rules.velocity(1_000n, 24)];
/** Blocks, one a transaction that changes nothing. */
const blocksTo = async (number) => {
    while ((await reader.getBlockNumber()) < number) await as('admin').call(abi, permissions, 'grantRoles', world.people.bob.address, 8n);
};
let first;

await check('a chain of version 1 refuses what version 2 brought', async (assert) => {
    assert.equal(await read(abi, permissions, 'nativeVersion'), 1);
    assert.equal((await world.refusal('owner', abi, policies, 'setRules', 1n, velocity)).errorName, 'RuleKindNotSupported');
    assert.equal((await world.refusal('admin', abi, permissions, 'setThreshold', 1n, 1)).errorName, 'BadCall');
});

await check('an upgrade is scheduled with the notice that genesis asks, and shown', async (assert) => {
    const next = (await reader.getBlockNumber()) + 1n;
    assert.equal((await world.refusal('admin', abi, permissions, 'scheduleUpgrade', 2, next + 1n)).errorName, 'UpgradeTooSoon');
    first = next + 4n;
    await as('admin').call(abi, permissions, 'scheduleUpgrade', 2, first);
    assert.deepEqual(await read(abi, permissions, 'upgrade'), [2, first]);
});

await check('the version is in force from its block on, for pending calls, for transactions and for past blocks', async (assert) => {
    await blocksTo(first - 1n);
    assert.equal(await read(abi, permissions, 'nativeVersion'), 1);
    const mined = await as('owner').call(abi, policies, 'setRules', 1n, velocity);
    assert.equal(mined.blockNumber, first);
    assert.equal(await read(abi, permissions, 'nativeVersion'), 2);
    assert.equal(await reader.readContract({ abi, address: permissions, functionName: 'nativeVersion', blockNumber: first - 1n }), 1);
    assert.equal(await reader.readContract({ abi, address: permissions, functionName: 'nativeVersion', blockNumber: first }), 2);
});

await check('a node that does not know a scheduled version warns, and stops before its block with one sentence', async (assert) => {
    const unknown = (await reader.getBlockNumber()) + 6n;
    await as('admin').call(abi, permissions, 'scheduleUpgrade', 4_000, unknown);
    await blocksTo(unknown - 1n);
    assert.match(world.node.output(), /block \d+ begins version 4000 of the native registries and this program knows versions up to \d+: go on with a newer one; it stops before that block/);
    const sending = as('admin').send(abi, permissions, 'grantRoles', world.people.bob.address, 8n).catch(() => null);
    const end = await world.node.ended;
    await Promise.race([sending, new Promise((done) => setTimeout(done, 100))]);
    assert.equal(end.code, 1);
    const sentence = world.node.output().split('\n').filter((line) => line.startsWith('talead: '));
    assert.deepEqual(sentence, [`talead: block ${unknown} begins version 4000 of the native registries and this program knows versions up to 2: go on with a newer one`]);
    first = unknown;
});

await check('what it stored up to there is whole and executes again', async (assert) => {
    const replayed = spawnSync(join(programs, 'talead'), ['replay', '--dir', world.dir], { encoding: 'utf8' });
    assert.equal(replayed.status, 0, replayed.stderr);
    assert.match(replayed.stdout, new RegExp(`^${first - 1n} blocks`));
    const shown = spawnSync(join(programs, 'talead'), ['inspect', 'registries', '--dir', world.dir], { encoding: 'utf8' });
    assert.match(shown.stdout, /^native version +2$/m);
    assert.match(shown.stdout, new RegExp(`^upgrade +to version 4000 from block ${first} on$`, 'm'));
});
finish();
