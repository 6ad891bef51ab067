#!/usr/bin/env python3
"""A chain whose only validator key is lost goes on with another, by real processes: recovery_test.py [EXPORT]

Runs talead, loses the key, makes, signs and stores a checkpoint with `talead recover`, runs again with a new key, replays,
exports, and lets the chain checker judge the export, which is kept in EXPORT where that is given. The last line counts.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

from nodes import Checks, Node, root, run, talead

checker = os.path.join(root, "tests", "chain_checker", "chain_checker.py")
check = Checks()
refused = lambda name, because, *arguments: check.refused(name, because, "talead", *arguments)


def done(name, *arguments):
    result = run("talead", *arguments)
    check(name, result.returncode == 0, result.stderr.strip())
    return result.stdout.strip()


class Lone(Node):
    """talead with `arguments`, running."""

    def __init__(self, folder, *arguments):
        super().__init__(os.path.join(folder, "node"))
        self.arguments = [*arguments, "--rpc-port", "0"]
        self.start()

    def end(self):
        check("it stops when asked", self.stop(), "another exit code")


def main():
    folder = tempfile.mkdtemp(prefix="talea-recovery-")
    chain = os.path.join(folder, "chain")
    checkpoint, genesis = os.path.join(folder, "checkpoint.json"), os.path.join(chain, "genesis.json")
    fresh = os.path.join(folder, "new.key")

    node = Lone(folder, "devnet", "--dir", chain, "--idle-interval", "1")
    check("it makes blocks", node.reaches(2), "no block 2")
    node.end()

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
        node = Lone(folder, "run", "--dir", chain, "--key", fresh)
        check(f"the chain goes on, {start} start", node.reaches(node.block() + 1), "no new block")
        certificate = node.ask("qbft_getCertificate", hex(end + 1))
        check("in the checkpoint's instance", int(str(certificate["instance"]), 0) == 1, str(certificate))
        node.end()
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
    run("talead", "recover", "sign", other, "--genesis", genesis, "--key", admin)
    return other


if __name__ == "__main__":
    main()
    sys.exit(check.end())
