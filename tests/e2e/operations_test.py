#!/usr/bin/env python3
"""An operator's commands as four hosts use them: operations_test.py

Keys, public files, one genesis that all verify, configurations, status, probes, metrics, logs, the unit of systemd, and
what is refused on the way. The last line counts.
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
import threading
import urllib.error
import urllib.request

from nodes import Checks, Node, done, free_ports, root, run, soon, talead

check = Checks()
refused = check.refused


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def status_of(node):
    return json.loads(done("talead", "status", "--rpc", node.url, "--json"))


def get(node, target):
    """Status, type and text of a page."""
    try:
        with urllib.request.urlopen(node.url + target, timeout=30) as response:
            return response.status, response.headers["content-type"], response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["content-type"], error.read().decode()


def read_metrics(text):
    """Values by name, and what breaks the text format or its conventions."""
    values, faults, kinds = {}, [], {}
    if not text.endswith("\n"):
        faults.append("the last line does not end")
    lines = text.splitlines()
    for i, line in enumerate(lines):
        if match := re.fullmatch(r"# HELP ([a-z_]+) [^\\]+\.", line):
            if not re.fullmatch(rf"# TYPE {match[1]} (counter|gauge)", lines[i + 1]):
                faults.append(line)
        elif match := re.fullmatch(r"# TYPE ([a-z_]+) (counter|gauge)", line):
            if match[1] in kinds or not lines[i - 1].startswith(f"# HELP {match[1]} "):
                faults.append(line)
            kinds[match[1]] = match[2]
            if (match[2] == "counter") != match[1].endswith("_total"):
                faults.append(f"{match[1]} is a {match[2]}")
        elif match := re.fullmatch(r'([a-z_]+)(\{[a-z_]+="[^"\\\n]*"\})? ([0-9]+(?:\.[0-9]+)?)', line):
            if match[1] in values or not lines[i - 1].startswith(f"# TYPE {match[1]} "):
                faults.append(line)
            values[match[1]] = float(match[3])
        else:
            faults.append(line)
    return values, faults


def unit_file(folder):
    """systemd's own opinion of the unit."""
    path = os.path.join(folder, "talead.service")
    with open(os.path.join(root, "examples", "systemd", "talead.service")) as file:
        write(path, file.read().replace("/usr/local/bin/talead", talead))
    if shutil.which("systemd-analyze") is None:
        return check.skip("the unit of systemd", "no systemd-analyze here")
    result = run("systemd-analyze", "verify", path)
    faults = [line for line in result.stderr.splitlines() if "talead.service" in line]
    check("systemd takes the unit", not faults, result.stderr)


class Host:
    """One host's files: a key that stays, under a password where one is given, and a public file that is sent around."""

    def __init__(self, folder, name, place, *options, password=None):
        self.name, self.dir = name, os.path.join(folder, name)
        self.key, self.public = os.path.join(folder, f"{name}.key"), os.path.join(folder, f"{name}.json")
        self.password = ["--password-file", password] if password else []
        self.address = done("talead", "keys", "new", self.key, *self.password)
        place = ["--place", place] if place else []
        write(self.public, done("talead", "keys", "export", self.key, *self.password, *place, *options))


def encrypted_keys(host, password):
    """`host` has a key under the password in that file."""
    held = json.load(open(host.key))
    check("an encrypted key is a key file of Web3 Secret Storage", held["version"] == 3 and "crypto" in held, held)
    check("that only its owner reads", os.stat(host.key).st_mode & 0o777 == 0o600, oct(os.stat(host.key).st_mode))
    shown = done("talead", "keys", "show", host.key)
    check("its address is shown without the password", shown == host.address, shown)
    refused("its public key is not", "--password-file", "talead", "keys", "show", host.key, "--public")
    other = write(password + ".other", "another\n")
    refused("with another password nothing is", "password is wrong", "talead", "keys", "show", host.key, "--public",
            "--password-file", other)
    empty = write(password + ".empty", "\nsecond line\n")
    refused("an empty first line is no password", "begins with no password", "talead", "keys", "new",
            host.key + ".empty", "--password-file", empty)
    check("and no key is made", not os.path.exists(host.key + ".empty"))

    clear = host.key + ".clear"
    address = done("talead", "keys", "new", clear)
    public = done("talead", "keys", "show", clear, "--public")
    secret = open(clear).read().split()[0]
    done("talead", "keys", "encrypt", clear, "--password-file", password)
    check("a key in the clear is encrypted in place", secret[2:] not in open(clear).read())
    again = done("talead", "keys", "show", clear, "--public", "--password-file", password)
    check("and is the same key", again == public and done("talead", "keys", "show", clear) == address)
    done("talead", "keys", "export", clear, "--password-file", password)  # a validator's: it knows its journal
    refused("not twice", "already", "talead", "keys", "encrypt", clear, "--password-file", password)


