"""The classes of rref_proto.h. A class states its MessageType; all else follows from the schema.

The body's field in Message is the one whose number is the type's low byte. Which fields a body has
is said once for each shape: two identifiers, a fetch call, a fetch return, a fork, nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from ._check import WORKER_ID, check_int, check_type
from ._wire import MAX_SIZE
from .errors import DecodeError, EncodeError, MessageTypeError, RRefProtoError
from .ids import ForkId, RRefId
from .ivalue import (
    Indices,
    IValue,
    SerializedPyObj,
    collect_tensors,
    read_values,
    write_values,
)
from .message import FIELD_OF_TYPE, Message, MessageType
from .tensor import Tensor
from .v1 import message_pb2

_Command = TypeVar("_Command", bound="RpcCommandBase")
_new = object.__new__


class RpcCommandBase:
    """Base of everything that becomes a Message.

    Source: libtorch's RpcCommandBase (torch/csrc/distributed/rpc/rpc_command_base.h).
    """

    __slots__ = ()

    # What the schema says of a concrete class: its type, and its field in Message.
    _type: ClassVar[MessageType]
    _field: ClassVar[str]

    def __init_subclass__(cls, message_type: MessageType | None = None) -> None:
        if message_type is not None:
            cls._type, cls._field = message_type, FIELD_OF_TYPE[message_type]
            CLASS_OF_TYPE[message_type] = cls

    def toMessage(self) -> Message:
        """Return the message, which holds this object and has no id yet."""
        message: Message = _new(Message)
        message._body = self
        message._id = message._proto = None
        message._tensors = ()
        return message

    @classmethod
    def fromMessage(cls: type[_Command], message: Message) -> _Command:
        """Return the object that `message` holds.

        Raises MessageTypeError where the message is of another type, DecodeError where a field is
        missing or out of range.
        """
        check_type(message, Message, f"{cls.__name__}.fromMessage")
        body = message._body
        if isinstance(body, cls):
            return body
        if not hasattr(cls, "_field"):  # a base class takes whichever of its classes fits
            found = fromMessage(message)
            if isinstance(found, cls):
                return found
            raise MessageTypeError(f"expected a {cls.__name__}, got {message.type.name}")
        proto = message._proto
        if proto is None or not proto.HasField(cls._field):
            raise MessageTypeError(f"expected {cls._type.name}, got {message.type.name}")
        try:
            return cls._read(getattr(proto, cls._field), message._tensors)
        except RRefProtoError as error:
            raise DecodeError(error.problem, error.within(cls._field).where) from None

    @classmethod
    def _read(cls: type[_Command], body: Any, tensors: tuple[Tensor, ...]) -> _Command:
        """Make an object of the generated message of the class."""
        raise NotImplementedError

    def _fill(self, body: Any, indices: Indices) -> None:
        """Set every field of the generated message of the class."""
        raise NotImplementedError

    def _serialize(self, message_id: int | None) -> bytes:
        """Serialize a Message of this body without tensors."""
        proto = message_pb2.Message(id=message_id)
        body = getattr(proto, self._field)
        body.SetInParent()
        self._fill(body, {})
        return proto.SerializeToString()


CLASS_OF_TYPE: dict[MessageType, type[RpcCommandBase]] = {}


@dataclass(frozen=True, slots=True, init=False)
class RRefMessageBase(RpcCommandBase):
    """Base of the messages that name an RRef. Source: libtorch's RRefMessageBase."""

    rref_id: RRefId

    def rrefId(self) -> RRefId:
        """Return `rref_id`."""
        return self.rref_id


