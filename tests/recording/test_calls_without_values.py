"""Calls and results whose values a recording leaves out: what stays, and what is said of them."""

from __future__ import annotations

import pytest
from hypothesis import given

from rref_proto import (
    DecodeError,
    ForkId,
    IValue,
    Message,
    Operator,
    PythonCall,
    PythonRemoteCall,
    PythonResp,
    PythonRRefFetchRet,
    RpcCommandBase,
    RRefForkData,
    RRefId,
    ScalarType,
    ScriptCall,
    ScriptRemoteCall,
    ScriptResp,
    SerializedPyObj,
    Tensor,
    fromMessage,
    libtorch,
    omit_values,
)
from rref_proto.passing import CARRIERS, Created, created_by, rrefs_passed_by

from one_of_each import ADD, FUNCTION, ONE_OF_EACH
from strategies import messages

SECRET = "a value that must not leak"
CREATED = Created(RRefId(1, 4), ForkId(1, 5))
RREF = RRefForkData(0, RRefId(0, 2), ForkId(0, 3), 0, "PyObject")
TENSOR = Tensor(ScalarType.int8, [3], b"xyz")
VALUES = [IValue.from_python({SECRET: TENSOR}), IValue("rref_value", RREF)]
VALUE = IValue("tuple_value", VALUES)
PYTHON = SerializedPyObj.from_python((SECRET, TENSOR, RREF))
UNREADABLE = SerializedPyObj(b"\x80\x04" + SECRET.encode())

# With the types of what is left out.
SCRIPT_TYPES, PYTHON_TYPES = ["Dict[str, Tensor]", "RRef[PyObject]"], ["Tensor", "str"]
WITH_VALUES: list[tuple[RpcCommandBase, list[str]]] = [
    (ScriptCall(ADD, VALUES), SCRIPT_TYPES),
    (ScriptCall(FUNCTION, VALUES, True), SCRIPT_TYPES),
    (ScriptRemoteCall(ADD, VALUES, *CREATED), SCRIPT_TYPES),
    (ScriptRemoteCall(FUNCTION, VALUES, *CREATED, True), SCRIPT_TYPES),
    (ScriptResp(VALUE), [VALUE.type]),
    (PythonCall(PYTHON, True), PYTHON_TYPES),
    (PythonRemoteCall(PYTHON, *CREATED, True), PYTHON_TYPES),
    (PythonResp(PYTHON), PYTHON_TYPES),
    (PythonRRefFetchRet(PYTHON.toIValues()), PYTHON_TYPES),
]
named = pytest.mark.parametrize(
    ("command", "types"), WITH_VALUES, ids=lambda each: type(each).__name__
)


@named
def test_nothing_of_the_values_is_left(command: RpcCommandBase, types: list[str]) -> None:
    message = command.toMessage().with_id(7)
    left = omit_values(message)
    assert SECRET.encode() in message.SerializeToString()
    assert SECRET.encode() not in left.message.SerializeToString()
    assert left.message.tensors == ()
    assert (left.message.type, left.message.id) == (message.type, 7)
    assert [value.type for value in left.omitted_values] == types
    assert sum(value.byte_size for value in left.omitted_values) >= len(SECRET) + 3


@named
def test_the_rrefs_are_known_with_and_without_the_values(
    command: RpcCommandBase, types: list[str]
) -> None:
    message = command.toMessage()
    again = Message.FromString(message.SerializeToString())
    assert rrefs_passed_by(message) == rrefs_passed_by(again) == (RREF,)
    assert omit_values(message).passed_rrefs == (RREF,)


@named
def test_a_remote_call_keeps_its_identifiers(command: RpcCommandBase, types: list[str]) -> None:
    message = command.toMessage()
    expected = CREATED if hasattr(command, "ret_rref_id") else None
    assert created_by(message) == expected
    assert created_by(Message.FromString(message.SerializeToString())) == expected
    assert created_by(omit_values(message).message) == expected


@pytest.mark.parametrize("callee", [ADD, FUNCTION], ids=["operator", "function"])
def test_a_script_call_without_its_values_says_what_is_called(callee: Operator | str) -> None:
    is_async = callee is FUNCTION
    call = omit_values(ScriptCall(callee, VALUES, is_async).toMessage()).message
    assert fromMessage(call) == ScriptCall(callee, [], is_async)
    remote = omit_values(ScriptRemoteCall(callee, VALUES, *CREATED, is_async).toMessage()).message
    assert fromMessage(remote) == ScriptRemoteCall(callee, [], *CREATED, is_async)


@pytest.mark.parametrize(
    "command",
    [ScriptResp(VALUE), PythonCall(PYTHON, True), PythonRemoteCall(PYTHON, *CREATED, True)],
    ids=lambda each: type(each).__name__,
)
def test_what_lacks_a_required_value_is_no_message_to_send(command: RpcCommandBase) -> None:
    left = omit_values(command.toMessage()).message
    with pytest.raises(DecodeError, match="found none"):
        fromMessage(left)
    with pytest.raises(DecodeError, match="found none"):
        libtorch.to_payload(left)


def test_the_rrefs_of_a_pickle_that_cannot_be_read_are_not_known() -> None:
    message = PythonRemoteCall(UNREADABLE, *CREATED, False).toMessage()
    assert rrefs_passed_by(message) is None
    left = omit_values(message)
    assert left.passed_rrefs == ()
    assert created_by(left.message) == CREATED
    assert [value.type for value in left.omitted_values] == ["str"]


@pytest.mark.parametrize("field", ["ret_rref_id", "ret_fork_id"])
def test_a_remote_call_without_an_identifier_is_refused(field: str) -> None:
    proto = omit_values(PythonRemoteCall(PYTHON, *CREATED, False).toMessage()).message.proto
    proto.python_remote_call.ClearField(field)  # type: ignore[arg-type]
    with pytest.raises(DecodeError, match=rf"python_remote_call\.{field}: expected an .*Id, found"):
        created_by(Message(proto))


@given(messages)
def test_a_message_has_values_to_leave_out_or_stays_as_it_is(message: Message) -> None:
    left = omit_values(message)
    assert left.message.type == message.type
    assert created_by(left.message) == created_by(message)
    passed = rrefs_passed_by(message)
    assert left.passed_rrefs == (passed or ())
    assert left.passed_rrefs_unknown == (passed is None)
    if message.type not in CARRIERS:
        assert left == (message, (), (), False)


def test_every_message_with_tensors_or_values_is_in_the_table() -> None:
    carriers = {each.message_type for each in ONE_OF_EACH if each.toMessage().tensors}
    assert carriers == set(CARRIERS)
