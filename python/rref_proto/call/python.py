"""PythonCall, PythonRemoteCall and PythonResp: calls of Python functions, as pickles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._check import check_type
from ..errors import DecodeError
from ..ids import ForkId, RRefId, read_required_id
from ..message import Message, message_with_tensors
from ..python_object import SerializedPyObj
from ..rpc_command import RpcCommandBase, base_class_error
from ..tensor import Tensor, TensorTable


@dataclass(frozen=True, slots=True)
class _WithPythonObject(RpcCommandBase):
    """What the three messages have in common, which in libtorch is no class."""

    serialized_py_obj: SerializedPyObj

    def __post_init__(self) -> None:
        if not hasattr(self, "body_field"):
            raise base_class_error(type(self))
        where = f"{type(self).__name__}.serialized_py_obj"
        check_type(self.serialized_py_obj, SerializedPyObj, where)

    def serializedPyObj(self) -> SerializedPyObj:
        """Return `serialized_py_obj`, whose pickle is never unpickled here."""
        return self.serialized_py_obj

    def toMessage(self) -> Message:
        """Return the message, with each tensor of the object once."""
        tensors = {id(tensor): tensor for tensor in self.serialized_py_obj.tensors}
        return message_with_tensors(self, tuple(tensors.values()))

    def _to_proto(self, body: Any, table: TensorTable) -> None:
        proto = body.serialized_py_obj
        proto.payload = self.serialized_py_obj.payload
        proto.tensor_indices.extend(map(table.index, self.serialized_py_obj.tensors))


@dataclass(frozen=True, slots=True)
class PythonCall(_WithPythonObject):
    """Calls a Python function. Source: the message of this name in call.proto."""

    is_async_execution: bool

    def __post_init__(self) -> None:
        _WithPythonObject.__post_init__(self)
        check_type(self.is_async_execution, bool, "PythonCall.is_async_execution")

    def isAsyncExecution(self) -> bool:
        """Return `is_async_execution`."""
        return self.is_async_execution

    @classmethod
    def _from_proto(cls, body: Any, tensors: tuple[Tensor, ...]) -> PythonCall:
        return cls(_read_python_object(body, tensors), body.is_async_execution)

    def _to_proto(self, body: Any, table: TensorTable) -> None:
        _WithPythonObject._to_proto(self, body, table)
        body.is_async_execution = self.is_async_execution


@dataclass(frozen=True, slots=True)
class PythonRemoteCall(_WithPythonObject):
    """Creates an RRef of what a Python function returns. Source: call.proto."""

    ret_rref_id: RRefId
    ret_fork_id: ForkId
    is_async_execution: bool

    def __post_init__(self) -> None:
        _WithPythonObject.__post_init__(self)
        check_type(self.ret_rref_id, RRefId, "PythonRemoteCall.ret_rref_id")
        check_type(self.ret_fork_id, ForkId, "PythonRemoteCall.ret_fork_id")
        check_type(self.is_async_execution, bool, "PythonRemoteCall.is_async_execution")

    def retRRefId(self) -> RRefId:
        """Return `ret_rref_id`."""
        return self.ret_rref_id

    def retForkId(self) -> ForkId:
        """Return `ret_fork_id`."""
        return self.ret_fork_id

    def isAsyncExecution(self) -> bool:
        """Return `is_async_execution`."""
        return self.is_async_execution

    @classmethod
    def _from_proto(cls, body: Any, tensors: tuple[Tensor, ...]) -> PythonRemoteCall:
        python = _read_python_object(body, tensors)
        rref_id = read_required_id(RRefId, body, "ret_rref_id")
        fork_id = read_required_id(ForkId, body, "ret_fork_id")
        return cls(python, rref_id, fork_id, body.is_async_execution)

    def _to_proto(self, body: Any, table: TensorTable) -> None:
        _WithPythonObject._to_proto(self, body, table)
        self.ret_rref_id._to_proto(body.ret_rref_id)
        self.ret_fork_id._to_proto(body.ret_fork_id)
        body.is_async_execution = self.is_async_execution


@dataclass(frozen=True, slots=True)
class PythonResp(_WithPythonObject):
    """Brings what a Python function returned, or its error. Source: call.proto."""

    @classmethod
    def _from_proto(cls, body: Any, tensors: tuple[Tensor, ...]) -> PythonResp:
        return cls(_read_python_object(body, tensors))


def _read_python_object(body: Any, tensors: tuple[Tensor, ...]) -> SerializedPyObj:
    """Read the required field `serialized_py_obj`; `tensors` is the message's table."""
    if not body.HasField("serialized_py_obj"):
        raise DecodeError("expected a SerializedPyObj, found none", "serialized_py_obj")
    proto = body.serialized_py_obj
    for position, index in enumerate(proto.tensor_indices):
        if index >= len(tensors):
            problem = f"expected an index into {len(tensors)} tensors, got {index}"
            raise DecodeError(problem, f"serialized_py_obj.tensor_indices[{position}]")
    return SerializedPyObj(proto.payload, tuple(tensors[index] for index in proto.tensor_indices))
