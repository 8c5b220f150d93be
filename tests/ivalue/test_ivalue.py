from __future__ import annotations

import copy
import math
import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable
from contextlib import nullcontext, suppress
from enum import Enum, IntEnum
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import rref_proto
from rref_proto import (
    Device,
    EncodeError,
    EnumHolder,
    ForkId,
    GenericDict,
    GenericList,
    IValue,
    Message,
    RecordedMessage,
    RRefForkData,
    RRefId,
    RRefProtoError,
    ScalarType,
    ScriptObject,
    ScriptRRefFetchRet,
    SerializedPyObj,
    Tensor,
    fromMessage,
    read_recording,
    write_recording,
)
from rref_proto.ivalue.value import KINDS, NESTING
from rref_proto.v1 import ivalue_pb2

from strategies import doubles, int64, ivalues, python_objects, texts

NAN = math.nan
TENSOR = Tensor(ScalarType.uint8, [2], b"ab")
OTHER = Tensor(ScalarType.float32, [1], b"\0\0\0\0", True, Device("cuda", 0))
DEVICE = Device("cuda", 3)
ONE, TEXT, NONE = IValue("int_value", 1), IValue("string_value", "a"), IValue("none_value")
LIST = GenericList("List[str]", (TEXT,))
DICT = GenericDict("Dict[str, int]", ((TEXT, ONE),))
OBJECT = ScriptObject("__torch__.m.Point", (("x", ONE), ("y", NONE)))
STATE = ScriptObject("__torch__.m.Point", (), ONE)
ENUM = EnumHolder("__torch__.m.Color", ONE)
RREF = RRefForkData(1, RRefId(2, 3), ForkId(4, 5), 6, "int")
TYPED = (LIST, DICT, OBJECT, STATE, ENUM, RREF)


class Color(str, Enum):
    RED = "red"


class Size(IntEnum):
    LARGE = 3


class Point(NamedTuple):
    x: int
    y: float


# Each kind of value: the Python value, its kind, its annotation, and what to_python() gives.
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


def same(one: Any, other: Any) -> bool:
    """Whether two Python values are equal, of equal types, and their floats of equal bits."""
    return type(one) is type(other) and repr(one) == repr(other)


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
    ("value", "annotation", "kind", "plain"),
    [
        (1, "float", "double_value", 1.0),
        (2**53, "float", "double_value", float(2**53)),
        (1, "complex", "complex_value", 1 + 0j),
        (1.5, "complex", "complex_value", 1.5 + 0j),
        (None, "None", "none_value", None),
        (None, "NoneType", "none_value", None),
        ([], "List[int]", "int_list", []),
        ([], "List[float]", "double_list", []),
        ([], "List[bool]", "bool_list", []),
        ([], "List[Tensor]", "tensor_list", []),
        ([], "List[str]", "list_value", []),
        ((1, 2), "List[int]", "int_list", [1, 2]),
        ([1, 2.5], "List[float]", "double_list", [1.0, 2.5]),
        ([1, 2], "List[Any]", "list_value", [1, 2]),
        ([1, "a", [True]], "List[Any]", "list_value", [1, "a", [True]]),
        ([1, None], "List[Optional[int]]", "list_value", [1, None]),
        ([1, 2], "List[Optional[int]]", "list_value", [1, 2]),
        ([[1], []], "List[List[float]]", "list_value", [[1.0], []]),
        ({}, "Dict[str, int]", "dict_value", {}),
        ({"a": 1}, "Dict[str, float]", "dict_value", {"a": 1.0}),
        ({"a": 1, "b": "x"}, "Dict[str, Any]", "dict_value", {"a": 1, "b": "x"}),
        (5, "Any", "int_value", 5),
        ([1], "Any", "int_list", [1]),
        (None, "Any", "none_value", None),
        (None, "Optional[int]", "none_value", None),
        (5, "Optional[int]", "int_value", 5),
        (5, "Optional[float]", "double_value", 5.0),
        ([], "Optional[List[int]]", "int_list", []),
        (5, "Union[str, int]", "int_value", 5),
        ("a", "Union[str, int]", "string_value", "a"),
        (None, "Union[str, None]", "none_value", None),
        (True, "Union[int, bool]", "bool_value", True),
        (1, "Union[float, int]", "int_value", 1),
        (1, "Union[complex, int]", "int_value", 1),
        (1.5, "Union[complex, float]", "double_value", 1.5),
        (["a"], "Union[List[int], List[str]]", "list_value", ["a"]),
        ((), "Tuple[()]", "tuple_value", ()),
        ((1, 2), "Tuple[float, int]", "tuple_value", (1.0, 2)),
        ((1, None), "Tuple[int, None]", "tuple_value", (1, None)),
        ((None, 1), "Tuple[Optional[int], Optional[int]]", "tuple_value", (None, 1)),
        ("a", "str", "string_value", "a"),
        (b"a", "str", "bytes_value", b"a"),
        (OBJECT, "__torch__.m.Point", "object_value", OBJECT),
        (ENUM, "__torch__.m.Color", "enum_value", ENUM),
        (RREF, "RRef[int]", "rref_value", RREF),
        ([OBJECT], "List[__torch__.m.Point]", "list_value", [OBJECT]),
        (" padded ", " str ", "string_value", " padded "),
    ],
    ids=repr,
)
def test_from_python_follows_a_declared_type(
    value: Any, annotation: str, kind: str, plain: Any
) -> None:
    ivalue = IValue.from_python(value, annotation)
    assert ivalue.kind == kind
    assert same(ivalue.to_python(), plain)


