"""The calls and what answers them, with the names and the rules of libtorch's headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rref_proto import (
    DecodeError,
    EncodeError,
    ForkId,
    IValue,
    Message,
    MessageTypeError,
    Operator,
    PythonCall,
    PythonRemoteCall,
    PythonResp,
    RecordedMessage,
    RemoteException,
    RpcCommandBase,
    ScriptCall,
    ScriptRemoteCall,
    ScriptResp,
    SerializedPyObj,
    Tensor,
    fromMessage,
    read_recording,
)
from rref_proto.v1 import message_pb2

from conversations import in_bytes
from nesting import deepest
from one_of_each import ADD, FLAG, FORK, FUNCTION, PICKLE, RREF, VALUE


def raw(**body: Any) -> Message:
    """Return a message of a peer that does not use this library."""
    return Message.FromString(message_pb2.Message(**body).SerializeToString())


def again(command: RpcCommandBase) -> RpcCommandBase:
    """Return what a receiver reads."""
    return fromMessage(Message.FromString(command.toMessage().SerializeToString()))


def test_has_the_accessors_of_the_headers() -> None:
    operator, function = ScriptCall(ADD, [VALUE]), ScriptRemoteCall(FUNCTION, [], RREF, FORK, True)
    assert (operator.hasOp(), operator.op(), operator.hasQualifiedName()) == (True, ADD, False)
    assert (function.hasOp(), function.qualifiedName()) == (False, FUNCTION)
    assert function.hasQualifiedName()
    assert (operator.stack(), function.stack()) == ((VALUE,), ())
    assert (operator.isAsyncExecution(), function.isAsyncExecution()) == (False, True)
    assert (function.retRRefId(), function.retForkId()) == (RREF, FORK)
    assert ScriptResp(VALUE).value() == VALUE
    assert PythonResp(PICKLE).serializedPyObj() == PICKLE
    assert PythonCall(PICKLE, True).isAsyncExecution()
    remote = PythonRemoteCall(PICKLE, RREF, FORK, True)
    assert (remote.retRRefId(), remote.retForkId()) == (RREF, FORK)
    assert remote.isAsyncExecution()


def test_the_callee_that_is_not_there_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="op: expected Operator, got str"):
        ScriptCall(FUNCTION, []).op()
    with pytest.raises(TypeError, match="qualifiedName: expected str, got Operator"):
        ScriptRemoteCall(ADD, [], RREF, FORK).qualifiedName()


def test_matches_by_position() -> None:
    match ScriptRemoteCall(FUNCTION, [VALUE], RREF, FORK):
        case ScriptRemoteCall(name, (value,), rref_id, ForkId(parent, _), False):
            assert (name, value, rref_id, parent) == (FUNCTION, VALUE, RREF, 2)
        case _:
            pytest.fail("the pattern did not match")
    match ScriptCall(ADD, []):
        case ScriptCall(Operator(_, name)):
            assert name == "torch.ops.aten.add"
        case _:
            pytest.fail("the pattern did not match")


def test_a_remote_call_is_a_call_as_in_libtorch_but_not_its_message() -> None:
    remote = ScriptRemoteCall(FUNCTION, [VALUE], RREF, FORK)
    assert isinstance(remote, ScriptCall)
    assert remote != ScriptCall(FUNCTION, [VALUE])
    for message in (remote.toMessage(), Message.FromString(remote.toMessage().SerializeToString())):
        with pytest.raises(MessageTypeError, match="expected SCRIPT_CALL, got SCRIPT_REMOTE_CALL"):
            ScriptCall.fromMessage(message)


def test_the_schema_nests_what_the_class_inherits() -> None:
    proto = ScriptRemoteCall(FUNCTION, [], RREF, FORK).toMessage().proto.script_remote_call
    assert proto.call.qualified_name == FUNCTION
    assert (proto.ret_rref_id.local_id, proto.ret_fork_id.local_id) == (12345, 67890)


def test_a_tensor_that_is_given_twice_travels_once() -> None:
    other = Tensor(FLAG.dtype, FLAG.sizes, b"\x00")
    python = PythonCall(SerializedPyObj(b"N.", (FLAG, other, FLAG)), False)
    assert list(python.toMessage().proto.python_call.serialized_py_obj.tensor_indices) == [0, 1, 0]
    assert python.toMessage().tensors == (FLAG, other)
    assert again(python) == python
    tensor = IValue.from_python(FLAG)
    script = ScriptCall(FUNCTION, [tensor, IValue.from_python([FLAG, other])])
    assert script.toMessage().tensors == (FLAG, other)


class Subclass(bytes):
    pass


def test_the_text_of_an_exception_is_a_str_wherever_it_can_be_one() -> None:
    assert RemoteException("é".encode()) == RemoteException("é")
    assert RemoteException(b"\xff\x00").what == b"\xff\x00"
    assert type(RemoteException(Subclass(b"\xff")).what) is bytes
    for what in ("", "é", "a\0b", b"\xff\x00"):
        assert again(RemoteException(what)) == RemoteException(what)
    assert fromMessage(raw(remote_exception={"raw": b"plain"})) == RemoteException("plain")


NOT_A_NAME = ["", ".", "a.", ".a", "a..b", "torch.ops.aten.add", "torch.ops.aten.f.g"]


@pytest.mark.parametrize("name", NOT_A_NAME)
def test_refuses_a_function_that_libtorch_cannot_read(name: str) -> None:
    for make in (
        lambda: ScriptCall(name, []),
        lambda: ScriptRemoteCall(name, [], RREF, FORK),
    ):
        with pytest.raises(EncodeError, match=r"callee: expected a (name|function)"):
            make()
    with pytest.raises(DecodeError, match=r"^script_call\.ScriptCall\.callee: expected"):
        fromMessage(raw(script_call={"qualified_name": name}))


@pytest.mark.parametrize("name", ["f", "__torch__.ümläut.f", "a b.c:d", "torch.ops.aten"])
def test_takes_any_name_that_libtorch_takes(name: str) -> None:
    assert again(ScriptCall(name, [])) == ScriptCall(name, [])


@pytest.mark.parametrize(
    "schema",
    [
        "", "garbage", "aten::add", "add(Tensor self) -> Tensor", "aten::add(Tensor self)",
        "aten::add.(Tensor self) -> Tensor", "aten::add(Tensor self) -> ", "::add() -> int",
        "aten::add(Tensor self -> Tensor", " aten::neg(Tensor self) -> Tensor",
        "aten::neg(Tensor self)\n -> Tensor",
    ],
)  # fmt: skip
def test_refuses_text_that_is_no_schema(schema: str) -> None:
    with pytest.raises(EncodeError, match=r"^Operator\.schema: expected a schema"):
        Operator(schema, "torch.ops.aten.add")
    operator = {"schema": schema, "name": "torch.ops.aten.add"}
    with pytest.raises(DecodeError, match=r"^script_call\.operator\.Operator\.schema: expected"):
        fromMessage(raw(script_call={"operator": operator}))


def test_a_long_text_is_refused_in_one_go() -> None:
    schema = "aten::f(" + ") -> " * 1_000_000 + "\n"  # days, if each arrow were tried
    with pytest.raises(EncodeError, match="expected a schema"):
        Operator(schema, "torch.ops.aten.f")


@pytest.mark.parametrize("name", ["", "aten::add", "torch.ops.aten", "torch.ops.prim.add"])
def test_refuses_the_name_of_an_operator_that_is_read_as_a_function(name: str) -> None:
    with pytest.raises(EncodeError, match=r"^Operator\.name: expected a name that begins with"):
        Operator(ADD.schema, name)


def test_an_operator_is_not_asynchronous() -> None:
    for make in (
        lambda: ScriptCall(ADD, [], True),
        lambda: ScriptRemoteCall(ADD, [], RREF, FORK, True),
    ):
        with pytest.raises(EncodeError, match="is_async_execution: expected False for an operator"):
            make()
    operator = {"schema": ADD.schema, "name": ADD.name}
    call = {"operator": operator, "is_async_execution": True}
    with pytest.raises(DecodeError, match=r"^script_call\.ScriptCall\.is_async_execution"):
        fromMessage(raw(script_call=call))


ID = {"created_on": 1, "local_id": 2}
CALL = {"qualified_name": "f"}
OBJECT = {"payload": b"N."}
INVALID: dict[str, dict[str, Any]] = {
    "script_call.callee: expected an operator or": {"script_call": {}},
    "script_call.stack[1]: expected a value of a kind": {
        "script_call": {"qualified_name": "f", "stack": [{"int_value": 1}, {}]}
    },
    "script_call.stack[0].tensor_index: expected an index into 0 tensors": {
        "script_call": {"qualified_name": "f", "stack": [{"tensor_index": 0}]}
    },
    "script_remote_call.call: expected a ScriptCall": {
        "script_remote_call": {"ret_rref_id": ID, "ret_fork_id": ID}
    },
    "script_remote_call.call.callee: expected an operator or": {
        "script_remote_call": {"call": {}, "ret_rref_id": ID, "ret_fork_id": ID}
    },
    "script_remote_call.ret_rref_id: expected an RRefId": {
        "script_remote_call": {"call": CALL, "ret_fork_id": ID}
    },
    "script_remote_call.ret_fork_id.created_on: expected an integer": {
        "script_remote_call": {
            "call": CALL,
            "ret_rref_id": ID,
            "ret_fork_id": {"created_on": 40000},
        }
    },
    "script_resp.value: expected an IValue": {"script_resp": {}},
    "script_resp.value: expected a value of a kind": {"script_resp": {"value": {}}},
    "script_resp.value.tuple_value.elements[0]: expected": {
        "script_resp": {"value": {"tuple_value": {"elements": [{}]}}}
    },
    "python_call.serialized_py_obj: expected a SerializedPyObj": {"python_call": {}},
    "python_resp.serialized_py_obj.tensor_indices[0]: expected an index into 0": {
        "python_resp": {"serialized_py_obj": {"tensor_indices": [2**32 - 1]}}
    },
    "python_remote_call.serialized_py_obj: expected": {
        "python_remote_call": {"ret_rref_id": ID, "ret_fork_id": ID}
    },
    "python_remote_call.ret_fork_id: expected a": {
        "python_remote_call": {"serialized_py_obj": OBJECT, "ret_rref_id": ID}
    },
    "remote_exception.what: expected a text": {"remote_exception": {}},
}


@pytest.mark.parametrize(("problem", "body"), INVALID.items())
def test_says_what_is_wrong_and_where(problem: str, body: dict[str, Any]) -> None:
    with pytest.raises(DecodeError) as caught:
        fromMessage(raw(**body))
    assert str(caught.value).startswith(problem)


WRONG_TYPES: list[tuple[str, Callable[[], object]]] = [
    ("callee: expected Operator or str, got bytes", lambda: ScriptCall(b"f", [])),  # type: ignore[arg-type]
    ("stack: expected IValue, got int", lambda: ScriptCall("f", [3])),  # type: ignore[list-item]
    ("is_async_execution: expected bool", lambda: ScriptCall("f", [], 1)),  # type: ignore[arg-type]
    ("ret_rref_id: expected RRefId", lambda: ScriptRemoteCall("f", [], FORK, FORK)),  # type: ignore[arg-type]
    ("ret_fork_id: expected ForkId", lambda: ScriptRemoteCall("f", [], RREF, RREF)),  # type: ignore[arg-type]
    ("value: expected IValue", lambda: ScriptResp(3)),  # type: ignore[arg-type]
    ("PythonCall.serialized_py_obj: expected", lambda: PythonCall(b"N.", False)),  # type: ignore[arg-type]
    ("PythonCall.is_async_execution: expected", lambda: PythonCall(PICKLE, None)),  # type: ignore[arg-type]
    ("ret_rref_id: expected RRefId", lambda: PythonRemoteCall(PICKLE, 1, FORK, False)),  # type: ignore[arg-type]
    ("PythonResp.serialized_py_obj: expected", lambda: PythonResp(VALUE)),  # type: ignore[arg-type]
    ("what: expected str or bytes", lambda: RemoteException(None)),  # type: ignore[arg-type]
    ("Operator.schema: expected a str", lambda: Operator(None, "")),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("problem", "make"), WRONG_TYPES)
def test_a_value_of_another_type_is_a_type_error(problem: str, make: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match=problem):
        make()


def test_the_deepest_argument_of_any_call_fits_a_parser_of_100_levels() -> None:
    value = deepest()
    for call in (
        ScriptCall("f", [value]),
        ScriptResp(value),
        ScriptRemoteCall("f", [value], RREF, FORK),
    ):
        assert again(call) == call
        record = RecordedMessage(0, 1, 2, call.toMessage())
        assert list(read_recording(in_bytes([record]))) == [record]
