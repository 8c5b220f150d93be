"""Recordings: a stream of messages with time, sender and receiver. The files are `*.rref`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from google.protobuf.unknown_fields import UnknownFieldSet

from .._check import INT64, WORKER_ID, check_int, check_str, check_type
from .._wire import MAX_SIZE, check_size, cut, read_varint, tag, varint
from ..errors import DecodeError, EncodeError, RRefProtoError
from ..ivalue import IValue, collect_tensors
from ..libtorch import NO_ID, NativeMessage
from ..message import FIELD_OF_TYPE, PARSE_ERRORS, TENSORS_MARK, Message
from ..rref import FETCH_RETURNS, RRefFetchRet, fromMessage
from ..tensor import Tensor
from ..v1 import message_pb2, recording_pb2

if TYPE_CHECKING:
    from typing_extensions import Buffer

SECOND = 1_000_000_000
# What a google.protobuf.Timestamp can hold: the years 1 to 9999.
TIME = (-62_135_596_800 * SECOND, 253_402_300_800 * SECOND - 1)
MESSAGE = recording_pb2.RecordedMessage.MESSAGE_FIELD_NUMBER
MESSAGE_TAG = tag(MESSAGE)
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class OmittedValue:
    """What is said of a value that a recording leaves out: its annotation and its size in bytes.

    Source: the message OmittedValue of recording.proto.
    """

    type: str
    byte_size: int

    def __post_init__(self) -> None:
        check_str(self.type, "OmittedValue.type")
        check_int(self.byte_size, (0, INT64[1]), "OmittedValue.byte_size")


@dataclass(frozen=True, slots=True)
class RecordedMessage:
    """One message as an observer saw it.

    `time` is in nanoseconds since the epoch, by the observer's clock; the worker ids are int16;
    the names are empty where the observer did not know them. `native_message` is what libtorch
    wrote where the observer could not read it: `message` has no body then. `omitted_values`
    describes the values of a fetch return that has none, see `omit_values`.
    Raises EncodeError for a number out of range.
    Source: the message RecordedMessage of recording.proto.
    """

    time: int
    from_worker_id: int
    to_worker_id: int
    message: Message
    from_worker_name: str = ""
    to_worker_name: str = ""
    native_message: NativeMessage | None = None
    omitted_values: tuple[OmittedValue, ...] = ()
    # Fields of a later version, as they were read.
    _unknown: bytes = field(default=b"", init=False, repr=False)

    def __post_init__(self) -> None:
        for name, limits in _LIMITS:
            number = getattr(self, name)
            if type(number) is not int or not limits[0] <= number <= limits[1]:
                number = check_int(number, limits, f"RecordedMessage.{name}")
                object.__setattr__(self, name, number)
        check_type(self.message, Message, "RecordedMessage.message")
        if self.from_worker_name or self.to_worker_name:
            check_str(self.from_worker_name, "RecordedMessage.from_worker_name")
            check_str(self.to_worker_name, "RecordedMessage.to_worker_name")
        if self.native_message is not None:
            check_type(self.native_message, NativeMessage, "RecordedMessage.native_message")
            if self.native_message.id != (NO_ID if self.message.id is None else self.message.id):
                raise EncodeError(
                    "expected the id of the message", "RecordedMessage.native_message"
                )
        for value in self.omitted_values:
            check_type(value, OmittedValue, "RecordedMessage.omitted_values")

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
        end = self._tail().SerializeToString() + self._unknown
        check_size(len(start) + length + len(end), "RecordedMessage")
        return [part for part in (start, *message, end) if part]

    def _tail(self) -> recording_pb2.RecordedMessage:
        """Return the fields that come after the message."""
        tail = recording_pb2.RecordedMessage(
            from_worker_name=self.from_worker_name, to_worker_name=self.to_worker_name
        )
        for value in self.omitted_values:
            tail.omitted_values.add(type=value.type, byte_size=value.byte_size)
        if self.native_message is not None:
            native = tail.native_message
            native.type, native.payload = self.native_message.type, self.native_message.payload
            for tensor in self.native_message.tensors:
                tensor._fill(native.tensors.add())
        return tail


_LIMITS = (("time", TIME), ("from_worker_id", WORKER_ID), ("to_worker_id", WORKER_ID))


def omit_values(message: Message) -> tuple[Message, tuple[OmittedValue, ...]]:
    """Take the values out of a fetch return: return it without them, and what they were.

    Other messages come back as they are. Raises DecodeError as `fromMessage` does.
    """
    check_type(message, Message, "omit_values")
    if message.type not in FETCH_RETURNS:
        return message, ()
    command = fromMessage(message)
    assert isinstance(command, RRefFetchRet)  # noqa: S101 - tells the type checker what it is
    proto = message_pb2.Message(id=message.id)
    getattr(proto, FIELD_OF_TYPE[message.type]).SetInParent()
    return Message(proto), tuple(map(_describe, command.values()))


def _describe(value: IValue) -> OmittedValue:
    tensors = collect_tensors([value])
    return OmittedValue(value.type, value._weight + sum(len(tensor.data) for tensor in tensors))


def write_recording(file: IO[bytes], records: Iterable[RecordedMessage]) -> int:
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
            file.writelines((length, *parts))
        count += 1
    return count


def read_recording(file: IO[bytes] | Buffer) -> Iterator[RecordedMessage]:
    """Read a recording record by record, from a binary file or from a buffer such as an mmap.

    A file is read in flat memory; tensors are views of what was read. Of a buffer nothing is
    copied: tensors are views of it.
    Raises DecodeError, saying in which record and at which byte, where a record is cut off or
    invalid; all records before it have been given by then.
    """
    try:
        source: _BufferSource | _FileSource = _BufferSource(memoryview(file))  # type: ignore[arg-type]
    except TypeError:
        if not hasattr(file, "read"):
            raise TypeError(
                f"expected a binary file or a bytes-like object, got {type(file).__name__}"
            ) from None
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

    def __init__(self, file: IO[bytes]) -> None:
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
    worker_ids = proto.from_worker_id, proto.to_worker_id
    names = proto.from_worker_name, proto.to_worker_name
    record = RecordedMessage(time, *worker_ids, message, *names, *_decode_extras(proto, message))
    if len(UnknownFieldSet(proto)):
        unknown = recording_pb2.RecordedMessage()
        unknown.CopyFrom(proto)
        for known in unknown.DESCRIPTOR.fields:
            unknown.ClearField(known.name)
        object.__setattr__(record, "_unknown", unknown.SerializeToString())
    return record


def _decode_extras(
    proto: recording_pb2.RecordedMessage, message: Message
) -> tuple[NativeMessage | None, tuple[OmittedValue, ...]]:
    native = None
    if proto.HasField("native_message"):
        encoded = proto.native_message
        tensors = tuple(Tensor._read(tensor, tensor.data) for tensor in encoded.tensors)
        message_id = NO_ID if message.id is None else message.id
        native = NativeMessage(encoded.type, encoded.payload, tensors, message_id)
    return native, tuple(
        OmittedValue(value.type, value.byte_size) for value in proto.omitted_values
    )