@pytest.mark.parametrize(
    "annotation", ["List[Optional[int]]", "List[Any]", "Dict[str, Any]", "List[Union[int, str]]"]
)
def test_a_declared_container_keeps_its_type(annotation: str) -> None:
    empty: Any = {} if annotation.startswith("Dict") else []
    assert IValue.from_python(empty, annotation).type == annotation


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (1.0, "int"),
        (True, "int"),
        (True, "float"),
        (True, "complex"),
        (1, "bool"),
        (1, "str"),
        ("1", "int"),
        ("cpu", "Device"),
        (b"", "Tensor"),
        (1j, "float"),
        (None, "int"),
        (0, "None"),
        (1, "List[int]"),
        ("ab", "List[str]"),
        ({1, 2}, "List[int]"),
        ([1, "a"], "List[int]"),
        ([True], "List[int]"),
        ([1], "List[bool]"),
        ([None], "List[int]"),
        ([[1], ["a"]], "List[List[int]]"),
        ([], "Dict[str, int]"),
        ({1: 1}, "Dict[str, int]"),
        ({"a": "b"}, "Dict[str, int]"),
        ((1,), "Tuple[int, int]"),
        ((1, 2, 3), "Tuple[int, int]"),
        ([1, 2], "Tuple[int, int]"),
        ((1,), "Tuple[()]"),
        ("a", "Optional[int]"),
        (1.5, "Union[int, str]"),
        (1, "__torch__.m.Point"),
        (1, "RRef[int]"),
        (1, "NoSuchType"),
        (object(), "Any"),
    ],
    ids=repr,
)
def test_from_python_refuses_a_value_of_another_type(value: Any, annotation: str) -> None:
    with pytest.raises(TypeError, match="expected"):
        IValue.from_python(value, annotation)


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


@pytest.mark.parametrize("annotation", ["", "List", "List[int", "Dict[str]", "int[()]", "?"])
def test_a_type_that_cannot_be_read_is_refused(annotation: str) -> None:
    with pytest.raises(EncodeError, match="expected an annotation"):
        IValue.from_python([1], annotation)


