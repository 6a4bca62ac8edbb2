#!/usr/bin/env python3
"""Measures Spillway beside PgBouncer, with the same pgbouncer.ini for both, on a PostgreSQL of its own.

All processes share this machine, so absolute figures say little: quote ratios, and only those of one run. In every round each
proxy has its turn, beginning with another one each time, and each ratio is that of two neighbouring turns; the table shows the
median of the rounds and, in brackets, the least and the greatest.

Needs: a built Spillway (./spillway builds itself), PostgreSQL's server programs and pgbench, openssl for the workload `tls`, and a
PgBouncer (--pgbouncer), with TLS for that workload. Started as root, PostgreSQL and PgBouncer run as --user.

  speed       CPU time per transaction, transactions per second, latencies
  allocation  bytes that the lanes' threads allocate per transaction, for small and large results
  memory      resident memory of an idle proxy, without clients and with many
  gc          pauses of the garbage collector during all of that
"""
import argparse
import contextlib
import glob
import os
import re
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PG_PORT, BOUNCER_PORT, FIRST_PORT = 5690, 5691, 5692
PASSWORD = "sesame"


class Workload:
    """What pgbench does, and through which configuration: trust, tls or scram."""

    def __init__(self, *arguments, script=None, scripts=(), config="trust", clients=None):
        self.arguments, self.config, self.clients = list(arguments), config, clients
        self.scripts = [script] if script else list(scripts)


WORKLOADS = {
    "simple": Workload("-S", "-M", "simple"),
    "extended": Workload("-S", "-M", "extended"),
    "prepared": Workload("-S", "-M", "prepared"),
    # as many statements as an application has, each prepared by each client
    "prepared-many": Workload("-M", "prepared",
                              scripts=[f"select {i} + abalance from pgbench_accounts where aid = {i + 1};\n" for i in range(100)]),
    "pipeline": Workload("-M", "extended", script="\\startpipeline\n" + "select 1;\n" * 20 + "\\endpipeline\n"),
    "tpcb": Workload("-M", "simple"),
    "rows": Workload("-M", "simple", script="select i, repeat('x', 80) from generate_series(1, 2000) i;\n"),
    "bigfield": Workload("-M", "simple", script="select repeat('x', 1000000);\n"),
    "connect": Workload("-S", "-M", "simple", "-C", clients=20),
    "paced": Workload("-S", "-M", "extended", "-R", "4000"),
    "tls": Workload("-S", "-M", "simple", config="tls"),
    "scram": Workload("-S", "-M", "simple", "-C", config="scram", clients=20),
}


class Postgres:
    """A server with the tables of pgbench, in a directory that goes away with it."""

    def __init__(self, folder, user):
        self.folder, self.user = folder, user
        self.programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.data = os.path.join(folder, "data")

    def start(self):
        self._run("initdb", "-D", self.data, "-A", "trust", "-U", "bench")
        settings = (f"port={PG_PORT}\nlisten_addresses='127.0.0.1'\nunix_socket_directories='{self.folder}'\nmax_connections=300\n"
                    "shared_buffers=512MB\nfsync=off\nsynchronous_commit=off\nfull_page_writes=off\nautovacuum=off\n")
        with open(os.path.join(self.data, "postgresql.conf"), "a") as file:
            file.write(settings)
        self._run("pg_ctl", "-D", self.data, "-w", "-l", os.path.join(self.folder, "postgres.log"), "start")
        self._run("pgbench", "-i", "-q", "-s", "10", "-h", "127.0.0.1", "-p", str(PG_PORT), "-U", "bench", "postgres")

    def _run(self, program, *arguments):
        subprocess.run(as_user(self.user, [os.path.join(self.programs, program), *arguments]), check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def tidy(self):
        """tpcb updates few rows very often: each of its turns begins with the same tables."""
        self._run("psql", "-Xq", "-h", "127.0.0.1", "-p", str(PG_PORT), "-U", "bench", "-d", "postgres",
                  "-c", "vacuum pgbench_branches, pgbench_tellers, pgbench_accounts", "-c", "truncate pgbench_history")

    def stop(self):
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "stop")


