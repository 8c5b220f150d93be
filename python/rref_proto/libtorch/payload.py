"""Messages as libtorch writes them: what its `toMessage` gives and its `fromMessage` takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from .._check import INT32, INT64, check_int, check_type
from ..errors import DecodeError, MessageTypeError, RRefProtoError
from ..ids import ForkId, RRefId
from ..ivalue import IValue
from ..message import Message
from ..rref import (
    CLASS_OF_TYPE,
    ForkMessageBase,
    PythonRRefFetchCall,
    RpcCommandBase,
    RRefAck,
    RRefChildAccept,
    RRefFetchRet,
    ScriptRRefFetchCall,
    fromMessage,
)
from ..tensor import Tensor
from .reader import read_tuple
from .writer import write_tuple

if TYPE_CHECKING:
    from typing_extensions import Buffer

Values = tuple[IValue, ...]
NO_ID = -1


@dataclass(frozen=True, slots=True)
class NativeMessage:
    """What libtorch's Message holds: a MessageType, a pickle, tensors, and an id or -1.

    Raises EncodeError for numbers out of range, TypeError for values of other types.
    Source: libtorch's Message (torch/csrc/distributed/rpc/message.h).
    """

    type: int
    payload: bytes
    tensors: tuple[Tensor, ...] = ()
    id: int = NO_ID

    def __post_init__(self) -> None:
        check_int(self.type, INT32, "NativeMessage.type")
        check_type(self.payload, bytes, "NativeMessage.payload")
        for tensor in self.tensors:
            check_type(tensor, Tensor, "NativeMessage.tensors")
        check_int(self.id, INT64, "NativeMessage.id")


class _Shape(NamedTuple):
    """How the classes of one shape stand in a payload, as a tuple of values."""

    # How many values the tuple has; None: the class says.
    length: int | None
    # Whether libtorch's sender holds the values while it pickles them.
    held: bool
    values: Callable[[Any], Values]
    # Make an object of the class of the values.
    make: Callable[[Any, Values], RpcCommandBase]


def _read_from(value: IValue) -> int:
    if value.kind != "int_value":
        raise DecodeError(f"expected a worker id, got {value.type}", "from_worker_id")
    return int(value.value)


_FETCH_CALL = _Shape(
    2,
    False,
    lambda call: (call.rref_id.toIValue(), IValue("int_value", call.from_worker_id)),
    lambda cls, values: cls(_read_from(values[1]), RRefId.fromIValue(values[0])),
)

SHAPES: dict[type[RpcCommandBase], _Shape] = {
    ForkMessageBase: _Shape(
        2,
        True,
        lambda message: (message.rref_id.toIValue(), message.fork_id.toIValue()),
        lambda cls, values: cls(RRefId.fromIValue(values[0]), ForkId.fromIValue(values[1])),
    ),
    ScriptRRefFetchCall: _FETCH_CALL,
    PythonRRefFetchCall: _FETCH_CALL,
    RRefChildAccept: _Shape(
        1,
        True,
        lambda message: (message.fork_id.toIValue(),),
        lambda cls, values: cls(ForkId.fromIValue(values[0])),
    ),
    RRefFetchRet: _Shape(None, True, lambda ret: ret.values(), lambda cls, values: cls(values)),
}


def to_payload(message: Message) -> NativeMessage:
    """Return what libtorch's own class would give for the message, byte for byte.

    An object that stands in several places of a value is written once and referred to, as libtorch
    does. Raises MessageTypeError for a message outside the RRef protocol, DecodeError as
    `fromMessage` does, TypeError for something else than a Message.
    """
    check_type(message, Message, "to_payload")
    command = fromMessage(message)
    message_id = NO_ID if message.id is None else message.id
    if isinstance(command, RRefAck):
        return NativeMessage(command._type, b"", (), message_id)
    shape = _shape_of(type(command))
    payload, tensors = write_tuple(shape.values(command), shape.held)
    return NativeMessage(command._type, payload, tensors, message_id)


def from_payload(
    type: int, payload: Buffer, tensors: Sequence[Tensor] = (), id: int | None = None
) -> Message:
    """Read what libtorch's `toMessage` gave: a MessageType, a payload, the table of tensors.

    `id` is the message's, -1 or None where it has none. The payload is not unpickled: a reader for
    the opcodes that libtorch writes reads it, and imports nothing. Bytes after its end are
    ignored, as libtorch does.
    Raises MessageTypeError for a type outside the RRef protocol, DecodeError for a payload that
    libtorch would not have written, TypeError for arguments of other types.
    """
    check_type(type, int, "type")
    cls = CLASS_OF_TYPE.get(type)  # type: ignore[call-overload]
    if cls is None:
        raise MessageTypeError(f"expected a type of the RRef protocol, got {type:#x}", "type")
    for tensor in tensors:
        check_type(tensor, Tensor, "tensors")
    command = RRefAck() if cls is RRefAck else _read(cls, memoryview(payload).tobytes(), tensors)
    message = command.toMessage()
    return message if id is None or id == NO_ID else message.with_id(id)


def _read(cls: Any, payload: bytes, tensors: Sequence[Tensor]) -> RpcCommandBase:
    shape = _shape_of(cls)
    values = read_tuple(payload, tensors)
    try:
        if shape.length is not None and len(values) != shape.length:
            raise DecodeError(f"expected a tuple of {shape.length} values, got {len(values)}")
        return shape.make(cls, values)
    except RRefProtoError as error:
        raise DecodeError(error.problem, error.within(cls.__name__).where) from None


def _shape_of(cls: Any) -> _Shape:
    return next(SHAPES[base] for base in cls.__mro__ if base in SHAPES)
