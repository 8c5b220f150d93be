"""Writes IValues with the opcodes, and the memo marks, that libtorch's C++ Pickler writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..ivalue import (
    EnumHolder,
    GenericDict,
    GenericList,
    IValue,
    Kind,
    RRefForkData,
    ScriptObject,
    children_of,
)
from ..tensor import Device, Tensor
from . import opcodes
from .opcodes import Global

# libtorch memoizes these by their pointer where something else refers to them as well.
BY_POINTER: frozenset[Kind] = frozenset({
    "tensor_value", "complex_value", "tuple_value", "int_list", "double_list", "bool_list",
    "tensor_list", "list_value", "dict_value", "object_value", "enum_value", "rref_value",
})  # fmt: skip


def write_tuple(values: Sequence[IValue], held: Sequence[bool]) -> tuple[bytes, tuple[Tensor, ...]]:
    """Pickle the tuple of `values`; return the payload and the table of its tensors.

    `held` says for each value whether libtorch holds it elsewhere too while it pickles it. It
    decides which values get a memo mark.
    """
    writer = _Writer(values)
    writer.elements(values, held)
    return writer.end()


def write_value(value: IValue, held: bool) -> tuple[bytes, tuple[Tensor, ...]]:
    """Pickle `value` itself, without a tuple around it; all else is as in `write_tuple`."""
    writer = _Writer((value,))
    writer.value(value, held)
    return writer.end()


class _Writer:
    """One payload being written."""

    def __init__(self, values: Iterable[IValue]) -> None:
        self.payload = bytearray(opcodes.HEADER)
        self.tensors: list[Tensor] = []
        # What is at which memo index: strings, globals and devices by what they say, other
        # values by their identity. Devices and globals end differently, so no two are confused.
        self.memo: dict[object, int] = {}
        self.memoized = 0
        self.references = _count_references(values)

    def end(self) -> tuple[bytes, tuple[Tensor, ...]]:
        """Return the payload and the table of its tensors."""
        self.payload += opcodes.STOP
        return bytes(self.payload), tuple(self.tensors)

    def value(self, ivalue: IValue, shared: bool = False) -> None:
        """Write one value, or a reference to it where it has been written."""
        if ivalue.kind not in BY_POINTER:
            WRITERS[ivalue.kind](self, ivalue.value)
            return
        identity = _identity(ivalue)
        if identity in self.memo:
            self.get(self.memo[identity])
            return
        WRITERS[ivalue.kind](self, ivalue.value)
        if shared or ivalue.kind == "rref_value" or self.references[identity] > 1:
            self.put(identity)

    def put(self, key: object) -> None:
        """Memoize the value just written."""
        index = self.memo[key] = self.memoized
        self.memoized += 1
        self.with_argument(opcodes.BINPUT if index < 256 else opcodes.LONG_BINPUT, index)

    def get(self, index: int) -> None:
        """Refer to a memoized value."""
        self.with_argument(opcodes.BINGET if index < 256 else opcodes.LONG_BINGET, index)

    def with_argument(self, opcode: bytes, argument: float) -> None:
        self.payload += opcode + opcodes.ARGUMENTS[opcode].pack(argument)

    def integer(self, number: int) -> None:
        if 0 <= number <= 0xFF:
            self.with_argument(opcodes.BININT1, number)
        elif 0 <= number <= 0xFFFF:
            self.with_argument(opcodes.BININT2, number)
        elif -0x80000000 <= number <= 0x7FFFFFFF:
            self.with_argument(opcodes.BININT, number)
        else:
            self.with_argument(opcodes.LONG1, opcodes.LONG1_NUMBER.size)
            self.payload += opcodes.LONG1_NUMBER.pack(number)

    def double(self, number: float) -> None:
        self.with_argument(opcodes.BINFLOAT, number)

    def boolean(self, value: bool) -> None:
        self.payload += opcodes.NEWTRUE if value else opcodes.NEWFALSE

    def string(self, text: str | bytes) -> None:
        encoded = text.encode() if isinstance(text, str) else text
        if encoded in self.memo:
            self.get(self.memo[encoded])
            return
        self.with_argument(opcodes.BINUNICODE, len(encoded))
        self.payload += encoded
        self.put(encoded)

    def name(self, found: Global) -> None:
        """Write a global: the name of what opcodes.REDUCE calls, or of a class."""
        if found in self.memo:
            self.get(self.memo[found])
            return
        self.payload += opcodes.GLOBAL + f"{found.module}\n{found.name}\n".encode()
        self.put(found)

    def tensor(self, tensor: Tensor) -> None:
        self.name(opcodes.BUILD_TENSOR)
        self.payload += opcodes.MARK
        self.integer(len(self.tensors))
        self.payload += opcodes.TUPLE + opcodes.REDUCE
        self.tensors.append(tensor)

    def complex(self, number: complex) -> None:
        self.name(opcodes.COMPLEX)
        self.double(number.real)
        self.double(number.imag)
        self.payload += opcodes.TUPLE2 + opcodes.REDUCE

    def tuple(self, elements: Sequence[IValue]) -> None:
        self.elements(elements, [False] * len(elements))

    def elements(self, elements: Sequence[IValue], held: Sequence[bool]) -> None:
        """Write a tuple; `held` says for each element whether something beside it holds it."""
        short = opcodes.TUPLES.get(len(elements))
        self.payload += b"" if short else opcodes.MARK
        for element, shared in zip(elements, held, strict=True):
            self.value(element, shared)
        self.payload += short or opcodes.TUPLE

    def packed(self, builder: Global, items: Iterable[Any], write: Callable[[Any], None]) -> None:
        """Write one of TorchScript's packed lists."""
        self.name(builder)
        self.payload += opcodes.MARK + opcodes.EMPTY_LIST + opcodes.MARK
        for item in items:
            write(item)
        self.payload += opcodes.APPENDS + opcodes.TUPLE + opcodes.REDUCE

    def int_list(self, numbers: Iterable[int]) -> None:
        self.packed(opcodes.BUILD_INTLIST, numbers, self.integer)

    def double_list(self, numbers: Iterable[float]) -> None:
        self.packed(opcodes.BUILD_DOUBLELIST, numbers, self.double)

    def bool_list(self, values: Iterable[bool]) -> None:
        self.packed(opcodes.BUILD_BOOLLIST, values, self.boolean)

    def tensor_list(self, tensors: Iterable[Tensor]) -> None:
        # libtorch pickles a copy of the list, so that every tensor in it is used twice.
        self.packed(
            opcodes.BUILD_TENSORLIST,
            (IValue("tensor_value", tensor) for tensor in tensors),
            lambda ivalue: self.value(ivalue, shared=True),
        )

    def generic_list(self, value: GenericList) -> None:
        self.name(opcodes.RESTORE_TYPE_TAG)
        self.payload += opcodes.EMPTY_LIST + opcodes.MARK
        for element in value.elements:
            self.value(element)
        self.payload += opcodes.APPENDS
        self.end_tagged(value.type)

    def generic_dict(self, value: GenericDict) -> None:
        self.name(opcodes.RESTORE_TYPE_TAG)
        self.payload += opcodes.EMPTY_DICT + opcodes.MARK
        for entry in value.entries:
            for each in entry:
                self.value(each)
        self.payload += opcodes.SETITEMS
        self.end_tagged(value.type)

    def end_tagged(self, annotation: str) -> None:
        self.string(annotation)
        self.payload += opcodes.TUPLE2 + opcodes.REDUCE

    def device(self, device: Device) -> None:
        if device in self.memo:
            self.get(self.memo[device])
            return
        self.name(opcodes.DEVICE)
        self.string(str(device))
        self.payload += opcodes.TUPLE1 + opcodes.REDUCE
        self.put(device)

    def object(self, value: ScriptObject) -> None:
        self.name(Global(*value.type.rsplit(".", 1)))
        self.payload += opcodes.EMPTY_TUPLE + opcodes.NEWOBJ
        if value.state is not None:
            self.value(value.state)
        else:
            self.payload += opcodes.EMPTY_DICT + opcodes.MARK
            for name, attribute in value.attributes:
                self.string(name)
                self.value(attribute)
            self.payload += opcodes.SETITEMS
        self.payload += opcodes.BUILD

    def enum(self, value: EnumHolder) -> None:
        self.name(Global(*value.type.rsplit(".", 1)))
        self.value(value.value)
        self.payload += opcodes.REDUCE

    def rref(self, value: RRefForkData) -> None:
        self.name(opcodes.RREF)
        self.payload += opcodes.MARK
        self.integer(value.owner_id)
        for identifier in (value.rref_id, value.fork_id):
            self.integer(identifier.created_on)
            self.integer(identifier.local_id)
        self.integer(value.parent)
        self.string(value.type_str)
        self.payload += opcodes.TUPLE + opcodes.REDUCE