class Proxy:
    """A proxy that runs; `name` is its column."""

    def __init__(self, name, command, environment, port, folder, user=None):
        self.name, self.port = name, port
        self.said = os.path.join(folder, f"{name}-{port}.out")
        with open(self.said, "w") as out:
            self.process = subprocess.Popen(as_user(user, command), env={**os.environ, **environment}, stdout=out,
                                            stderr=subprocess.STDOUT)
        deadline = time.time() + 180  # a Spillway that has to build itself first
        while time.time() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            time.sleep(0.1)
        self.process.kill()
        sys.exit(f"{name} does not listen on {port}; it said:\n" + open(self.said).read()[-2000:])

    def cpu_seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def resident_mib(self):
        return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{self.process.pid}/status").read()).group(1)) / 1024

    def lane_bytes(self):
        """What the threads of all lanes have allocated so far; to about one percent, as jcmd prints it."""
        java = os.path.realpath(f"/proc/{self.process.pid}/exe")
        text = subprocess.run([os.path.join(os.path.dirname(java), "jcmd"), str(self.process.pid), "Thread.print", "-e"],
                              capture_output=True, text=True, check=True).stdout
        units = {"B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
        found = re.findall(r'^"lane-[^"]*".* allocated=(\d+)([BKMG])', text, re.M)
        return sum(int(amount) * units[unit] for amount, unit in found)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def scratch(name, user):
    """A directory, and a PostgreSQL that has been started in it, as that user if this runs as root; both go away afterwards."""
    folder = tempfile.mkdtemp(prefix=f"spillway-{name}-")
    os.chmod(folder, 0o755)
    postgres = Postgres(folder, user if os.geteuid() == 0 else None)
    if postgres.user:
        shutil.chown(folder, postgres.user)
    try:
        postgres.start()
        try:
            yield folder, postgres
        finally:
            postgres.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def as_user(user, command):
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command] if user and os.geteuid() == 0 else command


