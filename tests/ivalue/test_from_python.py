"""What from_python infers from plain Python values."""

from __future__ import annotations

import math
from collections import OrderedDict
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given

from rref_proto import (
    Device,
    EncodeError,
    EnumHolder,
    GenericDict,
    GenericList,
    IValue,
    RRefForkData,
    RRefProtoError,
    ScriptObject,
    Tensor,
)
from rref_proto.ivalue.base import ALL_KINDS

from ivalue_examples import (
    DEVICE,
    DICT,
    ENUM,
    LIST,
    NAN,
    OBJECT,
    ONE,
    OTHER,
    RREF,
    STATE,
    TENSOR,
    TEXT,
    Color,
    same,
)
from strategies import ivalues


class Size(IntEnum):
    LARGE = 3


class Point(NamedTuple):
    x: int
    y: float


# Each kind of value: the Python value, its kind, its annotation, and what to_python() returns.
INFERRED = [
    (None, "none_value", "NoneType", None),
    (True, "bool_value", "bool", True),
    (0, "int_value", "int", 0),
    (-(2**63), "int_value", "int", -(2**63)),
    (2**63 - 1, "int_value", "int", 2**63 - 1),
    (1.5, "double_value", "float", 1.5),
    (math.inf, "double_value", "float", math.inf),
    (1 - 2j, "complex_value", "complex", 1 - 2j),
    ("", "string_value", "str", ""),
    ("é\0\U0001f600", "string_value", "str", "é\0\U0001f600"),
    (b"\xff", "bytes_value", "str", b"\xff"),
    (TENSOR, "tensor_value", "Tensor", TENSOR),
    (DEVICE, "device_value", "Device", DEVICE),
    ((), "tuple_value", "Tuple[()]", ()),
    ((1, "a", None), "tuple_value", "Tuple[int, str, NoneType]", (1, "a", None)),
    (Point(1, 2.0), "tuple_value", "Tuple[int, float]", (1, 2.0)),
    ([1, 2], "int_list", "List[int]", [1, 2]),
    ([1.0, NAN], "double_list", "List[float]", [1.0, NAN]),
    ([True, False], "bool_list", "List[bool]", [True, False]),
    ([TENSOR, OTHER], "tensor_list", "List[Tensor]", [TENSOR, OTHER]),
    (["a", "b"], "list_value", "List[str]", ["a", "b"]),
    (["a", b"\xff"], "list_value", "List[str]", ["a", b"\xff"]),
    ([1j], "list_value", "List[complex]", [1j]),
    ([None, None], "list_value", "List[NoneType]", [None, None]),
    ([1, None], "list_value", "List[Optional[int]]", [1, None]),
    ([None, 1.0], "list_value", "List[Optional[float]]", [None, 1.0]),
    ([[1], []], "list_value", "List[List[int]]", [[1], []]),
    ([[], [[]], [["a"]]], "list_value", "List[List[List[str]]]", [[], [[]], [["a"]]]),
    ([[None], [1]], "list_value", "List[List[Optional[int]]]", [[None], [1]]),
    ([None, [1]], "list_value", "List[Optional[List[int]]]", [None, [1]]),
    ([(1, None), (2, "a")], "list_value", "List[Tuple[int, Optional[str]]]", [(1, None), (2, "a")]),
    ({"a": 1}, "dict_value", "Dict[str, int]", {"a": 1}),
    ({1: [], 2: [1.0]}, "dict_value", "Dict[int, List[float]]", {1: [], 2: [1.0]}),
    ({"a": None, "b": 1}, "dict_value", "Dict[str, Optional[int]]", {"a": None, "b": 1}),
    (OrderedDict(b=1, a=2), "dict_value", "Dict[str, int]", {"b": 1, "a": 2}),
    ([{}, {"a": 1}], "list_value", "List[Dict[str, int]]", [{}, {"a": 1}]),
    (LIST, "list_value", "List[str]", ["a"]),
    (DICT, "dict_value", "Dict[str, int]", {"a": 1}),
    (OBJECT, "object_value", "__torch__.m.Point", OBJECT),
    (STATE, "object_value", "__torch__.m.Point", STATE),
    (ENUM, "enum_value", "__torch__.m.Color", ENUM),
    (RREF, "rref_value", "RRef[int]", RREF),
    ([OBJECT, STATE], "list_value", "List[__torch__.m.Point]", [OBJECT, STATE]),
    ([RREF, None], "list_value", "List[Optional[RRef[int]]]", [RREF, None]),
    (Color.RED, "string_value", "str", "red"),
    (Size.LARGE, "int_value", "int", 3),
]


