"""Devices on one switch find each other with no address configured, if they have the same network key, and only then."""

import os
import random
import socket
import struct
import time

import harness
import namespaces
import rings
from harness import wait_until

ETH_P_ALL, ETH_P_IP = 0x0003, 0x0800
BEACON_PORT, NODE_PORT = 7399, 7400
GROUP, GROUP_MAC = "239.255.67.72", bytes.fromhex("01005e7f4348")
BEACON_BYTES = 100
OWN_KEYS = [f"key-{i}" for i in range(20)]


class Eavesdropper:
    """Somebody at the switch: hears the UDP datagrams of IPv4 that are sent to all, and sends under any address."""

    def __init__(self, interface):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.bind((interface, ETH_P_ALL))
        self.socket.setblocking(False)
        self.mac = bytes.fromhex("020000000099")
        self.datagrams = []  # (source, destination, payload)

    def read(self):
        while True:
            try:
                frame, address = self.socket.recvfrom(65535)
            except BlockingIOError:
                return self.datagrams
            if address[2] == socket.PACKET_OUTGOING or frame[12:14] != b"\x08\x00" or frame[23] != socket.IPPROTO_UDP:
                continue
            packet = frame[14:]
            head = (packet[0] & 15) * 4
            ports = struct.unpack_from("!HH", packet, head)
            size = struct.unpack_from("!H", packet, head + 4)[0]
            self.datagrams.append(((socket.inet_ntoa(packet[12:16]), ports[0]),
                                   (socket.inet_ntoa(packet[16:20]), ports[1]), packet[head + 8:head + size]))

    def beacons(self):
        return [datagram for datagram in self.read() if datagram[1] == (GROUP, BEACON_PORT)]

    def send_beacon(self, source, payload):
        udp = struct.pack("!HHHH", BEACON_PORT, BEACON_PORT, 8 + len(payload), 0) + payload
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 1, socket.IPPROTO_UDP, 0,
                           socket.inet_aton(source), socket.inet_aton(GROUP))
        total = sum(struct.unpack("!10H", head))
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        head = head[:10] + struct.pack("!H", ~total & 0xffff) + head[12:]
        self.socket.send(GROUP_MAC + self.mac + struct.pack("!H", ETH_P_IP) + head + udp)


