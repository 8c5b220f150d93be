"""What libtorch's payloads call: the globals of REDUCE, and the classes of NEWOBJ and BUILD.

Nothing is imported or called by its name. A global is one of BUILDERS, or the name of a TorchScript
class, which stays a name. What is built is written into a generated IValue when all of the payload
has been read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .._pickle_opcodes import Global
from .._pickle_writer import BUILD_TENSORLIST
from ..errors import DecodeError
from ..ids import ForkId, RRefId
from ..ivalue import ENUM_KINDS, RRefForkData
from ..tensor import Device
from .names import (
    BUILD_BOOLLIST,
    BUILD_DOUBLELIST,
    BUILD_INTLIST,
    BUILD_TENSOR,
    COMPLEX,
    DEVICE,
    RESTORE_TYPE_TAG,
    RREF,
)
from .stack import (
    FIELD_OF_PYTHON,
    ClassName,
    Instance,
    TensorIndex,
    Value,
    arguments_of,
    deepest,
    depth_of,
    described,
    place,
    text_of,
)


def call_global(found: Any, arguments: Any, tensor_count: int) -> Any:
    """Return what REDUCE makes of a global and its arguments."""
    if type(found) is ClassName:
        return _enum(found, arguments)
    if type(found) is not Global:
        raise DecodeError(f"expected a global to call, got {described(found)}")
    length, build = BUILDERS[found]
    items = arguments_of(arguments)
    if len(items) != length:
        raise DecodeError(f"expected {length} arguments of {found.name}, got {len(items)}")
    return build(tensor_count, *items)


def _enum(found: ClassName, member: Any) -> Value:
    if FIELD_OF_PYTHON.get(type(member)) not in ENUM_KINDS:
        raise DecodeError(f"expected an int, a float or a str, got {described(member)}")

    def write(proto: Any) -> None:
        proto.enum_value.type = found.name
        place(proto.enum_value.value, member)

    return Value("enum_value", 3, write)


def fill_instance(instance: Any, state: Any) -> Value:
    """Return what BUILD makes of a new object and its attributes, or its own state."""
    if type(instance) is not Instance:
        raise DecodeError(f"expected a new object, got {described(instance)}")
    if not isinstance(state, dict):

        def write_state(proto: Any) -> None:
            proto.object_value.type = instance.type
            place(proto.object_value.state, state)

        return Value("object_value", depth_of(state) + 2, write_state)

    attributes = [(text_of(name), value) for name, value in state.values()]

    def write_attributes(proto: Any) -> None:
        proto.object_value.type = instance.type
        for name, value in attributes:
            place(proto.object_value.attributes.add(name=name).value, value)

    depth = max([depth_of(value) + 3 for _, value in attributes], default=2)
    return Value("object_value", depth, write_attributes)


# Returns a value of the stack. It is told how many tensors there are, and the arguments.
Build = Callable[..., Any]


def _tensor(tensor_count: int, index: Any) -> TensorIndex:
    if type(index) is not int or not 0 <= index < tensor_count:
        raise DecodeError(f"expected an index into {tensor_count} tensors, got {described(index)}")
    return TensorIndex(index)


def _packed(field: str, expected: type) -> Build:
    """Return the builder of one of TorchScript's packed lists."""

    def build(_: int, items: Any) -> Value:
        _check_list(items)
        for other in set(map(type, items)) - {expected}:
            raise DecodeError(f"expected {expected.__name__} only, got {other.__name__}")

        def write(proto: Any) -> None:
            content = getattr(proto, field)
            content.SetInParent()
            content.values.extend(items)

        return Value(field, 2, write)

    return build


def _tensor_list(_: int, items: Any) -> Value:
    _check_list(items)
    for item in items:
        if type(item) is not TensorIndex:
            raise DecodeError(f"expected tensors only, got {described(item)}")

    def write(proto: Any) -> None:
        proto.tensor_list.SetInParent()
        proto.tensor_list.tensor_indices.extend(items)

    return Value("tensor_list", 2, write)


def _check_list(items: Any) -> None:
    if type(items) is not list:
        raise DecodeError(f"expected a list, got {described(items)}")


def _tagged(_: int, items: Any, annotation: Any) -> Value:
    """Build a list or a dict, which has its type beside it."""
    text = text_of(annotation)
    if type(items) is list:
        return Value(
            "list_value", deepest(items) + 2, lambda proto: _write_list(proto, text, items)
        )
    if type(items) is not dict:
        raise DecodeError(f"expected a list or a dict, got {described(items)}")
    depth = max(map(deepest, items.values()), default=0) + 3
    return Value("dict_value", depth, lambda proto: _write_dict(proto, text, items.values()))


def _write_list(proto: Any, text: str, items: Iterable[Any]) -> None:
    proto.list_value.type = text
    add = proto.list_value.elements.add
    for item in items:
        place(add(), item)


def _write_dict(proto: Any, text: str, pairs: Iterable[tuple[Any, Any]]) -> None:
    proto.dict_value.type = text
    add = proto.dict_value.entries.add
    for key, value in pairs:
        entry = add()
        place(entry.key, key)
        place(entry.value, value)


def _complex(_: int, real: Any, imag: Any) -> Value:
    if not (type(real) is float and type(imag) is float):
        raise DecodeError(f"expected two floats, got {described(real)}, {described(imag)}")

    def write(proto: Any) -> None:
        proto.complex_value.SetInParent()
        proto.complex_value.real, proto.complex_value.imag = real, imag

    return Value("complex_value", 2, write)


def _device(_: int, text: Any) -> Value:
    device = Device.parse(text_of(text))
    return Value("device_value", 2, lambda proto: device._to_proto(proto.device_value))


def _rref(_: int, *items: Any) -> Value:
    *numbers, type_str = items
    for number in numbers:
        if type(number) is not int:
            raise DecodeError(f"expected an int, got {described(number)}")
    owner, rref_creator, rref_number, fork_creator, fork_number, parent = numbers
    rref_id, fork_id = RRefId(rref_creator, rref_number), ForkId(fork_creator, fork_number)
    rref = RRefForkData(owner, rref_id, fork_id, parent, text_of(type_str))
    return Value("rref_value", 3, lambda proto: rref._to_proto(proto.rref_value))


# What REDUCE calls: how many arguments it takes, and what makes a value of them.
BUILDERS: dict[Global, tuple[int, Build]] = {
    BUILD_TENSOR: (1, _tensor),
    BUILD_INTLIST: (1, _packed("int_list", int)),
    BUILD_DOUBLELIST: (1, _packed("double_list", float)),
    BUILD_BOOLLIST: (1, _packed("bool_list", bool)),
    BUILD_TENSORLIST: (1, _tensor_list),
    RESTORE_TYPE_TAG: (2, _tagged),
    COMPLEX: (2, _complex),
    DEVICE: (1, _device),
    RREF: (7, _rref),
}
