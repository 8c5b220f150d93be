"""What is on the stack while a payload is read, and how it is put into a generated IValue."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from .._text import short_repr
from ..errors import DecodeError
from ..ivalue import MAX_DEPTH
from ..v1 import ivalue_pb2


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


def arguments_of(value: Any) -> tuple[Any, ...]:
    """Return the items of a tuple of the stack."""
    if type(value) is not Items:
        raise DecodeError(f"expected a tuple of arguments, got {described(value)}")
    return value.items


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise DecodeError(f"expected at most {MAX_DEPTH} levels of nesting, got {depth}")
