"""RRefs that are passed on inside a message, whether its values are recorded or left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import (
    DecodeError,
    ForkId,
    IValue,
    Message,
    OmittedValue,
    PythonRRefFetchRet,
    RecordedMessage,
    RRefForkData,
    RRefId,
    ScriptRRefFetchRet,
    SerializedPyObj,
    omit_values,
    read_recording,
)
from rref_proto.passing import rrefs_passed_by
from rref_proto.v1 import recording_pb2

from conversations import ack, in_bytes
from nesting import deepest
from strategies import rref_fork_data

ONE = RRefForkData(0, RRefId(1, 2), ForkId(0, 3), 0, "Tensor")
OTHER = RRefForkData(0, RRefId(1, 2), ForkId(0, 4), 0, "Tensor")


def value_of(rref: RRefForkData) -> IValue:
    return IValue("rref_value", rref)


def returned(value: IValue) -> Message:
    return ScriptRRefFetchRet([value]).toMessage().with_id(5)


NESTED = {
    "alone": (value_of(ONE), (ONE,)),
    "none": (IValue.from_python([1, 2]), ()),
    "in a tuple": (IValue("tuple_value", [value_of(ONE), value_of(OTHER)]), (ONE, OTHER)),
    "twice": (IValue("tuple_value", [value_of(ONE), value_of(OTHER), value_of(ONE)]), (ONE, OTHER)),
    "deep": (deepest(value_of(ONE)), (ONE,)),
}


@pytest.mark.parametrize(("value", "rrefs"), NESTED.values(), ids=NESTED.keys())
def test_every_rref_inside_a_value_is_found_once(
    value: IValue, rrefs: tuple[RRefForkData, ...]
) -> None:
    message = returned(value)
    again = Message.FromString(message.SerializeToString())
    assert rrefs_passed_by(message) == rrefs_passed_by(again) == rrefs
    assert omit_values(message).passed_rrefs == rrefs


def test_messages_without_values_pass_nothing_on() -> None:
    python = PythonRRefFetchRet(SerializedPyObj.from_python(1).toIValues()).toMessage()
    assert rrefs_passed_by(python) == ()
    assert rrefs_passed_by(ack(0).message) == ()
    with pytest.raises(DecodeError):
        rrefs_passed_by(omit_values(python).message)


def record_with(*rrefs: RRefForkData) -> RecordedMessage:
    message, omitted, *_ = omit_values(returned(value_of(ONE)))
    return RecordedMessage(1, 0, 1, message, omitted_values=omitted, passed_rrefs=rrefs)


@given(st.lists(rref_fork_data, max_size=3))
def test_the_forks_of_values_that_are_left_out_are_recorded(rrefs: list[RRefForkData]) -> None:
    record = record_with(*rrefs)
    assert list(read_recording(in_bytes([record]))) == [record]
    assert [each.fork_id.local_id for each in record.proto.passed_rrefs] == [
        each.fork_id.local_id for each in rrefs
    ]


def test_what_omit_values_returns_is_what_a_record_takes() -> None:
    left = omit_values(returned(value_of(ONE)))
    assert [type(each) for each in left.omitted_values] == [OmittedValue]
    assert left.message.id == 5
    record = RecordedMessage(
        1, 0, 1, left.message, omitted_values=left.omitted_values, passed_rrefs=left.passed_rrefs
    )
    assert record == record_with(ONE)


@pytest.mark.parametrize("wrong", [5, [5], "x", ONE], ids=repr)
def test_refuses_forks_of_another_type(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"RecordedMessage\.passed_rrefs"):
        RecordedMessage(1, 0, 1, ack(0).message, passed_rrefs=wrong)


@pytest.mark.parametrize("field", ["rref_id", "fork_id"])
def test_refuses_a_fork_without_an_identifier(field: str) -> None:
    proto = record_with(OTHER, ONE).proto
    proto.passed_rrefs[1].ClearField(field)  # type: ignore[arg-type]
    wire = proto.SerializeToString()
    assert recording_pb2.RecordedMessage.FromString(wire) == proto
    with pytest.raises(DecodeError, match=rf"passed_rrefs\[1\]\.{field}: expected an .*Id, found"):
        list(read_recording(bytes([len(wire)]) + wire))