@pytest.mark.parametrize("annotation", [int, 3, b"int", ["int"]], ids=repr)
def test_a_type_that_is_no_text_is_refused(annotation: Any) -> None:
    with pytest.raises(TypeError):
        IValue.from_python(1, annotation)


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
def test_numpy_scalars_of_other_types_are_no_ints(wrong: Any) -> None:
    with pytest.raises(TypeError):
        IValue.from_python(wrong, "int")


@pytest.mark.parametrize(
    ("text", "plain"), [(Color.RED, "red"), (np.str_("red"), "red")], ids=["enum", "numpy"]
)
def test_a_subclass_of_str_is_sent_by_its_content(text: str, plain: str) -> None:
    assert same(IValue("string_value", text).value, plain)
    assert IValue.from_python({text: 1}) == IValue.from_python({plain: 1})
    assert GenericList(text, ()).type == plain
    assert same(RRefForkData(1, RRefId(2, 3), ForkId(4, 5), 6, text).type_str, plain)


def _typed_values() -> st.SearchStrategy[tuple[str, Any]]:
    """Make annotations without Optional, Union or Any, each with a value of that type."""
    pairs = st.one_of(
        st.tuples(st.just("int"), int64),
        st.tuples(st.just("float"), st.floats(allow_nan=False)),
        st.tuples(st.just("bool"), st.booleans()),
        st.tuples(st.just("str"), texts),
        st.tuples(st.just("NoneType"), st.none()),
        st.tuples(st.just("complex"), st.complex_numbers(allow_nan=False)),
    )

    def containers(
        children: st.SearchStrategy[tuple[str, Any]],
    ) -> st.SearchStrategy[tuple[str, Any]]:
        lists = children.map(lambda pair: (f"List[{pair[0]}]", [pair[1]] * 2))
        empty_lists: st.SearchStrategy[tuple[str, Any]] = children.map(
            lambda pair: (f"List[{pair[0]}]", [])
        )
        dicts = st.tuples(texts, children).map(
            lambda entry: (f"Dict[str, {entry[1][0]}]", {entry[0]: entry[1][1]})
        )
        tuples = st.lists(children, min_size=1, max_size=3).map(
            lambda parts: (
                f"Tuple[{', '.join(name for name, _ in parts)}]",
                tuple(value for _, value in parts),
            )
        )
        return lists | empty_lists | dicts | tuples

    return st.recursive(pairs, containers, max_leaves=6)


typed_values = _typed_values()


@given(typed_values)
def test_a_value_of_a_declared_type_comes_back(typed: tuple[str, Any]) -> None:
    annotation, value = typed
    ivalue = IValue.from_python(value, annotation)
    assert ivalue.type == annotation
    assert same(ivalue.to_python(), value)


@given(typed_values)
def test_what_can_be_inferred_is_inferred_as_declared(typed: tuple[str, Any]) -> None:
    annotation, value = typed
    if "[]" in repr(value):
        value = ([], value)  # whatever else is there: an empty list has no type
        with pytest.raises(EncodeError, match="empty list"):
            IValue.from_python(value)
    else:
        assert IValue.from_python(value) == IValue.from_python(value, annotation)


@given(typed_values)
def test_optional_union_and_any_take_the_value_as_it_is(typed: tuple[str, Any]) -> None:
    annotation, value = typed
    declared = IValue.from_python(value, annotation)
    assert IValue.from_python(value, f"Optional[{annotation}]") == declared
    assert IValue.from_python(value, f"Union[{annotation}, Device]") == declared
    assert IValue.from_python(value, f"Union[Device, {annotation}]") == declared
    assert (
        IValue.from_python([value, None], f"List[Optional[{annotation}]]").to_python()[0] == value
    )


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


def test_an_ivalue_of_a_type_that_is_no_annotation_goes_in_too() -> None:
    strange = IValue("list_value", GenericList("anything \n at all", (ONE,)))
    assert IValue.from_python((strange,)).type == "Tuple[anything \n at all]"
    assert IValue.from_python([strange]).value.elements == (strange,)


