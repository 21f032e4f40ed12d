"""Two network namespaces joined by a link with a rate, a queue, a delay and loss. The kernels that run the tests need no
netem for it: each namespace has a TUN device, and a thread of the test carries the packets from one to the other.

    with userspace_link.UserspaceLink(userspace_link.LinkOptions(rate=100_000)) as link:
        with link.side(1):
            node = self.start_node(host=link.addresses[1])

Invariants
 1. Each direction is a Line of its own; one seed decides which packets get lost.
 2. A packet leaves the queue when all before it have been sent at the rate, whenever the thread gets to run: the times
    are reckoned, and lateness of the thread does not add up.
 3. Nothing stays behind: namespaces and devices end with their descriptors and with what was started in them.
"""

import contextlib
import dataclasses
import fcntl
import heapq
import itertools
import os
import random
import select
import socket
import struct
import sys
import threading
import time

import harness
import network_namespace

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
SIOCSIFADDR, SIOCSIFDSTADDR, SIOCSIFMTU = 0x8916, 0x8918, 0x8922
DEVICE = "slow0"


@dataclasses.dataclass(frozen=True)
class LinkOptions:
    """Of both directions."""
    rate: int = 100_000  # bits a second, IP headers included
    delay: float = 0.1  # seconds, one way, without the queue
    loss: float = 0.02  # share of the packets that are lost behind the queue
    queue_bytes: int = 16_000  # what waits or is being sent; a packet that finds no room is dropped
    mtu: int = 1500
    seed: int = 1


class Line:
    """One direction, as a function of the times at which packets come to it."""

    def __init__(self, options, seed):
        self.options = options
        self.dice = random.Random(seed)
        self.busy_until = 0.0
        self.carried_bytes = self.carried = self.lost = self.overflowed = self.queue_most = 0

    def carry(self, size, now):
        """When a packet of this size that comes now arrives at the other end; None for never."""
        self.busy_until = max(self.busy_until, now)
        queued = (self.busy_until - now) * self.options.rate / 8
        if queued + size > self.options.queue_bytes:
            self.overflowed += 1
            return None
        self.queue_most = max(self.queue_most, round(queued + size))
        self.busy_until += size * 8 / self.options.rate
        self.carried += 1
        self.carried_bytes += size
        if self.dice.random() < self.options.loss:
            self.lost += 1
            return None
        return self.busy_until + self.options.delay

    def __str__(self):
        return (f"{self.carried_bytes} bytes in {self.carried} packets, {self.lost} lost, {self.overflowed} overflowed, "
                f"queue up to {self.queue_most} bytes")


class UserspaceLink:
    """REQUIRES: made once in a process, which stays in the namespace of side 0 afterwards. Ends the test program with 77
    where namespaces or TUN devices are not to be had."""

    addresses = ("10.77.0.1", "10.77.0.2")

    def __init__(self, options):
        self.options = options
        self.lines = tuple(Line(options, options.seed * 2 + side) for side in range(2))  # by the side that sends
        self._namespaces = []
        self._devices = []
        for side in range(2):
            network_namespace.enter_namespace()
            self._namespaces.append(network_namespace.open_namespace())
            self._devices.append(self._open_device(self.addresses[side], self.addresses[1 - side]))
        network_namespace.switch_namespace(self._namespaces[0])
        self._over, self._ends = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._fault = None
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        os.close(self._ends)
        self._thread.join()
        for descriptor in (self._over, *self._devices, *self._namespaces):
            os.close(descriptor)
        if self._fault is not None:
            raise self._fault

    def change(self, options):
        """From now on, for what comes to the link; the dice go on."""
        self.options = options
        for line in self.lines:
            line.options = options

    @contextlib.contextmanager
    def side(self, side):
        """What this thread starts inside of the block stands on that side."""
        network_namespace.switch_namespace(self._namespaces[side])
        try:
            yield
        finally:
            network_namespace.switch_namespace(self._namespaces[0])

    def _open_device(self, own, other):
        try:
            device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
        except OSError as error:
            print(f"skipped: no TUN device: {error}")
            sys.exit(harness.SKIPPED)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            for request, address in ((SIOCSIFADDR, own), (SIOCSIFDSTADDR, other)):
                fcntl.ioctl(control, request, struct.pack("16sHH4s8x", DEVICE.encode(), socket.AF_INET, 0,
                                                          socket.inet_aton(address)))
            fcntl.ioctl(control, SIOCSIFMTU, struct.pack("16si12x", DEVICE.encode(), self.options.mtu))
        network_namespace.bring_up(DEVICE)
        return device

    def _run(self):
        try:
            self._shuttle()
        except Exception as error:  # of a thread: handed on in close()
            self._fault = error

    def _shuttle(self):
        arrivals = []  # (due, number, side that receives, packet)
        numbers = itertools.count()
        poll = select.poll()
        for descriptor in (self._over, *self._devices):
            poll.register(descriptor, select.POLLIN)
        while True:
            patience = None if not arrivals else max(0.0, (arrivals[0][0] - time.monotonic()) * 1000)
            ready = {descriptor for descriptor, _ in poll.poll(patience)}
            if self._over in ready:
                return
            for side, device in enumerate(self._devices):
                if device not in ready:
                    continue
                for packet in self._packets(device):
                    due = self.lines[side].carry(len(packet), time.monotonic())
                    if due is not None:
                        heapq.heappush(arrivals, (due, next(numbers), 1 - side, packet))
            while arrivals and arrivals[0][0] <= time.monotonic():
                _, _, side, packet = heapq.heappop(arrivals)
                os.write(self._devices[side], packet)

    @staticmethod
    def _packets(device):
        with contextlib.suppress(BlockingIOError):
            while True:
                yield os.read(device, 65536)
