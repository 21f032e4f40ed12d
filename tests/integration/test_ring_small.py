#!/usr/bin/env python3
"""Rings of one, two, three and five: what works with how many nodes, what is refused, and how rings find together."""

import shutil
import subprocess
import time
import unittest

import harness
import rings


def outcome(node, *command):
    """The reply of a command, or the error's first word."""
    try:
        return node.command(*command)
    except harness.RespError as error:
        return error.word


class RingOfOne(rings.RingTestCase):
    def test_works_alone(self):
        node = self.start_node()
        self.wait_for_ring([node])
        self.assertEqual(node.command("SET", "a", "1"), b"OK")
        self.assertEqual(node.command("GET", "a"), b"1")
        self.assertIsNone(node.command("GET", "nothing"))
        self.assertEqual(node.command("DEL", "a"), 1)
        self.assertIsNone(node.command("GET", "a"))
        self.assertEqual(node.command("DEL", "a"), 0)

    def test_restarts_alone_with_its_keys(self):
        node = self.start_node()
        self.wait_for_ring([node])
        node.command("SET", "a", "1")
        for end in (node.kill, node.stop):
            end()
            node.start()
            self.wait_for_ring([node])
            self.assertEqual(node.command("GET", "a"), b"1")
            self.assertIsNone(node.command("GET", "nothing"))
            self.assertEqual(node.command("SET", "b", "2"), b"OK")


class RingOfTwo(rings.RingTestCase):
    KEYS = [f"key-{i}" for i in range(40)]

    @staticmethod
    def absent_key_of(owner, node):
        """A key that was never written and that `owner` owns, as `node` sees it."""
        with node.connect() as client:
            client.command("HELLO", "3")
            for i in range(10_000):  # one of the two may own very little
                key = f"nothing-{i}"
                if harness.plain(client.command("CHORD.LOOKUP", key))["owner"]["address"] == owner.address:
                    return key
        raise AssertionError(f"{owner.name} owns next to nothing")

    @staticmethod
    def wait_owner_ready(node):
        """Until the node has said that it holds its arc: before, its neighbour answers as a complete holder, and rightly."""
        node.wait_for(lambda status: status["counters"]["reconciliations"] > 0, "has reconciled its arc")
        before = node.status()["counters"]["stabilizations"]
        node.wait_for(lambda status: status["counters"]["stabilizations"] >= before + 3, "has notified its successor")

    def test_the_one_left_refuses_writes_and_reads_on(self):
        left, killed = self.start_ring(2)
        self.write_keys([left, killed], self.KEYS)
        of_left, of_killed = self.absent_key_of(left, left), self.absent_key_of(killed, left)
        self.wait_owner_ready(killed)
        killed.kill()
        # Until the loss is noticed, a write that the other would own may only time out.
        self.assertIn(outcome(left, "SET", of_killed, "x"), ("NOQUORUM", "TIMEOUT", "TRYAGAIN"))
        self.wait_for_ring([left])
        for key in ("new-1", "new-2", "new-3", "new-4"):
            self.assertEqual(outcome(left, "SET", key, "x"), "NOQUORUM", key)
        self.read_all(left, self.KEYS, "one of two killed")
        # What the owner does not have is not there; what the other owned, the other may have had.
        self.assertIsNone(left.command("GET", of_left))
        self.assertIn(outcome(left, "GET", of_killed), ("TRYAGAIN", "TIMEOUT"))
        self.assertEqual(outcome(left, "DEL", self.KEYS[0]), "NOQUORUM")

        killed.start()
        self.wait_for_ring([left, killed])
        self.read_all(killed, self.KEYS[1:], "both again")
        self.assertIn(killed.command("GET", self.KEYS[0]), (None, rings.value_of(self.KEYS[0])))  # NOQUORUM: either way
        self.write_keys([left, killed], self.KEYS)

    def test_the_one_left_after_a_leave_works_alone(self):
        left, gone = self.start_ring(2)
        self.write_keys([left, gone], self.KEYS)
        self.assertEqual(gone.stop(), 0)
        self.wait_for_ring([left])
        self.read_all(left, self.KEYS, "one of two left")
        self.write_keys([left], [f"new-{i}" for i in range(20)])
        self.assertIsNone(left.command("GET", "nothing"))

        gone.start()
        self.wait_for_ring([left, gone])
        self.read_all(gone, self.KEYS + [f"new-{i}" for i in range(20)], "come back")

    def test_leave_by_command(self):
        left, gone = self.start_ring(2)
        self.write_keys([left, gone], self.KEYS)
        self.assertEqual(gone.command("CHORD.LEAVE"), b"OK")
        self.wait_for_ring([left])
        self.read_all(left, self.KEYS, "one of two left")
        self.write_keys([left], self.KEYS)
        said = "this node has left the ring; restart chordd to rejoin"
        status = gone.status()
        self.assertEqual((status["state"], status["notes"], status["keys"]["owned"]), ("gone", [said], 0))
        self.assertEqual((status["ring"]["predecessor"], status["ring"]["successors"]), (None, []))
        with self.assertRaisesRegex(harness.RespError, "NOTJOINED " + said):
            gone.command("CHORD.RING", "CHECK")
        self.assertIn(said, gone.log())

    def test_both_killed_and_restarted(self):
        nodes = self.start_ring(2)
        self.write_keys(nodes, self.KEYS)
        for node in nodes:
            node.kill()
        self.start_all(nodes)
        self.wait_for_ring(nodes)
        self.read_all(nodes[1], self.KEYS, "both restarted")
        self.write_keys(nodes, self.KEYS)


