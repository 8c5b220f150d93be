"""Reads any pickle of Python's, protocol 2 to 5. It imports nothing and runs nothing.

A class is a name, and an object of a class is OPAQUE. So the RRefs that a pickle passes on can be
found in every pickle, and its value can be built where all of it is plain data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .. import _pickle_opcodes as opcodes
from .._pickle_opcodes import Global
from .._text import short_repr
from ..errors import DecodeError, RRefProtoError
from ..ids import ForkId, RRefId
from ..ivalue import RRefForkData
from .names import (
    GETATTR,
    LONGEST_NAME,
    MODULES_OF_PYTHON_2,
    PICKLER,
    RREF_RECEIVER,
    attribute,
)
from .nodes import OPAQUE, CallNode, Kind, Node, described, short_name
from .plain import CALLS, make_bytearray

PROTOCOLS = range(2, 6)
# The digits of the index of a PUT or GET, which are written as text.
LONGEST_INDEX = 20
RREF = attribute(PICKLER, RREF_RECEIVER)
# In characters, so that many RRefs with one long type are not much work.
LONGEST_TYPE = 4096
RREF_TYPES = [int, int, int, int, int, int, str]


class Pickle(NamedTuple):
    """What a pickle holds.

    `forks` are the RRefs that are made while it is unpickled, in that order. `unlike_plain_data`
    says what was met first that plain data does not have.
    """

    value: Any
    forks: tuple[RRefForkData, ...]
    unlike_plain_data: DecodeError | None


def read_pickle(payload: bytes) -> Pickle:
    """Read a pickle. Bytes after its end are ignored, as Python does.

    Raises DecodeError, saying at which byte, where no value can be read, whatever its classes do.
    """
    reader = _Reader(payload)
    try:
        value = reader.read()
    except RRefProtoError as error:
        raise error.as_decode_error(reader.place(), ", ") from None
    return Pickle(value, tuple(dict.fromkeys(reader.forks)), reader.unlike_plain_data)


class _Reader:
    """A stack machine. nodes.py says what is on its stack."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.start = 0  # of the opcode that is being carried out
        self.position = 0
        self.protocol = 0
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.forks: list[RRefForkData] = []
        self.unlike_plain_data: DecodeError | None = None

    def read(self) -> Any:
        if not self.payload.startswith(opcodes.PROTO):
            raise DecodeError(f"expected a pickle, got {short_repr(self.payload[:8])}")
        while True:
            self.start = self.position
            opcode = self.take(1)
            if opcode == opcodes.STOP:
                return self.result()
            operation = OPERATIONS.get(opcode)
            if operation is None:
                raise DecodeError(f"expected an opcode of a pickle, got 0x{opcode.hex()}")
            operation(self)

    def result(self) -> Any:
        value = self.pop()
        if isinstance(value, Global):
            self.note(described(value))
        return value

    def place(self) -> str:
        """Return where the opcode is that is being carried out."""
        return f"byte {self.start} of the pickle"

    def note(self, what: str) -> None:
        """Remember that this is no plain data. Only the first remark is kept."""
        if self.unlike_plain_data is None:
            problem = f"expected plain data, got {what}"
            self.unlike_plain_data = DecodeError(problem, self.place())

    # The bytes

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        self.check_left(size)
        taken = self.payload[self.position : self.position + size]
        self.position += size
        return taken

    def check_left(self, size: int) -> None:
        """Raise DecodeError where fewer than `size` bytes are left, or `size` is negative."""
        left = len(self.payload) - self.position
        if not 0 <= size <= left:
            raise DecodeError(f"expected {size} more bytes, got {left}")

    def argument(self, opcode: bytes) -> Any:
        """Return the number after an opcode."""
        number = opcodes.ARGUMENTS[opcode]
        return number.unpack(self.take(number.size))[0]

    def counted(self, opcode: bytes) -> bytes:
        """Return the bytes after an opcode, whose number is before them."""
        return self.take(self.argument(opcode))

    def line(self) -> bytes:
        """Return the bytes up to the next newline."""
        end = self.payload.find(b"\n", self.position)
        if end < 0:
            raise DecodeError("expected a line of text, got its beginning only")
        line = self.take(end - self.position)
        self.position += 1
        return line

    def text_line(self) -> str:
        return _decoded(self.line())

    def index_line(self) -> int:
        """Return the index of a PUT or GET."""
        line = self.line()
        if not line.isdigit() or len(line) > LONGEST_INDEX:
            raise DecodeError(f"expected an index of the memo, got {short_repr(line)}")
        return int(line)

    def change_protocol(self) -> None:
        protocol = self.argument(opcodes.PROTO)
        if protocol not in PROTOCOLS:
            raise DecodeError(f"expected a pickle of protocol 2 to 5, got {protocol}")
        self.protocol = protocol

    # The stack and the memo

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        self.check_top()
        return self.stack.pop()

    def top(self) -> Any:
        self.check_top()
        return self.stack[-1]

    def check_top(self) -> None:
        """Raise DecodeError where nothing was pushed since the last MARK."""
        if len(self.stack) == (self.marks[-1] if self.marks else 0):
            raise DecodeError("expected a value before this opcode, got none")

    def pop_mark(self) -> list[Any]:
        """Pop what was pushed since the last MARK."""
        if not self.marks:
            raise DecodeError("expected a MARK before this opcode, got none")
        mark = self.marks.pop()
        values = self.stack[mark:]
        del self.stack[mark:]
        return values

    def pop_value_or_mark(self) -> None:
        if self.marks and self.marks[-1] == len(self.stack):
            self.marks.pop()
        else:
            self.pop()

    def put(self, index: int) -> None:
        self.memo[index] = self.top()

    def get(self, index: int) -> None:
        if index not in self.memo:
            raise DecodeError(f"expected an index of the memo that is set, got {index}")
        self.push(self.memo[index])

    # Values of one kind

    def push_opaque(self, what: str) -> None:
        self.note(what)
        self.push(OPAQUE)

    def push_node(self, kind: Kind, items: list[Any]) -> None:
        self.push(Node(kind, items, self.start))

    def long(self, opcode: bytes) -> None:
        self.push(int.from_bytes(self.counted(opcode), "little", signed=True))

    def tuple_of(self, length: int) -> None:
        items = [self.pop() for _ in range(length)]
        self.push_node(Kind.TUPLE, items[::-1])

    def add(self, kind: Kind, items: list[Any]) -> None:
        """Add items to the list, dict or set before them."""
        target = self.top()
        if isinstance(target, Node) and target.kind is kind:
            target.items += items
        else:
            self.note(f"items added to {described(target)}")

    def set_items(self, items: list[Any]) -> None:
        if len(items) % 2:
            raise DecodeError(f"expected keys and values, got {len(items)} items")
        self.add(Kind.DICT, items)

    def set_item(self) -> None:
        value, key = self.pop(), self.pop()
        self.set_items([key, value])

    def dict_of_items(self) -> None:
        items = self.pop_mark()
        self.push_node(Kind.DICT, [])
        self.set_items(items)

    def byte_array(self) -> None:
        items = [self.counted(opcodes.BYTEARRAY8)]
        self.push(CallNode(make_bytearray, items, self.start))

    # Classes, functions and objects

    def name(self) -> None:
        self.push(self.renamed(self.text_line(), self.text_line()))

    def stack_name(self) -> None:
        name, module = self.pop(), self.pop()
        if type(name) is not str or type(module) is not str:
            raise DecodeError(
                f"expected the text of a module and a name, got {described(module)} and "
                f"{described(name)}"
            )
        self.push(self.renamed(module, name))

    def renamed(self, module: str, name: str) -> Global:
        """Return a name, with the module's name of today."""
        if self.protocol == 2:
            module = MODULES_OF_PYTHON_2.get(module, module)
        return Global(module, name)

    def reduce(self) -> None:
        arguments, called = self.pop(), self.pop()
        self.call(opcodes.REDUCE, called, arguments)

    def new_object(self) -> None:
        arguments, called = self.pop(), self.pop()
        self.call(opcodes.NEWOBJ, called, arguments)

    def new_object_with_keywords(self) -> None:
        for _ in range(3):
            self.pop()
        self.push_opaque("an object with keyword arguments")

    def instance(self) -> None:
        called = self.renamed(self.text_line(), self.text_line())
        self.call(opcodes.REDUCE, called, Node(Kind.TUPLE, self.pop_mark(), self.start))

    def object(self) -> None:
        called, *arguments = self.pop_mark() or [OPAQUE]
        self.call(opcodes.REDUCE, called, Node(Kind.TUPLE, arguments, self.start))

    def call(self, opcode: bytes, called: Any, arguments: Any) -> None:
        """Push what is made by calling a class or function, where it is known what that is."""
        is_tuple = isinstance(arguments, Node) and arguments.kind is Kind.TUPLE
        if not isinstance(called, Global) or not is_tuple:
            self.push_opaque(f"a call of {described(called)}")
            return
        items = arguments.items
        make = CALLS.get((opcode, called, len(items)))
        if make:
            self.push(CallNode(make, items, self.start))
        elif called == GETATTR and _is_attribute(items):
            self.push(attribute(*items))
        elif called == RREF and opcode == opcodes.REDUCE:
            self.forks.append(_fork(items))
            self.push(self.forks[-1])
        else:
            self.push_opaque(f"an object of {short_name(called)}")

    def build(self) -> None:
        self.pop()
        self.note(f"a state for {described(self.top())}")

    def extension(self, opcode: bytes) -> None:
        self.push_opaque(f"the extension code {self.argument(opcode)}")

    def persistent(self) -> None:
        self.pop()
        self.push_opaque("a persistent id")

    def persistent_line(self) -> None:
        self.line()
        self.push_opaque("a persistent id")

    def read_only_buffer(self) -> None:
        self.pop()
        self.push_opaque("a buffer outside the pickle")


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise DecodeError(f"expected text in UTF-8: {error.reason}") from None