@dataclass(frozen=True, slots=True, init=False)
class ForkMessageBase(RRefMessageBase):
    """Base of the messages that name an RRef and a fork. Source: libtorch's ForkMessageBase.

    These are most of the messages of a job, and so small that every call counts. Therefore
    `fromMessage` reads what `_read` would in one go, and `_serialize` fills generated messages
    that were used before: to make them anew is half of what sending costs.
    """

    fork_id: ForkId

    # Generated messages to fill: Message, its RRefId, its ForkId. A list's pop and append are
    # atomic, so threads, or a finalizer that sends in the midst of a send, never share one.
    _spare: ClassVar[list[tuple[Any, Any, Any]]]

    def __init_subclass__(cls, message_type: MessageType | None = None) -> None:
        super(ForkMessageBase, cls).__init_subclass__(message_type)
        cls._spare = []

    def __init__(self, rref_id: RRefId, fork_id: ForkId) -> None:
        if type(rref_id) is not RRefId or type(fork_id) is not ForkId:
            check_type(rref_id, RRefId, f"{type(self).__name__}.rref_id")
            check_type(fork_id, ForkId, f"{type(self).__name__}.fork_id")
        _set_rref_id(self, rref_id)
        _set_fork_id(self, fork_id)

    def forkId(self) -> ForkId:
        """Return `fork_id`."""
        return self.fork_id

    @classmethod
    def fromMessage(cls: type[_Fork], message: Message) -> _Fork:
        """Return the object that `message` holds; see RpcCommandBase.fromMessage."""
        if type(message) is Message and message._body is None and cls is not ForkMessageBase:
            body = getattr(message._proto, cls._field)
            rref_id, fork_id = body.rref_id, body.fork_id
            rref_creator, rref_number = rref_id.created_on, rref_id.local_id
            fork_creator, fork_number = fork_id.created_on, fork_id.local_id
            # Only two zeros leave open whether an identifier is there, or the body at all.
            if (
                (rref_number or rref_creator)
                and (fork_number or fork_creator)
                and -0x8000 <= rref_creator <= 0x7FFF
                and -0x8000 <= fork_creator <= 0x7FFF
            ):
                command, rref, fork = _new(cls), _new(RRefId), _new(ForkId)
                rref._created_on, rref._local_id = rref_creator, rref_number
                fork._created_on, fork._local_id = fork_creator, fork_number
                _set_rref_id(command, rref)
                _set_fork_id(command, fork)
                return command
        return super(ForkMessageBase, cls).fromMessage(message)

    @classmethod
    def _read(cls: type[_Fork], body: Any, tensors: tuple[Tensor, ...]) -> _Fork:
        return cls(RRefId._read(body, "rref_id"), ForkId._read(body, "fork_id"))

    def _fill(self, body: Any, indices: Indices) -> None:
        self.rref_id._write(body.rref_id)
        self.fork_id._write(body.fork_id)

    def _serialize(self, message_id: int | None) -> bytes:
        try:
            spare = self._spare.pop()
        except IndexError:
            spare = self._new_spare()
        proto, rref_id, fork_id = spare
        rref, fork = self.rref_id, self.fork_id
        rref_id.created_on = rref._created_on
        rref_id.local_id = rref._local_id
        fork_id.created_on = fork._created_on
        fork_id.local_id = fork._local_id
        if message_id is None:
            wire: bytes = proto.SerializeToString()
        else:
            proto.id = message_id
            wire = proto.SerializeToString()
            proto.ClearField("id")
        self._spare.append(spare)
        return wire

    @classmethod
    def _new_spare(cls) -> tuple[Any, Any, Any]:
        proto = message_pb2.Message()
        body = getattr(proto, cls._field)
        body.rref_id.SetInParent()
        body.fork_id.SetInParent()
        return proto, body.rref_id, body.fork_id


_Fork = TypeVar("_Fork", bound=ForkMessageBase)


@dataclass(frozen=True, slots=True, init=False)
class _RRefFetchCall(RRefMessageBase):
    """The shape of the two fetch calls."""

    from_worker_id: int

    __match_args__ = ("from_worker_id", "rref_id")

    def __init__(self, from_worker_id: int, rref_id: RRefId) -> None:
        where = f"{type(self).__name__}."
        _set_from(self, check_int(from_worker_id, WORKER_ID, where + "from_worker_id"))
        check_type(rref_id, RRefId, where + "rref_id")
        _set_rref_id(self, rref_id)

    def fromWorkerId(self) -> int:
        """Return `from_worker_id`."""
        return self.from_worker_id

    @classmethod
    def _read(cls: type[_Call], body: Any, tensors: tuple[Tensor, ...]) -> _Call:
        return cls(body.from_worker_id, RRefId._read(body, "rref_id"))

    def _fill(self, body: Any, indices: Indices) -> None:
        body.from_worker_id = self.from_worker_id
        self.rref_id._write(body.rref_id)


_Call = TypeVar("_Call", bound=_RRefFetchCall)


@dataclass(frozen=True, slots=True, init=False)
class RRefFetchRet(RpcCommandBase):
    """Base of the messages that bring a value. Source: libtorch's RRefFetchRet.

    Written `values_` in C++: the accessor `values()` has the plain name there and here.
    """

    _values: tuple[IValue, ...]

    __match_args__ = ("_values",)

    def __init__(self, values: Iterable[IValue]) -> None:
        checked = tuple(values)
        for value in checked:
            check_type(value, IValue, f"{type(self).__name__}.values")
        _set_values(self, checked)
        self._check_values()

    def _check_values(self) -> None:
        """Raise EncodeError unless the values are what the class brings."""
        raise NotImplementedError

    def values(self) -> tuple[IValue, ...]:
        """Return the values, tensors inside them and not by index."""
        return self._values

    def toMessage(self) -> Message:
        """Return the message, with the tensors of the values in the order they are met.

        Raises EncodeError where the values would be too large for a message.
        """
        size = sum(value._weight for value in self._values)
        if size > MAX_SIZE:
            raise EncodeError(f"expected at most {MAX_SIZE} bytes, got about {size}", "values")
        message = RpcCommandBase.toMessage(self)
        message._tensors = collect_tensors(self._values)
        return message

    @classmethod
    def _read(cls: type[_Return], body: Any, tensors: tuple[Tensor, ...]) -> _Return:
        return cls(read_values(body.values, tensors, "values"))

    def _fill(self, body: Any, indices: Indices) -> None:
        write_values(body.values, self._values, indices)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._values!r})"


