"""What somebody without the network key sees and gets: nothing. Five nodes on the loopback of a network namespace that
this test makes for itself, a packet capture beside them, and raw sockets that send under any address.

Needs the right to make a network namespace (root, or user namespaces); ends with 77 otherwise.
"""

import hashlib
import os
import random
import socket
import struct

import harness
import namespaces
import rings
from harness import wait_until

ETH_P_IP = 0x0800
PACKET_OUTGOING = 4
WIRE_VERSION = 0xC2
HEAD_BYTES = 16
PACKETS = 10_000
STRANGERS = [("127.66.0.1", 4444), ("127.66.0.2", 53)]


class Capture:
    """Every UDP datagram on the loopback."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
        self.socket.bind(("lo", ETH_P_IP))
        self.socket.setblocking(False)
        self.datagrams = []  # (source, destination, payload)

    def read(self):
        while True:
            try:
                packet, address = self.socket.recvfrom(65535)
            except BlockingIOError:
                return self.datagrams
            if address[2] == PACKET_OUTGOING or packet[9] != socket.IPPROTO_UDP:
                continue
            head = (packet[0] & 15) * 4
            source_port, destination_port = struct.unpack_from("!HH", packet, head)
            self.datagrams.append(((socket.inet_ntoa(packet[12:16]), source_port),
                                   (socket.inet_ntoa(packet[16:20]), destination_port), packet[head + 8:]))

    def to(self, addresses):
        return [datagram for datagram in self.read() if datagram[1] in addresses]


class RawSender:
    """Sends UDP datagrams under any source address."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def send(self, source, destination, payload):
        size = 28 + len(payload)
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, size, 0, 0, 64, socket.IPPROTO_UDP, 0,
                           socket.inet_aton(source[0]), socket.inet_aton(destination[0]))
        udp = struct.pack("!HHHH", source[1], destination[1], 8 + len(payload), 0)  # no checksum: allowed in IPv4
        self.socket.sendto(head + udp + payload, (destination[0], 0))


class Stranger(rings.RingTestCase):
    def setUp(self):
        super().setUp()
        self.capture = Capture()
        self.addCleanup(self.capture.socket.close)
        self.raw = RawSender()
        self.addCleanup(self.raw.socket.close)
        self.random = random.Random(rings.test_seed())
        self.ring = self.start_ring(5)
        self.places = [("127.0.0.1", node.port) for node in self.ring]
        self.keys = [f"an-unmistakable-key-{i}" for i in range(40)]
        self.write_keys(self.ring, self.keys)
        self.read_all(self.ring[3], self.keys, "before")

    def counter(self, node, name):
        return node.status()["counters"][name]

    def test_the_wire_shows_nothing(self):
        ids = [bytes.fromhex(node.status()["node"]["id"]) for node in self.ring]
        secrets = {f"id {one.hex()[:8]}": one[:8] for one in ids}
        for key in self.keys:
            secrets[key] = key.encode()
            secrets["value of " + key] = rings.value_of(key)[:16]
            secrets["point of " + key] = hashlib.blake2b(key.encode(), digest_size=32).digest()[:8]
        with open(self.key_file, "rb") as file:
            secrets["network key in hex"] = file.read()[:16]
        secrets["network key"] = bytes.fromhex(secrets["network key in hex"].decode())
        control = b"....an-unmistakable-key-7...."
        self.raw.send(STRANGERS[0], self.places[0], control)
        wait_until(lambda: any(payload == control for _, _, payload in self.capture.read()), "the capture works")
        seen = [payload for _, _, payload in self.capture.read() if payload != control]
        self.assertGreater(len(seen), 500)
        found = {what for payload in seen for what, secret in secrets.items() if secret in payload}
        self.assertEqual(found, set())
        self.assertTrue(any(secrets[self.keys[7]] in payload for _, _, payload in self.capture.datagrams))
        print(f"  {len(seen)} datagrams, {sum(map(len, seen))} bytes, none of {len(secrets)} secrets in them")

    def test_a_stranger_gets_no_byte(self):
        """Every kind and size, random, captured, captured and changed; from foreign addresses, and from members' own."""
        # Not what was sent to a node before it listened: what never arrived is no repetition (responder.hpp).
        listening = set()
        captured = []
        for source, destination, payload in self.capture.read():
            listening.add(source)
            if destination in listening:
                captured.append((source, destination, payload))
        handshakes = [datagram for datagram in captured if datagram[2][1] != 1]
        self.assertGreater(len(handshakes), 10)
        before = {node.name: node.status()["counters"] for node in self.ring}
        sent = dict.fromkeys(self.places, 0)

        def send(source, destination, payload):
            self.raw.send(source, destination, payload)
            sent[destination] += 1

        def replay(source=None, destination=None, change=False):
            was = self.random.choice(handshakes if self.random.random() < 0.5 else captured)
            payload = bytearray(was[2])
            if change:
                payload[self.random.randrange(1, len(payload))] ^= 1 << self.random.randrange(8)
            send(source or was[0], destination or was[1], bytes(payload))

        def noise():
            size = self.random.choice([0, 1, 15, 16, 31, 32, 33, 72, self.random.randrange(1473)])
            kind = self.random.randrange(9)
            head = bytes([WIRE_VERSION, kind, 0, 0]) if self.random.random() < 0.9 else os.urandom(4)
            send(self.random.choice(STRANGERS), self.random.choice(self.places), (head + os.urandom(1473))[:size])

        for source, destination, payload in handshakes:  # each recording once to everybody, under a foreign address
            for place in self.places:
                send(self.random.choice(STRANGERS), place, payload)
        deeds = [
            noise,
            lambda: replay(source=self.random.choice(STRANGERS)),
            lambda: replay(source=self.random.choice(STRANGERS), destination=self.random.choice(self.places)),
            lambda: replay(source=self.random.choice(STRANGERS), change=True),
            lambda: replay(change=True),  # under a member's address
            replay,
        ]
        while sum(sent.values()) < PACKETS:
            for _ in range(100):
                self.random.choice(deeds)()
            # Never more than the sockets' buffers hold.
            for node, place in zip(self.ring, self.places):
                wait_until(lambda: self.counter(node, "rx_datagrams") >= before[node.name]["rx_datagrams"] + sent[place],
                           f"{node.name} has read all")
        answers = self.capture.to(set(STRANGERS))
        self.assertEqual(len(answers), 0, f"somebody answered a stranger, first {answers[:1]}")
        for node in self.ring:
            counters = node.status()["counters"]
            for name in ("drops_stranger", "drops_session", "drops_replayed", "drops_malformed"):
                self.assertGreater(counters[name], before[node.name][name], f"{node.name}: {name}")
        self.read_all(self.ring[2], self.keys, "after")
        self.assertEqual(self.ring_faults(self.ring), [])
        print(f"  {sum(sent.values())} datagrams, {len(answers)} answers")


if __name__ == "__main__":
    harness.binary("chordd")
    namespaces.enter_namespace()
    harness.main()
