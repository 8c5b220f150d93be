"""Python values of each kind into a generated IValue: what the constructor of IValue does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import NoneType
from typing import Any

from .._check import INT64_RANGE, check_int, check_items, check_str, check_type
from .._text import shown
from .._wire import bytes_view
from ..tensor import Device, Tensor, TensorTable
from .base import Kind, check_ivalues
from .containers import EnumHolder, GenericDict, GenericList, RRefForkData, ScriptObject

PLACE = "IValue.value"

Write = Callable[[Any, Any, TensorTable], None]


def _none(proto: Any, value: Any, _: TensorTable) -> None:
    check_type(value, NoneType, PLACE)
    proto.none_value.SetInParent()


def _tensor(proto: Any, value: Any, table: TensorTable) -> None:
    check_type(value, Tensor, PLACE)
    proto.tensor_index = table.index(value)


def _double(proto: Any, value: Any, _: TensorTable) -> None:
    check_type(value, float, PLACE)
    proto.double_value = float(value)


def _complex(proto: Any, value: Any, _: TensorTable) -> None:
    check_type(value, complex, PLACE)
    content = proto.complex_value
    content.SetInParent()
    content.real, content.imag = float(value.real), float(value.imag)


def _int(proto: Any, value: Any, _: TensorTable) -> None:
    proto.int_value = check_int(value, INT64_RANGE, PLACE)


def _bool(proto: Any, value: Any, _: TensorTable) -> None:
    check_type(value, bool, PLACE)
    proto.bool_value = value


def _string(proto: Any, value: Any, _: TensorTable) -> None:
    proto.string_value = check_str(value, PLACE)


def _bytes(proto: Any, value: Any, _: TensorTable) -> None:
    check_type(value, (bytes, bytearray, memoryview), PLACE)
    proto.bytes_value = bytes_view(value, PLACE).tobytes()


def _tuple(proto: Any, value: Any, table: TensorTable) -> None:
    elements = check_ivalues(value, PLACE)
    proto.tuple_value.SetInParent()
    values_to_proto(proto.tuple_value.elements, elements, table)


def _packed(field: str, expected: type) -> Write:
    """Return the writer of a packed list, whose elements are all of the type `expected`."""

    def write(proto: Any, value: Any, _: TensorTable) -> None:
        items = check_items(value, PLACE)
        _check_one_type(items, expected)
        write_packed(getattr(proto, field), items)

    return write


def write_packed(content: Any, items: Any) -> None:
    """Set `content`, a generated packed list, to `items`, which are of its type.

    Raises EncodeError for an int beyond int64.
    """
    if not items:
        content.SetInParent()
    try:
        content.values.extend(items)
    except ValueError:  # protobuf's error for an int out of range
        for item in items:
            check_int(item, INT64_RANGE, PLACE)
        raise


def _tensor_list(proto: Any, value: Any, table: TensorTable) -> None:
    items = check_items(value, PLACE)
    _check_one_type(items, Tensor)
    proto.tensor_list.SetInParent()
    proto.tensor_list.tensor_indices.extend(map(table.index, items))


def _check_one_type(items: tuple[Any, ...], expected: type) -> None:
    for other in set(map(type, items)) - {expected}:
        problem = f"{PLACE}: expected {expected.__name__} only, got {other.__name__}"
        raise TypeError(shown(problem))


def _list(proto: Any, value: Any, table: TensorTable) -> None:
    check_type(value, GenericList, PLACE)
    proto.list_value.type = value.type
    values_to_proto(proto.list_value.elements, value.elements, table)


def _dict(proto: Any, value: Any, table: TensorTable) -> None:
    check_type(value, GenericDict, PLACE)
    proto.dict_value.type = value.type
    for key, item in value.entries:
        entry = proto.dict_value.entries.add()
        key._to_proto(entry.key, table)
        item._to_proto(entry.value, table)


def _device(proto: Any, value: Any, _: TensorTable) -> None:
    check_type(value, Device, PLACE)
    value._to_proto(proto.device_value)


def _object(proto: Any, value: Any, table: TensorTable) -> None:
    check_type(value, ScriptObject, PLACE)
    content = proto.object_value
    content.type = value.type
    for name, item in value.attributes:
        item._to_proto(content.attributes.add(name=name).value, table)
    if value.state is not None:
        value.state._to_proto(content.state, table)


def _enum(proto: Any, value: Any, table: TensorTable) -> None:
    check_type(value, EnumHolder, PLACE)
    proto.enum_value.type = value.type
    value.value._to_proto(proto.enum_value.value, table)


def _rref(proto: Any, value: Any, _: TensorTable) -> None:
    check_type(value, RRefForkData, PLACE)
    value._to_proto(proto.rref_value)


def values_to_proto(protos: Any, values: Iterable[Any], table: TensorTable) -> None:
    """Append IValues to `protos`, a repeated field of generated IValues."""
    for value in values:
        value._to_proto(protos.add(), table)


WRITERS: dict[Kind, Write] = {
    "none_value": _none,
    "tensor_value": _tensor,
    "double_value": _double,
    "complex_value": _complex,
    "int_value": _int,
    "bool_value": _bool,
    "string_value": _string,
    "bytes_value": _bytes,
    "tuple_value": _tuple,
    "int_list": _packed("int_list", int),
    "double_list": _packed("double_list", float),
    "bool_list": _packed("bool_list", bool),
    "tensor_list": _tensor_list,
    "list_value": _list,
    "dict_value": _dict,
    "device_value": _device,
    "object_value": _object,
    "enum_value": _enum,
    "rref_value": _rref,
}
