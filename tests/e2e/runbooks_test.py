#!/usr/bin/env python3
"""Every runbook of examples/runbooks on a network of four validators: runbooks_test.py

Validators are added, replaced (while a fund has orders) and revoked, a key is rotated, a node is backed up and restored, all
are restarted one after the other, and go over to a version of the registries that one of them forgot; the network goes on
all the while, and who would stop it is told so. The last line counts.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from nodes import Checks, done, free_ports, programs, root, run, soon

check = Checks()
books = os.path.join(root, "examples", "runbooks")
service = os.path.join(root, "tests", "e2e", "service.sh")
network = []  # all hosts ever
people = "registrar minter attestor agent compliance navagent approver treasury alice bob".split()
folder = tempfile.mkdtemp(prefix="talea-runbooks-")
genesis = os.path.join(folder, "genesis.json")
permissions = "0x0000000000000000000000000000000000007a01"
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

    def service(self, what, release=programs):
        """`release` is the folder of the talead that is installed."""
        path = release + os.pathsep + environment["PATH"]
        subprocess.run([service, what, self.config], env={**environment, "PATH": path}, check=True, timeout=60)

    def said(self):
        with open(self.config + ".log") as log:
            return log.read()

    def consent(self):
        expiry = "2027-11-20T00:00:00Z"
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


def begin(name, ask, *arguments):
    """A runbook that runs, asking the host `ask`."""
    return subprocess.Popen(
        [os.path.join(books, name), *arguments], env={**environment, "TALEA_RPC": ask.rpc}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )


def follow(name, ask, *arguments):
    began = time.monotonic()
    process = begin(name, ask, *arguments)
    said, _ = process.communicate(timeout=600)
    print(f"       {name} took {time.monotonic() - began:.1f} s")
    return subprocess.CompletedProcess(process.args, process.returncode, "", said)


def works(name, ask, *arguments):
    result = follow(name, ask, *arguments)
    return check(f"{name} does what it says", result.returncode == 0, result.stderr)


def validators(host):
    return {validator["address"].lower() for validator in host.status().get("validators", [])}


def of(*hosts):
    return {host.address.lower() for host in hosts}


def talea(ask, *arguments):
    return run("talea", *arguments, env={**environment, "TALEA_RPC": ask.rpc})


class Fund:
    """A treasury fund whose alice has units, asking the host `ask`; every command is of whose role it is."""

    def __init__(self, ask):
        self.environment = {**environment, "TALEA_RPC": ask.rpc}
        data = os.path.join(root, "contracts", "data", "us-calendar.calls.json")
        by = self.by
        by("network", "permission", "add-registrar", "registrar")
        for name in ("alice", "bob", "treasury"):
            by("registrar", "holder", "add", f"LEI-{name}", name, "--country", "US", "--categories", "1", "--expiry",
               "2027-12-31")
        by("network", "policy", "create", "known")
        by("network", "token", "deploy", "CashToken", "--name", "Dollar Cash", "--symbol", "USDX", "--cap", "1000000000",
           "--policy", "1", "--issuer", "minter", "--agent", "agent", "--compliance", "compliance", "--as", "USDX")
        by("network", "token", "grant", "USDX", "ATTESTOR", "attestor")
        by("network", "cash", "allowance", "USDX", "minter", "2000000")
        by("attestor", "cash", "attest", "USDX", "2000000", "--as-of", "2026-11-20T13:00:00Z", "--document", "report")
        by("minter", "token", "issue", "USDX", "alice", "2000000")
        by("network", "token", "deploy", "RestrictedToken", "--name", "Treasury Fund", "--symbol", "TFUND", "--cap",
           "5000000", "--policy", "1", "--agent", "agent", "--compliance", "compliance", "--as", "TFUND")
        by("network", "calendar", "deploy", data, "--as", "calendar")
        by("network", "token", "grant", "calendar", "OPERATOR", "network")
        by("network", "calendar", "publish", "calendar", data)
        by("network", "fund", "deploy", "--share", "TFUND", "--cash", "USDX", "--calendar", "calendar", "--treasury",
           "treasury", "--nav-agent", "navagent", "--nav-approver", "approver", "--agent", "agent", "--as", "fund")
        by("network", "token", "grant", "TFUND", "ISSUER", "fund")
        by("compliance", "token", "admit-escrow", "TFUND", "fund")
        by("compliance", "token", "admit-escrow", "USDX", "fund")
        by("alice", "fund", "subscribe", "fund", "2000000")
        self.strike("2026-11-20", "1.0121")
        by("agent", "fund", "collect", "fund", "--day", "2026-11-20")
        by("alice", "fund", "claim", "fund", "subscription", "--day", "2026-11-20")

    def by(self, who, *words):
        return done("talea", *words, "--account", who, "--yes", env=self.environment)

    def strike(self, day, nav):
        self.by("network", "clock", "advance", f"{day}T21:00:00Z")
        self.by("navagent", "fund", "nav", "fund", nav, "--day", day, "--as-of", f"{day}T21:00:00Z", "--document", "valuation")
        if day == "2026-11-20":  # the first is held until a second person confirms it
            self.by("approver", "fund", "approve-nav", "fund", nav, "--day", day)
        self.by("agent", "fund", "strike", "fund", "--day", day)

    def balance(self, token, who):
        told = run("talea", "token", "info", token, who, env=self.environment).stdout
        return next(line.split()[-1] for line in told.splitlines() if line.startswith("balance"))


class Transfers(threading.Thread):
    """Alice sends bob one unit after the other; what each took, and what failed."""

    def __init__(self, fund):
        super().__init__()
        self.fund, self.took, self.failed, self.over = fund, [], [], threading.Event()

    def run(self):
        while not self.over.is_set():
            sent = run("talea", "transfer", "TFUND", "bob", "1", "--account", "alice", "--yes", "--json",
                       env=self.fund.environment)
            if sent.returncode == 0:
                self.took.append(json.loads(sent.stdout)["milliseconds"])
            else:
                self.failed.append(sent.stdout + sent.stderr)

    def end(self):
        self.over.set()
        self.join()


def upgrade(now):
    """From version 1 of the registries to 2, with one host whose release is too old at first, and again at the end."""
    one, four = now[0], now[2]
    older = os.path.join(folder, "older")
    os.mkdir(older)
    os.symlink(os.path.join(programs, "talead-older"), os.path.join(older, "talead"))
    nodes = [host.rpc for host in now]
    version = lambda: talea(one, "call", permissions, "nativeVersion()(uint32)").stdout.strip()
    scheduled = lambda: talea(one, "call", permissions, "upgrade()(uint32,uint64)").stdout.split()
    check("the chain begins with version 1", version() == "1", version())
    before = scheduled()

    four.service("stop")
    four.service("start", older)
    check("an older release takes part", soon(lambda: four.status().get("signs"), 30), four.status())
    told = follow("upgrade.sh", one, "2", str(one.status()["block"] + 30), *nodes)
    check("no upgrade while a node does not know the version", told.returncode == 1 and "newer release" in told.stderr,
          told.stderr)
    check("and nothing is scheduled", scheduled() == before, scheduled())
    four.service("stop")
    four.service("start")
    check("with the newer one", soon(lambda: four.status().get("signs"), 30), four.status())

    first = one.status()["block"] + 25
    book = begin("upgrade.sh", one, "2", str(first), *nodes)
    check("upgrade.sh schedules it", soon(lambda: scheduled() == ["2", str(first)], 60), scheduled())
    four.service("stop")  # a host that goes back to what it ran before
    four.service("start", older)
    warns = f"block {first} begins version 2 of the native registries and this program knows versions up to 1: go on with a newer one"
    check("a node that does not know the version warns", soon(lambda: warns + "; it stops before that block" in four.said(), 30),
          four.said()[-500:])
    check("it goes on until then", four.runs())
    check("and stops before its block", soon(lambda: not four.runs(), 60), four.status())
    check("with one sentence", four.said().splitlines()[-1] == f"talead: {warns}", four.said()[-500:])
    check("the others go on in version 2",
          soon(lambda: one.status()["block"] > first + 2 and version() == "2", 30), one.status())
    four.service("start")
    said, _ = book.communicate(timeout=180)
    check("with the newer release it is back, and upgrade.sh done", book.returncode == 0 and four.status().get("signs"), said)


def main():
    with open(environment["TALEA_PASSWORD_FILE"], "w") as file:
        file.write("a password for this test only\n")
    for name in ("network", *people):
        done("talea", "account", "new", name, "--light", env=environment)
    accounts = dict(line.split()[:2] for line in done("talea", "account", "list", env=environment).splitlines())
    admin = accounts["network"]
    one, two, three, four = hosts = [Host(i + 1) for i in range(4)]
    files = [host.public for host in hosts]
    settings = os.path.join(folder, "settings.json")
    with open(settings, "w") as file:
        talea_settings = {
            "permissions": "enforced", "administrators": [admin], "idleInterval": 1, "nativeVersion": 1, "upgradeNotice": 5,
            "roles": {admin: ["all"], **{accounts[name]: ["transact"] for name in people}},
            "testClock": {"mode": "running", "start": "2026-11-20T15:00:00Z"},
        }
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
    fund = Fund(one)
    fund.by("network", "clock", "advance", "2026-11-23T15:00:00Z")
    day = fund.by("alice", "fund", "redeem", "fund", "1000000")
    check("a redemption is ordered, its day open", day == "2026-11-23", day)
    units = fund.balance("TFUND", "alice")
    check("its units are with the fund", units == "976,089.319237", units)
    transfers = Transfers(fund)
    transfers.start()
    two.service("stop")
    works("replace-validator.sh", one, two.address, six.public, *six.consent(), six.rpc)
    transfers.end()
    check("six is in the place of two", validators(one) == of(one, three, four, five, six), validators(one))
    longest = max(transfers.took, default=0)
    print(f"       {len(transfers.took)} transfers meanwhile, the slowest took {longest} ms")
    check("transfers went on, none longer than 2 s", 5 <= len(transfers.took) and longest <= 2000 and not transfers.failed,
          transfers.failed[:1] or transfers.took)
    fund.strike("2026-11-23", "1.0123")
    fund.by("treasury", "fund", "fund-redemptions", "fund", "--day", "2026-11-23")
    fund.by("network", "clock", "advance", "2026-11-24T05:00:00Z")
    fund.by("alice", "fund", "claim", "fund", "redemption", "--day", "2026-11-23")
    check("the redemption settles to the cent", fund.balance("USDX", "alice") == "1,012,300.000000",
          fund.balance("USDX", "alice"))
    check("and units are where they were sent", fund.balance("TFUND", "bob") == f"{len(transfers.took)}.000000",
          fund.balance("TFUND", "bob"))

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

    upgrade(now)

    running = run("talead", "backup", "--dir", four.dir, "--to", os.path.join(folder, "never"))
    check("a running node's directory is not copied, with the way out",
          running.returncode == 1 and "stop the node" in running.stderr and "back-up.sh" in running.stderr
          and "any node's copy will do" in running.stderr,
          running.stderr)
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
    sys.exit(check.end(folder))
