#!/usr/bin/env python3
"""A TCP proxy on loopback whose network can be made bad: for tests of lost, slow and half-open connections.

usage: proxy.py LISTEN_PORT TARGET_PORT [TARGET_HOST]      reads commands from standard input, one a line, answers `ok`

  pass             as a good network (at the beginning)
  cut              every connection ends, and none is accepted
  reset            every connection is reset (RST); new ones are accepted
  stall            half-open: connections stay, nothing is forwarded or closed; new ones are accepted and hear nothing
  mute            what clients send arrives, what the server answers does not: an answer is lost after its deed is done
  slow MS [BYTES]  each piece of at most BYTES (default 16384) waits MS milliseconds
  count            answers `ok N BYTES`: connections that are open, bytes forwarded since the beginning
  drop N           after N more bytes towards the client every connection is reset, once

In Python: `network = Proxy(listen, target)`, then network.set("cut") and so on.
"""

import socket
import struct
import sys
import threading
import time

PIECE = 16384


class Proxy:
    def __init__(self, listen, target, host="127.0.0.1"):
        self.listen, self.target, self.host = listen, target, host
        self.change = threading.Condition()
        self.state, self.delay, self.piece = "pass", 0.0, PIECE
        self.pairs = set()
        self.forwarded = 0
        self.drop_at = None
        self.listener = None
        self._open_listener()

    def set(self, command):
        """Carries one command out; returns its answer. ValueError if it is none."""
        word, *arguments = command.split()
        if word == "count":
            with self.change:
                return f"ok {len(self.pairs)} {self.forwarded}"
        if word == "drop":
            with self.change:
                self.drop_at = self.forwarded + int(arguments[0])
            return "ok"
        if word not in ("pass", "cut", "reset", "stall", "mute", "slow"):
            raise ValueError(f"no such command: {word}")
        with self.change:
            self.state = "pass" if word == "reset" else word
            self.delay = float(arguments[0]) / 1000 if word == "slow" else 0.0
            self.piece = int(arguments[1]) if word == "slow" and len(arguments) > 1 else PIECE
            self.change.notify_all()
        if word in ("cut", "reset"):
            self._end_all(reset=word == "reset")
        if word == "cut":
            self._close_listener()
        elif self.listener is None:
            self._open_listener()
        return "ok"

    def close(self):
        self.set("cut")

    def _open_listener(self):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.listen))
        listener.listen(128)
        self.listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _close_listener(self):
        if self.listener is not None:
            listener, self.listener = self.listener, None
            listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
            listener.close()

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with self.change:
            self.change.wait_for(lambda: self.state != "stall")
        try:
            server = socket.create_connection((self.host, self.target), timeout=10)
            server.settimeout(None)
        except OSError:
            client.close()
            return
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = (client, server)
        with self.change:
            if self.state == "cut":
                self._end(pair, reset=False)
                return
            self.pairs.add(pair)
        for source, to in (pair, pair[::-1]):
            threading.Thread(target=self._pump, args=(pair, source, to), daemon=True).start()

    def _pump(self, pair, source, to):
        to_client = to is pair[0]
        try:
            while True:
                data = source.recv(self.piece)
                if self.delay:
                    time.sleep(self.delay)
                with self.change:
                    held = ("stall", "mute") if to_client else ("stall",)
                    self.change.wait_for(lambda: self.state not in held or pair not in self.pairs)
                    if pair not in self.pairs:
                        return
                if not data:
                    break
                to.sendall(data)
                dropped = False
                with self.change:
                    self.forwarded += len(data)
                    if to_client and self.drop_at is not None and self.forwarded >= self.drop_at:
                        self.drop_at, dropped = None, True
                if dropped:
                    self._end_all(reset=True)
                    return
        except OSError:
            pass
        with self.change:
            self.pairs.discard(pair)
        self._end(pair, reset=False)

    def _end_all(self, reset):
        with self.change:
            ended = list(self.pairs)
            self.pairs.clear()
            self.change.notify_all()
        for pair in ended:
            self._end(pair, reset)

    @staticmethod
    def _end(pair, reset):
        for one in pair:
            try:
                if reset:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RD if reset else socket.SHUT_RDWR)  # wakes who reads it
            except OSError:
                pass
            one.close()


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    network = Proxy(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
    print("ok", flush=True)
    for line in sys.stdin:
        if line.strip():
            try:
                print(network.set(line), flush=True)
            except (ValueError, IndexError) as wrong:
                print(f"error: {wrong}", flush=True)


if __name__ == "__main__":
    main()
