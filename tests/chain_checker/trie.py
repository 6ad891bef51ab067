"""Root of a Merkle-Patricia trie (Yellow Paper, appendix D) from all its entries."""

import rlp
from keccak import keccak256

EMPTY = keccak256(rlp.encode(b""))


def root(entries):
    """`entries`: key bytes -> value bytes."""
    if not entries:
        return EMPTY
    nibbles = sorted((tuple(n for byte in key for n in (byte >> 4, byte & 15)), value) for key, value in entries.items())
    return keccak256(rlp.encode(_node(nibbles, 0)))


def ordered_root(values):
    return root({rlp.encode(i): value for i, value in enumerate(values)})


def _path(nibbles, is_leaf):
    flag = 2 if is_leaf else 0
    nibbles = (flag + 1,) + nibbles if len(nibbles) % 2 else (flag, 0) + nibbles
    return bytes(16 * nibbles[i] + nibbles[i + 1] for i in range(0, len(nibbles), 2))


def _reference(node):
    encoded = rlp.encode(node)
    return node if len(encoded) < 32 else keccak256(encoded)


def _node(entries, depth):
    """The node of entries that agree on their first `depth` nibbles, in ascending order."""
    first = entries[0][0]
    if len(entries) == 1:
        return [_path(first[depth:], True), entries[0][1]]
    last = entries[-1][0]
    shared = depth
    while shared < len(first) and first[shared] == last[shared]:
        shared += 1
    if shared > depth:
        return [_path(first[depth:shared], False), _reference(_node(entries, shared))]
    branch, value = [b""] * 16, b""
    if len(first) == depth:
        value, entries = entries[0][1], entries[1:]
    for nibble in range(16):
        below = [entry for entry in entries if entry[0][depth] == nibble]
        if below:
            branch[nibble] = _reference(_node(below, depth + 1))
    return branch + [value]
