"""The program under test: started with or without a fault, killed, stopped, started again whenever it has ended."""

import glob
import os
import signal
import subprocess
import threading
import time

from stage import FOLDER, PROGRAM

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
LONGEST_STOP = 1.5  # seconds that a program which a fault point stopped stays so


def children(pid):
    """The process and all its descendants."""
    parents = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path) as stat:
                text = stat.read()
        except OSError:
            continue
        fields = text.rpartition(")")[2].split()
        parents.setdefault(int(fields[1]), []).append(int(text.split()[0]))
    found, queue = [], [pid]
    while queue:
        one = queue.pop()
        found.append(one)
        queue += parents.get(one, [])
    return found


def send(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


class Program:
    """Keeps one `everarchive run` going until close(); notes how often it ended and how much memory it took."""

    def __init__(self, log, note, name="program"):
        self.log, self.note, self.name = log, note, name
        self.peak_kb = 0
        self.ends = []          # exit codes, in order
        self.lock = threading.RLock()
        self.process = None
        self.clock = None       # such as "-1d"
        self.wanted = True
        self.closed = False
        self.held = False       # stopped by the harness itself
        self.stopped_since = None
        self.start()
        self.keeper = threading.Thread(target=self._keep, daemon=True)
        self.keeper.start()

    def start(self, fault=None):
        with self.lock:
            environment = dict(os.environ)
            if fault:
                environment["EVERARCHIVE_FAULT"] = fault
            if self.clock:
                # Timers of the program must not jump with the clock: they are monotonic, which is not faked.
                environment.update(LD_PRELOAD=FAKETIME, FAKETIME=self.clock, FAKETIME_DONT_FAKE_MONOTONIC="1", DONT_FAKE_MONOTONIC="1")
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen([PROGRAM, "--database", "service=preservation", "run"], stdout=log, stderr=log,
                                                stdin=subprocess.DEVNULL, env=environment)
            self.stopped_since = None

    def kill(self):
        with self.lock:
            self._measure()
            self.process.kill()
            self.process.wait()

    def replace(self, fault=None):
        """kill -9, then a new one, with a fault if given."""
        with self.lock:
            self.kill()
            self.start(fault)

    def hold(self, seconds):
        """SIGSTOP for so long."""
        with self.lock:
            self.held = True
            send([self.process.pid], signal.SIGSTOP)
            pid = self.process.pid
        time.sleep(seconds)
        send([pid], signal.SIGCONT)
        self.held = False

    def pause(self):
        """Ends it, and keeps it ended until resume()."""
        with self.lock:
            self.wanted = False
            self.kill()

    def resume(self):
        with self.lock:
            self.wanted = True
            if self.process.poll() is not None:
                self.start()

    def end(self):
        """SIGTERM; returns the exit code."""
        with self.lock:
            self.wanted = False
        self._measure()
        self.process.terminate()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def close(self):
        with self.lock:
            self.wanted = False
            self.closed = True
            if self.process.poll() is None:
                self.kill()

    def _status(self, field):
        try:
            with open(f"/proc/{self.process.pid}/status") as status:
                for line in status:
                    if line.startswith(field):
                        return line.split()[1]
        except OSError:
            return None
        return None

    def _measure(self):
        peak = self._status("VmHWM:")
        if peak:
            self.peak_kb = max(self.peak_kb, int(peak))

    def _keep(self):
        while not self.closed:
            time.sleep(0.1)
            with self.lock:
                code = self.process.poll()
                if code is not None:
                    if not self.wanted:
                        continue
                    self.ends.append(code)
                    self.note(f"{self.name} ended with {code}: started again")
                    self.start()
                    continue
                self._measure()
                if self._status("State:") == "T" and not self.held:
                    self.stopped_since = self.stopped_since or time.monotonic()
                    if time.monotonic() - self.stopped_since > LONGEST_STOP:
                        send([self.process.pid], signal.SIGCONT)
                        self.stopped_since = None


def log_of(seed):
    return f"{FOLDER}/log/everarchive-{seed}.log"
