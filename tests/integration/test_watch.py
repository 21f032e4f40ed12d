#!/usr/bin/env python3
"""Watches of many keys while their owners are killed: in order, nothing twice, every gap told, and at last what stands.

CHORDD_TEST_FULL=1: 10,000 updates of 100 keys and twelve kills, instead of 1,500 of 60 and three. CHORDD_TEST_SEED repeats
a run's choices.
"""

import random
import socket
import threading

import harness
import rings

UPDATES, KEYS, KILLS = (10000, 100, 12) if rings.FULL else (1500, 60, 3)
WRITERS = 4


class Watcher(threading.Thread):
    """Everything that one connection is told, by key: (kind, version, value)."""

    def __init__(self, node, keys):
        super().__init__(daemon=True)
        self.told = {key: [] for key in keys}
        self.fault = None
        self._client = node.connect(timeout=120)
        self._client.command("HELLO", 3)
        for key in keys:
            assert self._client.command("CHORD.WATCH", key) == b"OK"

    def run(self):
        try:
            while True:
                name, key, kind, version, value = self._client.read_reply()
                assert name == b"chord.event"
                self.told[key.decode()].append((kind.decode(), version, value))
        except (OSError, ValueError):
            pass  # the end of the test
        except Exception as error:  # of a thread: looked at by the test
            self.fault = error

    def close(self):
        self._client.socket.shutdown(socket.SHUT_RDWR)
        self.join()
        self._client.close()

    def last(self, key):
        values = [entry for entry in self.told[key] if entry[0] != "resync"]
        return values[-1][2] if values else None


class Writer(threading.Thread):
    """Updates its own keys in turn: the value of update n of a key is b"n"."""

    def __init__(self, node, keys, updates):
        super().__init__()
        self.acknowledged = {key: set() for key in keys}
        self.fault = None
        self.done = 0
        self._node, self._keys, self._updates = node, keys, updates

    def run(self):
        try:
            with self._node.connect(timeout=60) as client:
                for number in range(self._updates):
                    key = self._keys[number % len(self._keys)]
                    try:
                        client.command("SET", key, str(number))
                        self.acknowledged[key].add(number)
                    except harness.RespError as error:
                        assert error.word in rings.TRY_AGAIN, error
                    self.done += 1
        except Exception as error:  # of a thread: looked at by the test
            self.fault = error


class Watch(rings.RingTestCase):
    def check(self, key, told, acknowledged):
        """What one watcher was told of one key."""
        seen, top, after_gap, resyncs = None, b"", False, 0
        for kind, version, value in told:
            if kind == "resync":
                after_gap, resyncs = True, resyncs + 1
                continue
            self.assertEqual(kind, "set", key)
            number = int(value)
            if not after_gap:
                self.assertGreater(version, top, f"{key}: {told}")
                skipped = [n for n in acknowledged if seen is not None and seen < n < number]
                self.assertEqual(skipped, [], f"{key}: skipped without a word: {told}")
            seen, top, after_gap = number, version, False
        return resyncs

    def test_owners_die(self):
        rng = random.Random(rings.test_seed())
        nodes = self.start_ring(5)
        keys = [f"watched-{i}" for i in range(KEYS)]
        watchers = [Watcher(node, keys) for node in nodes[:2]]
        for watcher in watchers:
            watcher.start()
            self.addCleanup(watcher.close)
        # A watch counts from its registration with the owner, which the first event proves.
        first = Writer(nodes[0], keys, len(keys))
        first.run()
        self.assertIsNone(first.fault)
        writers = [Writer(nodes[i % 2], keys[i::WRITERS], UPDATES // WRITERS) for i in range(WRITERS)]
        for writer in writers:
            writer.start()
        for number in range(KILLS):
            share = UPDATES * (number + 1) // (KILLS + 2)
            harness.wait_until(lambda share=share: sum(writer.done for writer in writers) >= share, "updates", 300)
            victim = rng.choice(nodes[2:])
            victim.kill()
            victim.start()
        for writer in writers:
            writer.join(300)
            self.assertIsNone(writer.fault)
        self.wait_for_ring(nodes)
        standing = {}
        with nodes[1].connect() as client:
            for key in keys:
                standing[key] = client.command("GET", key)
        events = resyncs = 0
        for watcher in watchers:
            harness.wait_until(lambda watcher=watcher: all(watcher.last(key) == standing[key] for key in keys),
                               "each watcher to be told what stands", 60)
            self.assertIsNone(watcher.fault)
            for writer in writers:
                for key, acknowledged in writer.acknowledged.items():
                    told = watcher.told[key]
                    resyncs += self.check(key, told[1:] if told and told[0][2] is not None else told, acknowledged)
                    events += len(told)
        total = sum(len(numbers) for writer in writers for numbers in writer.acknowledged.values())
        print(f"  {UPDATES} updates of {KEYS} keys, {total} acknowledged, {KILLS} owners killed: {events} events to "
              f"{len(watchers)} watchers, {resyncs} of them resync", flush=True)


if __name__ == "__main__":
    harness.main()
