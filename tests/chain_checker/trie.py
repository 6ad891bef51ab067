"""Merkle-Patricia tries (Yellow Paper, appendix D): the root from all entries, and one entry from the root and a proof."""

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


class NotProved(Exception):
    """The nodes do not lead from the root to the key."""


def proved(root_hash, key, nodes):
    """The value under `key` below `root_hash`, or None where the `nodes` (root first) show that there is none."""
    if not nodes:
        if root_hash != EMPTY:
            raise NotProved("there are no nodes, and the trie is not empty")
        return None
    way = tuple(n for byte in key for n in (byte >> 4, byte & 15))
    left = list(nodes)
    due = root_hash
    while True:
        if isinstance(due, list):  # a node that stands inside its parent
            node = due
        else:
            if not left:
                raise NotProved("the nodes end early")
            encoded = left.pop(0)
            if keccak256(encoded) != due:
                raise NotProved("a node is not the one that its parent names")
            node = rlp.decode(encoded)
        if len(node) == 17:
            due, way, value = node[way[0]], way[1:], None
        else:
            path = [n for byte in node[0] for n in (byte >> 4, byte & 15)]
            is_leaf, fragment = path[0] >= 2, tuple(path[1 if path[0] % 2 else 2 :])
            follows = way[: len(fragment)] == fragment
            way = way[len(fragment) :]
            due, value = (b"", node[1]) if follows and is_leaf else (node[1] if follows else b"", None)
        if due == b"":
            if left:
                raise NotProved("nodes follow behind the end of the way")
            return value


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