@pytest.mark.parametrize(("value", "kind", "annotation", "plain"), INFERRED, ids=repr)
def test_from_python_infers_kind_and_type(
    value: Any, kind: str, annotation: str, plain: Any
) -> None:
    ivalue = IValue.from_python(value)
    assert (ivalue.kind, ivalue.type) == (kind, annotation)
    assert same(ivalue.to_python(), plain)


@pytest.mark.parametrize(("value", "kind", "annotation", "plain"), INFERRED, ids=repr)
def test_the_inferred_type_can_be_given_as_well(
    value: Any, kind: str, annotation: str, plain: Any
) -> None:
    assert IValue.from_python(value, annotation) == IValue.from_python(value)
    assert IValue.from_python(plain, annotation) == IValue.from_python(value)


@pytest.mark.parametrize(
    "value",
    [object(), {1, 2}, range(3), bytearray(b"a"), int, len, [object()], {"a": {1}}],
    ids=lambda value: type(value).__name__,
)
def test_from_python_refuses_what_torchscript_has_no_type_for(value: Any) -> None:
    with pytest.raises(TypeError, match="TorchScript has a type for"):
        IValue.from_python(value)


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros(3, np.int64), np.array(["a"])], ids=repr)
def test_the_refusal_of_an_array_names_the_way_to_send_it(array: Any) -> None:
    with pytest.raises(TypeError, match=r"Tensor\.from_numpy"):
        IValue.from_python(array)


@pytest.mark.parametrize("value", [[], {}, [[]], [{}], {"a": []}, ([],), [None, []]], ids=repr)
def test_an_empty_list_or_dict_needs_a_type(value: Any) -> None:
    with pytest.raises(EncodeError, match="give `type`"):
        IValue.from_python(value)


@pytest.mark.parametrize(
    "value",
    [
        [1, 2.0],
        [1, True],
        [1, "a"],
        [[1], ["a"]],
        [[1], 1],
        [(1,), (1, 2)],
        [1, None, "a"],
        {"a": 1, "b": "c"},
        {"a": 1, 1: 1},
        [OBJECT, ENUM],
        [TENSOR, None, 1],
    ],
    ids=repr,
)
def test_elements_without_a_common_type_are_refused(value: Any) -> None:
    with pytest.raises(EncodeError, match="no common type"):
        IValue.from_python(value)


@given(ivalues)
def test_an_ivalue_goes_in_as_it_is(ivalue: IValue) -> None:
    assert IValue.from_python(ivalue) is ivalue
    assert IValue.from_python((ivalue,)).value == (ivalue,)
    assert IValue.from_python({"a": ivalue}).value.entries == ((TEXT, ivalue),)


@pytest.mark.parametrize("value", [1, 1.5, True, TENSOR, "a", None, OBJECT], ids=repr)
def test_ivalues_go_into_a_list_as_they_are(value: Any) -> None:
    ivalues_of_it = [IValue.from_python(value), IValue.from_python(value)]
    plain = IValue.from_python([value, value])
    assert IValue.from_python(ivalues_of_it) == plain
    assert IValue.from_python(ivalues_of_it, plain.type) == plain


def test_an_ivalue_of_a_type_that_is_not_an_annotation_goes_in_too() -> None:
    strange = IValue("list_value", GenericList("anything \n at all", (ONE,)))
    assert IValue.from_python((strange,)).type == "Tuple[anything \n at all]"
    assert IValue.from_python([strange]).value.elements == (strange,)


PLAIN: dict[str, type] = {
    "none_value": type(None),
    "tensor_value": Tensor,
    "double_value": float,
    "complex_value": complex,
    "int_value": int,
    "bool_value": bool,
    "string_value": str,
    "bytes_value": bytes,
    "tuple_value": tuple,
    "int_list": list,
    "double_list": list,
    "bool_list": list,
    "tensor_list": list,
    "list_value": list,
    "dict_value": dict,
    "device_value": Device,
    "object_value": ScriptObject,
    "enum_value": EnumHolder,
    "rref_value": RRefForkData,
}
values_without_dicts = ivalues.filter(lambda value: "dict_value" not in repr(value))


def test_the_plain_type_of_every_kind_is_known() -> None:
    assert list(PLAIN) == list(ALL_KINDS)


@given(values_without_dicts)
def test_every_value_without_a_dict_becomes_plain_python(value: IValue) -> None:
    assert type(value.to_python()) is PLAIN[value.kind]


@example(ONE)
@example(IValue("int_list", [1]))
@given(values_without_dicts)
def test_a_dict_becomes_a_dict_if_python_can_hash_its_keys(key: IValue) -> None:
    value = IValue("dict_value", GenericDict("Dict[Any, int]", ((key, ONE),)))
    plain = key.to_python()
    try:
        hash(plain)
    except TypeError:
        with pytest.raises(RRefProtoError, match="Python has no dict with the keys of a Dict"):
            value.to_python()
    else:
        assert same(value.to_python(), {plain: 1})
