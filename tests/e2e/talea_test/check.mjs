// Holds `talea test` against tests that must pass, and against tests that must fail with a reason that is known.
//
//   node check.mjs [PATH-OF-talea]   (default: that of the release build)
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, finish } from '../checks.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const talea = process.argv[2] ?? join(here, '../../../build/release/bin/talea');
const cache = mkdtempSync(join(tmpdir(), 'talea-test-'));

function run(...args) {
    const { status, stdout, stderr } = spawnSync(talea, [...args, '--cache', cache], { encoding: 'utf8' });
    return { status, stdout, stderr };
}
function report(...args) {
    const done = run('test', '--json', ...args);
    return { ...done, ...JSON.parse(done.stdout) };
}
const all = (result) => result.contracts.flatMap(({ name, tests }) => tests.map((test) => ({ contract: name, ...test })));

const invariants = join(here, 'project/test/Invariants.t.sol');

const reasons = {
    test_Require: /^not today$/,
    test_CustomError: /^TooMuch\(1000001, 1000000\)$/,
    test_Panic: /^panic: array index out of bounds \(0x32\)$/,
    test_Assertion: /^texts: "a" != "b"$/,
    test_Halt: /invalid/,
    test_ExpectRevert_ButNone: /^a call did not revert as expected$/,
    test_ExpectRevert_ButAnother: /otherwise than expected: TooMuch\(1000001, 1000000\)/,
    test_ExpectRevert_ButAnotherReverter: /otherwise than expected: TooMuch.*by 0x/,
    test_ExpectRevert_ButNoCall: /none followed vm.expectRevert/,
    test_ExpectRevert_Caught: /^a call did not revert as expected$/,
    test_ExpectEmit_ButNone: /expected event was not emitted: Paid\(by: 0x[0-9a-f]{40}, id: 1, amount: 5\)$/,
    test_ExpectEmit_ButOtherData: /expected event was not emitted: Paid/,
    test_ExpectEmit_ButNoCall: /no call followed it: Paid/,
    test_ExpectEmit_ButForbidden: /expected not to be: Paid/,
    test_UnknownCheatCode: /^the cheat code vm\.ffi\(string\[\]\) is not supported by talea test: tests run no programs$/,
    test_UnknownCheatCode_Caught: /^the cheat code vm\.ffi\(string\[\]\) is not supported by talea test: tests run no programs$/,
    test_FailedSlot: /noted a failure/,
    'testFuzz_Shrinks(uint256)': /^too much$/,
    'testFuzz_ShrinksSigned(int64)': /^too low$/,
    'testFuzz_ShrinksLists(uint8[])': /^one too large$/,
    'testFuzz_FindsConstants(uint256)': /^found$/,
    'testFuzz_Assume_RejectsAll(uint256)': /^vm\.assume rejected 65537 runs$/,
};
const counterexamples = {
    'testFuzz_Shrinks(uint256)': 'amount: 1000',
    'testFuzz_ShrinksSigned(int64)': 'amount: -77',
    'testFuzz_ShrinksLists(uint8[])': 'list: [10]',
    'testFuzz_FindsConstants(uint256)': 'number: 123456789123456789',
};

await check('what must pass passes', (assert) => {
    const result = report(join(here, 'project/test/Passing.t.sol'));
    for (const test of all(result)) {
        if (test.name === 'test_Skip_Skips') assert.deepEqual([test.status, test.reason], ['skipped', 'not today']);
        else assert.equal(test.status, 'passed', `${test.name}: ${test.reason}\n${test.trace}`);
    }
    assert.equal(result.skipped, 1);
    assert.equal(result.status, 0);
    const printing = all(result).find(({ name }) => name === 'test_Console_Prints');
    assert.deepEqual(printing.console, ['paid 5 by 0x00000000000000000000000000000000000A11cE']);
});

await check('mocks, expected calls, logs, texts, keys and random numbers do as elsewhere', (assert) => {
    const result = report(join(here, 'project/test/Cheats.t.sol'));
    for (const test of all(result)) {
        const expected = {
            test_ExpectCall_ButNone: /^expected at least 1 calls of 0x[0-9a-f]{40} with nothing\(\), saw 0$/,
            test_ExpectCall_ButTooMany: /^expected 1 calls of 0x[0-9a-f]{40} with nothing\(\), saw 2$/,
            test_ExpectCreate_ButNone: /^a contract was expected to be made by 0x7fa9385be102ac3eac297483dd6233d62b3e1496$/,
            test_Decimals_Fail: /^price: 1\.50 != 0\.25$/,
        }[test.name];
        assert.equal(test.status, expected ? 'failed' : 'passed', `${test.name}: ${test.reason}\n${test.trace}`);
        if (expected) assert.match(test.reason, expected, test.name);
    }
});

