#!/usr/bin/env python3
"""A wiped node joins a long chain over real sockets, beside a replay of it: sync_bench.py [--blocks N] [--limit RATIO]

Makes a chain of N blocks (default 100,000) of ten restricted transfers with certificates of four validators, lets two
nodes serve it and a third one join from genesis, and compares the processor time of joining with that of `talead
replay`, which verifies certificates too. Then replays what the joiner has. With --limit a higher ratio than RATIO is a
failure; else only a node that does not get there is. The last line counts.

Settings: TALEA_BIN   folder of talead and talea-make-chain (default: build/release/bin)
"""

import argparse
import collections
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "e2e"))
from nodes import Checks, done, free_ports, programs, run, talead  # noqa: E402 (it is a folder of scripts, no package)

check = Checks()
stalls_after_seconds = 60


def timed(*words):
    """What a program prints, and the processor and wall time it takes."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    said = done(*words, timeout=None)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return said, spent, time.monotonic() - begun


def processor_seconds(stat):
    """Of the process or thread of that stat file (proc(5)), and its name."""
    with open(stat) as file:
        name, fields = file.read().split("(", 1)[1].rsplit(")", 1)
    fields = fields.split()
    return name, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def by_thread(pid):
    """Processor seconds by the names of threads, the busiest first; idle ones are left out."""
    spent = collections.Counter()
    for task in os.listdir(f"/proc/{pid}/task"):
        name, seconds = processor_seconds(f"/proc/{pid}/task/{task}/stat")
        spent[name] += seconds
    return ", ".join(f"{name} {seconds:.1f}" for name, seconds in spent.most_common() if seconds >= 0.05)


class Node:
    """A node that follows, on a data directory with at least a genesis."""

    def __init__(self, folder, name, directory, peers):
        self.port, self.log = free_ports(1)[0], open(os.path.join(folder, f"{name}.log"), "w")
        key = os.path.join(folder, f"{name}.key")
        self.address = done("talead", "keys", "show", key)
        options = ["--dir", directory, "--node-key", key, "--rpc-port", "0", "--listen", f"127.0.0.1:{self.port}"]
        for peer in peers:
            options += ["--peer", f"{peer.address}@127.0.0.1:{peer.port}"]
        self.process = subprocess.Popen(
            [talead, "run", *options], stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        match = re.search(r"http://127\.0\.0\.1:[0-9]+", self.process.stdout.readline())
        if not match:
            sys.exit(f"{name} does not start; see {self.log.name}")
        self.url = match.group(0)

    def ask(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)["result"]

    def block(self):
        return int(self.ask("eth_blockNumber"), 16)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--blocks", type=int, default=100_000)
    options.add_argument("--limit", type=float)
    options.add_argument("--servers", type=int, choices=(1, 2), default=2)
    options.add_argument("--chain", help="a folder in which talea-make-chain made one before")
    given = options.parse_args()
    folder = tempfile.mkdtemp(prefix="talea-sync-")
    nodes = []
    try:
        if given.chain:
            for name in ("first.key", "second.key", "joiner.key"):
                shutil.copy(os.path.join(given.chain, name), folder)
            chain = os.path.join(given.chain, "chain")
        else:
            make = os.path.join(programs, "talea-make-chain")
            _, made_seconds, made_wall = timed(make, folder, "--blocks", str(given.blocks))
            print(f"       made in {made_seconds:.0f} processor s, {made_wall:.0f} s")
            chain = os.path.join(folder, "chain")
        _, replay_seconds, replay_wall = timed("talead", "replay", "--dir", chain)

        directories = []
        for name in ("first", "second")[: given.servers]:
            directories.append(os.path.join(folder, f"{name}-chain"))
            shutil.copytree(chain, directories[-1])
            nodes.append(Node(folder, name, directories[-1], []))
        head = nodes[0].block()
        joined = os.path.join(folder, "joined")
        os.mkdir(joined)
        shutil.copy(os.path.join(chain, "genesis.json"), joined)
        begun = time.monotonic()
        joiner = Node(folder, "joiner", joined, nodes)
        nodes.append(joiner)
        at, moved = 0, begun
        while at < head and time.monotonic() - moved < stalls_after_seconds:
            time.sleep(0.1 if head < 10_000 else 1)
            now = joiner.block()
            if now > at:
                at, moved = now, time.monotonic()
        wall = time.monotonic() - begun
        spent, *served = (processor_seconds(f"/proc/{node.process.pid}/stat")[1] for node in [joiner, *nodes[:-1]])
        threads = by_thread(joiner.process.pid)
        check(f"a wiped node joins a chain of {head} blocks", at == head, f"it stands at {at}")
        heads = {node.ask("eth_getBlockByNumber", hex(head), False)["hash"] for node in nodes} if at == head else {}
        check("and has the same head", len(heads) == 1, str(heads))
        for node in nodes:
            node.stop()
        nodes.clear()
        if at == head:
            said = run("talead", "replay", "--dir", joined, timeout=None)
            check("and all that it stored holds", said.returncode == 0, said.stderr)
        ratio = spent / replay_seconds
        print(f"       replay  {replay_seconds:8.1f} processor s, {replay_wall:8.1f} s")
        print(f"       joining {spent:8.1f} processor s, {wall:8.1f} s: {ratio:.2f} times the replay's")
        print(f"               {threads}")
        print(f"       serving {' and '.join(f'{each:.1f}' for each in served)} processor s")
        if given.limit:
            check(f"joining takes at most {given.limit} times the processor time", ratio <= given.limit, f"{ratio:.2f}")
    finally:
        for node in nodes:
            node.process.kill()
    return check.end(folder)


if __name__ == "__main__":
    sys.exit(main())
