#!/usr/bin/env python3
"""What it costs to look at a Spillway with thousands of clients: how long SHOW CLIENTS, a scrape of /metrics and /status take, and
what queries pay when somebody scrapes each second.

The second is measured in pairs of turns, with a scrape each second and without, beginning with another one each time; a ratio is
that of one pair, the table shows the median of all and, in brackets, the least and the greatest. Needs: a built Spillway,
PostgreSQL's server programs and pgbench. Started as root, PostgreSQL runs as --user.
"""
import argparse
import os
import shutil
import socket
import statistics
import struct
import subprocess
import tempfile
import threading
import time
import urllib.request

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


def page(path):
    with urllib.request.urlopen(f"http://127.0.0.1:{ADMIN_PORT}{path}", timeout=30) as answer:
        return len(answer.read())


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


def show_times(count):
    console = Client(ADMIN_PORT, b"pgbouncer")
    acts = {"SHOW CLIENTS": lambda: console.ask(b"show clients"), "/metrics": lambda: page("/metrics"),
            "/status": lambda: page("/status")}
    print(f"{'':14} {'median':>8} {'p95':>8} {'most':>8} {'KiB':>8}   (ms, of {count})")
    for name, act in acts.items():
        found, size = times(act, count)
        ordered = sorted(found)
        print(f"{name:14} {statistics.median(found):8.1f} {ordered[int(count * 0.95)]:8.1f} {ordered[-1]:8.1f} {size / 1024:8.0f}")


class Scraper(threading.Thread):
    """Asks for /metrics each second."""

    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(1):
            page("/metrics")


def turn(proxy, options, folder, is_scraped):
    """CPU and allocation per transaction, and the 99th percentile, of one run of pgbench."""
    for left in os.listdir(folder):
        if left.startswith("lat"):
            os.remove(os.path.join(folder, left))
    scraper = Scraper()
    cpu, heap = proxy.cpu_seconds(), proxy.lane_bytes()
    if is_scraped:
        scraper.start()
    subprocess.run(["pgbench", "-n", "-h", "127.0.0.1", "-p", str(PORT), "-U", "bench", "-c", "20", "-j", "1", "-S", "-M", "extended",
                    "-R", str(options.rate), "-T", str(options.seconds), "-l", "--log-prefix", os.path.join(folder, "lat"), "postgres"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    scraper.over.set()
    cpu, heap = proxy.cpu_seconds() - cpu, proxy.lane_bytes() - heap
    latencies = []
    for name in os.listdir(folder):
        if name.startswith("lat"):
            with open(os.path.join(folder, name)) as lines:
                latencies += [int(line.split()[2]) for line in lines]
    latencies.sort()
    return {"p50 us": latencies[len(latencies) // 2], "p99 us": latencies[len(latencies) * 99 // 100],
            "cpu us": cpu * 1e6 / len(latencies), "bytes": heap / len(latencies)}


def pairs(proxy, options, folder):
    turn(proxy, options, folder, True)
    ratios, plain, scraped = {}, {}, {}
    for number in range(options.rounds):
        order = [False, True] if number % 2 == 0 else [True, False]
        found = {is_scraped: turn(proxy, options, folder, is_scraped) for is_scraped in order}
        for key in found[True]:
            ratios.setdefault(key, []).append(found[True][key] / found[False][key])
            plain.setdefault(key, []).append(found[False][key])
            scraped.setdefault(key, []).append(found[True][key])
    print(f"{'':8} {'without':>9} {'scraped':>9} {'ratio':>7}   (per transaction, {options.rounds} pairs of {options.seconds} s)")
    for key, values in ratios.items():
        print(f"{key:8} {statistics.median(plain[key]):9.1f} {statistics.median(scraped[key]):9.1f} {statistics.median(values):7.3f} "
              f"({min(values):.3f} to {max(values):.3f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--user", default="nobody")
    parser.add_argument("--clients", type=int, default=5000)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rate", type=int, default=2000)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="spillway-admin-")
    os.chmod(folder, 0o777)
    postgres = measure.Postgres(folder, options.user)
    postgres.start()
    proxy = None
    try:
        environment = {"SPILLWAY_LISTEN_PORT": str(PORT), "SPILLWAY_ADMIN_LISTEN_PORT": str(ADMIN_PORT), "SPILLWAY_AUTH_TYPE": "trust",
                       "SPILLWAY_ADMIN_USERS": "bench", "SPILLWAY_MAX_CLIENT_CONN": str(options.clients + 100),
                       "DATABASE_URL": f"postgres://bench@127.0.0.1:{measure.PG_PORT}/postgres"}
        proxy = measure.Proxy("spillway", [os.path.join(measure.ROOT, "spillway"), "run"], environment, PORT, folder)
        clients = [Client(PORT, b"postgres") for _ in range(options.clients)]
        for client in clients:
            client.ask(b"select 1")
        print(f"{len(clients)} clients")
        show_times(options.count)
        pairs(proxy, options, folder)
    finally:
        if proxy:
            proxy.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
