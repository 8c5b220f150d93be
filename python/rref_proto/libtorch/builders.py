"""What libtorch's payloads call: the globals of REDUCE, and the classes of NEWOBJ and BUILD.

Nothing is imported or called by its name. A global is one of BUILDERS, or the name of a TorchScript
class, which stays a name. What is built is a generated IValue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from .._pickle_opcodes import Global
from .._text import short_repr
from ..errors import DecodeError
from ..ids import ForkId, RRefId
from ..ivalue import MAX_DEPTH, RRefForkData, check_value
from ..tensor import Device
from ..v1 import ivalue_pb2
from .names import (
    BUILD_BOOLLIST,
    BUILD_DOUBLELIST,
    BUILD_INTLIST,
    BUILD_TENSOR,
    BUILD_TENSORLIST,
    COMPLEX,
    DEVICE,
    RESTORE_TYPE_TAG,
    RREF,
)


class Whole:
    """A value that is whole: its generated IValue, which is not changed, and how deep it is."""

    __slots__ = ("depth", "proto")

    def __init__(self, proto: Any, depth: int) -> None:
        self.proto = proto
        self.depth = depth


class Items(NamedTuple):
    """The items of a tuple: a value, the arguments of a REDUCE, or all that the payload holds.

    `depth` is that of the tuple as a value.
    """

    items: tuple[Any, ...]
    depth: int


class ClassName(NamedTuple):
    """What a GLOBAL opcode names, where it is a TorchScript class or enum."""

    name: str


class Instance(NamedTuple):
    """An object that NEWOBJ has made and BUILD has not filled."""

    type: str


# By the type of a value on the stack, the field of a generated IValue that holds it.
FIELD_OF_PYTHON: dict[type, str] = {
    bool: "bool_value",
    int: "int_value",
    float: "double_value",
    str: "string_value",
    bytes: "bytes_value",
}


def place(proto: Any, value: Any) -> int:
    """Set `proto`, a new generated IValue, to a value of the stack; return how deep that is.

    Raises DecodeError for what is not a value yet.
    """
    field = FIELD_OF_PYTHON.get(type(value))
    if field is not None:
        setattr(proto, field, value)
        return 1
    if type(value) is Whole:
        proto.CopyFrom(value.proto)
        return int(value.depth)
    if value is None:
        proto.none_value.SetInParent()
        return 2
    if type(value) is not Items:
        raise DecodeError(f"expected a value, got {described(value)}")
    _check_depth(value.depth)
    proto.tuple_value.SetInParent()
    for item in value.items:
        place(proto.tuple_value.elements.add(), item)
    return value.depth


def tuple_of(values: Iterable[Any]) -> Items:
    """Return the tuple of values of the stack."""
    items = tuple(values)
    depths = [value.depth if type(value) in (Whole, Items) else 1 for value in items]
    # The outermost tuple of a payload is no value, so it may be deeper by two levels.
    depth = max(depths, default=0) + 2
    _check_depth(depth - 2)
    return Items(items, depth)


def whole(value: Any) -> Whole:
    """Return a value of the stack as one that is whole. Raises DecodeError as `place` does."""
    if type(value) is Whole:
        return value
    proto = ivalue_pb2.IValue()
    return Whole(proto, place(proto, value))


def text_of(value: Any) -> str:
    """Return a value of the stack that must be text."""
    if type(value) is not str:
        raise DecodeError(f"expected text in UTF-8, got {described(value)}")
    return value


def described(value: Any) -> str:
    """Say what a value of the stack is, in few words."""
    if type(value) is Whole:
        return f"a value of kind {value.proto.WhichOneof('kind')}"
    if isinstance(value, (list, dict)):
        return f"a {type(value).__name__} without a type"
    if type(value) is Items:
        return f"a tuple of {len(value.items)}"
    return short_repr(value)


def call_global(found: Any, arguments: Any, tensor_count: int) -> Whole:
    """Return what REDUCE makes of a global and its arguments."""
    proto = ivalue_pb2.IValue()
    if type(found) is ClassName:
        proto.enum_value.type = found.name
        depth = place(proto.enum_value.value, arguments) + 2
        check_value(proto, tensor_count)
        return Whole(proto, depth)
    if type(found) is not Global:
        raise DecodeError(f"expected a global to call, got {described(found)}")
    length, build = BUILDERS[found]
    items = arguments_of(arguments)
    if len(items) != length:
        raise DecodeError(f"expected {length} arguments of {found.name}, got {len(items)}")
    depth = build(proto, tensor_count, *items)
    _check_depth(depth)
    return Whole(proto, depth)


def arguments_of(value: Any) -> tuple[Any, ...]:
    """Return the items of a tuple of the stack."""
    if type(value) is not Items:
        raise DecodeError(f"expected a tuple of arguments, got {described(value)}")
    return value.items


def fill_instance(instance: Any, state: Any, tensor_count: int) -> Whole:
    """Return what BUILD makes of a new object and its attributes, or its own state."""
    if type(instance) is not Instance:
        raise DecodeError(f"expected a new object, got {described(instance)}")
    proto = ivalue_pb2.IValue()
    content = proto.object_value
    content.type = instance.type
    if isinstance(state, dict):
        depths = [
            place(content.attributes.add(name=text_of(name)).value, value) + 3
            for name, value in state.values()
        ]
        depth = max(depths, default=2)
    else:
        depth = place(content.state, state) + 2
    _check_depth(depth)
    check_value(proto, tensor_count)
    return Whole(proto, depth)


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise DecodeError(f"expected at most {MAX_DEPTH} levels of nesting, got {depth}")


# What a builder sets: a new generated IValue. It is also told how many tensors there are, and
# returns how deep the value is.
Build = Callable[..., int]


def _tensor(proto: Any, tensor_count: int, index: Any) -> int:
    if type(index) is not int or not 0 <= index < tensor_count:
        raise DecodeError(f"expected an index into {tensor_count} tensors, got {described(index)}")
    proto.tensor_index = index
    return 1


def _packed(field: str, expected: type) -> Build:
    """Return the builder of one of TorchScript's packed lists."""

    def build(proto: Any, _: int, items: Any) -> int:
        if type(items) is not list:
            raise DecodeError(f"expected a list, got {described(items)}")
        for other in set(map(type, items)) - {expected}:
            raise DecodeError(f"expected {expected.__name__} only, got {other.__name__}")
        content = getattr(proto, field)
        content.SetInParent()
        content.values.extend(items)
        return 2

    return build


