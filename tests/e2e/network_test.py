#!/usr/bin/env python3
"""Four validators and an observer as real processes over real sockets: network_test.py

They agree on blocks, go on without one of them, stand still without two, and come back by themselves, also after all
were killed at once; a node that is not admitted gets nothing, and is named once. The last line counts.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
talead = os.path.join(os.environ.get("TALEA_BIN", os.path.join(root, "build", "release", "bin")), "talead")
passed = failed = 0


def check(name, holds, otherwise=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
    print(f"{'ok    ' if holds else 'FAILED'} {name}" + ("" if holds else f": {otherwise}"), flush=True)
    return holds


def done(*arguments):
    result = subprocess.run([talead, *arguments], capture_output=True, text=True, timeout=120)
    if result.returncode != 0:
        sys.exit(f"talead {' '.join(arguments)}: {result.stderr}")
    return result.stdout.strip()


def free_ports(count):
    """Ports that nobody has now. Held open together, so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def soon(holds, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return holds()


class Node:
    """A data directory, and the process that runs on it from time to time."""

    def __init__(self, folder, name, port, key_option):
        self.name, self.port, self.dir = name, port, os.path.join(folder, name)
        self.key, self.key_option = os.path.join(folder, f"{name}.key"), key_option
        self.address = done("keys", "new", self.key)
        self.log = os.path.join(folder, f"{name}.log")
        self.process = self.url = None

    def place(self):
        return f"{self.address}@localhost:{self.port}"

    def prepare(self, genesis, peers):
        os.mkdir(self.dir)
        shutil.copy(genesis, os.path.join(self.dir, "genesis.json"))
        self.config = os.path.join(self.dir, "node.json")
        with open(self.config, "w") as file:
            json.dump(
                {
                    "dir": self.dir,
                    self.key_option: self.key,
                    "rpc-port": 0,
                    "listen": f"127.0.0.1:{self.port}",
                    "peers": [peer.place() for peer in peers if peer is not self],
                },
                file,
            )

    def start(self):
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                [talead, "run", "--config", self.config], stdout=subprocess.PIPE, stderr=log, text=True
            )
        match = re.search(r"http://127\.0\.0\.1:[0-9]+", self.process.stdout.readline())
        if not match:
            sys.exit(f"{self.name} does not start:\n{self.said()}")
        self.url = match.group(0)

    def said(self):
        with open(self.log) as log:
            return log.read()

    def ask(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)["result"]

    def block(self):
        return int(self.ask("eth_blockNumber"), 16)

    def hash_of(self, number):
        block = self.ask("eth_getBlockByNumber", hex(number), False)
        return block and block["hash"]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30) == 0
        except subprocess.TimeoutExpired:
            self.process.kill()
            return False


def main():
    folder = tempfile.mkdtemp(prefix="talea-network-")
    ports = free_ports(6)
    validators = [Node(folder, f"validator-{i + 1}", ports[i], "key") for i in range(4)]
    observer = Node(folder, "observer", ports[4], "node-key")
    stranger = Node(folder, "stranger", ports[5], "node-key")
    source, genesis = os.path.join(folder, "source.json"), os.path.join(folder, "genesis.json")
    with open(source, "w") as file:
        talea = {
            "permissions": "open",
            "administrators": [validators[0].address],
            "validators": [node.address for node in validators],
            "nodes": [done("keys", "show", observer.key, "--public")],
            "idleInterval": 1,
        }
        json.dump({"config": {"chainId": 7001, "talea": talea}}, file)
    with open(genesis, "w") as file:
        file.write(done("init", source))
    members = validators + [observer]
    for node in members + [stranger]:
        node.prepare(genesis, validators)
    running = []
    try:
        for node in members:
            node.start()
            running.append(node)
        started = time.monotonic()
        for node in members:
            check(f"{node.name} gets blocks", soon(lambda: node.block() >= 3, 30), f"at {node.block()}")
        print(f"       {time.monotonic() - started:.1f} s to block 3 everywhere, at one a second")
        linked = lambda: all(int(node.ask("net_peerCount"), 16) == 4 for node in validators)
        check("each links with all others", soon(linked, 10))
        check("all have the same block 3", len({node.hash_of(3) for node in members}) == 1)

        stranger.start()
        running.append(stranger)
        time.sleep(4)
        check("a node that is not admitted gets no block", stranger.block() == 0, f"at {stranger.block()}")
        named = [line for line in validators[0].said().splitlines() if stranger.address in line and "refused" in line]
        check("and is named once", len(named) == 1, "\n".join(named) or "never")
        check("and is told so", "not admitted" in stranger.said(), stranger.said())

        lost = validators[3]
        lost.kill()
        before = validators[0].block()
        rest = validators[:3]
        check("three of four go on", soon(lambda: rest[0].block() >= before + 3, 30), f"at {rest[0].block()}")

        rest[2].kill()
        time.sleep(1)
        stands = rest[0].block()
        time.sleep(4)
        check("two of four stand still", rest[0].block() <= stands + 1, f"from {stands} to {rest[0].block()}")
        check("and answer", rest[1].hash_of(3) == rest[0].hash_of(3))
        why = rest[0].ask("talea_why")
        silent = sorted([lost.address.lower(), rest[2].address.lower()])
        check("and name the two that are missing", sorted(why["missing"]) == silent, json.dumps(why))
        check("in a sentence", all(address in why["sentence"].lower() for address in silent), why["sentence"])

        stands = rest[0].block()
        lost.start()
        rest[2].start()
        back = time.monotonic()
        check("with both back there are blocks again", soon(lambda: rest[0].block() > stands, 10), f"at {stands}")
        print(f"       {time.monotonic() - back:.1f} s after both answered")
        check("and who was away catches up", soon(lambda: lost.block() > stands, 20), f"at {lost.block()} of {stands}")
        check("to the same chain", lost.hash_of(stands) == rest[0].hash_of(stands) is not None)

        for node in validators:
            node.kill()
        for node in validators:
            node.start()
        check("all killed at once go on", soon(lambda: rest[0].block() > stands + 2, 20), f"at {rest[0].block()}")
        check("and the observer follows", soon(lambda: observer.block() > stands + 2, 20), f"at {observer.block()}")
        check("nothing final was lost", observer.hash_of(stands) == rest[0].hash_of(stands) is not None)
    finally:
        stopped = all([node.stop() for node in running])
    check("all stop when asked", stopped)
    if failed == 0:
        shutil.rmtree(folder)
    else:
        print(f"what they said is in {folder}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
