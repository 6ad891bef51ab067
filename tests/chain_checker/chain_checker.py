#!/usr/bin/env python3
"""Verifies a Talea chain from node/CHAIN.md alone: the standard library, a Keccak of its own, the system's libsecp256k1.

    chain_checker.py [--genesis HASH] EXPORT
    chain_checker.py [--genesis HASH] --proof FILE --block N [--holder ADDRESS] EXPORT

EXPORT is what `talead export` writes: a JSON object a line; `genesis` (the resolved genesis file) first, then each
`checkpoint`, and each block as `header`, `certificate` and `transactions`, in order. Without --genesis the chain is the
one that the file names; compare the hash that is printed with the one you trust. Exit code 0: it holds; 1: it does not.

FILE is the result of eth_getProof at block N. It is held against the state root of that block's header, which the seals
cover; with --holder it proves what ADDRESS holds of a token of Talea's templates.
"""

import argparse
import json
import sys

import rlp
import secp256k1
import trie
from keccak import keccak256

PERMISSIONS = bytes.fromhex("0000000000000000000000000000000000007a01")
CONFIG_SLOT = bytes([1]) + bytes(30) + bytes([3])
COMMIT, CHECKPOINT = 0x14, 0x18
VALIDATORS_MAX = SIGNATURES_MAX = 100
EMPTY_OMMERS = keccak256(rlp.encode([]))
EMPTY_CODE = keccak256(b"")
NO_REQUESTS = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")  # sha256 of nothing


class Refused(Exception):
    """The chain does not hold; the sentence says why."""


def demand(holds, sentence):
    if not holds:
        raise Refused(sentence)


def unhex(text):
    demand(isinstance(text, str) and text.startswith("0x"), "a text of bytes does not begin with 0x")
    try:
        return bytes.fromhex(text[2:])
    except ValueError:
        raise Refused("a text of bytes is not hexadecimal") from None


def quantity(value):
    return int(value, 0) if isinstance(value, str) else value


def quorum(validators):
    return (2 * validators + 2) // 3


def list_hash(validators):
    return keccak256(rlp.encode(list(validators)))


def is_validator_list(validators):
    return 1 <= len(validators) <= VALIDATORS_MAX and all(
        isinstance(each, bytes) and len(each) == 20 and any(each) for each in validators
    ) and all(a < b for a, b in zip(validators, validators[1:]))


# ---- Genesis ----


def config_hash(config):
    talea = config["talea"]
    ascending = lambda addresses: sorted(unhex(each) for each in addresses)
    clock = talea.get("testClock")
    if clock is not None:
        running = clock["mode"] == "running"
        clock = [1 if running else 2, clock["start"], clock["offset_seconds"] % 2**64 if running else 0]
    return keccak256(
        rlp.encode(
            [
                config["chainId"],
                1 + ("pragueTime" in config) + ("osakaTime" in config),
                ["open", "enforced"].index(talea["permissions"]),
                ascending(talea["administrators"]),
                ascending(talea["validators"]),
                ascending(talea["recovery"]["keys"]),
                talea["recovery"]["threshold"],
                talea.get("recoveryDelay", 86_400),
                talea.get("upgradeNotice", 1_000),
                talea["nativeVersion"],
                talea.get("idleInterval", 30),
                clock or [],
            ]
        )
    )


def word(value):
    return quantity(value).to_bytes(32, "big")


def state_root(alloc):
    accounts = {}
    for address, account in alloc.items():
        storage = {keccak256(word(key)): rlp.encode(quantity(value)) for key, value in account.get("storage", {}).items()}
        code = unhex(account.get("code", "0x"))
        accounts[keccak256(unhex(address))] = rlp.encode(
            [
                quantity(account.get("nonce", 0)),
                quantity(account.get("balance", 0)),
                trie.root(storage),
                keccak256(code) if code else EMPTY_CODE,
            ]
        )
    return trie.root(accounts)


