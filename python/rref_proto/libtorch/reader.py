"""Reads the subset of pickle that libtorch's C++ Pickler writes, and nothing more.

Values are immutable once read, so that a reference to one costs nothing, and each knows how large
it would be unfolded, which is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from .._text import short_repr
from ..errors import DecodeError, RRefProtoError
from ..ivalue import CLASS_PREFIX, IValue
from ..tensor import Tensor
from . import opcodes
from .builders import (
    BUILDERS,
    Arguments,
    ClassName,
    Instance,
    TensorTable,
    arguments_of,
    as_ivalue,
    call_global,
    described,
    fill_instance,
)

# How large a payload's values may be when every memo reference in it is replaced by what it refers
# to, in bytes of IValue.byte_size: so much for each byte of payload, and so much in any case.
UNFOLDED_BYTES_PER_BYTE = 64
UNFOLDED_BYTES_ALWAYS = 1 << 20

UNFINISHED = (list, dict, Instance, Arguments)

_Result = TypeVar("_Result")


def read_tuple(payload: bytes, tensors: Sequence[Tensor]) -> tuple[IValue, ...]:
    """Read a payload: the values of the tuple that it pickles. `tensors` is the message's table.

    Bytes after the end of the pickle are ignored, as libtorch does. Raises DecodeError, saying at
    which byte, for anything that libtorch's writer would not write.
    """
    return _read(payload, tensors, _Reader.tuple_at_end)


def read_value(payload: bytes, tensors: Sequence[Tensor]) -> IValue:
    """Read a payload: the value that it pickles. All else is as in `read_tuple`."""
    return _read(payload, tensors, _Reader.value_at_end)


def _read(
    payload: bytes, tensors: Sequence[Tensor], at_end: Callable[[_Reader, Any], _Result]
) -> _Result:
    reader = _Reader(payload, tensors)
    try:
        return at_end(reader, reader.read())
    except RRefProtoError as error:
        raise error.as_decode_error(f"byte {reader.start} of the payload", ", ") from None


class _Reader:
    """A stack machine.

    On its stack are None, bool, int, float, str and bytes as they are, IValue for all else that is
    whole, and list, dict, Global, Instance and Arguments on their way to one.
    """

    def __init__(self, payload: bytes, tensors: Sequence[Tensor]) -> None:
        self.payload = payload
        self.tensors = TensorTable(tensors)
        self.start = 0  # of the opcode that is being carried out
        self.position = 0
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.limit = UNFOLDED_BYTES_ALWAYS + UNFOLDED_BYTES_PER_BYTE * len(payload)

    def read(self) -> Any:
        """Carry out all opcodes; return the one value that is left."""
        if self.take(2) != opcodes.HEADER:
            raise DecodeError(f"expected a pickle of protocol {opcodes.PROTOCOL}")
        while True:
            self.start = self.position
            opcode = self.take(1)
            if opcode == opcodes.STOP:
                break
            operation = OPERATIONS.get(opcode)
            if operation is None:
                raise DecodeError(f"expected an opcode that libtorch writes, got 0x{opcode.hex()}")
            operation(self)
        value = self.pop()
        if self.stack or self.marks:
            raise DecodeError(f"expected one value at the end, got {len(self.stack) + 1}")
        return value

    def tuple_at_end(self, value: Any) -> tuple[IValue, ...]:
        """Return the values of the tuple that was left at the end."""
        if isinstance(value, IValue) and value.kind == "tuple_value":
            return tuple(value.value)
        if not isinstance(value, Arguments):
            raise DecodeError(f"expected a tuple, got {described(value)}")
        values = tuple(map(as_ivalue, value.items))
        self.check_size(sum(each.byte_size for each in values))
        return values

    def value_at_end(self, value: Any) -> IValue:
        """Return what was left at the end as a value."""
        if isinstance(value, Arguments):
            return IValue("tuple_value", self.tuple_at_end(value))
        return as_ivalue(value)

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        end = self.position + size
        if end > len(self.payload):
            left = len(self.payload) - self.position
            raise DecodeError(f"expected {size} more bytes, got {left}")
        taken = self.payload[self.position : end]
        self.position = end
        return taken

    def argument(self, opcode: bytes) -> Any:
        """Return the number after an opcode."""
        number = opcodes.ARGUMENTS[opcode]
        return number.unpack(self.take(number.size))[0]

    def line(self) -> str:
        """Return the text up to the next newline."""
        end = self.payload.find(b"\n", self.position)
        if end < 0:
            raise DecodeError("expected a line of text, got its beginning only")
        text = self.take(end - self.position)
        self.position += 1
        try:
            return text.decode()
        except UnicodeDecodeError:
            raise DecodeError(f"expected a name in UTF-8, got {short_repr(text)}") from None

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def push_whole(self, ivalue: IValue) -> None:
        """Push a value that is whole, if its unfolded size is not out of proportion."""
        self.check_size(ivalue.byte_size)
        self.stack.append(ivalue)

    def check_size(self, size: int) -> None:
        """Raise DecodeError where a value is larger than a payload of this length may hold."""
        if size > self.limit:
            raise DecodeError(
                f"expected references that unfold to at most {self.limit} bytes, "
                f"{UNFOLDED_BYTES_PER_BYTE} times the payload, got {size}"
            )

    def pop(self) -> Any:
        if not self.stack or (self.marks and self.marks[-1] == len(self.stack)):
            raise DecodeError("expected a value before this opcode, got none")
        return self.stack.pop()

    def pop_mark(self) -> list[Any]:
        """Pop what was pushed since the last MARK."""
        if not self.marks:
            raise DecodeError("expected a MARK before this opcode, got none")
        mark = self.marks.pop()
        values = self.stack[mark:]
        del self.stack[mark:]
        return values

    def string(self) -> None:
        data = self.take(self.argument(opcodes.BINUNICODE))
        try:
            self.push(data.decode())
        except UnicodeDecodeError:
            self.push(data)

    def long(self) -> None:
        length = self.argument(opcodes.LONG1)
        if length != opcodes.LONG1_NUMBER.size:
            raise DecodeError(f"expected a long of {opcodes.LONG1_NUMBER.size} bytes, got {length}")
        self.push(opcodes.LONG1_NUMBER.unpack(self.take(length))[0])

    def put(self, index: int) -> None:
        value = self.pop()
        if isinstance(value, UNFINISHED):
            # libtorch's writer memoizes whole values only. Many references to one that is not
            # whole would each be worked on anew.
            raise DecodeError(f"expected a whole value to memoize, got {described(value)}")
        self.memo[index] = value
        self.push(value)

    def get(self, index: int) -> None:
        if index not in self.memo:
            raise DecodeError(f"expected a memo index that is set, got {index}")
        self.push(self.memo[index])

    def tuple_of(self, items: list[Any]) -> None:
        # Mostly the outermost tuple is the message, not a value, and does not count as nesting.
        is_outermost = self.payload[self.position : self.position + 1] == opcodes.STOP
        if is_outermost or any(isinstance(item, (list, dict)) for item in items):
            self.push(Arguments(tuple(items)))
        else:
            self.push_whole(IValue("tuple_value", tuple(map(as_ivalue, items))))

    def pop_tuple(self, length: int) -> None:
        items = [self.pop() for _ in range(length)]
        self.tuple_of(items[::-1])

    def appends(self) -> None:
        items = self.pop_mark()
        target = self.pop()
        if not isinstance(target, list):
            raise DecodeError(f"expected a list to append to, got {described(target)}")
        target.extend(items)
        self.push(target)

    def set_items(self) -> None:
        items = self.pop_mark()
        target = self.pop()
        if not isinstance(target, dict) or len(items) % 2:
            raise DecodeError(f"expected a dict and pairs, got {described(target)}, {len(items)}")
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[len(target)] = (key, value)  # by position: a key need not be hashable
        self.push(target)

    def name(self) -> None:
        found = opcodes.Global(self.line(), self.line())
        name = f"{found.module}.{found.name}"
        if found in BUILDERS:
            self.push(found)
        elif name.startswith(CLASS_PREFIX):
            self.push(ClassName(name))
        else:
            raise DecodeError(f"expected a global that libtorch writes, got {short_repr(name)}")

    def new_object(self) -> None:
        arguments, found = self.pop(), self.pop()
        if not isinstance(found, ClassName) or arguments_of(arguments) != ():
            raise DecodeError("expected a class and no arguments for a new object")
        self.push(Instance(found.name))

    def build(self) -> None:
        state, instance = self.pop(), self.pop()
        self.push_whole(fill_instance(instance, state))

    def reduce(self) -> None:
        arguments, found = self.pop(), self.pop()
        self.push_whole(call_global(found, arguments, self.tensors))


def _push_argument(opcode: bytes) -> Callable[[_Reader], None]:
    return lambda reader: reader.push(reader.argument(opcode))


OPERATIONS: dict[bytes, Callable[[_Reader], None]] = {
    opcodes.MARK: lambda reader: reader.marks.append(len(reader.stack)),
    opcodes.NONE: lambda reader: reader.push(None),
    opcodes.NEWTRUE: lambda reader: reader.push(True),
    opcodes.NEWFALSE: lambda reader: reader.push(False),
    opcodes.BININT1: _push_argument(opcodes.BININT1),
    opcodes.BININT2: _push_argument(opcodes.BININT2),
    opcodes.BININT: _push_argument(opcodes.BININT),
    opcodes.LONG1: _Reader.long,
    opcodes.BINFLOAT: _push_argument(opcodes.BINFLOAT),
    opcodes.BINUNICODE: _Reader.string,
    opcodes.EMPTY_TUPLE: lambda reader: reader.tuple_of([]),
    opcodes.TUPLE1: lambda reader: reader.pop_tuple(1),
    opcodes.TUPLE2: lambda reader: reader.pop_tuple(2),
    opcodes.TUPLE3: lambda reader: reader.pop_tuple(3),
    opcodes.TUPLE: lambda reader: reader.tuple_of(reader.pop_mark()),
    opcodes.EMPTY_LIST: lambda reader: reader.push([]),
    opcodes.APPENDS: _Reader.appends,
    opcodes.EMPTY_DICT: lambda reader: reader.push({}),
    opcodes.SETITEMS: _Reader.set_items,
    opcodes.BINPUT: lambda reader: reader.put(reader.argument(opcodes.BINPUT)),
    opcodes.LONG_BINPUT: lambda reader: reader.put(reader.argument(opcodes.LONG_BINPUT)),
    opcodes.BINGET: lambda reader: reader.get(reader.argument(opcodes.BINGET)),
    opcodes.LONG_BINGET: lambda reader: reader.get(reader.argument(opcodes.LONG_BINGET)),
    opcodes.GLOBAL: _Reader.name,
    opcodes.REDUCE: _Reader.reduce,
    opcodes.NEWOBJ: _Reader.new_object,
    opcodes.BUILD: _Reader.build,
}
