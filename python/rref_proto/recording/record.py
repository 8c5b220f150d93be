"""RecordedMessage: one message with its time, its sender and its receiver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .._check import WORKER_ID_RANGE, check_int, check_items, check_str, check_type
from .._json import to_json
from .._wire import MAX_SIZE, read_repeated, tag, too_large, unknown_fields, varint
from ..errors import EncodeError, RRefProtoError
from ..ivalue import RRefForkData
from ..libtorch import from_payload
from ..message import Message
from ..message_type import REQUEST_TYPE, RESPONSE_TYPE
from ..native import NativeMessage, native_id
from ..v1 import recording_pb2
from .omitted import OmittedValue
from .timestamp import TIMESTAMP_RANGE, read_timestamp, set_timestamp

if TYPE_CHECKING:
    from typing_extensions import Buffer

MESSAGE_TAG = tag(recording_pb2.RecordedMessage.MESSAGE_FIELD_NUMBER)
NATIVE_TAG = tag(recording_pb2.RecordedMessage.NATIVE_MESSAGE_FIELD_NUMBER)


@dataclass(frozen=True, slots=True)
class RecordedMessage:
    """One message as an observer saw it.

    `time` is in nanoseconds since the epoch, by the observer's clock; the worker ids are int16;
    the names are empty where the observer did not know them. `native_message` is what libtorch
    wrote, where the observer did not read it: `message` has no body then. `read_recording` makes
    `message` of it, unless it cannot be read or its values were left out. `omitted_values`
    describes the values of a message that has none, and `passed_rrefs` are the forks that were
    inside them, all of them unless `passed_rrefs_unknown`: see `omit_values`.
    Fields of a later version are kept, but not those inside `passed_rrefs` and the time; neither
    repr nor dataclasses.replace has them.
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
    passed_rrefs: tuple[RRefForkData, ...] = ()
    passed_rrefs_unknown: bool = False
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
        for name, expected in _REPEATED:
            items = getattr(self, name)
            if items or type(items) is not tuple:
                items = check_items(items, f"RecordedMessage.{name}", expected)
                object.__setattr__(self, name, items)
        check_type(self.passed_rrefs_unknown, bool, "RecordedMessage.passed_rrefs_unknown")

    @property
    def is_request(self) -> bool:
        """Whether the message is a request, also one that could not be read."""
        return bool(self._type & REQUEST_TYPE)

    @property
    def is_response(self) -> bool:
        """Whether the message is a response, also one that could not be read."""
        return bool(self._type & RESPONSE_TYPE)

    @property
    def _type(self) -> int:
        return self.message.type if self.native_message is None else self.native_message.type

    def to_parts(self) -> list[Buffer]:
        """Return buffers whose concatenation is the record, tensors as views of their memory.

        Raises EncodeError as `Message.to_parts` does.
        """
        message = self.message.to_parts()
        length = sum(map(len, message))  # type: ignore[arg-type]
        head, tail = self._fields_around_message()
        head += MESSAGE_TAG + varint(length)
        size = len(head) + length + len(tail)
        if size > MAX_SIZE:
            raise too_large(size, "RecordedMessage")
        return [part for part in (head, *message, tail) if part]

    @property
    def proto(self) -> recording_pb2.RecordedMessage:
        """The generated message, a copy of all that this one holds."""
        proto = recording_pb2.RecordedMessage.FromString(b"".join(self._fields_around_message()))
        proto.message.CopyFrom(self.message.proto)
        return proto

    def to_json(self, indent: int | None = None) -> str:
        """Return protobuf's JSON mapping of the record; on one line unless `indent` is given."""
        return to_json(self.proto, indent)

    def _fields_around_message(self) -> tuple[bytes, bytes]:
        """Serialize the fields before `message`, and those after it."""
        head = recording_pb2.RecordedMessage(
            from_worker_id=self.from_worker_id, to_worker_id=self.to_worker_id
        )
        set_timestamp(head.time, self.time)
        tail = recording_pb2.RecordedMessage(
            from_worker_name=self.from_worker_name,
            to_worker_name=self.to_worker_name,
            passed_rrefs_unknown=self.passed_rrefs_unknown,
        )
        for value in self.omitted_values:
            value._to_proto(tail.omitted_values.add())
        for rref in self.passed_rrefs:
            rref._to_proto(tail.passed_rrefs.add())
        if self.native_message is not None:
            self.native_message._to_proto(tail.native_message)
        return head.SerializeToString(), tail.SerializeToString() + self._unknown

    @classmethod
    def _from_proto(
        cls, proto: recording_pb2.RecordedMessage, data: Sequence[Buffer]
    ) -> RecordedMessage:
        """Take over a generated record; `data` is that of its message's tensors."""
        message = Message._from_proto(proto.message, data)
        time = read_timestamp(proto.time)
        native, later = None, unknown_fields(proto)
        if proto.HasField("native_message"):
            later += _later_fields_of_native(proto)
            native = _native_from_proto(proto, message.id)
            if (read := _read_native(native, message, proto)) is not None:
                native, message = None, read
        record = cls(
            time,
            proto.from_worker_id,
            proto.to_worker_id,
            message,
            proto.from_worker_name,
            proto.to_worker_name,
            native,
            read_repeated(OmittedValue._from_proto, proto.omitted_values, "omitted_values"),
            read_repeated(RRefForkData._from_proto, proto.passed_rrefs, "passed_rrefs"),
            proto.passed_rrefs_unknown,
        )
        if later:
            object.__setattr__(record, "_unknown", later)
        return record


_REPEATED = (("omitted_values", OmittedValue), ("passed_rrefs", RRefForkData))
_RANGES = (
    ("time", TIMESTAMP_RANGE),
    ("from_worker_id", WORKER_ID_RANGE),
    ("to_worker_id", WORKER_ID_RANGE),
)


def _native_from_proto(
    proto: recording_pb2.RecordedMessage, message_id: int | None
) -> NativeMessage:
    try:
        return NativeMessage._from_proto(proto.native_message, message_id)
    except RRefProtoError as error:
        raise error.within("native_message") from None


def _read_native(
    native: NativeMessage, message: Message, proto: recording_pb2.RecordedMessage
) -> Message | None:
    """Return what libtorch wrote as the schema's message; None where something would be lost."""
    if proto.omitted_values or unknown_fields(proto.native_message):
        return None
    if message.with_id(None).SerializeToString():
        return None
    try:
        return from_payload(native.type, native.payload, native.tensors).with_id(message.id)
    except RRefProtoError:
        return None


def _later_fields_of_native(proto: recording_pb2.RecordedMessage) -> bytes:
    """Return the fields of a later version inside `native_message`, as a piece of that message.

    A parser makes one message of the pieces of a field that is not repeated.
    """
    later = unknown_fields(proto.native_message)
    return NATIVE_TAG + varint(len(later)) + later if later else b""