class Genesis:
    def __init__(self, file):
        talea = file["config"]["talea"]
        self.prague = "pragueTime" in file["config"]
        self.base_fee = quantity(file["baseFeePerGas"])
        self.timestamp = quantity(file["timestamp"])
        self.validators = [unhex(each) for each in talea["validators"]]
        self.recovery_keys = {unhex(each) for each in talea["recovery"]["keys"]}
        self.threshold = talea["recovery"]["threshold"]
        demand(is_validator_list(self.validators), "genesis: its validators are not 1 to 100 ascending addresses")
        registry = file["alloc"].get("0x" + PERMISSIONS.hex(), {}).get("storage", {})
        slots = {word(key): word(value) for key, value in registry.items()}
        demand(
            slots.get(CONFIG_SLOT) == config_hash(file["config"]),
            "genesis: config is not the one that Permissions holds the hash of",
        )
        self.state_root = state_root(file["alloc"])
        header = [
            bytes(32),  # no parent
            EMPTY_OMMERS,
            bytes(20),
            self.state_root,
            trie.EMPTY,
            trie.EMPTY,
            bytes(256),
            0,
            0,
            quantity(file["gasLimit"]),
            0,
            self.timestamp,
            list_hash(self.validators),
            bytes(32),
            bytes(8),
            self.base_fee,
            trie.EMPTY,
            0,
            0,
            bytes(32),
        ] + ([NO_REQUESTS] if self.prague else [])
        self.extra_data = list_hash(self.validators)
        self.hash = keccak256(rlp.encode(header))

    def domain(self, instance):
        return keccak256(self.hash + instance.to_bytes(8, "big"))


# ---- Checkpoints ----


class Checkpoint:
    def __init__(self, encoded, genesis):
        try:
            number, self.hash, instance, self.validators, signatures = rlp.decode(encoded)
            self.number, self.instance = rlp.to_number(number), rlp.to_number(instance)
        except (ValueError, rlp.Malformed):
            raise Refused("a checkpoint is malformed") from None
        name = f"the checkpoint on block {self.number}"
        demand(isinstance(self.hash, bytes) and len(self.hash) == 32, f"{name} is malformed")
        demand(isinstance(self.validators, list) and is_validator_list(self.validators), f"{name} lists no validators")
        demand(self.instance >= 1, f"{name} is of genesis's instance")
        demand(isinstance(signatures, list) and len(signatures) <= SIGNATURES_MAX, f"{name} is malformed")
        signed = [CHECKPOINT, genesis.domain(self.instance), self.number, self.hash, self.validators]
        digest = keccak256(rlp.encode(signed))
        signers = set()
        for signature in signatures:
            signer = secp256k1.signer(digest, signature) if isinstance(signature, bytes) else None
            demand(signer is not None, f"{name} has a signature that is none")
            demand(signer in genesis.recovery_keys, f"{name} is signed by somebody who holds no recovery key")
            signers.add(signer)
        demand(
            genesis.threshold > 0 and len(signers) >= genesis.threshold,
            f"{name} is signed by fewer recovery keys than the threshold",
        )


# ---- Blocks ----


