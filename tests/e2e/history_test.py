#!/usr/bin/env python3
"""A node that keeps a history of a day, by real processes: history_test.py

A made chain of nine days is served whole by one node, and by another with `history: 1`, which forgets what is older, but
none of the last 8,192 blocks: what it and the wallet answer, what its disk gets back, which commands it refuses, and
that it goes on with `history: all`. A new node joins from both, after it was linked with the forgetful one alone and said
what it waits for. The last line counts.

Settings: TALEA_BIN   folder of talead, talea and talea-make-chain (default: build/release/bin)
"""

import json
import os
import shutil
import sys
import tempfile
from datetime import datetime, timezone

from nodes import Checks, Node, done, free_ports, programs, run, soon

check = Checks()
blocks, seconds_apart, kept = 13_000, 60, 8_192


def disk(directory):
    folder = os.path.join(directory, "db")
    return sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))


def error_of(node, method, *params):
    """Code and data of its refusal; its result where it does not refuse."""
    answer = node.answer(method, *params)
    error = answer.get("error")
    return (error["code"], error.get("data")) if error else answer["result"]


class Follower(Node):
    """A node that follows, known by key `name` of the made chain."""

    def __init__(self, folder, name, directory, peers, **members):
        self.directory, self.port, key = directory, free_ports(1)[0], os.path.join(folder, f"{name}.key")
        self.address = done("talead", "keys", "show", key)
        self.members = {
            "dir": directory,
            "node-key": key,
            "rpc-port": 0,
            "listen": f"127.0.0.1:{self.port}",
            "peers": [f"{peer.address}@127.0.0.1:{peer.port}" for peer in peers],
            **members,
        }
        super().__init__(os.path.join(folder, f"{name}.json"))
        self.configure()

    def configure(self, **members):
        self.members |= members
        with open(self.config, "w") as file:
            json.dump(self.members, file)

    def restart(self, **members):
        self.stop()
        self.configure(**members)
        self.start()

    def first_block(self):
        return int(self.ask("admin_nodeInfo")["protocols"]["talea"]["firstBlock"], 16)

    def sentence(self):
        return (self.ask("talea_why") or {}).get("sentence", "")


def new_directory(folder, name, chain):
    """With the genesis alone."""
    path = os.path.join(folder, name)
    os.mkdir(path)
    shutil.copy(os.path.join(chain, "genesis.json"), path)
    return path


