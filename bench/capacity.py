#!/usr/bin/env python3
"""Has 1,000 clients of five pools share one PostgreSQL of 30 connections with strangers who come together, stay a while and leave.

Prints a table: transactions a second with the number of connections that Spillway finds out by itself, with fixed sizes of pools and
no limit over all of them, and with fixed numbers over all pools, as somebody would set them who knows the strangers; Spillway's CPU time
for each transaction; looked at ten times a second, how many connections Spillway had on average, and how many it opened; errors that
clients saw; how often PostgreSQL refused one of Spillway's connections, in all and at most between one coming of the strangers and
the next; how often it refused a stranger, how many of them were inside on average, and how long it took at most until all were (or the
turn was over). A size that never lets strangers in is the faster for it, so the best of those that do is said apart.
--timeline prints how many connections there were each half second.

With --curve it prints instead what so many connections do, without strangers: the number is changed every two seconds under one load,
so that whatever else this machine does meets all of them alike; ratios are those of one round, and beside them stands the median.

With --fairness it prints instead how long transactions of five clients of one user take, alone, beside 500 of another user, and, to
compare, beside 500 of the same user. Exits with 1 where that is worse than docs/capacity.md says.

All processes share this machine, so absolute figures say little. Needs: a built Spillway (./spillway builds itself), PostgreSQL's server
programs, psql and pgbench. Started as root, PostgreSQL runs as --user.
"""
import argparse
import contextlib
import glob
import os
import re
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time

import measure

CONNECTIONS, RESERVED, POOLS, CLIENTS, STRANGERS = 30, 3, 5, 1000, 8
FIXED = (2, 3, 4, 8, 16, 24)
AUTO, UNLIMITED = '"auto"', 10000
PORT = 5720
AWAY, THERE = 2, 3
READ = "\\set aid random(1, 100000)\nselect abalance from pgbench_accounts where aid = :aid;\n"
WORKLOADS = {
    # most of a transaction is waiting, as where an application thinks or a disk is slow
    "sleep": "select pg_sleep(0.002);\n" + READ,
    "read": READ,
    # what TPC-B does
    "write": "\\set aid random(1, 100000)\n\\set tid random(1, 10)\n\\set delta random(-5000, 5000)\nbegin;\n"
             "update pgbench_accounts set abalance = abalance + :delta where aid = :aid;\n"
             "select abalance from pgbench_accounts where aid = :aid;\n"
             "update pgbench_tellers set tbalance = tbalance + :delta where tid = :tid;\n"
             "update pgbench_branches set bbalance = bbalance + :delta where bid = 1;\n"
             "insert into pgbench_history (tid, bid, aid, delta, mtime) values (:tid, 1, :aid, :delta, now());\nend;\n",
}
NAP = "select pg_sleep(0.01);\n"
FEW, GREEDY, PLACES = 5, 500, 20


class Strangers(threading.Thread):
    """Who come together, each again and again until it is let in, stay and leave."""

    def __init__(self):
        super().__init__(daemon=True)
        self.came, self.refused, self.longest = [], 0, 0.0
        self.is_over = threading.Event()

    def run(self):
        while not self.is_over.wait(AWAY):
            self.came.append(time.time())
            inside = []
            while len(inside) < STRANGERS and not self.is_over.is_set():
                one = self.connect()
                if one:
                    inside.append(one)
                else:
                    self.is_over.wait(0.1)
            self.longest = max(self.longest, time.time() - self.came[-1])
            self.is_over.wait(THERE)
            for one in inside:
                one.close()

    def connect(self):
        one = socket.create_connection(("127.0.0.1", measure.PG_PORT), 10)
        body = struct.pack("!i", 3 << 16) + b"user\0stranger\0database\0postgres\0\0"
        one.sendall(struct.pack("!i", len(body) + 4) + body)
        said = b""
        while not said.endswith(b"Z\0\0\0\5I"):
            more = one.recv(4096)
            if not more:
                self.refused += 1
                one.close()
                return None
            said += more
        return one


class Watch(threading.Thread):
    """Looks at PostgreSQL's processes, whose titles say whose they are. So nothing is asked of it."""

    def __init__(self, postmaster):
        super().__init__(daemon=True)
        self.postmaster, self.seen, self.opened = postmaster, [], set()
        self.is_over = threading.Event()

    def run(self):
        while not self.is_over.wait(0.1):
            own = strangers = 0
            with open(f"/proc/{self.postmaster}/task/{self.postmaster}/children") as file:
                processes = file.read().split()
            for process in processes:
                with contextlib.suppress(OSError), open(f"/proc/{process}/cmdline") as file:
                    title = file.read()
                    strangers += "postgres: stranger " in title
                    if "postgres: app " in title:
                        own += 1
                        self.opened.add(process)
            self.seen.append((time.time(), own, strangers))

    def average(self, which):
        return statistics.mean(each[which] for each in self.seen) if self.seen else 0

    def line(self):
        """Of both, for each half second."""
        return " ".join(f"{own}+{strangers}" for _, own, strangers in self.seen[::5])


