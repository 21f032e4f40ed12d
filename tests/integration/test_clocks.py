"""Devices whose clocks are wrong: in 1970, after 2038, and set back by a year while they were off. They join, serve and
are served, keep what they hold, and lifetimes run as long as they were given.

Needs libfaketime (Debian: faketime); ends with 77 without it. Only the wall clock is faked.
"""

import glob
import os
import sys
import time

import harness
import rings
from harness import wait_until

LIBRARIES = sorted(glob.glob("/usr/lib/*/faketime/libfaketime.so.1"))
KEYS = [f"clock-{i}" for i in range(60)]
YEAR = 365 * 86400


class ClockNode(harness.Node):
    """A node whose wall clock is `off` seconds from the right one."""
    off = 0

    def spawn(self):
        wrong = {"LD_PRELOAD": LIBRARIES[0], "FAKETIME": f"{self.off:+d}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                 "FAKETIME_NO_CACHE": "1"}
        before = {name: os.environ.get(name) for name in wrong}
        os.environ.update(wrong)
        try:
            return super().spawn()
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


class Clocks(rings.RingTestCase):
    def start_ring_of(self, offs):
        nodes = []
        for off in offs:
            node = self.make_node()
            node.__class__ = ClockNode
            node.off = int(off)
            nodes.append(node)
        for node in nodes:
            node.peers = [peer.address for peer in nodes[:2] if peer is not node]
        self.start_all(nodes)
        self.wait_for_ring(nodes)
        return nodes

    def check_log_year(self, node, year):
        ready = [line for line in node.log().splitlines() if "ready: listening" in line]
        self.assertRegex(ready[-1], f"^{year}-", "the clock is not wrong: nothing is tested")

    def all_read_all(self, nodes, what):
        for node in nodes:
            self.read_all(node, KEYS, f"{what}, through {node.name}")

    def test_1970_and_2040_beside_the_right_time(self):
        now = time.time()
        nodes = self.start_ring_of([0, 3600 - now, 2_209_000_000 - now, 0])
        self.check_log_year(nodes[1], 1970)
        self.check_log_year(nodes[2], 2040)
        self.write_keys(nodes, KEYS)
        self.all_read_all(nodes, "clocks 70 years apart")
        # A later write wins, whichever clock its owner has; a lifetime is as long as it was given.
        for node in nodes:
            self.assertEqual(node.command("SET", "last-one", node.name), b"OK")
            for other in nodes:
                self.assertEqual(other.command("GET", "last-one"), node.name.encode())
        for i, node in enumerate(nodes):
            node.command("SET", f"short-{i}", "x", "PX", "1500")
            node.command("SET", f"long-{i}", "x", "EX", "600")
        wait_until(lambda: all(node.command("GET", f"short-{i}") is None for node in nodes for i in range(4)),
                   "the short ones are over")
        for node in nodes:
            for i in range(4):
                self.assertTrue(580 <= node.command("TTL", f"long-{i}") <= 600)

    def test_a_clock_set_back_by_a_year(self):
        nodes = self.start_ring_of([0, 0, 0, 0])
        self.write_keys(nodes, KEYS)
        for off in (-YEAR, 0, 20 * YEAR, -YEAR):
            nodes[1].kill()
            nodes[1].off = off
            nodes[1].start()
            self.wait_for_ring(nodes)
            self.all_read_all(nodes, f"a clock {off / YEAR:+.0f} years off")
            self.write_keys(nodes, KEYS)  # the present versions are from later than its clock
        self.all_read_all(nodes, "written anew")

    def test_all_start_again_in_1970(self):
        nodes = self.start_ring_of([0, 0, 0])
        self.write_keys(nodes, KEYS)
        for node in nodes:
            node.kill()
            node.off = int(60 - time.time())
        self.start_all(nodes)
        self.wait_for_ring(nodes)
        self.check_log_year(nodes[0], 1970)
        self.all_read_all(nodes, "all in 1970")
        self.write_keys(nodes, KEYS)
        self.all_read_all(nodes, "written in 1970")


if __name__ == "__main__":
    if not LIBRARIES:
        print("skipped: no libfaketime")
        sys.exit(harness.SKIPPED)
    harness.main()
