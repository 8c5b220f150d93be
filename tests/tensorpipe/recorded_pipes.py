"""The recorded pipes of tests/data/tensorpipe, cut into messages without help of the pipe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rref_proto.tensorpipe.packets import (
    BrochureAnswer,
    Descriptor,
    SpontaneousConnection,
    packet_from_bytes,
)

DATA = Path(__file__).parent.parent / "data" / "tensorpipe"
SERVERS = ("w0", "w1")


class Recorded(NamedTuple):
    """What one side of a pipe wrote: to each connection, as messages, and before them."""

    streams: dict[str, bytes]
    opening: dict[str, bytes]
    messages: list[tuple[bytes, bytes]]  # what is on d, and on c


class Session(NamedTuple):
    """One pipe."""

    client_name: str
    answer: BrochureAnswer
    client: Recorded
    server: Recorded


@cache
def session(server: str) -> Session:
    """Return the pipe to a server."""
    lines = (DATA / "pipes.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["server"] == server]
    client, answered = (
        {row["connection"]: bytes.fromhex(row[side]) for row in rows}
        for side in ("client", "answered")
    )
    packet = packet_from_bytes(next(frames(client["d"]))[8:])
    assert isinstance(packet, SpontaneousConnection)
    return Session(
        packet.context_name,
        BrochureAnswer.from_bytes(next(frames(answered["d"]))[8:]),
        _recorded(client, {"d": 2, "r": 1, "c": 1}),
        _recorded(answered, {"d": 1, "r": 0, "c": 0}),
    )


def frames(data: bytes) -> Iterator[bytes]:
    """Yield the frames, each with its length."""
    position = 0
    while position < len(data):
        end = position + 8 + int.from_bytes(data[position : position + 8], "little")
        yield data[position:end]
        position = end


def _recorded(streams: dict[str, bytes], frames_before: dict[str, int]) -> Recorded:
    left = {name: frames(data) for name, data in streams.items()}
    opening = {
        name: b"".join(next(left[name]) for _ in range(count))
        for name, count in frames_before.items()
    }
    messages = []
    for first in left["d"]:
        descriptor = Descriptor.from_bytes(first[8:])
        message = first + b"".join(next(left["d"]) for _ in descriptor.payloads)
        tensors = b"".join(next(left["c"]) for each in descriptor.tensors if each.length)
        messages.append((message, tensors))
    assert not list(left["c"])
    return Recorded(streams, opening, messages)