WRITERS: dict[Kind, Callable[[_Writer, Any], None]] = {
    "none_value": lambda writer, _: writer.payload.extend(opcodes.NONE),
    "tensor_value": _Writer.tensor,
    "double_value": _Writer.double,
    "complex_value": _Writer.complex,
    "int_value": _Writer.integer,
    "bool_value": _Writer.boolean,
    "string_value": _Writer.string,
    "bytes_value": _Writer.string,
    "tuple_value": _Writer.tuple,
    "int_list": _Writer.int_list,
    "double_list": _Writer.double_list,
    "bool_list": _Writer.bool_list,
    "tensor_list": _Writer.tensor_list,
    "list_value": _Writer.generic_list,
    "dict_value": _Writer.generic_dict,
    "device_value": _Writer.device,
    "object_value": _Writer.object,
    "enum_value": _Writer.enum,
    "rref_value": _Writer.rref,
}


def _identity(ivalue: IValue) -> object:
    """Tell a value from others as libtorch's pointers do.

    A tensor is the Tensor, which several IValues can share, and an RRef is its fork, which is made
    anew whenever another RRef is pickled.
    """
    if ivalue.kind == "tensor_value":
        return id(ivalue.value)
    return ivalue.value if ivalue.kind == "rref_value" else id(ivalue)


def _count_references(values: Iterable[IValue]) -> Counter[object]:
    """Count how often each value is in `values`, looking inside each of them once."""
    references: Counter[object] = Counter()

    def visit(ivalue: IValue) -> None:
        identity = _identity(ivalue)
        references[identity] += 1
        if ivalue.kind == "tensor_list":
            references.update(map(id, ivalue.value))
        elif references[identity] == 1:
            for child in children_of(ivalue):
                visit(child)

    for value in values:
        visit(value)
    return references
