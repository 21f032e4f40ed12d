"""A fleet from its first device on: one by request and file, which the operator lets invite others; the next ones by its
invite; and what is said to those who may not come in."""

import os
import signal
import socket
import subprocess

import fleets
import harness
from harness import wait_until


class FleetOfThree(fleets.FleetTestCase):
    def test_from_the_first_device_on(self):
        first, second, third, fourth = (self.make_node(name) for name in ("first", "second", "third", "fourth"))
        for node in (first, second, third, fourth):
            node.start()
        self.not_admitted(first)

        self.begin_fleet()
        self.join(first, self.admission_file(first))
        self.assertEqual(self.status_of(first)["node"]["name"], "first")
        first.wait_for(lambda status: status["state"] == "solo", "is a ring of one")
        self.assertEqual(first.command("SET", "from", "first"), b"OK")
        self.ctl_fails(2, "was made for another device", "join", self.admission_file(second), node=first)

        # Nobody may invite whom the fleet key does not let.
        self.ctl_fails(77, "does not let this device", "invite", "--node", node=first)
        self.ctl("fleet", "delegate", "first", node=first)
        invite = self.ctl_json("invite", "--node", "--uses", "2", "--tag", "barn", node=first)["invite"]

        self.ctl_fails(1, "in a fleet already", "join", invite, node=first)
        self.ctl_fails(2, "mistyped", "join", invite[:-1] + ("x" if invite[-1] != "x" else "y"), node=second)
        for node in (second, third):
            self.join(node, invite)
            self.no_invite_is_left(node)
        self.wait_for_ring([first, second, third])
        self.write_keys([first, second, third], [f"key-{i}" for i in range(60)])
        for node in (first, second, third):
            self.read_all(node, [f"key-{i}" for i in range(60)], f"through {node.name}")
            self.assertEqual(node.command("GET", "from"), b"first")

        # Used up. It stays outside, and may try another one.
        self.ctl_fails(1, "used up", "join", invite, node=fourth)
        self.not_admitted(fourth)
        self.no_invite_is_left(fourth)
        self.join(fourth, self.ctl_json("invite", "--node", node=first)["invite"])
        ring = [first, second, third, fourth]
        self.wait_for_ring(ring)

        listed = self.ctl("certs", "--all", node=third)
        for node in (first, second, third, fourth):
            self.assertIn(str(self.status_of(node)["node"]["name"]), listed)

        # All of it is on disk: the ledger too.
        for node in ring:
            node.kill()
        self.start_all(ring)
        self.wait_for_ring(ring)
        self.read_all(fourth, [f"key-{i}" for i in range(60)], "after a restart of all")
        fifth = self.start_node("fifth")
        self.ctl_fails(1, "used up", "join", invite, node=fifth)

    def test_an_inviter_that_is_away(self):
        """The device says so in time, goes on trying by itself, and across its own restart."""
        first, second = self.make_node("first"), self.make_node("second")
        self.begin_fleet()
        first.start()
        self.join(first, self.admission_file(first))
        self.ctl("fleet", "delegate", "first", node=first)
        invite = self.ctl_json("invite", "--node", node=first)["invite"]
        first.kill()

        second.start()
        done = self.run_ctl("join", invite, node=second)
        self.assertEqual(done.returncode, 75, done.stdout + done.stderr)
        self.assertIn(f"no node at {first.address} has let this device in yet", done.stderr)
        self.assertEqual(self.status_of(second)["state"], "enrolling")
        second.kill()
        self.assertEqual(os.stat(os.path.join(second.state_dir, "joining", "invite")).st_mode & 0o777, 0o600)
        second.start()
        self.assertEqual(self.status_of(second)["state"], "enrolling")
        first.start()
        self.wait_for_ring([first, second])
        self.no_invite_is_left(second)

    def test_what_an_inviter_does_besides(self):
        """It admits by file without the fleet key, passes a new network key on, and says no where it must."""
        first, second, third, fourth = ring = [self.make_node(name) for name in ("first", "second", "third", "fourth")]
        for node in ring:
            node.start()
        self.begin_fleet()
        self.join(first, self.admission_file(first))
        self.ctl("fleet", "delegate", "first", node=first)
        request = self.ctl("request", node=second)
        with self.assertRaisesRegex(harness.RespError, "BADINPUT .*no request of a device"):
            first.command("CHORD.ADMIT", request[:60])
        admission = first.command("CHORD.ADMIT", request, "NAME", "by-first").decode()
        self.join(second, harness.write_file(os.path.join(self.directory, "second.cert"), admission))
        self.wait_for_ring([first, second])
        self.assertEqual((second.status()["node"]["name"], self.fleet(second)["name"]), ("by-first", "farm"))
        with self.assertRaisesRegex(harness.RespError, "NOPERM .*chordctl fleet delegate"):
            second.command("CHORD.ADMIT", self.ctl("request", node=third))
        with self.assertRaisesRegex(harness.RespError, "REFUSED the certificate is not due before"):
            second.command("CHORD.RENEW")

        # The new network key reaches all, also those who slept meanwhile and come by the old one.
        self.join(third, self.admission_file(third, bootstrap=[first]))
        self.wait_for_ring([first, second, third])
        third.kill()
        self.ctl("fleet", "rotate-key", node=second)
        wait_until(lambda: all(self.fleet(node)["network_keys"] == [2, 1] for node in (first, second)), "key 2 is known")
        third.start()
        wait_until(lambda: self.fleet(third)["network_keys"] == [2, 1], "key 2 is known to the one that slept")
        self.join(fourth, self.admission_file(fourth, bootstrap=[third]))
        self.wait_for_ring(ring)
        for node in ring:
            node.kill()
        self.start_all(ring)
        self.wait_for_ring(ring)
        for node in ring:
            self.assertNotIn("another network key", node.log())

        # Lists that are none.
        own = first.command("CHORD.FLEETLIST", "GET")
        number = self.fleet(first)["list_number"]
        self.assertEqual(first.command("CHORD.FLEETLIST", "SET", own), number)
        for bad in (b"", b"x", own[:-1], own[:30] + bytes([own[30] ^ 1]) + own[31:]):
            with self.assertRaisesRegex(harness.RespError, "BADINPUT the list is damaged"):
                first.command("CHORD.FLEETLIST", "SET", bad)
        with self.assertRaisesRegex(harness.RespError, "BADINPUT the network key is damaged"):
            first.command("CHORD.FLEETKEY", "SET", b"x" * 117)
        self.ctl("revoke", "fourth", node=first)
        with self.assertRaisesRegex(harness.RespError, f"REFUSED the list has number {number}, .* number {number + 1}"):
            first.command("CHORD.FLEETLIST", "SET", own)

    def test_what_the_service_manager_is_told(self):
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.settimeout(harness.DEADLINE)
        path = os.path.join(self.directory, "notify")
        manager.bind(path)
        node = self.make_node("device")
        with open(node.log_path, "ab") as log:
            node.process = subprocess.Popen(node.arguments(), env={**os.environ, "NOTIFY_SOCKET": path}, stderr=log)

        def hear(phrase):
            heard = b""
            while phrase not in heard:
                heard = manager.recv(4096)
        hear(b"READY=1")
        hear(b"STATUS=not admitted: run chordctl join")
        self.begin_fleet()
        self.join(node, self.admission_file(node))
        hear(b"STATUS=listening on " + node.address.encode())
        # One process all the time, which ends as it should.
        self.assertTrue(node.running())
        node.process.terminate()
        hear(b"STOPPING=1")
        self.assertEqual(node.process.wait(harness.DEADLINE), 0)
        self.assertNotIn("BEGIN CHORD", node.log())

    def test_a_waiting_device_ends_on_a_signal(self):
        node = self.start_node("device")
        node.signal(signal.SIGHUP)
        node.signal(signal.SIGUSR1)
        wait_until(lambda: "state: not admitted" in node.log(), "its state is in the log")
        self.assertEqual(node.stop(), 0)

    # ---- What is looked at

    def status_of(self, node):
        return node.status()

    def not_admitted(self, node):
        """A device that waits serves no data, says what to do, and answers nobody."""
        self.assertEqual(node.status()["state"], "unadmitted")
        with self.assertRaisesRegex(harness.RespError, "NOTADMITTED .*chordctl join"):
            node.command("SET", "key", "value")
        self.assertIn("not admitted: run chordctl join", node.log())

    def no_invite_is_left(self, node):
        for directory in ("fleet", "joining"):
            self.assertFalse(os.path.exists(os.path.join(node.state_dir, directory, "invite")))
        wait_until(lambda: not os.path.exists(os.path.join(node.state_dir, "joining")), "nothing is left of joining")


if __name__ == "__main__":
    harness.main()
