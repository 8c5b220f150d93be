"""Recordings: a stream of messages with time, sender and receiver. The files are `*.rref`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from ._check import WORKER_ID, check_int, check_type
from ._wire import MAX_SIZE, check_size, cut, read_varint, tag, varint
from .errors import DecodeError, RRefProtoError
from .message import PARSE_ERRORS, TENSORS_MARK, Message
from .v1 import recording_pb2

if TYPE_CHECKING:
    from typing_extensions import Buffer

SECOND = 1_000_000_000
# What a google.protobuf.Timestamp can hold: the years 1 to 9999.
TIME = (-62_135_596_800 * SECOND, 253_402_300_800 * SECOND - 1)
MESSAGE = recording_pb2.RecordedMessage.MESSAGE_FIELD_NUMBER
MESSAGE_TAG = tag(MESSAGE)
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class RecordedMessage:
    """One message as an observer saw it.

    `time` is in nanoseconds since the epoch, by the observer's clock; the worker ids are int16.
    Raises EncodeError for a number out of range.
    Source: the message RecordedMessage of recording.proto.
    """

    time: int
    from_worker_id: int
    to_worker_id: int
    message: Message

    def __post_init__(self) -> None:
        for name, limits in _LIMITS:
            number = check_int(getattr(self, name), limits, f"RecordedMessage.{name}")
            object.__setattr__(self, name, number)
        check_type(self.message, Message, "RecordedMessage.message")

    def to_parts(self) -> list[Buffer]:
        """Return buffers whose concatenation is the record, tensors as views of their memory.

        Raises EncodeError as `Message.to_parts` does.
        """
        message = self.message.to_parts()
        length = sum(map(len, message))  # type: ignore[arg-type]
        head = recording_pb2.RecordedMessage(
            from_worker_id=self.from_worker_id, to_worker_id=self.to_worker_id
        )
        head.time.seconds, head.time.nanos = divmod(self.time, SECOND)
        start = head.SerializeToString() + MESSAGE_TAG + varint(length)
        check_size(len(start) + length, "RecordedMessage")
        return [start, *message]


_LIMITS = (("time", TIME), ("from_worker_id", WORKER_ID), ("to_worker_id", WORKER_ID))


def write_recording(file: BinaryIO, records: Iterable[RecordedMessage]) -> int:
    """Append records to a binary file; return how many.

    Nothing of a record is written before all of it has been encoded. Raises EncodeError for a
    record that cannot be sent, TypeError for something else than a record.
    """
    count = 0
    for record in records:
        check_type(record, RecordedMessage, f"records[{count}]")
        parts = record.to_parts()
        length = varint(sum(map(len, parts)))  # type: ignore[arg-type]
        if len(parts) == 2:
            file.write(length + b"".join(parts))
        else:
            for part in (length, *parts):
                file.write(part)
        count += 1
    return count


def read_recording(file: BinaryIO | Buffer) -> Iterator[RecordedMessage]:
    """Read a recording record by record, from a binary file or from a buffer such as an mmap.

    A file is read in flat memory; tensors are views of what was read. Of a buffer nothing is
    copied: tensors are views of it.
    Raises DecodeError, saying in which record and at which byte, where a record is cut off or
    invalid; all records before it have been given by then.
    """
    try:
        source: _BufferSource | _FileSource = _BufferSource(memoryview(file))  # type: ignore[arg-type]
    except TypeError:
        source = _FileSource(file)  # type: ignore[arg-type]
    number = position = 0
    try:
        while (start := _read_length(source.read)) is not None:
            length, size = start
            yield _decode(source.read_exactly(length))
            number += 1
            position += size + length
    except RRefProtoError as error:
        place = f"record {number} at byte {position}"
        raise DecodeError(error.problem, error.within(place).where) from None


class _FileSource:
    """A binary file to read from."""

    def __init__(self, file: BinaryIO) -> None:
        self.read: Callable[[int], Buffer] = file.read

    def read_exactly(self, size: int) -> Buffer:
        """Read in pieces: a false size must not claim memory that is never filled."""
        pieces: list[Any] = []
        got = 0
        while got < size and (piece := self.read(min(size - got, CHUNK))):
            pieces.append(piece)
            got += len(pieces[-1])
        _check_whole(size, got)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class _BufferSource:
    """A buffer to read from, in views."""

    def __init__(self, view: memoryview) -> None:
        self.view = view.cast("B") if view.nbytes else memoryview(b"")
        self.position = 0

    def read(self, size: int) -> Buffer:
        start = self.position
        self.position += size
        return self.view[start : self.position]

    def read_exactly(self, size: int) -> Buffer:
        _check_whole(size, min(size, len(self.view) - self.position))
        return self.read(size)


def _check_whole(size: int, got: int) -> None:
    if got < size:
        raise DecodeError(f"expected a record of {size} bytes, got {got}: cut off")


def _read_length(read: Callable[[int], Any]) -> tuple[int, int] | None:
    """Read the varint before a record; return it and its own size, or None at the end."""
    prefix = bytearray()
    while byte := read(1):
        prefix += byte
        if prefix[-1] < 0x80 or len(prefix) == 10:
            break
    if not prefix:
        return None
    length, size = read_varint(memoryview(prefix), 0)
    if length > MAX_SIZE:
        raise DecodeError(f"expected a record of at most {MAX_SIZE} bytes, got {length}")
    return length, size


def _decode(encoded: Buffer) -> RecordedMessage:
    """Read one record."""
    try:
        if type(encoded) is bytes and TENSORS_MARK not in encoded:
            proto = recording_pb2.RecordedMessage.FromString(encoded)
            message = Message._of_proto(proto.message) if proto.HasField("message") else None
        else:
            contents: list[memoryview] = []
            rest = cut(memoryview(encoded), MESSAGE, contents.append)
            proto = recording_pb2.RecordedMessage.FromString(rest)
            # Several occurrences of a field that is not repeated are one message in pieces.
            whole = contents[0] if len(contents) == 1 else b"".join(contents)
            message = Message.FromString(whole) if contents else None
    except PARSE_ERRORS as error:
        raise DecodeError(f"expected a RecordedMessage: {error}") from None
    if message is None:
        raise DecodeError("expected a Message, found none", "message")
    seconds, nanos = proto.time.seconds, proto.time.nanos
    if not 0 <= nanos < SECOND:
        raise DecodeError(f"expected from 0 to {SECOND - 1} nanoseconds, got {nanos}", "time")
    time = seconds * SECOND + nanos
    return RecordedMessage(time, proto.from_worker_id, proto.to_worker_id, message)
