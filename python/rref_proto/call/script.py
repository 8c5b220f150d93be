"""ScriptCall, ScriptRemoteCall and ScriptResp: calls of operators and TorchScript functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from .._check import check_items, check_type
from ..errors import DecodeError, EncodeError, RRefProtoError
from ..ids import ForkId, RRefId, read_required_id
from ..ivalue import (
    IValue,
    collect_tensors,
    value_from_proto,
    values_from_proto,
    values_to_proto,
)
from ..message import Message, message_with_tensors
from ..rpc_command import RpcCommandBase
from ..tensor import Tensor, TensorTable
from .operator import Operator, check_qualified_name

_set = object.__setattr__  # the classes are frozen


@dataclass(frozen=True, slots=True, init=False, repr=False)
class ScriptCall(RpcCommandBase):
    """Calls a builtin operator or a TorchScript function, with the values of its stack.

    `callee` is an Operator, or the qualified name of a function ("__torch__.my_module.function").
    Only a function can have `is_async_execution`. The arguments are named `stack_` in C++: the
    accessor `stack()` has the plain name there and here.

    Raises EncodeError for a name that libtorch cannot read, TypeError for values of other types.
    Source: the message ScriptCall of call.proto; libtorch's ScriptCall.
    """

    callee: Operator | str
    _stack: tuple[IValue, ...]
    is_async_execution: bool

    __match_args__ = ("callee", "_stack", "is_async_execution")

    def __init__(
        self, callee: Operator | str, stack: Iterable[IValue], is_async_execution: bool = False
    ) -> None:
        where = type(self).__name__
        check_type(callee, (Operator, str), f"{where}.callee")
        check_type(is_async_execution, bool, f"{where}.is_async_execution")
        if not isinstance(callee, Operator):
            callee = check_qualified_name(callee, f"{where}.callee")
        elif is_async_execution:
            problem = "expected False for an operator, got True"
            raise EncodeError(problem, f"{where}.is_async_execution")
        _set(self, "callee", callee)
        _set(self, "_stack", check_items(stack, f"{where}.stack", IValue))
        _set(self, "is_async_execution", is_async_execution)

    def hasOp(self) -> bool:
        """Whether `callee` is an operator."""
        return isinstance(self.callee, Operator)

    def op(self) -> Operator:
        """Return the operator. Raises TypeError where a function is called."""
        check_type(self.callee, Operator, f"{type(self).__name__}.op")
        return cast(Operator, self.callee)

    def hasQualifiedName(self) -> bool:
        """Whether `callee` is the name of a function."""
        return isinstance(self.callee, str)

    def qualifiedName(self) -> str:
        """Return the name of the function. Raises TypeError where an operator is called."""
        check_type(self.callee, str, f"{type(self).__name__}.qualifiedName")
        return cast(str, self.callee)

    def stack(self) -> tuple[IValue, ...]:
        """Return the arguments, tensors inside them and not by index."""
        return self._stack

    def isAsyncExecution(self) -> bool:
        """Return `is_async_execution`."""
        return self.is_async_execution

    def toMessage(self) -> Message:
        """Return the message, with the tensors of the stack in the order they are met."""
        return message_with_tensors(self, collect_tensors(self._stack))

    @classmethod
    def _from_proto(cls, body: Any, tensors: tuple[Tensor, ...]) -> ScriptCall:
        return cls(*_read_call(body, tensors))

    def _to_proto(self, body: Any, table: TensorTable) -> None:
        if isinstance(self.callee, Operator):
            self.callee._to_proto(body.operator)
        else:
            body.qualified_name = self.callee
        values_to_proto(body.stack, self._stack, table)
        body.is_async_execution = self.is_async_execution

    def __repr__(self) -> str:
        fields = ", ".join(repr(getattr(self, name)) for name in self.__match_args__)
        return f"{type(self).__name__}({fields})"


@dataclass(frozen=True, slots=True, init=False, repr=False)
class ScriptRemoteCall(ScriptCall):
    """Creates an RRef of what a builtin operator or a TorchScript function returns.

    Raises EncodeError and TypeError as ScriptCall does.
    Source: the message ScriptRemoteCall of call.proto; libtorch's ScriptRemoteCall.
    """

    ret_rref_id: RRefId
    ret_fork_id: ForkId

    __match_args__ = ("callee", "_stack", "ret_rref_id", "ret_fork_id", "is_async_execution")

    def __init__(
        self,
        callee: Operator | str,
        stack: Iterable[IValue],
        ret_rref_id: RRefId,
        ret_fork_id: ForkId,
        is_async_execution: bool = False,
    ) -> None:
        ScriptCall.__init__(self, callee, stack, is_async_execution)
        check_type(ret_rref_id, RRefId, f"{type(self).__name__}.ret_rref_id")
        check_type(ret_fork_id, ForkId, f"{type(self).__name__}.ret_fork_id")
        _set(self, "ret_rref_id", ret_rref_id)
        _set(self, "ret_fork_id", ret_fork_id)

    def retRRefId(self) -> RRefId:
        """Return `ret_rref_id`."""
        return self.ret_rref_id

    def retForkId(self) -> ForkId:
        """Return `ret_fork_id`."""
        return self.ret_fork_id

    @classmethod
    def _from_proto(cls, body: Any, tensors: tuple[Tensor, ...]) -> ScriptRemoteCall:
        if not body.HasField("call"):
            raise DecodeError("expected a ScriptCall, found none", "call")
        try:
            callee, stack, is_async_execution = _read_call(body.call, tensors)
        except RRefProtoError as error:
            raise error.within("call") from None
        rref_id = read_required_id(RRefId, body, "ret_rref_id")
        fork_id = read_required_id(ForkId, body, "ret_fork_id")
        return cls(callee, stack, rref_id, fork_id, is_async_execution)

    def _to_proto(self, body: Any, table: TensorTable) -> None:
        body.call.SetInParent()
        ScriptCall._to_proto(self, body.call, table)
        self.ret_rref_id._to_proto(body.ret_rref_id)
        self.ret_fork_id._to_proto(body.ret_fork_id)


def _read_call(
    proto: Any, tensors: tuple[Tensor, ...]
) -> tuple[Operator | str, tuple[IValue, ...], bool]:
    """Read a generated ScriptCall: what the constructor takes."""
    callee = proto.WhichOneof("callee")
    if callee is None:
        raise DecodeError("expected an operator or a qualified name, found none", "callee")
    try:
        named = (
            Operator._from_proto(proto.operator) if callee == "operator" else proto.qualified_name
        )
    except RRefProtoError as error:
        raise error.within(callee) from None
    return named, values_from_proto(proto.stack, tensors, "stack"), proto.is_async_execution


@dataclass(frozen=True, slots=True, init=False, repr=False)
class ScriptResp(RpcCommandBase):
    """Brings what an operator or a TorchScript function returned. Source: call.proto.

    Named `value_` in C++: the accessor `value()` has the plain name there and here.
    """

    _value: IValue

    __match_args__ = ("_value",)

    def __init__(self, value: IValue) -> None:
        check_type(value, IValue, "ScriptResp.value")
        _set(self, "_value", value)

    def value(self) -> IValue:
        """Return the value, tensors inside it and not by index."""
        return self._value

    def toMessage(self) -> Message:
        """Return the message, with the tensors of the value in the order they are met."""
        return message_with_tensors(self, self._value.tensors())

    @classmethod
    def _from_proto(cls, body: Any, tensors: tuple[Tensor, ...]) -> ScriptResp:
        return cls(value_from_proto(body, "value", tensors))

    def _to_proto(self, body: Any, table: TensorTable) -> None:
        self._value._to_proto(body.value, table)

    def __repr__(self) -> str:
        return f"ScriptResp({self._value!r})"