await check('what must fail fails, each for its reason', (assert) => {
    const result = report(join(here, 'project/test/Failing.t.sol'));
    assert.equal(result.status, 1);
    const tests = all(result).filter(({ contract }) => contract === 'FailingTest');
    assert.deepEqual(tests.map(({ name }) => name).sort(), Object.keys(reasons).sort());
    for (const { name, status, reason, counterexample, trace } of tests) {
        assert.equal(status, 'failed', name);
        assert.match(reason, reasons[name], name);
        assert.equal(counterexample, counterexamples[name], name);
        if (!name.includes('Rejects')) assert.ok(trace.includes('FailingTest::'), `${name} has a trace: ${trace}`);
    }
    const alone = all(result).filter(({ contract }) => contract !== 'FailingTest');
    assert.deepEqual(
        alone.map(({ contract, name, reason }) => [contract, name, reason]).sort(),
        [
            ['FailingConstructorTest', 'constructor()', 'no contract'],
            ['FailingSetUpTest', 'setUp()', 'no ground'],
        ],
    );
});

await check('a trace names contracts, functions, arguments, labels and events', (assert) => {
    const [test] = all(report(join(here, 'project'), '--match', 'FailingTest.test_ExpectEmit_ButOtherData'));
    assert.match(test.trace, /the till::pay\(1, 6\)/);
    assert.match(test.trace, /vm::expectEmit\(true, true, false, true\)/);
    assert.match(test.trace, /emits Paid\(by: FailingTest, id: 1, amount: 6\)/);
    assert.match(test.trace, /\[delegatecall\]/);
});

await check('the same seed gives the same runs, another seed others', (assert) => {
    const gas = (seed) =>
        all(report(join(here, 'project'), '--match', 'testFuzz_AllTypes', '--seed', seed)).map((test) => test.gas);
    assert.deepEqual(gas('5'), gas('5'));
    assert.notDeepEqual(gas('5'), gas('6'));
});

await check('the report ends with the counts and says where a counterexample is from', (assert) => {
    const { status, stdout, stderr } = run('test', join(here, 'project'), '--match', 'Shrinks(');
    assert.equal(status, 1);
    assert.match(stdout, /FAIL {2}testFuzz_Shrinks\(uint256\)/);
    assert.match(stdout, /counterexample: amount: 1000 \(seed 0x7a1ea\)/);
    assert.match(stdout, /\n0 passed, 1 failed, 0 skipped\n$/);
    assert.ok(!stdout.includes('\x1b'), 'no colours off a terminal');
    assert.equal(stderr, '', 'nothing was compiled again');
});

await check('random calls break an invariant, and as few calls as break it are told', (assert) => {
    const result = report(invariants, '--match', 'CannonTest', '--fresh');
    assert.equal(result.status, 1);
    const [fires, stands] = all(result);
    assert.deepEqual([fires.name, fires.status, fires.reason], ['invariant_NeverFires', 'failed', 'it fired']);
    assert.deepEqual(
        fires.sequence.map((call) => call.replace(/ by .*/, '')),
        ['Cannon.arm(amount: 1000)', 'Cannon.load()', 'Cannon.fire(shots: 0, [])'],
    );
    assert.match(fires.origin, /^3 calls of \d+, seed 0x7a1ea, run \d+$/);
    assert.match(fires.trace, /Cannon::fire[^]*CannonTest::invariant_NeverFires/);
    assert.deepEqual([stands.name, stands.status], ['invariant_Stands', 'passed'], 'the others go on');
    const { campaign } = result.contracts.find(({ name }) => name === 'CannonTest');
    assert.equal(campaign.runs, 40);
    assert.equal(campaign.calls, 20_000);
    assert.deepEqual(campaign.functions.map(({ name }) => name).sort(), [
        'Cannon.addNoise',
        'Cannon.arm',
        'Cannon.fire',
        'Cannon.load',
    ]);
    assert.equal(campaign.reverts, campaign.refused.NotLoaded);
    assert.ok(campaign.reverts > 0);
});

await check('the same seed gives the same calls on any number of threads, another seed others', (assert) => {
    const outcome = (...args) => {
        const { contracts } = report(invariants, '--fresh', '--invariant-runs', '10', ...args);
        for (const contract of contracts) {
            delete contract.seconds;
            if (contract.campaign) delete contract.campaign.seconds;
        }
        return contracts;
    };
    assert.deepEqual(outcome('--jobs', '1'), outcome('--jobs', '4'));
    assert.notDeepEqual(outcome('--seed', '5'), outcome('--seed', '6'));
});

