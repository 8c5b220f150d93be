"""Layout: how the objects of a class become a payload, and how they are read again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..errors import DecodeError, RRefProtoError
from ..ivalue import IValue
from ..rpc_command import RpcCommandBase
from ..tensor import Tensor
from .reader import read_tuple
from .writer import write_tuple

Values = tuple[IValue, ...]
Tensors = Sequence[Tensor]
# Returns an object of a class, made of a payload and its tensors.
Read = Callable[[Any, bytes, Tensors], RpcCommandBase]


class Layout(NamedTuple):
    """The two ways between an object and its payload, which has a table of tensors beside it."""

    # Returns the payload and the tensors of an object.
    write: Callable[[Any], tuple[bytes, tuple[Tensor, ...]]]
    read: Read


# For each value of a tuple, whether something beside the tuple refers to it while libtorch pickles
# it. Made of the number of values.
Held = Callable[[int], Sequence[bool]]


def all_held(count: int) -> Sequence[bool]:
    """Return that every value is held."""
    return [True] * count


def in_tuple(
    held: Held,
    values: Callable[[Any], Values],
    make: Callable[[Any, Values], RpcCommandBase],
    shortest: int,
    longest: int | None,
) -> Layout:
    """Return the layout of a class whose payload is the pickle of a tuple.

    `values` returns the values of an object. The rest is as in `reader_of_tuple`.
    """

    def write(command: Any) -> tuple[bytes, tuple[Tensor, ...]]:
        items = values(command)
        return write_tuple(items, held(len(items)))

    return Layout(write, reader_of_tuple(make, shortest, longest))


def reader_of_tuple(
    make: Callable[[Any, Values], RpcCommandBase], shortest: int, longest: int | None
) -> Read:
    """Return what reads the pickle of a tuple.

    `make` returns an object of a class, made of values whose number is from `shortest` to
    `longest`, or without an upper limit.
    """

    def read(cls: Any, payload: bytes, tensors: Tensors) -> RpcCommandBase:
        items = read_tuple(payload, tensors)
        if len(items) < shortest or (longest is not None and len(items) > longest):
            number = f"{shortest}" if shortest == longest else f"at least {shortest}"
            raise DecodeError(
                f"expected a tuple of {number} values, got {len(items)}", cls.__name__
            )
        try:
            return make(cls, items)
        except RRefProtoError as error:
            raise error.as_decode_error(cls.__name__) from None

    return read
