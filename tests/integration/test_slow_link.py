"""Values of 64 KiB over 100 kbit/s, 200 ms of round trip and 2 % of loss each way, between real processes (issue 4): what
clients get of the link, and what a background transfer leaves them. CHORDD_TEST_FULL=1 takes more values, and 1 MiB.

Pass or fail goes by shares of the link's own rate, which this test sets; the machine need only keep up with 25 packets a
second. The figures are printed. Needs namespaces and TUN devices; ends with 77 otherwise.
"""

import dataclasses
import os
import random
import statistics
import threading
import time
import unittest

import harness
import rings
import userspace_link

KIB = 1024
GOAL, YIELD_GOAL = 0.80, 0.90  # shares of the link; of what clients get without the background
COUNT = 20 if rings.FULL else 3
SLACK = 0.10  # for the luck of a few values: one lost datagram in a bad place costs a round trip or two
SLOW = userspace_link.LinkOptions(seed=int(os.environ.get("CHORDD_TEST_SEED", "1")))
# Not shorter than the slow one, on which a datagram takes 0.1 s: nodes remember the shortest round trip of ten minutes.
FAST = dataclasses.replace(SLOW, rate=100_000_000, loss=0.0, delay=0.2, queue_bytes=1_000_000)
link = None


def value_of(key, size):
    return random.Random(key).randbytes(size)


class Rate:
    """What came of some calls: values in shares of the link, without and with all that went beside them."""

    def __init__(self, what, size, took, elapsed, carried, at_once):
        per_second = link.options.rate / 8
        self.each = sorted(size / one / per_second for one in took)
        self.median = statistics.median(self.each)
        self.values = size * len(took) / elapsed / per_second
        # Of one client the middle one counts, of several what they get together.
        self.goodput = self.median if at_once == 1 else self.values
        wire = [sent / elapsed / per_second for sent in carried]
        print(f"  {what}: {len(took)} values of {size // KIB} KiB in {elapsed:.1f} s: {100 * self.values:.1f} % of the link; each "
              f"p10 {100 * self.each[len(self.each) // 10]:.1f} %, p50 {100 * self.median:.1f} %; all bytes "
              f"{100 * wire[0]:.1f} % there, {100 * wire[1]:.1f} % back", flush=True)


