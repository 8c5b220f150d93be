"""The command `rref-proto ledger` on a recording of a million messages: time and memory."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from timing import Row, Table

from rref_proto import (
    ForkId,
    RecordedMessage,
    RemoteRet,
    RRefAck,
    RRefChildAccept,
    RRefForkRequest,
    RRefId,
    RRefUserDelete,
    write_recording,
)

MESSAGES = 1_000_000
OWNER, CREATOR, CHILD = 0, 1, 2


def conversation() -> Iterator[RecordedMessage]:
    """Yield ten messages for each RRef: it is created, passed on and dropped. One in 100 leaks."""
    ack = RRefAck().toMessage()
    for number in range(0, MESSAGES // 10 * 3, 3):
        rref_id = RRefId(CREATOR, number)
        fork, child = ForkId(CREATOR, number + 1), ForkId(CREATOR, number + 2)
        remote = RemoteRet(rref_id, fork).toMessage()
        request = RRefForkRequest(rref_id, child).toMessage()
        accept = RRefChildAccept(child).toMessage()
        drop, drop_child = (RRefUserDelete(rref_id, each).toMessage() for each in (fork, child))
        exchanges = [
            (CHILD, OWNER, request, 1),
            (CHILD, CREATOR, accept, 2),
            (CREATOR, OWNER, drop, 3),
            (CHILD, OWNER, drop_child if number % 300 else request, 4),
        ]
        base, moment = number * 10, number * 1_000_000
        yield RecordedMessage(moment, OWNER, CREATOR, remote.with_id(base))
        yield RecordedMessage(moment, OWNER, CREATOR, remote.with_id(base))
        for sender, receiver, message, offset in exchanges:
            yield RecordedMessage(moment, sender, receiver, message.with_id(base + offset))
            yield RecordedMessage(moment, receiver, sender, ack.with_id(base + offset))


def tables() -> Iterator[Table]:
    """Run the command in a new process and measure it."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "million.rref"
        with path.open("wb") as file:
            count = write_recording(file, conversation())
        start = time.perf_counter()
        command = [sys.executable, "-m", "rref_proto", "ledger", str(path)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    note = f"{count / seconds:,.0f} messages/s, peak memory {peak:.0f} MiB"
    yield Table(f"rref-proto ledger, {count:,} messages", [Row("whole process", seconds, note)])
