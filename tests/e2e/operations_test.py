#!/usr/bin/env python3
"""An operator's commands as four hosts use them: operations_test.py

Keys, public files, one genesis that all verify, configurations, status, and what is refused on the way. The last line
counts.
"""

import json
import os
import shutil
import sys
import tempfile

from nodes import Checks, Node, done, free_ports, run, soon

check = Checks()


def refused(name, because, *command):
    result = run(*command)
    check(name, result.returncode == 1 and because in result.stderr, f"exit code {result.returncode}: {result.stderr}")


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def status_of(node):
    return json.loads(done("talead", "status", "--rpc", node.url, "--json"))


class Host:
    """One host's files: a key that stays, and a public file that is sent around."""

    def __init__(self, folder, name, place, *options):
        self.name, self.dir = name, os.path.join(folder, name)
        self.key, self.public = os.path.join(folder, f"{name}.key"), os.path.join(folder, f"{name}.json")
        self.address = done("talead", "keys", "new", self.key)
        place = ["--place", place] if place else []
        write(self.public, done("talead", "keys", "export", self.key, *place, *options))


def main():
    folder = tempfile.mkdtemp(prefix="talea-operations-")
    ports = free_ports(4)
    hosts = [Host(folder, f"validator-{i + 1}", f"localhost:{port}") for i, port in enumerate(ports)]
    observer = Host(folder, "observer", None, "--observer")
    everybody = [*hosts, observer]
    files = [host.public for host in everybody]
    talea = {"permissions": "open", "administrators": [hosts[0].address], "idleInterval": 1}
    settings = {"config": {"chainId": 7002, "talea": talea}, "timestamp": "2026-11-20T12:00:00Z"}
    source = write(os.path.join(folder, "settings.json"), json.dumps(settings))

    # One assembles, all verify.
    genesis = write(os.path.join(folder, "genesis.json"), done("talead", "init", source, "--ceremony", *files) + "\n")
    hash = done("talead", "join", genesis, *files)
    check("verifying prints the genesis hash", len(hash) == 66, hash)
    again = write(os.path.join(folder, "again.json"), done("talead", "init", source, "--ceremony", *reversed(files)))
    check("the order of the files makes no difference", done("talead", "join", again) == hash)
    forged = write(os.path.join(folder, "forged.json"), open(hosts[1].public).read().replace("localhost", "evil.example"))
    refused("a public file that was changed on its way", "signature", "talead", "init", source, "--ceremony", forged)
    refused("one key in two files", "of the key", "talead", "init", source, "--ceremony", files[0], files[0])
    refused(
        "a genesis of another hash", "agreed", "talead", "join", genesis, *files, "--hash", "0x" + "11" * 32
    )
    refused("a genesis with a validator whose file is not there", hosts[0].address, "talead", "join", genesis, *files[1:])
    account = os.path.join(folder, "account.key")
    write(account, "11" * 32 + "\n")
    refused("a validator's public file of a key without a journal", "journal", "talead", "keys", "export", account)

    nodes = []
    for host in everybody:
        done("talead", "join", genesis, *files, "--hash", hash, "--key", host.key, "--dir", host.dir, "--rpc-port", "0")
        nodes.append(Node(os.path.join(host.dir, "node.json")))
    refused("a configuration is not written over", "exists already", "talead", "join", genesis, *files, "--key",
            hosts[0].key, "--dir", hosts[0].dir)
    listens = [json.load(open(node.config)).get("listen") for node in nodes]
    check("each listens at the port of its file", listens == [*(f"0.0.0.0:{port}" for port in ports), None], listens)

    try:
        for node in nodes:
            node.start()
        check("all get blocks", all([node.reaches(2) for node in nodes]), [node.block() for node in nodes])
        linked = lambda: status_of(nodes[0])["peers"] == 4
        check("status counts the peers", soon(linked, 10), status_of(nodes[0]))
        said = status_of(nodes[0])
        check("and the validators", [v["connected"] for v in said["validators"]] == [True] * 4, said)
        check("and what a block needs", said["quorum"] == 3 and said["signs"] and not said["syncing"], said)
        check("an observer signs nothing", not status_of(nodes[4])["signs"])
        words = done("talead", "status", "--rpc", nodes[0].url)
        check("in words", "4, 4 of them here or linked, 3 needed" in words, words)

        lost = hosts[3].address.lower()
        nodes[3].kill()
        gone = lambda: {"connected": False, "address": lost}.items() <= next(
            v for v in status_of(nodes[0])["validators"] if v["address"] == lost
        ).items()
        check("a killed validator is shown as not linked", soon(gone, 10), status_of(nodes[0]))
        nodes[2].kill()
        why = lambda: lost in status_of(nodes[0])["why"].lower()
        check("and with two lost, why names them", soon(why, 10), status_of(nodes[0])["why"])
        url = nodes[3].url
        refused("status of a node that is off", "no node answers", "talead", "status", "--rpc", url)
    finally:
        stopped = all([node.stop() for node in nodes])
    check("all stop when asked, and say so", stopped and "stopped at block" in nodes[0].said(), nodes[0].said()[-300:])

    # A directory is one chain's.
    source = write(source, json.dumps({**settings, "timestamp": "2026-11-20T12:00:01Z"}))
    strange = write(os.path.join(folder, "strange.json"), done("talead", "init", source, "--ceremony", *files))
    os.remove(nodes[0].config)
    refused("a directory of another chain is not joined", "another chain", "talead", "join", strange, *files, "--key",
            hosts[0].key, "--dir", hosts[0].dir)
    shutil.copy(strange, os.path.join(hosts[0].dir, "genesis.json"))
    refused("nor run", "another chain", "talead", "run", "--dir", hosts[0].dir, "--rpc-port", "0")

    if check.failed == 0:
        shutil.rmtree(folder)
    else:
        print(f"what they said is in {folder}")
    return check.end()


if __name__ == "__main__":
    sys.exit(main())
