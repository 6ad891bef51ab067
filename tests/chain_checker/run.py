#!/usr/bin/env python3
"""Chains that must hold, and chains that must not: run.py [EXPORT...]

Chains made here with every part that a certificate, a checkpoint, a header or a genesis file can get wrong; the example
of node/CHAIN.md; and the exports given, as they are and damaged. The last line counts.
"""

import copy
import os
import re
import sys

import chain_checker
import rlp
import secp256k1
import trie
from chain_checker import Refused, list_hash, quorum, unhex, verify
from keccak import keccak256
from made_chain import MadeChain, addresses, hexed, with_config_hash

passed = failed = 0


def report(name, trouble):
    global passed, failed
    if trouble is None:
        passed += 1
    else:
        failed += 1
    print(f"{'ok    ' if trouble is None else 'FAILED'} {name}" + (f": {trouble}" if trouble else ""), flush=True)


def holds(name, lines, blocks=None):
    try:
        chain = verify(lines)
        report(name, None if blocks in (None, chain.number) else f"it has {chain.number} blocks")
        return chain
    except Refused as refused:
        report(name, f"refused: {refused}")


def refused(name, lines, because):
    try:
        verify(lines)
        report(name, "it was accepted")
    except Refused as refusal:
        report(name, None if because in str(refusal) else f"refused for another reason: {refusal}")


def same(name, found, due):
    report(name, None if found == due else f"{found} is not {due}")


# ---- Parts ----

