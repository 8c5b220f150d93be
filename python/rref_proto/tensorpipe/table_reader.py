"""Reads the pickle of a table of tensors: what it says of each tensor, before any is made.

Nothing is imported or called by its name. What another function than the one for dense tensors
would build is `Unread`: it is known that a tensor is there, and no more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import _pickle_opcodes as opcodes
from .._pickle_machine import PickleMachine
from .._pickle_opcodes import Global
from .._pickle_writer import BUILD_TENSORLIST, HEADER, LONG1_NUMBER, PROTOCOL
from .._text import short_repr
from ..errors import DecodeError

REBUILD_TENSOR = Global("torch._utils", "_rebuild_tensor_v2")
ORDERED_DICT = Global("collections", "OrderedDict")
# What is said of a tensor that cannot be read, by the name of the function that builds it.
KINDS = {
    "_rebuild_sparse_tensor": "a sparse tensor",
    "_rebuild_qtensor": "a quantized tensor",
    # With an argument more, for what is to be done with each element when it is read.
    REBUILD_TENSOR.name: "a conjugated or negated tensor",
}
# Of REBUILD_TENSOR. The last of them are the hooks, which are always empty.
ARGUMENTS = 6
# In digits.
LONGEST_BUFFER_NUMBER = 10


@dataclass(frozen=True, slots=True)
class Storage:
    """A storage: the name of its type, in which buffer it is, where, and how many elements."""

    dtype: Global
    buffer: int
    device: str
    length: int


@dataclass(frozen=True, slots=True)
class View:
    """A dense tensor. Offset and strides are counted in elements, and none is negative."""

    storage: Storage
    offset: int
    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    requires_grad: bool


@dataclass(frozen=True, slots=True)
class Unread:
    """What a function builds that is not known, or a dense tensor with marks."""

    function: Global

    def described(self) -> str:
        """Say what it is, for an error."""
        kind = KINDS.get(self.function.name, "another kind of tensor")
        return f"{kind}, built by {self.function.module}.{self.function.name}"


@dataclass(frozen=True, slots=True)
class TensorList:
    """The whole table."""

    items: tuple[View | Unread, ...]


def read_views(table: bytes, most_dimensions: int) -> tuple[View | Unread, ...]:
    """Read a table. Raises DecodeError, saying at which byte, for what is none."""
    reader = _Reader(table, most_dimensions)
    try:
        found = reader.read()
        if type(found) is not TensorList:
            raise DecodeError(f"expected a list of tensors, got {short_repr(found)}")
        return found.items
    except DecodeError as error:
        raise error.within(f"byte {reader.start} of the table of tensors") from None


class _Reader(PickleMachine):
    """One table that is being read.

    On the stack are plain Python values, Global, Storage, View, Unread and TensorList.
    """

    def __init__(self, table: bytes, most_dimensions: int) -> None:
        super().__init__(table)
        self.most_dimensions = most_dimensions

    def read(self) -> Any:
        """Return what the pickle holds."""
        if self.take(2) != HEADER:
            raise DecodeError(f"expected a pickle of protocol {PROTOCOL}")
        value = self.run(OPERATIONS, "an opcode that libtorch writes")
        if self.stack or self.marks:
            raise DecodeError(f"expected one value at the end, got {len(self.stack) + 1}")
        return value

    def text(self, content: bytes) -> str:
        """Return text in UTF-8."""
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise DecodeError(f"expected text in UTF-8, got {short_repr(content)}") from None

    def long(self) -> None:
        content = self.counted(opcodes.LONG1)
        if len(content) != LONG1_NUMBER.size:
            raise DecodeError(f"expected a long of {LONG1_NUMBER.size} bytes, got {len(content)}")
        self.push(LONG1_NUMBER.unpack(content)[0])

    def put(self, index: int) -> None:
        value = self.pop()
        if type(value) is list:
            # libtorch memoizes a list when it is whole. Else many references to one list could
            # each build a table of it.
            raise DecodeError("expected a whole value to memoize, got a list")
        self.memo[index] = value
        self.push(value)

    def get(self, index: int) -> None:
        if index not in self.memo:
            raise DecodeError(f"expected a memo index that is set, got {index}")
        self.push(self.memo[index])

    def pop_tuple(self, length: int) -> None:
        items = [self.pop() for _ in range(length)]
        self.push(tuple(items[::-1]))

    def appends(self) -> None:
        items = self.pop_mark()
        target = self.pop()
        if type(target) is not list:
            raise DecodeError(f"expected a list to append to, got {short_repr(target)}")
        target.extend(items)
        self.push(target)

    def persistent_id(self) -> None:
        """Make a storage of ("storage", type, number of the buffer, device, number of elements)."""
        match self.pop():
            case ("storage", Global() as dtype, str(key), str(device), int(length)) if (
                length >= 0
                and len(key) <= LONGEST_BUFFER_NUMBER
                and key.isascii()
                and key.isdecimal()
            ):
                self.push(Storage(dtype, int(key), device, length))
            case other:
                raise DecodeError(f"expected what tells a storage, got {short_repr(other)}")

    def reduce(self) -> None:
        arguments, function = self.pop(), self.pop()
        if type(function) is not Global or type(arguments) is not tuple:
            problem = "expected a global and a tuple of arguments to call it with"
            raise DecodeError(f"{problem}, got {short_repr(function)}")
        if function == REBUILD_TENSOR and len(arguments) <= ARGUMENTS:
            self.push(self.view(arguments))
        elif function == BUILD_TENSORLIST:
            self.push(_tensor_list(arguments))
        else:
            self.push(Unread(function))

    def view(self, arguments: tuple[Any, ...]) -> View:
        """Return a dense tensor."""
        match arguments:
            case (
                Storage() as storage,
                int(offset),
                tuple(sizes),
                tuple(strides),
                bool(requires_grad),
                _,
            ) if len(sizes) == len(strides):
                if len(sizes) > self.most_dimensions:
                    problem = f"expected at most {self.most_dimensions} dimensions"
                    raise DecodeError(f"{problem}, got {len(sizes)}")
                if not all(type(each) is int and each >= 0 for each in (offset, *sizes, *strides)):
                    raise DecodeError("expected an offset, sizes and strides from 0 on")
                return View(storage, offset, sizes, strides, requires_grad)
        raise DecodeError(f"expected the arguments of {REBUILD_TENSOR.name}")


def _tensor_list(arguments: tuple[Any, ...]) -> TensorList:
    match arguments:
        case (list(items),):
            for item in items:
                if type(item) is not View and type(item) is not Unread:
                    raise DecodeError(f"expected tensors only, got {short_repr(item)}")
            return TensorList(tuple(items))
    raise DecodeError("expected one list of tensors")


# What libtorch writes in a table; that of numbers, dicts and None only where a tensor is not dense.
OPERATIONS: dict[bytes, Callable[[_Reader], None]] = {
    opcodes.MARK: lambda reader: reader.marks.append(len(reader.stack)),
    opcodes.NONE: lambda reader: reader.push(None),
    opcodes.NEWTRUE: lambda reader: reader.push(True),
    opcodes.NEWFALSE: lambda reader: reader.push(False),
    opcodes.BININT1: lambda reader: reader.push(reader.argument(opcodes.BININT1)),
    opcodes.BININT2: lambda reader: reader.push(reader.argument(opcodes.BININT2)),
    opcodes.BININT: lambda reader: reader.push(reader.argument(opcodes.BININT)),
    opcodes.LONG1: _Reader.long,
    opcodes.BINFLOAT: lambda reader: reader.push(reader.argument(opcodes.BINFLOAT)),
    opcodes.BINUNICODE: lambda reader: reader.push(reader.text(reader.counted(opcodes.BINUNICODE))),
    opcodes.EMPTY_TUPLE: lambda reader: reader.push(()),
    opcodes.TUPLE1: lambda reader: reader.pop_tuple(1),
    opcodes.TUPLE2: lambda reader: reader.pop_tuple(2),
    opcodes.TUPLE3: lambda reader: reader.pop_tuple(3),
    opcodes.TUPLE: lambda reader: reader.push(tuple(reader.pop_mark())),
    opcodes.EMPTY_LIST: lambda reader: reader.push([]),
    opcodes.APPENDS: _Reader.appends,
    opcodes.EMPTY_DICT: lambda reader: reader.push({}),
    opcodes.SETITEMS: lambda reader: reader.pop_mark().clear(),
    opcodes.BINPUT: lambda reader: reader.put(reader.argument(opcodes.BINPUT)),
    opcodes.LONG_BINPUT: lambda reader: reader.put(reader.argument(opcodes.LONG_BINPUT)),
    opcodes.BINGET: lambda reader: reader.get(reader.argument(opcodes.BINGET)),
    opcodes.LONG_BINGET: lambda reader: reader.get(reader.argument(opcodes.LONG_BINGET)),
    opcodes.GLOBAL: lambda reader: reader.push(
        Global(reader.text(reader.line()), reader.text(reader.line()))
    ),
    opcodes.BINPERSID: _Reader.persistent_id,
    opcodes.REDUCE: _Reader.reduce,
}
