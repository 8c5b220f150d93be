"""RecordedMessage: one message with its time, its sender and its receiver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from google.protobuf import json_format

from .._check import WORKER_ID_RANGE, check_int, check_items, check_str, check_type
from .._wire import PARSE_ERRORS, check_size, not_parsed, replace_field, tag, unknown_fields, varint
from ..errors import DecodeError, EncodeError
from ..message import TENSORS_MARK, Message, take_tensors_data
from ..native import NativeMessage, native_id
from ..v1 import recording_pb2
from .omitted import OmittedValue

if TYPE_CHECKING:
    from typing_extensions import Buffer

# In nanoseconds.
SECOND = 1_000_000_000
# What a google.protobuf.Timestamp can hold: the years 1 to 9999.
TIMESTAMP_RANGE = (-62_135_596_800 * SECOND, 253_402_300_800 * SECOND - 1)
MESSAGE_FIELD = recording_pb2.RecordedMessage.MESSAGE_FIELD_NUMBER
MESSAGE_TAG = tag(MESSAGE_FIELD)


@dataclass(frozen=True, slots=True)
class RecordedMessage:
    """One message as an observer saw it.

    `time` is in nanoseconds since the epoch, by the observer's clock; the worker ids are int16;
    the names are empty where the observer did not know them. `native_message` is what libtorch
    wrote where the observer could not read it: `message` has no body then. `omitted_values`
    describes the values of a fetch return that has none, see `omit_values`. Fields of a later
    version are kept, but neither repr nor dataclasses.replace has them.
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
        for name, limits in _RANGES:
            number = getattr(self, name)
            if type(number) is not int or not limits[0] <= number <= limits[1]:
                number = check_int(number, limits, f"RecordedMessage.{name}")
                object.__setattr__(self, name, number)
        check_type(self.message, Message, "RecordedMessage.message")
        for name in ("from_worker_name", "to_worker_name"):
            text = getattr(self, name)
            if text or type(text) is not str:
                text = check_str(text, f"RecordedMessage.{name}")
                object.__setattr__(self, name, text)
        if self.native_message is not None:
            check_type(self.native_message, NativeMessage, "RecordedMessage.native_message")
            if self.native_message.id != native_id(self.message.id):
                raise EncodeError(
                    "expected the id of the message", "RecordedMessage.native_message"
                )
        if self.omitted_values or type(self.omitted_values) is not tuple:
            omitted = check_items(
                self.omitted_values, "RecordedMessage.omitted_values", OmittedValue
            )
            object.__setattr__(self, "omitted_values", omitted)

    def to_parts(self) -> list[Buffer]:
        """Return buffers whose concatenation is the record, tensors as views of their memory.

        Raises EncodeError as `Message.to_parts` does.
        """
        message = self.message.to_parts()
        length = sum(map(len, message))  # type: ignore[arg-type]
        head, tail = self._fields_around_message()
        head += MESSAGE_TAG + varint(length)
        check_size(len(head) + length + len(tail), "RecordedMessage")
        return [part for part in (head, *message, tail) if part]

    @property
    def proto(self) -> recording_pb2.RecordedMessage:
        """The generated message, a copy of all that this one holds."""
        proto = recording_pb2.RecordedMessage.FromString(b"".join(self._fields_around_message()))
        proto.message.CopyFrom(self.message.proto)
        return proto

    def to_json(self, indent: int | None = None) -> str:
        """Return protobuf's JSON mapping of the record; on one line unless `indent` is given."""
        return str(json_format.MessageToJson(self.proto, indent=indent))

    def _fields_around_message(self) -> tuple[bytes, bytes]:
        """Serialize the fields before `message`, and those after it."""
        head = recording_pb2.RecordedMessage(
            from_worker_id=self.from_worker_id, to_worker_id=self.to_worker_id
        )
        head.time.seconds, head.time.nanos = divmod(self.time, SECOND)
        tail = recording_pb2.RecordedMessage(
            from_worker_name=self.from_worker_name, to_worker_name=self.to_worker_name
        )
        for value in self.omitted_values:
            value._to_proto(tail.omitted_values.add())
        if self.native_message is not None:
            self.native_message._to_proto(tail.native_message)
        return head.SerializeToString(), tail.SerializeToString() + self._unknown

    @classmethod
    def _from_proto(
        cls, proto: recording_pb2.RecordedMessage, data: Sequence[Buffer]
    ) -> RecordedMessage:
        """Take over a generated record; `data` is that of its message's tensors."""
        message = Message._from_proto(proto.message, data)
        seconds, nanos = proto.time.seconds, proto.time.nanos
        if not 0 <= nanos < SECOND:
            raise DecodeError(f"expected from 0 to {SECOND - 1} nanoseconds, got {nanos}", "time")
        native = None
        if proto.HasField("native_message"):
            native = NativeMessage._from_proto(proto.native_message, message.id)
        record = cls(
            seconds * SECOND + nanos,
            proto.from_worker_id,
            proto.to_worker_id,
            message,
            proto.from_worker_name,
            proto.to_worker_name,
            native,
            tuple(map(OmittedValue._from_proto, proto.omitted_values)),
        )
        if later := _later_fields(proto):
            object.__setattr__(record, "_unknown", later)
        return record


_PARTS: tuple[tuple[Literal["time", "native_message"], bytes], ...] = (
    ("time", tag(recording_pb2.RecordedMessage.TIME_FIELD_NUMBER)),
    ("native_message", tag(recording_pb2.RecordedMessage.NATIVE_MESSAGE_FIELD_NUMBER)),
)
_RANGES = (
    ("time", TIMESTAMP_RANGE),
    ("from_worker_id", WORKER_ID_RANGE),
    ("to_worker_id", WORKER_ID_RANGE),
)


def _later_fields(proto: recording_pb2.RecordedMessage) -> bytes:
    """Return the fields of a later version, those inside its parts included.

    A part that is there once may come in pieces, of which a parser makes one.
    """
    later = unknown_fields(proto)
    for name, part_tag in _PARTS:
        if proto.HasField(name) and (inside := unknown_fields(getattr(proto, name))):
            later += part_tag + varint(len(inside)) + inside
    return later


def record_from_wire(encoded: Buffer) -> RecordedMessage:
    """Read the wire bytes of one record; tensors are views of them.

    Raises DecodeError, or EncodeError for a value out of range, where they are no RecordedMessage.
    """
    data: list[memoryview] = []
    if type(encoded) is not bytes or TENSORS_MARK in encoded:
        encoded = replace_field(
            memoryview(encoded), MESSAGE_FIELD, lambda message: take_tensors_data(message, data)
        )
    try:
        proto = recording_pb2.RecordedMessage.FromString(encoded)
    except PARSE_ERRORS as error:
        raise not_parsed("RecordedMessage", error) from None
    if not proto.HasField("message"):
        raise DecodeError("expected a Message, found none", "message")
    return RecordedMessage._from_proto(proto, data)
