"""Bad input of every kind against a real chordd: each gives one clear sentence or a counted drop, never a crash, never lost
data."""

import hashlib
import os
import resource
import shutil
import socket
import subprocess
import unittest
import unittest.mock

import harness
from harness import wait_until, write_file

USAGE, UNAVAILABLE, NO_PERMISSION, NEEDS_OPERATOR = 2, 69, 77, 78


class StartTest(harness.TestCase):
    """Starts that must not happen."""

    def refused(self, code, phrase, *options):
        """chordd ends with `code` and says exactly one sentence, with `phrase` in it."""
        with self.subTest(options=options, phrase=phrase):
            exit_code, out, err = self.run_chordd(*options)
            self.assertEqual((exit_code, out), (code, ""), err)
            self.assertRegex(err, r"\Achordd: [^\n]+[^.\n]\n\Z")
            self.assertIn(phrase, err)

    def options(self, **changes):
        """A command line that would start, with changes; None removes an option."""
        values = {"state_dir": os.path.join(self.directory, "state"), "listen": "127.0.0.1:0",
                  "api": os.path.join(self.directory, "api.sock"), "network_key": self.key_file}
        values.update(changes)
        line = []
        for name, value in values.items():
            if value is not None:
                line += ["--" + name.replace("_", "-"), value]
        return line

    def path(self, name):
        return os.path.join(self.directory, name)


class BadOptions(StartTest):
    def test_command_line(self):
        self.refused(USAGE, "unknown option --colour", "--colour")
        self.refused(USAGE, "'ring' is not an option", "ring")
        self.refused(USAGE, "'-x' is not an option", "-x")
        self.refused(USAGE, "--state-dir needs a value", "--state-dir")
        self.refused(USAGE, "--api is given twice", "--api", "/a", "--api", "/b")
        self.refused(USAGE, "--version takes no value", "--version=1")
        for bad in ("localhost:7400", "127.0.0.1:65536", "127.0.0.1:x", "::1:7400", "[::1", "1.2.3:4", "\x01\n:1", "x" * 9999):
            self.refused(USAGE, "--listen: ", *self.options(listen=bad))
            self.refused(USAGE, "--peer: ", *self.options(peer=bad))
        self.refused(USAGE, "--peer: ", *self.options(peer="127.0.0.1:0"))
        self.refused(USAGE, "--profile: ", *self.options(profile="fast"))
        self.refused(USAGE, "--map-size: ", *self.options(map_size="1T"))
        self.refused(USAGE, "--map-size: ", *self.options(map_size="99999999999999999999"))
        self.refused(USAGE, "--log-level: ", *self.options(log_level="loud"))
        self.refused(USAGE, "--node-name: ", *self.options(node_name="two words"))

    def test_config_file(self):
        config = self.path("chordd.conf")
        for content, phrase in ((b"colour = red\n", ":1: unknown key 'colour'"),
                                (b"\n# fine\nlisten\n", ":3: 'listen' is not of the form key = value"),
                                (b"[attic]\n", ":1: unknown section [attic]"),
                                (b"[ring]\napi = /x\n", ":2: 'api' belongs into [api]"),
                                (b"api = /x\napi = /y\n", ":2: 'api' is set twice"),
                                (b"listen = nowhere\n", ":1: listen: "),
                                (b"map-size = 1\n", ":1: map-size: "),
                                (b"api = /x\x00\x1b[2J\n", ":1: the line holds a control character"),
                                (os.urandom(3) + b"\xff\x00\n", ":1: "),
                                (b"#" * 70000, "larger than")):
            write_file(config, content)
            self.refused(NEEDS_OPERATOR, phrase, "--config", config)
            self.refused(NEEDS_OPERATOR, phrase, "--config", config, "--check-config")
        self.refused(NEEDS_OPERATOR, "there is no config file", "--config", self.path("none"))
        self.refused(NEEDS_OPERATOR, "not a regular file", "--config", self.directory)
        write_file(config, "node-name = good\n")
        os.mkdir(config + ".d")
        write_file(os.path.join(config + ".d", "10-bad.conf"), "colour = red\n")
        self.refused(NEEDS_OPERATOR, "10-bad.conf:1: unknown key", "--config", config)

    def test_check_config(self):
        config = write_file(self.path("chordd.conf"), f"[ring]\nnetwork-key = {self.key_file}\nring-name = farm\n")
        code, out, err = self.run_chordd("--config", config, "--check-config")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("good", out)
        code, out, err = self.run_chordd("--config", config, "--ring-name", "barn", "--dump-config")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("ring-name = barn\n", out)
        self.assertFalse(os.path.exists(self.path("state")))

    def test_help_and_version_need_nothing(self):
        for option, phrase in (("--help", "--network-key FILE"), ("--help", "chordctl join"), ("--version", "chordd ")):
            code, out, err = self.run_chordd(option)
            self.assertEqual((code, err), (0, ""))
            self.assertIn(phrase, out)

    def test_closed_standard_descriptors(self):
        """Without fd 0 to 2 the log must not land in a file of ours."""
        done = subprocess.run(f'exec "{harness.binary("chordd")}" --colour <&- >&- 2>&-', shell=True, check=False,
                              timeout=harness.DEADLINE)
        self.assertEqual(done.returncode, USAGE)


