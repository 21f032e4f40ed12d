"""Rings over IPv6, over link-local addresses, over both families at once; and nodes that lose one of their addresses.
Without discovery: what one node knows of another, it has from --peer and from its peers."""

import contextlib
import threading
import time
import unittest

import harness
import namespaces
import rings
from harness import wait_until

OFF = ("--discovery", "off", "--profile", "lan")
KEYS = [f"key-{i}" for i in range(40)]


class Writer:
    """Writes fresh keys through one node, one after the other, until the block ends; remembers what was acknowledged."""

    def __init__(self, node, prefix):
        self.acknowledged, self.refused, self.slowest = [], [], 0.0
        self._node, self._prefix = node, prefix
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        with self._node.connect() as client:
            number = 0
            while not self._over.wait(0.01):
                key = f"{self._prefix}-{number}"
                number += 1
                began = time.monotonic()
                try:
                    client.command("SET", key, rings.value_of(key))
                    self.acknowledged.append(key)
                except harness.RespError as error:
                    self.refused.append(error.word)
                self.slowest = max(self.slowest, time.monotonic() - began)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()


class Links(namespaces.LinkTestCase):
    def start_nodes(self, hosts, seeds, listen=()):
        nodes = [self.make_node_on(host, listen=listen, peers=seeds, options=OFF) for host in hosts]
        self.start_all(nodes)
        self.wait_for_ring(nodes, 30)
        return nodes

    def check_data(self, nodes):
        self.write_keys(nodes, KEYS)
        for node in nodes:
            self.read_all(node, KEYS, node.name)

    def addresses_of(self, node, nodes):
        """Where the neighbours of a node know it to be."""
        own = node.status()["node"]["id"]
        seen = set()
        for other in nodes:
            ring = other.status()["ring"]
            for peer in ring["successors"] + [ring["predecessor"]]:
                if peer and peer["id"] == own:
                    seen.add(peer["address"])
        return seen

    def test_ipv6_only(self):
        switch = self.make_switch()
        hosts = [self.make_host(switch, addresses=[f"fd00:7400::{i + 1}/64"]) for i in range(5)]
        nodes = self.start_nodes(hosts, ["[fd00:7400::1]:7400", "[fd00:7400::2]:7400"])
        for node in nodes:
            self.assertEqual(len(self.addresses_of(node, nodes)), 1)
        self.check_data(nodes)

    def test_link_local_only(self):
        switch = self.make_switch()
        hosts = [self.make_host(switch) for _ in range(4)]
        nodes = self.start_nodes(hosts, [f"[{host.link_local()}%eth0]:7400" for host in hosts[:2]])
        for node in nodes:
            self.assertTrue(all(seen.startswith("[fe80::") and "%eth0]" in seen
                                for seen in self.addresses_of(node, nodes)))
        self.check_data(nodes)

    def check_failover(self, gone, kept):
        """All know each other by one family; one node loses that address, under writes."""
        switch = self.make_switch()
        hosts = [self.make_host(switch, addresses=[f"192.0.2.{i + 1}/24", f"fd00:7400::{i + 1}/64"]) for i in range(5)]
        seeds = [gone.port % 1, gone.port % 2]
        nodes = self.start_nodes(hosts, seeds)
        self.write_keys(nodes, KEYS)
        for node in nodes:
            self.assertEqual(len(self.addresses_of(node, nodes)), 1)
        loser, others = nodes[3], nodes[:3] + nodes[4:]
        with Writer(nodes[0], "by-another") as writer, Writer(loser, "by-itself") as own_writer:
            wait_until(lambda: len(writer.acknowledged) > 50 and len(own_writer.acknowledged) > 50, "writes are under way")
            began = time.monotonic()
            hosts[3].remove(gone.address % 4)
            wait_until(lambda: self.addresses_of(loser, others) == {kept.port % 4} and
                       not self.ring_faults(nodes), "found at its other address", 60, step=0.1)
            took = time.monotonic() - began
            count = len(writer.acknowledged), len(own_writer.acknowledged)
            wait_until(lambda: len(writer.acknowledged) > count[0] + 50 and len(own_writer.acknowledged) > count[1] + 50,
                       "writes go on", 60)
        print(f"  known at its other address after {took:.1f} s; slowest write {writer.slowest:.1f} s, refused "
              f"{writer.refused}; its own {own_writer.slowest:.1f} s, refused {own_writer.refused}", flush=True)
        evictions = {node.name: node.status()["counters"]["evictions"] for node in nodes}
        print(f"  evictions {evictions}", flush=True)
        for node in nodes:
            self.read_all(node, KEYS + writer.acknowledged + own_writer.acknowledged, node.name)
        self.assertLess(took, 30)

    def check_honest(self, nodes, unlike):
        """Whatever cannot be reached from somewhere: no answer is wrong, and what was acknowledged is never said to be
        missing. `unlike`: pairs that do not reach each other."""
        bridge = nodes[0]
        acknowledged = []
        for key in KEYS[:12]:
            with contextlib.suppress(harness.RespError):
                self.assertEqual(bridge.command("SET", key, rings.value_of(key)), b"OK")
                acknowledged.append(key)
        print(f"  {len(acknowledged)} of 12 writes acknowledged by {bridge.name}", flush=True)
        self.assertGreater(len(acknowledged), 2)
        answered = 0
        for node in nodes:
            right, refused = 0, []
            with node.connect() as client:
                for key in acknowledged:
                    try:
                        self.assertEqual(client.command("GET", key), rings.value_of(key), f"{node.name}: {key}")
                        right += 1
                    except harness.RespError as error:
                        self.assertIn(error.word, rings.TRY_AGAIN)
                        refused.append(error.word)
            answered += right
            print(f"  {node.name}: {right} right, {len(refused)} refused {sorted(set(refused))}", flush=True)
        self.assertGreater(answered, 0)
        for one, other in unlike:
            self.assertNotEqual(one.status()["state"], "solo", one.name)
            self.assertNotEqual(other.status()["state"], "solo", other.name)

    @unittest.skipUnless(rings.FULL, "CHORDD_TEST_FULL=1 runs it")
    def test_some_have_ipv4_only_and_some_ipv6_only(self):
        """One of three has both. The others are in one ring through it and hold data; of what only the node of the other
        family has they say that it cannot be had, never that it is not there."""
        switch = self.make_switch()
        both = self.make_host(switch, addresses=["192.0.2.1/24", "fd00:7400::1/64"])
        old = self.make_host(switch, addresses=["192.0.2.2/24"])
        new = self.make_host(switch, addresses=["fd00:7400::3/64"])
        seeds = ["192.0.2.1:7400", "[fd00:7400::1]:7400"]
        nodes = [self.make_node_on(both, peers=[], options=OFF),
                 self.make_node_on(old, listen=["0.0.0.0:7400"], peers=seeds[:1], options=OFF),
                 self.make_node_on(new, listen=["[fd00:7400::3]:7400"], peers=seeds[1:], options=OFF)]
        for node in nodes:
            node.start()
        nodes[0].wait_for(lambda status: len(status["ring"]["successors"]) == 2, "knows both", 60)
        self.check_honest(nodes, [(nodes[1], nodes[2])])

    @unittest.skipUnless(rings.FULL, "CHORDD_TEST_FULL=1 runs it")
    def test_two_links(self):
        """Link-local addresses only, and the one in the middle has two links: each address keeps to its own."""
        switches = [self.make_switch("sw0"), self.make_switch("sw1")]
        middle = self.make_host(*switches)
        ends = [self.make_host(switch) for switch in switches]
        seeds = [f"[{middle.link_local(link)}%eth0]:7400" for link in ("eth0", "eth1")]
        nodes = [self.make_node_on(middle, peers=[], options=OFF)]
        nodes += [self.make_node_on(end, peers=[seed], options=OFF) for end, seed in zip(ends, seeds)]
        for node in nodes:
            node.start()
        ids = [node.status()["node"]["id"] for node in nodes]
        nodes[0].wait_for(lambda status: len(status["ring"]["successors"]) == 2, "knows both", 60)
        for end, other in ((1, 2), (2, 1)):
            ring = nodes[end].status()["ring"]
            for peer in ring["successors"] + [ring["predecessor"]]:
                if peer and peer["id"] == ids[other]:
                    self.assertNotIn("%", peer["address"], "an address of another link was taken for one of this")
        self.check_honest(nodes, [(nodes[1], nodes[2])])

    def test_ipv4_goes_away(self):
        self.check_failover(V4, V6)

    @unittest.skipUnless(rings.FULL, "CHORDD_TEST_FULL=1 runs it")
    def test_ipv6_goes_away(self):
        self.check_failover(V6, V4)


class Family:
    def __init__(self, address, port):
        self.address, self.port = address, port


V4 = Family("192.0.2.%d/24", "192.0.2.%d:7400")
V6 = Family("fd00:7400::%d/64", "[fd00:7400::%d]:7400")


if __name__ == "__main__":
    harness.binary("chordd")
    namespaces.need_tools()
    namespaces.enter_namespace()
    harness.main()
