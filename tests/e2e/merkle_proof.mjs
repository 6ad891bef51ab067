// A proof of eth_getProof, checked from a root alone: RLP and Merkle-Patricia paths written down here, keccak from viem.
import { hexToBytes, keccak256 } from 'viem';

/** One RLP item: Uint8Array or a list of items. Throws where there is more or less than one. */
export function decodeRlp(bytes) {
    const [item, end] = decodeAt(bytes, 0);
    if (end !== bytes.length) throw new Error('bytes after an RLP item');
    return item;
}

function decodeAt(bytes, at) {
    const first = bytes[at];
    if (first < 0x80) return [bytes.subarray(at, at + 1), at + 1];
    const isList = first >= 0xc0;
    const short = first - (isList ? 0xc0 : 0x80);
    let begin = at + 1;
    let size = short;
    if (short > 55) {
        begin += short - 55;
        size = 0;
        for (const byte of bytes.subarray(at + 1, begin)) size = size * 256 + byte;
    }
    if (begin + size > bytes.length) throw new Error('an RLP item is cut off');
    if (!isList) return [bytes.subarray(begin, begin + size), begin + size];
    const items = [];
    for (let next = begin; next < begin + size; ) {
        const [item, end] = decodeAt(bytes, next);
        items.push(item);
        next = end;
    }
    return [items, begin + size];
}

const nibblesOf = (bytes) => [...bytes].flatMap((byte) => [byte >> 4, byte & 15]);

/** The value under `key` (hex; it is hashed) that `proof` shows below `root`, or null where it shows that there is none. */
export function provedValue(root, key, proof) {
    const way = nibblesOf(hexToBytes(keccak256(key)));
    if (proof.length === 0) {
        if (root !== keccak256('0x80')) throw new Error('no nodes, and the trie is not empty');
        return null;
    }
    let at = 0;
    let used = 0;
    let due = root; // a hash, or a node that stood inside its parent
    const take = () => {
        if (typeof due !== 'string') return due;
        if (used === proof.length) throw new Error('the proof ends early');
        if (keccak256(proof[used]) !== due) throw new Error(`node ${used} is not the one its parent names`);
        return decodeRlp(hexToBytes(proof[used++]));
    };
    const finish = (value) => {
        if (used !== proof.length) throw new Error('the proof goes on behind its end');
        return value;
    };
    for (;;) {
        const node = take();
        let child;
        if (node.length === 17) {
            child = node[way[at++]];
        } else {
            const path = nibblesOf(node[0]);
            const isLeaf = path[0] >= 2;
            const fragment = path.slice(path[0] % 2 === 1 ? 1 : 2);
            if (fragment.some((nibble, i) => nibble !== way[at + i])) return finish(null);
            at += fragment.length;
            if (isLeaf) return at === way.length ? finish(node[1]) : finish(null);
            child = node[1];
        }
        if (!Array.isArray(child) && child.length === 0) return finish(null);
        due = Array.isArray(child) ? child : `0x${Buffer.from(child).toString('hex')}`;
    }
}

const number = (bytes) => (bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`));

/** Checks an answer of eth_getProof against a state root; throws where it does not hold. */
export function checkProof(stateRoot, answer) {
    const account = provedValue(stateRoot, answer.address, answer.accountProof);
    const [nonce, balance, storageRoot, codeHash] = account === null ? [] : decodeRlp(account);
    const same = (name, shown, proved) => {
        if (shown !== proved) throw new Error(`${answer.address}: ${name} is ${shown}, the proof shows ${proved}`);
    };
    const hash = (bytes) => `0x${Buffer.from(bytes).toString('hex')}`;
    same('nonce', BigInt(answer.nonce), account === null ? 0n : number(nonce));
    same('balance', BigInt(answer.balance), account === null ? 0n : number(balance));
    same('storageHash', answer.storageHash, account === null ? keccak256('0x80') : hash(storageRoot));
    same('codeHash', answer.codeHash, account === null ? keccak256('0x') : hash(codeHash));
    for (const { key, value, proof } of answer.storageProof) {
        const word = provedValue(answer.storageHash, `0x${key.slice(2).padStart(64, '0')}`, proof);
        same(`slot ${key}`, BigInt(value), word === null ? 0n : number(decodeRlp(word)));
    }
}
