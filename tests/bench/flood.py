#!/usr/bin/env python3
"""What do the clients of a ring notice while somebody sends handshake openings at one of its nodes as fast as he can?

Usage: flood.py [--rate N] [--seconds S] [--kind bogus|recorded|insider]        (README.md in this folder)

Five nodes on the loopback, one client that reads through each of them in turn, first in quiet, then while a process of its
own sends openings at the first node, from as many ports as it has sockets.
  bogus     right in form, made without the network key
  recorded  real openings of the ring's start, again and again
  insider   with a right mac1, as who stole the network key would make them, and nothing behind it
"""

import argparse
import hashlib
import multiprocessing
import os
import random
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import harness  # noqa: E402
import rings  # noqa: E402

WIRE_VERSION, XX_OPEN, IK_OPEN = 0xC2, 2, 5
OPENING_BYTES = {XX_OPEN: 174, IK_OPEN: 250}
SOCKETS = 64
KEYS = [f"key-{i}" for i in range(200)]


def openings(kind, network_key, recorded):
    """Yields datagrams without end."""
    mac_key = hashlib.blake2b(b"chordd wire 2 macs", key=network_key, digest_size=32).digest()
    mac1_key = hashlib.blake2b(b"mac1" + mac_key, digest_size=32).digest()
    dice = random.Random(1)
    while True:
        if kind == "recorded":
            yield dice.choice(recorded)
            continue
        opening = dice.choice(list(OPENING_BYTES))
        head = bytes([WIRE_VERSION, opening, 0, 0]) + bytes(8) + dice.randbytes(4)
        body = head + dice.randbytes(OPENING_BYTES[opening] - 16 - 32)
        mac1 = hashlib.blake2b(body, key=mac1_key, digest_size=16).digest() if kind == "insider" else dice.randbytes(16)
        yield body + mac1 + bytes(16)


def flood(kind, port, network_key, recorded, rate, seconds, sent):
    prepared = [datagram for datagram, _ in zip(openings(kind, network_key, recorded), range(20_000))]
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(SOCKETS)]
    began = time.monotonic()
    count = 0
    while (passed := time.monotonic() - began) < seconds:
        while count < passed * rate:
            sockets[count % SOCKETS].sendto(prepared[count % len(prepared)], ("127.0.0.1", port))
            count += 1
        time.sleep(0.001)
    sent.value = count


class Flood(rings.RingTestCase):
    options = None

    def read_for(self, clients, seconds):
        readings = rings.Readings()
        dice = random.Random(2)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for client in clients:
                readings.read(client, dice.choice(KEYS))
        return readings

    def test_flood(self):
        options = self.options
        ears = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800)) if options.kind == "recorded" else None
        if ears:
            ears.bind(("lo", 0x0800))
            ears.setblocking(False)
        ring = self.start_ring(5)
        recorded = []
        while ears:
            try:
                packet = ears.recv(65535)
            except BlockingIOError:
                break
            to_first = packet[9] == socket.IPPROTO_UDP and int.from_bytes(packet[22:24], "big") == ring[0].port
            if to_first and len(packet) > 60 and packet[28] == WIRE_VERSION and packet[29] in OPENING_BYTES:
                recorded.append(packet[28:])
        if ears and not recorded:
            self.skipTest("nothing was recorded")
        self.write_keys(ring, KEYS)
        with open(self.key_file) as file:
            network_key = bytes.fromhex(file.read().strip())
        clients = [node.connect() for node in ring]
        quiet = self.read_for(clients, options.seconds / 3)
        before = ring[0].status()["counters"]
        sent = multiprocessing.Value("L", 0)
        flooder = multiprocessing.Process(target=flood, args=(options.kind, ring[0].port, network_key, recorded,
                                                              options.rate, options.seconds, sent))
        flooder.start()
        flooded = self.read_for(clients, options.seconds)
        flooder.join()
        after = ring[0].status()["counters"]
        for client in clients:
            client.close()
        print(f"\n{options.kind}: {sent.value} openings in {options.seconds} s")
        print(f"quiet    {quiet}\nflooded  {flooded}")
        print("counters of the node: " + ", ".join(
            f"{name} {after[name] - before[name]}" for name in sorted(after)
            if name.startswith(("drops_", "cookies", "handshakes")) and after[name] != before[name]))
        self.assertEqual(flooded.lost, [])
        self.assertEqual(self.ring_faults(ring), [])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rate", type=int, default=10_000, help="openings a second (default 10000)")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--kind", choices=["bogus", "recorded", "insider"], default="bogus")
    Flood.options = parser.parse_args()
    sys.argv[1:] = []
    harness.main()
