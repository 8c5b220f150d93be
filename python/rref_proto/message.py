"""MessageType and Message: the envelope, which knows how its parts travel but not what they mean.

A Message comes from two sides. From a class of rref.py it has a body, and becomes a generated
message when somebody needs one; from the wire it has a generated message, and rref.py makes a body
of it when somebody asks. Tensors are kept apart from both, as views of their memory.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from google.protobuf import json_format
from google.protobuf.message import DecodeError as ProtobufDecodeError
from google.protobuf.message import EncodeError as ProtobufEncodeError

from ._check import INT64, check_int, check_type
from ._wire import MAX_SIZE, check_size, cut, tag, varint
from .errors import DecodeError, EncodeError, RRefProtoError
from .tensor import Tensor
from .v1 import message_pb2, tensor_pb2

if TYPE_CHECKING:
    from typing_extensions import Buffer

TENSORS = message_pb2.Message.TENSORS_FIELD_NUMBER
DATA = tensor_pb2.Tensor.DATA_FIELD_NUMBER
TENSORS_TAG = tag(TENSORS)
DATA_TAG = tag(DATA)
# However a writer pads the tag of `tensors`, its first byte has these low bits and a continuation.
TENSORS_MARK = TENSORS_TAG[0]

REQUEST_TYPE = 0x100
RESPONSE_TYPE = 0x200


class MessageType(IntEnum):
    """libtorch's message types: a low byte, plus 0x100 for requests and 0x200 for responses.

    Source: the enum MessageType of message.proto; libtorch's MessageType.
    """

    SCRIPT_CALL = 0x100
    SCRIPT_RET = 0x201
    PYTHON_CALL = 0x102
    PYTHON_RET = 0x203
    SCRIPT_REMOTE_CALL = 0x104
    PYTHON_REMOTE_CALL = 0x105
    REMOTE_RET = 0x206
    SCRIPT_RREF_FETCH_CALL = 0x107
    PYTHON_RREF_FETCH_CALL = 0x108
    SCRIPT_RREF_FETCH_RET = 0x209
    PYTHON_RREF_FETCH_RET = 0x20A
    RREF_USER_DELETE = 0x10B
    RREF_FORK_REQUEST = 0x10C
    RREF_CHILD_ACCEPT = 0x10D
    RREF_ACK = 0x20E
    FORWARD_AUTOGRAD_REQ = 0x10F
    FORWARD_AUTOGRAD_RESP = 0x210
    BACKWARD_AUTOGRAD_REQ = 0x111
    BACKWARD_AUTOGRAD_RESP = 0x212
    CLEANUP_AUTOGRAD_CONTEXT_REQ = 0x113
    CLEANUP_AUTOGRAD_CONTEXT_RESP = 0x214
    RUN_WITH_PROFILING_REQ = 0x115
    RUN_WITH_PROFILING_RESP = 0x216
    RREF_BACKWARD_REQ = 0x117
    RREF_BACKWARD_RESP = 0x218
    EXCEPTION = 0x237
    UNKNOWN = 0x3C

    def __repr__(self) -> str:
        return f"MessageType.{self.name}"


# The type of a body is told by its field number, which is the type's low byte.
FIELD_OF_TYPE = {
    message_type: message_pb2.Message.DESCRIPTOR.fields_by_number[message_type & 0xFF].name
    for message_type in MessageType
    if message_type & 0xFF in message_pb2.Message.DESCRIPTOR.fields_by_number
}
TYPE_OF_FIELD = {field: message_type for message_type, field in FIELD_OF_TYPE.items()}


class Body(Protocol):
    """What Message needs to know of a class of rref.py."""

    _type: ClassVar[MessageType]

    def _fill(self, body: Any, indices: dict[int, int]) -> None:
        """Set all fields of `body`, a generated message; `indices` is of the tensor table."""

    def _serialize(self, message_id: int | None) -> bytes:
        """Serialize a Message of this body without tensors."""


class Message:
    """One message as an RPC agent sends it: a body, an id, tensors. Immutable.

    `toMessage()` of a class of rref.py makes one, `FromString` reads one, and the constructor
    takes a generated message, of which it keeps a copy. Equal messages are sent as equal bytes.
    The tensors share the memory that they were made of or read from, and change with it.

    Raises DecodeError where a tensor's data does not fit its sizes and dtype. What the body says
    is checked when `fromMessage` reads it, so that a proxy passes on what it does not know.
    Source: the message Message of message.proto; libtorch's Message.
    """

    __slots__ = ("_body", "_id", "_proto", "_tensors")

    # Where there is a body, it and `_id` are the message, and `_proto` is what was once made of
    # them, if anything; else `_proto` is the message. Tensors stand in `_tensors` alone.
    _body: Body | None
    _id: int | None
    _proto: message_pb2.Message | None
    _tensors: tuple[Tensor, ...]

    def __init__(self, proto: message_pb2.Message) -> None:
        check_type(proto, message_pb2.Message, "Message")
        self._body = self._id = None
        self._proto = message_pb2.Message()
        self._proto.CopyFrom(proto)
        tensors: list[Tensor] = []
        try:
            for tensor in self._proto.tensors:
                tensors.append(Tensor._read(tensor, tensor.data))  # noqa: PERF401
        except RRefProtoError as error:
            raise error.within(f"tensors[{len(tensors)}]") from None
        self._tensors = tuple(tensors)
        self._proto.ClearField("tensors")

    @classmethod
    def _of_proto(cls, proto: message_pb2.Message, tensors: tuple[Tensor, ...] = ()) -> Message:
        """Take over `proto`, which has no tensors of its own and which nobody else changes."""
        message: Message = _new(cls)
        message._body = message._id = None
        message._proto = proto
        message._tensors = tensors
        return message

    @property
    def type(self) -> MessageType:
        """The type, which the body tells; UNKNOWN where this version does not know the body."""
        if self._body is not None:
            return self._body._type
        return TYPE_OF_FIELD.get(self._as_proto().WhichOneof("body") or "", MessageType.UNKNOWN)

    @property
    def id(self) -> int | None:
        """What matches a response with its request, an int64; None where it is not set."""
        if self._body is not None or self._proto is None:
            return self._id
        return self._proto.id if self._proto.HasField("id") else None

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """The tensors that the body's values refer to by index."""
        return self._tensors

    @property
    def proto(self) -> message_pb2.Message:
        """The generated message, a copy of all that this one holds."""
        proto = message_pb2.Message()
        proto.CopyFrom(self._as_proto())
        for tensor in self._tensors:
            tensor._fill(proto.tensors.add())
        return proto

    def with_id(self, message_id: int | None) -> Message:
        """Return the same message with another id, or with none. Raises EncodeError, TypeError."""
        if message_id is not None:
            message_id = check_int(message_id, INT64, "Message.id")
        if self._body is not None:
            message: Message = _new(Message)
            message._body, message._tensors = self._body, self._tensors
            message._id, message._proto = message_id, None
            return message
        proto = message_pb2.Message()
        proto.CopyFrom(self._as_proto())
        if message_id is None:
            proto.ClearField("id")
        else:
            proto.id = message_id
        return Message._of_proto(proto, self._tensors)

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
        parts: list[Buffer] = [self._serialize_head()]
        size = len(parts[0])  # type: ignore[arg-type]
        for index, tensor in enumerate(self._tensors):
            head, tail = tensor._wire()
            if tensor.data:
                head += DATA_TAG + varint(len(tensor.data))
            length = len(head) + len(tensor.data) + len(tail)
            start = TENSORS_TAG + varint(length) + head
            check_size(length, f"tensors[{index}]")
            size += len(start) - len(head) + length
            parts += [start, tensor.data, tail]
        check_size(size, f"body and {len(self._tensors)} tensors")
        return [part for part in parts if part]

    def SerializeToString(self) -> bytes:
        """Return the wire bytes. Raises EncodeError for more than protobuf's 2 GiB in all."""
        return b"".join(self.to_parts()) if self._tensors else self._serialize_head()

    @classmethod
    def FromString(cls, buffer: Buffer) -> Message:
        """Read wire bytes: bytes, bytearray, memoryview, mmap, or anything else with a buffer.

        The tensors' data are views of `buffer`, never copies. Raises DecodeError where the bytes
        are no Message by the schema, TypeError for something without a buffer.
        """
        if type(buffer) is bytes and TENSORS_MARK not in buffer:
            message: Message = _new(cls)
            try:
                message._proto = _parse_message(buffer)
            except PARSE_ERRORS as error:
                raise _no_message(error) from None
            message._body = message._id = None
            message._tensors = ()
            return message
        try:
            view = memoryview(buffer)
        except TypeError:
            raise TypeError(
                f"Message: expected a bytes-like object, got {type(buffer).__name__}"
            ) from None
        if not view.c_contiguous:
            raise TypeError("Message: expected a C-contiguous buffer")
        tensors: list[Tensor] = []
        try:
            rest = cut(_flat(view), TENSORS, lambda encoded: tensors.append(_cut_tensor(encoded)))
            proto = _parse_message(rest)
        except RRefProtoError as error:
            raise error.within(f"tensors[{len(tensors)}]") from None
        except PARSE_ERRORS as error:
            raise _no_message(error) from None
        return cls._of_proto(proto, tuple(tensors))

    def to_json(self, indent: int | None = None) -> str:
        """Return protobuf's JSON mapping of the message; on one line unless `indent` is given."""
        return str(json_format.MessageToJson(self.proto, indent=indent))

    @classmethod
    def from_json(cls, text: str | bytes) -> Message:
        """Read protobuf's JSON mapping of a message. Raises DecodeError where it is none."""
        check_type(text, (str, bytes), "Message.from_json")
        try:
            decoded = text if isinstance(text, str) else text.decode()
            if not decoded.lstrip().startswith("{"):  # Parse takes an empty list as well
                raise DecodeError("expected a Message in protobuf's JSON, got no object")
            return cls(json_format.Parse(decoded, message_pb2.Message()))
        except RRefProtoError:
            raise
        # json and json_format raise all of these for one or another malformed document.
        except (json_format.Error, ValueError, TypeError, ArithmeticError, RecursionError) as error:
            raise DecodeError(f"expected a Message in protobuf's JSON: {error}") from None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return self is other or self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        if self._body is None:
            return f"Message.FromString({self.SerializeToString()!r})"
        numbered = "" if self._id is None else f".with_id({self._id})"
        return f"{self._body!r}.toMessage(){numbered}"

    def __reduce__(self) -> tuple[Callable[[bytes], Message], tuple[bytes]]:
        return Message.FromString, (self.SerializeToString(),)

    def _key(self) -> tuple[bytes, tuple[Tensor, ...]]:
        return self._serialize_head(), self._tensors

    def _serialize_head(self) -> bytes:
        """Serialize everything but the tensors."""
        try:
            if self._body is not None and not self._tensors and self._proto is None:
                return self._body._serialize(self._id)
            return self._as_proto().SerializeToString()
        except (ProtobufEncodeError, ValueError, MemoryError) as error:
            raise EncodeError(f"expected at most {MAX_SIZE} bytes: {error}", "body") from None

    def _as_proto(self) -> message_pb2.Message:
        """Return the generated message without tensors, made of the body at the first call."""
        if self._proto is None:
            proto = message_pb2.Message()
            if self._body is not None:
                body = getattr(proto, FIELD_OF_TYPE[self._body._type])
                body.SetInParent()
                indices = {id(tensor): index for index, tensor in enumerate(self._tensors)}
                self._body._fill(body, indices)
            if self._id is not None:
                proto.id = self._id
            self._proto = proto
        return self._proto


# Both of protobuf's backends for Python raise the first, the pure one the others as well.
PARSE_ERRORS = (ProtobufDecodeError, RecursionError, UnicodeDecodeError)

_new = object.__new__
_parse_message = message_pb2.Message.FromString


def _flat(view: memoryview) -> memoryview:
    return view.cast("B") if view.nbytes else memoryview(b"")


def _cut_tensor(encoded: memoryview) -> Tensor:
    data = [memoryview(b"")]  # of several occurrences the last one stands
    rest = cut(encoded, DATA, lambda content: data.__setitem__(0, content))
    return Tensor._of_wire(rest, data[0])


def _no_message(error: Exception) -> DecodeError:
    return DecodeError(f"expected the wire bytes of a Message: {error}")