class Discovery(namespaces.LinkTestCase):
    def make_nodes(self, count, addresses=(), **options):
        switch = self.make_switch()
        hosts = [self.make_host(switch, addresses=[address % (i + 1) for address in addresses]) for i in range(count)]
        return [self.make_node_on(host, **options) for host in hosts]

    def start_and_time(self, nodes):
        self.start_all(nodes)
        began = time.monotonic()
        self.wait_for_ring(nodes, 60)
        print(f"  {len(nodes)} nodes are one ring {time.monotonic() - began:.1f} s after the last answered", flush=True)

    def check_data(self, nodes):
        self.write_keys(nodes, OWN_KEYS)
        for node in nodes:
            self.read_all(node, OWN_KEYS, node.name)

    def test_two(self):
        nodes = self.make_nodes(2, ["192.0.2.%d/24"])
        self.start_and_time(nodes)
        self.check_data(nodes)

    def test_five(self):
        nodes = self.make_nodes(5, ["192.0.2.%d/24", "fd00:7400::%d/64"])
        self.start_and_time(nodes)
        self.check_data(nodes)

    def test_one_after_the_other(self):
        """Each has been a ring of its own, and has data of its own."""
        nodes = self.make_nodes(3, ["192.0.2.%d/24"], options=())
        for i, node in enumerate(nodes):
            began = time.monotonic()
            node.start()
            self.wait_for_ring(nodes[:i + 1], 60)
            print(f"  ring of {i + 1} after {time.monotonic() - began:.1f} s", flush=True)
        self.check_data(nodes)

    def test_link_local_only(self):
        """No address at all is configured, by anybody."""
        nodes = self.make_nodes(5)
        self.start_and_time(nodes)
        for node in nodes:
            for peer in node.status()["ring"]["successors"]:
                self.assertTrue(peer["address"].startswith("[fe80::"), peer)
        self.check_data(nodes)

    def test_ipv4_only(self):
        nodes = self.make_nodes(2, ["192.0.2.%d/24"], listen=["0.0.0.0:7400"])
        self.start_and_time(nodes)

    def test_a_cable_that_is_plugged_in_later(self):
        switch = self.make_switch()
        hosts = [self.make_host(switch), self.make_host()]
        nodes = [self.make_node_on(host) for host in hosts]
        for node in nodes:
            node.start()
            node.wait_for(lambda status: status["state"] == "solo", "is alone")
        began = time.monotonic()
        hosts[1].plug_into(switch)
        self.wait_for_ring(nodes, 60)
        print(f"  one ring {time.monotonic() - began:.1f} s after the cable", flush=True)

    def test_another_key_off_and_metered(self):
        """Who must not be found: another network, one that was told not to look, one that pays for its traffic."""
        switch = self.make_switch()
        other_key = harness.write_file(os.path.join(self.directory, "other.key"), os.urandom(32).hex() + "\n", 0o600)
        own = [self.make_node_on(self.make_host(switch, addresses=[f"192.0.2.{i}/24"])) for i in (1, 2)]
        apart = [self.make_node_on(self.make_host(switch, addresses=["192.0.2.3/24"]), key_file=other_key),
                 self.make_node_on(self.make_host(switch, addresses=["192.0.2.4/24"]), options=["--discovery", "off"]),
                 self.make_node_on(self.make_host(switch, addresses=["192.0.2.5/24"]), options=["--profile", "metered"])]
        self.start_all(apart)
        self.start_and_time(own)
        heard = wait_until(lambda: apart[0].status()["counters"]["beacons_dropped"] >= 8 and apart[0].status(),
                           "the other network has heard this one", 60)
        self.assertEqual(heard["counters"]["beacons_heard"], 0)
        for node in apart:
            status = node.wait_for(lambda status: status["state"] == "solo", "is alone")
            self.assertEqual(status["counters"]["rx_datagrams"], 0, node.name)
        for node in apart[1:]:
            self.assertNotIn("beacons_sent", node.status()["counters"], node.name)
        self.assertEqual(self.ring_faults(own), [])

    def test_a_stranger_on_the_switch(self):
        """Beacons show nothing; a thousand of them, recorded, forged, changed, cost one attempt to reach one address."""
        switch = self.make_switch()
        hosts = [self.make_host(switch, addresses=[f"192.0.2.{i}/24"]) for i in (1, 2, 3)]
        victim = "192.0.2.3"  # a host without a daemon
        nodes = [self.make_node_on(host, listen=["0.0.0.0:7400"]) for host in hosts[:2]]
        stranger = Eavesdropper(switch)
        self.addCleanup(stranger.socket.close)
        # The first one is recorded, and gone before the second one starts.
        nodes[0].start()
        wait_until(lambda: len(stranger.beacons()) >= 4, "four beacons", 60)
        secrets = {"id": bytes.fromhex(nodes[0].status()["node"]["id"])[:6], "name": nodes[0].name.encode()}
        with open(self.key_file, "rb") as file:
            secrets["key in hex"] = file.read()[:12]
        secrets["key"] = bytes.fromhex(secrets["key in hex"].decode())
        nodes[0].stop()
        recorded = [payload for _, _, payload in stranger.beacons()]
        for payload in recorded:
            self.assertEqual(len(payload), BEACON_BYTES)
            self.assertEqual([name for name, secret in secrets.items() if secret in payload], [])
        for i, one in enumerate(recorded):
            for other in recorded[:i]:
                self.assertEqual(one[:2], other[:2])
                self.assertLess(sum(a == b for a, b in zip(one[2:], other[2:])), 12)  # by chance: one in 256

        began = time.monotonic()
        nodes[1].start().wait_for(lambda status: status["state"] == "solo", "is alone")
        dice = random.Random(rings.test_seed())

        def changed():
            payload = bytearray(dice.choice(recorded))
            payload[dice.randrange(len(payload))] ^= 1 << dice.randrange(8)
            return bytes(payload)
        deeds = [lambda: ("192.0.2.1", dice.choice(recorded)), lambda: (victim, dice.choice(recorded)),
                 lambda: (victim, changed()), lambda: ("192.0.2.1", changed()),
                 lambda: (victim, os.urandom(BEACON_BYTES))]
        watch = self.watch_host(hosts[0]), self.watch_host(hosts[2])
        before = self.beacon_counters(nodes[1])
        for i in range(1000):
            stranger.send_beacon(*deeds[i % len(deeds)]())
            if i % 100 == 99:  # never more than the sockets' buffers hold
                wait_until(lambda: sum(self.beacon_counters(nodes[1]).values()) - sum(before.values()) >= i,
                           "all are read")
        after = self.beacon_counters(nodes[1])
        for name in ("beacons_dropped", "beacons_limited"):
            self.assertGreater(after[name] - before[name], 20, name)
        self.assertEqual(after["beacons_followed"] - before["beacons_followed"], 1)
        node_sees = wait_until(lambda: nodes[1].status()["counters"]["timeouts"] and nodes[1].status(), "gives it up")
        self.assertLess(time.monotonic() - began, 60, "too slow to tell one attempt a minute from two")
        answers, to_victim = (self.datagrams_at(socket_) for socket_ in watch)
        self.assertEqual(to_victim, 0)
        self.assertGreater(answers, 0)
        self.assertLessEqual(answers, 4)  # one call: first transmission and three more
        self.assertEqual(node_sees["state"], "solo")
        print(f"  1000 beacons, {answers} datagrams to the recorded address, {to_victim} to another", flush=True)

    @staticmethod
    def beacon_counters(node):
        counters = node.status()["counters"]
        return {name: counters[name] for name in ("beacons_dropped", "beacons_limited", "beacons_followed",
                                                  "beacons_heard")}

    def watch_host(self, host):
        """A socket at the node's port of a host without a daemon: what reaches it was sent there by somebody."""
        own = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/proc/{host.holder.pid}/ns/net", os.O_RDONLY)
        try:
            namespaces.switch_namespace(there)
            try:
                watching = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                watching.bind(("0.0.0.0", NODE_PORT))
            finally:
                namespaces.switch_namespace(own)
        finally:
            os.close(own)
            os.close(there)
        watching.setblocking(False)
        self.addCleanup(watching.close)
        return watching

    @staticmethod
    def datagrams_at(watching):
        count = 0
        while True:
            try:
                watching.recv(65535)
                count += 1
            except BlockingIOError:
                return count


if __name__ == "__main__":
    harness.binary("chordd")
    namespaces.need_tools()
    namespaces.enter_namespace()
    harness.main()