class Chain:
    """The verified chain so far: its last block, and what the next one is held against."""

    def __init__(self, genesis, checkpoints):
        self.genesis = genesis
        self.checkpoints = checkpoints
        self.number, self.hash, self.timestamp = 0, genesis.hash, genesis.timestamp
        self.extra_data = genesis.extra_data
        self.validators = []  # of the last block; genesis has none
        self.state_roots = [genesis.state_root]

    def add(self, encoded_header, encoded_certificate, transactions=None):
        name = f"block {self.number + 1}"
        try:
            header = rlp.decode(encoded_header)
            self._add(name, encoded_header, header, rlp.decode(encoded_certificate), transactions)
        except (ValueError, TypeError, rlp.Malformed):
            raise Refused(f"{name}: its header or its certificate is malformed") from None

    def _add(self, name, encoded_header, header, certificate, transactions):
        demand(len(header) == (21 if self.genesis.prague else 20), f"{name}: its header has not the fork's fields")
        parent, ommers, beneficiary, state_root, transactions_root, _, bloom = header[:7]
        difficulty, number, gas_limit, gas_used, timestamp = (rlp.to_number(each, 256) for each in header[7:12])
        extra_data, mix_hash, nonce = header[12:15]
        base_fee, withdrawals_root = rlp.to_number(header[15], 256), header[16]
        demand(number == self.number + 1, f"{name}: its header has another number")
        demand(parent == self.hash, f"{name}: it stands on another parent")
        demand(timestamp >= self.timestamp, f"{name}: it is older than its parent")
        demand(gas_used <= gas_limit, f"{name}: it uses more gas than its limit")
        demand(len(beneficiary) == 20 and len(bloom) == 256, f"{name}: its header is malformed")
        demand(len(extra_data) == 32, f"{name}: its extra data is not 32 bytes")
        demand(base_fee == self.genesis.base_fee, f"{name}: its base fee is not genesis's")
        constants = (
            (difficulty, 0, "difficulty"),
            (nonce, bytes(8), "nonce"),
            (mix_hash, bytes(32), "mixHash"),
            (ommers, EMPTY_OMMERS, "sha3Uncles"),
            (withdrawals_root, trie.EMPTY, "withdrawalsRoot"),
            (header[17], b"", "blobGasUsed"),
            (header[18], b"", "excessBlobGas"),
            (header[19], bytes(32), "parentBeaconBlockRoot"),
            (header[20] if self.genesis.prague else NO_REQUESTS, NO_REQUESTS, "requestsHash"),
        )
        for value, due, field in constants:
            demand(value == due, f"{name}: its {field} is not what every block has")
        if transactions is not None:
            demand(trie.ordered_root(transactions) == transactions_root, f"{name}: its transactions are others")
        block_hash = keccak256(encoded_header)
        validators = self._verify(name, number, block_hash, certificate)
        self.number, self.hash, self.timestamp = number, block_hash, timestamp
        self.extra_data, self.validators = extra_data, validators
        self.state_roots.append(state_root)

    def _verify(self, name, number, block_hash, certificate):
        """The block's validators, by its certificate, which must hold."""
        instance, round_, seals, listed = certificate
        instance, round_ = rlp.to_number(instance), rlp.to_number(round_)
        demand(isinstance(seals, list) and len(seals) <= VALIDATORS_MAX, f"{name}: its certificate is malformed")
        demand(isinstance(listed, list), f"{name}: its certificate is malformed")
        due = max((each.instance for each in self.checkpoints if each.number < number), default=0)
        demand(instance == due, f"{name}: its certificate is of instance {instance}, not {due}")
        validators = listed or self.validators
        demand(is_validator_list(validators), f"{name}: its certificate lists no validators")
        on_parent = [each for each in self.checkpoints if each.number + 1 == number]
        if on_parent:
            checkpoint = max(on_parent, key=lambda each: each.instance)
            demand(checkpoint.hash == self.hash, f"{name}: the checkpoint before it names another block")
            demand(validators == checkpoint.validators, f"{name}: its validators are not the checkpoint's")
        else:
            demand(list_hash(validators) == self.extra_data, f"{name}: its validators are not those its parent names")
        digest = keccak256(rlp.encode([COMMIT, self.genesis.domain(instance), number, round_, block_hash]))
        signers = set()
        for seal in seals:
            signer = secp256k1.signer(digest, seal)
            demand(signer is not None, f"{name}: a seal is no signature")
            demand(signer in validators, f"{name}: a seal is of no validator in round {round_}")
            signers.add(signer)
        demand(
            len(signers) >= quorum(len(validators)),
            f"{name}: sealed by {len(signers)} of {len(validators)}, a quorum is {quorum(len(validators))}",
        )
        return validators


def verify(lines, trusted_hash=None):
    """The chain of an export's parsed lines; raises Refused."""
    demand(lines and "genesis" in lines[0], "the export does not begin with the genesis file")
    genesis = Genesis(lines[0]["genesis"])
    demand(trusted_hash in (None, genesis.hash), f"the genesis hash is 0x{genesis.hash.hex()}, another chain's")
    checkpoints = [Checkpoint(unhex(line["checkpoint"]), genesis) for line in lines if "checkpoint" in line]
    ordered = sorted(checkpoints, key=lambda each: (each.number, each.instance))
    demand(
        all(a.instance < b.instance for a, b in zip(ordered, ordered[1:])),
        "a later checkpoint has no higher instance than one before it",
    )
    chain = Chain(genesis, checkpoints)
    for line in lines:
        if "header" in line:
            transactions = line.get("transactions")
            if transactions is not None:
                transactions = [unhex(each) for each in transactions]
            chain.add(unhex(line["header"]), unhex(line["certificate"]), transactions)
    for each in checkpoints:
        demand(each.number <= chain.number, f"the checkpoint on block {each.number} is beyond the chain")
        demand(each.number < chain.number or each.hash == chain.hash, "the last checkpoint names another block")
    return chain


