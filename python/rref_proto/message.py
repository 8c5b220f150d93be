"""Message: the envelope of every message.

A Message that `toMessage` made holds an object. One that came from the wire holds a generated
message. Each is made of the other when it is first needed. Tensors are kept apart from both, as
views of their memory. This module does not interpret the body.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from ._check import INT64_RANGE, check_int, check_type
from ._json import parse_json, to_json
from ._wire import (
    MAX_SIZE,
    PARSE_ERRORS,
    bytes_view,
    not_parsed,
    replace_field,
    serialize,
    tag,
    too_large,
    varint,
)
from .errors import RRefProtoError
from .message_type import REQUEST_TYPE, RESPONSE_TYPE, TYPE_OF_FIELD, MessageType
from .tensor import Tensor, TensorTable, table_of, take_data_out, tensor_to_parts
from .v1 import message_pb2

if TYPE_CHECKING:
    from typing_extensions import Buffer

_new = object.__new__
_parse_message = message_pb2.Message.FromString

TENSORS_FIELD = message_pb2.Message.TENSORS_FIELD_NUMBER
TENSORS_TAG = tag(TENSORS_FIELD)
# In bytes. Up to this size it takes less time to copy tensors than to make views of them.
LARGEST_COPIED = 4096
# The first byte of the tag, also where a writer makes the tag longer than it has to be.
TENSORS_MARK = TENSORS_TAG[0]


class Command(Protocol):
    """What Message needs to know of an object that it was made of: see RpcCommandBase."""

    message_type: ClassVar[MessageType]
    body_field: ClassVar[str]

    def _to_proto(self, body: Any, table: TensorTable) -> None:
        """Set every field of `body`, a new generated message of the class.

        `table` has the tensors of the message.
        """

    def serialize_message(self, message_id: int | None, tensors: tuple[Tensor, ...] = ()) -> bytes:
        """Serialize a Message of this object, but for its tensors, which are `tensors`."""


class Message:
    """One message as an RPC agent sends it: a body, an id, tensors. Immutable.

    `toMessage()` of a class such as RRefUserDelete makes one, `FromString` reads one, and the
    constructor takes a generated message, of which it keeps a copy. Equal messages are sent as
    equal bytes. The tensors share the memory that they were made of or read from, and change with
    it.

    Raises DecodeError where a tensor's data does not fit its sizes and dtype, or where the message
    is nested deeper than protobuf's parser allows. What the body says is checked when `fromMessage`
    reads it, so that a proxy passes on what it does not know.
    Source: the message Message of message.proto; libtorch's Message.
    """

    __slots__ = ("_command", "_id", "_proto", "_tensors")

    # Where there is a command, it and `_id` are the message, and `_proto` is what was once made of
    # them, if anything; else `_proto` is the message. Tensors are in `_tensors` alone.
    _command: Command | None
    _id: int | None
    _proto: message_pb2.Message | None
    _tensors: tuple[Tensor, ...]

    def __init__(self, proto: message_pb2.Message) -> None:
        check_type(proto, message_pb2.Message, "Message")
        self._command = self._id = None
        copy = message_pb2.Message()
        try:
            copy.CopyFrom(proto)
            self._tensors = _make_tensors(copy.tensors)
            copy.ClearField("tensors")
            # What is nested too deep for a parser could be sent, and nobody could read it.
            self._proto = _parse_message(serialize(copy))
        except PARSE_ERRORS as error:
            raise not_parsed("Message", error) from None

    @classmethod
    def _from_proto(cls, proto: message_pb2.Message, data: Sequence[Buffer] = ()) -> Message:
        """Take over `proto`, which nobody else changes; `data` is that of its tensors."""
        message: Message = _new(cls)
        message._command = message._id = None
        message._proto = proto
        message._tensors = _make_tensors(proto.tensors, data) if data else ()
        if data:
            proto.ClearField("tensors")
        return message

    @property
    def type(self) -> MessageType:
        """The type, which the body tells; UNKNOWN where this version does not know the body."""
        if self._command is not None:
            return self._command.message_type
        return TYPE_OF_FIELD.get(self._as_proto().WhichOneof("body") or "", MessageType.UNKNOWN)

    @property
    def id(self) -> int | None:
        """What matches a response with its request, an int64; None where it is not set."""
        if self._command is not None or self._proto is None:
            return self._id
        return self._proto.id if self._proto.HasField("id") else None

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """The tensors that the body's values refer to by index."""
        return self._tensors

    @property
    def proto(self) -> message_pb2.Message:
        """The generated message, a copy of all that this one holds."""
        proto = self._new_proto()
        for tensor in self._tensors:
            tensor._to_proto(proto.tensors.add())
        return proto

    def with_id(self, message_id: int | None) -> Message:
        """Return the same message with another id, or with none. Raises EncodeError, TypeError."""
        if message_id is not None:
            message_id = check_int(message_id, INT64_RANGE, "Message.id")
        if self._command is not None:
            message: Message = _new(Message)
            message._command, message._tensors = self._command, self._tensors
            message._id, message._proto = message_id, None
            return message
        proto = message_pb2.Message()
        proto.CopyFrom(self._as_proto())
        if message_id is None:
            proto.ClearField("id")
        else:
            proto.id = message_id
        message = Message._from_proto(proto)
        message._tensors = self._tensors
        return message

    def isRequest(self) -> bool:
        """Whether the type is that of a request."""
        return bool(self.type & REQUEST_TYPE)

    def isResponse(self) -> bool:
        """Whether the type is that of a response."""
        return bool(self.type & RESPONSE_TYPE)

    def to_parts(self) -> list[Buffer]:
        """Return buffers whose concatenation is `SerializeToString()`.

        The tensors' memory is among them as views, not copied; a sender writes them one by one.
        Raises EncodeError for more than protobuf's 2 GiB in all.
        """
        head = self._serialize_head()
        parts: list[Buffer] = [head] if head else []
        size = len(head)
        for index, tensor in enumerate(self._tensors):
            encoded = tensor_to_parts(tensor)
            length = sum(map(len, encoded))
            if length > MAX_SIZE:
                raise too_large(length, f"tensors[{index}]")
            start = TENSORS_TAG + varint(length)
            size += len(start) + length
            parts.append(start + encoded[0])
            parts += encoded[1:]
        if size > MAX_SIZE:
            raise too_large(size, f"body and {len(self._tensors)} tensors")
        return parts

    def SerializeToString(self) -> bytes:
        """Return the wire bytes. Raises EncodeError for more than protobuf's 2 GiB in all."""
        # Most messages of a job have an object and no tensors: one call less for them.
        if self._command is not None and not self._tensors:
            return self._command.serialize_message(self._id)
        return b"".join(self.to_parts())

    @classmethod
    def FromString(cls, buffer: Buffer) -> Message:
        """Read wire bytes: bytes, bytearray, memoryview, mmap, or anything else with a buffer.

        The tensors' data are views of `buffer`. Only of `bytes` of at most 4 KiB, which cannot
        change, they are copies. Raises DecodeError where the bytes are no Message by the schema,
        TypeError for something without a buffer.
        """
        if type(buffer) is not bytes or (len(buffer) > LARGEST_COPIED and TENSORS_MARK in buffer):
            return cls._from_large(bytes_view(buffer, "Message"))
        message: Message = _new(cls)
        try:
            proto = message._proto = _parse_message(buffer)
        except PARSE_ERRORS as error:
            raise not_parsed("Message", error) from None
        message._command = message._id = None
        message._tensors = ()
        if TENSORS_MARK in buffer and (tensors := proto.tensors[:]):
            message._tensors = _make_tensors(tensors)
            proto.ClearField("tensors")
        return message

    @classmethod
    def _from_large(cls, view: memoryview) -> Message:
        """Read wire bytes without copying the data of tensors."""
        data: list[memoryview] = []
        try:
            proto = _parse_message(take_tensors_data(view, data))
        except PARSE_ERRORS as error:
            raise not_parsed("Message", error) from None
        return cls._from_proto(proto, data)

    def to_json(self, indent: int | None = None) -> str:
        """Return protobuf's JSON mapping of the message; on one line unless `indent` is given."""
        return to_json(self.proto, indent)

    @classmethod
    def from_json(cls, text: str | bytes) -> Message:
        """Read protobuf's JSON mapping of a message. Raises DecodeError where it is none."""
        return cls(parse_json(text, message_pb2.Message(), "Message.from_json"))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return self is other or self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        if self._command is None:
            return f"Message.FromString({self.SerializeToString()!r})"
        numbered = "" if self._id is None else f".with_id({self._id})"
        return f"{self._command!r}.toMessage(){numbered}"

    def __reduce__(self) -> tuple[Callable[[bytes], Message], tuple[bytes]]:
        return Message.FromString, (self.SerializeToString(),)

    def _key(self) -> tuple[bytes, tuple[Tensor, ...]]:
        return self._serialize_head(), self._tensors

    def _serialize_head(self) -> bytes:
        """Serialize everything but the tensors."""
        if self._command is not None:
            return self._command.serialize_message(self._id, self._tensors)
        return serialize(self._as_proto())

    def _as_proto(self) -> message_pb2.Message:
        """Return the generated message without tensors, made of the command at the first call."""
        if self._proto is None:
            self._proto = self._new_proto()
        return self._proto

    def _new_proto(self) -> message_pb2.Message:
        """Return a new generated message without tensors."""
        proto = message_pb2.Message()
        if self._proto is not None:
            proto.CopyFrom(self._proto)
            return proto
        if self._command is not None:
            body = new_body(proto, self._command.body_field)
            self._command._to_proto(body, table_of(self._tensors))
        if self._id is not None:
            proto.id = self._id
        return proto


