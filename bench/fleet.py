#!/usr/bin/env python3
"""Has several Spillways share one small PostgreSQL, moves clients between them, kills two, stops one and lets it go on; and looks ten
times a second at who has how many connections.

Prints a plot, one line a second, and at the end whether there were ever more connections than there may be, how far each instance was
from its fair share, by the clients that it has, five seconds after each change, how long one with clients was without a server, and how
many clients the one that was stopped has lost. Exits with 1 where that is more than docs/fleet.md says. With --cost it prints instead what so many instances, each with a little work, cost PostgreSQL.

Needs: a built Spillway (./spillway builds itself), PostgreSQL's server programs and psql. Started as root, PostgreSQL runs as --user.
"""
import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import measure

CONNECTIONS, RESERVED, NEWCOMERS = 60, 3, 2
FIRST_PORT = 5700
CLIENTS = 20
DEAD_AFTER = 5
SAMPLE = """select coalesce(string_agg(case when application_name like 'spillway:%' then application_name end, ' '), ''), count(*)
 from pg_stat_activity where usename = 'app'"""


class Instance:
    """A Spillway of the fleet, and the clients that it has."""

    def __init__(self, number, folder):
        self.number, self.folder, self.port = number, folder, FIRST_PORT + number
        self.complaints = os.path.join(folder, f"clients-{number}.out")
        self.process = self.clients = self.id = None

    def start(self):
        path = os.path.join(self.folder, f"fleet-{self.number}.toml")
        with open(path, "w") as file:
            file.write(f'listen_addr = "127.0.0.1"\nlisten_port = {self.port}\nunix_socket_dir = ""\nauth_type = "any"\nlanes = 1\n'
                       f'admin_listen_addr = ""\n'
                       f'default_pool_size = {CLIENTS}\nreserve_pool_size = 0\nfleet = "bench"\nfleet_dead_after = "{DEAD_AFTER}s"\n'
                       f'[databases.postgres]\nhost = "127.0.0.1"\nport = {measure.PG_PORT}\nuser = "app"\n')
        said = open(os.path.join(self.folder, f"fleet-{self.number}.out"), "w")
        self.process = subprocess.Popen([os.path.join(measure.ROOT, "spillway"), "run", "--config", path], stdout=said,
                                        stderr=subprocess.STDOUT)

    def work(self, clients, script):
        self.rest()
        if clients:
            with open(self.complaints, "w") as complaints:
                self.clients = subprocess.Popen(
                    ["pgbench", "-n", "-h", "127.0.0.1", "-p", str(self.port), "-U", "app", "-c", str(clients), "-T", "600", "-f", script,
                     "postgres"], stdout=subprocess.DEVNULL, stderr=complaints)

    def lost(self):
        """How many of its clients have ended, which pgbench's do that are told an error."""
        with open(self.complaints) as complaints:
            return len(re.findall(" aborted in ", complaints.read()))

    def rest(self):
        if self.clients:
            self.clients.kill()
            self.clients.wait()
            self.clients = None

    def stop(self):
        self.rest()
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()


class Watch(threading.Thread):
    """Looks ten times a second, by one psql: at the number of connections and at what each instance says that it has."""

    def __init__(self):
        super().__init__(daemon=True)
        self.samples, self.is_over = [], False
        self.psql = subprocess.Popen(["psql", "-XqAt", "-F", "|", "-h", "127.0.0.1", "-p", str(measure.PG_PORT), "-U", "bench", "postgres"],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self):
        while not self.is_over:
            self.psql.stdin.write(SAMPLE + ";\n")
            self.psql.stdin.flush()
            said, count = self.psql.stdout.readline().rstrip("\n").split("|")
            found = dict((m[0], (int(m[1]), int(m[2]))) for m in re.findall(r"spillway:bench:(\w+):(\d+):(\d+):\d+", said))
            self.samples.append((time.time(), int(count), found))
            time.sleep(0.1)
        self.psql.stdin.close()
        self.psql.wait()