class Crowd:
    """Clients of one user in one pool, by pgbench, which ends a client that is told an error."""

    def __init__(self, folder, name, user, pool, clients, script, seconds, is_timed=False):
        self.prefix = os.path.join(folder, name)
        with open(self.prefix + ".sql", "w") as file:
            file.write(script)
        command = ["pgbench", "-n", "-h", "127.0.0.1", "-p", str(PORT), "-U", user, "-c", str(clients), "-j", "1", "-T", str(seconds),
                   "-f", self.prefix + ".sql"]
        if is_timed:
            command += ["-l", "--log-prefix", self.prefix]
        self.process = subprocess.Popen([*command, pool], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self):
        """Transactions a second, and errors."""
        said, complaints = self.process.communicate()
        speed = re.search(r"^tps = ([\d.]+)", said, re.M)
        errors = [line for line in complaints.splitlines() if re.search("error|FATAL|aborted", line, re.I)]
        if self.process.returncode and not errors:
            errors = [complaints[-500:] or "pgbench failed"]
        return float(speed.group(1)) if speed else 0, errors

    def times(self):
        """How long each transaction took, in ms, the shortest first."""
        took = []
        for path in glob.glob(self.prefix + ".[0-9]*"):
            took += [int(line.split()[2]) / 1000 for line in open(path)]
            os.unlink(path)
        return sorted(took)


