"""Fleets of real chordd processes: devices that are admitted by request and file or by an invite, and the operator who has
the fleet key.

Not a test. The operator is chordctl with a configuration directory of its own.
"""

import json
import os
import subprocess

import harness
import rings
from harness import wait_until, write_file


class FleetTestCase(rings.RingTestCase):
    """Nodes without a network key, and an operator."""

    def setUp(self):
        super().setUp()
        self.operator = os.path.join(self.directory, "operator")
        os.mkdir(self.operator, 0o700)

    def make_node(self, *arguments, **options):
        node = super().make_node(*arguments, **options)
        node.key_file = None
        return node

    def run_ctl(self, *words, node=None, stdin=None, environment=None):
        """chordctl, asking that node; the finished process."""
        line = [harness.binary("chordctl")]
        if node is not None:
            line += ["--socket", node.api]
        return subprocess.run(line + list(words), input=stdin, capture_output=True, text=True, errors="replace",
                              timeout=90, check=False,
                              env={**os.environ, "XDG_CONFIG_HOME": self.operator, **(environment or {})})

    def ctl(self, *words, **options):
        """The same, which must do what it is asked; its output."""
        done = self.run_ctl(*words, **options)
        self.assertEqual(done.returncode, 0, f"chordctl {' '.join(words)}: {done.stderr}")
        return done.stdout

    def ctl_json(self, *words, **options):
        return json.loads(self.ctl("--json", *words, **options))

    def ctl_fails(self, code, phrase, *words, **options):
        done = self.run_ctl(*words, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertIn(phrase, done.stderr)

    def begin_fleet(self, name="farm"):
        self.ctl("fleet", "init", name)

    def admission_file(self, node, *flags, bootstrap=()):
        """The file that admits the (running) device; its path."""
        request = self.ctl("request", "--name", node.name, node=node)
        addresses = ["--bootstrap", ",".join(other.address for other in bootstrap)] if bootstrap else []
        admitted = self.ctl("admit", "-", *addresses, *flags, stdin=request)
        return write_file(os.path.join(self.directory, node.name + ".cert"), admitted, 0o600)

    def join(self, node, invite_or_file):
        """The device enters the fleet and is a node afterwards."""
        self.ctl("join", invite_or_file, node=node)
        self.wait_member(node)

    def wait_member(self, node):
        node.wait_for(lambda status: status["state"] in ("solo", "ready", "joining"), "is a node of its fleet")

    def admit_all(self, nodes, *flags, bootstrap=()):
        for node in nodes:
            node.spawn()
        for node in nodes:
            node.wait_answers(60)
        for node in nodes:
            others = [other for other in bootstrap if other is not node]
            self.ctl("join", self.admission_file(node, *flags, bootstrap=others), node=node)
        for node in nodes:
            self.wait_member(node)

    def fleet(self, node):
        """CHORD.FLEET of the node."""
        with node.connect() as client:
            client.command("HELLO", "3")
            return plain_but_bytes(client.command("CHORD.FLEET"))

    def wait_list(self, nodes, number, deadline=harness.DEADLINE):
        """Until each of them goes by that list."""
        def missing():
            return [node.name for node in nodes if self.fleet(node)["list_number"] < number]
        wait_until(lambda: not missing(), f"list {number} is everywhere", deadline, step=0.1)


def plain_but_bytes(reply):
    """harness.plain, but values that are no text stay bytes."""
    if isinstance(reply, dict):
        return {plain_but_bytes(name): plain_but_bytes(value) for name, value in reply.items()}
    if isinstance(reply, list):
        return [plain_but_bytes(entry) for entry in reply]
    if isinstance(reply, bytes):
        try:
            return reply.decode()
        except UnicodeDecodeError:
            return reply
    return reply
