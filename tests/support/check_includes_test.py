#!/usr/bin/env python3
"""A check that cannot fail is a defect: each rule of check_includes.py is broken once here, in a tree of its own."""
import pathlib
import tempfile
import unittest

import check_includes

HEAD = "// What it is.\n#pragma once\n"
TREE = {
    "node/core/base/id.hpp": HEAD,
    "net/address.hpp": HEAD,
    "net/rpc.hpp": HEAD,
    "storage/memory.hpp": HEAD,
    "node/engine/engine.hpp": HEAD,
    "node/api/resp_reply.hpp": HEAD,
    "node/api/commands.hpp": HEAD,
    "node/daemon/loop.hpp": HEAD,
    "node/cli/verbs.hpp": HEAD,
}

# file, its content, the line of the one finding
BAD = (
    ("node/core/a.cpp", '#include "net/rpc.hpp"\n', 1),
    ("node/core/a.cpp", '#include <array>\n#include "storage/memory.hpp"\n', 2),
    ("node/core/a.cpp", '  #  include "node/engine/engine.hpp"\n', 1),
    ("node/core/a.cpp", '#include "base/id.hpp"\n', 1),
    ("node/core/a.cpp", '#include "node/core/../../net/rpc.hpp"\n', 1),
    ("node/core/a.cpp", '#include "node/core/absent.hpp"\n', 1),
    ("node/core/a.cpp", "#include <sodium.h>\n", 1),
    ("node/core/a.cpp", "#include <thread>\n", 1),
    ("node/core/a.cpp", "#include <unistd.h>\n", 1),
    ("node/core/a.cpp", "#include <sys/socket.h>\n", 1),
    ("node/core/a.cpp", "#include <asio.hpp>\n", 1),
    ("node/core/base/hash.cpp", "#include <lmdb.h>\n", 1),
    ("node/core/a.cpp", "auto t = std::chrono::steady_clock::now();\n", 1),
    ("node/core/a.cpp", "// no clock\nauto t = time(nullptr);\n", 2),
    ("node/core/a.cpp", "std::random_device device;\n", 1),
    ("node/core/a.cpp", "int roll = rand();\n", 1),
    ("node/core/a.cpp", "std::thread worker;\n", 1),
    ("node/engine/a.cpp", "using Clock = std::chrono::system_clock;\n", 1),
    ("node/engine/a.cpp", '#include "node/api/commands.hpp"\n', 1),
    ("node/api/a.cpp", '#include "node/engine/engine.hpp"\n', 1),
    ("net/a.cpp", '#include "storage/memory.hpp"\n', 1),
    ("net/a.cpp", '#include "node/engine/engine.hpp"\n', 1),
    ("net/a.cpp", "#include <asio/ip/udp.hpp>\n", 1),
    ("net/a.cpp", "#include <lmdb.h>\n", 1),
    ("storage/a.cpp", '#include "net/rpc.hpp"\n', 1),
    ("node/engine/a.cpp", '#include "node/daemon/loop.hpp"\n', 1),
    ("node/daemon/a.cpp", '#include "node/cli/verbs.hpp"\n', 1),
    ("node/daemon/a.cpp", "#include <doctest/doctest.h>\n", 1),
    ("node/cli/a.cpp", '#include "net/rpc.hpp"\n', 1),
    ("node/cli/a.cpp", '#include "node/api/commands.hpp"\n', 1),
    ("node/cli/a.cpp", '#include "node/engine/engine.hpp"\n', 1),
    ("node/other/a.cpp", "int x;\n", 1),
    ("node/core/a.cpp", "int x;\n\nint " + "y" * 120 + ";\n", 3),
    ("tests/unit/a_test.cpp", "int " + "y" * 120 + ";\n", 1),
    ("net/a.cpp", "int x; \n", 1),
    ("net/a.cpp", "\tint x;\n", 1),
    ("net/a.hpp", "// What it is.\nint x;\n", 1),
    ("net/a.hpp", "#pragma once\n", 1),
)

GOOD = (
    ("node/core/a.cpp", '#include "node/core/base/id.hpp"\n#include <chrono>\n// rand() and "net/rpc.hpp"\n'),
    ("node/core/a.cpp", 'auto text = "std::thread and steady_clock";  /* time(nullptr)\n rand() */ int operand(int);\n'),
    ("node/core/base/hash.cpp", "#include <sodium.h>\n"),
    ("net/udp_transport.cpp", '#include <asio/ip/udp.hpp>\n#include "node/core/base/id.hpp"\n'),
    ("storage/lmdb_store.cpp", '#include <lmdb.h>\n#include <thread>\nstd::thread worker;\n'),
    ("node/cli/a.cpp", '#include "node/api/resp_reply.hpp"\n#include "net/address.hpp"\n#include <asio.hpp>\n'),
    ("node/daemon/a.cpp", '#include "node/engine/engine.hpp"\nauto t = std::chrono::steady_clock::now();\n'),
    ("tests/unit/a_test.cpp", "#include <doctest/doctest.h>\n#include <thread>\n"),
    ("net/a.cpp", "// " + "ü" * 117 + "\n"),
)


def findings_with(path, text):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, content in {**TREE, path: text}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content, encoding="utf-8")
        return check_includes.check(root)


class CheckIncludes(unittest.TestCase):
    def test_each_broken_rule_is_found_at_its_line(self):
        for path, text, line in BAD:
            with self.subTest(path=path, text=text):
                findings, _ = findings_with(path, text)
                self.assertEqual([f.rsplit(": ", 1)[0].split(": ")[0] for f in findings], [f"{path}:{line}"])

    def test_what_is_right_is_not_found(self):
        for path, text in GOOD:
            with self.subTest(path=path, text=text):
                self.assertEqual(findings_with(path, text), ([], []))

    def test_a_long_file_is_a_remark_only(self):
        findings, remarks = findings_with("net/a.cpp", "int x;\n" * 401)
        self.assertEqual((findings, len(remarks)), ([], 1))

    def test_an_empty_tree_is_a_failure(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(len(check_includes.check(pathlib.Path(folder))[0]), 1)


if __name__ == "__main__":
    unittest.main()
