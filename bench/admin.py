#!/usr/bin/env python3
"""What it costs to look at a Spillway with thousands of clients: how long SHOW CLIENTS, a scrape of /metrics and /status take, and
what queries pay when somebody looks each second.

The second is measured within runs of load: somebody looks every other second, and what queries take in those seconds is compared
with the seconds between, so that whatever else the machine does meets both alike. With nobody looking the seconds are told apart
in the same way, which shows how far such a ratio is from 1 by chance. The table shows the median of the runs and, in brackets, the
least and the greatest. What is measured is a Spillway that has been looked at for a while (--warmup): before that the JVM compiles
what makes the answers, on the same cores. A scraper keeps its connection, as Prometheus does. Needs: a built Spillway, PostgreSQL's
server programs and pgbench. Started as root, PostgreSQL runs as --user.
"""
import argparse
import bisect
import os
import re
import socket
import statistics
import struct
import subprocess
import threading
import time

import measure

PORT, ADMIN_PORT = 5684, 5685


def startup(database):
    body = b"user\0bench\0database\0" + database + b"\0\0"
    return struct.pack(">ii", len(body) + 8, 196608) + body


def query(text):
    return b"Q" + struct.pack(">i", len(text) + 5) + text + b"\0"


class Client:
    """Speaks the protocol as bytes: drivers would measure themselves."""

    def __init__(self, port, database):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(startup(database))
        self.until_ready()

    def until_ready(self):
        """Returns how many bytes came up to a ReadyForQuery."""
        length, end = 0, b""
        while end[-6:] != b"Z\0\0\0\5I":
            piece = self.socket.recv(1 << 20)
            if not piece:
                raise SystemExit("the connection was closed")
            length += len(piece)
            end = (end + piece)[-6:]
        return length

    def ask(self, text):
        self.socket.sendall(query(text))
        return self.until_ready()


class Browser:
    """One connection that is kept."""

    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", ADMIN_PORT))

    def get(self, path):
        """Returns how many bytes the page has."""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.receive()
        head, body = answer.split(b"\r\n\r\n", 1)
        length, left = int(re.search(rb"(?i)content-length: (\d+)", head).group(1)), -len(body)
        left += length
        while left > 0:
            left -= len(self.receive())
        return length

    def receive(self):
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise SystemExit("the connection was closed")
        return piece


def times(act, count):
    """Milliseconds of each, and how much came; the first ones, in which code is compiled, do not count."""
    for _ in range(count):
        size = act()
    found = []
    for _ in range(count):
        begin = time.perf_counter()
        size = act()
        found.append((time.perf_counter() - begin) * 1000)
        time.sleep(0.05)
    return found, size


class Looks:
    """The ways to look at it, each on a connection of its own."""

    def __init__(self):
        console, browser = Client(ADMIN_PORT, b"pgbouncer"), Browser()
        self.acts = {"SHOW CLIENTS": lambda: console.ask(b"show clients"), "/metrics": lambda: browser.get("/metrics"),
                     "/status": lambda: browser.get("/status")}

    def show_times(self, count):
        print(f"{'':14} {'median':>8} {'p95':>8} {'most':>8} {'KiB':>8}   (ms, of {count})")
        for name, act in self.acts.items():
            found, size = times(act, count)
            ordered = sorted(found)
            print(f"{name:14} {statistics.median(found):8.1f} {ordered[int(count * 0.95)]:8.1f} {ordered[-1]:8.1f} {size / 1024:8.0f}",
                  flush=True)


class Looker(threading.Thread):
    """Looks every other second, and says when."""

    def __init__(self, acts):
        super().__init__(daemon=True)
        self.acts, self.looks, self.over = acts, [], threading.Event()

    def run(self):
        while not self.over.wait(2):
            self.looks.append(time.time())
            for act in self.acts:
                act()


