#!/usr/bin/env python3
"""A wiped node joins a long chain over real sockets, beside a replay of it: sync_bench.py [--blocks N] [--limit RATIO]

Makes a chain of N blocks (default 100,000) of ten restricted transfers with certificates of four validators, lets two
nodes serve it and a third one join from genesis, and compares the processor time of joining with that of `talead
replay`, which verifies certificates too. Then replays what the joiner has. With --limit a higher ratio than RATIO is a
failure; else only a node that does not get there is. The last line counts.

Settings: TALEA_BIN   folder of talead and talea-make-chain (default: build/release/bin)
"""

import argparse
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
programs = os.environ.get("TALEA_BIN", os.path.join(root, "build", "release", "bin"))
talead = os.path.join(programs, "talead")
passed = failed = 0
stalls_after_seconds = 60


def check(name, holds, otherwise=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
    print(f"{'ok    ' if holds else 'FAILED'} {name}" + ("" if holds else f": {otherwise}"), flush=True)
    return holds


def run(*words):
    """What a program prints, and the processor and wall time it takes."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    result = subprocess.run(words, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode != 0:
        sys.exit(f"{' '.join(words)}: {result.stderr}")
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return result.stdout, spent, time.monotonic() - begun


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as any_socket:
        any_socket.bind(("127.0.0.1", 0))
        return any_socket.getsockname()[1]


class Node:
    """A node that follows, on a data directory with at least a genesis."""

    def __init__(self, folder, name, directory, peers):
        self.port, self.log = free_port(), open(os.path.join(folder, f"{name}.log"), "w")
        key = os.path.join(folder, f"{name}.key")
        self.address = run(talead, "keys", "show", key)[0].strip()
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
            made = run(os.path.join(programs, "talea-make-chain"), folder, "--blocks", str(given.blocks))
            print(f"       made in {made[2]:.0f} s")
            chain = os.path.join(folder, "chain")
        _, replay_seconds, replay_wall = run(talead, "replay", "--dir", chain)

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
        wall, spent = time.monotonic() - begun, processor_seconds(joiner.process.pid)
        served = [processor_seconds(node.process.pid) for node in nodes[:-1]]
        check(f"a wiped node joins a chain of {head} blocks", at == head, f"it stands at {at}")
        heads = {node.ask("eth_getBlockByNumber", hex(head), False)["hash"] for node in nodes} if at == head else {}
        check("and has the same head", len(heads) == 1, str(heads))
        for node in nodes:
            node.stop()
        nodes.clear()
        if at == head:
            said = run(talead, "replay", "--dir", joined)[0]
            check("and all that it stored holds", True, said)
        ratio = spent / replay_seconds
        print(f"       replay  {replay_seconds:8.1f} processor s, {replay_wall:8.1f} s")
        print(f"       joining {spent:8.1f} processor s, {wall:8.1f} s: {ratio:.2f} times the replay's")
        print(f"       serving {' and '.join(f'{each:.1f}' for each in served)} processor s")
        if given.limit:
            check(f"joining takes at most {given.limit} times the processor time", ratio <= given.limit, f"{ratio:.2f}")
    finally:
        for node in nodes:
            node.process.kill()
        if failed == 0:
            shutil.rmtree(folder)
        else:
            print(f"what they said is in {folder}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
