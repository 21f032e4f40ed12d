"""Network namespaces that a test makes for itself: hosts on switches, without any right on the machine around them.

Not a test. Needs the right to make a network namespace (root, or user namespaces) and iproute2; ends the program with 77
otherwise.
"""

import os
import shutil
import subprocess
import sys

import harness
import rings
from harness import wait_until
from network_namespace import enter_namespace, switch_namespace

def need_tools():
    for tool in ("ip", "unshare", "nsenter"):
        if not shutil.which(tool):
            print(f"skipped: no program {tool}")
            sys.exit(harness.SKIPPED)


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


class Host:
    """A namespace with interfaces eth0, eth1, … on the switches given, each with its link-local address."""

    def __init__(self, name):
        self.name = name
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], stdin=subprocess.DEVNULL)
        self.prefix = ["nsenter", "--target", str(self.holder.pid), "--net"]
        own = os.readlink("/proc/self/ns/net")
        wait_until(lambda: os.readlink(f"/proc/{self.holder.pid}/ns/net") != own, f"a namespace for {name}")
        self.run("ip", "link", "set", "lo", "up")
        # No detection of duplicate addresses: it takes two seconds a link.
        self.run("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad")
        self.links = 0

    def run(self, *command):
        return run(*self.prefix, *command)

    def plug_into(self, switch):
        link, there = f"eth{self.links}", f"{self.name}p{self.links}"
        self.links += 1
        run("ip", "link", "add", there, "type", "veth", "peer", "name", link, "netns", str(self.holder.pid))
        run("ip", "link", "set", there, "master", switch, "up")
        self.run("ip", "link", "set", link, "up")
        return link

    def add(self, address, link="eth0"):
        """An address with its prefix length, usable at once."""
        self.run("ip", "addr", "add", address, "dev", link, *(["nodad"] if ":" in address else []))

    def remove(self, address, link="eth0"):
        self.run("ip", "addr", "del", address, "dev", link)

    def link_local(self, link="eth0"):
        """The link-local address, once it is usable."""
        def usable():
            shown = self.run("ip", "-6", "-o", "addr", "show", "dev", link, "scope", "link")
            return None if "tentative" in shown or "inet6" not in shown else shown.split("inet6 ")[1].split("/")[0]
        return wait_until(usable, f"a link-local address of {self.name}")

    def end(self):
        self.holder.kill()
        self.holder.wait()


class HostNode(harness.Node):
    """A daemon on a host; it listens at `listen`, or as by default."""

    def __init__(self, host, directory, key_file, name, listen=(), options=()):
        super().__init__(directory, key_file, name, "127.0.0.1", options)
        self.on = host
        self.listen = list(listen)

    def arguments(self):
        line = self.on.prefix + [harness.binary("chordd"), "--state-dir", self.state_dir, "--api", self.api,
                                 "--network-key", self.key_file, "--node-name", self.name]
        for address in self.listen:
            line += ["--listen", address]
        for peer in self.peers:
            line += ["--peer", peer]
        return line + self.options


class LinkTestCase(rings.RingTestCase):
    """Tests with hosts on switches of their own."""

    made = 0

    def setUp(self):
        super().setUp()
        self.hosts = []

    def make_switch(self, name="sw0"):
        run("ip", "link", "add", name, "type", "bridge")
        self.addCleanup(run, "ip", "link", "del", name)
        # No flood to members only: the switch has no querier, so it must not snoop.
        run("ip", "link", "set", name, "type", "bridge", "mcast_snooping", "0")
        run("ip", "link", "set", name, "up")
        return name

    def make_host(self, *switches, addresses=()):
        LinkTestCase.made += 1
        host = Host(f"h{LinkTestCase.made}")
        self.addCleanup(host.end)
        self.hosts.append(host)
        for switch in switches:
            host.plug_into(switch)
        for address in addresses:
            host.add(address)
        for link in range(host.links):
            host.link_local(f"eth{link}")
        return host

    def make_node_on(self, host, listen=(), peers=(), options=("--profile", "lan"), key_file=None):
        node = HostNode(host, self.directory, key_file or self.key_file, f"node-{len(self.nodes)}", listen, options)
        node.peers = list(peers)
        self.nodes.append(node)
        return node