class Bench:
    def __init__(self, options, folder, postgres):
        self.options, self.folder, self.postgres, self.user = options, folder, postgres, postgres.user
        self.pgbench = os.path.join(self.postgres.programs, "pgbench")
        self.gc_logs = []

    # ---- proxies ------------------------------------------------------------------------------------------------

    def proxies(self, config):
        """PgBouncer first, then Spillway on each transport."""
        found = []
        if self.options.pgbouncer:
            ini = self.write_ini(config, BOUNCER_PORT)
            found.append(Proxy("pgbouncer", [self.options.pgbouncer, "-q", ini], {}, BOUNCER_PORT, self.folder, self.user))
        return found + [self.spillway(config, transport, FIRST_PORT + i)
                        for i, transport in enumerate(self.options.transports.split(","))]

    def spillway(self, config, transport, port):
        log = os.path.join(self.folder, f"gc-{config}-{transport}-{len(self.gc_logs)}.log")
        self.gc_logs.append(log)
        options = f"{os.environ.get('SPILLWAY_JAVA_OPTS', '')} -Xlog:gc:file={log}"
        environment = {"SPILLWAY_TRANSPORT": transport, "SPILLWAY_JAVA_OPTS": options}
        return Proxy(transport, [os.path.join(ROOT, "spillway"), "run", self.write_ini(config, port)], environment, port, self.folder)

    def write_ini(self, config, port):
        lines = ["[databases]", f"postgres = host=127.0.0.1 port={PG_PORT} user=bench dbname=postgres",
                 "[pgbouncer]", "listen_addr = 127.0.0.1", f"listen_port = {port}", "unix_socket_dir =",
                 "auth_type = " + ("scram-sha-256" if config == "scram" else "any"),
                 f"auth_file = {self.folder}/userlist.txt", "pool_mode = transaction",
                 f"default_pool_size = {self.options.pool}", "max_client_conn = 6000",
                 "ignore_startup_parameters = extra_float_digits", "log_connections = 0", "log_disconnections = 0"]
        if config == "tls":
            lines += ["client_tls_sslmode = require", f"client_tls_key_file = {self.folder}/server.key",
                      f"client_tls_cert_file = {self.folder}/server.crt"]
        path = os.path.join(self.folder, f"{config}-{port}.ini")
        self.write(path, "\n".join(lines) + "\n")
        return path

    def write(self, path, text):
        with open(path, "w") as file:
            file.write(text)
        if self.user:
            shutil.chown(path, self.user)

    def prepare(self):
        self.write(os.path.join(self.folder, "userlist.txt"), f'"bench" "{PASSWORD}"\n')
        key, certificate = os.path.join(self.folder, "server.key"), os.path.join(self.folder, "server.crt")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost",
                        "-keyout", key, "-out", certificate], check=True, stderr=subprocess.DEVNULL)
        if self.user:
            shutil.chown(key, self.user)

    # ---- speed --------------------------------------------------------------------------------------------------

    def turn(self, proxy, name, seconds):
        """One run of pgbench: what it counted, and what the proxy used meanwhile."""
        workload = WORKLOADS[name]
        prefix = os.path.join(self.folder, "times")
        for old in glob.glob(prefix + ".*"):
            os.unlink(old)
        command = [self.pgbench, "-n", "-h", "127.0.0.1", "-p", str(proxy.port), "-U", "bench", "-j", "1", "-T", str(seconds),
                   "-c", str(workload.clients or self.options.clients), "-l", "--log-prefix", prefix, "--sampling-rate", "0.2",
                   *workload.arguments]
        for i, script in enumerate(workload.scripts):
            path = os.path.join(self.folder, f"{name}-{i}.sql")
            self.write(path, script)
            command += ["-f", path]
        if name == "tpcb":
            self.postgres.tidy()
        environment = {**os.environ, "PGPASSWORD": PASSWORD, "PGSSLMODE": "require" if workload.config == "tls" else "disable"}
        before = proxy.cpu_seconds()
        done = subprocess.run([*command, "postgres"], capture_output=True, text=True, env=environment)
        used = proxy.cpu_seconds() - before
        count = re.search(r"transactions actually processed: (\d+)", done.stdout)
        if done.returncode or not count or not int(count.group(1)):
            sys.exit(f"pgbench failed on {proxy.name}, {name}:\n{done.stderr[-2000:]}")
        times = sorted(int(line.split()[2]) for log in glob.glob(prefix + ".*") for line in open(log))
        return {"cpu": used * 1e6 / int(count.group(1)), "tps": float(re.search(r"^tps = ([\d.]+)", done.stdout, re.M).group(1)),
                "p50": percentile(times, 0.5) / 1000, "p99": percentile(times, 0.99) / 1000, "count": int(count.group(1))}

    def speed(self, names):
        print(f"\n{self.options.clients} clients, pool {self.options.pool}, {self.options.rounds} rounds of {self.options.seconds} s, "
              f"{os.cpu_count()} cores\n")
        print("| workload | proxy | CPU µs/txn | / PgBouncer | tps | / PgBouncer | p50 ms | p99 ms | / PgBouncer |")
        print("|---|---|---|---|---|---|---|---|---|")
        for config in ("trust", "tls", "scram"):
            chosen = [name for name in names if WORKLOADS[name].config == config]
            if chosen:
                self.speed_through(config, chosen)

    def speed_through(self, config, names):
        proxies = self.proxies(config)
        try:
            for proxy in proxies:
                self.turn(proxy, names[0], self.options.warmup)
            for name in names:
                rounds = {proxy.name: [] for proxy in proxies}
                for i in range(self.options.rounds):
                    first = i % len(proxies)
                    for proxy in proxies[first:] + proxies[:first]:
                        rounds[proxy.name].append(self.turn(proxy, name, self.options.seconds))
                for proxy in proxies:
                    self.print_row(name, proxy.name, rounds[proxy.name], rounds[proxies[0].name])
            print(f"\nresident after it ({config}): "
                  + ", ".join(f"{proxy.name} {proxy.resident_mib():.0f} MiB" for proxy in proxies) + "\n", flush=True)
        finally:
            for proxy in proxies:
                proxy.stop()

    @staticmethod
    def print_row(workload, name, mine, base):
        def median(key):
            return statistics.median(each[key] for each in mine)

        def ratio(key):
            if mine is base:
                return "1"
            ratios = [each[key] / other[key] for each, other in zip(mine, base)]
            return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"

        print(f"| {workload} | {name} | {median('cpu'):.1f} | {ratio('cpu')} | {median('tps'):.0f} | {ratio('tps')} "
              f"| {median('p50'):.2f} | {median('p99'):.2f} | {ratio('p99')} |", flush=True)

    # ---- allocation, memory, pauses -----------------------------------------------------------------------------

    def allocation(self):
        print("\n| workload | transport | bytes allocated on the lanes per transaction |\n|---|---|---|")
        for i, transport in enumerate(self.options.transports.split(",")):
            proxy = self.spillway("trust", transport, FIRST_PORT + i)
            try:
                for name in ("simple", "extended", "rows", "bigfield"):
                    self.turn(proxy, name, self.options.warmup)
                    before = proxy.lane_bytes()
                    count = self.turn(proxy, name, 2 * self.options.seconds)["count"]
                    print(f"| {name} | {transport} | {(proxy.lane_bytes() - before) / count:.0f} |", flush=True)
            finally:
                proxy.stop()

    def memory(self):
        print(f"\n| proxy | resident idle, MiB | with {self.options.idle} idle clients |\n|---|---|---|")
        for proxy in self.proxies("trust"):
            clients = []
            try:
                time.sleep(15)
                idle = proxy.resident_mib()
                clients = [idle_client(proxy.port) for _ in range(self.options.idle)]
                time.sleep(15)
                print(f"| {proxy.name} | {idle:.0f} | {proxy.resident_mib():.0f} |", flush=True)
            finally:
                for client in clients:
                    client.close()
                proxy.stop()

    def gc(self):
        pauses = [float(pause) for log in self.gc_logs if os.path.exists(log)
                  for pause in re.findall(r"Pause .* ([\d.]+)ms", open(log).read())]
        longest = max(pauses, default=0)
        print(f"\n{len(pauses)} pauses of the garbage collector, the longest {longest:.1f} ms, "
              f"{sum(pause > 10 for pause in pauses)} over 10 ms")


