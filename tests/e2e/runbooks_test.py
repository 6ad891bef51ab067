#!/usr/bin/env python3
"""Every runbook of examples/runbooks on a network of four validators: runbooks_test.py

Validators are added, replaced and revoked, a key is rotated, a node is backed up and restored, all are restarted one after
the other; the network goes on all the while, and who would stop it is told so. The last line counts.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

from nodes import Checks, done, free_ports, programs, root, run, soon

check = Checks()
books = os.path.join(root, "examples", "runbooks")
service = os.path.join(root, "tests", "e2e", "service.sh")
network = []  # all hosts ever
folder = tempfile.mkdtemp(prefix="talea-runbooks-")
genesis = os.path.join(folder, "genesis.json")
environment = {
    **os.environ,
    "PATH": programs + os.pathsep + os.environ["PATH"],
    "TALEA_HOME": os.path.join(folder, "wallet"),
    "TALEA_PASSWORD_FILE": os.path.join(folder, "password"),
    "TALEA_ACCOUNT": "network",
    "TALEA_SERVICE": service,
    "TALEA_WAIT": "60",
    "NO_COLOR": "1",
}


class Host:
    def __init__(self, number):
        self.name = f"host-{number}"
        port, self.rpc_port = free_ports(2)
        self.rpc = f"http://127.0.0.1:{self.rpc_port}"
        self.dir, self.key = os.path.join(folder, self.name), os.path.join(folder, f"{self.name}.key")
        self.config, self.public = os.path.join(self.dir, "node.json"), os.path.join(folder, f"{self.name}.json")
        self.place = f"127.0.0.1:{port}"
        self.address = done("talead", "keys", "new", self.key)
        with open(self.public, "w") as file:
            file.write(done("talead", "keys", "export", self.key, "--place", self.place) + "\n")
        network.append(self)

    def join(self, files):
        done("talead", "join", genesis, *files, "--key", self.key, "--dir", self.dir, "--rpc-port", str(self.rpc_port),
             "--listen", self.place)

    def service(self, what):
        subprocess.run([service, what, self.config], env=environment, check=True, timeout=60)

    def consent(self):
        expiry = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400))
        return done("talead", "keys", "consent", self.key, "--genesis", genesis, "--expiry", expiry), expiry

    def status(self):
        result = run("talead", "status", "--rpc", self.rpc, "--json")
        return json.loads(result.stdout) if result.returncode == 0 else {}

    def hash_of(self, number):
        body = {"jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber", "params": [hex(number), False]}
        request = urllib.request.Request(self.rpc, json.dumps(body).encode(), {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            block = json.load(response)["result"]
        return block and block["hash"]

    def runs(self):
        return bool(self.status())


def follow(name, ask, *arguments):
    """Runs a runbook, asking the host `ask`."""
    began = time.monotonic()
    result = subprocess.run(
        [os.path.join(books, name), *arguments], env={**environment, "TALEA_RPC": ask.rpc}, capture_output=True,
        text=True, timeout=600,
    )
    print(f"       {name} took {time.monotonic() - began:.1f} s")
    return result


def works(name, ask, *arguments):
    result = follow(name, ask, *arguments)
    return check(f"{name} does what it says", result.returncode == 0, result.stdout + result.stderr)


def validators(host):
    return {validator["address"].lower() for validator in host.status().get("validators", [])}


def of(*hosts):
    return {host.address.lower() for host in hosts}


def talea(ask, *arguments):
    return run("talea", *arguments, env={**environment, "TALEA_RPC": ask.rpc})


def main():
    with open(environment["TALEA_PASSWORD_FILE"], "w") as file:
        file.write("a password for this test only\n")
    done("talea", "account", "new", "network", "--light", env=environment)
    admin = done("talea", "account", "list", env=environment).split()[-1]
    one, two, three, four = hosts = [Host(i + 1) for i in range(4)]
    files = [host.public for host in hosts]
    settings = os.path.join(folder, "settings.json")
    with open(settings, "w") as file:
        talea_settings = {"permissions": "enforced", "administrators": [admin], "idleInterval": 1}
        json.dump({"config": {"chainId": 7004, "talea": talea_settings}}, file)
    with open(genesis, "w") as file:
        file.write(done("talead", "init", settings, "--ceremony", *files) + "\n")
    for host in hosts:
        host.join(files)
        host.service("start")
    check("the network begins", soon(lambda: all(host.status().get("block", 0) >= 2 for host in hosts), 60))

    # What a change would do is told, and changes nothing.
    said = talea(one, "validator", "remove", four.address, "--dry-run", "--json")
    told = json.loads(said.stdout or "{}").get("validators", {})
    expected = {"now": 4, "after": 3, "neededNow": 3, "neededAfter": 2, "linkedAfter": 3, "notLinked": []}
    check("a dry run says what a block will need", told == expected, said.stdout + said.stderr)
    check("and removes nobody", validators(one) == of(*hosts), validators(one))
    listed = json.loads(talea(one, "validator", "list", "--json").stdout)
    check("validator list shows who is linked", [row["linked"] for row in listed["validators"]] == ["yes"] * 4, listed)
    five, six = Host(5), Host(6)
    consent, expiry = five.consent()
    four.service("stop")
    check("one is away", soon(lambda: not all(v["connected"] for v in one.status()["validators"]), 20))
    stop = talea(one, "validator", "add", five.address, "--consent", consent, "--expiry", expiry, "--yes")
    check("who would stop the chain is told so", stop.returncode == 1 and "stand still" in stop.stderr, stop.stderr)
    away = follow("back-up.sh", one, two.config, two.config, two.rpc, os.path.join(folder, "no-backup"))
    check("no backup while a validator is away", away.returncode == 1 and "away already" in away.stderr, away.stderr)
    check("and the node was not touched", two.runs())
    four.service("start")

    five.join([*files, five.public])
    five.service("start")
    works("add-validator.sh", one, five.public, consent, expiry, five.rpc)
    check("five validators", validators(one) == of(*hosts, five), validators(one))

    six.join([*files, five.public, six.public])
    six.service("start")
    two.service("stop")
    works("replace-validator.sh", one, two.address, six.public, *six.consent(), six.rpc)
    check("six is in the place of two", validators(one) == of(one, three, four, five, six), validators(one))

    works("revoke-validator.sh", one, five.address)
    check("five is out", validators(one) == of(one, three, four, six), validators(one))
    cut = lambda: five.status().get("peers") == 0
    check("and cut off", soon(cut, 20), five.status())
    five.service("stop")

    new_key = os.path.join(folder, "host-3.second.key")
    old = three.address
    works("rotate-key.sh", one, three.config, new_key, three.config, three.rpc)
    three.address = done("talead", "keys", "show", new_key)
    check("three votes with another key", three.address != old and validators(one) == of(one, three, four, six))

    # What the runbooks tell the hosts: name each other as they are now.
    now = [one, three, four, six]
    for host in now:
        with open(host.config) as file:
            config = json.load(file)
        config["peers"] = [f"{peer.address}@{peer.place}" for peer in now if peer is not host]
        with open(host.config, "w") as file:
            json.dump(config, file, indent=2)
    works("rolling-restart.sh", one, *(f"{host.config}={host.rpc}" for host in now))
    linked = lambda: all(all(v["connected"] for v in host.status()["validators"]) for host in now)
    check("all are linked with all", soon(linked, 20), [host.status() for host in now])

    running = run("talead", "backup", "--dir", four.dir, "--to", os.path.join(folder, "never"))
    check("a running node's directory is not copied, with the way out",
          running.returncode == 1 and "stop the node" in running.stderr, running.stderr)
    backup = os.path.join(folder, "backup")
    works("back-up.sh", one, four.config, four.config, four.rpc, backup)
    held = sorted(os.listdir(backup))
    check("a backup holds genesis, configuration and database alone", held == ["db", "genesis.json", "node.json"], held)
    replayed = run("talead", "replay", "--dir", backup)
    check("and replays to its last root", "every root holds" in replayed.stdout, replayed.stderr)
    again = run("talead", "backup", "--dir", backup, "--to", backup)
    check("a backup is never written over", again.returncode == 1 and "exists already" in again.stderr, again.stderr)

    four.service("stop")
    shutil.rmtree(os.path.join(four.dir, "db"))
    works("restore.sh", one, four.config, four.config, four.rpc, backup)
    votes = lambda: four.status().get("signs")
    check("the restored node votes with the journal it had", soon(votes, 30), four.status())

    least = min(host.status()["block"] for host in now)
    check("all have the same chain", len({host.hash_of(least) for host in now}) == 1)
    before = one.status()["block"]
    check("which goes on", soon(lambda: one.status()["block"] > before, 20))


def stop_all():
    clean = True
    for host in network:
        if host.runs():
            host.service("stop")
            with open(host.config + ".log") as log:
                clean = "stopped at block" in log.read().splitlines()[-1] and clean
    check("all stop when asked", clean)


if __name__ == "__main__":
    try:
        main()
    finally:
        stop_all()
    if check.failed == 0:
        shutil.rmtree(folder)
    else:
        print(f"what they said is in {folder}")
    sys.exit(check.end())