def forgets(node, head, before):
    due = head - max(kept, 86_400 // seconds_apart) + 1
    check("a node of a day's history forgets what is older, down to the last 8,192 blocks",
          soon(lambda: node.first_block() == due, 60), f"{node.first_block()}, not {due}")
    refusal = (4444, {"firstBlock": hex(due)})
    check("it refuses a forgotten block with 4444 and the first one it has",
          error_of(node, "eth_getBlockByNumber", hex(due - 1), True) == refusal)
    check("it says which data it has from which block on",
          [node.ask("eth_capabilities")[kind]["oldestBlock"] for kind in ("state", "tx", "logs", "receipts", "blocks")]
          == ["0x0", *[hex(due)] * 4])
    provable = int(node.ask("eth_capabilities")["stateproofs"]["oldestBlock"], 16)
    check("and from which on it proves state",
          provable == head - 10_000 and "balance" in node.ask("eth_getProof", node.address, [], hex(provable)),
          f"{provable} of {head}")
    check("and answers that one", len(node.ask("eth_getBlockByNumber", hex(due), True)["transactions"]) > 0)
    check("logs from forgotten blocks on are refused, not told by half",
          error_of(node, "eth_getLogs", {"fromBlock": "earliest", "toBlock": "latest"}) == refusal)
    check("headers and certificates of forgotten blocks are there",
          node.ask("debug_getRawHeader", "0x1") is not None and node.ask("qbft_getCertificate", "0x1") is not None)
    status = json.loads(done("talead", "status", "--rpc", node.url, "--json"))
    check("its status says from which block on it has all", status["firstWholeBlock"] == due, str(status))
    check("the disk comes back", soon(lambda: disk(node.directory) < before * 0.85, 30),
          f"{disk(node.directory)} of {before}")
    print(f"       {before / 1e6:.1f} MB before, {disk(node.directory) / 1e6:.1f} MB after {due - 1} of {head} blocks")
    return due


def wallet(whole, node, due, folder):
    """A cap table of the past, by number and by time, and a payment that nobody here knows any more."""
    token = node.ask("eth_getLogs", {"fromBlock": hex(due), "toBlock": hex(due + 100)})[0]["address"]
    old = whole.ask("eth_getBlockByNumber", hex(due // 2), False)

    def talea_at(each, *words):
        return run("talea", *words, "--json", "--rpc", each.url, "--home", os.path.join(folder, "wallet"))

    for at in (str(due // 2), f"{datetime.fromtimestamp(int(old['timestamp'], 16), timezone.utc):%Y-%m-%dT%H:%M:%SZ}"):
        tables = [talea_at(each, "token", "holders", token, "--at", at) for each in (whole, node)]
        check(f"the wallet shows the cap table at {at} as a node does that has all",
              tables[0].returncode == 0 and tables[0].stdout == tables[1].stdout and len(tables[0].stdout) > 1000,
              tables[1].stderr + tables[1].stdout[:200])
    said = talea_at(node, "tx", old["transactions"][0])
    check("and says of a forgotten transaction that it is not known here, and who knows it",
          said.returncode == 4 and "ask a node whose history is all" in said.stderr + said.stdout, said.stderr)


def commands(node, due, folder):
    node.stop()
    for command in (["replay"], ["export"], ["index"]):
        check.refused(f"talead {command[0]} says that it needs every block", f"keeps blocks from {due} on", "talead",
                      *command, "--dir", node.directory)
    shown = done("talead", "inspect", "block", "1", "--dir", node.directory)
    check("talead inspect shows the header of a forgotten block", f"kept from block {due} on" in shown, shown)
    copy = os.path.join(folder, "copy")
    said = done("talead", "backup", "--dir", node.directory, "--to", copy)
    check("a backup says what it has", f"from block {due} on" in said, said)
    check("and is opened as it is", "forgotten" in done("talead", "inspect", "block", "1", "--dir", copy))
    node.configure(history="all")
    node.start()
    check("with a history of all it goes on, says so, and forgets no more",
          f"the blocks before {due} were forgotten" in node.said() and node.first_block() == due)


def joins(folder, chain, whole, forgetful, head):
    directory = new_directory(folder, "joined", chain)
    joiner = Follower(folder, "joiner", directory, [forgetful])
    joiner.start()
    waits = "every linked node has forgotten block 1; link it with one whose history is all"
    check("a node whose peers forgot the first blocks says so", soon(lambda: waits in joiner.sentence(), 20),
          joiner.sentence())
    check("and blames nobody", "held responsible" not in joiner.said())
    joiner.restart(peers=[f"{each.address}@127.0.0.1:{each.port}" for each in (forgetful, whole)])
    check("linked with one that has all, too, it joins", joiner.reaches(head, 120), f"it stands at {joiner.block()}")
    heads = [node.ask("eth_getBlockByNumber", "latest", False)["hash"] for node in (whole, forgetful, joiner)]
    check("all have one head", len(set(heads)) == 1, str(heads))
    check("and nobody was blamed", "held responsible" not in joiner.said())
    joiner.stop()
    check("what it stored holds", run("talead", "replay", "--dir", directory).returncode == 0)


def main():
    folder = tempfile.mkdtemp(prefix="talea-history-")
    nodes = []
    try:
        done(os.path.join(programs, "talea-make-chain"), folder, "--blocks", str(blocks), "--transfers", "2",
             "--holders", "100", "--seconds", str(seconds_apart))
        chain, pruned = os.path.join(folder, "chain"), os.path.join(folder, "pruned")
        shutil.copytree(chain, pruned)
        whole = Follower(folder, "first", chain, [])
        forgetful = Follower(folder, "second", pruned, [], history=1)
        nodes += [whole, forgetful]
        whole.start()
        forgetful.start()
        head, before = whole.block(), disk(chain)
        due = forgets(forgetful, head, before)
        wallet(whole, forgetful, due, folder)
        commands(forgetful, due, folder)
        joins(folder, chain, whole, forgetful, head)
        check("nodes end when they are asked to", all([node.stop() for node in nodes]))
    finally:
        for node in nodes:
            if node.process:
                node.kill()
    return check.end(folder)


if __name__ == "__main__":
    sys.exit(main())