def idle_client(port):
    """Logs in and says nothing more."""
    client = socket.create_connection(("127.0.0.1", port), 30)
    body = struct.pack("!i", 3 << 16) + b"user\0bench\0database\0postgres\0\0"
    client.sendall(struct.pack("!i", len(body) + 4) + body)
    said = b""
    while not said.endswith(b"Z\0\0\0\5I"):
        more = client.recv(4096)
        if not more:
            sys.exit(f"an idle client was refused: {said!r}")
        said += more
    return client


def percentile(values, share):
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pgbouncer", help="the PgBouncer to measure beside; without, there are no ratios to it")
    parser.add_argument("--transports", default="io_uring,epoll")
    parser.add_argument("--parts", default="speed,allocation,memory,gc")
    parser.add_argument("--workloads", default=",".join(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=4, help="of each turn")
    parser.add_argument("--warmup", type=int, default=15, help="seconds of load before anything counts")
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--pool", type=int, default=20)
    parser.add_argument("--idle", type=int, default=5000, help="idle clients of the part memory")
    parser.add_argument("--user", default="postgres", help="who PostgreSQL and PgBouncer run as if this runs as root")
    options = parser.parse_args()
    names = options.workloads.split(",")
    parts = options.parts.split(",")
    unknown = [name for name in names if name not in WORKLOADS] + [part for part in parts if not hasattr(Bench, part)]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}")
    with scratch("bench", options.user) as (folder, postgres):
        bench = Bench(options, folder, postgres)
        bench.prepare()
        for part in parts:
            bench.speed(names) if part == "speed" else getattr(bench, part)()


if __name__ == "__main__":
    main()
