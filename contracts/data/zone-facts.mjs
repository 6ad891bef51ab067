// What this system's time zone data says of the years the tests look at: every quarter of an hour, and every minute
// within two hours of a change.
//
//   node zone-facts.mjs [--check]      writes ../test/ZoneFacts.sol
import { emit } from './generated.mjs';

const FROM = Date.parse('2026-10-22T00:00:00Z');
const TO = Date.parse('2028-01-02T00:00:00Z');
const MINUTE = 60_000;

/** Local time minus UTC in seconds, from the date and time the zone's clock shows. */
function offsetReader(zone) {
    const format = new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
    });
    return (instant) => {
        const shown = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
        const local = Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute);
        return (local - instant) / 1000;
    };
}

/** [first second, offset] of each stretch of equal offset. */
function stretches(zone) {
    const offsetAt = offsetReader(zone);
    const found = [[FROM / 1000, offsetAt(FROM)]];
    let before = FROM;
    for (let instant = FROM; instant < TO; instant += 15 * MINUTE) {
        if (offsetAt(instant) === found.at(-1)[1]) {
            before = instant;
            continue;
        }
        for (let near = before - 120 * MINUTE; near <= instant + 120 * MINUTE; near += MINUTE) {
            const offset = offsetAt(near);
            if (offset !== found.at(-1)[1]) found.push([near / 1000, offset]);
        }
        before = instant;
    }
    return found;
}

function solidityFunction(name, zone) {
    const facts = stretches(zone);
    return `    /// @dev ${zone}
    function ${name}() internal pure returns (Fact[] memory facts) {
        facts = new Fact[](${facts.length});
${facts.map(([since, offset], i) => `        facts[${i}] = Fact(${since}, ${offset});`).join('\n')}
    }
`;
}

emit([
    [
        new URL('../test/ZoneFacts.sol', import.meta.url),
        `// SPDX-License-Identifier: Apache-2.0
// Written by data/zone-facts.mjs from a system's time zone data.
pragma solidity 0.8.37;

/// @title Offsets from UTC as the time zone data of a system has them
library ZoneFacts {
    /// @dev From \`since\` on, local time is UTC plus \`offset\` seconds.
    struct Fact {
        uint256 since;
        int256 offset;
    }

    /// @dev Where the facts end.
    uint256 internal constant END = ${TO / 1000};

${solidityFunction('newYork', 'America/New_York')}
${solidityFunction('london', 'Europe/London')}
${solidityFunction('sydney', 'Australia/Sydney')}}
`,
    ],
]);
