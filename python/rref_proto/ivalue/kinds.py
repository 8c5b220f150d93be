"""What sets each kind of IValue apart: one row of the table at the bottom for each."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterable
from types import NoneType
from typing import Any, NamedTuple

from .._check import INT64_RANGE, check_int, check_items, check_str, check_type
from .._text import shown
from ..errors import DecodeError
from ..tensor import Device, Tensor
from .base import IValueBase, Kind, check_ivalues
from .containers import EnumHolder, GenericDict, GenericList, RRefForkData, ScriptObject

# What one value adds to `byte_size`, in addition to its text.
NODE_BYTES = 16
# The most bytes that an element of a packed list takes.
VARINT_BYTES = 10

# A value that was checked, and the `depth` and the `byte_size` of the IValue of it.
Checked = tuple[Any, int, int]


class KindRules(NamedTuple):
    """How the values of one kind are checked and used."""

    # Returns the checked value.
    check: Callable[[Any], Checked]
    # Returns the type's annotation.
    annotation: Callable[[Any], str]
    # Returns plain Python.
    to_python: Callable[[Any], Any] = lambda value: value
    # Returns what two values are compared by.
    key: Callable[[Any], Any] = lambda value: value
    # Returns the values directly inside, in the order in which they are written.
    children: Callable[[Any], Iterable[Any]] = lambda _: ()


def _of_type(expected: type, depth: int = 1) -> Callable[[Any], Checked]:
    """Return the check of a value of the type `expected`."""

    def check(value: Any) -> Checked:
        check_type(value, expected, "IValue.value")
        return value, depth, NODE_BYTES

    return check


def _check_double(value: Any) -> Checked:
    check_type(value, float, "IValue.value")
    return float(value), 1, NODE_BYTES


def _check_complex(value: Any) -> Checked:
    check_type(value, complex, "IValue.value")
    return complex(value), 2, NODE_BYTES


def _check_int(value: Any) -> Checked:
    return check_int(value, INT64_RANGE, "IValue.value"), 1, NODE_BYTES


def _check_string(value: Any) -> Checked:
    text = check_str(value, "IValue.value")
    return text, 1, NODE_BYTES + len(text.encode())


def _check_bytes(value: Any) -> Checked:
    check_type(value, (bytes, bytearray, memoryview), "IValue.value")
    content = bytes(value)
    return content, 1, NODE_BYTES + len(content)


def _check_packed(expected: type) -> Callable[[Any], Checked]:
    """Return the check of a packed list, whose elements are all of the type `expected`."""

    def check(value: Any) -> Checked:
        values = check_items(value, "IValue.value")
        for other in set(map(type, values)) - {expected}:
            problem = f"IValue.value: expected {expected.__name__} only, got {other.__name__}"
            raise TypeError(shown(problem))
        return values, 2, NODE_BYTES + VARINT_BYTES * len(values)

    return check


def _check_int_list(value: Any) -> Checked:
    values, depth, size = _check_packed(int)(value)
    for extreme in (min(values, default=0), max(values, default=0)):
        check_int(extreme, INT64_RANGE, "IValue.value")
    return values, depth, size


def _nested(children: Iterable[IValueBase], levels: int) -> tuple[int, int]:
    """Return depth and size of a value around `children`, `levels` messages above them."""
    depth, size = 0, NODE_BYTES
    for child in children:
        depth = max(depth, child.depth)
        size += child.byte_size
    return depth + levels, size


def _check_tuple(value: Any) -> Checked:
    values = check_ivalues(value, "IValue.value")
    return (values, *_nested(values, 2))


def _check_list(value: Any) -> Checked:
    check_type(value, GenericList, "IValue.value")
    depth, size = _nested(value.elements, 2)
    return value, depth, size + len(value.type)


def _check_dict(value: Any) -> Checked:
    check_type(value, GenericDict, "IValue.value")
    depth, size = _nested((each for entry in value.entries for each in entry), 3)
    return value, depth, size + len(value.type)


def _check_object(value: Any) -> Checked:
    check_type(value, ScriptObject, "IValue.value")
    if value.state is not None:
        depth, size = _nested((value.state,), 2)
    else:
        depth, size = _nested((attribute for _, attribute in value.attributes), 3)
    names = sum(len(name) for name, _ in value.attributes)
    return value, depth, size + len(value.type) + names


def _check_enum(value: Any) -> Checked:
    check_type(value, EnumHolder, "IValue.value")
    return value, 3, NODE_BYTES + len(value.type) + value.value.byte_size


def _check_rref(value: Any) -> Checked:
    check_type(value, RRefForkData, "IValue.value")
    return value, 3, NODE_BYTES + len(value.type_str)


def _dict_to_python(value: GenericDict) -> dict[Any, Any]:
    try:
        return {key.to_python(): item.to_python() for key, item in value.entries}
    except TypeError:
        raise DecodeError(f"Python has no dict with the keys of a {value.type}") from None


def _dict_children(value: GenericDict) -> list[IValueBase]:
    return [each for entry in value.entries for each in entry]


def _object_children(value: ScriptObject) -> list[IValueBase]:
    return [value.state] if value.state else [attribute for _, attribute in value.attributes]


def _double_key(*values: float) -> bytes:
    return struct.pack(f"{len(values)}d", *values)


def _tuple_type(values: tuple[IValueBase, ...]) -> str:
    return f"Tuple[{', '.join(value.type for value in values) or '()'}]"


KINDS: dict[Kind, KindRules] = {
    "none_value": KindRules(_of_type(NoneType, depth=2), lambda _: "NoneType"),
    "tensor_value": KindRules(_of_type(Tensor), lambda _: "Tensor"),
    "double_value": KindRules(_check_double, lambda _: "float", key=_double_key),
    "complex_value": KindRules(
        _check_complex, lambda _: "complex", key=lambda z: _double_key(z.real, z.imag)
    ),
    "int_value": KindRules(_check_int, lambda _: "int"),
    "bool_value": KindRules(_of_type(bool), lambda _: "bool"),
    "string_value": KindRules(_check_string, lambda _: "str", key=str.encode),
    "bytes_value": KindRules(_check_bytes, lambda _: "str"),
    "tuple_value": KindRules(
        _check_tuple,
        _tuple_type,
        lambda values: tuple(value.to_python() for value in values),
        children=lambda values: values,
    ),
    "int_list": KindRules(_check_int_list, lambda _: "List[int]", list),
    "double_list": KindRules(
        _check_packed(float), lambda _: "List[float]", list, lambda v: array("d", v).tobytes()
    ),
    "bool_list": KindRules(_check_packed(bool), lambda _: "List[bool]", list),
    "tensor_list": KindRules(_check_packed(Tensor), lambda _: "List[Tensor]", list),
    "list_value": KindRules(
        _check_list,
        lambda value: value.type,
        lambda value: [element.to_python() for element in value.elements],
        children=lambda value: value.elements,
    ),
    "dict_value": KindRules(
        _check_dict, lambda value: value.type, _dict_to_python, children=_dict_children
    ),
    "device_value": KindRules(_of_type(Device, depth=2), lambda _: "Device"),
    "object_value": KindRules(_check_object, lambda value: value.type, children=_object_children),
    "enum_value": KindRules(
        _check_enum, lambda value: value.type, children=lambda value: (value.value,)
    ),
    "rref_value": KindRules(_check_rref, lambda value: f"RRef[{value.type_str}]"),
}
