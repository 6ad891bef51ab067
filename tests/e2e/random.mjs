// Random numbers of a test that can be had again: TALEA_SEED as printed.
const mask = (1n << 64n) - 1n;

/** SplitMix64: random(n) is a whole number below n. */
export function seededRandom(seed = BigInt(process.env.TALEA_SEED ?? 0x7a1ea)) {
    console.log(`seed ${seed}`);
    let state = seed & mask;
    return (bound) => {
        state = (state + 0x9e3779b97f4a7c15n) & mask;
        let z = state;
        z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
        z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
        return Number((z ^ (z >> 31n)) % BigInt(bound));
    };
}