def _is_attribute(items: list[Any]) -> bool:
    """Tell whether these arguments of getattr are a class or module and a name."""
    if len(items) != 2 or not isinstance(items[0], Global) or type(items[1]) is not str:
        return False
    return len(items[0].name) + len(items[1]) < LONGEST_NAME


def _fork(items: list[Any]) -> RRefForkData:
    """Make the RRef that is passed on of the argument of PICKLER's method RREF_RECEIVER."""
    data = items[0] if len(items) == 1 else None
    fields = data.items if isinstance(data, Node) and data.kind is Kind.TUPLE else []
    if len(fields) != len(RREF_TYPES) or list(map(type, fields)) != RREF_TYPES:
        raise DecodeError("expected an RRef as a tuple of six ints and a str")
    if len(fields[-1]) > LONGEST_TYPE:
        raise DecodeError(f"expected a type of at most {LONGEST_TYPE} characters")
    owner_id, rref_creator, rref_number, fork_creator, fork_number, parent, type_str = fields
    rref_id, fork_id = RRefId(rref_creator, rref_number), ForkId(fork_creator, fork_number)
    return RRefForkData(owner_id, rref_id, fork_id, parent, type_str)


Operation = Callable[[_Reader], object]


def _push(value: Any) -> Operation:
    return lambda reader: reader.push(value)


