"""Runs seeds: new databases, work and faults at once, then the oracle. Started by 90_random.sh, which says what the options are."""

import argparse
import os
import random
import shutil
import sys
import threading
import time
import traceback

import stage as theatre
from stage import FOLDER, Failed, Stage, is_lost, patiently, rows, value
from systems import BY_SOURCE, SYSTEMS, arguments, cast

import oracle
import spoil
import trouble
from program import Program, log_of

RESULTS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "build", "fault-results")


class Run:
    """One seed."""

    def __init__(self, stage, seed, options):
        self.stage, self.seed, self.options = stage, seed, options
        self.sources = cast(seed, options.systems)
        self.huge_rows = options.huge
        rng = random.Random(f"seed {seed}")
        mode = rng.choice(["settled", "settled", "every-commit"])
        self.mode = options.mode if options.mode != "mixed" else mode
        self.poison = rng.random() < 0.25
        # Half of the seeds begin to work while the first copy is under way.
        self.early = rng.random() < 0.5
        self.log = log_of(seed)
        self.notes = []
        self.problems = []
        self.may_lose = set()
        self.may_stop = set()
        self.asked = {}
        self.resynced = set()
        self.peak_kb = 0
        self.begun = time.monotonic()
        self.over = threading.Event()
        self.program = None
        self.unseen = None

    def note(self, what):
        line = f"{time.monotonic() - self.begun:6.2f} s  {what}"
        self.notes.append(line)
        if self.options.verbose:
            print(f"#   {line}", flush=True)

    # ---- what goes on
    def play(self):
        self.stage.fresh(self.sources)
        for source in self.sources:
            system = SYSTEMS[source]
            self.stage.run("source", "add", system.source, "--adapter", system.name, "--from", system.origin(FOLDER), *system.settings())
        self.stage.run("target", "add", "vault", f"dir:{self.stage.archive}", "--segment-seconds", "1")
        if self.mode == "every-commit":
            with self.stage.vault() as on:
                for source in self.sources:
                    value(on, "SELECT everarchive.source_set(%s, 'versions', 'every commit')", (SYSTEMS[source].source,))
        self.note(f"databases and sources are there; {self.mode}, {'begins with the first copy' if self.early else 'begins after the first copy'}")
        plan = trouble.schedule(self, self.seed, self.options.faults)
        self.program = Program(self.log, self.note)
        watcher = threading.Thread(target=self.watch, daemon=True)
        watcher.start()
        try:
            if not self.early:
                self.wait(60, "the first copy", self.all_streaming)
                self.wait(60, "mapping of the first copy", self.all_mapped)
            workers = self.put_to_work()
            try:
                trouble.carry_out(self, plan)
            finally:
                for worker in sum(workers.values(), []):
                    worker.halt = True
            for worker in sum(workers.values(), []):
                worker.join(120)
                if worker.is_alive():
                    raise Failed(f"{worker.name} did not end")
                if worker.failure:
                    raise Failed(f"{worker.name}: {worker.failure!r}") from worker.failure
            self.note("work and faults are over: " + ", ".join(f"{source} {sum(w.journal.transactions for w in some)} transactions" for source, some in workers.items()))
            self.settle()
            self.judge(workers)
        finally:
            self.over.set()
            watcher.join()
            self.program.close()

    def put_to_work(self):
        made = {}
        for at, source in enumerate(self.sources):
            count = self.options.workers
            # In `every commit` mode each transaction is mapped by itself, which takes several times as long.
            most = self.options.transactions // (4 if self.mode == "every-commit" else 1)
            made[source] = [SYSTEMS[source].worker(number, self.seed * 10 + at, most, lambda s=source: self.stage.connect(s), is_lost, self.options.pace,
                                                   workers=count, poison=self.poison and number == 0) for number in range(count)]
            for worker in made[source]:
                worker.start()
        return made

    def watch(self):
        """Repairs what a fault may have lost, finds what stopped without a reason, and torn transactions."""
        on = None
        while not self.over.wait(0.15):
            try:
                on = on or self.stage.vault()
                self.repair_tables(on)
                for name, state, message in rows(on, "SELECT name, state, message FROM everarchive.source"):
                    source = BY_SOURCE[name].name
                    if state == "position_lost" and source in self.may_lose:
                        self.note(f"resync of {name}: {message}")
                        self.resynced.add(source)
                        self.stage.run("source", "resync", name)
                    elif state == "stopped" and source in self.may_stop and "column" in (message or ""):
                        # A first copy cannot begin without a column that the adapter names: a person lets it go on.
                        if time.monotonic() - self.asked.get((name, None), 0) > 2:
                            self.asked[name, None] = time.monotonic()
                            self.note(f"resume of {name}: {message}")
                            self.stage.run("source", "resume", name)
                    elif state in ("position_lost", "stopped"):
                        self.problems.append(f"{name} is {state}: {message}")
                        self.over.set()
                    elif state == "streaming" and source not in self.resynced:
                        torn = rows(on, SYSTEMS[source].work.TORN)
                        # Only if it is still following: it may have stopped between the two questions.
                        if torn and source not in self.resynced and value(on, "SELECT state FROM everarchive.source WHERE name = %s", (name,)) == "streaming":
                            self.problems.append(f"{name}: a transaction is torn in the mirror: {torn}")
            except (theatre.psycopg2.Error, Failed) as lost:
                if not is_lost(lost):  # a server that is away is no news; the mirror may be in the making
                    self.note(f"watcher: {str(lost).strip().splitlines()[0]}")
                on = None

    def repair_tables(self, on):
        """A table that stopped because of captured_column is compared anew, every two seconds until it is followed again."""
        for name, table, message in rows(on, "SELECT s.name, t.table_name, t.message FROM everarchive.source_table t JOIN everarchive.source s USING (source_id) WHERE t.state = 'stopped'"):
            source = BY_SOURCE[name].name
            if source not in self.may_stop:
                self.problems.append(f"{name}: table {table} stopped: {message}")
                self.over.set()
            elif time.monotonic() - self.asked.get((name, table), 0) > 2:
                self.asked[name, table] = time.monotonic()
                self.note(f"resync of {name}, table {table}: {message}")
                self.resynced.add(source)
                self.stage.run("source", "resync", name, "--table", table)

    def all_repaired(self):
        return self.ask_vault("""SELECT (SELECT count(*) FROM everarchive.source_check_run WHERE state IN ('requested', 'running'))
            + (SELECT count(*) FROM everarchive.source_table WHERE state <> 'ok')""") == 0

    def wait(self, seconds, what, condition):
        def work():
            if self.problems:
                raise Failed("; ".join(self.problems))
            return condition()
        try:
            patiently(seconds, what, work)
        except Failed:
            self.note_standing()
            raise

    def note_standing(self):
        """Where everything stood when the wait for it was given up."""
        try:
            with self.stage.vault() as on:
                for line in rows(on, """SELECT concat_ws(' ', s.name, s.state, s.message, 'at', p.position, p.seen_at) FROM everarchive.source s LEFT JOIN everarchive.source_progress p USING (source_id)
                        UNION ALL SELECT concat_ws(' ', count(*), 'keys are touched') FROM everarchive.touched
                        UNION ALL SELECT concat_ws(' ', 'backend', pid, application_name, state, wait_event, 'blocked by', nullif(pg_blocking_pids(pid)::text, '{}'), now() - query_start, left(query, 200))
                            FROM pg_stat_activity WHERE datname = 'preservation' AND pid <> pg_backend_pid()"""):
                    self.note(line[0])
        except theatre.psycopg2.Error as wrong:
            self.note(f"where everything stood cannot be said: {wrong}")

    def ask_vault(self, sql, values=None):
        on = self.stage.vault()
        try:
            return value(on, sql, values)
        finally:
            on.close()

    def all_streaming(self):
        return self.ask_vault("SELECT count(*) FROM everarchive.source WHERE state = 'streaming'") == len(self.sources)

    def all_mapped(self):
        return self.ask_vault("SELECT count(*) FROM everarchive.touched") == 0

    def all_verified(self):
        return self.ask_vault("SELECT count(*) FROM everarchive.submission WHERE state NOT IN ('verified', 'anchored')") == 0

    def arrived(self, marker):
        # The rows of a first copy are seen before it is complete, which is when their keys are touched.
        return self.all_streaming() and all(self.ask_vault(f"SELECT coalesce(({SYSTEMS[source].work.MARKED.format(marker=marker)}), false)") for source in self.sources)

    def settle(self):
        """Once a marker that was written after the work has arrived, everything before it has."""
        marker = f"marker {self.seed} {time.time()}"
        for source in self.sources:
            trouble.at_source(self, source, SYSTEMS[source].work.MARK.format(marker=marker))
        self.wait(self.options.patience, "arrival of everything", lambda: self.arrived(marker))
        self.wait(self.options.patience, "mapping of everything", self.all_mapped)
        if self.may_stop or self.resynced:
            self.wait(self.options.patience, "end of the resync", self.all_repaired)
            self.wait(self.options.patience, "mapping of everything", self.all_mapped)
        self.note("everything has arrived and is mapped")
        self.wait(self.options.patience, "delivery of everything", self.all_verified)
        self.note("everything is verified")

    def judge(self, workers):
        code = self.program.end()
        self.peak_kb = max(self.peak_kb, self.program.peak_kb)
        found = [f"the program ended with {code} on SIGTERM"] if code != 0 else []
        vault = self.stage.vault()
        vault.autocommit = False
        checks = self.checks(workers, vault)
        for check in checks.values():
            found += check()
        if set(self.sources) & self.options.prove and not found and not self.problems:
            self.unseen = spoil.unseen(vault, checks, self, workers)
        vault.close()
        if self.peak_kb > oracle.MOST_RSS_KB:
            found.append(f"the program took {self.peak_kb // 1024} MB of memory")
        self.problems += found


    def checks(self, workers, vault):
        """name → a function without arguments."""
        made = {}
        for source in self.sources:
            on = self.stage.connect(source)
            exact = self.mode == "every-commit" and not self.early
            how = "newest" if source in self.resynced else "exact" if exact else "some"
            made[f"rows of {source}"] = lambda s=SYSTEMS[source], o=on: oracle.same_rows(s, o, vault)
            made[f"journal of {source}"] = lambda s=SYSTEMS[source], h=how: oracle.journal(s, workers[s.name], vault, h)
        made["mapped"] = lambda: oracle.mapped(vault)
        made["numbered"] = lambda: oracle.numbered(vault)
        made["quarantine"] = lambda: oracle.quarantine(vault, sum(workers.values(), []))
        made["delivered"] = lambda: oracle.delivered(vault)
        made["private"] = lambda: oracle.private(self.log, self.stage.archive)
        made["log"] = lambda: oracle.bugs(self.log)
        return made


