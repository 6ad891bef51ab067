#!/usr/bin/env python3
"""A chain whose only validator key is lost goes on with another, by real processes: recovery_test.py [EXPORT]

Runs talead, loses the key, makes, signs and stores a checkpoint with `talead recover`, runs again with a new key, replays,
exports, and lets the chain checker judge the export, which is kept in EXPORT where that is given. The last line counts.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
talead = os.path.join(os.environ.get("TALEA_BIN", os.path.join(root, "build", "release", "bin")), "talead")
checker = os.path.join(root, "tests", "chain_checker", "chain_checker.py")
passed = failed = 0


def check(name, holds, otherwise=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
    print(f"{'ok    ' if holds else 'FAILED'} {name}" + ("" if holds else f": {otherwise}"), flush=True)


def run(*arguments):
    return subprocess.run([talead, *arguments], capture_output=True, text=True, timeout=120)


def done(name, *arguments):
    result = run(*arguments)
    check(name, result.returncode == 0, result.stderr.strip())
    return result.stdout.strip()


def refused(name, because, *arguments):
    result = run(*arguments)
    check(name, result.returncode == 1 and because in result.stderr, f"exit code {result.returncode}: {result.stderr}")


class Node:
    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [talead, *arguments, "--rpc-port", "0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.url, said = None, []
        for line in self.process.stdout:
            said.append(line)
            match = re.search(r"http://127\.0\.0\.1:[0-9]+", line)
            if match:
                self.url = match.group(0)
                break
        check(f"talead {arguments[0]} answers", self.url is not None, "".join(said))

    def ask(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = json.load(response)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def block(self):
        return int(self.ask("eth_blockNumber"), 16)

    def reaches(self, number, seconds=60):
        end = time.monotonic() + seconds
        while self.block() < number and time.monotonic() < end:
            time.sleep(0.05)
        return self.block() >= number

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.stdout.read()
        check("it stops when asked", self.process.wait(60) == 0, "another exit code")


def main():
    folder = tempfile.mkdtemp(prefix="talea-recovery-")
    chain = os.path.join(folder, "chain")
    checkpoint, genesis = os.path.join(folder, "checkpoint.json"), os.path.join(chain, "genesis.json")
    fresh = os.path.join(folder, "new.key")

    node = Node("devnet", "--dir", chain, "--idle-interval", "1")
    check("it makes blocks", node.reaches(2), "no block 2")
    node.stop()

    os.remove(os.path.join(chain, "validator.key"))  # lost for ever
    os.remove(os.path.join(chain, "validator.key.journal"))
    address = done("a new key is made", "keys", "new", fresh)
    digest = done("a checkpoint is made", "recover", "new", checkpoint, "--dir", chain, "--validator", address)
    refused("unsigned, it is not stored", "fewer recovery keys", "recover", "apply", checkpoint, "--dir", chain)
    refused(
        "a key that is no recovery key does not sign it",
        "holds no recovery key",
        *("recover", "sign", checkpoint, "--genesis", genesis, "--key", fresh),
    )
    admin = os.path.join(chain, "admin.key")
    done("the recovery key signs it", "recover", "sign", checkpoint, "--genesis", genesis, "--key", admin)
    shown = json.loads(done("it is shown", "recover", "show", checkpoint, "--genesis", genesis, "--json"))
    check("it holds", shown["holds"] and shown["digest"] == digest and shown["validators"] == [address], str(shown))
    end = shown["number"]
    stored = json.loads(done("it is stored", "recover", "apply", checkpoint, "--dir", chain, "--json"))
    check("its validators begin at once", stored["outcome"] == "begins", str(stored))
    done("storing it again changes nothing", "recover", "apply", checkpoint, "--dir", chain)

    for start in ("first", "second"):
        node = Node("run", "--dir", chain, "--key", fresh)
        check(f"the chain goes on, {start} start", node.reaches(node.block() + 1), "no new block")
        certificate = node.ask("qbft_getCertificate", hex(end + 1))
        check("in the checkpoint's instance", int(str(certificate["instance"]), 0) == 1, str(certificate))
        node.stop()
    refused(
        "a second checkpoint on the same block would undo what is final",
        "needs a higher instance",
        *("recover", "apply", edited(checkpoint, folder, genesis, admin), "--dir", chain),
    )

    replayed = done("replay executes it all again", "replay", "--dir", chain)
    print(f"    {replayed.splitlines()[0]}")
    export = sys.argv[1] if len(sys.argv) > 1 else os.path.join(folder, "chain.jsonl")
    with open(export, "w", encoding="utf-8") as file:
        written = subprocess.run([talead, "export", "--dir", chain], stdout=file, timeout=120).returncode
    check("it is exported", written == 0)
    judged = subprocess.run([sys.executable, checker, export], capture_output=True, text=True, timeout=600)
    check("the chain checker finds that it holds", judged.returncode == 0, judged.stderr)
    print(f"    {judged.stdout.strip().splitlines()[-1] if judged.stdout else ''}")

    # A node that was told other recovery keys would accept other checkpoints: its genesis file is refused.
    text = open(genesis, encoding="utf-8").read()
    with open(genesis, "w", encoding="utf-8") as file:
        file.write(text.replace('"idleInterval": 1', '"idleInterval": 2'))
    refused("a changed configuration is refused", "config (", "replay", "--dir", chain)
    shutil.rmtree(folder)


def edited(checkpoint, folder, genesis, admin):
    """The checkpoint with another list, signed anew."""
    other = os.path.join(folder, "other.json")
    made = json.load(open(checkpoint, encoding="utf-8"))
    made["validators"] = ["0x" + "11" * 20]
    made["signatures"] = []
    with open(other, "w", encoding="utf-8") as file:
        json.dump(made, file)
    run("recover", "sign", other, "--genesis", genesis, "--key", admin)
    return other


main()
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
