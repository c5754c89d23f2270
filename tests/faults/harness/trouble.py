"""The faults. A schedule is a function of the seed: which fault, with what, and how long after the one before it."""

import os
import random
import signal
import time

from program import FAKETIME, Program, children, send
from stage import HERE, Failed, is_lost, patiently, rows
from systems import SYSTEMS

ROOT = os.path.join(os.path.dirname(__file__), "..")


def points():
    with open(f"{ROOT}/points.txt") as listed:
        return [line.split()[0] for line in listed if line.strip() and not line.startswith("#")]


def servers(run):
    return ["vault", *run.sources]


def on_server(run, kind):
    return [source for source in run.sources if SYSTEMS[source].server == kind]


def on_mariadb(server):
    return server != "vault" and SYSTEMS[server].server == "mariadb"


def stop(run, server, how):
    run.stage.ask(f"{'mariadb' if on_mariadb(server) else 'pg'}_{how}", server)


def start(run, server):
    run.stage.ask(f"{'mariadb' if on_mariadb(server) else 'pg'}_up", server)


def start_all(run):
    """After a seed that failed, for the next one: servers that run."""
    for server in servers(run):
        try:
            (run.stage.vault() if server == "vault" else run.stage.connect(server)).close()
        except Exception as wrong:
            if is_lost(wrong):
                start(run, server)


def at_source(run, source, *statements):
    """Statements outside transactions, again if the server is away or somebody is in the way."""
    def work():
        on = run.stage.connect(source, autocommit=True)
        try:
            with on.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            on.close()
        return True
    patiently(90, f"{source}: {statements[0]}", work)


# ---- the faults: each a function of the run and of what draw() gave it ----------------------------------------------------------

def kill(run):
    run.program.replace()


def point(run, name, passage, action):
    run.program.replace(f"{name}:{passage}={action}")


def restart(run, server, seconds):
    stop(run, server, "stop")
    time.sleep(seconds)
    start(run, server)


def crash(run, server, seconds):
    stop(run, server, "kill")
    time.sleep(seconds)
    start(run, server)


def network(run, server, state, seconds):
    run.stage.network[server].set(state)
    time.sleep(seconds)
    run.stage.network[server].set("pass")


def drop(run, server, after):
    """A reset in the middle of whatever the server sends."""
    run.stage.network[server].set(f"drop {after}")


def hold_program(run, seconds):
    run.program.hold(seconds)


def hold_server(run, server, seconds):
    pids = children(server_pid(server))
    send(pids, signal.SIGSTOP)
    time.sleep(seconds)
    send(reversed(pids), signal.SIGCONT)


def server_pid(server):
    data = HERE[f"{server.upper()}_DATA"]
    with open(f"{data}/{'server.pid' if on_mariadb(server) else 'postmaster.pid'}") as file:
        return int(file.readline())


def full_disk(run, seconds):
    """Tables of the preservation database and the archive."""
    ballast = f"{run.stage.small}/ballast"
    try:
        with open(ballast, "wb", buffering=0) as file:
            while file.write(b"\0" * (1 << 20)) == 1 << 20:
                pass
    except OSError:
        pass  # full, which is what was wanted
    time.sleep(seconds)
    os.remove(ballast)


def clock(run, shift):
    run.program.clock = shift
    run.program.replace()


def two_programs(run, seconds, first_dies):
    other = Program(run.log, run.note, "second program")
    time.sleep(seconds)
    if first_dies:
        run.program.replace()
        time.sleep(0.5)
    other.close()
    run.peak_kb = max(run.peak_kb, other.peak_kb)


def drop_slot(run, source):
    run.may_lose.add(source)
    run.program.pause()
    at_source(run, source, "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL")
    at_source(run, source, f"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'everarchive_{SYSTEMS[source].source}' AND NOT active")
    run.program.resume()


def purge_log(run, source):
    run.may_lose.add(source)
    run.program.pause()
    time.sleep(0.3)

    def purge():
        on = run.stage.connect(source, autocommit=True)
        try:
            rows(on, "FLUSH BINARY LOGS")
            newest = rows(on, "SHOW MASTER STATUS")[0][0]
            rows(on, f"PURGE BINARY LOGS TO '{newest}'")
        finally:
            on.close()
        return True
    patiently(60, "purge of the binary log", purge)
    run.program.resume()


def other_columns(run, source, which, number):
    """DDL that no captured column is part of: nothing may come of it."""
    for statement in SYSTEMS[source].other_columns[which]:
        at_source(run, source, statement.format(n=number))
        time.sleep(0.3)


