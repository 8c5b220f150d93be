"""How deep values nest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rref_proto import (
    EncodeError,
    GenericDict,
    GenericList,
    IValue,
    Message,
    RecordedMessage,
    ScriptObject,
    ScriptRRefFetchRet,
    fromMessage,
    read_recording,
    write_recording,
)
from rref_proto.ivalue.base import MAX_DEPTH

from ivalue_examples import DEVICE, ENUM, NONE, ONE, RREF, TENSOR
from nesting import deepest

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
    value = deepest(core, wrap)
    command = ScriptRRefFetchRet([value])
    assert fromMessage(Message.FromString(command.toMessage().SerializeToString())) == command


def test_the_deepest_value_can_be_recorded(tmp_path: Any) -> None:
    value = deepest()
    assert IValue.from_python(value.to_python()) == value
    record = RecordedMessage(0, 1, 2, ScriptRRefFetchRet([value]).toMessage())
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
    with pytest.raises(EncodeError, match=f"at most {MAX_DEPTH} levels of nesting"):
        IValue.from_python(value, annotation)


def test_a_value_larger_than_a_message_is_refused_before_it_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rref_proto.ivalue.value.MAX_SIZE", 1 << 20)
    value = IValue("bytes_value", b"x" * 1000)
    with pytest.raises(EncodeError, match=r"at most 1048576 bytes, got about [12]"):
        for _ in range(30):
            value = IValue("tuple_value", (value, value))
    assert value.byte_size < 1 << 20