same("keccak of nothing", keccak256(b"").hex(), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
same("the address of key 1", secp256k1.address(1).hex(), "7e5f4552091a69125d5dfcb7b8c2659029395bdf")
same("quorums of 1 to 7", [quorum(n) for n in range(1, 8)], [1, 2, 2, 3, 4, 4, 5])
for junk in ("8100", "b800", "c101ff", "f80101", "83ffff", "c2", "b9000101"):
    try:
        rlp.decode(bytes.fromhex(junk))
        report(f"the bytes {junk} are no RLP", "they decode")
    except rlp.Malformed:
        report(f"the bytes {junk} are no RLP", None)
same(
    "the root of three transactions-like values, one of them short",
    trie.ordered_root([b"a", b"b" * 40, b"c" * 200]),
    # The same by hand: keys 0x80, 0x01, 0x02 share nothing but a branch.
    keccak256(
        rlp.encode(
            [
                (lambda below: below if len(rlp.encode(below)) < 32 else keccak256(rlp.encode(below)))(
                    [b""] + [
                        (lambda leaf: leaf if len(rlp.encode(leaf)) < 32 else keccak256(rlp.encode(leaf)))([b"\x20", value])
                        for value in (b"b" * 40, b"c" * 200)
                    ] + [b""] * 14
                )
            ]
            + [b""] * 7
            + [[b"\x30", b"a"]]
            + [b""] * 8
        )
    ),
)

# ---- Chains made here ----

base = MadeChain().add().add()
holds("four validators, two blocks", base.lines, 2)
holds("one validator", MadeChain([5]).add().add().lines, 2)
holds("a block sealed in a later round", base.copy().add(round_=3).lines, 3)
grown = MadeChain([1]).add().add(then=[1, 2, 3, 4]).add().add(then=[3]).add().add()
holds("from one validator to four and back to another", grown.lines, 6)
holds("more seals than a quorum", base.copy().add(seals=lambda h: [base.seal(s, h, 0) for s in (1, 2, 3, 4)]).lines)

seal = base.seal
refused("a quorum short", base.copy().add(seals=lambda h: [seal(s, h, 0) for s in (1, 2)]).lines, "sealed by 2 of 4")
refused("one validator's seal twice", base.copy().add(seals=lambda h: [seal(s, h, 0) for s in (1, 2, 2)]).lines, "sealed by 2 of 4")
refused("no seal", base.copy().add(seals=lambda h: []).lines, "sealed by 0 of 4")
refused(
    "seals of two rounds",
    base.copy().add(round_=1, seals=lambda h: [seal(1, h, 0), seal(2, h, 1), seal(3, h, 1)]).lines,
    "of no validator in round 1",
)
refused("a seal of a stranger", base.copy().add(seals=lambda h: [seal(s, h, 0) for s in (1, 2, 9)]).lines, "of no validator")
refused(
    "a seal over another block",
    base.copy().add(seals=lambda h: [seal(s, keccak256(h), 0) for s in (1, 2, 3)]).lines,
    "of no validator",
)
refused(
    "seals of another instance",
    base.copy().add(seals=lambda h: [seal(s, h, 0, instance=1) for s in (1, 2, 3)]).lines,
    "of no validator",
)
refused(
    "seals of another chain",
    base.copy().add(seals=lambda h: [seal(s, h, 0, genesis_hash=bytes(32)) for s in (1, 2, 3)]).lines,
    "of no validator",
)


def other_form(signature):
    """The same signature with s above half the order."""
    s = secp256k1.ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([1 - signature[64]])


refused(
    "a seal with high s",
    base.copy().add(seals=lambda h: [seal(1, h, 0), seal(2, h, 0), other_form(seal(3, h, 0))]).lines,
    "is no signature",
)
refused("a certificate of an instance that nobody began", base.copy().add(instance=1).lines, "of instance 1, not 0")
refused("a list that the parent does not name", base.copy().add(listed=addresses([1, 2, 3, 5])).lines, "those its parent names")
refused("a list that does not ascend", MadeChain().add(listed=addresses([1, 2, 3, 4])[::-1]).lines, "lists no validators")
refused("block 1 without a list", MadeChain().add(listed=[]).lines, "lists no validators")
changed = MadeChain([1, 2, 3, 4]).add(then=[5, 6, 7, 8])
refused(
    "the old validators after a change",
    changed.copy().add(seals=lambda h: [changed.seal(s, h, 0) for s in (1, 2, 3)], listed=addresses([1, 2, 3, 4])).lines,
    "those its parent names",
)
refused("a change without its list", changed.copy().add(listed=[]).lines, "those its parent names")

for field, value, because in (
    ("parent", bytes(32), "another parent"),
    ("number", 4, "another number"),
    ("timestamp", 1, "older than its parent"),
    ("gas_used", 100_000_001, "more gas"),
    ("extra_data", bytes(31), "not 32 bytes"),
    ("base_fee", 1, "base fee"),
    ("difficulty", 1, "difficulty"),
    ("nonce", bytes(7) + b"\1", "nonce"),
    ("mix_hash", b"\1" * 32, "mixHash"),
    ("ommers", bytes(32), "sha3Uncles"),
    ("withdrawals_root", bytes(32), "withdrawalsRoot"),
    ("blob_gas_used", 1, "blobGasUsed"),
    ("excess_blob_gas", 1, "excessBlobGas"),
    ("beacon_root", b"\1" * 32, "parentBeaconBlockRoot"),
    ("requests_hash", bytes(32), "requestsHash"),
    ("transactions_root", bytes(32), "its transactions"),
):
    refused(f"a sealed header with another {field}", base.copy().add(**{field: value}).lines, because)

gap = base.copy().add().add()
del gap.lines[-2]
refused("a block left out", gap.lines, "another number")

# ---- Checkpoints ----

recovered = base.copy().recover([3, 4]).add().add()
holds("two of four go on after a checkpoint", recovered.lines, 4)
holds("a set changes after a recovery", recovered.copy().add(then=[3, 4, 5]).add().lines, 6)
holds("recovered twice, the second time on the same block", base.copy().recover([3, 4]).recover([4]).add().lines, 3)
holds("recovered twice, on different blocks", recovered.copy().recover([9]).add().lines, 5)
holds("recovered to the validators there were", base.copy().recover([1, 2, 3, 4]).add().lines, 3)
holds("recovered by all three keys", base.copy().recover([3], signers=(101, 102, 103)).add().lines, 3)
holds("recovered, and no block since", base.copy().recover([3]).lines, 2)
refused("a checkpoint signed by too few", base.copy().recover([3], signers=(101,)).add().lines, "fewer recovery keys")
refused("a checkpoint signed by one key twice", base.copy().recover([3], signers=(101, 101)).add().lines, "fewer recovery keys")
refused("a checkpoint signed by a validator", base.copy().recover([3], signers=(101, 1)).add().lines, "holds no recovery key")
refused("a checkpoint on another block", base.copy().recover([3], block_hash=bytes(32)).add().lines, "names another block")
refused("a checkpoint in genesis's instance", base.copy().recover([3], instance=0).add().lines, "genesis's instance")
refused(
    "the lost validators after a checkpoint",
    base.copy().recover([3, 4], in_chain=False).add().lines,
    "of instance 0, not 1",
)
refused(
    "others than the checkpoint names",
    base.copy().recover([3, 4]).add(listed=addresses([1, 2, 3, 4])).lines,
    "not the checkpoint's",
)
late = base.copy().add().add()
refused(
    "blocks that a checkpoint below them voids",
    late.recover([3], number=3, block_hash=keccak256(unhex(late.lines[3]["header"])), in_chain=False).lines,
    "of instance 0, not 1",
)
refused(
    "a later checkpoint with a lower instance",
    base.copy().recover([3], instance=2).add().recover([3], instance=1, in_chain=False).lines,
    "no higher instance",
)
tampered = copy.deepcopy(recovered.lines)
tampered[1]["checkpoint"] = tampered[1]["checkpoint"].replace(addresses([3])[0].hex(), addresses([9])[0].hex())
refused("a checkpoint with another list under its signatures", tampered, "checkpoint")

# ---- Genesis ----

for key, value in (("idleInterval", 1), ("upgradeNotice", 1), ("recoveryDelay", 1)):
    lines = copy.deepcopy(base.lines)
    lines[0]["genesis"]["config"]["talea"][key] = value
    refused(f"a genesis file with another {key}", lines, "genesis: config is not")
lines = copy.deepcopy(base.lines)
lines[0]["genesis"]["config"]["chainId"] = 8
refused("a genesis file with another chain id", lines, "genesis: config is not")
lines = copy.deepcopy(base.lines)
del lines[0]["genesis"]["config"]["osakaTime"]
refused("a genesis file with another fork", lines, "genesis: config is not")
lines = copy.deepcopy(base.lines)
lines[0]["genesis"]["config"]["talea"]["recovery"]["threshold"] = 1
refused("a genesis file with another recovery threshold", lines, "genesis: config is not")
with_config_hash(lines[0]["genesis"])
refused("the same with its hash, which makes another chain", lines, "another parent")

# ---- The example of CHAIN.md ----

document = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "node", "CHAIN.md"), encoding="utf-8").read()
example = dict(re.findall(r"^    (\w+) +(0x[0-9a-f]+)$", document, re.MULTILINE))
lines = [
    {"header": example[f"header_{n}"], "certificate": example[f"certificate_{n}"], "transactions": []} for n in (1, 2)
]
told = re.search(r"^    genesis_file +(.*)$", document, re.MULTILINE).group(1)
story = [{"genesis": chain_checker.json.loads(told)}, {"checkpoint": example["checkpoint"]}] + lines
chain = holds("the example of CHAIN.md", story, 2)
if chain:
    same("its genesis hash", hexed(chain.genesis.hash), example["genesis"])
    same("its last hash", hexed(chain.hash), example["hash_2"])

# ---- Exports of the programs ----

for path in sys.argv[1:]:
    name = os.path.basename(path)
    lines = chain_checker.read_export(path)
    chain = holds(f"{name} as exported", lines)
    first = next(i for i, line in enumerate(lines) if "header" in line)
    head = lines[: first + 1]
    for field in ("header", "certificate"):
        damaged = copy.deepcopy(head)
        text = damaged[first][field]
        damaged[first][field] = text[:-1] + ("0" if text[-1] != "0" else "1")
        try:
            verify(damaged)
            report(f"{name} with a byte of its first {field} changed", "it was accepted")
        except Refused:
            report(f"{name} with a byte of its first {field} changed", None)
    unrecovered = [line for line in lines if "checkpoint" not in line]
    if len(unrecovered) < len(lines):
        refused(f"{name} without its checkpoints", unrecovered, "of instance 1, not 0")

print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
