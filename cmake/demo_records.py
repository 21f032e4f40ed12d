#!/usr/bin/env python3
"""The records of cmake/demo.sh: every package that dpkg knows, written into a ring and read back, with latencies.

demo_records.py collect FILE                           name -> version and description, cut to 1 KiB by whole characters
demo_records.py ports N                                N free UDP ports of 127.0.0.1, one a line
demo_records.py write|read --socket S --records FILE --title T --report FILE
demo_records.py summary REPORT...                      the closing table; exit 1 unless every answer was right

A read is right only if the bytes are those that were written: a missing key or another value is wrong, at once. Answers
that ask for another try (TRYAGAIN, TIMEOUT, NOQUORUM, NOTJOINED) are asked again, for half a minute, and counted. A
latency runs from the first question to the last answer, waits in the pipeline and retries included.
"""
import argparse
import collections
import json
import math
import socket
import subprocess
import sys
import time

VALUE_BYTES_MAX = 1024
IN_FLIGHT = 16           # commands in the pipeline
RETRY_PAUSE = 0.05       # seconds before the same question again
PATIENCE = 30.0          # seconds until a record that is never answered counts as unanswered
TRY_AGAIN = (b"TRYAGAIN", b"TIMEOUT", b"NOQUORUM", b"NOTJOINED")


def cut(text, limit):
    """The longest beginning of text whose UTF-8 has at most limit bytes."""
    return text.encode()[:limit].decode(errors="ignore")


def collect(path):
    # Descriptions have many lines: records end with the control characters that ASCII keeps for just that.
    listing = subprocess.run(["dpkg-query", "-W", "-f=${binary:Package}\x1f${Version}\x1f${Description}\x1e"],
                             check=True, stdout=subprocess.PIPE).stdout.decode(errors="replace")
    records = {}
    for entry in listing.split("\x1e"):
        if entry:
            name, version, description = entry.split("\x1f", 2)
            records[name] = cut(f"{version}\n{description}", VALUE_BYTES_MAX)
    if not records:
        sys.exit("demo_records.py: dpkg-query lists no package")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(records, file)
    size = sum(len(value.encode()) for value in records.values())
    print(f"{len(records)} records, {size / 1024:.0f} KiB")


def free_ports(count):
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    for one in sockets:  # all held until all are known, so that they differ
        print(one.getsockname()[1])