@given(ivalues)
def test_every_value_becomes_plain_python_or_says_why_not(ivalue: IValue) -> None:
    # A key of a dict may be one that Python's dict does not take.
    with suppress(RRefProtoError) if "dict_value" in repr(ivalue) else nullcontext():
        ivalue.to_python()


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


def test_values_that_are_sent_differently_are_different() -> None:
    values = [IValue.from_python(value) for value in DIFFERENT]
    for value in values:
        assert [other for other in values if other == value] == [value]
    assert len(set(values)) == len(values)
    # Old releases of protobuf's pure-Python backend take the -0.0 of a complex number for a 0.0.
    flawed = not ivalue_pb2.ComplexDouble(real=-0.0).ByteSize()
    messages = [ScriptRRefFetchRet([value]).toMessage() for value in values]
    written = {message.SerializeToString() for message in messages}
    assert len(written) == len(values) - 2 * flawed


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


def _pasted(value: object) -> Any:
    return eval(repr(value), {**vars(rref_proto)})


@given(ivalues)
def test_repr_can_be_pasted_back(ivalue: IValue) -> None:
    assume("nan" not in repr(ivalue))  # which has its own test
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
        (IValue("complex_value", -0j), "IValue('complex_value', complex(-0.0, -0.0))"),
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
    # What counts depth and size survives as well.
    assert ScriptRRefFetchRet([other]).toMessage() == ScriptRRefFetchRet([ivalue]).toMessage()


@pytest.mark.parametrize("again", AGAIN, ids=["copy", "deepcopy", "pickle", "pickle2"])
@pytest.mark.parametrize("value", [*TYPED, SerializedPyObj(b"p", (TENSOR,))], ids=repr)
def test_the_values_with_their_own_class_survive_too(
    again: Callable[[Any], Any], value: Any
) -> None:
    assert again(value) == value
    assert hash(again(value)) == hash(value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("none_value", 0),
        ("tensor_value", b""),
        ("double_value", 1),
        ("double_value", True),
        ("double_value", "1"),
        ("complex_value", 1.0),
        ("int_value", None),
        ("int_value", 1.0),
        ("int_value", True),
        ("int_value", "1"),
        ("bool_value", 1),
        ("bool_value", None),
        ("string_value", b"a"),
        ("string_value", None),
        ("bytes_value", "a"),
        ("bytes_value", 5),
        ("tuple_value", (1,)),
        ("tuple_value", 1),
        ("int_list", [1, True]),
        ("int_list", [1.0]),
        ("int_list", "12"),
        ("int_list", 12),
        ("double_list", [1]),
        ("double_list", [True]),
        ("bool_list", [0]),
        ("tensor_list", [b""]),
        ("list_value", [ONE]),
        ("dict_value", {}),
        ("device_value", "cpu"),
        ("object_value", {}),
        ("enum_value", 1),
        ("rref_value", 1),
    ],
)
def test_refuses_a_value_that_does_not_go_with_its_kind(kind: str, value: Any) -> None:
    with pytest.raises(TypeError):
        IValue(kind, value)


def test_every_kind_but_none_needs_a_value() -> None:
    assert IValue("none_value").value is None
    for kind in KINDS.keys() - {"none_value"}:
        with pytest.raises(TypeError):
            IValue(kind)


def test_refuses_an_unknown_kind() -> None:
    with pytest.raises(EncodeError, match=r"expected one of none_value, .*, got 'tensor_index'"):
        IValue("tensor_index", 0)


