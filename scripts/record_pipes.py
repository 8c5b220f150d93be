"""Record what two workers of an unmodified PyTorch job write to each other, byte for byte.

    python scripts/record_pipes.py DIRECTORY

Writes pipes.jsonl, of the job of pipe_job.py, and store.jsonl, of a client of torch's TCPStore.
tests/data/README.md says what is in them. Needs torch.

All connections go through relays. For that, the addresses that the second worker writes to the
store, and reads from it, are replaced, and those in the BrochureAnswers. The recording has what was
written, not what it was replaced by.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from torch.distributed import TCPStore

from rref_proto.tensorpipe.packets import SpontaneousConnection, packet_from_bytes

JOB = Path(__file__).with_name("pipe_job.py")
ADDRESS = re.compile(rb"uv://127\.0\.0\.1:(\d{5})")
# In seconds.
LONGEST_JOB = 120
REST = 0.1
CHUNK = 1 << 20


class Relay:
    """Accepts connections to a port, and connects each to another port. Keeps what goes through.

    `replace` is called with each chunk of data and whether it comes from the client.
    """

    def __init__(self, replace: Callable[[bytes, bool], bytes], target: int = 0) -> None:
        self.target = target
        self.replace = replace
        # Of each connection: what the client wrote, what the server wrote.
        self.recorded: list[tuple[bytearray, bytearray]] = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listening.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        """Accept connections for ever."""
        while True:
            client, _ = self.listening.accept()
            server = connected(self.target)
            streams = bytearray(), bytearray()
            self.recorded.append(streams)
            for source, sink, is_client in ((client, server, True), (server, client, False)):
                arguments = (source, sink, streams[not is_client], is_client)
                threading.Thread(target=self.copy, args=arguments, daemon=True).start()

    def copy(
        self, source: socket.socket, sink: socket.socket, stream: bytearray, is_client: bool
    ) -> None:
        """Copy what comes until the end."""
        sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):  # where the other direction has ended
            while data := source.recv(CHUNK):
                stream += data
                sink.sendall(self.replace(data, is_client))
            sink.shutdown(socket.SHUT_WR)


def connected(port: int) -> socket.socket:
    """Connect to a port, once somebody listens there."""
    for _ in range(round(LONGEST_JOB / REST)):
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", port))
        time.sleep(REST)
    raise TimeoutError(f"nobody listens at port {port}")


class Relays:
    """A relay before each worker, and one before the store for the second worker."""

    def __init__(self, store_port: int) -> None:
        self.workers = [Relay(self.in_pipe), Relay(self.in_pipe)]
        self.store = Relay(self.in_store, store_port)

    def in_store(self, data: bytes, is_client: bool) -> bytes:
        """Replace the address that the second worker writes, and the one that it reads."""
        found = ADDRESS.search(data)
        relay = self.workers[1 if is_client else 0]
        if found is None or int(found[1]) in {each.port for each in self.workers}:
            return data
        relay.target = int(found[1])
        return data.replace(found[1], b"%d" % relay.port)

    def in_pipe(self, data: bytes, is_client: bool) -> bytes:
        """Replace the address to which the client has to connect again."""
        for relay in self.workers:
            old = b"127.0.0.1:%d" % relay.target
            data = data.replace(old, b"127.0.0.1:%d" % relay.port)
        return data


def record_pipes(directory: Path) -> None:
    """Run the job, and write what went through its pipes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    relays = Relays(port)
    environment = {**os.environ, "TP_SOCKET_IFNAME": "lo"}
    workers = [
        subprocess.Popen([sys.executable, str(JOB), str(rank), str(each)], env=environment)
        for rank, each in enumerate((port, relays.store.port))
    ]
    try:
        codes = [worker.wait(LONGEST_JOB) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    if any(codes):
        raise RuntimeError(f"the workers ended with {codes}")
    lines = [
        {
            "server": f"w{number}",
            "connection": role,
            "client": client.hex(),
            "answered": server.hex(),
        }
        for number, relay in enumerate(relays.workers)
        for role, (client, server) in zip("drc", in_order(relay.recorded), strict=True)
    ]
    write(directory / "pipes.jsonl", lines)


def in_order(recorded: list[tuple[bytearray, bytearray]]) -> list[tuple[bytearray, bytearray]]:
    """Return the connections of one pipe in their order, r and c by their registration ids."""

    def place(streams: tuple[bytearray, bytearray]) -> int:
        length = int.from_bytes(streams[0][:8], "little")
        packet = packet_from_bytes(streams[0][8 : 8 + length])
        return -1 if isinstance(packet, SpontaneousConnection) else packet.registration_id

    return sorted(recorded, key=place)


def record_store(directory: Path) -> None:
    """Let a client of torch's make requests, and write each with its answer."""
    server = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    relay = Relay(lambda data, _: data, server.port)
    client = TCPStore(
        "127.0.0.1",
        relay.port,
        is_master=False,
        wait_for_workers=False,
        timeout=timedelta(seconds=9),
    )
    requests: list[tuple[str, list[Any]]] = [
        ("set", ["key", "value"]),
        ("set", ["empty", ""]),
        ("compare_set", ["key", "value", "new"]),
        ("compare_set", ["key", "value", "newer"]),
        ("compare_set", ["token", "", "mine"]),
        ("get", ["key"]),
        ("add", ["counter", 5]),
        ("add", ["counter", -7]),
        ("get", ["counter"]),
        ("check", [["key", "token"]]),
        ("check", [["key", "absent"]]),
        ("wait", [["key", "token"]]),
        ("num_keys", []),
        ("delete_key", ["key"]),
        ("delete_key", ["key"]),
    ]
    time.sleep(REST)
    written, answered = relay.recorded[0]
    lines = [{"request": "", "arguments": [], "data": written.hex(), "answer": answered.hex()}]
    for name, arguments in requests:
        starts = len(written), len(answered)
        value = getattr(client, name)(*arguments)
        time.sleep(REST)
        line = {
            "request": name,
            "arguments": arguments,
            "data": written[starts[0] :].hex(),
            "answer": answered[starts[1] :].hex(),
            "value": value.decode() if isinstance(value, bytes) else value,
        }
        lines.append(line)
    write(directory / "store.jsonl", lines)


def write(path: Path, lines: list[Any]) -> None:
    """Write one line of JSON for each of `lines`."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    print(f"{path.name}: {path.stat().st_size} bytes")


def main() -> None:
    """Record into the directory that the command line names."""
    directory = Path(sys.argv[1])
    record_store(directory)
    record_pipes(directory)


if __name__ == "__main__":
    main()
