"""Chains made here, with keys of low numbers, so that a test can make any of their parts wrong."""

import copy

import rlp
import secp256k1
import trie
from chain_checker import COMMIT, CHECKPOINT, CONFIG_SLOT, EMPTY_OMMERS, NO_REQUESTS, PERMISSIONS, Genesis, config_hash, list_hash, quorum
from keccak import keccak256

RECOVERY = [101, 102, 103]  # two of them recover the chain


def hexed(data):
    return "0x" + data.hex()


def addresses(secrets):
    return sorted(secp256k1.address(secret) for secret in secrets)


def genesis_file(validators):
    talea = {
        "permissions": "enforced",
        "administrators": [hexed(secp256k1.address(90))],
        "validators": [hexed(each) for each in addresses(validators)],
        "recovery": {"keys": [hexed(secp256k1.address(each)) for each in RECOVERY], "threshold": 2},
        "recoveryDelay": 86_400,
        "nativeVersion": 1,
        "upgradeNotice": 1_000,
        "idleInterval": 30,
    }
    file = {
        "config": {"chainId": 7, "pragueTime": 0, "osakaTime": 0, "talea": talea},
        "timestamp": "0x6b00b494",
        "gasLimit": "0x5f5e100",
        "baseFeePerGas": "0x0",
        "alloc": {hexed(PERMISSIONS): {"nonce": "0x1", "balance": "0x0", "code": "0xfe", "storage": {}}},
    }
    return with_config_hash(file)


def with_config_hash(file):
    registry = file["alloc"][hexed(PERMISSIONS)]["storage"]
    registry[hexed(CONFIG_SLOT)] = hexed(config_hash(file["config"]))
    return file


class MadeChain:
    """`validators`: secrets of block 1's. Lines of an export grow with each block."""

    def __init__(self, validators=(1, 2, 3, 4)):
        self.file = genesis_file(validators)
        self.genesis = Genesis(self.file)
        self.lines = [{"genesis": self.file}]
        self.parent = self.genesis.hash
        self.number = self.instance = 0
        self.now, self.next = [], list(validators)  # secrets: of the last block, of the next

    def header(self, then, **changes):
        fields = {
            "parent": self.parent,
            "ommers": EMPTY_OMMERS,
            "beneficiary": addresses(self.next)[0],
            "state_root": keccak256(b"any"),
            "transactions_root": trie.EMPTY,
            "receipts_root": trie.EMPTY,
            "bloom": bytes(256),
            "difficulty": 0,
            "number": self.number + 1,
            "gas_limit": 100_000_000,
            "gas_used": 0,
            "timestamp": self.genesis.timestamp + self.number + 1,
            "extra_data": list_hash(addresses(then)),
            "mix_hash": bytes(32),
            "nonce": bytes(8),
            "base_fee": 0,
            "withdrawals_root": trie.EMPTY,
            "blob_gas_used": 0,
            "excess_blob_gas": 0,
            "beacon_root": bytes(32),
            "requests_hash": NO_REQUESTS,
        }
        assert not set(changes) - set(fields)
        return rlp.encode(list({**fields, **changes}.values()))

    def seal(self, secret, block_hash, round_, instance=None, number=None, genesis_hash=None):
        domain = keccak256((genesis_hash or self.genesis.hash) + (self.instance if instance is None else instance).to_bytes(8, "big"))
        return secp256k1.sign(secret, keccak256(rlp.encode([COMMIT, domain, number or self.number + 1, round_, block_hash])))

    def add(self, then=None, round_=0, seals=None, listed=None, instance=None, **header):
        """A block. `then`: the next one's validators; `seals`: a function of the block's hash; `listed`: the list."""
        then = list(then or self.next)
        encoded = self.header(then, **header)
        block_hash = keccak256(encoded)
        if seals is None:
            signers = self.next[: quorum(len(self.next))]
            sealed = [self.seal(each, block_hash, round_) for each in signers]
        else:
            sealed = seals(block_hash)
        if listed is None:
            listed = [] if sorted(self.next) == sorted(self.now) else addresses(self.next)
        certificate = rlp.encode([self.instance if instance is None else instance, round_, sealed, listed])
        self.lines.append({"header": hexed(encoded), "certificate": hexed(certificate), "transactions": []})
        self.parent, self.number, self.now, self.next = block_hash, self.number + 1, self.next, then
        return self

    def recover(self, validators, signers=(101, 103), block_hash=None, instance=None, number=None, in_chain=True):
        instance = self.instance + 1 if instance is None else instance
        number, block_hash = self.number if number is None else number, block_hash or self.parent
        named = addresses(validators)
        digest = keccak256(rlp.encode([CHECKPOINT, self.genesis.domain(instance), number, block_hash, named]))
        signatures = [secp256k1.sign(each, digest) for each in signers]
        encoded = rlp.encode([number, block_hash, instance, named, signatures])
        self.lines.insert(1, {"checkpoint": hexed(encoded)})
        if in_chain:
            self.instance, self.next = instance, list(validators)
        return self

    def copy(self):
        return copy.deepcopy(self)