await check('a sequence that failed is kept and tried first, until it no longer fails', (assert) => {
    const first = all(report(invariants, '--match', 'CannonTest.invariant_NeverFires'))[0];
    const path = first.origin.match(/kept in (.*)$/)[1];
    const kept = JSON.parse(readFileSync(path));
    assert.deepEqual(kept.map((call) => call.function), ['Cannon.arm(uint256)', 'Cannon.load()', 'Cannon.fire(uint8,address[])']);
    const again = report(invariants, '--match', 'CannonTest.invariant_NeverFires', '--seed', '99', '--invariant-depth', '1');
    assert.match(all(again)[0].origin, /kept from an earlier run/);
    writeFileSync(path, JSON.stringify(kept.slice(0, 2)));
    const passing = report(invariants, '--match', 'CannonTest.invariant_NeverFires', '--invariant-depth', '1');
    assert.equal(all(passing)[0].status, 'passed');
    assert.equal(existsSync(path), false, 'it is forgotten');
});

await check('only what is targeted is called, and only by whom', (assert) => {
    const result = report(invariants, '--fresh', '--match', 'ingTest.invariant_Only');
    for (const test of all(result)) assert.equal(test.status, 'passed', `${test.contract}.${test.name}: ${test.reason}`);
    assert.equal(result.status, 0);
    const names = (contract) =>
        result.contracts.find(({ name }) => name === contract).campaign.functions.map(({ name }) => name).sort();
    assert.deepEqual(names('ExcludingTest'), ['Recorder.first', 'Recorder.refuse', 'Recorder.second']);
    assert.deepEqual(names('TargetingTest'), ['Recorder.first', 'Recorder.second']);
    const { refused, reached, functions } = result.contracts.find(({ name }) => name === 'ExcludingTest').campaign;
    assert.deepEqual(Object.keys(refused), ['even', 'reverted without data']);
    assert.equal(reached.first, functions.find(({ name }) => name === 'Recorder.first').calls);
    assert.ok(functions.find(({ name }) => name === 'Recorder.second').discarded > 0, 'vm.assume discards');
});

await check('every other way in which a campaign fails is told', (assert) => {
    const result = report(invariants, '--fresh');
    const found = Object.fromEntries(
        all(result)
            .filter(({ status }) => status === 'failed')
            .map(({ contract, name, reason }) => [`${contract}.${name}`, reason]),
    );
    assert.deepEqual(Object.keys(found).sort(), [
        'AfterTest.afterInvariant',
        'AfterTest.mustReach()',
        'AssertingTest.calls',
        'BrokenFromTheStartTest.invariant_Never',
        'BrokenFromTheStartTest.invariant_WithParameters(uint256)',
        'CannonTest.invariant_NeverFires',
        'NothingToCallTest.targets',
    ]);
    assert.equal(found['AfterTest.afterInvariant'], 'in the end');
    assert.equal(found['AfterTest.mustReach()'], 'never reached: the moon');
    assert.match(found['AssertingTest.calls'], /^assertion failed: 2\d >= 20$/);
    assert.match(found['NothingToCallTest.targets'], /^there is nothing to call/);
    const reverting = all(report(invariants, '--fresh', '--match', 'CannonTest', '--fail-on-revert'));
    const calls = reverting.find(({ name }) => name === 'calls');
    assert.deepEqual([calls.status, calls.reason], ['failed', 'NotLoaded(0)']);
    assert.match(calls.sequence.join(), /^Cannon\.fire\(shots: 0, \[\]\) by .*$/);
    const fast = all(report(invariants, '--fresh', '--match', 'CannonTest', '--fail-fast'));
    const failed = fast.filter(({ status }) => status === 'failed');
    assert.deepEqual(failed.map(({ name }) => name), ['invariant_NeverFires']);
    assert.match(failed[0].origin, /^(\d+) calls of \1,/); // as it was found
});

await check('sources that do not compile are an error of the compiler, with its words', (assert) => {
    const { status, stdout, stderr } = run('test', join(here, 'broken'));
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /Broken\.t\.sol:6/);
});

await check('each wrong use is one sentence and exit code 2', (assert) => {
    for (const [args, said] of [
        [['test', '/nonexistent'], /no such file or folder/],
        [['test', join(here, 'project'), '--match', 'nobody'], /no test matches nobody/],
        [['test', join(here, 'project'), '--solc', here], /compiler is not installed/],
        [['compile', join(here, 'broken')], /no sources/],
        [['test', '--fuzz-runs', '0'], /fuzz-runs/],
    ]) {
        const { status, stderr } = run(...args);
        assert.equal(status, 2, args.join(' '));
        assert.match(stderr, said);
    }
});

await check('compile prints each contract with its size', (assert) => {
    const { status, stdout } = run('compile', join(here, 'project'), '--json');
    assert.equal(status, 0);
    assert.deepEqual(JSON.parse(stdout).map(({ name }) => name).sort(), ['Middleman', 'Sums', 'Till']);
});

rmSync(cache, { recursive: true });
finish();
