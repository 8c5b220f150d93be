"""What from_python returns for a value with a declared type."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import EncodeError, IValue

from ivalue_examples import ENUM, OBJECT, RREF, same
from strategies import int64, texts


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


@pytest.mark.parametrize("annotation", ["", "List", "List[int", "Dict[str]", "int[()]", "?"])
def test_a_type_that_cannot_be_read_is_refused(annotation: str) -> None:
    with pytest.raises(EncodeError, match="expected an annotation"):
        IValue.from_python([1], annotation)


@pytest.mark.parametrize("annotation", [int, 3, b"int", ["int"]], ids=repr)
def test_a_type_that_is_not_text_is_refused(annotation: Any) -> None:
    with pytest.raises(TypeError, match="expected"):
        IValue.from_python(1, annotation)


def _typed_values() -> st.SearchStrategy[tuple[str, Any]]:
    """Make annotations, each with a value of that type, without Optional, Union and Any."""
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


@given(typed_values.filter(lambda typed: "[]" not in repr(typed[1])))
def test_what_can_be_inferred_is_inferred_as_declared(typed: tuple[str, Any]) -> None:
    annotation, value = typed
    assert IValue.from_python(value) == IValue.from_python(value, annotation)


@given(typed_values)
def test_beside_an_empty_list_nothing_is_inferred(typed: tuple[str, Any]) -> None:
    annotation, value = typed
    with pytest.raises(EncodeError, match="empty list"):
        IValue.from_python(([], value))
    declared = IValue.from_python(([], value), f"Tuple[List[int], {annotation}]")
    assert declared.value[1] == IValue.from_python(value, annotation)


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