def _push_number(opcode: bytes) -> Operation:
    return lambda reader: reader.push(reader.argument(opcode))


def _push_text(opcode: bytes) -> Operation:
    return lambda reader: reader.push(_decoded(reader.counted(opcode)))


def _push_bytes(opcode: bytes) -> Operation:
    return lambda reader: reader.push(reader.counted(opcode))


def _push_empty(kind: Kind) -> Operation:
    return lambda reader: reader.push_node(kind, [])


def _push_marked(kind: Kind) -> Operation:
    return lambda reader: reader.push_node(kind, reader.pop_mark())


def _old_line(reader: _Reader) -> None:
    reader.line()
    reader.push_opaque("a number or text as protocol 0 writes it")


def _old_text(opcode: bytes) -> Operation:
    def operation(reader: _Reader) -> None:
        reader.counted(opcode)
        reader.push_opaque("text as Python 2 writes it")

    return operation


OPERATIONS: dict[bytes, Operation] = {
    opcodes.PROTO: _Reader.change_protocol,
    # Python's C code, too, only looks whether the frame is there.
    opcodes.FRAME: lambda reader: reader.check_left(reader.argument(opcodes.FRAME)),
    opcodes.MARK: lambda reader: reader.marks.append(len(reader.stack)),
    opcodes.POP: _Reader.pop_value_or_mark,
    opcodes.POP_MARK: _Reader.pop_mark,
    opcodes.DUP: lambda reader: reader.push(reader.top()),
    opcodes.NONE: _push(None),
    opcodes.NEWTRUE: _push(True),
    opcodes.NEWFALSE: _push(False),
    opcodes.INT: _old_line,
    opcodes.BININT: _push_number(opcodes.BININT),
    opcodes.BININT1: _push_number(opcodes.BININT1),
    opcodes.BININT2: _push_number(opcodes.BININT2),
    opcodes.LONG: _old_line,
    opcodes.LONG1: lambda reader: reader.long(opcodes.LONG1),
    opcodes.LONG4: lambda reader: reader.long(opcodes.LONG4),
    opcodes.FLOAT: _old_line,
    opcodes.BINFLOAT: _push_number(opcodes.BINFLOAT),
    opcodes.STRING: _old_line,
    opcodes.BINSTRING: _old_text(opcodes.BINSTRING),
    opcodes.SHORT_BINSTRING: _old_text(opcodes.SHORT_BINSTRING),
    opcodes.BINBYTES: _push_bytes(opcodes.BINBYTES),
    opcodes.SHORT_BINBYTES: _push_bytes(opcodes.SHORT_BINBYTES),
    opcodes.BINBYTES8: _push_bytes(opcodes.BINBYTES8),
    opcodes.BYTEARRAY8: _Reader.byte_array,
    opcodes.NEXT_BUFFER: lambda reader: reader.push_opaque("a buffer outside the pickle"),
    opcodes.READONLY_BUFFER: _Reader.read_only_buffer,
    opcodes.UNICODE: _old_line,
    opcodes.BINUNICODE: _push_text(opcodes.BINUNICODE),
    opcodes.SHORT_BINUNICODE: _push_text(opcodes.SHORT_BINUNICODE),
    opcodes.BINUNICODE8: _push_text(opcodes.BINUNICODE8),
    opcodes.EMPTY_TUPLE: _push_empty(Kind.TUPLE),
    opcodes.TUPLE1: lambda reader: reader.tuple_of(1),
    opcodes.TUPLE2: lambda reader: reader.tuple_of(2),
    opcodes.TUPLE3: lambda reader: reader.tuple_of(3),
    opcodes.TUPLE: _push_marked(Kind.TUPLE),
    opcodes.EMPTY_LIST: _push_empty(Kind.LIST),
    opcodes.LIST: _push_marked(Kind.LIST),
    opcodes.APPEND: lambda reader: reader.add(Kind.LIST, [reader.pop()]),
    opcodes.APPENDS: lambda reader: reader.add(Kind.LIST, reader.pop_mark()),
    opcodes.EMPTY_DICT: _push_empty(Kind.DICT),
    opcodes.DICT: _Reader.dict_of_items,
    opcodes.SETITEM: _Reader.set_item,
    opcodes.SETITEMS: lambda reader: reader.set_items(reader.pop_mark()),
    opcodes.EMPTY_SET: _push_empty(Kind.SET),
    opcodes.ADDITEMS: lambda reader: reader.add(Kind.SET, reader.pop_mark()),
    opcodes.FROZENSET: _push_marked(Kind.FROZENSET),
    opcodes.PUT: lambda reader: reader.put(reader.index_line()),
    opcodes.BINPUT: lambda reader: reader.put(reader.argument(opcodes.BINPUT)),
    opcodes.LONG_BINPUT: lambda reader: reader.put(reader.argument(opcodes.LONG_BINPUT)),
    opcodes.MEMOIZE: lambda reader: reader.put(len(reader.memo)),
    opcodes.GET: lambda reader: reader.get(reader.index_line()),
    opcodes.BINGET: lambda reader: reader.get(reader.argument(opcodes.BINGET)),
    opcodes.LONG_BINGET: lambda reader: reader.get(reader.argument(opcodes.LONG_BINGET)),
    opcodes.GLOBAL: _Reader.name,
    opcodes.STACK_GLOBAL: _Reader.stack_name,
    opcodes.REDUCE: _Reader.reduce,
    opcodes.BUILD: _Reader.build,
    opcodes.INST: _Reader.instance,
    opcodes.OBJ: _Reader.object,
    opcodes.NEWOBJ: _Reader.new_object,
    opcodes.NEWOBJ_EX: _Reader.new_object_with_keywords,
    opcodes.EXT1: lambda reader: reader.extension(opcodes.EXT1),
    opcodes.EXT2: lambda reader: reader.extension(opcodes.EXT2),
    opcodes.EXT4: lambda reader: reader.extension(opcodes.EXT4),
    opcodes.PERSID: _Reader.persistent_line,
    opcodes.BINPERSID: _Reader.persistent,
}