class SlowLink(rings.RingTestCase):
    def start_over_link(self, sides, options=("--profile", "default")):
        """Nodes on these sides of the link, in an ideal ring."""
        nodes = []
        for side in sides:
            with link.side(side):
                nodes.append(self.make_node(host=link.addresses[side], options=options))
                nodes[-1].side = side
        for node in nodes:
            node.peers = [peer.address for peer in nodes if peer is not node]
            self.spawn(node)
        for node in nodes:
            node.wait_answers(60)
        self.wait_for_ring(nodes)
        return nodes

    @staticmethod
    def spawn(node):
        with link.side(node.side):
            node.spawn()

    def keys_of(self, node, owner, count):
        with node.connect() as client:
            client.command("HELLO", "3")
            keys = []
            for i in range(1000 * count):
                if harness.plain(client.command("CHORD.LOOKUP", f"key-{i}"))["owner"]["address"] == owner.address:
                    keys.append(f"key-{i}")
                    if len(keys) == count:
                        return keys
        self.fail(f"{owner.name} owns next to nothing")

    def transfer(self, what, node, keys, size, at_once, command):
        """`at_once` clients of the node share the keys among them."""
        waiting, took, faults, lock = list(keys), [], [], threading.Lock()

        def work():
            try:
                with node.connect(timeout=600) as client:
                    while True:
                        with lock:
                            if not waiting:
                                return
                            key = waiting.pop(0)
                        began = time.monotonic()
                        command(client, key)
                        took.append(time.monotonic() - began)
            except Exception as error:  # of a thread: handed to the test below
                faults.append(repr(error)[:200])

        carried = [line.carried_bytes for line in link.lines]
        began = time.monotonic()
        clients = [threading.Thread(target=work) for _ in range(at_once)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        elapsed = time.monotonic() - began
        self.assertEqual(faults, [], what)
        return Rate(what, size, took, elapsed, [line.carried_bytes - was for line, was in zip(link.lines, carried)], at_once)

    def write(self, what, node, keys, size, at_once=1):
        def set_one(client, key):
            self.assertEqual(client.command("SET", key, value_of(key, size)), b"OK")
        return self.transfer(what, node, keys, size, at_once, set_one)

    def read(self, what, node, keys, size, at_once=1):
        def get_one(client, key):
            self.assertTrue(client.command("GET", key) == value_of(key, size), f"{key} has another value")
        return self.transfer(what, node, keys, size, at_once, get_one)

    def counters(self, nodes, *names):
        return {name: sum(node.status()["counters"][name] for node in nodes) for name in names}

    def assert_calm(self, nodes, before):
        self.assertEqual(self.counters(nodes, "evictions", "neighbor_changes", "path_faults"), before, "of the ring")
        self.assertEqual(self.ring_faults(nodes), [])

    def fill(self, sides, size, options=("--profile", "default"), count=COUNT):
        """One asker; the keys' owner and all replicas are on the other side, or everybody holds everything in a ring of two."""
        link.change(SLOW)
        ring = self.start_over_link(sides, options)
        asker = ring[0]
        behind = asker.status()["ring"]["successors"][0]["address"]
        owner = next(node for node in ring if node.address == behind)
        keys = self.keys_of(asker, owner, count)
        before = self.counters(ring, "evictions", "neighbor_changes", "path_faults")
        rates = [self.write("SET, one at a time", asker, keys, size), self.read("GET, one at a time", asker, keys, size)]
        if size < 1024 * KIB:
            rates.append(self.read("GET, three at once", asker, keys * (2 if count < 6 else 1), size, at_once=3))
        self.assert_calm(ring, before)
        for line in link.lines:
            print(f"  link so far: {line}")
        return rates

    def test_a_site_behind_the_link(self):
        for rate in self.fill((0, 1, 1, 1), 64 * KIB):
            self.assertGreaterEqual(rate.goodput, GOAL)

    @unittest.skipUnless(rings.FULL, "takes ten minutes: CHORDD_TEST_FULL=1")
    def test_a_site_with_values_of_one_mebibyte(self):
        for rate in self.fill((0, 1, 1, 1), 1024 * KIB, ("--profile", "default", "--max-value", "1M"), count=3):
            self.assertGreaterEqual(rate.goodput, GOAL)

    @unittest.skipUnless(rings.FULL, "takes minutes: CHORDD_TEST_FULL=1")
    def test_a_ring_of_two(self):
        """A SET goes to the owner and, for the quorum of two, back to the asker: it crosses the link twice, in turn."""
        written, read, at_once = self.fill((0, 1), 64 * KIB)
        self.assertGreaterEqual(2 * written.goodput, GOAL)
        self.assertGreaterEqual(read.goodput, GOAL)
        self.assertGreaterEqual(at_once.goodput, GOAL)

    def test_the_background_yields(self):
        """A node comes back without its store and fills it, while its clients read from the other one."""
        link.change(FAST)
        here, there = self.start_over_link((0, 1))
        owned = self.keys_of(there, here, COUNT)
        keys = owned + [f"filling-{i}" for i in range(24)]
        self.write("filled over a fast link", here, keys, 64 * KIB, at_once=8)
        link.change(SLOW)
        self.read("one that finds out about the link", there, owned[:1], 64 * KIB)
        calm = self.read("GET, nothing beside it", there, owned, 64 * KIB)

        there.kill()
        for name in ("data.mdb", "lock.mdb"):
            os.remove(os.path.join(there.state_dir, name))
        self.spawn(there)
        there.wait_answers(60)
        ring = [here, there]
        self.wait_for_ring(ring)
        names = "message_foreground_bytes", "message_background_bytes"
        began = self.counters(ring, *names)
        harness.wait_until(lambda: self.counters(ring, *names)[names[1]] > began[names[1]] + 20_000, "repair has begun")
        before = self.counters(ring, "evictions", "neighbor_changes", "path_faults")
        began = self.counters(ring, *names)
        busy = self.read("GET, repair beside it", there, owned, 64 * KIB)
        ended = self.counters(ring, *names)
        ours, theirs = (ended[name] - began[name] for name in names)
        share = ours / (ours + theirs)
        print(f"  the clients had {100 * share:.1f} % of the bytes of both, and {100 * busy.values / calm.values:.1f} % of "
              f"their rate without repair")
        self.assertGreater(theirs, 0)
        self.assertGreaterEqual(share, YIELD_GOAL)
        self.assertGreaterEqual(busy.values, (YIELD_GOAL - SLACK) * calm.values)
        self.assert_calm(ring, before)

        def repaired():
            return sum(self.counters(ring, "records_pulled", "records_pushed").values())
        already = repaired()
        harness.wait_until(lambda: repaired() > already + 1, "repair goes on when clients are silent", 60)
        self.assert_calm(ring, before)


if __name__ == "__main__":
    harness.binary("chordd")
    with userspace_link.UserspaceLink(SLOW) as link:
        harness.main()
