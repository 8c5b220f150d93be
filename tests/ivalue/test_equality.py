"""Which values are equal, and which are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from rref_proto import Device, GenericList, IValue, Message, ScriptObject, ScriptRRefFetchRet
from rref_proto.v1 import ivalue_pb2

from ivalue_examples import (
    DEVICE,
    ENUM,
    LIST,
    NAN,
    NONE,
    OBJECT,
    ONE,
    OTHER,
    RREF,
    STATE,
    TENSOR,
    TEXT,
)
from strategies import ivalues

EQUAL = [
    (1, np.int64(1)),
    ("a", b"a"),
    ("é", "é".encode()),
    (["a"], [b"a"]),
    ({"a": 1}, {b"a": 1}),
    (NAN, float("nan")),
    ([NAN], [float("nan")]),
    (complex(NAN, 0.0), complex(NAN, 0.0)),
    ([1, 2], (1, 2)),
]
DIFFERENT = [
    1,
    True,
    1.0,
    1 + 0j,
    "1",
    b"\xff",
    None,
    0,
    False,
    0.0,
    -0.0,
    0j,
    complex(0.0, -0.0),
    complex(-0.0, 0.0),
    NAN,
    -NAN,
    "",
    (),
    (1,),
    (1.0,),
    (True,),
    ((1,),),
    [1],
    [1.0],
    [True],
    [0.0],
    [-0.0],
    [NAN],
    ["1"],
    [None],
    [1, None],
    {"a": 1, "b": 2},
    {"b": 2, "a": 1},
    {"a": 1.0, "b": 2.0},
    TENSOR,
    OTHER,
    [TENSOR],
    (TENSOR,),
    DEVICE,
    Device("cuda"),
    OBJECT,
    STATE,
    ENUM,
    RREF,
    ScriptObject("__torch__.m.Point", (("y", NONE), ("x", ONE))),
    GenericList("List[Any]", (TEXT,)),
    LIST,
]


@pytest.mark.parametrize(("one", "other"), EQUAL, ids=repr)
def test_equal_is_what_is_sent_as_the_same(one: Any, other: Any) -> None:
    annotation = "List[int]" if isinstance(other, tuple) else None
    a, b = IValue.from_python(one), IValue.from_python(other, annotation)
    assert a == b
    assert hash(a) == hash(b)


def is_flawed(value: Any) -> bool:
    """Tell whether protobuf changes a value.

    Old releases of its pure-Python backend hold the -0.0 of a complex number as 0.0.
    """
    keeps_the_sign = ivalue_pb2.ComplexDouble(real=-0.0).ByteSize() > 0
    return not keeps_the_sign and repr(value) in {"-0j", "(-0+0j)"}


def test_values_that_are_sent_differently_are_different() -> None:
    values = [IValue.from_python(value) for value in DIFFERENT if not is_flawed(value)]
    for value in values:
        assert [other for other in values if other == value] == [value]
    assert len(set(values)) == len(values)
    messages = [ScriptRRefFetchRet([value]).toMessage() for value in values]
    written = {message.SerializeToString() for message in messages}
    assert len(written) == len(values)


@given(ivalues)
def test_equals_what_the_wire_brings_back_and_hashes_alike(ivalue: IValue) -> None:
    wire = ScriptRRefFetchRet([ivalue]).toMessage().SerializeToString()
    (again,) = ScriptRRefFetchRet.fromMessage(Message.FromString(wire)).values()
    assert again == ivalue
    assert hash(again) == hash(ivalue)


def test_equals_no_other_python_value() -> None:
    assert ONE != 1
    assert ONE is not None
    assert IValue("int_value", 1) == ONE
    assert (object() == ONE) is False
