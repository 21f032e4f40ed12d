#!/usr/bin/env python3
"""No key is lost when a quarter of a ring is killed one by one, nor when all of the rest goes down and comes back.

By default a smaller ring and fewer kills, so that the whole run stays short. CHORDD_TEST_FULL=1: 32 nodes, 8 kills 5 s
apart. CHORDD_TEST_SEED repeats a run's choices.
"""

import random
import signal
import time

import harness
import rings

NODES, KILLS, KEYS = (32, 8, 1000) if rings.FULL else (12, 3, 1000)
KILL_PERIOD = 5.0  # seconds: the ring must have healed in that time


class RingOf32(rings.RingTestCase):
    def setUp(self):
        super().setUp()
        self.rng = random.Random(rings.test_seed())

    def lose_nodes(self, host):
        """The ring loses KILLS of its nodes to SIGKILL; returns the survivors and the keys, all of them readable."""
        began = time.monotonic()
        nodes = self.start_ring(NODES, host)
        print(f"  {NODES} nodes, an ideal ring {time.monotonic() - began:.1f} s after the start", flush=True)
        keys = [f"key-{i}" for i in range(KEYS)]
        began = time.monotonic()
        self.write_keys(self.rng.sample(nodes, 4), keys)
        print(f"  wrote {KEYS} keys in {time.monotonic() - began:.1f} s", flush=True)

        victims = self.rng.sample(nodes, KILLS)
        survivors = [node for node in nodes if node not in victims]
        with rings.BackgroundReader(self.rng.choice(survivors), keys, self.rng) as reader:
            began = time.monotonic()
            for i, victim in enumerate(victims):
                # The pace is the scenario, not a wait for something.
                time.sleep(max(0.0, began + i * KILL_PERIOD - time.monotonic()))
                victim.kill()
            ended = time.monotonic()
            self.read_all(self.rng.choice(survivors), keys, f"after {KILLS} kills")
            self.wait_for_ring(survivors)
            print(f"  {len(survivors)} left, ideal {time.monotonic() - ended:.1f} s after the last kill", flush=True)
        print(f"  meanwhile: {reader.readings}", flush=True)
        self.assertEqual(reader.readings.lost, [])
        self.read_all(self.rng.choice(survivors), keys, "healed")
        return survivors, keys

    def restart(self, survivors, keys, number):
        for node in survivors:
            node.signal(number)
        for node in survivors:
            node.process.wait(60)
        began = time.monotonic()
        self.start_all(survivors)
        self.read_all(self.rng.choice(survivors), keys, f"at once after {signal.Signals(number).name} to all and restart")
        self.wait_for_ring(survivors)
        print(f"  ideal again {time.monotonic() - began:.1f} s after the restart", flush=True)
        self.read_all(self.rng.choice(survivors), keys, "in the new ring")

    def story(self, host):
        survivors, keys = self.lose_nodes(host)
        self.restart(survivors, keys, signal.SIGKILL)
        self.restart(survivors, keys, signal.SIGTERM)

    def test_ipv4(self):
        self.story("127.0.0.1")

    def test_ipv6(self):
        self.story("::1")


if __name__ == "__main__":
    harness.main()