def _tensor_list(proto: Any, _: int, items: Any) -> int:
    if type(items) is not list:
        raise DecodeError(f"expected a list, got {described(items)}")
    proto.tensor_list.SetInParent()
    indices = proto.tensor_list.tensor_indices
    for item in items:
        if type(item) is not Whole or item.proto.WhichOneof("kind") != "tensor_index":
            raise DecodeError(f"expected tensors only, got {described(item)}")
        indices.append(item.proto.tensor_index)
    return 2


def _tagged(proto: Any, _: int, items: Any, annotation: Any) -> int:
    """Build a list or a dict, which has its type beside it."""
    text = text_of(annotation)
    if type(items) is list:
        proto.list_value.type = text
        add = proto.list_value.elements.add
        return max([place(add(), item) for item in items], default=0) + 2
    if type(items) is not dict:
        raise DecodeError(f"expected a list or a dict, got {described(items)}")
    proto.dict_value.type = text
    depth = 0
    add = proto.dict_value.entries.add
    for key, value in items.values():
        entry = add()
        depth = max(depth, place(entry.key, key), place(entry.value, value))
    return depth + 3


def _complex(proto: Any, _: int, real: Any, imag: Any) -> int:
    if not (type(real) is float and type(imag) is float):
        raise DecodeError(f"expected two floats, got {described(real)}, {described(imag)}")
    proto.complex_value.SetInParent()
    proto.complex_value.real, proto.complex_value.imag = real, imag
    return 2


def _device(proto: Any, _: int, text: Any) -> int:
    Device.parse(text_of(text))._to_proto(proto.device_value)
    return 2


def _rref(proto: Any, _: int, *items: Any) -> int:
    *numbers, type_str = items
    for number in numbers:
        if type(number) is not int:
            raise DecodeError(f"expected an int, got {described(number)}")
    owner, rref_creator, rref_number, fork_creator, fork_number, parent = numbers
    rref_id, fork_id = RRefId(rref_creator, rref_number), ForkId(fork_creator, fork_number)
    rref = RRefForkData(owner, rref_id, fork_id, parent, text_of(type_str))
    rref._to_proto(proto.rref_value)
    return 3


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
