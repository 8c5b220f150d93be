"""How a value with parts is written: a generator for each type, which yields its parts.

The parts are written, in `writer`, where the generator has yielded them. So there is no recursion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .. import _pickle_opcodes as opcodes
from .._pickle_opcodes import Global
from ..ivalue import RRefForkData
from ..tensor import Tensor
from .names import (
    BYTEARRAY,
    COMPLEX,
    GETATTR,
    PICKLER,
    PYTHON_UDF,
    REMOTE_EXCEPTION,
    RREF_RECEIVER,
    TENSOR_RECEIVER,
    from_text,
)
from .output import PickleOutput
from .values import PythonRemoteException, PythonUDF

# How many items are added to a container at a time.
BATCH = 1000

Parts = Iterator[Any]


class Call(NamedTuple):
    """An object that is written as what is called to make it, and the arguments."""

    called: Global
    arguments: tuple[Any, ...]


class Arguments(tuple[Any, ...]):
    """The arguments of a call. They do not count as a level of nesting."""

    __slots__ = ()


# Containers


def _list_parts(output: PickleOutput, value: list[Any]) -> Parts:
    output.write(opcodes.EMPTY_LIST)
    output.memoize(value)
    if len(value) == 1:
        yield value[0]
        output.write(opcodes.APPEND)
        return
    for start in range(0, len(value), BATCH):
        output.write(opcodes.MARK)
        yield from value[start : start + BATCH]
        output.write(opcodes.APPENDS)


def _dict_parts(output: PickleOutput, value: dict[Any, Any]) -> Parts:
    output.write(opcodes.EMPTY_DICT)
    output.memoize(value)
    items = list(value.items())
    if len(items) == 1:
        yield from items[0]
        output.write(opcodes.SETITEM)
        return
    for batch in _batches(items):
        output.write(opcodes.MARK)
        for item in batch:
            yield from item
        output.write(opcodes.SETITEMS)


def _set_parts(output: PickleOutput, value: set[Any]) -> Parts:
    output.write(opcodes.EMPTY_SET)
    output.memoize(value)
    for batch in _batches(list(value)):
        output.write(opcodes.MARK)
        yield from batch
        output.write(opcodes.ADDITEMS)


def _frozenset_parts(output: PickleOutput, value: frozenset[Any]) -> Parts:
    output.write(opcodes.MARK)
    yield from value
    output.write(opcodes.FROZENSET)
    output.memoize(value)


def _tuple_parts(output: PickleOutput, value: tuple[Any, ...]) -> Parts:
    if not value:
        output.write(opcodes.EMPTY_TUPLE)
        return
    short = opcodes.TUPLES.get(len(value))
    if not short:
        output.write(opcodes.MARK)
    yield from value
    output.write(short or opcodes.TUPLE)
    output.memoize(value)


# Names, and objects that are made by a call


def _name_parts(output: PickleOutput, value: Global) -> Parts:
    yield output.the_same(value.module)
    yield output.the_same(value.name)
    output.write(opcodes.STACK_GLOBAL)
    output.memoize(value)


def _call_parts(output: PickleOutput, value: Call) -> Parts:
    return _made_by(output, value, value.called, value.arguments)


def _made_by(
    output: PickleOutput,
    value: Any,
    called: Any,
    arguments: tuple[Any, ...],
    opcode: bytes = opcodes.REDUCE,
) -> Parts:
    """Write an object as what is called to make it."""
    yield called
    yield Arguments(arguments)
    output.write(opcode)
    output.memoize(value)


def _method(output: PickleOutput, name: str) -> Call:
    """Return a method of PICKLER: another object each time, as in Python."""
    return Call(GETATTR, (PICKLER, output.the_same(name)))


def _complex_parts(output: PickleOutput, value: complex) -> Parts:
    return _made_by(output, value, COMPLEX, (value.real, value.imag))


def _bytearray_parts(output: PickleOutput, value: bytearray) -> Parts:
    return _made_by(output, value, BYTEARRAY, (bytes(value),) if value else ())


def _tensor_parts(output: PickleOutput, value: Tensor) -> Parts:
    output.tensors.append(value)
    return _made_by(output, value, _method(output, TENSOR_RECEIVER), (len(output.tensors) - 1,))


def _rref_parts(output: PickleOutput, value: RRefForkData) -> Parts:
    numbers = (
        value.owner_id,
        value.rref_id.created_on,
        value.rref_id.local_id,
        value.fork_id.created_on,
        value.fork_id.local_id,
        value.parent,
    )
    data = Arguments((*numbers, value.type_str))
    return _made_by(output, value, _method(output, RREF_RECEIVER), (data,))


def _call_of_function(output: PickleOutput, value: PythonUDF) -> Parts:
    function = output.the_same(from_text(value.function))
    return _made_by(output, value, PYTHON_UDF, (function, value.args, value.kwargs), opcodes.NEWOBJ)


def _exception_parts(output: PickleOutput, value: PythonRemoteException) -> Parts:
    kind = output.the_same(from_text(value.exception_type))
    return _made_by(output, value, REMOTE_EXCEPTION, (value.text, kind), opcodes.NEWOBJ)


def _batches(items: list[Any]) -> Iterator[list[Any]]:
    """Divide the items of a dict or set.

    The last batch is the first that is not full, so it can be empty.
    """
    if items:
        for start in range(0, len(items) + 1, BATCH):
            yield items[start : start + BATCH]


WITH_PARTS: dict[type, Callable[[PickleOutput, Any], Parts]] = {
    list: _list_parts,
    dict: _dict_parts,
    set: _set_parts,
    frozenset: _frozenset_parts,
    tuple: _tuple_parts,
    Arguments: _tuple_parts,
    Global: _name_parts,
    Call: _call_parts,
    complex: _complex_parts,
    bytearray: _bytearray_parts,
    Tensor: _tensor_parts,
    RRefForkData: _rref_parts,
    PythonUDF: _call_of_function,
    PythonRemoteException: _exception_parts,
}