class Resp:
    """A RESP2 connection: commands out, replies in the same order. A reply is ("+"|"-"|":"|"$", bytes or None)."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE + 10)
        self.socket.connect(path)
        self.stream = self.socket.makefile("rb")

    def send(self, *words):
        command = b"*%d\r\n" % len(words)
        self.socket.sendall(command + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))

    def receive(self):
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the daemon hung up")
        kind, rest = line[:1].decode("latin-1"), line[1:-2]
        if kind != "$":
            return kind, rest
        if rest == b"-1":
            return kind, None
        return kind, self.stream.read(int(rest) + 2)[:-2]


class Phase:
    """All records once, IN_FLIGHT at a time."""

    def __init__(self, writing, connection, records):
        self.writing = writing
        self.connection = connection
        self.records = records
        self.todo = collections.deque(records)
        self.later = collections.deque()      # (when, name): asked again, in order of time
        self.waiting = collections.deque()    # names in the pipeline
        self.first_asked = {}
        self.latencies = []
        self.retried = set()
        self.right = self.wrong = self.unanswered = 0

    def run(self):
        while self.todo or self.later or self.waiting:
            self.ask()
            if self.waiting:
                self.judge(self.waiting.popleft(), *self.connection.receive())
            else:
                time.sleep(max(0.0, self.later[0][0] - time.monotonic()))

    def ask(self):
        while self.later and self.later[0][0] <= time.monotonic():
            self.todo.append(self.later.popleft()[1])
        while self.todo and len(self.waiting) < IN_FLIGHT:
            name = self.todo.popleft()
            self.first_asked.setdefault(name, time.monotonic())
            if self.writing:
                self.connection.send(b"SET", name.encode(), self.records[name].encode())
            else:
                self.connection.send(b"GET", name.encode())
            self.waiting.append(name)

    def judge(self, name, kind, answer):
        now = time.monotonic()
        spent = now - self.first_asked[name]
        if kind == "-" and answer.split(b" ")[0] in TRY_AGAIN:
            if spent >= PATIENCE:
                self.unanswered += 1
                self.complain(name, answer)
            else:
                self.retried.add(name)
                self.later.append((now + RETRY_PAUSE, name))
            return
        expected = ("+", b"OK") if self.writing else ("$", self.records[name].encode())
        if (kind, answer) == expected:
            self.right += 1
            self.latencies.append(spent)
        else:
            self.wrong += 1
            self.complain(name, answer)

    def complain(self, name, answer):
        if self.wrong + self.unanswered <= 5:
            print(f"  {name}: answered {'nothing' if answer is None else repr(answer[:60])}", file=sys.stderr)


def percentile(values, share):
    """Nearest rank, in milliseconds."""
    ordered = sorted(values)
    return 1000 * ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else float("nan")


def run_phase(options):
    with open(options.records, encoding="utf-8") as file:
        records = json.load(file)
    phase = Phase(options.verb == "write", Resp(options.socket), records)
    started = time.monotonic()
    phase.run()
    report = {"title": options.title, "verb": options.verb, "records": len(records), "right": phase.right,
              "wrong": phase.wrong, "unanswered": phase.unanswered, "retried": len(phase.retried),
              "p50_ms": percentile(phase.latencies, 0.50), "p99_ms": percentile(phase.latencies, 0.99),
              "seconds": time.monotonic() - started}
    with open(options.report, "w", encoding="utf-8") as file:
        json.dump(report, file)
    done = "acknowledged" if options.verb == "write" else "right"
    print(f"{report['right']} of {len(records)} {done}, {report['wrong']} wrong, {report['retried']} retried, "
          f"p50 {report['p50_ms']:.1f} ms, p99 {report['p99_ms']:.1f} ms, {report['seconds']:.1f} s")
    return report["right"] == len(records)


def summary(paths):
    reports = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            reports.append(json.load(file))
    width = max(len(report["title"]) for report in reports)
    print(f"{'':{width}}  records   right  wrong  retried   p50 ms   p99 ms  seconds")
    for report in reports:
        print(f"{report['title']:{width}}  {report['records']:7}  {report['right']:6}  "
              f"{report['wrong'] + report['unanswered']:5}  {report['retried']:7}  {report['p50_ms']:7.1f}  "
              f"{report['p99_ms']:7.1f}  {report['seconds']:7.1f}")
    reads = [report for report in reports if report["verb"] == "read"]
    asked = sum(report["records"] for report in reads)
    right = sum(report["right"] for report in reads)
    verdict = "every read was right" if right == asked else "NOT every read was right"
    print(f"\n{reports[0]['records']} records, {asked} reads, {asked - right} wrong: {verdict} "
          f"(latencies with {IN_FLIGHT} in flight).")
    return all(report["right"] == report["records"] for report in reports)


def main():
    parser = argparse.ArgumentParser(description="the records of cmake/demo.sh")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("collect").add_argument("file")
    verbs.add_parser("ports").add_argument("count", type=int)
    for name in ("write", "read"):
        verb = verbs.add_parser(name)
        for option in ("--socket", "--records", "--title", "--report"):
            verb.add_argument(option, required=True)
    verbs.add_parser("summary").add_argument("reports", nargs="+")
    options = parser.parse_args()
    if options.verb == "collect":
        collect(options.file)
    elif options.verb == "ports":
        free_ports(options.count)
    elif options.verb == "summary":
        sys.exit(0 if summary(options.reports) else 1)
    else:
        try:
            sys.exit(0 if run_phase(options) else 1)
        except OSError as error:
            sys.exit(f"demo_records.py: {options.socket}: {error}")


if __name__ == "__main__":
    main()
