"""The servers of a run: where they are, connections to them, their proxies, new databases for each seed."""

import os
import subprocess
import sys
import threading
import time

import psycopg2
import psycopg2.extensions
import pymysql

from systems import SYSTEMS

from proxy import Proxy  # systems says where it is

HERE = os.environ
FOLDER = HERE["HARNESS_DIR"]
PROGRAM = HERE["EVERARCHIVE"]
SECRET = HERE["LIBRARY_SECRET"]
# What a lost connection or a server that begins or ends raises; the work is then done again.
LOST = (psycopg2.OperationalError, psycopg2.InterfaceError, pymysql.err.OperationalError, pymysql.err.InterfaceError,
        pymysql.err.InternalError, BrokenPipeError, ConnectionError)


def is_lost(wrong):
    """psycopg2 has no class for a connection that ends within a statement: then it is a DatabaseError without an SQLSTATE."""
    return isinstance(wrong, LOST) or (isinstance(wrong, psycopg2.DatabaseError) and wrong.pgcode is None)


class Failed(Exception):
    """Something that must hold does not: the message says what."""


class Stage:
    def __init__(self):
        self.asking = threading.Lock()
        self.requests = os.fdopen(4, "w", buffering=1)  # 90_random.sh reads these, and answers on standard input
        self.network = {name: Proxy(int(HERE[f"{name.upper()}_PROXY"]), int(HERE[f"{name.upper()}_PORT"]))
                        for name in ("vault", *SYSTEMS) if f"{name.upper()}_PORT" in HERE}
        self.small = HERE["SMALL"] if HERE["SMALL_MOUNTED"] == "yes" else None
        self.archive = f"{self.small or FOLDER}/archive"

    def ask(self, command, argument=""):
        """Runs one of the functions that 90_random.sh allows. Failed if it fails."""
        with self.asking:
            self.requests.write(f"{command} {argument}\n".replace(" \n", "\n"))
            status = int(sys.stdin.readline())
        if status != 0:
            with open(f"{FOLDER}/log/requests") as log:
                raise Failed(f"{command} {argument} failed:\n" + "".join(log.readlines()[-10:]))

    def fresh(self, sources):
        for name in self.network:
            self.network[name].set("pass")
        self.ask("vault_fresh")
        for source in sources:
            self.ask(f"{SYSTEMS[source].server}_fresh", source)

    @staticmethod
    def vault():
        """As superuser, past the proxy. Without jit, as refresh() does: compiling the mapping views takes longer than running them."""
        on = psycopg2.connect(host=f"{FOLDER}/sockets", port=HERE["VAULT_PORT"], user="postgres", dbname="preservation", options="-c jit=off")
        on.autocommit = True
        return on

    @staticmethod
    def connect(source, autocommit=False):
        """To a library system, past the proxy, as its superuser."""
        if SYSTEMS[source].server == "mariadb":
            return pymysql.connect(unix_socket=HERE[f"{source.upper()}_SOCKET"], user="root", database=source, charset="utf8mb4", autocommit=autocommit)
        on = psycopg2.connect(host=f"{FOLDER}/sockets", port=HERE[f"{source.upper()}_PORT"], user="postgres", dbname=source)
        on.autocommit = autocommit
        return on

    def run(self, *arguments):
        """A subcommand of the program, connected past the proxy, so that no fault of the network meets it."""
        done = subprocess.run([PROGRAM, "--database", f"host={FOLDER}/sockets port={HERE['VAULT_PORT']} user=postgres dbname=preservation",
                               *arguments], capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise Failed(f"everarchive {' '.join(arguments)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout


def rows(on, sql, values=None):
    with on.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def run(on, sql, values=None):
    with on.cursor() as cursor:
        cursor.execute(sql, values)


def value(on, sql, values=None):
    return rows(on, sql, values)[0][0]


def patiently(seconds, what, work):
    """Repeats `work` until it gives something true; LOST counts as false. Failed after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            got = work()
            if got:
                return got
        except Exception as wrong:
            if not is_lost(wrong):
                raise
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {seconds} seconds")
        time.sleep(0.05)
