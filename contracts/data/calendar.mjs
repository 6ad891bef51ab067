// Turns us-calendar.json into the calls that publish it.
//
//   node calendar.mjs [--check]
//
// us-calendar.calls.json   { constructor: {firstDay, noticeDays}, calls: [{function, args, data}] }: `data` is the call
//                          data of `function` with `args`, to be sent to the Calendar by its OPERATOR, in this order
// ../test/CalendarData.sol the same for the Solidity tests
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compile } from '../compile.mjs';
import { emit } from './generated.mjs';

const day = (date) => Date.parse(`${date}T00:00:00Z`) / 86_400_000;
const minutes = (time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
const offset = (text) => (text[0] === '-' ? -60 : 60) * minutes(text.slice(1));

const calendar = JSON.parse(readFileSync(new URL('us-calendar.json', import.meta.url), 'utf8'));

function mask(names) {
    return names.reduce((bits, name) => {
        if (!(name in calendar.markets)) throw new Error(`unknown market ${name}`);
        return bits | calendar.markets[name];
    }, 0);
}

/** The arguments of ICalendar.publish: year, (markets, openOnWeekends, (offset, changes), entries). */
function publishArguments(year) {
    const entries = year.days.flatMap(({ date, closed, early }) => [
        ...(closed ? [[day(date), mask(closed), 0]] : []),
        ...Object.entries(early ?? {}).map(([name, time]) => [day(date), mask([name]), minutes(time)]),
    ]);
    const changes = year.changes.map((change) => [Date.parse(change.since) / 1000, offset(change.offset)]);
    const zone = [offset(year.offset), changes];
    return [year.year, [mask(Object.keys(calendar.markets)), mask(year.openOnWeekends), zone, entries]];
}

const word = (value) => BigInt.asUintN(256, BigInt(value)).toString(16).padStart(64, '0');

/** ABI of a tuple with one dynamic member last, as these all are: head words, then where the tail begins, then it. */
const withTail = (head, tail) => [...head.map(word), word(32 * (head.length + 1)), ...tail];
const list = (rows) => [word(rows.length), ...rows.flat().map(word)];

function encode([year, [markets, openOnWeekends, [firstOffset, changes], entries]]) {
    const zone = withTail([firstOffset], list(changes));
    // (markets, openOnWeekends, zone, entries) has two: the zone's place, the entries' place, then both.
    const head = [markets, openOnWeekends, 4 * 32, (4 + zone.length) * 32].map(word);
    const table = [...head, ...zone, ...list(entries)];
    return withTail([year], table).join('');
}

const { contracts, errors } = compile({
    root: fileURLToPath(new URL('..', import.meta.url)),
    sources: ['src/interfaces/ICalendar.sol'],
});
if (errors.length > 0) throw new Error(errors[0].formatted);
const [[signature, selector]] = Object.entries(
    contracts.find(({ name }) => name === 'ICalendar').methodIdentifiers,
).filter(([name]) => name.startsWith('publish('));

const firstDay = day(calendar.firstDay);
const calls = calendar.years.map((year) => {
    const args = publishArguments(year);
    return { function: signature, args, data: `0x${selector}${encode(args)}` };
});

const solidity = `// SPDX-License-Identifier: Apache-2.0
// Written by data/calendar.mjs from data/us-calendar.json.
pragma solidity 0.8.37;

/// @title The US calendar as the calls that publish it
library CalendarData {
    uint256 internal constant FIRST_DAY = ${firstDay};
    uint256 internal constant NOTICE_DAYS = ${calendar.noticeDays};

    function calls() internal pure returns (bytes[] memory list) {
        list = new bytes[](${calls.length});
${calls.map(({ data }, i) => `        list[${i}] = hex"${data.slice(2)}";`).join('\n')}
    }
}
`;
const published = {
    about: 'Written by calendar.mjs from us-calendar.json.',
    constructor: { firstDay, noticeDays: calendar.noticeDays },
};
const callLines = calls.map((call) => `        ${JSON.stringify(call)}`).join(',\n');
const json = `${JSON.stringify(published, null, 4).slice(0, -2)},\n    "calls": [\n${callLines}\n    ]\n}\n`;
emit([
    [new URL('us-calendar.calls.json', import.meta.url), json],
    [new URL('../test/CalendarData.sol', import.meta.url), solidity],
]);
