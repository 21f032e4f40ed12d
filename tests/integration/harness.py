"""Real chordd processes for the integration tests: start, watch, talk to, kill, clean up. Python's standard library only.

Rules of the house: nothing sleeps in place of a condition (wait_until polls one, with a deadline); every process is ended
by its own id; directories go away; when a test fails, the logs of its daemons are printed.

    class RingTest(harness.TestCase):
        def test_one(self):
            node = self.start_node()
            node.command("SET", "key", "value")
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

DEADLINE = float(os.environ.get("CHORDD_TEST_DEADLINE", "30"))
SKIPPED = 77

# What no daemon may ever write to its log, whatever is done to it.
BREAKAGES = ("broken invariant", "Sanitizer", "runtime error:", "terminate called")


def binary(name):
    """The path of one of our programs, from CHORDD_BIN_DIR; the test program ends with 77 when it is missing."""
    path = os.path.join(os.environ.get("CHORDD_BIN_DIR", ""), name)
    if not os.access(path, os.X_OK):
        print(f"skipped: no program {name} in CHORDD_BIN_DIR={os.environ.get('CHORDD_BIN_DIR', '')!r}")
        sys.exit(SKIPPED)
    return path


def wait_until(condition, what, deadline=DEADLINE, step=0.02, patient=False):
    """Polls until condition() is true and returns its value; fails with `what` after `deadline` seconds. With `patient` a
    connection that is refused or breaks meanwhile counts as "not yet"."""
    end = time.monotonic() + deadline
    last = None
    while True:
        try:
            value = condition()
            if value:
                return value
            last = value
        except OSError as error:
            if not patient:
                raise
            last = str(error)
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline} s: {what} (last: {last!r})")
        time.sleep(step)


class RespError(Exception):
    """An error reply; str() is its text, .word its first word."""

    @property
    def word(self):
        return str(self).split(" ", 1)[0]


class RespClient:
    """A client of the local socket. Replies become bytes, int, None, list, dict (RESP3 maps) or RespError (returned by
    read_reply, raised by command)."""

    def __init__(self, path, timeout=DEADLINE):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise
        self.stream = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.stream.close()
        self.socket.close()

    @staticmethod
    def encode(*arguments):
        parts = [b"*%d\r\n" % len(arguments)]
        for argument in arguments:
            data = argument if isinstance(argument, bytes) else str(argument).encode()
            parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
        return b"".join(parts)

    def send(self, *arguments):
        self.socket.sendall(self.encode(*arguments))

    def command(self, *arguments):
        self.send(*arguments)
        reply = self.read_reply()
        if isinstance(reply, RespError):
            raise reply
        return reply

    def read_reply(self):
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the daemon closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            return RespError(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b",":
            return float(rest)
        if kind == b"#":
            return rest == b"t"
        if kind == b"_":
            return None
        size = int(rest)
        if size < 0:
            return None
        if kind == b"$":
            data = self.stream.read(size + 2)
            if len(data) != size + 2:
                raise ConnectionError("the daemon closed the connection inside a reply")
            return data[:-2]
        if kind in (b"*", b">"):
            return [self.read_reply() for _ in range(size)]
        if kind == b"%":
            return {self.read_reply(): self.read_reply() for _ in range(size)}
        raise AssertionError(f"not RESP: {line!r}")


def plain(reply):
    """A RESP3 reply with text in place of bytes, all the way down. Not for values."""
    if isinstance(reply, dict):
        return {plain(name): plain(value) for name, value in reply.items()}
    if isinstance(reply, list):
        return [plain(entry) for entry in reply]
    return reply.decode() if isinstance(reply, bytes) else reply


def free_udp_port(host="127.0.0.1"):
    """A port that was free a moment ago."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def address(host, port):
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Node:
    """One chordd on loopback with a state directory of its own that outlives its processes."""

    def __init__(self, directory, key_file, name, host="127.0.0.1", options=()):
        self.directory = directory
        self.name = name
        self.host = host
        self.port = free_udp_port(host)
        self.address = address(host, self.port)
        self.state_dir = os.path.join(directory, name)
        self.api = os.path.join(directory, name + ".sock")
        self.log_path = os.path.join(directory, name + ".log")
        self.key_file = key_file
        self.options = list(options)
        self.peers = []
        self.process = None

    def arguments(self):
        line = [binary("chordd"), "--state-dir", self.state_dir, "--listen", self.address, "--api", self.api,
                "--node-name", self.name]
        if self.key_file is not None:
            line += ["--network-key", self.key_file]
        for peer in self.peers:
            line += ["--peer", peer]
        return line + self.options

    def spawn(self):
        """Starts the process and does not wait for anything."""
        assert self.process is None or self.process.poll() is not None, f"{self.name} is running"
        environment = {name: value for name, value in os.environ.items() if name not in ("NOTIFY_SOCKET", "JOURNAL_STREAM")}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.arguments(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=environment)
        return self

    def start(self, deadline=DEADLINE):
        """Starts the process and waits until it answers on its socket."""
        return self.spawn().wait_answers(deadline)

    def wait_answers(self, deadline=DEADLINE):
        wait_until(self._answers, f"{self.name} answers", deadline, patient=True)
        return self

    def _answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode} instead of starting")
        with self.connect(timeout=5) as client:
            return client.command("PING") == b"PONG"

    def running(self):
        return self.process is not None and self.process.poll() is None

    def connect(self, timeout=DEADLINE):
        return RespClient(self.api, timeout)

    def command(self, *arguments):
        """One command on a connection of its own."""
        with self.connect() as client:
            return client.command(*arguments)

    def status(self):
        """CHORD.STATUS as nested dicts with the names of DESIGN's `chordctl status --json`."""
        with self.connect() as client:
            client.command("HELLO", "3")
            return plain(client.command("CHORD.STATUS"))

    def wait_for(self, condition, what, deadline=DEADLINE):
        """Waits until condition(status) is true; returns the status."""
        def holds():
            status = self.status()
            return status if condition(status) else None
        return wait_until(holds, f"{self.name}: {what}", deadline, step=0.05, patient=True)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """SIGKILL: no good-bye of any kind."""
        self.process.kill()
        self.process.wait()

    def stop(self, deadline=DEADLINE):
        """SIGTERM; returns the exit code."""
        self.process.terminate()
        return self.process.wait(deadline)

    def end(self):
        """Whatever state it is in, it is gone afterwards."""
        if self.running():
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def log(self):
        with contextlib.suppress(FileNotFoundError), open(self.log_path, errors="replace") as log:
            return log.read()
        return ""


