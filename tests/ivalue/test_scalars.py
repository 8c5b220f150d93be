"""Numbers, texts and bytes: those of numpy, those of subclasses, and exact bits."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from rref_proto import ForkId, GenericList, IValue, RRefForkData, RRefId, SerializedPyObj

from ivalue_examples import Color, same
from strategies import doubles


@pytest.mark.parametrize(
    "number", [kind(7) for kind in (np.int8, np.uint8, np.int64, np.uint64)], ids=repr
)
def test_numpy_integers_are_ints(number: Any) -> None:
    for ivalue in (IValue.from_python(number), IValue("int_value", number)):
        assert same(ivalue.value, 7)
    assert IValue.from_python([number, 1]) == IValue("int_list", [7, 1])
    assert IValue.from_python({number: number}) == IValue.from_python({7: 7})
    assert same(IValue.from_python(number, "float").value, 7.0)
    assert same(IValue.from_python(number, "complex").value, 7 + 0j)


def test_numpy_floats_are_floats() -> None:
    number = np.float64(1.5)
    for ivalue in (
        IValue.from_python(number),
        IValue.from_python(number, "float"),
        IValue("double_value", number),
    ):
        assert same(ivalue.value, 1.5)
    assert same(IValue.from_python([number, 2.0]).value, (1.5, 2.0))
    assert repr(IValue("double_value", number)) == "IValue('double_value', 1.5)"


def test_numpy_complex_numbers_are_complex_numbers() -> None:
    number = np.complex128(1 - 2j)
    for ivalue in (IValue.from_python(number), IValue("complex_value", number)):
        assert same(ivalue.value, 1 - 2j)
    assert repr(IValue("complex_value", number)) == "IValue('complex_value', complex(1.0, -2.0))"


@pytest.mark.parametrize("wrong", [np.bool_(True), np.str_("a"), np.float64(1)], ids=repr)
def test_numpy_scalars_of_other_types_are_not_ints(wrong: Any) -> None:
    with pytest.raises(TypeError, match="expected"):
        IValue.from_python(wrong, "int")


@pytest.mark.parametrize(
    ("text", "plain"), [(Color.RED, "red"), (np.str_("red"), "red")], ids=["enum", "numpy"]
)
def test_a_subclass_of_str_is_sent_by_its_content(text: str, plain: str) -> None:
    assert same(IValue("string_value", text).value, plain)
    assert IValue.from_python({text: 1}) == IValue.from_python({plain: 1})
    assert GenericList(text, ()).type == plain
    assert same(RRefForkData(1, RRefId(2, 3), ForkId(4, 5), 6, text).type_str, plain)


@pytest.mark.parametrize("number", [-0x8000, 0, 0x7FFF, np.int16(5)], ids=repr)
def test_worker_ids_of_a_fork_are_int16(number: Any) -> None:
    data = RRefForkData(number, RRefId(2, 3), ForkId(4, 5), number, "int")
    assert same((data.owner_id, data.parent), (int(number), int(number)))


@pytest.mark.parametrize("payload", [b"ab", bytearray(b"ab"), memoryview(b"ab")], ids=repr)
def test_bytes_of_any_type_are_taken_and_kept_as_bytes(payload: Any) -> None:
    assert same(SerializedPyObj(payload).payload, b"ab")
    assert same(IValue("bytes_value", payload).value, b"ab")


@given(doubles)
def test_a_double_keeps_its_bits(number: float) -> None:
    for value in (IValue("double_value", number), IValue.from_python(number)):
        assert struct.pack("<d", value.to_python()) == struct.pack("<d", number)
