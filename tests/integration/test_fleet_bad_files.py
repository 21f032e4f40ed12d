"""What a device of a fleet keeps on disk, damaged in every way: it does not start, says in one sentence which file it is
and what to do, and changes nothing."""

import hashlib
import os
import shutil

import fleets
import harness
from harness import write_file

NEEDS_OPERATOR, UNAVAILABLE = 78, 69
NEEDED = ("fleet", "certificate", "network-keys")
FILES = (*NEEDED, "list", "time")


def content_of(directory):
    """Every file below it, by name."""
    content = {}
    for path, _, names in os.walk(directory):
        for name in names:
            with open(os.path.join(path, name), "rb") as file:
                content[os.path.join(path, name)] = (os.stat(file.name).st_mode, file.read())
    return content


class BadFleetFiles(fleets.FleetTestCase):
    def setUp(self):
        super().setUp()
        self.node = self.make_node("device")
        self.begin_fleet()
        self.admit(self.node)
        self.fleet_dir = os.path.join(self.node.state_dir, "fleet")

    def admit(self, *nodes):
        """They have all files that a member can have, but for the ledger and, at first, the time."""
        for node in nodes:
            node.start()
            self.join(node, self.admission_file(node))
            self.ctl("fleet", "delegate", node.name, node=node)

    def stop_with_time(self, *nodes):
        for node in nodes:
            path = os.path.join(node.state_dir, "fleet", "time")
            harness.wait_until(lambda: os.path.exists(path), f"{node.name}: the time is on disk")
            node.stop()

    def path(self, name):
        return os.path.join(self.fleet_dir, name)

    def refused(self, phrase, path, code=NEEDS_OPERATOR, options=()):
        """The device does not start, names the file, and leaves everything as it is."""
        before = content_of(self.node.state_dir)
        exit_code, out, err = self.run_chordd(*self.node.arguments()[1:], *options)
        self.assertEqual((exit_code, out), (code, ""), err)
        self.assertRegex(err, r"\Achordd: [^\n]+[^.\n]\n\Z")
        self.assertIn(phrase, err)
        self.assertIn(path, err)
        after = content_of(self.node.state_dir)
        self.assertEqual(after.keys() - before.keys(), set())
        for name, (mode, content) in before.items():
            self.assertEqual(after[name], (mode, content), name)

    def with_file(self, name, content, mode=0o600):
        """Puts other content into a file, and its own back afterwards."""
        path = self.path(name)
        with open(path, "rb") as file:
            own = file.read()
        write_file(path, content if content is not None else own, mode)
        self.addCleanup(write_file, path, own, 0o600)
        return path, lambda: write_file(path, own, 0o600)

    def starts(self):
        self.node.start()
        self.node.wait_for(lambda status: status["state"] == "solo", "starts again")
        self.node.stop()

    def test_damage(self):
        self.stop_with_time(self.node)
        for name in FILES:
            with open(self.path(name), "rb") as file:
                own = file.read()
            later = bytearray(own[:-8])
            later[7] = ord("2")
            later += hashlib.blake2b(bytes(later), digest_size=32).digest()[:8]
            flipped = bytearray(own)
            flipped[len(own) // 2] ^= 1
            for content, phrase in ((b"", "was not written by chordd"), (own[:-1], "is damaged"),
                                    (own[:len(own) // 2], "is damaged"), (own + b"x", "is damaged"),
                                    (bytes(flipped), "is damaged"), (bytes(later), "was written by a later chordd"),
                                    (b"# notes of mine\n", "was not written by chordd"),
                                    (os.urandom(len(own)), "was not written by chordd"), (b"x" * 200_000, "is larger than")):
                with self.subTest(file=name, content=content[:40]):
                    path, put_back = self.with_file(name, content)
                    self.refused(phrase, path)
                    put_back()
        self.starts()

    def test_modes(self):
        self.stop_with_time(self.node)
        for name in FILES:
            for mode in (0o640, 0o604, 0o660, 0o666):
                with self.subTest(file=name, mode=oct(mode)):
                    path, put_back = self.with_file(name, None, mode)
                    self.refused(f"run: chmod 0600 {path}", path)
                    put_back()
        os.chmod(self.fleet_dir, 0o770)
        self.refused(f"run: chmod go-w {self.fleet_dir}", self.fleet_dir)
        os.chmod(self.fleet_dir, 0o700)
        self.starts()

    def test_missing(self):
        self.stop_with_time(self.node)
        for name in NEEDED:
            with self.subTest(file=name):
                path = self.path(name)
                os.rename(path, path + ".away")
                self.refused("is missing", path)
                os.rename(path + ".away", path)
        for name in ("list", "time"):  # they come back by themselves
            os.remove(self.path(name))
        self.starts()

    def test_another_devices_and_another_fleets(self):
        other, stranger = self.make_node("other"), self.make_node("stranger")
        self.admit(other)
        shutil.rmtree(self.operator)
        os.mkdir(self.operator, 0o700)
        self.begin_fleet("mill")
        self.admit(stranger)
        self.stop_with_time(self.node, other, stranger)
        with open(os.path.join(other.state_dir, "fleet", "certificate"), "rb") as file:
            path, put_back = self.with_file("certificate", file.read())
        self.refused("is made out for another identity", path)
        put_back()
        for name in ("certificate", "network-keys", "list", "time"):
            with self.subTest(file=name):
                with open(os.path.join(stranger.state_dir, "fleet", name), "rb") as file:
                    path, put_back = self.with_file(name, file.read())
                self.refused("is of another fleet", path)
                put_back()
        self.starts()

    def test_a_network_key_beside_a_fleet(self):
        self.node.stop()
        self.refused("but this device belongs to a fleet", self.fleet_dir, options=("--network-key", self.key_file))
        self.refused("but this device belongs to a fleet", self.fleet_dir,
                     options=("--network-key", self.key_file, "--check-config"))

    def test_a_fleet_that_was_moved_away(self):
        """The store's node is not taken for a device that waits to be admitted."""
        self.node.stop()
        os.rename(self.fleet_dir, self.fleet_dir + ".away")
        self.refused("holds the store of a node, but there is neither its network key", self.node.state_dir)

    def test_two_processes(self):
        """A device that waits has its directory for itself, whichever kind of node comes second."""
        waiting = self.start_node("waiting")
        second = self.make_node("second")
        second.state_dir = waiting.state_dir
        for options in ((), ("--network-key", self.key_file)):
            code, _, err = self.run_chordd(*second.arguments()[1:], *options)
            self.assertEqual(code, UNAVAILABLE, err)
            self.assertIn(f"{waiting.state_dir} is in use by another process", err)

    def test_descriptors_of_an_admission(self):
        """What the device had open while it waited is closed when it is a node: a process that starts as a node has as
        many."""
        def descriptors(node):
            return sorted(os.readlink(f"/proc/{node.process.pid}/fd/{fd}").split(":")[0]
                          for fd in os.listdir(f"/proc/{node.process.pid}/fd"))

        def opened(node):  # when the test's own connection is gone: the UDP socket and the API's are left
            return harness.wait_until(lambda: (found := descriptors(node)).count("socket") == 2 and found,
                                      "no client is left", patient=True)
        device = self.start_node("new")
        self.join(device, self.admission_file(device))
        device.wait_for(lambda status: status["state"] == "solo", "is a ring of one")
        after_admission = opened(device)
        device.stop()
        device.start()
        device.wait_for(lambda status: status["state"] == "solo", "is a ring of one")
        self.assertEqual(after_admission, opened(device))


if __name__ == "__main__":
    harness.main()
