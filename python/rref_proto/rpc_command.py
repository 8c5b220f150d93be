"""RpcCommandBase, and the ways between an object and its Message."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple, TypeVar

from ._check import check_type
from ._wire import serialize
from .errors import MessageTypeError, RRefProtoError
from .message import (
    Message,
    command_of,
    message_of,
    new_body,
    received_proto,
)
from .message_type import TYPE_OF_FIELD, MessageType
from .tensor import Tensor, TensorTable, table_of
from .v1 import message_pb2

_Command = TypeVar("_Command", bound="RpcCommandBase")


class RpcCommandBase:
    """Base of everything that becomes a Message.

    Only a class that has a message of its own has `message_type` and `body_field`: `define_bodies`
    sets them. The others are bases and cannot be built.
    Source: libtorch's RpcCommandBase (torch/csrc/distributed/rpc/rpc_command_base.h).
    """

    __slots__ = ()

    message_type: ClassVar[MessageType]
    body_field: ClassVar[str]

    def __init__(self, *_: Any, **__: Any) -> None:
        raise base_class_error(type(self))

    # The function itself: to call it from a method would cost a call more.
    toMessage = message_of  # noqa: N815 - libtorch's name

    @classmethod
    def fromMessage(cls: type[_Command], message: Message) -> _Command:
        """Return the object that `message` holds.

        Raises MessageTypeError where the message is of another type, DecodeError where a field is
        missing or out of range.
        """
        field = getattr(cls, "body_field", "")
        proto = received_proto(message)
        if not field or proto is None or not proto.HasField(field):
            return cls._from_other_message(message)
        try:
            return cls._from_proto(getattr(proto, field), message.tensors)
        except RRefProtoError as error:
            raise error.as_decode_error(field) from None

    @classmethod
    def _from_other_message(cls: type[_Command], message: Message) -> _Command:
        """Return the object of a message that was made of one, or that is of another type."""
        check_type(message, Message, f"{cls.__name__}.fromMessage")
        if not hasattr(cls, "body_field"):  # a base takes any of its classes
            found = fromMessage(message)
            if isinstance(found, cls):
                return found
            raise MessageTypeError(f"expected a {cls.__name__}, got {message.type.name}")
        if message.type is not cls.message_type:
            raise MessageTypeError(f"expected {cls.message_type.name}, got {message.type.name}")
        command = command_of(message)
        if isinstance(command, cls):
            return command
        # An object of this type, but of another class.
        raise MessageTypeError(f"expected a {cls.__name__}, got a {type(command).__name__}")

    @classmethod
    def _from_proto(cls: type[_Command], body: Any, tensors: tuple[Tensor, ...]) -> _Command:
        """Make an object of `body`, the generated message of the class."""
        raise NotImplementedError

    def _to_proto(self, body: Any, table: TensorTable) -> None:
        """Set every field of `body`, a new generated message of the class: see message.Command."""
        raise NotImplementedError

    def serialize_message(self, message_id: int | None, tensors: tuple[Tensor, ...] = ()) -> bytes:
        """Serialize a Message of this object, but for its tensors, which are `tensors`."""
        proto = message_pb2.Message(id=message_id)
        self._to_proto(new_body(proto, self.body_field), table_of(tensors))
        return serialize(proto)


class Body(NamedTuple):
    """What belongs together: a type, its field in Message.body, and the class of the message."""

    message_type: MessageType
    field: str
    command: type[RpcCommandBase]


# Filled, as TYPE_OF_FIELD is, by the table of bodies.py.
CLASS_OF_TYPE: dict[MessageType, type[RpcCommandBase]] = {}


def define_bodies(*bodies: Body) -> None:
    """Make known which type, field and class belong together."""
    for message_type, field, command in bodies:
        command.message_type, command.body_field = message_type, field
        CLASS_OF_TYPE[message_type] = command
        TYPE_OF_FIELD[field] = message_type


def fromMessage(message: Message) -> RpcCommandBase:
    """Return the object that `message` holds, of the class that belongs to its type.

    Raises MessageTypeError for a message whose type has no class, DecodeError as
    `RpcCommandBase.fromMessage` does.
    """
    check_type(message, Message, "fromMessage")
    command = CLASS_OF_TYPE.get(message.type)
    if command is None:
        raise MessageTypeError(
            f"expected a message that this version knows, got {message.type.name}"
        )
    return command.fromMessage(message)


def base_class_error(base: type[RpcCommandBase]) -> TypeError:
    """Return the error that names the classes to use instead of a base."""
    names = [each.__name__ for each in CLASS_OF_TYPE.values() if issubclass(each, base)]
    instead = f"expected one of {', '.join(names)}" if names else "it has no message of its own"
    return TypeError(f"{base.__name__} is a base class: {instead}")
