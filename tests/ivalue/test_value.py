"""How values behave in Python: repr, patterns and copies. They cannot be changed."""

from __future__ import annotations

import copy
import math
import pickle
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given

import rref_proto
from rref_proto import (
    EnumHolder,
    ForkId,
    GenericDict,
    GenericList,
    IValue,
    RRefForkData,
    RRefId,
    ScriptObject,
    ScriptRRefFetchRet,
    SerializedPyObj,
)

from ivalue_examples import DICT, ENUM, LIST, NONE, OBJECT, ONE, RREF, TENSOR, TEXT, TYPED
from strategies import ivalues


def _pasted(value: object) -> Any:
    return eval(repr(value), {**vars(rref_proto)})


@given(ivalues)
def test_repr_can_be_pasted_back(ivalue: IValue) -> None:
    assume("nan" not in repr(ivalue))  # NaN has its own test
    assert _pasted(ivalue) == ivalue


@pytest.mark.parametrize("bits", [0x7FF8 << 48, 0xFFF8 << 48], ids=["nan", "-nan"])
def test_repr_of_nan_can_be_pasted_back(bits: int) -> None:
    (number,) = struct.unpack("<d", struct.pack("<Q", bits))
    assert math.isnan(number)
    for value in (
        IValue("double_value", number),
        IValue("double_list", [number]),
        IValue("complex_value", complex(number, number)),
    ):
        assert _pasted(value) == value


@pytest.mark.parametrize(
    ("ivalue", "text"),
    [
        (ONE, "IValue('int_value', 1)"),
        (NONE, "IValue('none_value', None)"),
        (IValue("double_value", -math.inf), "IValue('double_value', float('-inf'))"),
        (IValue("double_value", -0.0), "IValue('double_value', -0.0)"),
        (IValue("complex_value", -1 - 1j), "IValue('complex_value', complex(-1.0, -1.0))"),
        (IValue("int_list", [1]), "IValue('int_list', (1,))"),
        (IValue("int_list", []), "IValue('int_list', ())"),
        (IValue("tuple_value", [ONE, NONE]), f"IValue('tuple_value', ({ONE!r}, {NONE!r}))"),
    ],
    ids=repr,
)
def test_repr_is_a_call(ivalue: IValue, text: str) -> None:
    assert repr(ivalue) == text


@pytest.mark.parametrize("value", [*TYPED, SerializedPyObj(b"p", (TENSOR,))], ids=repr)
def test_repr_of_the_values_with_their_own_class_can_be_pasted_back(value: Any) -> None:
    assert _pasted(value) == value


def test_matches_by_position() -> None:
    match IValue.from_python((1, "a")):
        case IValue("tuple_value", (IValue("int_value", number), IValue(_, text))):
            assert (number, text) == (1, "a")
        case _:
            pytest.fail("the pattern did not match")
    match LIST, DICT, OBJECT, ENUM, RREF:
        case (
            GenericList("List[str]", (IValue(),)),
            GenericDict("Dict[str, int]", ((_, _),)),
            ScriptObject("__torch__.m.Point", (("x", _), _), None),
            EnumHolder(_, IValue("int_value", 1)),
            RRefForkData(1, RRefId(2, 3), ForkId(4, 5), 6, "int"),
        ):
            pass
        case _:
            pytest.fail("the pattern did not match")
    match SerializedPyObj(b"p", (TENSOR,)):
        case SerializedPyObj(b"p", (tensor,)):
            assert tensor is TENSOR
        case _:
            pytest.fail("the pattern did not match")


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        (ONE, ["kind", "value", "another"]),
        (LIST, ["type", "elements", "another"]),
        (DICT, ["type", "entries"]),
        (OBJECT, ["type", "attributes", "state"]),
        (ENUM, ["type", "value"]),
        (RREF, ["owner_id", "rref_id", "fork_id", "parent", "type_str"]),
        (SerializedPyObj(b""), ["payload", "tensors"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_is_immutable(value: Any, fields: list[str]) -> None:
    before = repr(value)
    for field in fields:
        with pytest.raises((AttributeError, TypeError)):
            setattr(value, field, None)
        with pytest.raises((AttributeError, TypeError)):
            delattr(value, field)
    assert repr(value) == before


def test_keeps_nothing_that_the_caller_may_change() -> None:
    numbers, elements, attributes, payload = [1, 2], [TEXT], [("x", ONE)], bytearray(b"p")
    made: list[Any] = [
        IValue("int_list", numbers),
        IValue("tuple_value", elements),
        IValue("bytes_value", payload),
        GenericList("List[str]", elements),  # type: ignore[arg-type]
        ScriptObject("__torch__.A", attributes),  # type: ignore[arg-type]
        SerializedPyObj(payload),  # type: ignore[arg-type]
    ]
    before = repr(made)
    for mutable in (numbers, elements, attributes, payload):
        mutable.clear()
    assert repr(made) == before
    for value in made:
        hash(value)


AGAIN: list[Callable[[Any], Any]] = [
    copy.copy,
    copy.deepcopy,
    lambda value: pickle.loads(pickle.dumps(value)),
    lambda value: pickle.loads(pickle.dumps(value, 2)),
]


@pytest.mark.parametrize("again", AGAIN, ids=["copy", "deepcopy", "pickle", "pickle2"])
@given(ivalues)
def test_survives_copy_and_pickle(again: Callable[[Any], Any], ivalue: IValue) -> None:
    other = again(ivalue)
    assert other == ivalue
    assert type(other) is IValue
    assert ScriptRRefFetchRet([other]).toMessage() == ScriptRRefFetchRet([ivalue]).toMessage()


@pytest.mark.parametrize("again", AGAIN, ids=["copy", "deepcopy", "pickle", "pickle2"])
@pytest.mark.parametrize("value", [*TYPED, SerializedPyObj(b"p", (TENSOR,))], ids=repr)
def test_the_values_with_their_own_class_survive_too(
    again: Callable[[Any], Any], value: Any
) -> None:
    assert again(value) == value
    assert hash(again(value)) == hash(value)
