"""What the constructors of values accept, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rref_proto import (
    EncodeError,
    EnumHolder,
    ForkId,
    GenericDict,
    GenericList,
    IValue,
    RRefForkData,
    RRefId,
    ScriptObject,
    SerializedPyObj,
)
from rref_proto.ivalue.base import ALL_KINDS

from ivalue_examples import ENUM, ONE, TENSOR, TEXT


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
    with pytest.raises(TypeError, match=r"expected|is not iterable"):
        IValue(kind, value)


def test_every_kind_but_none_needs_a_value() -> None:
    assert IValue("none_value").value is None
    for kind in set(ALL_KINDS) - {"none_value"}:
        with pytest.raises(TypeError, match=r"expected|is not iterable"):
            IValue(kind)


def test_refuses_an_unknown_kind() -> None:
    with pytest.raises(EncodeError, match=r"expected one of none_value, .*, got 'tensor_index'"):
        IValue("tensor_index", 0)


@pytest.mark.parametrize("kind", [3, None, b"int_value", ["int_value"]], ids=repr)
def test_refuses_a_kind_that_is_not_text(kind: Any) -> None:
    with pytest.raises(TypeError, match="expected"):
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
    with pytest.raises(TypeError, match=r"expected|is not iterable"):
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


def test_bytes_are_those_of_any_view_that_can_still_be_read() -> None:
    view = memoryview(b"abcd")
    assert IValue("bytes_value", view[1:3]) == IValue("bytes_value", b"bc")
    view.release()
    with pytest.raises(TypeError, match=r"IValue\.value: expected a bytes-like object"):
        IValue("bytes_value", view)
