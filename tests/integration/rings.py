"""Rings of real chordd processes: started together, compared with the ideal ring of their ids, written and read.

Not a test. A read is lost when its reply is nil or another value: at once, whatever happens in the ring meanwhile. Replies
that ask for another try (harness.RespError with a word of TRY_AGAIN) are asked again and counted.
"""

import collections
import contextlib
import hashlib
import os
import random
import threading
import time

import harness

TRY_AGAIN = ("TRYAGAIN", "TIMEOUT", "NOQUORUM", "NOTJOINED")
FULL = os.environ.get("CHORDD_TEST_FULL") == "1"


def test_seed():
    """The seed of this run, printed; CHORDD_TEST_SEED repeats one."""
    seed = int(os.environ.get("CHORDD_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"CHORDD_TEST_SEED={seed}", flush=True)
    return seed


def value_of(key):
    """The one right value of a key: 40 to 103 bytes that differ from key to key."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    return (digest * 2)[:40 + int(digest[:2], 16) % 64].encode()


class Readings:
    """What came of many reads: latencies in seconds, retries by error word, and the keys that were lost."""

    def __init__(self):
        self.latencies = []
        self.retries = collections.Counter()
        self.lost = []

    def __str__(self):
        spread = sorted(self.latencies) or [0.0]
        return (f"{len(self.latencies)} reads, {len(self.lost)} lost, p50 {spread[len(spread) // 2] * 1e3:.1f} ms, "
                f"p99 {spread[len(spread) * 99 // 100] * 1e3:.1f} ms, worst {spread[-1] * 1e3:.0f} ms, "
                f"asked again {dict(self.retries)}")

    def read(self, client, key, patience=harness.DEADLINE):
        """Reads one key, however often it takes; the latency runs from the first question to the last answer."""
        began = time.monotonic()
        while True:
            try:
                value = client.command("GET", key)
                break
            except harness.RespError as error:
                if error.word not in TRY_AGAIN or time.monotonic() - began > patience:
                    raise AssertionError(f"GET {key}: {error} after {time.monotonic() - began:.1f} s") from error
                self.retries[error.word] += 1
        self.latencies.append(time.monotonic() - began)
        if value != value_of(key):
            self.lost.append(f"{key} (read at {time.strftime('%H:%M:%S')}: {value!r})")


class BackgroundReader:
    """Reads random keys through one node, one after the other, until the block ends."""

    def __init__(self, node, keys, rng):
        self.readings = Readings()
        self._node, self._keys, self._rng = node, keys, rng
        self._over = threading.Event()
        self._fault = None
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        try:
            with self._node.connect() as client:
                while not self._over.is_set():
                    self.readings.read(client, self._rng.choice(self._keys))
        except Exception as error:  # of a thread: handed to the test in __exit__
            self._fault = error

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *_):
        self._over.set()
        self._thread.join()
        if self._fault is not None and kind is None:
            raise self._fault


class RingTestCase(harness.TestCase):
    def start_ring(self, count, host="127.0.0.1", options=("--profile", "lan")):
        """`count` nodes that know the first two, started together; returns when they stand in an ideal ring."""
        nodes = [self.make_node(host=host, options=options) for _ in range(count)]
        for node in nodes:
            node.peers = [peer.address for peer in nodes[:2] if peer is not node]
        self.start_all(nodes)
        self.wait_for_ring(nodes)
        return nodes

    def start_all(self, nodes):
        for node in nodes:
            node.spawn()
        for node in nodes:
            node.wait_answers(60)

    def wait_for_ring(self, nodes, deadline=120):
        """Waits until exactly these nodes form the ideal ring of their ids; returns how long it took."""
        began = time.monotonic()
        with contextlib.suppress(AssertionError):
            harness.wait_until(lambda: not self.ring_faults(nodes), "an ideal ring", deadline, step=0.2)
            return time.monotonic() - began
        self.fail(f"{len(nodes)} nodes are no ideal ring after {deadline} s:\n" + "\n".join(self.ring_faults(nodes)))

    def ring_faults(self, nodes):
        """What is wrong, in sentences, with the ring that the nodes see; empty when it is ideal."""
        faults = []
        states = {}
        for node in nodes:
            try:
                status = node.status()
            except (OSError, harness.RespError) as error:
                return [f"{node.name}: {error!r}"]
            states[status["node"]["id"]] = (node, status)
        order = sorted(states)
        for i, own_id in enumerate(order):
            node, status = states[own_id]
            ring = status["ring"]
            wanted = [order[(i + step) % len(order)] for step in range(1, min(8, len(order) - 1) + 1)]
            seen = [peer["id"] for peer in ring["successors"]]
            before = ring["predecessor"]["id"] if ring["predecessor"] else None

            def names(ids):
                return [states[one][0].name if one in states else f"a stranger {one[:8]!r}" for one in ids]
            if status["state"] != ("ready" if len(order) > 1 else "solo"):
                faults.append(f"{node.name} is {status['state']}")
            if before != (order[i - 1] if len(order) > 1 else None):
                faults.append(f"{node.name}: predecessor {names([before]) if before else None}, not {names([order[i - 1]])}")
            if seen != wanted:
                faults.append(f"{node.name}: successors {names(seen)}, not {names(wanted)}")
        if not faults and len(nodes) > 1:
            with nodes[0].connect() as client:
                client.command("HELLO", "3")
                check = harness.plain(client.command("CHORD.RING", "CHECK"))
            if check["one_ring"] is not True or check["nodes"] != len(nodes):
                faults.append(f"CHORD.RING CHECK of {nodes[0].name}: {check}")
        return faults

    def write_keys(self, nodes, keys):
        """Writes every key with its value, sharing the keys among the nodes; each must be acknowledged at once."""
        for i, node in enumerate(nodes):
            with node.connect() as client:
                for key in keys[i::len(nodes)]:
                    self.assertEqual(client.command("SET", key, value_of(key)), b"OK", key)

    def read_all(self, node, keys, what):
        """Reads every key through `node`; none may be lost."""
        readings = Readings()
        with node.connect() as client:
            for key in keys:
                readings.read(client, key)
        print(f"  {what}: {readings}", flush=True)
        self.assertEqual(readings.lost, [], what)
