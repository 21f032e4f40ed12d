#!/usr/bin/env python3
"""Nodes with several own addresses: an answer leaves from the one at which the request came, or the asker drops it."""

import contextlib
import socket

import harness
import rings


class SeveralAddresses(rings.RingTestCase):
    def setUp(self):
        super().setUp()
        with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
            try:
                probe.bind(("127.0.1.1", 0))
            except OSError:
                self.skipTest("this host has no 127.0.1.1")

    def check_ring(self, nodes):
        self.wait_for_ring(nodes)
        keys = [f"key-{i}" for i in range(30)]
        self.write_keys(nodes, keys)
        for node in nodes:
            self.read_all(node, keys, node.name)
            self.assertEqual(node.status()["counters"]["drops_unexpected"], 0, node.name)

    def test_two_addresses_seen_from_two_networks(self):
        # The second address of m2 is nearer to m3, which knows m2 by its first one: from m1.
        m1 = self.start_node("m1", host="127.0.0.1")
        m2 = self.make_node("m2", host="127.0.0.2", peers=[m1])
        m2.options += ["--listen", harness.address("127.0.1.1", harness.free_udp_port("127.0.1.1"))]
        m2.start()
        m2.wait_for(lambda status: status["state"] == "ready", "joins")
        self.check_ring([m1, m2, self.start_node("m3", host="127.0.1.5", peers=[m1])])

    def test_a_wildcard_asked_at_another_address(self):
        m1 = self.make_node("m1", host="0.0.0.0")
        m1.start()
        asked = harness.address("127.0.0.9", m1.port)
        self.check_ring([m1, self.start_node("m2", peers=[asked])])


if __name__ == "__main__":
    harness.main()
