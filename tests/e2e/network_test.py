#!/usr/bin/env python3
"""Four validators and an observer as real processes over real sockets: network_test.py

They agree on blocks, go on without one of them, stand still without two, and come back by themselves, also after all
were killed at once; a node that is not admitted gets nothing, and is named once. The last line counts.
"""

import json
import os
import shutil
import sys
import tempfile
import time

from nodes import Checks, Node, done, free_ports, soon

check = Checks()


class Host(Node):
    """A key, a place and a data directory, and the process that runs on it from time to time."""

    def __init__(self, folder, name, port, key_option):
        self.name, self.port, self.dir = name, port, os.path.join(folder, name)
        super().__init__(os.path.join(self.dir, "node.json"))
        self.key, self.key_option = os.path.join(folder, f"{name}.key"), key_option
        self.address = done("talead", "keys", "new", self.key)

    def place(self):
        return f"{self.address}@localhost:{self.port}"

    def prepare(self, genesis, peers):
        os.mkdir(self.dir)
        shutil.copy(genesis, os.path.join(self.dir, "genesis.json"))
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

    def hash_of(self, number):
        block = self.ask("eth_getBlockByNumber", hex(number), False)
        return block and block["hash"]


def main():
    folder = tempfile.mkdtemp(prefix="talea-network-")
    ports = free_ports(6)
    validators = [Host(folder, f"validator-{i + 1}", ports[i], "key") for i in range(4)]
    observer = Host(folder, "observer", ports[4], "node-key")
    stranger = Host(folder, "stranger", ports[5], "node-key")
    source, genesis = os.path.join(folder, "source.json"), os.path.join(folder, "genesis.json")
    with open(source, "w") as file:
        talea = {
            "permissions": "open",
            "administrators": [validators[0].address],
            "validators": [node.address for node in validators],
            "nodes": [done("talead", "keys", "show", observer.key, "--public")],
            "idleInterval": 1,
        }
        json.dump({"config": {"chainId": 7001, "talea": talea}}, file)
    with open(genesis, "w") as file:
        file.write(done("talead", "init", source))
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
        peers = validators[0].ask("admin_peers")
        check("each is named with its place", {peer["id"] for peer in peers} == {node.address.lower() for node in members[1:]}
              and all(peer["network"]["remoteAddress"].startswith("127.0.0.1:") for peer in peers), json.dumps(peers))
        roles = {peer["id"]: (peer["role"], peer["network"]["inbound"]) for peer in peers}
        check("an observer by its role, and that it dialled", roles.get(observer.address.lower()) == ("node", True), json.dumps(roles))
        check("who is not behind is not syncing", soon(lambda: observer.ask("eth_syncing") is False, 5))
        seals = observer.ask("qbft_getCertificate", hex(3))["seals"]
        check("an observer shows the seals of a quorum", len(seals) >= 3, json.dumps(seals))
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
    return check.end(folder)


if __name__ == "__main__":
    sys.exit(main())