_Return = TypeVar("_Return", bound=RRefFetchRet)


class ScriptRRefFetchCall(_RRefFetchCall, message_type=MessageType.SCRIPT_RREF_FETCH_CALL):
    """Asks the owner for a TorchScript value. Source: the message of this name in rref.proto."""

    __slots__ = ()


class PythonRRefFetchCall(_RRefFetchCall, message_type=MessageType.PYTHON_RREF_FETCH_CALL):
    """Asks the owner for a Python object. Source: the message of this name in rref.proto."""

    __slots__ = ()


class ScriptRRefFetchRet(RRefFetchRet, message_type=MessageType.SCRIPT_RREF_FETCH_RET):
    """Brings a TorchScript value: exactly one, or EncodeError. Source: rref.proto."""

    __slots__ = ()

    def _check_values(self) -> None:
        if len(self._values) != 1:
            raise EncodeError(f"expected exactly one value, got {len(self._values)}", "values")


class PythonRRefFetchRet(RRefFetchRet, message_type=MessageType.PYTHON_RREF_FETCH_RET):
    """Brings a Python object: tensors, then a pickle, which is never unpickled here.

    `SerializedPyObj.fromIValues(ret.values())` names the two; where it cannot, EncodeError.
    Source: the message of this name in rref.proto.
    """

    __slots__ = ()

    def _check_values(self) -> None:
        SerializedPyObj.fromIValues(self._values)


class RRefUserDelete(ForkMessageBase, message_type=MessageType.RREF_USER_DELETE):
    """Tells the owner that a fork is gone. Source: the message of this name in rref.proto."""

    __slots__ = ()


class RemoteRet(ForkMessageBase, message_type=MessageType.REMOTE_RET):
    """Confirms a remote call to the creator. Source: the message of this name in rref.proto."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, init=False)
class _ForkAccept(RpcCommandBase):
    """The shape of RRefChildAccept."""

    fork_id: ForkId

    def __init__(self, fork_id: ForkId) -> None:
        check_type(fork_id, ForkId, f"{type(self).__name__}.fork_id")
        _set_child(self, fork_id)

    def forkId(self) -> ForkId:
        """Return `fork_id`."""
        return self.fork_id

    @classmethod
    def _read(cls: type[_Accept], body: Any, tensors: tuple[Tensor, ...]) -> _Accept:
        return cls(ForkId._read(body, "fork_id"))

    def _fill(self, body: Any, indices: Indices) -> None:
        self.fork_id._write(body.fork_id)


_Accept = TypeVar("_Accept", bound=_ForkAccept)


class RRefChildAccept(_ForkAccept, message_type=MessageType.RREF_CHILD_ACCEPT):
    """Tells a parent that the owner knows the child. Source: rref.proto."""

    __slots__ = ()


class RRefForkRequest(ForkMessageBase, message_type=MessageType.RREF_FORK_REQUEST):
    """Tells the owner of a new fork. Source: the message of this name in rref.proto."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Nothing(RpcCommandBase):
    """The shape of RRefAck."""

    @classmethod
    def _read(cls: type[_Empty], body: Any, tensors: tuple[Tensor, ...]) -> _Empty:
        return cls()

    def _fill(self, body: Any, indices: Indices) -> None:
        pass


_Empty = TypeVar("_Empty", bound=_Nothing)


class RRefAck(_Nothing, message_type=MessageType.RREF_ACK):
    """Acknowledges a request. Source: the message of this name in rref.proto."""

    __slots__ = ()


FETCH_RETURNS = frozenset(
    message_type for message_type, cls in CLASS_OF_TYPE.items() if issubclass(cls, RRefFetchRet)
)

# The slots' own setters: the classes are frozen for everybody else.
_set_rref_id = RRefMessageBase.__dict__["rref_id"].__set__
_set_fork_id = ForkMessageBase.__dict__["fork_id"].__set__
_set_from = _RRefFetchCall.__dict__["from_worker_id"].__set__
_set_values = RRefFetchRet.__dict__["_values"].__set__
_set_child = _ForkAccept.__dict__["fork_id"].__set__


def fromMessage(message: Message) -> RpcCommandBase:
    """Return the object that `message` holds, of whichever class fits its type.

    Raises MessageTypeError for a message that is none of the RRef protocol, DecodeError as
    `RpcCommandBase.fromMessage` does.
    """
    check_type(message, Message, "fromMessage")
    message_type = message.type
    if message_type not in CLASS_OF_TYPE:
        raise MessageTypeError(f"expected a message of the RRef protocol, got {message_type.name}")
    return CLASS_OF_TYPE[message_type].fromMessage(message)
