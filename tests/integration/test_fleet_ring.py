#!/usr/bin/env python3
"""Who is out stays out: 32 real devices of one fleet.

One is revoked through another node: within a minute it is in nobody's tables, all data still reads, and it is not back
after all processes have started again, itself too. One slept beyond the end of its certificate: it stays outside
likewise. One whose certificate had the same end was renewed in time by the device that the fleet lets do so, while
clients went on reading and writing through it and through others: none of their operations failed.

The clocks are moved with libfaketime (Debian: faketime); without it the test ends with 77. CHORDD_TEST_SEED repeats a
run's choices.
"""

import glob
import os
import random
import sys
import threading
import time

import fleets
import harness
import rings
from harness import wait_until

LIBRARIES = sorted(glob.glob("/usr/lib/*/faketime/libfaketime.so.1"))
NODES, KEYS = 32, 400
LIFETIME = 7200  # seconds, of the two certificates that end
SKEW = 600       # FleetTime::kSkew
OUT_WITHIN = 60  # seconds
DUE_AFTER = 25   # seconds after the start of all; the time is learnt from the others before
RESIDENT_MAX = 64 * 1024  # KiB, of one daemon; sanitizers need three times as much


class MovedNode(harness.Node):
    """A node whose wall clock is `ahead` seconds in the future."""
    ahead = 0

    def spawn(self):
        if self.ahead == 0:
            return super().spawn()
        moved = {"LD_PRELOAD": LIBRARIES[0], "FAKETIME": f"{self.ahead:+d}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                 "FAKETIME_NO_CACHE": "1"}
        os.environ.update(moved)
        try:
            return super().spawn()
        finally:
            for name in moved:
                os.environ.pop(name)


class Clients:
    """Programs that read and write without a pause, each through its own node, until the block ends. Each operation must
    succeed at the first try."""

    def __init__(self, nodes, keys, rng):
        self.failed = []
        self.operations = 0
        self.worst = 0.0
        self._keys, self._over = keys, threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(node, random.Random(rng.random()))) for node in nodes]

    def _run(self, node, rng):
        try:
            with node.connect() as client:
                client.command("PING")
                while not self._over.is_set():
                    key = rng.choice(self._keys)
                    began = time.monotonic()
                    try:
                        if rng.random() < 0.5:
                            good = client.command("SET", key, rings.value_of(key)) == b"OK"
                        else:
                            good = client.command("GET", key) == rings.value_of(key)
                    except harness.RespError as error:
                        good = error
                    self.operations += 1
                    self.worst = max(self.worst, time.monotonic() - began)
                    if good is not True:
                        self.failed.append(f"{key} through {node.name}: {good!r}")
        except OSError as error:
            self.failed.append(f"{node.name}: {error!r}")

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()


