#!/usr/bin/env python3
"""Puts load on the container that docker/Dockerfile makes, with the rights and the memory of a sidecar: nothing may be written, nobody
is root, 192 MiB. Clients and PostgreSQL are outside of it, on the same machine.

Prints a table: transactions a second, the median and the 99 % of their time, the most resident memory of the process, and what the
system has charged to the container at most. Exits with 1 where a client saw an error, or the container ended or ran out of memory.

Needs: Docker and the image (docs/container.md), PostgreSQL's server programs and pgbench. Started as root, PostgreSQL runs as --user.
"""
import argparse
import contextlib
import glob
import os
import re
import socket
import subprocess
import sys
import time

import measure

PORT = 5730
MEMORY, POOL = "192m", 20
ROWS = "select repeat('x', 1000) from generate_series(1, 200);\n"
LOADS = [("200 clients", "auto", 200, None), ("500 clients", "epoll", 500, None), ("200 clients, rows of 200 kB", "epoll", 200, ROWS)]


def docker(*arguments):
    return subprocess.run(["docker", *arguments], check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout.strip()


class Container:
    def __init__(self, image, transport):
        environment = {"DATABASE_URL": f"postgres://bench@127.0.0.1:{measure.PG_PORT}/postgres", "SPILLWAY_LISTEN_ADDR": "127.0.0.1",
                       "SPILLWAY_LISTEN_PORT": str(PORT), "SPILLWAY_AUTH_TYPE": "any", "SPILLWAY_MAX_CLIENT_CONN": "1000",
                       "SPILLWAY_DEFAULT_POOL_SIZE": str(POOL), "SPILLWAY_RESERVE_POOL_SIZE": "0", "SPILLWAY_TRANSPORT": transport,
                       "SPILLWAY_ADMIN_LISTEN_ADDR": "", "SPILLWAY_LOG_CONNECTIONS": "false", "SPILLWAY_LOG_DISCONNECTIONS": "false"}
        variables = [word for name, value in environment.items() for word in ("-e", f"{name}={value}")]
        self.id = docker("run", "-d", "--read-only", "--user", "65534", "--cap-drop", "ALL", "--memory", MEMORY, "--network", "host",
                         *variables, image)
        self.wait()
        self.process = int(self.inspect("{{.State.Pid}}"))

    def wait(self):
        deadline = time.time() + 60
        while time.time() < deadline and self.inspect("{{.State.Running}}") == "true":
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", PORT), 1).close()
                return
            time.sleep(0.1)
        said = docker("logs", self.id)
        self.remove()
        sys.exit(f"it does not listen; it said:\n{said}")

    def inspect(self, what):
        return docker("inspect", "-f", what, self.id)

    def transport(self):
        return re.search(r"transport (\w+)", docker("logs", self.id)).group(1)

    def resident_mib(self):
        """The most that there was so far."""
        return int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{self.process}/status").read()).group(1)) / 1024

    def charged_mib(self):
        """The same with the system's buffers of sockets and with pages of files, as the limit counts; None: it does not say."""
        for line in open(f"/proc/{self.process}/cgroup"):
            _, controllers, path = line.rstrip("\n").split(":", 2)
            name = "memory.max_usage_in_bytes" if controllers == "memory" else "memory.peak"
            for file in glob.glob(f"/sys/fs/cgroup/memory{path}/{name}") or glob.glob(f"/sys/fs/cgroup{path}/{name}"):
                return int(open(file).read()) / (1 << 20)
        return None

    def complaint(self):
        """What went wrong with it."""
        state = self.inspect("{{.State.Running}} {{.State.OOMKilled}} {{.RestartCount}}")
        lines = [line for line in docker("logs", self.id).splitlines() if re.search(r" (WARN|ERROR) |OutOfMemory", line)]
        return lines[:5] if state == "true false 0" else [f"running, out of memory, restarts: {state}", *lines[:5]]

    def remove(self):
        docker("rm", "-f", self.id)


def turn(options, folder, postgres, load):
    """Prints a row; what went wrong."""
    what, transport, clients, script = load
    container = Container(options.image, transport)
    try:
        command = [os.path.join(postgres.programs, "pgbench"), "-n", "-h", "127.0.0.1", "-p", str(PORT), "-U", "bench", "-c", str(clients),
                   "-T", str(options.seconds), "-l", "--log-prefix", os.path.join(folder, "times")]
        if script:
            with open(os.path.join(folder, "rows.sql"), "w") as file:
                file.write(script)
        said = subprocess.run([*command, *(["-f", file.name] if script else ["-S"]), "postgres"], capture_output=True, text=True)
        took = []
        for path in glob.glob(os.path.join(folder, "times.*")):
            took += [int(line.split()[2]) / 1000 for line in open(path)]
            os.unlink(path)
        took.sort()
        errors = [line for line in said.stderr.splitlines() if re.search("error|FATAL|aborted", line, re.I)] + container.complaint()
        speed = re.search(r"^tps = ([\d.]+)", said.stdout, re.M)
        charged = container.charged_mib()
        print(f"| {what}, {container.transport()} | {float(speed.group(1)) if speed else 0:,.0f} | {measure.percentile(took, 0.5):.0f} ms "
              f"| {measure.percentile(took, 0.99):.0f} ms | {container.resident_mib():.0f} MiB "
              f"| {f'{charged:.0f} MiB' if charged else 'unknown'} | {len(errors)} |", flush=True)
        return errors
    finally:
        container.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image")
    parser.add_argument("--seconds", type=int, default=30, help="of each load")
    parser.add_argument("--user", default="postgres", help="who PostgreSQL runs as if this runs as root")
    options = parser.parse_args()
    with measure.scratch("container", options.user) as (folder, postgres):
        print("| load | transactions/s | median | 99 % | most resident | most charged | errors |\n|---|---|---|---|---|---|---|")
        errors = [error for load in LOADS for error in turn(options, folder, postgres, load)]
    for error in errors[:10]:
        print(error, file=sys.stderr)
    sys.exit(1 if errors else 0)


main()
