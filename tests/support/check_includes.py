#!/usr/bin/env python3
"""Checks the direction of includes (DESIGN 2), what the deterministic folders may not touch, and the shape of files.

Usage: check_includes.py ROOT. Prints one `file:line: sentence` a finding; exit 1 when there is one. Files that have grown
beyond 400 lines are named, but are no failure.
"""
import pathlib
import re
import sys

SHIPPED = ("node", "net", "storage")
SOURCES = {".cpp", ".hpp"}
COLUMNS_MAX = 120
LINES_WANTED = 400

# layer: what it may include, as path prefixes. daemon -> {engine, api} -> {net, storage} -> core -> std.
ALLOWED = {
    "node/core/": ("node/core/",),
    "net/": ("net/", "node/core/"),
    "storage/": ("storage/", "node/core/"),
    "node/engine/": ("node/engine/", "net/", "storage/", "node/core/"),
    "node/api/": ("node/api/", "net/", "storage/", "node/core/"),
    "node/host/": ("node/host/", "node/core/"),
    "node/daemon/": ("node/daemon/", "node/host/", "node/engine/", "node/api/", "net/", "storage/", "node/core/"),
    "node/cli/": ("node/cli/", "node/host/", "node/api/resp_reply.", "net/address.", "net/admission/", "net/noise/",
                  "node/core/"),
}

# pattern of an <include>: the only files that may have it.
LIBRARIES = (
    (r"asio(\.hpp|/.*)", ("net/udp", "node/daemon/", "node/cli/")),
    (r"lmdb\.h", ("storage/",)),
    (r"sodium(\.h|/.*)", ("node/core/base/hash.cpp", "net/", "storage/", "node/host/", "node/api/", "node/daemon/",
                             "node/cli/")),
    (r"doctest/.*", ()),
)

# The core sees the standard library only, and of it nothing that reaches outside the process or depends on timing.
CORE_HEADER = re.compile(r"[a-z_]+")
CORE_FORBIDDEN_HEADERS = {
    "barrier", "condition_variable", "ctime", "filesystem", "fstream", "future", "iostream", "latch", "mutex", "random",
    "semaphore", "shared_mutex", "stop_token", "thread",
}

CLOCK = (r"\b(?:system|steady|high_resolution|utc|file)_clock\b|\b(?:clock_gettime|gettimeofday)\b"
         r"|\btime\s*\(\s*(?:nullptr|NULL|0)\s*\)")
DICE = r"\brandom_device\b|\bs?rand(?:om)?\s*\(|\bgetrandom\b|\brandombytes_\w+|\bgetentropy\b"
THREAD = r"\bstd::(?:jthread|thread|async)\b|\bpthread_create\b"

# what, its pattern, the places where it is at home. Everything else gets it handed in.
AT_HOME = (
    ("a clock", re.compile(CLOCK), ("node/daemon/", "node/cli/")),
    ("random numbers", re.compile(DICE), ("node/daemon/", "node/cli/", "net/", "storage/")),
    ("a thread", re.compile(THREAD), ("node/daemon/", "storage/")),
)

INCLUDE = re.compile(r'\s*#\s*include\s*(?:"([^"]*)"|<([^>]*)>)')
NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)


def code_lines(text):
    """The lines of `text` with comments and string literals blanked, so that prose is not taken for code."""
    return NOT_CODE.sub(lambda match: "\n" * match.group().count("\n"), text).split("\n")


def check_include(path, layer, line, root):
    match = INCLUDE.match(line)
    if not match:
        return
    own, library = match.groups()
    if own is not None:
        if not (root / own).is_file() or ".." in own:
            yield f'"{own}" is not a file named from the root of the repository'
        elif not own.startswith(ALLOWED[layer]):
            yield f'{layer} must not include "{own}": the arrow points the other way'
        return
    for pattern, homes in LIBRARIES:
        if re.fullmatch(pattern, library) and not path.startswith(homes):
            yield f"<{library}> has no place in this file"
            return
    if layer == "node/core/" and not library.startswith("sodium"):
        if not CORE_HEADER.fullmatch(library) or library in CORE_FORBIDDEN_HEADERS:
            yield f"<{library}> has no place in node/core, which sees only the pure part of the standard library"


def check_shipped(path, text, root):
    layer = next((layer for layer in ALLOWED if path.startswith(layer)), None)
    if layer is None:
        yield 1, "this folder belongs to no layer"
        return
    for number, line in enumerate(text.split("\n"), 1):
        for finding in check_include(path, layer, line, root):
            yield number, finding
    for number, line in enumerate(code_lines(text), 1):
        for what, pattern, homes in AT_HOME:
            if pattern.search(line) and not path.startswith(homes):
                yield number, f"{what} must be handed in here: only {', '.join(homes)} may have one of its own"


def check_shape(path, text):
    if path.endswith(".hpp"):
        if not text.startswith("//"):
            yield 1, "a header begins with a comment that says what it is"
        if "#pragma once" not in text:
            yield 1, "#pragma once is missing"
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > COLUMNS_MAX:
            yield number, f"{len(line)} columns, {COLUMNS_MAX} are the limit"
        if "\t" in line or line != line.rstrip():
            yield number, "a tab, or a space at the end of the line"


def check(root):
    """Returns the findings and the remarks below `root`, each as `file:line: sentence`."""
    findings, remarks, files = [], [], 0
    for source in sorted(p for top in (*SHIPPED, "tests") for p in (root / top).rglob("*") if p.suffix in SOURCES):
        files += 1
        path, text = source.relative_to(root).as_posix(), source.read_text(encoding="utf-8")
        found = list(check_shape(path, text))
        if path.split("/")[0] in SHIPPED:
            found += check_shipped(path, text, root)
        findings += [f"{path}:{number}: {sentence}" for number, sentence in sorted(found)]
        if text.count("\n") > LINES_WANTED:
            remarks.append(f"{path}:{LINES_WANTED}: {text.count(chr(10))} lines; does it hold two things?")
    if files == 0:
        findings.append(f"{root}:0: no sources there")
    return findings, remarks


def main():
    if len(sys.argv) != 2:
        print("usage: check_includes.py ROOT", file=sys.stderr)
        return 64
    findings, remarks = check(pathlib.Path(sys.argv[1]))
    for remark in remarks:
        print("remark:", remark)
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
