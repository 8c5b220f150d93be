"""Values that are left out of a recording."""

from __future__ import annotations

import pytest
from hypothesis import given

from rref_proto import (
    EncodeError,
    IValue,
    OmittedValue,
    PythonResp,
    PythonRRefFetchRet,
    RecordedMessage,
    RRefFetchRet,
    ScalarType,
    ScriptRRefFetchRet,
    SerializedPyObj,
    Tensor,
    omit_values,
)

from conversations import in_bytes, out_of_bytes
from strategies import python_returns, script_returns


def test_values_can_be_left_out() -> None:
    tensor = Tensor(ScalarType.float32, [256], b"secr" * 256)
    script = ScriptRRefFetchRet([IValue.from_python({"w": tensor})]).toMessage().with_id(5)
    message, omitted, passed, _ = omit_values(script)
    assert passed == ()
    assert b"secr" not in message.SerializeToString()
    assert (message.type, message.id) == (script.type, 5)
    assert [value.type for value in omitted] == ["Dict[str, Tensor]"]
    assert omitted[0].byte_size >= 1024
    record = RecordedMessage(1, 2, 3, message, "a", "b", None, omitted)
    assert out_of_bytes(in_bytes([record])) == [record]


def test_a_python_value_left_out_is_described_by_its_parts() -> None:
    python = SerializedPyObj(b"\x80secret", (Tensor(ScalarType.bool, [], b"\x01"),))
    message, omitted, *_ = omit_values(PythonRRefFetchRet(python.toIValues()).toMessage())
    assert [value.type for value in omitted] == ["Tensor", "str"]
    assert b"secret" not in message.SerializeToString()


@given(python_returns | script_returns)
def test_a_fetch_return_has_values_to_leave_out(command: RRefFetchRet) -> None:
    message = command.toMessage()
    left, omitted, *_ = omit_values(message)
    assert [value.type for value in omitted] == [value.type for value in command.values()]
    assert (left.type, left.tensors) == (message.type, ())
    assert len(left.SerializeToString()) <= 2


def test_rrefs_in_a_pickle_that_cannot_be_read_are_said_to_be_unknown() -> None:
    for pickle, is_unknown in ((b"no pickle", True), (b"\x80\x02N.", False)):
        message = PythonResp(SerializedPyObj(pickle)).toMessage()
        left = omit_values(message)
        assert (left.passed_rrefs, left.passed_rrefs_unknown) == ((), is_unknown)
        record = RecordedMessage(1, 0, 1, left.message, "", "", None, *left[1:])
        (again,) = out_of_bytes(in_bytes([record]))
        assert again == record
        assert again.passed_rrefs_unknown is is_unknown


def test_whether_rrefs_are_unknown_is_a_bool() -> None:
    message = PythonResp(SerializedPyObj(b"")).toMessage()
    with pytest.raises(TypeError, match="passed_rrefs_unknown: expected bool"):
        RecordedMessage(0, 0, 1, message, passed_rrefs_unknown=1)  # type: ignore[arg-type]


def test_refuses_an_omitted_value_of_negative_size() -> None:
    with pytest.raises(EncodeError):
        OmittedValue("Tensor", -1)