def keep(run, number):
    folder = os.path.abspath(os.path.join(RESULTS, f"seed-{number}"))
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for path in (run.log, f"{FOLDER}/log/requests", *(f"{theatre.HERE[name]}/server.log" for name in (f"{one.upper()}_DATA" for one in ("vault", *run.sources)))):
        if os.path.exists(path):
            shutil.copy(path, os.path.join(folder, os.path.basename(os.path.dirname(path)) + "-" + os.path.basename(path)))
    with open(os.path.join(folder, "notes"), "w") as out:
        out.write("\n".join(run.notes + run.problems) + "\n")
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    arguments(parser)
    parser.add_argument("--minutes", type=float, help="no new seed after so long")
    parser.add_argument("--mode", choices=["settled", "every-commit", "mixed"], default="mixed")
    parser.add_argument("--faults", type=lambda text: text.split(","))
    parser.add_argument("--huge", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--transactions", type=int, default=400, help="of a worker, at most")
    parser.add_argument("--pace", type=float, default=0.004)
    parser.add_argument("--patience", type=int, default=300)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--prove", action="store_const", const=set(SYSTEMS), default=set(),
                        help="spoil the databases of the first seed of each system: each check must see it")
    options = parser.parse_args()
    first = options.seed or options.first or random.SystemRandom().randint(1, 1_000_000)
    count = 1 if options.seed else options.seeds
    stage, proof_failed = Stage(), False
    for what in trouble.missing_faults(stage):
        print(f"# left out: {what}")
    begun, failed, seeds, done = time.monotonic(), 0, 0, 0
    for seed in range(first, first + count):
        if options.minutes and time.monotonic() - begun > options.minutes * 60:
            break
        seeds, done = seeds + 1, done + 1
        run = Run(stage, seed, options)
        try:
            run.play()
        except Exception as wrong:
            run.problems.append(str(wrong) or repr(wrong))
            if not isinstance(wrong, Failed):
                run.problems += traceback.format_exc().splitlines()
        took = time.monotonic() - run.begun
        print(f"{'not ok' if run.problems else 'ok'} {done} - seed {seed}, {' and '.join(run.sources)}, {run.mode}: nothing lost, nothing doubled ({took:.1f} s, {run.peak_kb // 1024} MB)", flush=True)
        print(f"# seed {seed} (repeat with tests/faults/90_random.sh --seed {seed} --systems {','.join(run.sources)} --mode {run.mode})", flush=True)
        if run.unseen is not None:
            options.prove -= set(run.sources)
            done += 1
            print(f"{'not ok' if run.unseen else 'ok'} {done} - each check sees a database that was spoilt: {', '.join(run.sources)}")
            print("".join(f"#   not seen: {one}\n" for one in run.unseen), end="")
            proof_failed = proof_failed or bool(run.unseen)
        if run.problems:
            failed += 1
            for line in run.notes + run.problems:
                print(f"#   {line}")
            print(f"#   logs are in {keep(run, seed)}", flush=True)
            trouble.start_all(run)
        elif os.path.exists(run.log):
            os.remove(run.log)
    print(f"1..{done}")
    print(f"# {seeds - failed} of {seeds} seeds passed, {(time.monotonic() - begun) / max(seeds, 1):.1f} s a seed")
    sys.exit(1 if failed or proof_failed else 0)


if __name__ == "__main__":
    main()
