"""What tests of real `talead` processes share: commands, ports, nodes that run from their configuration, checks."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

root = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
programs = os.environ.get("TALEA_BIN", os.path.join(root, "build", "release", "bin"))
talead = os.path.join(programs, "talead")
talea = os.path.join(programs, "talea")


class Checks:
    """Prints a line a check; `end` prints the counts and returns the exit code. Where all passed, it removes `folder`."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def __call__(self, name, holds, otherwise=""):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
        print(f"{'ok    ' if holds else 'FAILED'} {name}" + ("" if holds else f": {otherwise}"), flush=True)
        return holds

    def refused(self, name, because, *command):
        result = run(*command)
        said = f"exit code {result.returncode}: {result.stderr}"
        return self(name, result.returncode == 1 and because in result.stderr, said)

    def skip(self, name, reason):
        self.skipped += 1
        print(f"skipped: {name}: {reason}", flush=True)

    def end(self, folder=None):
        if folder and self.failed == 0:
            shutil.rmtree(folder)
        elif folder:
            print(f"what they said is in {folder}")
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed else 0


def run(*command, env=None, timeout=120):
    """The finished process of talead or talea, by the name in `command`."""
    program = {"talead": talead, "talea": talea}.get(command[0], command[0])
    return subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=timeout, env=env)


def done(*command, env=None, timeout=120):
    """What it prints; where it fails, the test ends."""
    result = run(*command, env=env, timeout=timeout)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}: {result.stderr}")
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
    """A process that runs from time to time from a configuration file."""

    def __init__(self, config, *options):
        self.config = config
        self.arguments = [*options, "run", "--config", config]
        self.log = config + ".log"
        self.process = self.url = None

    def start(self):
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                [talead, *self.arguments], stdout=subprocess.PIPE, stderr=log, text=True
            )
        for line in self.process.stdout:
            if match := re.search(r"http://127\.0\.0\.1:[0-9]+", line):
                self.url = match.group(0)
                return
        sys.exit(f"{self.config} does not start:\n{self.said()}")

    def said(self):
        with open(self.log) as log:
            return log.read()

    def ask(self, method, *params):
        return self.answer(method, *params)["result"]

    def answer(self, method, *params):
        """Result or error."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def block(self):
        return int(self.ask("eth_blockNumber"), 16)

    def reaches(self, number, seconds=30):
        return soon(lambda: self.block() >= number, seconds)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self):
        """Whether it ends cleanly when it is asked to."""
        if self.process is None:
            return True
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30) == 0
        except subprocess.TimeoutExpired:
            self.process.kill()
            return False
        finally:
            self.process = None