def captured_column(run, source, seconds):
    """A column that the adapter names goes away for a while: its table stops, the others go on, and a resync repairs it."""
    run.may_stop.add(source)
    at_source(run, source, SYSTEMS[source].captured_column[0])
    time.sleep(seconds)
    at_source(run, source, SYSTEMS[source].captured_column[1])


def huge(run, source, rows_, commits, number):
    """One transaction of very many rows, committed or not, that make no entity."""
    first = 1_000_000_000 + number * 10_000_000
    statements = [statement.format(first=first, rows=rows_) for statement in SYSTEMS[source].huge]
    end = "COMMIT" if commits else "ROLLBACK"
    try:
        on = run.stage.connect(source, autocommit=True)
        with on.cursor() as cursor:
            for one in ("BEGIN", *statements, end):
                cursor.execute(one)
        on.close()
    except Exception as lost:
        if not is_lost(lost):
            raise
        run.note(f"the huge transaction was not finished: {str(lost).splitlines()[0]}")


def draw(rng, run, name):
    """The arguments of a fault."""
    server = rng.choice(servers(run))
    source = rng.choice(run.sources)
    number = rng.randint(0, 90)
    of = {kind: rng.choice(some) if some else None for kind, some in ((kind, on_server(run, kind)) for kind in ("postgresql", "mariadb"))}
    return {
        "kill": lambda: (),
        "point": lambda: (rng.choice(points()), rng.choice([1, 1, 1, 2, 3, 5, 9]), rng.choice(["kill", "kill", "stop", "error"])),
        "restart": lambda: (server, rng.uniform(0, 0.8)),
        "crash": lambda: (server, rng.uniform(0, 0.8)),
        "network": lambda: (server, rng.choice(["cut", "reset", "stall", f"slow {rng.randint(1, 40)}"]), round(rng.uniform(0.3, 2.5), 2)),
        "drop": lambda: (server, rng.randint(0, 2_000_000)),
        "hold_program": lambda: (round(rng.uniform(0.5, 3), 2),),
        "hold_server": lambda: (server, round(rng.uniform(0.5, 3), 2)),
        "full_disk": lambda: (round(rng.uniform(0.5, 2), 2),),
        "clock": lambda: (rng.choice(["-1d", "+1d", "-2h", None]),),
        "two_programs": lambda: (round(rng.uniform(1, 4), 2), rng.random() < 0.5),
        "drop_slot": lambda: (of["postgresql"],),
        "purge_log": lambda: (of["mariadb"],),
        "other_columns": lambda: (source, rng.randrange(len(SYSTEMS[source].other_columns)), number),
        "captured_column": lambda: (source, round(rng.uniform(0.3, 1.5), 2)),
        "huge": lambda: (source, run.huge_rows, rng.random() < 0.7, number),
    }[name]()


WEIGHTS = {"kill": 5, "point": 8, "restart": 3, "crash": 4, "network": 5, "drop": 4, "hold_program": 2, "hold_server": 2, "full_disk": 2,
           "clock": 2, "two_programs": 2, "drop_slot": 0.8, "purge_log": 0.8, "other_columns": 4, "huge": 0.6, "captured_column": 1.5}


def schedule(run, seed, only):
    """[(pause, name, arguments)], a function of the seed, the sources and the faults that are allowed."""
    rng = random.Random(f"faults {seed}")
    names = [name for name in WEIGHTS if not only or name in only]
    missing = {"full_disk": run.stage.small is None, "clock": not os.path.exists(FAKETIME), "drop_slot": not on_server(run, "postgresql"),
               "purge_log": not on_server(run, "mariadb")}
    made = []
    for _ in range(rng.randint(3, 6)):
        name = rng.choices(names, [WEIGHTS[one] for one in names])[0]
        pause, arguments = round(rng.uniform(0.05, 1.2), 2), draw(rng, run, name)
        if not missing.get(name):  # drawn all the same, so that the other faults are the same everywhere
            made.append((pause, name, arguments))
    return made


def carry_out(run, plan):
    for pause, name, arguments in plan:
        time.sleep(pause)
        run.note(f"{name} {' '.join(map(str, arguments))}".rstrip())
        try:
            globals()[name](run, *arguments)
        except Exception as wrong:
            raise Failed(f"{name}: {wrong}") from wrong


def missing_faults(stage):
    return [what for what, gone in (("full_disk: no right to mount", stage.small is None), ("clock: no libfaketime", not os.path.exists(FAKETIME))) if gone]