def take_tensors_data(encoded: memoryview, data: list[memoryview]) -> bytes:
    """Return the wire bytes of a Message whose tensors have no data, and append that to `data`.

    Raises DecodeError where the bytes end inside a field.
    """

    def take(tensor: memoryview) -> bytes:
        rest, content = take_data_out(tensor)
        data.append(content)
        return rest

    return replace_field(encoded, TENSORS_FIELD, take)


def _make_tensors(protos: Sequence[Any], data: Sequence[Buffer] = ()) -> tuple[Tensor, ...]:
    """Return the tensors of generated messages; `data` has what is in each, if they have not."""
    tensors: list[Tensor] = []
    try:
        for proto in protos:
            content = data[len(tensors)] if data else proto.data
            tensors.append(Tensor._from_proto(proto, content))
    except RRefProtoError as error:
        raise error.within(f"tensors[{len(tensors)}]") from None
    return tuple(tensors)


def message_of(command: Command) -> Message:
    """Return the message, which holds this object and has no id yet."""
    message: Message = _new(Message)
    message._command = command
    message._id = message._proto = None
    message._tensors = ()
    return message


def message_with_tensors(command: Command, tensors: tuple[Tensor, ...]) -> Message:
    """Return the message of `command`; `tensors` are those of its values, each of them once."""
    message = message_of(command)
    message._tensors = tensors
    return message


def command_of(message: Message) -> Command | None:
    """Return the object that `message` was made of; None where it came from the wire."""
    return message._command


def received_proto(message: Message) -> Any:
    """Return the generated message that a message from the wire holds, which nobody may change.

    Returns None for a message that was made of an object, and for anything else.
    """
    if isinstance(message, Message) and message._command is None:
        return message._proto
    return None


def new_body(proto: message_pb2.Message, field: str) -> Any:
    """Set the body of a generated message to one without fields, and return it."""
    body = getattr(proto, field)
    body.SetInParent()
    return body