def fair(places, wanted):
    """Max-min fair shares of those that are wanted."""
    shares, rest, left = {}, places, dict(wanted)
    while left:
        part = rest // len(left)
        content = [name for name, want in left.items() if want <= part]
        if not content:
            return {**shares, **{name: part for name in left}}
        for name in content:
            shares[name] = left.pop(name)
            rest -= shares[name]
    return shares


class Play:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.script = os.path.join(folder, "work.sql")
        with open(self.script, "w") as file:
            file.write("select pg_sleep(0.02);\n")
        self.instances = [Instance(i, folder) for i in range(options.instances)]
        self.watch = Watch()
        self.changes, self.loads, self.lost = [], {}, 0

    def change(self, what, seconds, *acts):
        self.changes.append((time.time(), what))
        print(f"--- {what}", flush=True)
        for act in acts:
            act()
        end = time.time() + seconds
        while time.time() < end:
            time.sleep(1)
            at, count, found = self.watch.samples[-1]
            shares = " ".join(f"{found[i.id][1]:3}" if i.id in found else "  ." for i in self.instances)
            print(f"{at - self.changes[0][0]:5.0f} s |{'#' * count:<{self.budget}}| {count:3} of {self.budget}   {shares}", flush=True)

    def identify(self, instance):
        """Which announcements are its: those that came with it."""
        known = {other.id for other in self.instances}
        deadline = time.time() + 30
        while time.time() < deadline:
            new = [name for name in self.watch.samples[-1][2] if name not in known]
            if new:
                instance.id = new[0]
                return
            time.sleep(0.1)
        sys.exit(f"instance {instance.number} does not join; it said:\n"
                 + open(os.path.join(self.folder, f"fleet-{instance.number}.out")).read()[-2000:])

    def load(self, instance, clients):
        instance.work(clients, self.script)
        self.loads.setdefault(instance.number, []).append((time.time(), clients))

    def kill(self, instance):
        instance.process.kill()
        self.load(instance, 0)

    def run(self):
        usable = CONNECTIONS - RESERVED
        self.budget = usable - (usable + 9) // 10 - 1  # without the headroom and the one that looks
        self.watch.start()
        for instance in self.instances:
            instance.start()
            wait_for(instance.port)
            self.load(instance, CLIENTS)
            self.identify(instance)
        self.change(f"{len(self.instances)} instances, {CLIENTS} clients each", 8)
        half = self.instances[:len(self.instances) // 2]
        self.change(f"{len(half)} of them have 2 clients", 10, *(lambda each=each: self.load(each, 2) for each in half))
        self.change("all have as many as before", 10, *(lambda each=each: self.load(each, CLIENTS) for each in half))
        self.change("two were killed", 10, *(lambda each=each: self.kill(each) for each in self.instances[:2]))
        stopped = self.instances[2]
        self.change("one was stopped", DEAD_AFTER + 8, lambda: stopped.process.send_signal(signal.SIGSTOP))
        self.change("it goes on", 10, lambda: stopped.process.send_signal(signal.SIGCONT))
        self.lost = stopped.lost()
        self.watch.is_over = True
        self.watch.join()

    # ---- the verdict --------------------------------------------------------------------------------------------------

    def verdict(self):
        most = max(count for _, count, _ in self.watch.samples)
        print(f"\nconnections at most: {most} of {self.budget}, of {len(self.watch.samples)} samples")
        is_good = most <= self.budget
        for i, (at, what) in enumerate(self.changes):
            until = self.changes[i + 1][0] if i + 1 < len(self.changes) else self.watch.samples[-1][0]
            settle = 5 + (DEAD_AFTER if "stopped" in what else 0)
            settled = [found for when, _, found in self.watch.samples if at + settle <= when <= until]
            shares = fair(self.budget - NEWCOMERS, self.wanted(until - 0.1, without=self.instances[2] if "stopped" in what else None))
            worst = max((abs(share - found.get(name, (0, 0))[1]) for found in settled for name, share in shares.items()), default=CLIENTS)
            print(f"{what}: {settle} s later each has its fair share but for {worst} at most, {len(settled)} samples")
            is_good &= worst <= 1
        print(f"the one that was stopped has lost {self.lost} of {CLIENTS} clients")
        is_good &= self.lost <= self.budget // (len(self.instances) - 2)
        for instance in self.instances:
            longest = self.longest_without(instance)
            is_good &= longest <= 2
            print(f"instance {instance.number}: with clients and without a server for {longest:.1f} s at most")
        return is_good

    def wanted(self, at, without):
        """Of each that had clients at that time: one for each of them, and the one by which it speaks."""
        wanted = {}
        for instance in self.instances:
            clients = [count for when, count in self.loads[instance.number] if when < at][-1]
            if clients and instance is not without:
                lost = self.lost if instance is self.instances[2] and at > self.changes[-1][0] else 0
                wanted[instance.id] = clients - lost + 1
        return wanted

    def longest_without(self, instance):
        stops = [at for at, what in self.changes if "stopped" in what] + [at for at, what in self.changes if "goes on" in what]
        since, longest = None, 0.0
        loads = self.loads[instance.number]
        for at, _, found in self.watch.samples:
            clients = [count for when, count in loads if when <= at - 0.2]
            is_stopped = instance is self.instances[2] and stops[0] <= at < stops[1]
            if not clients or not clients[-1] or is_stopped or found.get(instance.id, (0, 2))[1] > 1:
                since = None
            else:
                since = since or at
                longest = max(longest, at - since)
        return longest


def wait_for(port):
    """Until that port is listened to."""
    deadline = time.time() + 180
    while time.time() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"nobody listens on {port}")