# ---- What an account holds ----

TOKEN_ACCOUNTS = 2  # the place of the mapping of accounts in the storage of the templates' tokens
TOKEN_BALANCE = 2**128 - 1  # the bits of an account's slot that are its balance


def holder_slot(holder):
    """Where a token keeps what it knows of `holder` (Solidity: a mapping's value stands at keccak(key, place))."""
    return keccak256(bytes(12) + holder + TOKEN_ACCOUNTS.to_bytes(32, "big"))


def prove_account(chain, number, answer):
    """The storage slots (32 bytes -> number) that a result of eth_getProof at block `number` proves; raises Refused."""
    demand(number <= chain.number, f"there is no block {number} in the export")
    name = f"the proof at block {number}"
    try:
        nodes = [unhex(each) for each in answer["accountProof"]]
        account = trie.proved(chain.state_roots[number], keccak256(unhex(answer["address"])), nodes)
        nonce, balance, root, code_hash = rlp.decode(account) if account is not None else (b"", b"", trie.EMPTY, EMPTY_CODE)
        demand(rlp.to_number(nonce) == quantity(answer["nonce"]), f"{name}: the nonce is another")
        demand(rlp.to_number(balance, 256) == quantity(answer["balance"]), f"{name}: the balance is another")
        demand(root == unhex(answer["storageHash"]), f"{name}: the storage root is another")
        demand(code_hash == unhex(answer["codeHash"]), f"{name}: the code is another")
        slots = {}
        for slot in answer["storageProof"]:
            key = word(slot["key"])
            value = trie.proved(root, keccak256(key), [unhex(each) for each in slot["proof"]])
            slots[key] = rlp.to_number(rlp.decode(value), 256) if value is not None else 0
            demand(slots[key] == quantity(slot["value"]), f"{name}: the value of slot {slot['key']} is another")
        return slots
    except trie.NotProved as refused:
        raise Refused(f"{name}: {refused}") from None
    except (KeyError, ValueError, TypeError, IndexError, rlp.Malformed):
        raise Refused(f"{name} is malformed") from None


def prove_holding(chain, number, answer, holder):
    """The units of `holder` after block `number`, of the token that the proof is about."""
    slots = prove_account(chain, number, answer)
    key = holder_slot(holder)
    demand(key in slots, f"the proof is not about the slot 0x{key.hex()} of this holder")
    return slots[key] & TOKEN_BALANCE


def read_export(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def main(arguments):
    parser = argparse.ArgumentParser(usage=__doc__, add_help=False)
    parser.add_argument("--genesis", type=unhex)
    parser.add_argument("--proof")
    parser.add_argument("--block", type=int)
    parser.add_argument("--holder", type=unhex)
    parser.add_argument("--help", "-h", action="store_true")
    parser.add_argument("export", nargs="?")
    given = parser.parse_args(arguments)
    if given.help or given.export is None or (given.proof is None) != (given.block is None):
        print(__doc__.strip())
        return 0 if given.help else 2
    path = given.export
    try:
        chain = verify(read_export(path), given.genesis)
        print(f"genesis 0x{chain.genesis.hash.hex()}")
        print(f"{chain.number} blocks and {len(chain.checkpoints)} checkpoints hold; the last is 0x{chain.hash.hex()}")
        if given.proof is not None:
            path = given.proof
            with open(path, encoding="utf-8") as file:
                answer = json.load(file)
            if given.holder is not None:
                units = prove_holding(chain, given.block, answer, given.holder)
                print(f"0x{given.holder.hex()} holds {units} units of {answer['address']} after block {given.block}")
            else:
                for key, value in prove_account(chain, given.block, answer).items():
                    print(f"slot 0x{key.hex()} of {answer['address']} is {value:#x} after block {given.block}")
    except (Refused, OSError, json.JSONDecodeError, KeyError) as refused:
        print(f"chain checker: {path}: {refused}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refused as refused:
        print(f"chain checker: {refused}", file=sys.stderr)
        sys.exit(1)
