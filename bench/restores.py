#!/usr/bin/env python3
"""What it costs that every transaction finds a server with another client's settings, and has to put its own into force.

Twenty pgbench run side by side, the clients of each with settings in PGOPTIONS: in `own` no two of them with the same, so that nearly
each transaction restores; in `alike` all with the same, so that none does. Prints the CPU time of Spillway and of PostgreSQL per
transaction, `own` over `alike` (the median of the rounds and, in brackets, the least and the greatest), and how many transactions
restored by Spillway's own count. Needs: a built Spillway, PostgreSQL's server programs and pgbench. Started as root, PostgreSQL runs
as --user.
"""
import argparse
import os
import re
import statistics
import subprocess
import urllib.request

import measure

PORT, ADMIN_PORT = 5681, 5682
GROUPS = 20
WORKLOADS = {
    "simple": ["-S", "-M", "simple"],
    "extended": ["-S", "-M", "extended"],
    "prepared": ["-S", "-M", "prepared"],
    "tpcb": ["-M", "simple"],
}


def tree_seconds(pid):
    """User and system time of a process and its children, with that of those which are gone."""
    total, todo = 0, [pid]
    while todo:
        each = todo.pop()
        try:
            fields = open(f"/proc/{each}/stat").read().rsplit(")", 1)[1].split()
            total += sum(int(field) for field in fields[11:15])
            todo += [int(child) for child in open(f"/proc/{each}/task/{each}/children").read().split()]
        except OSError:
            pass  # it has just ended
    return total / measure.TICKS_PER_SECOND


def restores():
    text = urllib.request.urlopen(f"http://127.0.0.1:{ADMIN_PORT}/metrics", timeout=10).read().decode()
    return sum(float(value) for value in re.findall(r"^spillway_state_restores_total\{.*\} (\S+)$", text, re.M))


class Turns:
    def __init__(self, postgres, proxy, options):
        self.postgres, self.proxy, self.options = postgres, proxy, options
        self.postmaster = int(open(os.path.join(postgres.data, "postmaster.pid")).readline())
        self.pgbench = os.path.join(postgres.programs, "pgbench")

    def turn(self, kind, workload, seconds):
        """CPU time per transaction in microseconds, of the proxy and of PostgreSQL, and restores per transaction."""
        command = [self.pgbench, "-n", "-h", "127.0.0.1", "-p", str(PORT), "-U", "bench", "-c", str(self.options.clients // GROUPS),
                   "-T", str(seconds), *WORKLOADS[workload], "postgres"]
        before = self.proxy.cpu_seconds(), tree_seconds(self.postmaster), restores()
        running = []
        for i in range(GROUPS):
            own = i if kind == "own" else 0
            settings = f"-c work_mem={4096 + own}kB -c app.tenant=tenant-{own}"
            running.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                            env={**os.environ, "PGOPTIONS": settings}))
        count = 0
        for each in running:
            said, complaint = each.communicate()
            found = re.search(r"transactions actually processed: (\d+)", said)
            if each.returncode or not found:
                raise SystemExit(f"pgbench failed:\n{complaint[-2000:]}")
            count += int(found.group(1))
        after = self.proxy.cpu_seconds(), tree_seconds(self.postmaster), restores()
        used = [end - begin for begin, end in zip(before, after)]
        return used[0] * 1e6 / count, used[1] * 1e6 / count, used[2] / count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=4, help="of each turn")
    parser.add_argument("--warmup", type=int, default=15, help="seconds of load before anything counts")
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--pool", type=int, default=20)
    parser.add_argument("--user", default="postgres", help="who PostgreSQL runs as if this runs as root")
    options = parser.parse_args()
    with measure.scratch("restores", options.user) as (folder, postgres):
        environment = {"DATABASE_URL": f"postgres://bench@127.0.0.1:{measure.PG_PORT}/postgres", "SPILLWAY_LISTEN_PORT": str(PORT),
                       "SPILLWAY_AUTH_TYPE": "trust", "SPILLWAY_DEFAULT_POOL_SIZE": str(options.pool), "SPILLWAY_RESERVE_POOL_SIZE": "0",
                       "SPILLWAY_ADMIN_LISTEN_PORT": str(ADMIN_PORT), "SPILLWAY_LOG_CONNECTIONS": "false",
                       "SPILLWAY_LOG_DISCONNECTIONS": "false"}
        proxy = measure.Proxy("spillway", [os.path.join(measure.ROOT, "spillway"), "run"], environment, PORT, folder)
        try:
            turns = Turns(postgres, proxy, options)
            print("| workload | of | alike, CPU µs/txn | own | own / alike | restores per txn, alike and own |\n|---|---|---|---|---|---|")
            for workload in WORKLOADS:
                turns.turn("own", workload, options.warmup)
                rounds = []
                for i in range(options.rounds):
                    order = ("alike", "own") if i % 2 else ("own", "alike")
                    rounds.append({kind: turns.turn(kind, workload, options.seconds) for kind in order})
                for column, name in enumerate(("Spillway", "PostgreSQL", "both")):
                    def cost(each):
                        return each[0] + each[1] if name == "both" else each[column]
                    ratios = [cost(each["own"]) / cost(each["alike"]) for each in rounds]
                    alike, own = (statistics.median(cost(each[kind]) for each in rounds) for kind in ("alike", "own"))
                    restored = [statistics.median(each[kind][2] for each in rounds) for kind in ("alike", "own")]
                    print(f"| {workload} | {name} | {alike:.1f} | {own:.1f} | {statistics.median(ratios):.2f} "
                          f"({min(ratios):.2f}-{max(ratios):.2f}) | {restored[0]:.2f} and {restored[1]:.2f} |", flush=True)
        finally:
            proxy.stop()


main()