@pytest.mark.parametrize("kind", [3, None, b"int_value", ["int_value"]], ids=repr)
def test_refuses_a_kind_that_is_no_text(kind: Any) -> None:
    with pytest.raises(TypeError):
        IValue(kind, 1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: GenericList(1, ()),  # type: ignore[arg-type]
        lambda: GenericList("List[int]", (1,)),  # type: ignore[arg-type]
        lambda: GenericList("List[int]", 1),  # type: ignore[arg-type]
        lambda: GenericDict(1, ()),  # type: ignore[arg-type]
        lambda: GenericDict("Dict[int, int]", ((1, 2),)),  # type: ignore[arg-type]
        lambda: GenericDict("Dict[int, int]", ((ONE, 2),)),  # type: ignore[arg-type]
        lambda: GenericDict("Dict[int, int]", ((ONE,),)),  # type: ignore[arg-type]
        lambda: GenericDict("Dict[int, int]", ((ONE, ONE, ONE),)),  # type: ignore[arg-type]
        lambda: GenericDict("Dict[int, int]", (ONE,)),  # type: ignore[arg-type]
        lambda: ScriptObject(1),  # type: ignore[arg-type]
        lambda: ScriptObject("__torch__.A", (("x", 1),)),  # type: ignore[arg-type]
        lambda: ScriptObject("__torch__.A", ((1, ONE),)),  # type: ignore[arg-type]
        lambda: ScriptObject("__torch__.A", (("x",),)),  # type: ignore[arg-type]
        lambda: ScriptObject("__torch__.A", (("x", ONE, ONE),)),  # type: ignore[arg-type]
        lambda: ScriptObject("__torch__.A", (), 1),  # type: ignore[arg-type]
        lambda: EnumHolder("__torch__.A", 1),  # type: ignore[arg-type]
        lambda: EnumHolder(1, ONE),  # type: ignore[arg-type]
        lambda: RRefForkData("1", RRefId(2, 3), ForkId(4, 5), 6, ""),  # type: ignore[arg-type]
        lambda: RRefForkData(True, RRefId(2, 3), ForkId(4, 5), 6, ""),
        lambda: RRefForkData(1, (2, 3), ForkId(4, 5), 6, ""),  # type: ignore[arg-type]
        lambda: RRefForkData(1, ForkId(2, 3), ForkId(4, 5), 6, ""),  # type: ignore[arg-type]
        lambda: RRefForkData(1, RRefId(2, 3), RRefId(4, 5), 6, ""),  # type: ignore[arg-type]
        lambda: RRefForkData(1, RRefId(2, 3), ForkId(4, 5), 6.0, ""),  # type: ignore[arg-type]
        lambda: RRefForkData(1, RRefId(2, 3), ForkId(4, 5), 6, None),  # type: ignore[arg-type]
        lambda: SerializedPyObj("p"),  # type: ignore[arg-type]
        lambda: SerializedPyObj(3),  # type: ignore[arg-type]
        lambda: SerializedPyObj(b"p", (b"",)),  # type: ignore[arg-type]
        lambda: SerializedPyObj(b"p", TENSOR),  # type: ignore[arg-type]
        lambda: SerializedPyObj.fromIValues([b"p"]),  # type: ignore[list-item]
        lambda: SerializedPyObj.fromIValues([1, IValue("bytes_value", b"p")]),  # type: ignore[list-item]
    ],
)
def test_refuses_other_python_types(make: Callable[[], object]) -> None:
    with pytest.raises(TypeError):
        make()


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: IValue("int_value", 2**63), "expected an integer"),
        (lambda: IValue("int_value", -(2**63) - 1), "expected an integer"),
        (lambda: IValue("int_list", [0, 2**63]), "expected an integer"),
        (lambda: IValue("int_list", [0, -(2**63) - 1]), "expected an integer"),
        (lambda: IValue.from_python(2**63), "expected an integer"),
        (lambda: IValue.from_python([1, 10**30]), "expected an integer"),
        (lambda: IValue.from_python(np.uint64(2**64 - 1)), "expected an integer"),
        (lambda: IValue.from_python(10**400, "float"), "fits a double"),
        (lambda: IValue.from_python(-(10**400), "float"), "fits a double"),
        (lambda: IValue.from_python([10**400], "List[float]"), "fits a double"),
        (lambda: IValue.from_python(10**400, "complex"), "fits a double"),
        (lambda: IValue("string_value", "\ud800"), "UTF-8"),
        (lambda: IValue.from_python("a\udfff"), "UTF-8"),
        (lambda: IValue.from_python(["\ud800"]), "UTF-8"),
        (lambda: IValue.from_python({"\ud800": 1}), "UTF-8"),
        (lambda: GenericList("\ud800", ()), "UTF-8"),
        (lambda: GenericDict("\ud800", ()), "UTF-8"),
        (lambda: ScriptObject("__torch__.\ud800"), "UTF-8"),
        (lambda: ScriptObject("__torch__.A", (("\ud800", ONE),)), "UTF-8"),
        (lambda: ScriptObject("__torch__.A", (("x", ONE),), ONE), "got both"),
        (lambda: RRefForkData(0x8000, RRefId(2, 3), ForkId(4, 5), 6, ""), "owner_id"),
        (lambda: RRefForkData(1, RRefId(2, 3), ForkId(4, 5), -0x8001, ""), "parent"),
        (lambda: RRefForkData(1, RRefId(2, 3), ForkId(4, 5), 6, "\ud800"), "type_str"),
        (lambda: SerializedPyObj.fromIValues([]), "expected a pickle .* got nothing"),
        (lambda: SerializedPyObj.fromIValues([ONE]), "expected a pickle .* got int"),
        (lambda: SerializedPyObj.fromIValues([ONE, TEXT]), r"values\[0\]: expected a Tensor"),
    ],
)
def test_refuses_what_cannot_be_sent(make: Callable[[], object], problem: str) -> None:
    with pytest.raises(EncodeError, match=problem):
        make()


