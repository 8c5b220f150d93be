"""What libtorch's payloads call: the globals of REDUCE, and the classes of NEWOBJ and BUILD.

Nothing is imported or called by its name. A global is one of BUILDERS, or the name of a TorchScript
class, which stays a name. What is built is written into a generated IValue when all of the payload
has been read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from .._pickle_opcodes import Global
from .._text import short_repr
from ..errors import DecodeError
from ..ids import ForkId, RRefId
from ..ivalue import ENUM_KINDS, MAX_DEPTH, RRefForkData
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


class Value:
    """A value that is whole: its field of a generated IValue, how to write it, how deep it is.

    It is written once, where it belongs in the message: were each value made with those inside it,
    what is deep would be copied at each level. One that is referred to is made on its own, and then
    copied to each place. Those copies are counted (`_Reader.get`).
    """

    __slots__ = ("depth", "field", "proto", "write")

    def __init__(self, field: str, depth: int, write: Callable[[Any], object]) -> None:
        _check_depth(depth)
        self.field = field
        self.depth = depth
        # Sets a new generated IValue to the value.
        self.write = write
        # The generated IValue of a value that was referred to. It is not changed.
        self.proto: Any = None

    def made(self) -> Any:
        """Return the value's own generated IValue."""
        if self.proto is None:
            proto = ivalue_pb2.IValue()
            self.write(proto)
            self.proto = proto
        return self.proto


class TensorIndex(int):
    """A tensor, by its index in the table beside the payload."""


class Items(NamedTuple):
    """The items of a tuple: a value, the arguments of a REDUCE, or all that the payload holds.

    `depth` is that of the tuple as a value, 0 where one of the items is not a value yet.
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
    TensorIndex: "tensor_index",
}


def place(proto: Any, value: Any) -> None:
    """Set `proto`, a new generated IValue, to a value of the stack that has a depth."""
    field = FIELD_OF_PYTHON.get(type(value))
    if field is not None:
        setattr(proto, field, value)
    elif value is None:
        proto.none_value.SetInParent()
    elif type(value) is Items:
        proto.tuple_value.SetInParent()
        for item in value.items:
            place(proto.tuple_value.elements.add(), item)
    elif value.proto is None:
        value.write(proto)
    else:
        proto.CopyFrom(value.proto)


def depth_of(value: Any) -> int:
    """Return how many levels of messages a value of the stack has.

    Raises DecodeError for what is not a value yet.
    """
    levels = _levels(value)
    if levels:
        return levels
    while type(value) is Items:
        value = next(item for item in value.items if not _levels(item))
    raise DecodeError(f"expected a value, got {described(value)}")


def _levels(value: Any) -> int:
    """Return the depth of what is on the stack, 0 for what is not a value yet."""
    if type(value) is Value or type(value) is Items:
        return int(value.depth)
    if type(value) in FIELD_OF_PYTHON:
        return 1
    return 2 if value is None else 0


def deepest(values: Iterable[Any]) -> int:
    """Return the largest depth of values of the stack."""
    return max(map(depth_of, values), default=0)


def whole(value: Any) -> Value:
    """Return a value of the stack as one that is whole. Raises DecodeError as `depth_of` does."""
    if type(value) is Value:
        return value
    depth = depth_of(value)
    field = (
        "tuple_value" if type(value) is Items else FIELD_OF_PYTHON.get(type(value), "none_value")
    )
    return Value(field, depth, lambda proto: place(proto, value))


def tuple_of(values: Iterable[Any]) -> Items:
    """Return the tuple of values of the stack."""
    items = tuple(values)
    depths = [_levels(item) for item in items]
    if 0 in depths:
        return Items(items, 0)
    depth = max(depths, default=0) + 2
    # The outermost tuple of a payload is no value, so it may be deeper by two levels.
    _check_depth(depth - 2)
    return Items(items, depth)


def text_of(value: Any) -> str:
    """Return a value of the stack that must be text."""
    if type(value) is not str:
        raise DecodeError(f"expected text in UTF-8, got {described(value)}")
    return value


def described(value: Any) -> str:
    """Say what a value of the stack is, in few words."""
    if type(value) is Value:
        return f"a value of kind {value.field}"
    if type(value) is TensorIndex:
        return "a value of kind tensor_index"
    if isinstance(value, (list, dict)):
        return f"a {type(value).__name__} without a type"
    if type(value) is Items:
        return f"a tuple of {len(value.items)}"
    return short_repr(value)


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


def arguments_of(value: Any) -> tuple[Any, ...]:
    """Return the items of a tuple of the stack."""
    if type(value) is not Items:
        raise DecodeError(f"expected a tuple of arguments, got {described(value)}")
    return value.items


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


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise DecodeError(f"expected at most {MAX_DEPTH} levels of nesting, got {depth}")


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
