"""Reads the subset of pickle that libtorch's C++ Pickler writes, and nothing more.

Nothing that the payload names is imported or called: a global is one of the few below, or the name
of a TorchScript class, which stays a name. Values are immutable once read, so that a reference to
one costs nothing, and each knows how large it would be unfolded, which is bounded.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..errors import DecodeError, RRefProtoError
from ..ids import ForkId, RRefId
from ..ivalue import (
    CLASS_PREFIX,
    EnumHolder,
    GenericDict,
    GenericList,
    IValue,
    RRefForkData,
    ScriptObject,
)
from ..tensor import Device, Tensor

# How large a payload's values may be when every memo reference in it is replaced by what it refers
# to, in units of a byte of text or a sixteenth of a value: this much for each byte of payload, and
# this much whatever its length.
UNFOLDING = 64
UNFOLDING_FREE = 1 << 20

PROTO, STOP = 0x80, 0x2E


class Global(NamedTuple):
    """What a GLOBAL opcode names, where it is one of BUILDERS."""

    module: str
    name: str


class ClassName(NamedTuple):
    """What a GLOBAL opcode names, where it is a TorchScript class or enum."""

    name: str


class Instance(NamedTuple):
    """An object that NEWOBJ has made and BUILD has not filled."""

    type: str


class Arguments(NamedTuple):
    """A tuple that is no value: around a list or dict without a type, for REDUCE; or outermost."""

    items: tuple[Any, ...]


UNFINISHED = (list, dict, Instance, Arguments)


def read_tuple(payload: bytes, tensors: Sequence[Tensor]) -> tuple[IValue, ...]:
    """Read a payload: the values of the tuple that it pickles. `tensors` is the message's table.

    Bytes after the end of the pickle are ignored, as libtorch does. Raises DecodeError, saying at
    which byte, for anything that libtorch's writer would not write.
    """
    reader = _Reader(payload, tensors)
    try:
        return reader.read()
    except RRefProtoError as error:
        place = f"byte {reader.start} of the payload"
        raise DecodeError(error.problem, error.within(place).where) from None


class _Reader:
    """A stack machine.

    On its stack are None, bool, int, float, str and bytes as they are, IValue for all else that is
    whole, and list, dict, Global, Instance and Arguments on their way to one.
    """

    def __init__(self, payload: bytes, tensors: Sequence[Tensor]) -> None:
        self.payload = payload
        self.tensors = tensors
        self.start = 0  # of the opcode that is being carried out
        self.position = 0
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        # A reference to a tensor is a reference to one row of the table.
        self.rows: dict[int, IValue] = {}
        self.limit = UNFOLDING_FREE + UNFOLDING * len(payload)

    def read(self) -> tuple[IValue, ...]:
        if self.take(2) != bytes((PROTO, 2)):
            raise DecodeError("expected a pickle of protocol 2")
        while True:
            self.start = self.position
            (opcode,) = self.take(1)
            if opcode == STOP:
                break
            operation = OPERATIONS.get(opcode)
            if operation is None:
                raise DecodeError(f"expected an opcode that libtorch writes, got 0x{opcode:02x}")
            operation(self)
        value = self.pop()
        if self.stack or self.marks:
            raise DecodeError(f"expected one value at the end, got {len(self.stack) + 1}")
        if isinstance(value, IValue) and value.kind == "tuple_value":
            return tuple(value.value)
        if not isinstance(value, Arguments):
            raise DecodeError(f"expected a tuple, got {_described(value)}")
        values = tuple(map(_whole, value.items))
        self.check_weight(sum(each._weight for each in values))
        return values

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        end = self.position + size
        if end > len(self.payload):
            left = len(self.payload) - self.position
            raise DecodeError(f"expected {size} more bytes, got {left}")
        taken = self.payload[self.position : end]
        self.position = end
        return taken

    def number(self, code: str) -> Any:
        """Return the next number, in the format `code` of the module struct."""
        (number,) = struct.unpack(code, self.take(struct.calcsize(code)))
        return number

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
            raise DecodeError(f"expected a name in UTF-8, got {text!r:.80}") from None

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def push_ivalue(self, kind: str, value: Any) -> None:
        """Push a value that is whole, if its unfolded size is not out of proportion."""
        ivalue = IValue(kind, value)
        self.check_weight(ivalue._weight)
        self.stack.append(ivalue)

    def check_weight(self, weight: int) -> None:
        """Raise DecodeError where a value is larger than a payload of this length may hold."""
        if weight > self.limit:
            raise DecodeError(
                f"expected references that unfold to at most {self.limit} bytes, "
                f"{UNFOLDING} times the payload, got {weight}"
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

    def pop_text(self, value: Any) -> str:
        """Return `value`, which must be text."""
        if not isinstance(value, str):
            raise DecodeError(f"expected text in UTF-8, got {_described(value)}")
        return value

    def string(self) -> None:
        data = self.take(self.number("<I"))
        try:
            self.push(data.decode())
        except UnicodeDecodeError:
            self.push(data)

    def long(self) -> None:
        length = self.number("<B")
        if length != 8:
            raise DecodeError(f"expected a long of 8 bytes, got {length}")
        self.push(self.number("<q"))

    def put(self, code: str) -> None:
        index = self.number(code)
        value = self.pop()
        if isinstance(value, UNFINISHED):
            # libtorch's writer memoizes whole values only. Many references to one that is not
            # whole would each be worked on anew.
            raise DecodeError(f"expected a whole value to memoize, got {_described(value)}")
        self.memo[index] = value
        self.push(value)

    def get(self, code: str) -> None:
        index = self.number(code)
        if index not in self.memo:
            raise DecodeError(f"expected a memo index that is set, got {index}")
        self.push(self.memo[index])

    def tuple_of(self, items: list[Any]) -> None:
        # The outermost tuple is the message, not a value, and does not count as nesting.
        is_outermost = self.payload[self.position : self.position + 1] == bytes((STOP,))
        if is_outermost or any(isinstance(item, (list, dict)) for item in items):
            self.push(Arguments(tuple(items)))
        else:
            self.push_ivalue("tuple_value", tuple(map(_whole, items)))

    def pop_tuple(self, length: int) -> None:
        items = [self.pop() for _ in range(length)]
        self.tuple_of(items[::-1])

    def appends(self) -> None:
        items = self.pop_mark()
        target = self.pop()
        if not isinstance(target, list):
            raise DecodeError(f"expected a list to append to, got {_described(target)}")
        target.extend(items)
        self.push(target)

    def set_items(self) -> None:
        items = self.pop_mark()
        target = self.pop()
        if not isinstance(target, dict) or len(items) % 2:
            raise DecodeError(f"expected a dict and pairs, got {_described(target)}, {len(items)}")
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[len(target)] = (key, value)
        self.push(target)

    def name(self) -> None:
        found = Global(self.line(), self.line())
        name = f"{found.module}.{found.name}"
        if found in BUILDERS:
            self.push(found)
        elif name.startswith(CLASS_PREFIX):
            self.push(ClassName(name))
        else:
            raise DecodeError(f"expected a global that libtorch writes, got {name[:200]}")

    def new_object(self) -> None:
        arguments, found = self.pop(), self.pop()
        if not isinstance(found, ClassName) or _arguments(arguments) != ():
            raise DecodeError("expected a class and no arguments for a new object")
        self.push(Instance(found.name))

    def build(self) -> None:
        state, instance = self.pop(), self.pop()
        if not isinstance(instance, Instance):
            raise DecodeError(f"expected a new object, got {_described(instance)}")
        if isinstance(state, dict):
            attributes = tuple(
                (self.pop_text(name), _whole(value)) for name, value in state.values()
            )
            self.push_ivalue("object_value", ScriptObject(instance.type, attributes))
        else:
            self.push_ivalue("object_value", ScriptObject(instance.type, (), _whole(state)))

    def reduce(self) -> None:
        arguments, found = self.pop(), self.pop()
        if isinstance(found, ClassName):
            self.push_ivalue("enum_value", EnumHolder(found.name, _whole(arguments)))
            return
        if not isinstance(found, Global):
            raise DecodeError(f"expected a global to call, got {_described(found)}")
        length, builder = BUILDERS[found]
        items = _arguments(arguments)
        if len(items) != length:
            raise DecodeError(f"expected {length} arguments of {found.name}, got {len(items)}")
        builder(self, *items)

    def tensor(self, index: Any) -> None:
        if type(index) is not int or not 0 <= index < len(self.tensors):
            raise DecodeError(
                f"expected an index into {len(self.tensors)} tensors, got {_described(index)}"
            )
        if index not in self.rows:
            self.rows[index] = IValue("tensor_value", self.tensors[index])
        self.push(self.rows[index])

    def packed(self, kind: str, items: Any) -> None:
        if not isinstance(items, list):
            raise DecodeError(f"expected a list, got {_described(items)}")
        values = [item.value if isinstance(item, IValue) else item for item in items]
        try:
            self.push_ivalue(kind, values)
        except TypeError as error:
            raise DecodeError(str(error)) from None

    def tagged(self, items: Any, annotation: Any) -> None:
        text = self.pop_text(annotation)
        if isinstance(items, list):
            self.push_ivalue("list_value", GenericList(text, tuple(map(_whole, items))))
        elif isinstance(items, dict):
            entries = tuple((_whole(key), _whole(value)) for key, value in items.values())
            self.push_ivalue("dict_value", GenericDict(text, entries))
        else:
            raise DecodeError(f"expected a list or a dict, got {_described(items)}")

    def complex(self, real: Any, imag: Any) -> None:
        if not (type(real) is float and type(imag) is float):
            raise DecodeError(f"expected two floats, got {_described(real)}, {_described(imag)}")
        self.push_ivalue("complex_value", complex(real, imag))

    def device(self, text: Any) -> None:
        self.push_ivalue("device_value", Device.parse(self.pop_text(text)))

    def rref(self, *items: Any) -> None:
        *numbers, type_str = items
        for number in numbers:
            if type(number) is not int:
                raise DecodeError(f"expected an int, got {_described(number)}")
        owner, rref_creator, rref_number, fork_creator, fork_number, parent = numbers
        rref_id, fork_id = RRefId(rref_creator, rref_number), ForkId(fork_creator, fork_number)
        text = self.pop_text(type_str)
        self.push_ivalue("rref_value", RRefForkData(owner, rref_id, fork_id, parent, text))


def _whole(value: Any) -> IValue:
    """Return a value of the stack as an IValue. Raises DecodeError for what is not one yet."""
    if isinstance(value, IValue):
        return value
    kind = KIND_OF_PYTHON.get(type(value))
    if kind is None:
        raise DecodeError(f"expected a value, got {_described(value)}")
    return IValue(kind, value)


def _arguments(value: Any) -> tuple[Any, ...]:
    """Return the items of an argument tuple as they stood on the stack."""
    if isinstance(value, Arguments):
        return value.items
    if not isinstance(value, IValue) or value.kind != "tuple_value":
        raise DecodeError(f"expected a tuple of arguments, got {_described(value)}")
    plain = KIND_OF_PYTHON.values()
    return tuple(each.value if each.kind in plain else each for each in value.value)


def _described(value: Any) -> str:
    """Say what a value of the stack is, in few words."""
    if isinstance(value, IValue):
        return f"a value of kind {value.kind}"
    if isinstance(value, (list, dict)):
        return f"a {type(value).__name__} without a type"
    return f"{value!r:.80}"


KIND_OF_PYTHON = {
    type(None): "none_value",
    bool: "bool_value",
    int: "int_value",
    float: "double_value",
    str: "string_value",
    bytes: "bytes_value",
}

OPERATIONS: dict[int, Callable[[_Reader], object]] = {
    ord("("): lambda reader: reader.marks.append(len(reader.stack)),
    ord(")"): lambda reader: reader.tuple_of([]),
    ord("]"): lambda reader: reader.push([]),
    ord("}"): lambda reader: reader.push({}),
    ord("N"): lambda reader: reader.push(None),
    0x88: lambda reader: reader.push(True),
    0x89: lambda reader: reader.push(False),
    ord("K"): lambda reader: reader.push(reader.number("<B")),
    ord("M"): lambda reader: reader.push(reader.number("<H")),
    ord("J"): lambda reader: reader.push(reader.number("<i")),
    0x8A: _Reader.long,
    ord("G"): lambda reader: reader.push(reader.number(">d")),
    ord("X"): _Reader.string,
    ord("q"): lambda reader: reader.put("<B"),
    ord("r"): lambda reader: reader.put("<I"),
    ord("h"): lambda reader: reader.get("<B"),
    ord("j"): lambda reader: reader.get("<I"),
    ord("t"): lambda reader: reader.tuple_of(reader.pop_mark()),
    0x85: lambda reader: reader.pop_tuple(1),
    0x86: lambda reader: reader.pop_tuple(2),
    0x87: lambda reader: reader.pop_tuple(3),
    ord("e"): _Reader.appends,
    ord("u"): _Reader.set_items,
    ord("c"): _Reader.name,
    ord("R"): _Reader.reduce,
    0x81: _Reader.new_object,
    ord("b"): _Reader.build,
}

# What REDUCE calls: how many arguments it takes, and what becomes of them.
BUILDERS: dict[Global, tuple[int, Callable[..., None]]] = {
    Global("torch.jit._pickle", "build_tensor_from_id"): (1, _Reader.tensor),
    Global("torch.jit._pickle", "build_intlist"): (
        1, lambda reader, items: reader.packed("int_list", items)),
    Global("torch.jit._pickle", "build_doublelist"): (
        1, lambda reader, items: reader.packed("double_list", items)),
    Global("torch.jit._pickle", "build_boollist"): (
        1, lambda reader, items: reader.packed("bool_list", items)),
    Global("torch.jit._pickle", "build_tensorlist"): (
        1, lambda reader, items: reader.packed("tensor_list", items)),
    Global("torch.jit._pickle", "restore_type_tag"): (2, _Reader.tagged),
    Global("builtins", "complex"): (2, _Reader.complex),
    Global("torch", "device"): (1, _Reader.device),
    Global("torch.distributed.rpc", "rref"): (7, _Reader.rref),
}  # fmt: skip
