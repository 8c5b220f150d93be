"""The classes of rref_proto.h."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from ._check import WORKER_ID_RANGE, check_int, check_items, check_type
from ._wire import MAX_SIZE, length_delimited, too_large
from .errors import EncodeError
from .fork_message import ForkMessage, RRefMessageBase
from .ids import ForkId, RRefId, read_required_id
from .ivalue import (
    IValue,
    collect_tensors,
    serialize_value,
    values_from_proto,
    values_to_proto,
)
from .message import Message, message_with_tensors
from .python_object import SerializedPyObj
from .rpc_command import RpcCommandBase, base_class_error
from .tensor import Tensor, TensorTable
from .v1 import message_pb2, rref_pb2

FIELDS = message_pb2.Message.DESCRIPTOR.fields_by_name
VALUES_FIELD = rref_pb2.ScriptRRefFetchRet.VALUES_FIELD_NUMBER

_Call = TypeVar("_Call", bound="_RRefFetchCall")
_Return = TypeVar("_Return", bound="RRefFetchRet")
_set = object.__setattr__  # the classes are frozen
_new = object.__new__


@dataclass(frozen=True, slots=True, init=False)
class _RRefFetchCall(RRefMessageBase):
    """What the two fetch calls have in common, which in libtorch is no class."""

    from_worker_id: int

    __match_args__ = ("from_worker_id", "rref_id")

    def __init__(self, from_worker_id: int, rref_id: RRefId) -> None:
        if not hasattr(self, "body_field"):
            raise base_class_error(type(self))
        where = f"{type(self).__name__}."
        check_type(rref_id, RRefId, where + "rref_id")
        _set(
            self,
            "from_worker_id",
            check_int(from_worker_id, WORKER_ID_RANGE, where + "from_worker_id"),
        )
        _set(self, "rref_id", rref_id)

    def fromWorkerId(self) -> int:
        """Return `from_worker_id`."""
        return self.from_worker_id

    @classmethod
    def _from_proto(cls: type[_Call], body: Any, tensors: tuple[Tensor, ...]) -> _Call:
        return cls(body.from_worker_id, read_required_id(RRefId, body, "rref_id"))

    def _to_proto(self, body: Any, table: TensorTable) -> None:
        body.from_worker_id = self.from_worker_id
        self.rref_id._to_proto(body.rref_id)


class ScriptRRefFetchCall(_RRefFetchCall):
    """Asks the owner for a TorchScript value. Source: the message of this name in rref.proto."""

    __slots__ = ()


class PythonRRefFetchCall(_RRefFetchCall):
    """Asks the owner for a Python object. Source: the message of this name in rref.proto."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, init=False)
class RRefFetchRet(RpcCommandBase):
    """Base of the messages that bring a value. Source: libtorch's RRefFetchRet.

    Named `values_` in C++: the accessor `values()` has the plain name there and here.
    """

    _values: tuple[IValue, ...]

    __match_args__ = ("_values",)

    @staticmethod
    def _check(values: tuple[IValue, ...]) -> None:
        """Raise EncodeError unless these are values of the class."""
        raise NotImplementedError

    def values(self) -> tuple[IValue, ...]:
        """Return the values, tensors inside them and not by index."""
        return self._values

    def toMessage(self) -> Message:
        """Return the message, with the tensors of the values in the order they are met."""
        return message_with_tensors(self, collect_tensors(self._values))

    def serialize_message(self, message_id: int | None, tensors: tuple[Tensor, ...] = ()) -> bytes:
        """Serialize a Message of this object; the values are not copied into it first."""
        values = [
            length_delimited(VALUES_FIELD, serialize_value(value, tensors))
            for value in self._values
        ]
        message = length_delimited(FIELDS[self.body_field].number, b"".join(values))
        if len(message) > MAX_SIZE:
            raise too_large(len(message), "values")
        if message_id is None:
            return message
        return message + message_pb2.Message(id=message_id).SerializeToString()

    @classmethod
    def _from_proto(cls: type[_Return], body: Any, tensors: tuple[Tensor, ...]) -> _Return:
        values = values_from_proto(body.values, tensors, "values")
        cls._check(values)
        ret = _new(cls)
        _set(ret, "_values", values)
        return ret

    def _to_proto(self, body: Any, table: TensorTable) -> None:
        values_to_proto(body.values, self._values, table)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._values!r})"


class ScriptRRefFetchRet(RRefFetchRet):
    """Brings a TorchScript value: exactly one, or EncodeError. Source: rref.proto."""

    __slots__ = ()

    def __init__(self, values: Iterable[IValue]) -> None:
        checked = check_items(values, "ScriptRRefFetchRet.values", IValue)
        self._check(checked)
        _set(self, "_values", checked)

    @staticmethod
    def _check(values: tuple[IValue, ...]) -> None:
        if len(values) != 1:
            raise EncodeError(f"expected exactly one value, got {len(values)}", "values")


class PythonRRefFetchRet(RRefFetchRet):
    """Brings a Python object: tensors, then a pickle, which is never unpickled here.

    `SerializedPyObj.fromIValues(ret.values())` makes one object of them. Raises EncodeError for
    other values.
    Source: the message of this name in rref.proto.
    """

    __slots__ = ()

    def __init__(self, values: Iterable[IValue]) -> None:
        checked = check_items(values, "PythonRRefFetchRet.values", IValue)
        self._check(checked)
        _set(self, "_values", checked)

    @staticmethod
    def _check(values: tuple[IValue, ...]) -> None:
        SerializedPyObj.fromIValues(values)


class RRefUserDelete(ForkMessage):
    """Tells the owner that a fork is gone. Source: the message of this name in rref.proto."""

    __slots__ = ()


class RemoteRet(ForkMessage):
    """Confirms a remote call to the creator. Source: the message of this name in rref.proto."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, init=False)
class RRefChildAccept(RpcCommandBase):
    """Tells a parent that the owner knows the child. Source: rref.proto."""

    fork_id: ForkId

    def __init__(self, fork_id: ForkId) -> None:
        check_type(fork_id, ForkId, "RRefChildAccept.fork_id")
        _set(self, "fork_id", fork_id)

    def forkId(self) -> ForkId:
        """Return `fork_id`."""
        return self.fork_id

    @classmethod
    def _from_proto(cls, body: Any, tensors: tuple[Tensor, ...]) -> RRefChildAccept:
        return cls(read_required_id(ForkId, body, "fork_id"))

    def _to_proto(self, body: Any, table: TensorTable) -> None:
        self.fork_id._to_proto(body.fork_id)


class RRefForkRequest(ForkMessage):
    """Tells the owner of a new fork. Source: the message of this name in rref.proto."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class RRefAck(RpcCommandBase):
    """Acknowledges a request. Source: the message of this name in rref.proto."""

    @classmethod
    def _from_proto(cls, body: Any, tensors: tuple[Tensor, ...]) -> RRefAck:
        return cls()

    def _to_proto(self, body: Any, table: TensorTable) -> None:
        """Set nothing: the message has no fields."""
