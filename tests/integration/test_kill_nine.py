#!/usr/bin/env python3
"""kill -9 of a node under a write load: whatever it acknowledged is there after its restart, with the right value.

CHORDD_TEST_ROUNDS chooses how many times (default 5); CHORDD_TEST_SEED repeats a run's choices.
"""

import os
import random
import threading
import time

import harness
import rings

ROUNDS = int(os.environ.get("CHORDD_TEST_ROUNDS", "5"))
CLIENTS = 16
DEPTHS = (1, 1, 1, 8)  # commands in flight of a client, in turn: most wait for each answer, some do not


class Writer(threading.Thread):
    """One client: writes keys that nobody else writes, until the connection breaks."""

    def __init__(self, node, prefix, depth):
        super().__init__()
        self.acknowledged = []
        self.unknown = []      # sent, and nothing heard
        self.refused = []      # (key, error)
        self.fault = None
        self._client = node.connect()
        self._prefix = prefix
        self._depth = depth

    def run(self):
        number = 0
        try:
            while True:
                while len(self.unknown) < self._depth:
                    key = f"{self._prefix}-{number}"
                    number += 1
                    self.unknown.append(key)
                    self._client.send("SET", key, rings.value_of(key))
                reply = self._client.read_reply()
                key = self.unknown.pop(0)
                if reply == b"OK":
                    self.acknowledged.append(key)
                else:
                    self.refused.append((key, reply))
        except OSError:
            pass  # the kill
        except Exception as error:  # of a thread: looked at by the test
            self.fault = error
        finally:
            self._client.close()


class KillNine(rings.RingTestCase):
    def setUp(self):
        super().setUp()
        self.rng = random.Random(rings.test_seed())

    def round(self, number, victim):
        """Loads the node, kills it, starts it again; returns what its clients heard."""
        writers = [Writer(victim, f"{number}-{i}", DEPTHS[i % len(DEPTHS)]) for i in range(CLIENTS)]
        for writer in writers:
            writer.start()
        wanted = self.rng.randrange(1, 400)  # acknowledgements, counted over all clients
        harness.wait_until(lambda: sum(len(writer.acknowledged) for writer in writers) >= wanted,
                           f"{wanted} acknowledged writes", step=0.001)
        victim.kill()
        for writer in writers:
            writer.join(harness.DEADLINE)
            self.assertIsNone(writer.fault)
        victim.start()
        return writers

    def check(self, writers, readers, readings):
        """Reads all that was acknowledged through each of `readers`. What was sent and never answered may be there or
        not, but never with a wrong value."""
        for node in readers:
            with node.connect() as client:
                for writer in writers:
                    for key in writer.acknowledged:
                        readings.read(client, key)
                    for key in writer.unknown:
                        self.assertIn(self.read_unknown(client, key), (None, rings.value_of(key)), key)
        self.assertEqual(readings.lost, [])

    @staticmethod
    def read_unknown(client, key):
        def read():
            try:
                return [client.command("GET", key)]
            except harness.RespError as error:
                if error.word not in rings.TRY_AGAIN:
                    raise
                return None
        return harness.wait_until(read, f"an answer to GET {key}")[0]

    def run_rounds(self, nodes):
        readings = rings.Readings()
        acknowledged, unknown, refused = [], 0, []
        began = time.monotonic()
        for number in range(ROUNDS):
            victim = self.rng.choice(nodes)
            writers = self.round(number, victim)
            others = [node for node in nodes if node is not victim]
            self.check(writers, [victim] + ([self.rng.choice(others)] if others else []), readings)
            acknowledged += [key for writer in writers for key in writer.acknowledged]
            unknown += sum(len(writer.unknown) for writer in writers)
            refused += [entry for writer in writers for entry in writer.refused]
        print(f"  {ROUNDS} rounds in {time.monotonic() - began:.0f} s: {len(acknowledged)} writes acknowledged, {unknown} "
              f"never answered, {len(refused)} refused {sorted({str(error) for _, error in refused})}", flush=True)
        print(f"  {readings}", flush=True)
        self.wait_for_ring(nodes)
        self.read_all(self.rng.choice(nodes), acknowledged, "all rounds together, in the ideal ring")

    def test_ring_of_five(self):
        self.run_rounds(self.start_ring(5))

    def test_alone(self):
        self.run_rounds([self.start_node()])


if __name__ == "__main__":
    harness.main()