def cost(sizes):
    """CPU time of PostgreSQL's processes with so many announcements a second as that many instances make, without any."""
    print("| instances | queries a second | PostgreSQL's CPU, % of one core | ms per query |\n|---|---|---|---|")
    for size in sizes:
        speakers = []
        for i in range(size):
            speakers.append(subprocess.Popen(
                ["psql", "-XqAt", "-h", "127.0.0.1", "-p", str(measure.PG_PORT), "-U", "app", "postgres"],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True))
        text = ("/*servers 1,2,3*/SELECT pg_catalog.set_config('application_name','spillway:bench:%08x:10:10:10',false);"
                "SELECT pid::text, application_name, (extract(epoch from clock_timestamp() - greatest(query_start, state_change)) * 1000)::int8,"
                " query FROM pg_stat_activity WHERE usename = session_user AND pid <> pg_backend_pid() AND application_name ~ '^spillway:bench:'"
                " UNION ALL SELECT '', '', count(*), '' FROM pg_stat_activity WHERE backend_type = 'client backend';\n")
        time.sleep(1)
        before, began, count = backends_cpu(), time.time(), 0
        while time.time() - began < 10:
            for i, speaker in enumerate(speakers):
                speaker.stdin.write(text % i)
                speaker.stdin.flush()
                count += 1
                time.sleep(1 / size)
        used, took = backends_cpu() - before, time.time() - began
        print(f"| {size} | {count / took:.0f} | {used / took * 100:.1f} | {used / count * 1000:.2f} |", flush=True)
        for speaker in speakers:
            speaker.stdin.close()
            speaker.wait()


def backends_cpu():
    found = subprocess.run(["pgrep", "-f", "^postgres: app "], capture_output=True, text=True).stdout.split()
    total = 0
    for process in found:
        fields = open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / measure.TICKS_PER_SECOND
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", type=int, default=8)
    parser.add_argument("--cost", action="store_true")
    parser.add_argument("--user", default="postgres", help="who PostgreSQL runs as if this runs as root")
    options = parser.parse_args()
    good = True
    with measure.scratch("fleet", options.user) as (folder, postgres):
        psql = ["psql", "-Xq", "-h", "127.0.0.1", "-p", str(measure.PG_PORT), "-U", "bench", "postgres", "-c"]
        subprocess.run([*psql, "create role app login"], check=True)
        if options.cost:
            cost((2, 10, 100))
            return
        subprocess.run([*psql, f"alter system set max_connections = {CONNECTIONS}"], check=True)
        postgres._run("pg_ctl", "-D", postgres.data, "-w", "-m", "fast", "-l", os.path.join(folder, "postgres.log"), "restart")
        play = Play(options, folder)
        try:
            play.run()
            good = play.verdict()
        finally:
            for instance in play.instances:
                instance.stop()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
