"""Writes IValues with the opcodes, and the memo marks, that libtorch's C++ Pickler writes."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..ivalue import (
    EnumHolder,
    GenericDict,
    GenericList,
    IValue,
    RRefForkData,
    ScriptObject,
    children_of,
)
from ..tensor import Device, Tensor

HEADER = b"\x80\x02"
STOP = b"."
NONE, TRUE, FALSE = b"N", b"\x88", b"\x89"
MARK, EMPTY_LIST, APPENDS, EMPTY_DICT, SETITEMS = b"(", b"]", b"e", b"}", b"u"
EMPTY_TUPLE, TUPLE = b")", b"t"
REDUCE, NEWOBJ, BUILD = b"R", b"\x81", b"b"
SHORT_TUPLES = {0: EMPTY_TUPLE, 1: b"\x85", 2: b"\x86", 3: b"\x87"}

# libtorch memoizes these by their pointer where something else refers to them as well.
BY_POINTER = {
    "tensor_value", "complex_value", "tuple_value", "int_list", "double_list", "bool_list",
    "tensor_list", "list_value", "dict_value", "object_value", "enum_value", "rref_value",
}  # fmt: skip


def write_tuple(values: Iterable[IValue], held: bool) -> tuple[bytes, tuple[Tensor, ...]]:
    """Pickle the tuple of `values`; return the payload and the table of its tensors.

    `held`: whether the sender still holds the values while they are pickled. libtorch's two-id
    messages and fetch returns do, its fetch calls do not, and it shows in the memo marks.
    """
    writer = _Writer(tuple(values), held)
    return bytes(writer.payload), tuple(writer.tensors)


class _Writer:
    """One payload being written."""

    def __init__(self, values: tuple[IValue, ...], held: bool) -> None:
        self.payload = bytearray(HEADER)
        self.tensors: list[Tensor] = []
        # What stands at which memo index: strings, globals and devices by what they say, other
        # values by their identity. Devices and globals end differently, so no two are confused.
        self.memo: dict[object, int] = {}
        self.memoized = 0
        self.references = _count_references(values)
        self.tuple(values, held)
        self.payload += STOP

    def value(self, ivalue: IValue, held: bool = False) -> None:
        """Write one value, or a reference to it where it has been written."""
        if ivalue.kind not in BY_POINTER:
            WRITE[ivalue.kind](self, ivalue.value)
            return
        identity = _identity(ivalue)
        if identity in self.memo:
            self.get(self.memo[identity])
            return
        WRITE[ivalue.kind](self, ivalue.value)
        if held or ivalue.kind == "rref_value" or self.references[identity] > 1:
            self.put(identity)

    def put(self, key: object) -> None:
        """Memoize the value just written."""
        index = self.memo[key] = self.memoized
        self.memoized += 1
        self.payload += bytes((0x71, index)) if index < 256 else struct.pack("<cI", b"r", index)

    def get(self, index: int) -> None:
        """Refer to a memoized value."""
        self.payload += bytes((0x68, index)) if index < 256 else struct.pack("<cI", b"j", index)

    def integer(self, number: int) -> None:
        if 0 <= number <= 0xFF:
            self.payload += bytes((0x4B, number))
        elif 0 <= number <= 0xFFFF:
            self.payload += struct.pack("<cH", b"M", number)
        elif -0x80000000 <= number <= 0x7FFFFFFF:
            self.payload += struct.pack("<ci", b"J", number)
        else:
            self.payload += struct.pack("<cBq", b"\x8a", 8, number)

    def double(self, number: float) -> None:
        self.payload += struct.pack(">cd", b"G", number)

    def boolean(self, value: bool) -> None:
        self.payload += TRUE if value else FALSE

    def string(self, text: str | bytes) -> None:
        encoded = text.encode() if isinstance(text, str) else text
        if encoded in self.memo:
            self.get(self.memo[encoded])
            return
        self.payload += struct.pack("<cI", b"X", len(encoded)) + encoded
        self.put(encoded)

    def name(self, module: str, name: str) -> None:
        """Write a global: the name of what REDUCE calls, or of a class."""
        key = (module, name)
        if key in self.memo:
            self.get(self.memo[key])
            return
        self.payload += f"c{module}\n{name}\n".encode()
        self.put(key)

    def tensor(self, tensor: Tensor) -> None:
        self.name("torch.jit._pickle", "build_tensor_from_id")
        self.payload += MARK
        self.integer(len(self.tensors))
        self.payload += TUPLE + REDUCE
        self.tensors.append(tensor)

    def complex(self, number: complex) -> None:
        self.name("builtins", "complex")
        self.double(number.real)
        self.double(number.imag)
        self.payload += SHORT_TUPLES[2] + REDUCE

    def tuple(self, elements: Sequence[IValue], held: bool = False) -> None:
        short = SHORT_TUPLES.get(len(elements))
        self.payload += b"" if short else MARK
        for element in elements:
            self.value(element, held)
        self.payload += short or TUPLE

    def packed(self, builder: str, items: Iterable[Any], write: Callable[[Any], None]) -> None:
        """Write one of TorchScript's packed lists."""
        self.name("torch.jit._pickle", builder)
        self.payload += MARK + EMPTY_LIST + MARK
        for item in items:
            write(item)
        self.payload += APPENDS + TUPLE + REDUCE

    def tensor_list(self, tensors: Iterable[Tensor]) -> None:
        # libtorch pickles a copy of the list, so that every tensor in it is held twice.
        self.packed(
            "build_tensorlist",
            (IValue("tensor_value", tensor) for tensor in tensors),
            lambda ivalue: self.value(ivalue, held=True),
        )

    def generic_list(self, value: GenericList) -> None:
        self.name("torch.jit._pickle", "restore_type_tag")
        self.payload += EMPTY_LIST + MARK
        for element in value.elements:
            self.value(element)
        self.payload += APPENDS
        self.end_tagged(value.type)

    def generic_dict(self, value: GenericDict) -> None:
        self.name("torch.jit._pickle", "restore_type_tag")
        self.payload += EMPTY_DICT + MARK
        for entry in value.entries:
            for each in entry:
                self.value(each)
        self.payload += SETITEMS
        self.end_tagged(value.type)

    def end_tagged(self, annotation: str) -> None:
        self.string(annotation)
        self.payload += SHORT_TUPLES[2] + REDUCE

    def device(self, device: Device) -> None:
        if device in self.memo:
            self.get(self.memo[device])
            return
        self.name("torch", "device")
        self.string(str(device))
        self.payload += SHORT_TUPLES[1] + REDUCE
        self.put(device)

    def object(self, value: ScriptObject) -> None:
        self.name(*value.type.rsplit(".", 1))
        self.payload += EMPTY_TUPLE + NEWOBJ
        if value.state is not None:
            self.value(value.state)
        else:
            self.payload += EMPTY_DICT + MARK
            for name, attribute in value.attributes:
                self.string(name)
                self.value(attribute)
            self.payload += SETITEMS
        self.payload += BUILD

    def enum(self, value: EnumHolder) -> None:
        self.name(*value.type.rsplit(".", 1))
        self.value(value.value)
        self.payload += REDUCE

    def rref(self, value: RRefForkData) -> None:
        self.name("torch.distributed.rpc", "rref")
        self.payload += MARK
        self.integer(value.owner_id)
        for identifier in (value.rref_id, value.fork_id):
            self.integer(identifier.created_on)
            self.integer(identifier.local_id)
        self.integer(value.parent)
        self.string(value.type_str)
        self.payload += TUPLE + REDUCE


WRITE: dict[str, Callable[[_Writer, Any], None]] = {
    "none_value": lambda writer, _: writer.payload.extend(NONE),
    "tensor_value": _Writer.tensor,
    "double_value": _Writer.double,
    "complex_value": _Writer.complex,
    "int_value": _Writer.integer,
    "bool_value": _Writer.boolean,
    "string_value": _Writer.string,
    "bytes_value": _Writer.string,
    "tuple_value": _Writer.tuple,
    "int_list": lambda writer, value: writer.packed("build_intlist", value, writer.integer),
    "double_list": lambda writer, value: writer.packed("build_doublelist", value, writer.double),
    "bool_list": lambda writer, value: writer.packed("build_boollist", value, writer.boolean),
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
    """Count how often each value stands in `values`, looking inside each of them once."""
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