class BadNetworkKey(StartTest):
    def test_key_files(self):
        self.refused(NEEDS_OPERATOR, "there is no network key file", *self.options(network_key=self.path("none")))
        self.refused(NEEDS_OPERATOR, "not a regular file", *self.options(network_key=self.directory))
        os.chmod(self.key_file, 0o644)
        self.refused(NEEDS_OPERATOR, "chmod 0600", *self.options())
        for content in ("", "\n", "0" * 63, "g" * 64, "ab" * 33, "ab" * 5000, os.urandom(32)):
            write_file(self.key_file, content, 0o600)
            self.refused(NEEDS_OPERATOR, "network key file", *self.options())
        write_file(self.key_file, "0" * 64, 0o600)
        self.refused(NEEDS_OPERATOR, "all zeros", *self.options())
        self.assertFalse(os.path.exists(self.path("state")), "a refused start left a state directory behind")


class BadStateDir(StartTest):
    def test_places_that_cannot_be_a_state_directory(self):
        file = write_file(self.path("file"), "precious")
        self.refused(NEEDS_OPERATOR, "is not a directory", *self.options(state_dir=file))
        self.refused(NEEDS_OPERATOR, "does not exist", *self.options(state_dir=self.path("a/b/c")))
        self.assertNotEqual(self.run_chordd(*self.options(state_dir=file + "/below"))[0], 0)
        with open(file) as content:
            self.assertEqual(content.read(), "precious")
        loose = self.path("loose")
        os.mkdir(loose)
        os.chmod(loose, 0o777)
        self.refused(NEEDS_OPERATOR, "can be written to by others", *self.options(state_dir=loose))
        # Not even root makes directories in sysfs.
        self.refused(NO_PERMISSION, "cannot make the state directory", *self.options(state_dir="/sys/chordd-test"))

    def test_read_only_file_system(self):
        os.mkdir(self.path("state"), 0o700)
        script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 99; shift; exec "$@"'
        try:
            done = subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", self.path("state"),
                                   harness.binary("chordd"), *self.options()],
                                  capture_output=True, text=True, timeout=harness.DEADLINE, check=False)
        except FileNotFoundError:
            self.skipTest("no unshare(1)")
        if done.returncode in (1, 99):
            self.skipTest("may not mount here: " + done.stderr.strip())
        self.assertEqual(done.returncode, NO_PERMISSION, done.stderr)
        self.assertRegex(done.stderr, r"\Achordd: cannot write to the state directory [^\n]+\n\Z")

    def test_full_disk(self):
        """A node that is stopped on a full disk starts again: only there can anybody remove what fills it."""
        os.mkdir(self.path("state"), 0o700)
        script = """
            mount -t tmpfs -o size=8m,mode=700 tmpfs "$1" || exit 99
            state=$1 log=$2; shift 2
            cycle() {
                : >"$log"; "$@" 2>"$log" & pid=$!
                until grep -q ready: "$log"; do
                    kill -0 $pid 2>/dev/null || { cat "$log" >&2; exit 3; }
                    sleep 0.1
                done
                kill $pid && wait $pid && cat "$state/initiations" || exit 4
            }
            cycle "$@"
            dd if=/dev/zero of="$state/fill" bs=4k 2>/dev/null && exit 5
            cycle "$@"
            ls -A "$state" >&2
        """
        try:
            done = subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", self.path("state"), self.path("log"),
                                   harness.binary("chordd"), *self.options()],
                                  capture_output=True, timeout=harness.DEADLINE, check=False)
        except FileNotFoundError:
            self.skipTest("no unshare(1)")
        if done.returncode in (1, 99):
            self.skipTest("may not mount here: " + done.stderr.decode())
        self.assertEqual(done.returncode, 0, done.stderr)
        first, second = done.stdout[:24], done.stdout[24:]
        self.assertEqual((first[:8], second[:8], len(second)), (b"chordin1", b"chordin1", 24))
        self.assertLess(first, second)
        self.assertNotIn(b"initiations.new", done.stderr)

    def test_initiations(self):
        node = self.stored()
        path = os.path.join(node.state_dir, "initiations")
        with open(path, "rb") as file:
            good = file.read()
        for content in (b"", good[:12] + bytes([good[12] ^ 1]) + good[13:], os.urandom(24)):
            write_file(path, content, 0o600)
            self.refused_untouched(node, "initiations file")
        os.unlink(path)
        os.unlink(os.path.join(node.state_dir, "static.key"))
        self.assertEqual(node.start().command("GET", "kept"), b"value")  # as the sentence says

    def test_credentials(self):
        """systemd's LoadCredential= in place of the files, with the modes that it makes."""
        node = self.stored()
        lent = self.path("credentials")
        os.mkdir(lent, 0o700)
        for file, name in ((self.key_file, "network-key"), (os.path.join(node.state_dir, "identity"), "identity"),
                           (os.path.join(node.state_dir, "static.key"), "static-key")):
            shutil.copy(file, os.path.join(lent, "chordd." + name))
            os.chmod(os.path.join(lent, "chordd." + name), 0o440)
        for name in ("identity", "static.key"):
            os.unlink(os.path.join(node.state_dir, name))
        with unittest.mock.patch.dict(os.environ, CREDENTIALS_DIRECTORY=lent):
            exit_code, out, err = self.run_chordd("--check-config")
            self.assertEqual((exit_code, out), (0, "chordd: the configuration is good\n"), err)
            self.assertEqual(node.start().command("GET", "kept"), b"value")
            self.assertEqual(node.stop(), 0)
        self.assertFalse({"identity", "static.key"} & set(os.listdir(node.state_dir)))
        self.refused_untouched(node, "holds a store but no identity")

    def stored(self, name="node-0"):
        """A stopped node with a key in its store; its command line refuses to listen anywhere else."""
        node = self.start_node(name)
        self.assertEqual(node.command("SET", "kept", "value"), b"OK")
        self.assertEqual(node.stop(), 0)
        return node

    def contents(self, directory):
        """What must not change: every file but the locks."""
        files = {}
        for name in sorted(os.listdir(directory)):
            path = os.path.join(directory, name)
            if name not in ("lock.mdb", "chordd.lock") and os.path.isfile(path):
                with open(path, "rb") as file:
                    files[name] = hashlib.sha256(file.read()).hexdigest()
        return files

    def refused_untouched(self, node, phrase, **changes):
        before = self.contents(node.state_dir)
        self.refused(NEEDS_OPERATOR, phrase, *self.options(state_dir=node.state_dir, **changes))
        self.assertEqual(self.contents(node.state_dir), before)

    def test_identity(self):
        node = self.stored()
        identity = os.path.join(node.state_dir, "identity")
        with open(identity, "rb") as file:
            good = file.read()
        self.assertEqual(os.stat(identity).st_mode & 0o7777, 0o600)
        os.chmod(identity, 0o640)
        self.refused_untouched(node, "chmod 0600")
        for content in (b"", good[:71], good + b"x", os.urandom(72), b"-----BEGIN PRIVATE KEY-----\n"):
            write_file(identity, content, 0o600)
            self.refused_untouched(node, "identity file")
        write_file(identity, good[:20] + bytes([good[20] ^ 1]) + good[21:], 0o600)
        self.refused_untouched(node, "is damaged")
        os.unlink(identity)
        self.refused_untouched(node, "holds a store but no identity")
        os.mkdir(identity)
        self.refused_untouched(node, "not a regular file")
        os.rmdir(identity)
        write_file(identity, good, 0o600)
        self.assertEqual(node.start().command("GET", "kept"), b"value")

    def test_another_node_and_another_network(self):
        node, other = self.stored("node-a"), self.stored("node-b")
        mine = os.path.join(node.state_dir, "identity")
        shutil.copy2(mine, self.path("identity.backup"))
        shutil.copy2(os.path.join(other.state_dir, "identity"), mine)
        self.refused_untouched(node, "belongs to node")
        shutil.copy2(self.path("identity.backup"), mine)
        other_key = write_file(self.path("other.key"), os.urandom(32).hex(), 0o600)
        self.refused_untouched(node, "belongs to node", network_key=other_key)
        self.assertEqual(node.start().command("GET", "kept"), b"value")

    def test_newer_schema_foreign_and_damaged_stores(self):
        node = self.stored()
        data = os.path.join(node.state_dir, "data.mdb")
        with open(data, "rb") as file:
            good = file.read()

        def schema(number):
            value = number.to_bytes(4, "little")
            return b"store.schema" + value + hashlib.blake2b(b"store.schema" + value, digest_size=32).digest()[:8]

        self.assertIn(schema(1), good)
        write_file(data, good.replace(schema(1), schema(2)), 0o600)
        self.refused_untouched(node, "schema 2")
        for content, what in ((b"", "empty"), (b"not a database\n" * 1000, "foreign"), (bytes(len(good)), "zeros"),
                              (good[:8192], "cut"), (good[:len(good) // 100], "cut")):
            write_file(data, content, 0o600)
            with self.subTest(what=what):
                self.refused_untouched(node, "data.mdb")
        os.unlink(data)
        os.mkdir(data)
        self.refused_untouched(node, "data.mdb")
        os.rmdir(data)
        write_file(data, good, 0o600)
        self.assertEqual(node.start().command("GET", "kept"), b"value")

    def test_two_daemons_on_one_state_directory(self):
        node = self.start_node()
        node.command("SET", "kept", "value")
        self.refused(UNAVAILABLE, "in use", *self.options(state_dir=node.state_dir))
        self.assertEqual(node.command("GET", "kept"), b"value")

    def test_taken_addresses(self):
        node = self.start_node()
        self.refused(UNAVAILABLE, "the UDP address " + node.address, *self.options(listen=node.address))
        self.refused(NEEDS_OPERATOR, "this host has no address 192.0.2.1:7400", *self.options(listen="192.0.2.1:7400"))
        self.refused(UNAVAILABLE, "another process answers on", *self.options(api=node.api))
        self.assertEqual(node.command("PING"), b"PONG")

    def test_api_paths(self):
        file = write_file(self.path("file"), "precious")
        self.refused(NEEDS_OPERATOR, "not a socket", *self.options(api=file))
        self.refused(NEEDS_OPERATOR, "longer than the 107 bytes", *self.options(api=self.path("x" * 120)))
        self.refused(NEEDS_OPERATOR, "does not exist", *self.options(api=self.path("none/api.sock")))
        with open(file) as content:
            self.assertEqual(content.read(), "precious")

    def test_socket_of_a_killed_daemon_is_replaced(self):
        node = self.start_node()
        self.assertEqual(os.stat(node.api).st_mode & 0o7777, 0o660)
        node.command("SET", "kept", "value")
        node.kill()
        self.assertTrue(os.path.exists(node.api))
        self.assertEqual(node.start().command("GET", "kept"), b"value")
        self.assertEqual(node.stop(), 0)
        self.assertFalse(os.path.exists(node.api))


class RunningTest(harness.TestCase):
    """Bad input to a daemon that runs and has to go on."""

    def setUp(self):
        super().setUp()
        self.node = self.start_node()
        self.keys = {f"key-{i}": os.urandom(20 + i) for i in range(50)}
        with self.node.connect() as client:
            for key, value in self.keys.items():
                self.assertEqual(client.command("SET", key, value), b"OK")

    def tearDown(self):
        """After all of it the same process answers and every key is there, now and after a restart."""
        self.assertTrue(self.node.running(), "the daemon died")
        self.check_keys()
        self.assertEqual(self.node.stop(), 0)
        self.node.start()
        self.check_keys()
        super().tearDown()

    def check_keys(self):
        with self.node.connect() as client:
            for key, value in self.keys.items():
                self.assertEqual(client.command("GET", key), value)


class BadResp(RunningTest):
    def reply_to(self, data):
        """The first reply to `data`, which ends a connection or not."""
        with self.node.connect() as client:
            client.socket.sendall(data)
            return client.read_reply()

    def test_garbage(self):
        for data in (b"*-5\r\n*x\r\n", b"*1\r\n!3\r\nabc\r\n", b"*1\r\n$-7\r\n", b"*1\r\n$3x\r\nabc\r\n",
                     b"*99999999999999999999\r\n", b"*1\r\n$4\r\nPINGxx", b"\"unbalanced\r\n", b"*" * 70000):
            with self.subTest(data=data[:40]):
                reply = self.reply_to(data)
                self.assertIsInstance(reply, harness.RespError)
                self.assertEqual(reply.word, "ERR")
        for _ in range(50):
            with self.node.connect() as client:
                try:
                    client.socket.sendall(os.urandom(5000))
                    client.socket.shutdown(socket.SHUT_WR)
                    while client.socket.recv(65536):
                        pass
                except OSError:
                    pass  # closed on us: its right
        self.assertEqual(self.node.command("PING"), b"PONG")

    def test_gigabyte_lengths(self):
        for length in (1 << 30, (1 << 31) - 1, 1 << 40):
            with self.subTest(length=length):
                reply = self.reply_to(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n" % length)
                self.assertIsInstance(reply, harness.RespError)
        with open(f"/proc/{self.node.process.pid}/status") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        if "asan" not in os.environ.get("CHORDD_BIN_DIR", ""):
            self.assertLess(peak, 100_000, "kB of memory")

    def test_values_and_keys_over_their_limits(self):
        with self.node.connect() as client:
            for arguments in (("SET", "k", b"v" * 65537), ("SET", b"k" * 4097, "v"), ("GET", b"k" * 5000)):
                with self.assertRaises(harness.RespError) as caught:
                    client.command(*arguments)
                self.assertEqual(caught.exception.word, "TOOBIG")
            self.assertEqual(client.command("PING"), b"PONG")

    def test_unknown_commands_and_wrong_arity_keep_the_connection(self):
        with self.node.connect() as client:
            for arguments in (("FLUSHALL",), ("GET",), ("SET", "k"), ("EVAL", "x", "0"), ("",), (b"\x00\xff",)):
                with self.assertRaises(harness.RespError) as caught:
                    client.command(*arguments)
                self.assertEqual(caught.exception.word, "ERR")
            self.assertEqual(client.command("PING"), b"PONG")

    def test_half_commands_and_hang_ups(self):
        whole = harness.RespClient.encode("SET", "half", "x" * 100)
        for cut in range(1, len(whole)):
            with self.node.connect() as client:
                client.socket.sendall(whole[:cut])
        self.assertIsNone(self.node.command("GET", "half"))
        for _ in range(200):  # gone before the reply
            with self.node.connect() as client:
                client.send("GET", "key-1")
        self.wait_for_clients(1)

    def wait_for_clients(self, count):
        def clients():
            info = self.node.command("INFO", "clients").decode()
            return f"connected_clients:{count}\r\n" in info
        wait_until(clients, f"{count} clients are left")

    def test_a_thousand_connections(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < 2200:
            self.skipTest(f"only {hard} descriptors allowed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2200), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        clients = []
        try:
            for _ in range(1024):
                clients.append(self.node.connect())
            for client in clients:
                client.send("GET", "key-7")
            for client in clients:
                self.assertEqual(client.read_reply(), self.keys["key-7"])
            with self.node.connect() as one_more:
                reply = one_more.read_reply()
                self.assertEqual(str(reply), "ERR max number of clients reached")
        finally:
            for client in clients:
                client.close()
        def answers():
            try:
                return self.node.command("PING") == b"PONG"
            except harness.RespError:
                return False
        wait_until(answers, "a free place", patient=True)

    def test_a_client_that_never_reads(self):
        """What it asks for is bounded, and the others do not notice."""
        with self.node.connect() as greedy, self.node.connect() as other:
            greedy.socket.setblocking(False)
            request = harness.RespClient.encode("GET", "key-49") * 1000
            sent = 0
            def blocked():
                nonlocal sent
                try:
                    while True:
                        sent += greedy.socket.send(request)
                except BlockingIOError:
                    return not self.readable_by_daemon(greedy.socket, request)
            wait_until(blocked, "the daemon stops reading")
            self.assertLess(sent, 64 << 20)
            self.assertEqual(other.command("GET", "key-1"), self.keys["key-1"])

    @staticmethod
    def readable_by_daemon(stream, request):
        """Whether the daemon took anything within a moment (a poll for room, not a pause in place of a condition)."""
        import select
        return bool(select.select([], [stream], [], 0.5)[1])


class BadDatagrams(RunningTest):
    WIRE_VERSION = 0xC2

    def setUp(self):
        super().setUp()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.2)

    def drops(self, name):
        return self.node.status()["counters"][name]

    def dropped(self, counter, datagrams):
        """Each of the datagrams raises the counter by one, and none is answered."""
        before = self.drops(counter)
        for i, datagram in enumerate(datagrams):
            self.socket.sendto(datagram, ("127.0.0.1", self.node.port))
            if i % 50 == 49:  # never more than the socket's buffer holds
                wait_until(lambda: self.drops(counter) >= before + i + 1, f"{counter} rises")
        wait_until(lambda: self.drops(counter) == before + len(datagrams), f"{counter} rises by {len(datagrams)}")
        with self.assertRaises(TimeoutError, msg="a stranger got an answer"):
            self.socket.recv(2048)

    def test_truncated(self):
        self.dropped("drops_truncated", [bytes([self.WIRE_VERSION]) * size for size in range(0, 32)])

    def test_oversized(self):
        self.dropped("drops_oversized", [bytes([self.WIRE_VERSION]) * size for size in (1473, 1500, 4000, 20000, 65507)])

    def test_wrong_version(self):
        self.dropped("drops_version", [bytes([version]) + os.urandom(99) for version in range(256)
                                       if version != self.WIRE_VERSION])

    def frames(self, kinds, sizes):
        """Heads of these kinds that are well-formed, and noise behind them."""
        opens, unnumbered = (2, 5), (4, 7)
        for size in sizes:
            for kind in kinds:
                receiver = bytes(4) if kind in opens else os.urandom(4)
                number = bytes(8) if kind in unnumbered else bytes(4) + os.urandom(4)
                yield bytes([self.WIRE_VERSION, kind, 0, 0]) + receiver + number + os.urandom(size - 16)

    def test_handshakes_without_the_key(self):
        self.dropped("drops_stranger", list(self.frames((2, 3, 4, 5, 6), range(32, 1399, 37))))

    def test_unknown_sessions(self):
        self.dropped("drops_session", list(self.frames((1,), range(32, 1399, 13))))

    def test_cookies_that_nobody_asked_for(self):
        self.dropped("drops_unexpected", list(self.frames((7,), range(32, 200))))

    def test_frames_of_no_kind(self):
        self.dropped("drops_malformed", [bytes([self.WIRE_VERSION, kind]) + bytes(98) for kind in (0, *range(8, 256))])

    def test_another_networks_node(self):
        """A stranger's real handshakes are dropped by their mac, and both go on alone."""
        stranger_key = write_file(os.path.join(self.directory, "stranger.key"), os.urandom(32).hex(), 0o600)
        stranger = self.make_node("stranger", peers=[self.node])
        stranger.key_file = stranger_key
        before = self.drops("drops_stranger")
        stranger.start()
        wait_until(lambda: self.drops("drops_stranger") > before, "the stranger is counted")
        stranger.wait_for(lambda status: status["state"] == "solo", "gives up joining")
        self.assertEqual(self.node.status()["state"], "solo")
        wait_until(lambda: f"the last from {stranger.address}: another network key?" in self.node.log(), "it is named")
        self.assertIn("alone: none of 1 --peer answers", stranger.status()["notes"][0])
        self.assertIn("alone: none of 1 --peer answers", stranger.log())

    def test_a_flood_of_noise(self):
        for _ in range(20000):
            self.socket.sendto(os.urandom(40), ("127.0.0.1", self.node.port))
        self.assertEqual(self.node.command("PING"), b"PONG")


class Noted(harness.TestCase):
    """What a person must mend is said while the node runs."""

    def test_a_full_store(self):
        node = self.start_node(options=["--profile", "lan", "--map-size", "1M"])
        node.wait_for(lambda status: status["state"] == "solo", "is a ring of one")
        self.assertEqual(node.status()["notes"], [])
        with node.connect() as client:
            with self.assertRaisesRegex(harness.RespError, "FULL"):
                for i in range(5000):
                    client.command("SET", f"key-{i}", b"x" * 1000)
        self.assertRegex(node.status()["notes"][0], "^full: writes are refused")

    def test_a_state_directory_that_is_removed(self):
        node = self.start_node()
        shutil.rmtree(node.state_dir)
        wait_until(lambda: "was removed or replaced under the running node" in node.log(), "the loss is told")
        self.assertEqual(node.command("PING"), b"PONG")


class Signals(harness.TestCase):
    def test_dump_reload_and_end(self):
        import signal
        node = self.make_node(options=["--config", os.path.join(self.directory, "chordd.conf")])
        config = write_file(os.path.join(self.directory, "chordd.conf"), "log-level = notice\n")
        node.start()
        node.signal(signal.SIGUSR1)
        wait_until(lambda: "state: store" in node.log(), "the state is in the log")
        write_file(config, "log-level = loud\n")
        node.signal(signal.SIGHUP)
        wait_until(lambda: "kept the old configuration" in node.log(), "a bad configuration is refused")
        write_file(config, "log-level = debug\n")
        node.signal(signal.SIGHUP)
        wait_until(lambda: "log level is debug" in node.log(), "the log level is read again")
        self.assertEqual(node.command("PING"), b"PONG")
        self.assertEqual(node.stop(), 0)
        self.assertIn("ready: listening on " + node.address, node.log())

    def test_service_manager_is_told(self):
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.settimeout(harness.DEADLINE)
        path = os.path.join(self.directory, "notify")
        manager.bind(path)
        node = self.make_node()
        process = subprocess.Popen(node.arguments(), env={**os.environ, "NOTIFY_SOCKET": path}, stderr=subprocess.DEVNULL)
        node.process = process
        heard = b""
        while b"READY=1" not in heard:
            heard = manager.recv(4096)
        self.assertEqual(node.command("PING"), b"PONG")  # ready means ready
        process.terminate()
        while b"STOPPING=1" not in heard:
            heard = manager.recv(4096)
        self.assertEqual(process.wait(harness.DEADLINE), 0)


if __name__ == "__main__":
    harness.main()
