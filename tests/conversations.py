"""Records of messages between a few workers, for tests that need no captured conversation."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from rref_proto import (
    ForkId,
    RecordedMessage,
    RpcCommandBase,
    RRefAck,
    RRefId,
    RRefUserDelete,
    read_recording,
    write_recording,
)
from rref_proto.recording import Record

RREF, FORK = RRefId(0, 1), ForkId(0, 2)
DELETE = RRefUserDelete(RREF, FORK)
ACK = RRefAck()


def sent(
    time: int,
    command: RpcCommandBase = DELETE,
    number: int | None = None,
    route: tuple[int, int] = (0, 1),
    names: tuple[str, str] = ("", ""),
) -> RecordedMessage:
    """Record a command that one worker sends to another, in a message with the id `number`."""
    return RecordedMessage(time, *route, command.toMessage().with_id(number), *names)


def ack(time: int, number: int | None = None, route: tuple[int, int] = (1, 0)) -> RecordedMessage:
    """Record the answer to the request `number`."""
    return sent(time, ACK, number, route)


def in_bytes(recorded: Iterable[Record]) -> bytes:
    """Return the content of a file with these records."""
    file = io.BytesIO()
    write_recording(file, recorded)
    return file.getvalue()


def out_of_bytes(recording: bytes) -> list[Any]:
    """Return the records of a file, which are the same if they are read from a buffer."""
    from_file = list(read_recording(io.BytesIO(recording)))
    assert list(read_recording(recording)) == from_file
    return from_file
