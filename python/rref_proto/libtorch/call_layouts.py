"""The layouts of the calls, and of what answers them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..call import (
    OPERATOR_PREFIX,
    Operator,
    PythonCall,
    PythonRemoteCall,
    PythonResp,
    RemoteException,
    ScriptCall,
    ScriptRemoteCall,
    ScriptResp,
)
from ..errors import DecodeError
from ..ids import ForkId, RRefId
from ..ivalue import IValue, Kind
from ..python_object import SerializedPyObj
from ..rpc_command import RpcCommandBase
from ..tensor import Tensor
from .layout import Layout, Tensors, Values, all_held, in_tuple
from .reader import read_value
from .writer import write_value


def _script_call_values(call: ScriptCall) -> Values:
    if isinstance(call.callee, Operator):
        last = _text(call.callee.schema), _text(call.callee.name)
    else:
        last = IValue("bool_value", call.is_async_execution), _text(call.callee)
    return (*call.stack(), *last)


def _text(text: str) -> IValue:
    return IValue("string_value", text)


def _read_callee(values: Values) -> tuple[Operator | str, Values, bool]:
    """Read the values of a ScriptCall: callee, stack and is_async_execution.

    The stack is in front, and can be of any length.
    """
    *stack, schema_or_flag, last = values
    name = _expect("string_value", last, "the name of an operator or a function")
    if not name.startswith(OPERATOR_PREFIX):
        flag = _expect("bool_value", schema_or_flag, "is_async_execution")
        return name, tuple(stack), flag
    schema = _expect("string_value", schema_or_flag, "the schema of an operator")
    return Operator(schema, name), tuple(stack), False


def _expect(kind: Kind, value: IValue, what: str) -> Any:
    if value.kind != kind:
        raise DecodeError(f"expected {what}, got a value of kind {value.kind}")
    return value.value


def _all_but_the_ids_held(count: int) -> Sequence[bool]:
    return [True] * (count - 2) + [False, False]


def _script_remote_call_values(call: ScriptRemoteCall) -> Values:
    ids = call.ret_rref_id.toIValue(), call.ret_fork_id.toIValue()
    return (*_script_call_values(call), *ids)


def _make_script_remote_call(cls: type[ScriptRemoteCall], values: Values) -> ScriptRemoteCall:
    callee, stack, is_async_execution = _read_callee(values[:-2])
    return cls(callee, stack, *_read_ids(*values[-2:]), is_async_execution)


def _read_ids(rref_id: IValue, fork_id: IValue) -> tuple[RRefId, ForkId]:
    return RRefId.fromIValue(rref_id), ForkId.fromIValue(fork_id)


def _write_script_resp(ret: ScriptResp) -> tuple[bytes, tuple[Tensor, ...]]:
    return write_value(ret.value(), held=True)


def _read_script_resp(cls: type[ScriptResp], payload: bytes, tensors: Tensors) -> ScriptResp:
    return cls(read_value(payload, tensors))


def _python_remote_call_values(call: PythonRemoteCall) -> Values:
    ids = call.ret_rref_id.toIValue(), call.ret_fork_id.toIValue()
    is_async_execution = IValue("bool_value", call.is_async_execution)
    return (*call.serialized_py_obj.toIValues(), *ids, is_async_execution)


def _make_python_remote_call(cls: type[PythonRemoteCall], values: Values) -> PythonRemoteCall:
    *python, rref_id, fork_id, flag = values
    is_async_execution = _expect("bool_value", flag, "is_async_execution")
    ids = _read_ids(rref_id, fork_id)
    return cls(SerializedPyObj.fromIValues(python), *ids, is_async_execution)


def _write_python_call(call: PythonCall) -> tuple[bytes, tuple[Tensor, ...]]:
    flag = bytes([call.is_async_execution])
    return flag + call.serialized_py_obj.payload, call.serialized_py_obj.tensors


def _read_python_call(cls: type[PythonCall], payload: bytes, tensors: Tensors) -> PythonCall:
    first = payload[:1]
    if first not in (b"\x00", b"\x01"):
        problem = f"expected a first byte of 0 or 1, got {first.hex() or 'none'}"
        raise DecodeError(problem, f"{cls.__name__}.is_async_execution")
    return cls(SerializedPyObj(payload[1:], tuple(tensors)), first == b"\x01")


def _write_python_resp(ret: PythonResp) -> tuple[bytes, tuple[Tensor, ...]]:
    return ret.serialized_py_obj.payload, ret.serialized_py_obj.tensors


def _read_python_resp(cls: type[PythonResp], payload: bytes, tensors: Tensors) -> PythonResp:
    return cls(SerializedPyObj(payload, tuple(tensors)))


def _write_exception(exception: RemoteException) -> tuple[bytes, tuple[Tensor, ...]]:
    what = exception.what
    return what.encode() if isinstance(what, str) else what, ()


CALL_LAYOUTS: dict[type[RpcCommandBase], Layout] = {
    ScriptCall: in_tuple(
        all_held, _script_call_values, lambda cls, values: cls(*_read_callee(values)), 2, None
    ),
    ScriptRemoteCall: in_tuple(
        _all_but_the_ids_held, _script_remote_call_values, _make_script_remote_call, 4, None
    ),
    ScriptResp: Layout(_write_script_resp, _read_script_resp),
    PythonCall: Layout(_write_python_call, _read_python_call),
    PythonRemoteCall: in_tuple(
        all_held, _python_remote_call_values, _make_python_remote_call, 4, None
    ),
    PythonResp: Layout(_write_python_resp, _read_python_resp),
    RemoteException: Layout(_write_exception, lambda cls, payload, _: cls(payload)),
}