def turn(proxy, options, folder, acts):
    """CPU time and allocation per transaction of one run of pgbench, and percentiles of the seconds with a look and those without."""
    for left in os.listdir(folder):
        if left.startswith("lat"):
            os.remove(os.path.join(folder, left))
    looker = Looker(acts)
    cpu, heap = proxy.cpu_seconds(), proxy.lane_bytes()
    looker.start()
    subprocess.run(["pgbench", "-n", "-h", "127.0.0.1", "-p", str(PORT), "-U", "bench", "-c", "20", "-j", "1", "-S", "-M", "extended",
                    "-R", str(options.rate), "-T", str(options.seconds), "-l", "--log-prefix", os.path.join(folder, "lat"), "postgres"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    looker.over.set()
    looker.join()
    cpu, heap = proxy.cpu_seconds() - cpu, proxy.lane_bytes() - heap
    during, between = [], []
    for name in os.listdir(folder):
        if name.startswith("lat"):
            with open(os.path.join(folder, name)) as lines:
                for line in lines:
                    fields = line.split()
                    ended = float(fields[4]) + float(fields[5]) / 1e6
                    last = bisect.bisect(looker.looks, ended) - 1
                    if last >= 0 and ended < looker.looks[last] + 2:
                        (during if ended < looker.looks[last] + 1 else between).append(int(fields[2]))
    count = len(during) + len(between)
    return {"p50": [measure.percentile(sorted(each), 0.5) for each in (during, between)],
            "p99": [measure.percentile(sorted(each), 0.99) for each in (during, between)], "cpu": cpu * 1e6 / count, "bytes": heap / count}


def rounds(proxy, options, folder, looks):
    kinds = {"nobody": [], "/metrics": [looks.acts["/metrics"]], "both": [looks.acts["/metrics"], looks.acts["SHOW CLIENTS"]]}
    found = {kind: [] for kind in kinds}
    turn(proxy, options, folder, kinds["both"])
    for number in range(options.rounds):
        for kind in list(kinds)[::1 if number % 2 == 0 else -1]:
            found[kind].append(turn(proxy, options, folder, kinds[kind]))
    print(f"\n{options.rounds} rounds of {options.seconds} s, {options.rate} transactions/s; both: SHOW CLIENTS, too\n\n"
          "| looks | p50 µs, seconds with and without | ratio | p99 µs | ratio | CPU µs per transaction | bytes |\n|---|---|---|---|---|---|---|")
    for kind, turns in found.items():
        print(f"| {kind} ", end="")
        for key in ("p50", "p99"):
            ratios = [each[key][0] / each[key][1] for each in turns]
            during, between = (statistics.median(each[key][i] for each in turns) for i in (0, 1))
            print(f"| {during:.0f} and {between:.0f} | {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}) ", end="")
        cpu, size = (statistics.median(each[key] for each in turns) for key in ("cpu", "bytes"))
        print(f"| {cpu:.1f} | {size:.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--user", default="nobody")
    parser.add_argument("--clients", type=int, default=5000)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--warmup", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rate", type=int, default=2000)
    options = parser.parse_args()
    with measure.scratch("admin", options.user) as (folder, _):
        environment = {"SPILLWAY_LISTEN_PORT": str(PORT), "SPILLWAY_ADMIN_LISTEN_PORT": str(ADMIN_PORT), "SPILLWAY_AUTH_TYPE": "trust",
                       "SPILLWAY_ADMIN_USERS": "bench", "SPILLWAY_MAX_CLIENT_CONN": str(options.clients + 100),
                       "DATABASE_URL": f"postgres://bench@127.0.0.1:{measure.PG_PORT}/postgres"}
        proxy = measure.Proxy("spillway", [os.path.join(measure.ROOT, "spillway"), "run"], environment, PORT, folder)
        try:
            clients = [Client(PORT, b"postgres") for _ in range(options.clients)]
            for client in clients:
                client.ask(b"select 1")
            print(f"{len(clients)} clients")
            looks = Looks()
            for _ in range(options.warmup):
                for act in looks.acts.values():
                    act()
            looks.show_times(options.count)
            rounds(proxy, options, folder, looks)
        finally:
            proxy.stop()


if __name__ == "__main__":
    main()
