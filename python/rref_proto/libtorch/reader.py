"""Reads the subset of pickle that libtorch's C++ Pickler writes, and nothing more."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from .. import _pickle_opcodes as opcodes
from .._pickle_machine import PickleMachine
from .._pickle_opcodes import Global
from .._pickle_writer import HEADER, LONG1_NUMBER, PROTOCOL
from .._text import short_repr
from ..errors import DecodeError, RRefProtoError
from ..ivalue import CLASS_PREFIX, IValue, check_class_name
from ..tensor import Tensor
from .builders import BUILDERS, call_global, fill_instance
from .stack import (
    ClassName,
    Instance,
    Items,
    Value,
    arguments_of,
    described,
    tuple_of,
    whole,
)

# What is referred to is copied: protobuf cannot say that two values are one. So many bytes may be
# copied for each byte of payload, and so many in any case. Of text there may be more: it is copied
# fast, and libtorch writes a text once that is in a thousand places.
COPIED_BYTES_PER_BYTE = 64
COPIED_BYTES_ALWAYS = 1 << 16
COPIED_TEXT_ALWAYS = 1 << 24

UNFINISHED = (list, dict, Instance)


def read_tuple(payload: bytes, tensors: Sequence[Tensor]) -> tuple[IValue, ...]:
    """Read a payload: the values of the tuple that it pickles. `tensors` is the message's table.

    Bytes after the end of the pickle are ignored, as libtorch does. Raises DecodeError, saying at
    which byte, for anything that libtorch's writer would not write.
    """
    reader = _Reader(payload, len(tensors))
    try:
        value = reader.read()
        if type(value) is not Items:
            raise DecodeError(f"expected a tuple, got {described(value)}")
        table = tuple(tensors)
        wholes = [whole(item) for item in value.items]
        # An object that is several items of the tuple is one IValue, so that it is written once.
        views = {id(each): IValue._from_proto(each.made(), table) for each in wholes}
        return tuple([views[id(each)] for each in wholes])
    except RRefProtoError as error:
        raise reader.located(error) from None


def read_value(payload: bytes, tensors: Sequence[Tensor]) -> IValue:
    """Read a payload that is the pickle of one value, as `read_tuple` reads one of a tuple."""
    reader = _Reader(payload, len(tensors))
    try:
        return IValue._from_proto(whole(reader.read()).made(), tuple(tensors))
    except RRefProtoError as error:
        raise reader.located(error) from None


class _Reader(PickleMachine):
    """One payload that is being read.

    On the stack are None, bool, int, float, str and bytes as they are, TensorIndex for a tensor,
    Items for a tuple, Value for all else that is whole, and list, dict, Global, ClassName and
    Instance on their way to one.
    """

    def __init__(self, payload: bytes, tensor_count: int) -> None:
        super().__init__(payload)
        self.tensor_count = tensor_count
        self.sizes: dict[int, int] = {}  # in bytes, of what is in the memo and was referred to
        self.left_to_copy = COPIED_BYTES_ALWAYS + COPIED_BYTES_PER_BYTE * len(payload)
        self.text_left_to_copy = COPIED_TEXT_ALWAYS

    def located(self, error: RRefProtoError) -> DecodeError:
        """Return the error with the byte at which it came up."""
        return error.as_decode_error(f"byte {self.start} of the payload", ", ")

    def read(self) -> Any:
        """Return what the pickle holds, as it is on the stack."""
        if self.take(2) != HEADER:
            raise DecodeError(f"expected a pickle of protocol {PROTOCOL}")
        payload = self.payload
        while True:
            self.start = self.position
            if self.position >= len(payload):
                raise DecodeError("expected 1 more bytes, got 0")
            opcode = payload[self.position]
            self.position += 1
            operation = OPERATIONS.get(opcode)
            if operation is None:
                if opcode == opcodes.STOP[0]:
                    break
                raise DecodeError(f"expected an opcode that libtorch writes, got {opcode:#04x}")
            operation(self)
        value = self.pop()
        if self.stack or self.marks:
            raise DecodeError(f"expected one value at the end, got {len(self.stack) + 1}")
        return value

    def text_line(self) -> str:
        """Return the text up to the next newline."""
        line = self.line()
        try:
            return line.decode()
        except UnicodeDecodeError:
            raise DecodeError(f"expected a name in UTF-8, got {short_repr(line)}") from None

    def integers(self) -> None:
        """Push the int whose opcode was read, and those that follow: a large list is a run."""
        payload, position, push = self.payload, self.position - 1, self.stack.append
        try:
            while True:
                number = INTEGERS.get(payload[position])
                if number is None:
                    break
                self.start = position
                push(number.unpack_from(payload, position + 1)[0])
                position += 1 + number.size
        except struct.error:
            raise DecodeError("expected an int, got its beginning only") from None
        except IndexError:  # the payload ends, which `read` refuses
            pass
        self.position = position

    def double(self) -> None:
        self.push(self.argument(opcodes.BINFLOAT))

    def string(self) -> None:
        data = self.counted(opcodes.BINUNICODE)
        try:
            self.push(data.decode())
        except UnicodeDecodeError:
            self.push(data)

    def long(self) -> None:
        length = self.argument(opcodes.LONG1)
        if length != LONG1_NUMBER.size:
            raise DecodeError(f"expected a long of {LONG1_NUMBER.size} bytes, got {length}")
        self.push(LONG1_NUMBER.unpack(self.take(length))[0])

    def put(self, index: int) -> None:
        value = self.pop()
        if isinstance(value, UNFINISHED):
            # libtorch's writer memoizes whole values only. Many references to one that is not
            # whole would each be worked on anew.
            raise DecodeError(f"expected a whole value to memoize, got {described(value)}")
        if type(value) is Items:
            value = whole(value)
        self.memo[index] = value
        self.sizes.pop(index, None)
        self.push(value)

    def get(self, index: int) -> None:
        if index not in self.memo:
            raise DecodeError(f"expected a memo index that is set, got {index}")
        value = self.memo[index]
        if index not in self.sizes:
            self.sizes[index] = _copied_size(value)
        size = self.sizes[index]
        if isinstance(value, (str, bytes)) and self.text_left_to_copy >= size:
            self.text_left_to_copy -= size
        else:
            self.left_to_copy -= size
        if self.left_to_copy < 0:
            raise DecodeError(
                "expected references that unfold to at most "
                f"{COPIED_BYTES_PER_BYTE} times the payload, got more"
            )
        self.push(value)

    def pop_tuple(self, length: int) -> None:
        items = [self.pop() for _ in range(length)]
        self.push(tuple_of(items[::-1]))

    def appends(self) -> None:
        items = self.pop_mark()
        target = self.pop()
        if type(target) is not list:
            raise DecodeError(f"expected a list to append to, got {described(target)}")
        target.extend(items)
        self.push(target)

    def set_items(self) -> None:
        items = self.pop_mark()
        target = self.pop()
        if type(target) is not dict or len(items) % 2:
            raise DecodeError(f"expected a dict and pairs, got {described(target)}, {len(items)}")
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[len(target)] = (key, value)  # by position: a key need not be hashable
        self.push(target)

    def name(self) -> None:
        found = Global(self.text_line(), self.text_line())
        name = f"{found.module}.{found.name}"
        if found in BUILDERS:
            self.push(found)
        elif name.startswith(CLASS_PREFIX):
            self.push(ClassName(check_class_name(name, "GLOBAL")))
        else:
            raise DecodeError(f"expected a global that libtorch writes, got {short_repr(name)}")

    def new_object(self) -> None:
        arguments, found = self.pop(), self.pop()
        if type(found) is not ClassName or arguments_of(arguments) != ():
            raise DecodeError("expected a class and no arguments for a new object")
        self.push(Instance(found.name))

    def build(self) -> None:
        state, instance = self.pop(), self.pop()
        self.push(fill_instance(instance, state))

    def reduce(self) -> None:
        arguments, found = self.pop(), self.pop()
        self.push(call_global(found, arguments, self.tensor_count))


def _copied_size(value: Any) -> int:
    """Return about how many bytes are copied for a reference to a value in the memo."""
    if type(value) is Value:
        return int(value.made().ByteSize())
    if type(value) is ClassName:
        return len(value.name)
    return len(value) if isinstance(value, (str, bytes)) else 0


# Opcodes of ints, and what follows them.
INTEGERS = {
    opcode[0]: opcodes.ARGUMENTS[opcode]
    for opcode in (opcodes.BININT1, opcodes.BININT2, opcodes.BININT)
}
OPERATIONS: dict[int, Callable[[_Reader], None]] = {
    opcode[0]: operation
    for opcode, operation in {
        opcodes.MARK: lambda reader: reader.marks.append(len(reader.stack)),
        opcodes.NONE: lambda reader: reader.push(None),
        opcodes.NEWTRUE: lambda reader: reader.push(True),
        opcodes.NEWFALSE: lambda reader: reader.push(False),
        opcodes.BININT1: _Reader.integers,
        opcodes.BININT2: _Reader.integers,
        opcodes.BININT: _Reader.integers,
        opcodes.LONG1: _Reader.long,
        opcodes.BINFLOAT: _Reader.double,
        opcodes.BINUNICODE: _Reader.string,
        opcodes.EMPTY_TUPLE: lambda reader: reader.push(tuple_of(())),
        opcodes.TUPLE1: lambda reader: reader.pop_tuple(1),
        opcodes.TUPLE2: lambda reader: reader.pop_tuple(2),
        opcodes.TUPLE3: lambda reader: reader.pop_tuple(3),
        opcodes.TUPLE: lambda reader: reader.push(tuple_of(reader.pop_mark())),
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
    }.items()
}