class TestCase(unittest.TestCase):
    """A test with a temporary directory, a network key and nodes that end with it."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="chordd-test-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.key_file = os.path.join(self.directory, "network.key")
        write_file(self.key_file, os.urandom(32).hex() + "\n", 0o600)
        self.nodes = []
        _cases.add(self)
        self.addCleanup(_cases.discard, self)
        self.addCleanup(self._end_nodes)

    def _end_nodes(self):
        failed = self._has_failed()
        for node in self.nodes:
            node.end()
        broken = [node.name for node in self.nodes if any(sign in node.log() for sign in BREAKAGES)]
        if failed or broken:
            for node in self.nodes:
                print(f"\n---- log of {node.name} ----\n{node.log()[-8000:]}", file=sys.stderr)
        if broken:
            raise AssertionError(f"broken: {', '.join(broken)}; see the logs")

    def _has_failed(self):
        result = self._outcome.result
        return any(test is self for test, _ in result.errors + result.failures) or not getattr(
            self._outcome, "success", True)

    def make_node(self, name=None, host="127.0.0.1", peers=(), options=("--profile", "lan")):
        """A node that is not started yet. `peers` are nodes or addresses."""
        node = Node(self.directory, self.key_file, name or f"node-{len(self.nodes)}", host, options)
        while any(node.address == other.address for other in self.nodes):  # the kernel may offer a port twice
            node.port = free_udp_port(host)
            node.address = address(host, node.port)
        node.peers = [peer.address if isinstance(peer, Node) else peer for peer in peers]
        self.nodes.append(node)
        return node

    def start_node(self, *arguments, **options):
        return self.make_node(*arguments, **options).start()

    def run_chordd(self, *options, deadline=DEADLINE):
        """Runs chordd to its end; for starts that must fail. Returns (exit code, stdout, stderr)."""
        done = subprocess.run([binary("chordd"), *options], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=deadline, check=False)
        return done.returncode, done.stdout, done.stderr


def write_file(path, content, mode=0o644):
    data = content if isinstance(content, bytes) else content.encode()
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(data)
    os.chmod(path, mode)
    return path


_cases = set()  # the tests under way


def end_at_once(*_):
    """SIGTERM (a time limit, an impatient person): leave no process and no directory behind."""
    for case in list(_cases):
        for node in case.nodes:
            if node.running():
                node.process.kill()
        shutil.rmtree(case.directory, ignore_errors=True)
    os._exit(143)


def main():
    """In place of unittest.main(): skips as a whole when the programs are missing."""
    binary("chordd")
    signal.signal(signal.SIGTERM, end_at_once)
    unittest.main(verbosity=2)
