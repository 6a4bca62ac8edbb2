#!/usr/bin/env python3
"""Ten thousand statements, prepared by a thousand clients, a hundred by each: what a Spillway needs for them, and whether it gives that back.

Prints a line for each stage: clients, statements and names as SHOW PREPARED_STATEMENTS has them, the heap in use after a collection,
resident memory, and how long the stage took. Needs: a built Spillway, PostgreSQL's server programs and psql. Started as root, PostgreSQL
runs as --user.
"""
import argparse
import os
import re
import socket
import struct
import subprocess
import time

import measure

PORT = 5680
STARTUP = b"user\0bench\0database\0postgres\0\0"


def message(kind, body):
    return kind + struct.pack(">i", len(body) + 4) + body


class Client:
    """Speaks the protocol as bytes: drivers would measure themselves."""

    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", PORT))
        self.socket.sendall(struct.pack(">ii", len(STARTUP) + 8, 196608) + STARTUP)
        self.until_ready()

    def until_ready(self):
        """Reads all up to a ReadyForQuery; an error ends the measurement."""
        held = b""
        while not (held.endswith(b"Z\0\0\0\5I")):
            piece = self.socket.recv(65536)
            if not piece:
                raise SystemExit("the connection was closed")
            held += piece
        at = 0
        while at < len(held):
            length, = struct.unpack_from(">i", held, at + 1)
            if held[at:at + 1] == b"E":
                raise SystemExit(held[at + 5:at + 1 + length].replace(b"\0", b" ").decode())
            at += 1 + length

    def prepare(self, numbers):
        """In one pipeline, each used once."""
        sent = b""
        for number in numbers:
            name = b"s%d" % number
            text = b"select abalance + %d, bid, filler from pgbench_accounts where aid = $1 and bid is not null" % number
            sent += message(b"P", name + b"\0" + text + b"\0\0\0")
            sent += message(b"B", b"\0" + name + b"\0\0\0\0\1\0\0\0\1" + b"1" + b"\0\0")
            sent += message(b"E", b"\0\0\0\0\0")
        self.socket.sendall(sent + message(b"S", b""))
        self.until_ready()


def shown():
    """Statements, and the names that clients have given them."""
    rows = subprocess.run(["psql", "-XqAt", "-h", "127.0.0.1", "-p", str(PORT), "-U", "bench", "spillway", "-c", "show prepared_statements"],
                          stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    return len(rows), sum(int(row.split("|")[2]) for row in rows)


def heap_mib(proxy):
    jcmd = os.path.join(os.path.dirname(os.path.realpath(f"/proc/{proxy.process.pid}/exe")), "jcmd")
    subprocess.run([jcmd, str(proxy.process.pid), "GC.run"], check=True, stdout=subprocess.DEVNULL)
    text = subprocess.run([jcmd, str(proxy.process.pid), "GC.heap_info"], capture_output=True, text=True, check=True).stdout
    return sum(int(kib) for kib in re.findall(r"\btotal .*?\bused (\d+)K", text)) / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--statements", type=int, default=10_000)
    parser.add_argument("--each", type=int, default=100, help="statements that a client prepares")
    parser.add_argument("--pool", type=int, default=20)
    parser.add_argument("--user", default="postgres", help="who PostgreSQL runs as if this runs as root")
    options = parser.parse_args()
    clients = []
    with measure.scratch("statements", options.user) as (folder, _):
        environment = {"DATABASE_URL": f"postgres://bench@127.0.0.1:{measure.PG_PORT}/postgres", "SPILLWAY_LISTEN_PORT": str(PORT),
                       "SPILLWAY_AUTH_TYPE": "trust", "SPILLWAY_DEFAULT_POOL_SIZE": str(options.pool), "SPILLWAY_ADMIN_USERS": "bench",
                       "SPILLWAY_ADMIN_LISTEN_ADDR": "", "SPILLWAY_MAX_CLIENT_CONN": "2000"}
        proxy = measure.Proxy("spillway", [os.path.join(measure.ROOT, "spillway"), "run"], environment, PORT, folder)
        try:
            print(f"| stage | clients | statements | names | heap MiB | resident MiB | s |\n|---|---|---|---|---|---|---|")
            began = time.time()

            def stage(name):
                nonlocal began
                seconds = time.time() - began
                statements, names = shown()
                print(f"| {name} | {len(clients)} | {statements} | {names} | {heap_mib(proxy):.1f} | {proxy.resident_mib():.0f} | {seconds:.1f} |",
                      flush=True)
                began = time.time()

            stage("begin")
            clients += [Client() for _ in range(options.clients)]
            stage("connected")
            for i, client in enumerate(clients):
                client.prepare([(i * 10 + k) % options.statements for k in range(options.each)])
            stage("prepared")
            while clients:
                clients.pop().socket.close()
            deadline = time.time() + 30
            while shown()[1] and time.time() < deadline:
                time.sleep(0.2)
            stage("left")
        finally:
            for client in clients:
                client.socket.close()
            proxy.stop()


main()