class Play:
    def __init__(self, options, folder, postgres):
        self.options, self.folder, self.postgres = options, folder, postgres
        self.databases = [f"pool_{i}" for i in range(POOLS)]
        self.script = WORKLOADS[options.workload]
        self.errors = []

    def start(self):
        """Leaves few connections, makes a database for each pool, and roles that have no places reserved."""
        for role in ("app", "greedy", "modest", "stranger"):
            self.psql("postgres", f"create role {role} login")
        for database in self.databases:
            self.psql("postgres", f"create database {database}")
            self.postgres._run("pgbench", "-i", "-q", "-h", "127.0.0.1", "-p", str(measure.PG_PORT), "-U", "bench", database)
            self.psql(database, "grant select, insert, update on all tables in schema public to app")
        self.psql("postgres", f"alter system set max_connections = {CONNECTIONS}")
        self.psql("postgres", "alter system set log_line_prefix = '%n %u '")
        log = os.path.join(self.folder, "postgres.log")
        self.postgres._run("pg_ctl", "-D", self.postgres.data, "-w", "-m", "fast", "-l", log, "restart")

    @staticmethod
    def psql(database, command):
        subprocess.run(["psql", "-Xq", "-h", "127.0.0.1", "-p", str(measure.PG_PORT), "-U", "bench", "-c", command, database], check=True)

    def spillway(self, pool_size, most):
        with open(os.path.join(self.folder, "userlist.txt"), "w") as file:
            file.writelines(f'"{user}" ""\n' for user in ("app", "greedy", "modest"))
        path = os.path.join(self.folder, "capacity.toml")
        with open(path, "w") as file:
            file.write(f'listen_addr = "127.0.0.1"\nlisten_port = {PORT}\nunix_socket_dir = ""\nauth_type = "trust"\n'
                       f'admin_listen_addr = ""\nadmin_users = ["app"]\nauth_file = "{self.folder}/userlist.txt"\n'
                       f"max_client_conn = 2000\ndefault_pool_size = {pool_size}\nreserve_pool_size = 0\nmax_server_connections = {most}\n")
            for database in self.databases:
                file.write(f'[databases.{database}]\nhost = "127.0.0.1"\nport = {measure.PG_PORT}\n')
        return measure.Proxy("spillway", [os.path.join(measure.ROOT, "spillway"), "run", "--config", path], {}, PORT, self.folder)

    # ---- throughput -----------------------------------------------------------------------------------------------------

    def turn(self, pool_size, most):
        spillway, strangers = self.spillway(pool_size, most), Strangers()
        try:
            if self.options.warmup:
                self.work(self.options.warmup)
            return self.measured(spillway, strangers, pool_size, most)
        finally:
            spillway.stop()

    def measured(self, spillway, strangers, pool_size, most):
        began = time.time()
        with open(os.path.join(self.postgres.data, "postmaster.pid")) as file:
            watch = Watch(int(file.readline()))
        try:
            strangers.start()
            watch.start()
            used = spillway.cpu_seconds()
            results = self.work(self.options.seconds)
            used = spillway.cpu_seconds() - used
        finally:
            watch.is_over.set()
            watch.join()
            strangers.is_over.set()
            strangers.join()
        if self.options.timeline:
            print(f"{pool_size} in each pool, at most {most}, own+strangers each half second: {watch.line()}", flush=True)
        refusals = self.refusals(began)
        per_burst = [sum(a <= at < b for at in refusals) for a, b in zip([began, *strangers.came], [*strangers.came, time.time() + 1])]
        errors = [error for _, own in results for error in own]
        self.errors += errors[:3]
        speed = sum(own for own, _ in results)
        return {"tps": speed, "cpu": used * 1e6 / max(1, speed * self.options.seconds), "errors": len(errors), "bursts": len(strangers.came), "refusals": len(refusals),
                "per burst": max(per_burst), "strangers": strangers.refused, "longest": strangers.longest,
                "own": watch.average(1), "inside": watch.average(2), "opened": len(watch.opened)}

    def crowds(self, seconds):
        """The clients of all pools, at work."""
        return [Crowd(self.folder, f"crowd-{database}", "app", database, CLIENTS // POOLS, self.script, seconds)
                for database in self.databases]

    def work(self, seconds):
        """What they got done."""
        return [crowd.finish() for crowd in self.crowds(seconds)]

    def refusals(self, since):
        """When PostgreSQL refused a connection of Spillway's."""
        with open(os.path.join(self.folder, "postgres.log")) as log:
            found = re.findall(r"^([\d.]+) app FATAL: .*(?:too many|slots are reserved)", log.read(), re.M)
        return [float(at) for at in found if float(at) >= since]

    def throughput(self):
        kinds = {"by itself": (20, AUTO), **{f"{most} in all": (20, most) for most in self.options.totals},
                 **{f"{size} in each pool": (size, UNLIMITED) for size in self.options.sizes}}
        turns = {kind: [] for kind in kinds}
        for i in range(self.options.rounds):
            for kind in reversed(kinds) if i % 2 else kinds:
                turns[kind].append(self.turn(*kinds[kind]))
        print(f"\n{POOLS} pools, {CLIENTS} clients, max_connections {CONNECTIONS}, {STRANGERS} strangers who stay {THERE} s and are "
              f"away {AWAY} s, workload {self.options.workload}, {self.options.rounds} rounds of {self.options.seconds} s, {os.cpu_count()} cores\n")
        print("| connections | tps | CPU µs | had on average | opened | errors of clients | bursts | refusals | most in a burst "
              "| strangers' refusals | strangers inside | until all are in |")
        print("|---|---|---|---|---|---|---|---|---|---|---|---|")
        speeds, refusals = {}, {}
        for kind, own in turns.items():
            refusals[kind] = sum(each["strangers"] for each in own)
            speeds[kind] = statistics.median(each["tps"] for each in own)
            sums = {key: sum(each[key] for each in own) for key in ("errors", "bursts", "refusals", "strangers")}
            means = {key: statistics.mean(each[key] for each in own) for key in ("cpu", "own", "inside", "opened")}
            print(f"| {kind} | {speeds[kind]:,.0f} | {means['cpu']:.0f} | {means['own']:.1f} | {means['opened']:.0f} | {sums['errors']} | {sums['bursts']} "
                  f"| {sums['refusals']} | {max(each['per burst'] for each in own)} | {sums['strangers']} | {means['inside']:.1f} "
                  f"| {max(each['longest'] for each in own):.1f} s |")
        mine = turns["by itself"]
        fixed = {kind: speed for kind, speed in speeds.items() if kind != "by itself"}
        polite = [speed for kind, speed in fixed.items() if refusals[kind] <= refusals["by itself"]]
        of_all = speeds["by itself"] / max(fixed.values(), default=float("inf"))
        of_polite = speeds["by itself"] / max(polite, default=float("inf"))
        print(f"\nby itself: {of_polite:.2f} of the best fixed number that makes PostgreSQL refuse no more strangers, "
              f"{of_all:.2f} of the best of all")
        return of_all >= 0.9 and not any(each["errors"] for each in mine) and all(each["per burst"] <= 1 for each in mine)

    # ---- what a connection is worth ---------------------------------------------------------------------------------------

    def console(self, command):
        said = subprocess.run(["psql", "-XqAt", "-F", "|", "-h", "127.0.0.1", "-p", str(PORT), "-U", "app", "-c", command, "pgbouncer"],
                              check=True, capture_output=True, text=True).stdout
        return [line.split("|") for line in said.splitlines()]

    def done(self):
        return time.time(), sum(int(row[2]) for row in self.console("SHOW STATS_TOTALS") if row[0] in self.databases)

    def curve(self):
        sizes = self.options.totals
        speeds = {size: [] for size in sizes}
        spillway, crowds = self.spillway(20, max(sizes)), []
        try:
            crowds = self.crowds(3600)
            time.sleep(15)  # the JVM is warm when anything counts
            for i in range(self.options.rounds):
                for size in sizes[::-1] if i % 2 else sizes:
                    self.console(f"SET max_server_connections = {size}")
                    time.sleep(0.7)
                    (began, before), _ = self.done(), time.sleep(2)
                    ended, after = self.done()
                    speeds[size].append((after - before) / 2 / (ended - began))
        finally:
            for crowd in crowds:
                crowd.process.kill()
                crowd.finish()
            spillway.stop()
        print(f"\n{POOLS} pools, {CLIENTS} clients, no strangers, {self.options.rounds} rounds, {os.cpu_count()} cores\n")
        print(f"| connections | tps | of that with {max(sizes)} |\n|---|---|---|")
        for size in sizes:
            each = [one / most for one, most in zip(speeds[size], speeds[max(sizes)])]
            print(f"| {size} | {statistics.median(speeds[size]):,.0f} | {statistics.median(each):.2f} ({min(each):.2f}-{max(each):.2f}) |")
        return True

    # ---- fairness -------------------------------------------------------------------------------------------------------

    def few(self, user, greedy):
        """Times of the few, beside so many greedy clients, who are there before them and stay longer."""
        crowd, seconds = None, self.options.seconds // 2
        if greedy:
            crowd = Crowd(self.folder, "greedy", "greedy", self.databases[0], greedy, NAP, seconds + 4)
            time.sleep(2)
        few = Crowd(self.folder, "few", user, self.databases[0], FEW, NAP, seconds, is_timed=True)
        self.errors += few.finish()[1] + (crowd.finish()[1] if crowd else [])
        took = few.times()
        return {"p50": measure.percentile(took, 0.5), "p99": measure.percentile(took, 0.99), "count": len(took)}

    def fairness(self):
        kinds = {"alone": ("modest", 0), f"beside {GREEDY} of another user": ("modest", GREEDY),
                 f"beside {GREEDY} of the same user": ("greedy", GREEDY)}
        turns = {kind: [] for kind in kinds}
        spillway = self.spillway(20, PLACES)
        try:
            self.few("modest", GREEDY)  # the JVM is warm when anything counts
            for _ in range(self.options.rounds):
                for kind, (user, greedy) in kinds.items():
                    turns[kind].append(self.few(user, greedy))
        finally:
            spillway.stop()
        print(f"\n{FEW} clients of one user, {PLACES} connections, each transaction sleeps 10 ms, {self.options.rounds} rounds of "
              f"{self.options.seconds // 2} s, {os.cpu_count()} cores\n")
        print("| the five | transactions | median ms | p99 ms | p99 / alone |\n|---|---|---|---|---|")
        ratios = {}
        for kind, own in turns.items():
            each = [mine["p99"] / alone["p99"] for mine, alone in zip(own, turns["alone"])]
            ratios[kind] = statistics.median(each)
            print(f"| {kind} | {sum(one['count'] for one in own)} | {statistics.median(one['p50'] for one in own):.1f} "
                  f"| {statistics.median(one['p99'] for one in own):.1f} | {ratios[kind]:.2f} ({min(each):.2f}-{max(each):.2f}) |")
        return ratios[f"beside {GREEDY} of another user"] <= 3 and not self.errors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fairness", action="store_true")
    parser.add_argument("--curve", action="store_true")
    parser.add_argument("--rounds", type=int, help="1, with --fairness 3, with --curve 9")
    parser.add_argument("--seconds", type=int, default=12, help="of each turn; with --fairness half of it")
    parser.add_argument("--warmup", type=int, default=0, help="seconds of load without strangers ahead of each turn: the JVM is warm then")
    parser.add_argument("--workload", choices=WORKLOADS, default="sleep")
    parser.add_argument("--timeline", action="store_true", help="how many connections there were, each half second")
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",") if size], default=list(FIXED),
                        help="fixed sizes of pools to compare with, such as 2,4; may be empty")
    parser.add_argument("--totals", type=lambda text: [int(size) for size in text.split(",") if size],
                        default=[CONNECTIONS - RESERVED - STRANGERS],
                        help="fixed numbers over all pools, to compare with or for --curve; may be empty")
    parser.add_argument("--user", default="postgres", help="who PostgreSQL runs as if this runs as root")
    options = parser.parse_args()
    options.rounds = options.rounds or (3 if options.fairness else 9 if options.curve else 1)
    with measure.scratch("capacity", options.user) as (folder, postgres):
        play = Play(options, folder, postgres)
        play.start()
        is_good = play.curve() if options.curve else play.fairness() if options.fairness else play.throughput()
    for error in play.errors[:10]:
        print(error, file=sys.stderr)
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