class RingOfThree(rings.RingTestCase):
    def setUp(self):
        super().setUp()
        self.a, self.b, self.c = self.start_ring(3)

    def test_one_lost(self):
        keys = [f"key-{i}" for i in range(60)]
        self.write_keys([self.a, self.b, self.c], keys)
        self.c.kill()
        self.read_all(self.a, keys, "one of three killed")
        self.wait_for_ring([self.a, self.b])
        self.write_keys([self.a, self.b], [f"new-{i}" for i in range(20)])
        self.b.kill()
        self.wait_for_ring([self.a])
        for key in ("new-a", "new-b", "new-c"):
            self.assertEqual(outcome(self.a, "SET", key, "x"), "NOQUORUM", key)
        self.read_all(self.a, keys + [f"new-{i}" for i in range(20)], "two of three killed")
        self.check_alone_is_said()

    def check_alone_is_said(self):
        """Two of three are dead: status, check and log say so, each where one looks."""
        note = "alone; at least 2 other nodes are missing, writes are refused until one returns"
        self.assertEqual(self.a.status()["notes"], [note])
        with self.a.connect() as client:
            client.command("HELLO", "3")
            self.assertEqual(harness.plain(client.command("CHORD.RING", "CHECK"))["missing"], 2)
        for line in (note, f"{self.b.address} is silent", f"{self.c.address} is silent", "writes refused: too few"):
            harness.wait_until(lambda line=line: line in self.a.log(), f"the log says: {line}")
        self.b.start()
        harness.wait_until(lambda: "neighbour back: " in self.a.log(), "the log says that b is back")

    def test_delete_everywhere(self):
        keys = [f"key-{i}" for i in range(30)]
        self.write_keys([self.a], keys)
        for key in keys:
            self.assertEqual(self.b.command("DEL", key), 1)
        for key in keys:
            self.assertIsNone(self.c.command("GET", key))
        self.b.kill()
        for key in keys:  # the replicas know of the deletions too
            harness.wait_until(lambda key=key: outcome(self.a, "EXISTS", key) not in rings.TRY_AGAIN, f"EXISTS {key}")
            self.assertEqual(self.c.command("EXISTS", key), 0)

    def test_lifetime_everywhere(self):
        keys = [f"key-{i}" for i in range(30)]
        for key in keys:
            self.assertEqual(self.a.command("SET", key, "x", "EX", "1000"), b"OK")
            self.assertEqual(self.b.command("SET", key + "-short", "x", "PX", "1500"), b"OK")
        self.b.kill()
        for node in (self.a, self.c):
            for key in keys:
                self.assertIn(node.command("TTL", key), range(900, 1001))
        harness.wait_until(lambda: all(self.c.command("GET", key + "-short") is None for key in keys), "expiry", 10)
        self.wait_for_ring([self.a, self.c])
        self.a.kill()
        self.a.start()
        self.b.start()
        self.wait_for_ring([self.a, self.b, self.c])
        for node in (self.a, self.b, self.c):
            for key in keys:
                self.assertIn(node.command("TTL", key), range(800, 1011), "after restarts")
        # Node time stands still while a node is down, and goes back by up to 10 s in a crash: what the returning node
        # last saw alive may show once more, and must go by itself.
        harness.wait_until(lambda: all(node.command("GET", key + "-short") is None
                                       for node in (self.a, self.b, self.c) for key in keys), "expiry", 20)

    def test_conditions_through_different_nodes(self):
        for i in range(20):
            key = f"key-{i}"
            self.assertIsNone(self.a.command("SET", key, "1", "XX"))
            self.assertEqual(self.b.command("SET", key, "2", "NX"), b"OK")
            self.assertIsNone(self.c.command("SET", key, "3", "NX"))
            self.assertEqual(self.a.command("GET", key), b"2")
            self.assertEqual(self.c.command("SET", key, "4", "XX"), b"OK")
            self.assertEqual(self.b.command("GET", key), b"4")
            self.assertEqual(self.a.command("DEL", key), 1)
            self.assertIsNone(self.b.command("SET", key, "5", "XX"))
            self.assertEqual(self.c.command("SET", key, "6", "NX"), b"OK")
            self.assertEqual(self.a.command("GET", key), b"6")

    def test_one_of_many_takes_a_lock(self):
        """SET NX sent through all nodes at once: one wins."""
        nodes = (self.a, self.b, self.c)
        for i in range(30):
            clients = [node.connect() for node in nodes]
            for client, node in zip(clients, nodes):
                client.send("SET", f"lock-{i}", node.name, "NX")
            replies = [client.read_reply() for client in clients]
            winners = [node.name for node, reply in zip(nodes, replies) if reply == b"OK"]
            self.assertEqual(len(winners), 1, replies)
            for client in clients:
                self.assertEqual(client.command("GET", f"lock-{i}"), winners[0].encode())
                client.close()

    @unittest.skipUnless(shutil.which("redis-cli"), "redis-cli is not installed")
    def test_redis_cli(self):
        def redis_cli(node, *words):
            done = subprocess.run(["redis-cli", "-s", node.api, *words], stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=harness.DEADLINE, check=True)
            return done.stdout.strip()
        self.assertEqual(redis_cli(self.a, "PING"), "PONG")
        self.assertEqual(redis_cli(self.a, "SET", "greeting", "hello world", "EX", "1000"), "OK")
        self.assertEqual(redis_cli(self.b, "GET", "greeting"), "hello world")
        self.assertEqual(redis_cli(self.c, "-3", "GET", "greeting"), "hello world")
        self.assertEqual(redis_cli(self.c, "MSET", "x", "1", "y", "2"), "OK")
        self.assertEqual(redis_cli(self.a, "MGET", "x", "y", "z"), "1\n2")
        self.assertEqual(redis_cli(self.b, "DEL", "greeting", "x"), "2")
        self.assertIn("redis_version", redis_cli(self.b, "INFO"))

    @unittest.skipUnless(shutil.which("redis-benchmark"), "redis-benchmark is not installed")
    def test_redis_benchmark(self):
        for options in (["-c", "16"], ["-c", "4", "-P", "8"]):
            done = subprocess.run(["redis-benchmark", "-s", self.a.api, "-t", "ping,set,get,mset", "-n", "1000", "-r", "1000",
                                   "-d", "100", "--csv", *options], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=120, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertNotIn("rror", done.stdout + done.stderr)
            for test in ("PING_INLINE", "SET", "GET", "MSET (10 keys)"):
                self.assertIn(f'"{test}"', done.stdout)


class FindingTogether(rings.RingTestCase):
    def test_all_restarted_at_once_without_a_first_node(self):
        nodes = [self.make_node() for _ in range(5)]
        for i, node in enumerate(nodes):
            node.peers = [other.address for other in nodes if other is not node]
        self.start_all(nodes)
        self.wait_for_ring(nodes)
        keys = [f"key-{i}" for i in range(100)]
        self.write_keys(nodes, keys)
        for node in nodes:
            node.kill()
        self.start_all(nodes)
        self.wait_for_ring(nodes)
        self.read_all(nodes[0], keys, "five restarted at once")

    def test_remembered_peers_suffice(self):
        """A restart finds the ring without --peer, and even when all are started again."""
        nodes = self.start_ring(3)
        keys = [f"key-{i}" for i in range(50)]
        self.write_keys(nodes, keys)

        def remembered():
            return all(node.status()["uptime_s"] > 12 for node in nodes)  # peers are written down every 10 s
        harness.wait_until(remembered, "peers remembered", step=0.5)
        for node in nodes:
            node.kill()
            node.peers = []
        self.start_all(nodes)
        self.wait_for_ring(nodes)
        self.read_all(nodes[2], keys, "restarted without --peer")

    def test_dead_seed(self):
        seed = self.make_node()
        node = self.start_node(peers=[seed])
        began = time.monotonic()
        self.wait_for_ring([node])
        print(f"  alone after {time.monotonic() - began:.1f} s", flush=True)
        self.write_keys([node], ["mine-1", "mine-2", "mine-3"])
        seed.start()
        self.wait_for_ring([node, seed])
        self.read_all(seed, ["mine-1", "mine-2", "mine-3"], "merged")

    def merge_with_one(self, count):
        """A ring of `count` and a node alone have both been written to; then that node turns out to be their seed."""
        seed = self.make_node()
        nodes = [self.start_node(peers=[seed])]
        nodes += [self.make_node(peers=nodes[:1]) for _ in range(count - 1)]
        self.start_all(nodes[1:])
        self.wait_for_ring(nodes)
        mine = [f"mine-{i}" for i in range(50)]
        self.write_keys(nodes, mine)
        seed.start()
        theirs = [f"theirs-{i}" for i in range(50)]
        harness.wait_until(lambda: seed.status()["state"] != "joining", "the seed is up")
        self.write_keys([seed], theirs)
        self.wait_for_ring([seed] + nodes)
        self.wait_readable([seed] + nodes, mine + theirs)

    def test_merge_with_data(self):
        self.merge_with_one(2)

    # What a node holds beyond its own arc stays where it is: the new owners, more than R - 1 places away, never ask for it.
    def test_merge_with_data_far_along_the_ring(self):
        self.merge_with_one(6)

    def wait_readable(self, nodes, keys):
        missing = set()

        def all_there():
            missing.clear()
            for node in nodes:
                with node.connect() as client:
                    missing.update(key for key in keys if client.command("GET", key) != rings.value_of(key))
            return not missing
        began = time.monotonic()
        try:
            harness.wait_until(all_there, "all keys of both rings", 15)
        except AssertionError:
            self.fail(f"{len(missing)} of {len(keys)} keys missing long after the merge: {sorted(missing)}")
        print(f"  all keys there {time.monotonic() - began:.1f} s after the rings were one", flush=True)


if __name__ == "__main__":
    harness.main()
