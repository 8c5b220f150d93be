"""Writes plain data as a pickle, with the bytes that PyTorch's own RPC writes for it.

It writes protocol 4 as Python's own pickler in C does: the opcodes, the memo and the frames.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .. import _pickle_opcodes as opcodes
from .._check import wrong_type
from .._pickle_opcodes import Global
from ..errors import EncodeError
from ..ivalue import RRefForkData
from ..tensor import Tensor
from .framing import FramedBytes
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
from .values import MAX_DEPTH, PythonRemoteException, PythonUDF

PROTOCOL = 4
# How many items are added to a container at a time.
BATCH = 1000
INT32 = range(-(2**31), 2**31)
# For text and bytes: the opcodes, by the bytes that their length has.
TEXT = (opcodes.SHORT_BINUNICODE, opcodes.BINUNICODE, opcodes.BINUNICODE8)
BYTES = (opcodes.SHORT_BINBYTES, opcodes.BINBYTES, opcodes.BINBYTES8)

Parts = Iterator[Any]


class Call(NamedTuple):
    """An object that is written as what is called to make it, and the arguments."""

    called: Global
    arguments: tuple[Any, ...]


class Arguments(tuple[Any, ...]):
    """The arguments of a call. They do not count as a level of nesting."""

    __slots__ = ()


def write_pickle(value: Any) -> tuple[bytes, tuple[Tensor, ...]]:
    """Return plain data as a pickle, and the tensors that it refers to.

    Raises TypeError where a part of it is no plain data, EncodeError where it contains itself or is
    nested too deep.
    """
    writer = _Writer()
    writer.save(value)
    return writer.finish(), tuple(writer.tensors)


class _Writer:
    """One pickle being written.

    There is no recursion: what writes a value with parts is a generator, which yields the parts
    when it is their turn.
    """

    def __init__(self) -> None:
        self.output = FramedBytes(opcodes.PROTO + bytes([PROTOCOL]))
        # The index of each value in the memo, by its id, and the values, so that no id is used
        # again.
        self.memo: dict[int, int] = {}
        self.kept: list[Any] = []
        self.names: dict[str | Global, str | Global] = {}
        self.tensors: list[Tensor] = []
        # The values that are inside each other now, and by its id each that is a level of nesting.
        self.open: list[tuple[Any, Parts]] = []
        self.levels: set[int] = set()

    def save(self, root: Any) -> None:
        """Write a value with all its parts."""
        self.open.append((None, iter((root,))))
        while self.open:
            value, parts = self.open[-1]
            # The loop goes on behind the part at which it was left.
            for part in parts:
                if self.begin(part):
                    break
            else:
                self.open.pop()
                self.levels.discard(id(value))

    def finish(self) -> bytes:
        """Return the pickle."""
        self.output.write(opcodes.STOP)
        self.output.end_frame()
        return bytes(self.output.finished)

    def begin(self, value: Any) -> bool:
        """Write a value without parts. Of any other write the beginning, and return True."""
        self.output.before_value()
        kind = type(value)
        if id(value) in self.levels:
            raise EncodeError(f"expected plain data, got a {kind.__name__} that contains itself")
        if id(value) in self.memo:
            self.get(self.memo[id(value)])
            return False
        if kind in LEAVES:
            LEAVES[kind](self, value)
            return False
        if kind not in WITH_PARTS:
            raise wrong_type("plain data", value, "SerializedPyObj.from_python")
        if kind in LEVELS:
            if len(self.levels) == MAX_DEPTH:
                raise EncodeError(f"expected at most {MAX_DEPTH} levels of nesting, got more")
            self.levels.add(id(value))
        self.open.append((value, WITH_PARTS[kind](self, value)))
        return True

    # The memo

    def memoize(self, value: Any) -> None:
        """Give the value that has just been written the next index."""
        self.memo[id(value)] = len(self.kept)
        self.kept.append(value)
        self.output.write(opcodes.MEMOIZE)

    def get(self, index: int) -> None:
        """Refer to a value of the memo."""
        self.with_number(opcodes.BINGET if index < 256 else opcodes.LONG_BINGET, index)

    def with_number(self, opcode: bytes, number: float) -> None:
        """Write an opcode and its argument."""
        self.output.write(opcode, opcodes.ARGUMENTS[opcode].pack(number))

    # Values without parts

    def write_none(self, _: None) -> None:
        self.output.write(opcodes.NONE)

    def write_bool(self, value: bool) -> None:
        self.output.write(opcodes.NEWTRUE if value else opcodes.NEWFALSE)

    def write_int(self, number: int) -> None:
        if number not in INT32:
            size = (number if number >= 0 else ~number).bit_length() // 8 + 1
            self.with_number(opcodes.LONG1 if size < 256 else opcodes.LONG4, size)
            self.output.write(number.to_bytes(size, "little", signed=True))
        elif 0 <= number < 256:
            self.with_number(opcodes.BININT1, number)
        elif 0 <= number < 65536:
            self.with_number(opcodes.BININT2, number)
        else:
            self.with_number(opcodes.BININT, number)

    def write_float(self, number: float) -> None:
        self.with_number(opcodes.BINFLOAT, number)

    def write_str(self, value: str) -> None:
        self.counted(TEXT, value.encode("utf-8", "surrogatepass"))
        self.memoize(value)

    def write_bytes(self, value: bytes) -> None:
        self.counted(BYTES, value)
        self.memoize(value)

    def counted(self, choice: tuple[bytes, ...], data: bytes) -> None:
        """Write text or bytes with the opcode whose length is long enough."""
        opcode = choice[(len(data) >= 1 << 8) + (len(data) >= 1 << 32)]
        self.output.write_data(opcode + opcodes.ARGUMENTS[opcode].pack(len(data)), data)

    # Containers

    def list_parts(self, value: list[Any]) -> Parts:
        self.output.write(opcodes.EMPTY_LIST)
        self.memoize(value)
        if len(value) == 1:
            yield value[0]
            self.output.write(opcodes.APPEND)
            return
        for start in range(0, len(value), BATCH):
            self.output.write(opcodes.MARK)
            yield from value[start : start + BATCH]
            self.output.write(opcodes.APPENDS)

    def dict_parts(self, value: dict[Any, Any]) -> Parts:
        self.output.write(opcodes.EMPTY_DICT)
        self.memoize(value)
        items = list(value.items())
        if len(items) == 1:
            yield from items[0]
            self.output.write(opcodes.SETITEM)
            return
        for batch in _batches(items):
            self.output.write(opcodes.MARK)
            for item in batch:
                yield from item
            self.output.write(opcodes.SETITEMS)

    def set_parts(self, value: set[Any]) -> Parts:
        self.output.write(opcodes.EMPTY_SET)
        self.memoize(value)
        for batch in _batches(list(value)):
            self.output.write(opcodes.MARK)
            yield from batch
            self.output.write(opcodes.ADDITEMS)

    def frozenset_parts(self, value: frozenset[Any]) -> Parts:
        self.output.write(opcodes.MARK)
        yield from value
        self.output.write(opcodes.FROZENSET)
        self.memoize(value)

    def tuple_parts(self, value: tuple[Any, ...]) -> Parts:
        if not value:
            self.output.write(opcodes.EMPTY_TUPLE)
            return
        short = opcodes.TUPLES.get(len(value))
        if not short:
            self.output.write(opcodes.MARK)
        yield from value
        self.output.write(short or opcodes.TUPLE)
        self.memoize(value)

    # Names, and objects that are made by a call

    def name_parts(self, value: Global) -> Parts:
        yield self.the_same(value.module)
        yield self.the_same(value.name)
        self.output.write(opcodes.STACK_GLOBAL)
        self.memoize(value)

    def the_same(self, name: Any) -> Any:
        """Return one object for all equal names, so that the memo knows it again."""
        return self.names.setdefault(name, name)

    def call_parts(self, value: Call) -> Parts:
        return self.made_by(value, value.called, value.arguments)

    def made_by(
        self, value: Any, called: Any, arguments: tuple[Any, ...], opcode: bytes = opcodes.REDUCE
    ) -> Parts:
        """Write an object as what is called to make it."""
        yield called
        yield Arguments(arguments)
        self.output.write(opcode)
        self.memoize(value)

    def method(self, name: str) -> Call:
        """Return a method of PICKLER: another object each time, as in Python."""
        return Call(GETATTR, (PICKLER, self.the_same(name)))

    def complex_parts(self, value: complex) -> Parts:
        return self.made_by(value, COMPLEX, (value.real, value.imag))

    def bytearray_parts(self, value: bytearray) -> Parts:
        return self.made_by(value, BYTEARRAY, (bytes(value),) if value else ())

    def tensor_parts(self, value: Tensor) -> Parts:
        self.tensors.append(value)
        return self.made_by(value, self.method(TENSOR_RECEIVER), (len(self.tensors) - 1,))

    def rref_parts(self, value: RRefForkData) -> Parts:
        numbers = (
            value.owner_id,
            value.rref_id.created_on,
            value.rref_id.local_id,
            value.fork_id.created_on,
            value.fork_id.local_id,
            value.parent,
        )
        data = Arguments((*numbers, value.type_str))
        return self.made_by(value, self.method(RREF_RECEIVER), (data,))

    def call_of_function(self, value: PythonUDF) -> Parts:
        function = self.the_same(from_text(value.function))
        return self.made_by(value, PYTHON_UDF, (function, value.args, value.kwargs), opcodes.NEWOBJ)

    def exception_parts(self, value: PythonRemoteException) -> Parts:
        kind = self.the_same(from_text(value.exception_type))
        return self.made_by(value, REMOTE_EXCEPTION, (value.message, kind), opcodes.NEWOBJ)


def _batches(items: list[Any]) -> Iterator[list[Any]]:
    """Divide the items of a dict or set.

    The last batch is the first that is not full, so it can be empty.
    """
    if items:
        for start in range(0, len(items) + 1, BATCH):
            yield items[start : start + BATCH]


LEVELS = frozenset({list, dict, set, frozenset, tuple, PythonUDF})
LEAVES: dict[type, Callable[[_Writer, Any], None]] = {
    type(None): _Writer.write_none,
    bool: _Writer.write_bool,
    int: _Writer.write_int,
    float: _Writer.write_float,
    str: _Writer.write_str,
    bytes: _Writer.write_bytes,
}
WITH_PARTS: dict[type, Callable[[_Writer, Any], Parts]] = {
    list: _Writer.list_parts,
    dict: _Writer.dict_parts,
    set: _Writer.set_parts,
    frozenset: _Writer.frozenset_parts,
    tuple: _Writer.tuple_parts,
    Arguments: _Writer.tuple_parts,
    Global: _Writer.name_parts,
    Call: _Writer.call_parts,
    complex: _Writer.complex_parts,
    bytearray: _Writer.bytearray_parts,
    Tensor: _Writer.tensor_parts,
    RRefForkData: _Writer.rref_parts,
    PythonUDF: _Writer.call_of_function,
    PythonRemoteException: _Writer.exception_parts,
}