class Signer:
    """Holds the secret of a host's key, which the host keeps no more."""

    def __init__(self, folder, host):
        self.secret, self.socket = os.path.join(folder, "secret.key"), os.path.join(folder, "signer.sock")
        before = open(host.key).read()
        done("talead", "keys", "split", host.key, "--secret", self.secret)
        check("the secret is with the signer alone",
              open(self.secret).read() == before and before.split()[0][2:] not in open(host.key).read())
        check("the host knows its address still", done("talead", "keys", "show", host.key) == host.address)
        refused("and can sign nothing by itself", "is with a signer", "talead", "keys", "export", host.key)
        refused("a secret is not written over", "exists already", "talead", "keys", "split", self.secret, "--secret",
                self.secret)
        self.process = None

    def start(self):
        self.process = subprocess.Popen([talead, "signer", self.secret, "--socket", self.socket],
                                        stderr=subprocess.PIPE, text=True)
        self.process.stderr.readline()

    def ask(self, line):
        with socket.socket(socket.AF_UNIX) as to:
            to.settimeout(10)
            to.connect(self.socket)
            to.sendall(line.encode())
            return to.recv(1000).decode()

    def end(self, how):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(20)


def pretend(signer, answer):
    """In the signer's place, one that gives `answer` to what it is asked; None: it stays silent, empty: it hangs up."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(signer.socket)
    server.listen()

    def serve():
        kept = []
        while True:
            try:
                to, _ = server.accept()
            except OSError:
                return
            kept.append(to)
            try:
                if answer is not None:
                    to.recv(1000)
                    to.sendall(answer)
            except OSError:
                pass  # the node had given up already
            if answer == b"":
                to.close()

    threading.Thread(target=serve, daemon=True).start()
    return server


def signer_goes(signer, host, node, other):
    """A signer that restarts, stays away, is slow, holds another key, and is back."""
    mode = os.stat(signer.socket).st_mode & 0o777
    check("only its owner asks a signer", mode == 0o600, oct(mode))
    check("it names its address", signer.ask("address\n") == host.address.lower() + "\n", signer.ask("address\n"))
    check("what is no question is an error", signer.ask("sign 0x12\nadd").startswith("error "))
    check("a line without an end is cut off", signer.ask("x" * 300) == "")
    refused("two signers at one place are not possible", "already", "talead", "signer", signer.secret, "--socket",
            signer.socket)
    check("a node signs by a signer", status_of(node)["signs"], status_of(node))
    votes = lambda: status_of(node)["signs"] and "signer" not in status_of(node)["why"]

    signer.end(signal.SIGKILL)
    signer.start()
    block = node.block()
    check("and goes on with one that was killed and started again", node.reaches(block + 4), f"at {node.block()}")

    signer.end(signal.SIGTERM)
    check("a signer that ends takes its socket along", not os.path.exists(signer.socket))
    ready = lambda: get(node, "/readyz")
    check("a node without it is not ready", soon(lambda: ready()[0] == 503 and "signer" in ready()[2], 10), ready())
    block = other.block()
    check("the others go on", other.reaches(block + 4), f"at {other.block()}")
    check("it follows them", node.reaches(block + 4, 5), f"at {node.block()}")
    check("status says what it waits for", "signer" in status_of(node)["why"], status_of(node)["why"])
    said = node.said().count("is away")
    check("the log says it, and not each time", 1 <= said <= 2, said)

    signer.start()
    check("with a signer that is back it is ready", soon(lambda: ready()[0] == 200, 10), ready())
    check("and the log says so", "is back" in node.said(), node.said()[-300:])

    for name, answer, says in [("is slow", None, "does not answer within 200 ms"),
                               ("hangs up", b"", "hung up"),
                               ("has another key", b"0x" + b"11" * 64 + b"00\n", "does not sign with the key of")]:
        signer.end(signal.SIGTERM)
        false = pretend(signer, answer)
        check(f"of a signer that {name} the log says so", soon(lambda: says in node.said(), 15), node.said()[-300:])
        block = other.block()
        check("the others and this node go on", other.reaches(block + 4) and node.reaches(block + 4, 5), node.block())
        false.close()
        os.unlink(signer.socket)
        signer.start()
        check("and it votes again afterwards", soon(lambda: ready()[0] == 200 and votes(), 10), status_of(node))


def main():
    folder = tempfile.mkdtemp(prefix="talea-operations-")
    ports = free_ports(4)
    password = write(os.path.join(folder, "password"), "correct horse battery staple\nsecond line\n")
    hosts = [
        Host(folder, f"validator-{i + 1}", f"localhost:{port}", password=password if i == 2 else None)
        for i, port in enumerate(ports)
    ]
    encrypted_keys(hosts[2], password)
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
        done("talead", "join", genesis, *files, "--hash", hash, "--key", host.key, "--dir", host.dir, "--rpc-port", "0",
             *host.password)
        options = ["--log-format", "json"] if host is hosts[1] else []
        nodes.append(Node(os.path.join(host.dir, "node.json"), *options))
    signer = Signer(folder, hosts[3])
    with open(nodes[3].config) as file:
        config = json.load(file)
    write(nodes[3].config, json.dumps({**config, "signer": signer.socket}))
    refused("a node without its signer does not start", "no signer answers", "talead", "run", "--config",
            nodes[3].config)
    wrong = write(os.path.join(folder, "wrong.json"), json.dumps({**config, "key": hosts[0].key, "signer": "/tmp/x"}))
    refused("nor one whose key was never split", "keys split", "talead", "run", "--config", wrong)
    refused("a configuration is not written over", "exists already", "talead", "join", genesis, *files, "--key",
            hosts[0].key, "--dir", hosts[0].dir)
    listens = [json.load(open(node.config)).get("listen") for node in nodes]
    check("each listens at the port of its file", listens == [*(f"0.0.0.0:{port}" for port in ports), None], listens)

    try:
        signer.start()
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

        check("a probe finds it alive", get(nodes[0], "/healthz")[::2] == (200, "ok\n"), get(nodes[0], "/healthz"))
        check("and ready", get(nodes[0], "/readyz")[::2] == (200, "ready\n"), get(nodes[0], "/readyz"))
        status, kind, text = get(nodes[0], "/metrics")
        values, faults = read_metrics(text)
        check("metrics are in Prometheus's format", status == 200 and "version=0.0.4" in kind and not faults, faults)
        check(
            "and are those of this network",
            values["talea_validators"] == values["talea_validators_linked"] == 4 == values["talea_peers"]
            and values["talea_signs"] == 1 and values["talea_syncing"] == 0 and values["talea_validators_needed"] == 3
            and 2 <= values["talea_head_block"] <= said["block"] + 60,
            values,
        )
        moving = ["blocks_applied_total", "commit_seconds_total", "journal_seconds_total", "execution_seconds_total",
                  "peer_frames_received_total", "peer_sent_bytes_total", "disk_used_bytes", "disk_free_bytes"]
        check("and what moved has moved", all(values[f"talea_{name}"] > 0 for name in moving), values)
        check("status shows the disk", said["diskUsedBytes"] > 0 and said["diskGrowthBytesPerDay"] is None, said)
        check("other pages are refused", get(nodes[0], "/secrets")[0] in (404, 405), get(nodes[0], "/secrets"))

        signer_goes(signer, hosts[3], nodes[3], nodes[0])
        lost = hosts[3].address.lower()
        nodes[3].kill()
        gone = lambda: {"connected": False, "address": lost}.items() <= next(
            v for v in status_of(nodes[0])["validators"] if v["address"] == lost
        ).items()
        check("a validator that is gone is shown as not linked", soon(gone, 10), status_of(nodes[0]))
        nodes[2].kill()
        why = lambda: lost in status_of(nodes[0])["why"].lower()
        check("and with two lost, why names them", soon(why, 10), status_of(nodes[0])["why"])
        nodes[1].stop()
        nodes[4].stop()
        alone = lambda: get(nodes[0], "/readyz")[0] == 503
        check("a node without any other is not ready", soon(alone, 10), get(nodes[0], "/readyz"))
        check("but alive", get(nodes[0], "/healthz")[0] == 200)
        url = nodes[3].url
        refused("status of a node that is off", "no node answers", "talead", "status", "--rpc", url)
    finally:
        stopped = all([node.stop() for node in nodes])
        signer.end(signal.SIGKILL)
    check("all stop when asked, and say so", stopped and "stopped at block" in nodes[0].said(), nodes[0].said()[-300:])

    lines = nodes[1].said().splitlines()
    try:
        keys = {tuple(json.loads(line)) for line in lines}
    except json.JSONDecodeError as error:
        keys = f"{error}: {lines}"
    check("a log of JSON is an object a line", keys == {("time", "level", "area", "message")} and len(lines) > 3, keys)
    unit_file(folder)

    # A directory is one chain's.
    source = write(source, json.dumps({**settings, "timestamp": "2026-11-20T12:00:01Z"}))
    strange = write(os.path.join(folder, "strange.json"), done("talead", "init", source, "--ceremony", *files))
    os.remove(nodes[0].config)
    refused("a directory of another chain is not joined", "another chain", "talead", "join", strange, *files, "--key",
            hosts[0].key, "--dir", hosts[0].dir)
    shutil.copy(strange, os.path.join(hosts[0].dir, "genesis.json"))
    refused("nor run", "another chain", "talead", "run", "--dir", hosts[0].dir, "--rpc-port", "0")

    return check.end(folder)


if __name__ == "__main__":
    sys.exit(main())
