"""The faults. A schedule is a function of the seed: which fault, with what, and how long after the one before it."""

import os
import random
import signal
import time

from program import FAKETIME, Program, children, send
from stage import HERE, Failed, is_lost, patiently, rows

ROOT = os.path.join(os.path.dirname(__file__), "..")


def points():
    with open(f"{ROOT}/points.txt") as listed:
        return [line.split()[0] for line in listed if line.strip() and not line.startswith("#")]


def servers(run):
    return ["vault", *run.sources]


def stop(run, server, how):
    run.stage.ask(f"{'mariadb' if server == 'koha' else 'pg'}_{how}", server)


def start(run, server):
    run.stage.ask(f"{'mariadb' if server == 'koha' else 'pg'}_up", server)


def start_all(run):
    """After a seed that failed, for the next one: servers that run."""
    connect = {"vault": run.stage.vault, "koha": run.stage.koha, "evergreen": run.stage.evergreen}
    for server in servers(run):
        try:
            connect[server]().close()
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
    with open(f"{data}/{'server.pid' if server == 'koha' else 'postmaster.pid'}") as file:
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


def drop_slot(run):
    run.may_lose.add("evergreen")
    run.program.pause()
    at_source(run, "evergreen", "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL")
    at_source(run, "evergreen", "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'everarchive_evergreen' AND NOT active")
    run.program.resume()


def purge_log(run):
    run.may_lose.add("koha")
    run.program.pause()
    time.sleep(0.3)

    def purge():
        on = run.stage.koha(autocommit=True)
        try:
            rows(on, "FLUSH BINARY LOGS")
            newest = rows(on, "SHOW MASTER STATUS")[0][0]
            rows(on, f"PURGE BINARY LOGS TO '{newest}'")
        finally:
            on.close()
        return True
    patiently(60, "purge of the binary log", purge)
    run.program.resume()


DDL = {
    "koha": [("ALTER TABLE items ADD COLUMN zz{n} varchar(40) DEFAULT 'canary-private' AFTER barcode", "ALTER TABLE items DROP COLUMN zz{n}"),
             ("ALTER TABLE biblio_metadata ADD COLUMN source{n} int FIRST",),
             ("ALTER TABLE biblio CHANGE medium medium{n} longtext", "ALTER TABLE biblio CHANGE medium{n} medium longtext"),
             ("ALTER TABLE items ENGINE = InnoDB", "FLUSH BINARY LOGS"), ("OPTIMIZE TABLE auth_header",), ("FLUSH TABLES",),
             ("CREATE TABLE other{n} (a int) SELECT 1 AS a", "DROP TABLE other{n}")],
    "evergreen": [("ALTER TABLE asset.copy ADD COLUMN zz{n} text DEFAULT 'canary-private'", "ALTER TABLE asset.copy DROP COLUMN zz{n}"),
                  ("ALTER TABLE biblio.record_entry ADD COLUMN zz{n} text DEFAULT 'canary-private'",),
                  ("ALTER TABLE asset.copy RENAME COLUMN dummy_isbn TO dummy_isbn{n}", "ALTER TABLE asset.copy RENAME COLUMN dummy_isbn{n} TO dummy_isbn"),
                  ("VACUUM FULL biblio.record_entry",), ("CREATE INDEX zz{n} ON asset.copy (barcode)", "DROP INDEX asset.zz{n}"),
                  ("ALTER TABLE biblio.record_entry ALTER COLUMN marc SET STORAGE EXTERNAL",), ("TRUNCATE metabib.combined_title_field_entry",)],
}


def other_columns(run, source, which, number):
    """DDL that no captured column is part of: nothing may come of it."""
    for statement in DDL[source][which]:
        at_source(run, source, statement.format(n=number))
        time.sleep(0.3)


# A column that the adapter names goes away for a while: its table stops, the others go on, and a resync repairs it.
CAPTURED = {"koha": ("ALTER TABLE items CHANGE enumchron enumchron_away mediumtext", "ALTER TABLE items CHANGE enumchron_away enumchron mediumtext"),
            "evergreen": ("ALTER TABLE asset.copy RENAME COLUMN ref TO ref_away", "ALTER TABLE asset.copy RENAME COLUMN ref_away TO ref")}


def captured_column(run, source, seconds):
    run.may_stop.add(source)
    at_source(run, source, CAPTURED[source][0])
    time.sleep(seconds)
    at_source(run, source, CAPTURED[source][1])


def huge(run, source, rows_, commits, number):
    """One transaction of very many rows, committed or not, that make no entity."""
    first = 1_000_000_000 + number * 10_000_000
    if source == "koha":
        statement = f"INSERT INTO biblioitems (biblioitemnumber, biblionumber) SELECT {first} + seq, 1 FROM seq_1_to_{rows_}"
    else:
        statement = ("INSERT INTO asset.copy (id, circ_lib, creator, call_number, editor, loan_duration, fine_level, barcode)"
                     f" SELECT {first} + g, 4, 1, -1, 1, 2, 2, 'huge' || {first} + g FROM generate_series(1, {rows_}) g")
    end = "COMMIT" if commits else "ROLLBACK"
    try:
        on = run.stage.connect(source, autocommit=True)
        with on.cursor() as cursor:
            for one in ("BEGIN", statement, end):
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
        "drop_slot": lambda: (),
        "purge_log": lambda: (),
        "other_columns": lambda: (source, rng.randrange(len(DDL[source])), number),
        "captured_column": lambda: (source, round(rng.uniform(0.3, 1.5), 2)),
        "huge": lambda: (source, run.huge_rows, rng.random() < 0.7, number),
    }[name]()


WEIGHTS = {"kill": 5, "point": 8, "restart": 3, "crash": 4, "network": 5, "drop": 4, "hold_program": 2, "hold_server": 2, "full_disk": 2,
           "clock": 2, "two_programs": 2, "drop_slot": 0.8, "purge_log": 0.8, "other_columns": 4, "huge": 0.6, "captured_column": 1.5}


def schedule(run, seed, only):
    """[(pause, name, arguments)], a function of the seed, the sources and the faults that are allowed."""
    rng = random.Random(f"faults {seed}")
    names = [name for name in WEIGHTS if not only or name in only]
    missing = {"full_disk": run.stage.small is None, "clock": not os.path.exists(FAKETIME), "drop_slot": "evergreen" not in run.sources,
               "purge_log": "koha" not in run.sources}
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