@pytest.mark.parametrize("name", ["__torch__.A", "__torch__.m.Point", "__torch__.m.___mangle_0.É"])
def test_takes_the_names_of_torchscripts_classes(name: str) -> None:
    assert ScriptObject(name).type == name
    assert EnumHolder(name, ONE).type == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Point",
        "torch.Point",
        "__torch__",
        "__torch__.",
        "__torch__.m.",
        "__torch__..Point",
        "__torch__.m..Point",
        "__torch__.1",
        "__torch__.a b",
        "__torch__.a\n",
        "__torch__.a-b",
        " __torch__.a",
        "os.system",
    ],
)
def test_refuses_names_that_torchscript_gives_no_class(name: str) -> None:
    with pytest.raises(EncodeError, match=r"expected a name such as __torch__\.module\.Class"):
        ScriptObject(name)
    with pytest.raises(EncodeError, match=r"EnumHolder\.type"):
        EnumHolder(name, ONE)


def test_a_member_of_an_enum_is_a_number_or_text() -> None:
    taken: list[Any] = [1, 1.5, "a", b"\xff"]
    for value in taken:
        assert EnumHolder("__torch__.A", IValue.from_python(value)).value.to_python() == value
    refused: list[Any] = [None, True, 1j, (1,), [1], TENSOR, ENUM]
    for value in refused:
        with pytest.raises(EncodeError, match="an int, a float or a str"):
            EnumHolder("__torch__.A", IValue.from_python(value))


@pytest.mark.parametrize("number", [-0x8000, 0, 0x7FFF, np.int16(5)], ids=repr)
def test_worker_ids_of_a_fork_are_int16(number: Any) -> None:
    data = RRefForkData(number, RRefId(2, 3), ForkId(4, 5), number, "int")
    assert same((data.owner_id, data.parent), (int(number), int(number)))


@given(python_objects)
def test_a_python_object_becomes_values_and_comes_back(python: SerializedPyObj) -> None:
    values = python.toIValues()
    assert [value.type for value in values] == ["Tensor"] * len(python.tensors) + ["str"]
    assert SerializedPyObj.fromIValues(values) == python
    assert SerializedPyObj.fromIValues(list(values)) == python


def test_a_pickle_that_came_as_text_is_bytes_again() -> None:
    assert SerializedPyObj.fromIValues([IValue("string_value", "é")]).payload == "é".encode()