class FleetOf32(fleets.FleetTestCase):
    def setUp(self):
        super().setUp()
        self.rng = random.Random(rings.test_seed())
        self.began = time.monotonic()

    def say(self, what):
        print(f"  {time.monotonic() - self.began:6.1f} s: {what}", flush=True)

    def make_moved_node(self, name):
        node = self.make_node(name)
        node.__class__ = MovedNode
        return node

    def id_of(self, node):
        return node.status()["node"]["id"]

    def tables_with(self, outcast, nodes):
        """The names of the nodes that have the id in one of their tables."""
        having = []
        for node in nodes:
            with node.connect() as client:
                client.command("HELLO", "3")
                ring = harness.plain(client.command("CHORD.STATUS"))["ring"]
                known = [peer["id"] for peer in ring["successors"]]
                known += [ring["predecessor"]["id"]] if ring["predecessor"] else []
                known += [finger["id"] for finger in harness.plain(client.command("CHORD.FINGERS"))]
            if outcast in known:
                having.append(node.name)
        return having

    def walked_by(self, node):
        with node.connect() as client:
            client.command("HELLO", "3")
            return [peer["id"] for peer in harness.plain(client.command("CHORD.RING"))]

    def refused_as(self, nodes, why):
        """How many of them have refused somebody whose certificate is that."""
        return sum(f"the last one because its certificate is {why}" in node.log() for node in nodes)

    def move_clocks(self, nodes, ahead):
        """All processes end at once and start with other clocks."""
        for node in nodes:
            node.ahead = ahead
            if node.running():
                node.kill()
        self.start_all(nodes)

    def stays_out(self, node, outcast, members):
        """It knocks, and is in nobody's tables when they all know what time it is: before, nobody knows who has expired.
        Called when it may have got in for a moment."""
        wait_until(lambda: all(self.fleet(member)["time"] for member in members), "all know the time", OUT_WITHIN, step=0.2)
        wait_until(lambda: not self.tables_with(outcast, members), "it is in nobody's tables", OUT_WITHIN, step=0.2)
        wait_until(lambda: node.status()["state"] in ("solo", "shut_out"), f"{node.name} is alone", step=0.2)
        self.assertGreater(node.status()["traffic"]["tx_datagrams"], 10, "it does not even try")
        self.assertEqual(set(self.walked_by(members[0])), {self.id_of(member) for member in members})

    def test_revoked_expired_renewed(self):
        nodes = [self.make_moved_node(f"node-{i}") for i in range(NODES)]
        desk, revoked, asleep, renewed = nodes[0], nodes[1], nodes[2], nodes[3]
        self.begin_fleet()
        for node in nodes:
            node.spawn()
        for node in nodes:
            node.wait_answers(60)
        admitted_at = time.time()
        for node in nodes:
            lifetime = ["--lifetime", f"{LIFETIME}s"] if node in (asleep, renewed) else []
            bootstrap = [other for other in nodes[4:6] if other is not node]
            self.ctl("join", self.admission_file(node, *lifetime, bootstrap=bootstrap), node=node)
        self.say(f"{NODES} devices admitted")
        self.wait_for_ring(nodes)
        self.say("an ideal ring")
        keys = [f"key-{i}" for i in range(KEYS)]
        self.write_keys(self.rng.sample(nodes, 4), keys)
        self.ctl("fleet", "delegate", desk.name, node=desk)
        self.wait_list(nodes, 1)
        self.say("list 1, which lets one device renew others, is known to all")

        # ---- Revoked
        members = [node for node in nodes if node is not revoked]
        outcast = self.id_of(revoked)
        through = self.rng.choice(members)
        self.assertGreater(len(self.tables_with(outcast, members)), 8, "it is in few tables: nothing is tested")
        revoked_at = time.monotonic()
        self.ctl("revoke", revoked.name, "--reason", "stolen", node=through)
        wait_until(lambda: not self.tables_with(outcast, members), "it is in nobody's tables", OUT_WITHIN, step=0.1)
        out_after = time.monotonic() - revoked_at
        self.wait_list(members, 2)
        self.wait_for_ring(members)
        self.say(f"revoked through {through.name}: out of all tables after {out_after:.1f} s, an ideal ring of "
                 f"{len(members)} after {time.monotonic() - revoked_at:.1f} s")
        self.read_all(self.rng.choice(members), keys, "without the revoked one")

        # ---- Everybody starts again, shortly before a certificate is to be renewed; one device sleeps on.
        sleeper = self.id_of(asleep)
        asleep.kill()
        awake = [node for node in nodes if node not in (asleep, revoked)]
        self.move_clocks([*awake, revoked], int(LIFETIME * 2 / 3 - DUE_AFTER - (time.time() - admitted_at)))
        self.wait_for_ring(awake)
        self.say(f"all started again, an ideal ring of {len(awake)}")
        self.assertEqual(self.tables_with(outcast, awake), [])
        wait_until(lambda: self.refused_as(awake, "revoked") > 0, "it is refused as revoked", 90, step=0.2)
        self.stays_out(revoked, outcast, awake)
        self.say("the revoked one stays out")

        # ---- Renewed
        end = self.fleet(renewed)["certificate"]["not_after"]
        writers = [renewed, renewed, *self.rng.sample([node for node in awake if node is not renewed], 4)]
        with Clients(writers, keys, self.rng) as clients:
            self.assertLess(self.fleet(renewed)["certificate"]["not_after"], end + 1, "it is renewed too early")
            wait_until(lambda: self.fleet(renewed)["certificate"]["not_after"] > end, "the certificate is renewed", 150,
                       step=0.2)
            done = clients.operations
            wait_until(lambda: clients.operations > done + 2000, "the clients went on afterwards")
        self.say(f"renewed during {clients.operations} operations of {len(writers)} clients: {len(clients.failed)} failed, "
                 f"the longest took {clients.worst * 1e3:.0f} ms")
        self.assertEqual(clients.failed, [])

        # ---- Expired
        started_at = time.monotonic()
        self.move_clocks([*awake, asleep, revoked], int(LIFETIME + SKEW + 300 - (time.time() - admitted_at)))
        self.stays_out(asleep, sleeper, awake)
        out_after = time.monotonic() - started_at
        self.wait_for_ring(awake)
        self.stays_out(asleep, sleeper, awake)
        self.assertEqual(self.tables_with(outcast, awake), [])
        self.say(f"all started again after the end of a certificate: whose it was is out of all tables {out_after:.1f} s "
                 f"after the start, and stays out, as does the revoked one; an ideal ring of {len(awake)}")
        self.read_all(renewed, keys, "through the renewed one")
        resident = max(self.resident_kib(node) for node in awake)
        self.say(f"at most {resident} KiB resident a daemon")
        self.assertLess(resident, RESIDENT_MAX)
        for node in nodes:
            node.kill()  # all at once: to leave in order one after the other would take a minute

    def resident_kib(self, node):
        with open(f"/proc/{node.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


if __name__ == "__main__":
    if not LIBRARIES:
        print("skipped: no libfaketime")
        sys.exit(harness.SKIPPED)
    harness.main()
