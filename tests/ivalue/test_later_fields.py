"""What a later version adds to a value is kept."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest

from rref_proto import (
    GenericList,
    IValue,
    Message,
    ScalarType,
    ScriptCall,
    ScriptRRefFetchRet,
    Tensor,
    fromMessage,
)
from rref_proto.v1 import message_pb2

TENSOR = Tensor(ScalarType.uint8, [1], b"x")
# The field 1023 with the number 5.
LATER = b"\xf8\x3f\x05"


def received() -> IValue:
    """Return a tuple of a list of a tensor, as it was received. The list has a later field."""
    inner = IValue("list_value", GenericList("List[Any]", [IValue("tensor_value", TENSOR)]))
    proto = message_pb2.Message()
    proto.MergeFromString(sent(IValue("tuple_value", [inner])))
    (value,) = proto.script_rref_fetch_ret.values
    value.tuple_value.elements[0].MergeFromString(LATER)
    return only_value(proto.SerializeToString())


def only_value(wire: bytes) -> IValue:
    command = fromMessage(Message.FromString(wire))
    assert isinstance(command, ScriptRRefFetchRet)
    (value,) = command.values()
    return value


def pickled(value: IValue) -> IValue:
    again = pickle.loads(pickle.dumps(value))
    assert isinstance(again, IValue)
    return again


def sent(value: IValue) -> bytes:
    return ScriptRRefFetchRet([value]).toMessage().SerializeToString()


KEEPING: dict[str, Callable[[IValue], IValue]] = {
    "as it is": lambda value: value,
    "as a part": lambda value: value.value[0],
    "in another value": lambda value: IValue("tuple_value", [IValue("int_value", 1), value]),
    "made of kind and value": lambda value: IValue(value.kind, value.value),
    "from Python": lambda value: IValue.from_python([value]),
    "sent and read": lambda value: only_value(sent(value)),
    "copied": copy.copy,
    "copied with its parts": copy.deepcopy,
    "pickled": pickled,
    "pickled as a part": lambda value: pickled(value.value[0]),
}


@pytest.mark.parametrize("keep", KEEPING.values(), ids=KEEPING)
def test_fields_of_a_later_version_are_kept(keep: Callable[[IValue], IValue]) -> None:
    assert LATER in sent(keep(received()))
    assert keep(received()).tensors() == (TENSOR,)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickled])
def test_a_copy_is_equal(again: Callable[[IValue], IValue]) -> None:
    value = received()
    assert again(value) == value
    assert again(value.value[0]) == value.value[0]


def test_values_that_differ_in_later_fields_alone_are_different() -> None:
    value = received()
    assert value != IValue.from_python(value.to_python(), "Tuple[List[Any]]")


def test_a_pickle_has_the_tensors_of_the_value_alone() -> None:
    large = Tensor(ScalarType.uint8, [10_000], bytes(10_000))
    both = only_value(sent(IValue.from_python((large, TENSOR, TENSOR))))
    assert len(pickle.dumps(both.value[1])) < 1000
    assert pickle.loads(pickle.dumps(both.value[1])).value == TENSOR


def test_a_tensor_alone_keeps_a_later_field_beside_other_tensors() -> None:
    proto = message_pb2.Message.FromString(sent(IValue("tensor_value", TENSOR)))
    proto.script_rref_fetch_ret.values[0].MergeFromString(LATER)
    value = only_value(proto.SerializeToString())
    other = IValue("tensor_value", Tensor(ScalarType.uint8, [1], b"y"))
    call = ScriptCall("f", [other, value])
    again = fromMessage(Message.FromString(call.toMessage().SerializeToString()))
    assert again == call
    assert LATER in call.toMessage().SerializeToString()
    assert LATER in sent(IValue.from_python((1, value)))