@pytest.mark.parametrize("payload", [b"ab", bytearray(b"ab"), memoryview(b"ab")], ids=repr)
def test_bytes_of_any_type_are_taken_and_kept_as_bytes(payload: Any) -> None:
    assert same(SerializedPyObj(payload).payload, b"ab")
    assert same(IValue("bytes_value", payload).value, b"ab")


WRAPPERS: dict[str, Callable[[IValue], IValue]] = {
    "tuple": lambda inner: IValue("tuple_value", (inner,)),
    "list": lambda inner: IValue("list_value", GenericList("List[Any]", (inner,))),
    "key": lambda inner: IValue("dict_value", GenericDict("Dict[Any, int]", ((inner, ONE),))),
    "value": lambda inner: IValue("dict_value", GenericDict("Dict[int, Any]", ((ONE, inner),))),
    "attribute": lambda inner: IValue("object_value", ScriptObject("__torch__.A", (("x", inner),))),
    "state": lambda inner: IValue("object_value", ScriptObject("__torch__.A", (), inner)),
}
CORES = {
    "int": ONE,
    "none": NONE,
    "tensor": IValue("tensor_value", TENSOR),
    "list of ints": IValue("int_list", [1]),
    "complex": IValue("complex_value", 1j),
    "device": IValue("device_value", DEVICE),
    "enum": IValue("enum_value", ENUM),
    "rref": IValue("rref_value", RREF),
}


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS.keys())
@pytest.mark.parametrize("core", CORES.values(), ids=CORES.keys())
def test_what_exists_is_not_nested_too_deep_to_be_sent(
    wrap: Callable[[IValue], IValue], core: IValue
) -> None:
    value, wrapped = core, wrap(core)
    while wrapped is not value:
        value = wrapped
        try:
            wrapped = wrap(value)
        except EncodeError as error:
            problem = error.problem
    assert problem.startswith(f"expected at most {NESTING} levels of nesting")
    command = ScriptRRefFetchRet([value])
    assert fromMessage(Message.FromString(command.toMessage().SerializeToString())) == command


def test_the_deepest_value_can_be_recorded(tmp_path: Any) -> None:
    value: Any = 1
    while True:
        try:
            deepest = IValue.from_python(value)
        except EncodeError:
            break
        value = (value,)
    record = RecordedMessage(0, 1, 2, ScriptRRefFetchRet([deepest]).toMessage())
    path = tmp_path / "deep.rref"
    with path.open("wb") as file:
        write_recording(file, [record])
    with path.open("rb") as file:
        assert list(read_recording(file)) == [record]


def _itself() -> list[Any]:
    endless: list[Any] = []
    endless.append(endless)
    return endless


def _dict_of_itself() -> dict[str, Any]:
    endless: dict[str, Any] = {}
    endless["a"] = endless
    return endless


def _deep(levels: int, wrap: Callable[[Any], Any]) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = wrap(value)
    return value


@pytest.mark.parametrize(
    "value",
    [
        _itself(),
        _dict_of_itself(),
        (_itself(),),
        _deep(100, lambda value: [value]),
        _deep(100, lambda value: (value,)),
        _deep(100, lambda value: {"a": value}),
        _deep(5000, lambda value: [value]),
        _deep(5000, lambda value: (value,)),
    ],
    ids=["list", "dict", "tuple", "lists", "tuples", "dicts", "many lists", "many tuples"],
)
@pytest.mark.parametrize("annotation", [None, "Any", "List[Any]", "Union[Any, int]"])
def test_nesting_without_end_is_refused(value: Any, annotation: str | None) -> None:
    if annotation == "List[Any]" and not isinstance(value, list):
        value = [value]
    with pytest.raises(EncodeError, match=f"at most {NESTING} levels of nesting"):
        IValue.from_python(value, annotation)


@given(doubles)
def test_a_double_keeps_its_bits(number: float) -> None:
    for value in (IValue("double_value", number), IValue.from_python(number)):
        assert struct.pack("<d", value.to_python()) == struct.pack("<d", number)
