"""Makes plain Python of the values of a pickle.

There is no recursion, and no work out of proportion: a value that is referred to many times is made
once, and what has to be done for each reference is counted against a budget.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from .. import _pickle_opcodes as opcodes
from .._pickle_opcodes import Global
from .._text import short_repr
from ..errors import DecodeError, RRefProtoError
from ..tensor import Tensor
from .keys import STEPS_OF_AN_ENTRY, Budget
from .names import (
    BYTEARRAY,
    BYTES,
    COMPLEX,
    ENCODE,
    FROZENSET,
    PICKLER,
    PYTHON_UDF,
    REMOTE_EXCEPTION,
    SET,
    TENSOR_RECEIVER,
    attribute,
    to_text,
)
from .nodes import CallNode, Kind, Node, described
from .values import MAX_DEPTH, PythonRemoteException, PythonUDF

# What protocol 2, which has no opcodes for bytes, says that it is encoded in.
LATIN_1 = "latin1"


def make_plain(value: Any, tensors: Sequence[Tensor], pickle_size: int) -> Any:
    """Make plain Python of the value of a pickle of `pickle_size` bytes, without OPAQUE in it.

    Raises DecodeError where a part of it is no plain data, contains itself, or is too deep.
    """
    return Builder(tensors, pickle_size).build(value)


class _Step(NamedTuple):
    """One value that is being made: its items that are left, and those that have been made."""

    node: Node
    items: Iterator[Any]
    made: list[Any]


class Builder:
    """The values made so far, by their nodes, and what is being made now, the outermost first."""

    def __init__(self, tensors: Sequence[Tensor], pickle_size: int) -> None:
        self.tensors = tensors
        self.budget = Budget(pickle_size)
        self.done: dict[Node, Any] = {}
        self.steps: list[_Step] = []
        self.levels: set[Node] = set()  # those of the steps that are a level of nesting

    def build(self, value: Any) -> Any:
        """Make plain Python of the outermost value."""
        if not isinstance(value, Node):
            return value
        self.begin(value)
        while self.steps:
            step = self.steps[-1]
            try:
                self.go_on(step)
            except RRefProtoError as error:
                place = f"byte {step.node.start} of the pickle"
                raise error.as_decode_error(place, ", ") from None
        return self.done[value]

    def begin(self, node: Node) -> None:
        """Make a step for a value that has not been made."""
        if not isinstance(node, CallNode) or node.make is make_python_udf:
            if node in self.levels:
                problem = f"expected plain data, got {described(node)} that contains itself"
                raise DecodeError(problem)
            if len(self.levels) == MAX_DEPTH:
                raise DecodeError(f"expected at most {MAX_DEPTH} levels of nesting, got more")
            self.levels.add(node)
        self.steps.append(_Step(node, iter(node.items), []))

    def go_on(self, step: _Step) -> None:
        """Make the items of a value until one needs a step of its own, or all are made."""
        names_allowed = step.node.kind is Kind.CALL
        for item in step.items:
            if isinstance(item, Node):
                if item not in self.done:
                    self.begin(item)
                    return
                step.made.append(self.done[item])
            elif isinstance(item, Global) and not names_allowed:
                raise DecodeError(f"expected plain data, got {described(item)}")
            else:
                step.made.append(item)
        self.finish(step)

    def finish(self, step: _Step) -> None:
        """Make a value whose items have all been made."""
        value = self.done[step.node] = self.value_of(step.node, step.made)
        self.levels.discard(step.node)
        self.steps.pop()
        if self.steps:
            self.steps[-1].made.append(value)

    def value_of(self, node: Node, items: list[Any]) -> Any:
        """Make a value of its items."""
        if isinstance(node, CallNode):
            return node.make(self, *items)
        match node.kind:
            case Kind.LIST:
                return items
            case Kind.TUPLE:
                return tuple(items)
            case Kind.DICT:
                self.budget.check_keys(items[::2])
                return dict(zip(items[::2], items[1::2], strict=True))
            case Kind.SET:
                return make_set(self, items)
            case _:
                return make_frozenset(self, items)

    def name(self, found: Any) -> str:
        """Return the name of a function or class as text."""
        _check_types((found,), (Global,))
        self.budget.spend(len(found.module) + len(found.name))
        return to_text(found)


def _check_types(values: tuple[Any, ...], expected: tuple[type, ...]) -> None:
    types = tuple(map(type, values))
    if types != expected:
        names = ", ".join(each.__name__ for each in expected)
        raise DecodeError(f"expected {names}, got {', '.join(map(described, values))}")


def _check_elements(builder: Builder, items: Any) -> None:
    """Raise DecodeError unless a set of this list can be made with little work."""
    _check_types((items,), (list,))
    builder.budget.spend(STEPS_OF_AN_ENTRY * len(items))
    builder.budget.check_keys(items)


# What a pickle calls to make plain data. Each function has the builder and the arguments.


def make_set(builder: Builder, items: Any) -> set[Any]:
    """Make a set of a list."""
    _check_elements(builder, items)
    return set(items)


def make_frozenset(builder: Builder, items: Any) -> frozenset[Any]:
    """Make a frozenset of a list."""
    _check_elements(builder, items)
    return frozenset(items)


def make_bytearray(builder: Builder, data: Any = b"") -> bytearray:
    """Make a bytearray of bytes."""
    _check_types((data,), (bytes,))
    builder.budget.spend(len(data))
    return bytearray(data)


def make_bytes(_: Builder) -> bytes:
    """Make bytes without content."""
    return b""


def encode(builder: Builder, text: Any, encoding: Any) -> bytes:
    """Make bytes of text, as protocol 2 has them."""
    _check_types((text, encoding), (str, str))
    builder.budget.spend(len(text))
    if encoding != LATIN_1:
        raise DecodeError(f"expected bytes as text in {LATIN_1}, got {short_repr(encoding)}")
    try:
        data: bytes = text.encode(LATIN_1)
    except UnicodeEncodeError as error:
        raise DecodeError(f"expected bytes as text in {LATIN_1}: {error.reason}") from None
    return data


def make_complex(_: Builder, real: Any, imag: Any) -> complex:
    """Make a complex number."""
    _check_types((real, imag), (float, float))
    return complex(real, imag)


def find_tensor(builder: Builder, index: Any) -> Tensor:
    """Return a tensor of the table beside the pickle."""
    _check_types((index,), (int,))
    if not 0 <= index < len(builder.tensors):
        count = len(builder.tensors)
        raise DecodeError(f"expected an index below {count}, of a tensor, got {short_repr(index)}")
    tensor: Tensor = builder.tensors[index]
    return tensor


def make_python_udf(builder: Builder, function: Any, args: Any, kwargs: Any) -> PythonUDF:
    """Make a call of a function."""
    _check_types((args, kwargs), (tuple, dict))
    builder.budget.spend(STEPS_OF_AN_ENTRY * len(kwargs))
    if not set(map(type, kwargs)) <= {str}:
        raise DecodeError("expected the names of arguments, got a key that is no str")
    return PythonUDF(builder.name(function), args, kwargs)


def make_exception(builder: Builder, text: Any, kind: Any) -> PythonRemoteException:
    """Make what a function raised."""
    _check_types((text,), (str,))
    builder.budget.spend(len(text))
    return PythonRemoteException(text, builder.name(kind))


# By the opcode of a call, what is called, and the number of arguments.
CALLS: dict[tuple[bytes, Global, int], Callable[..., Any]] = {
    (opcodes.REDUCE, SET, 1): make_set,
    (opcodes.REDUCE, FROZENSET, 1): make_frozenset,
    (opcodes.REDUCE, BYTEARRAY, 0): make_bytearray,
    (opcodes.REDUCE, BYTEARRAY, 1): make_bytearray,
    (opcodes.REDUCE, BYTES, 0): make_bytes,
    (opcodes.REDUCE, ENCODE, 2): encode,
    (opcodes.REDUCE, COMPLEX, 2): make_complex,
    (opcodes.REDUCE, attribute(PICKLER, TENSOR_RECEIVER), 1): find_tensor,
    (opcodes.NEWOBJ, PYTHON_UDF, 3): make_python_udf,
    (opcodes.NEWOBJ, REMOTE_EXCEPTION, 2): make_exception,
}
