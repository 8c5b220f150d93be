"""Writes IValues with the opcodes, and the memo marks, that libtorch's C++ Pickler writes.

libtorch memoizes a value by its pointer where something else refers to the value as well. Of the
values in a generated message only tensors and RRefs tell whether two of them are one object.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from struct import Struct
from typing import Any

from .. import _pickle_opcodes as opcodes
from .._pickle_opcodes import Global
from .._pickle_writer import BUILD_TENSORLIST, PickleWriter, encode_int
from ..ivalue import IValue, descendants, generated_parts
from ..tensor import Device, Tensor
from . import names

_DOUBLE = Struct(">cd")  # BINFLOAT with the number after it


def write_tuple(values: Sequence[IValue], held: Sequence[bool]) -> tuple[bytes, tuple[Tensor, ...]]:
    """Pickle the tuple of `values`; return the payload and the table of its tensors.

    `held` says of each value whether something beside the payload refers to it while libtorch
    pickles it. Then it has a memo mark.
    """
    writer = _Writer(values)
    short = opcodes.TUPLES.get(len(values))
    writer.payload += b"" if short else opcodes.MARK
    for value, is_held in zip(values, held, strict=True):
        writer.item(value, is_held)
    return writer.finish(short or opcodes.TUPLE)


def write_value(value: IValue, held: bool) -> tuple[bytes, tuple[Tensor, ...]]:
    """Pickle one value; return the payload and the table of its tensors."""
    writer = _Writer((value,))
    writer.item(value, held)
    return writer.finish(b"")


class _Writer(PickleWriter):
    """One payload being written."""

    def __init__(self, values: Sequence[IValue]) -> None:
        super().__init__()
        # The table of the payload. A tensor is added each time that it is written.
        self.written: list[Tensor] = []
        # In the memo, devices are as they are, RRefs their bytes and the word "rref", tensors and
        # held values their identity.
        # Of the value that is being written.
        self.tensors: tuple[Tensor, ...] = ()
        self.values = values

    @cached_property
    def uses(self) -> Counter[int]:
        """How often each tensor, by its identity, is in the values. Most need not be counted."""
        return _count_uses(self.values)

    def finish(self, end: bytes) -> tuple[bytes, tuple[Tensor, ...]]:
        """End the pickle; return the payload and the table of its tensors."""
        self.payload += end + opcodes.STOP
        return bytes(self.payload), tuple(self.written)

    def item(self, value: IValue, held: bool) -> None:
        """Write a value at the top of the payload, or a reference to it if it was written."""
        proto, self.tensors = generated_parts(value)
        field = proto.WhichOneof("kind")
        if not held or field not in BY_POINTER or field in IDENTIFIED:
            self.value(proto, held)
        elif not self.refer(id(value)):
            self.value(proto)
            self.put(id(value))

    def value(self, proto: Any, held: bool = False) -> None:
        """Write one value. A tensor or an RRef that is `held` gets its memo mark as well."""
        field = proto.WhichOneof("kind")
        if field == "tensor_index":
            self.tensor(proto.tensor_index, held)
        else:
            WRITERS[field](self, getattr(proto, field))

    def double(self, number: float) -> None:
        self.payload += _DOUBLE.pack(opcodes.BINFLOAT, number)

    def tensor(self, index: int, held: bool) -> None:
        """Write a tensor, or a reference to it. It is `held` if it has a memo mark in any case."""
        tensor = self.tensors[index]
        if self.refer(id(tensor)):
            return
        self.name(names.BUILD_TENSOR)
        self.payload += opcodes.MARK
        self.integer(len(self.written))
        self.payload += opcodes.TUPLE + opcodes.REDUCE
        self.written.append(tensor)
        if held or self.uses[id(tensor)] > 1:
            self.put(id(tensor))

    def complex(self, content: Any) -> None:
        self.name(names.COMPLEX)
        self.double(content.real)
        self.double(content.imag)
        self.payload += opcodes.TUPLE2 + opcodes.REDUCE

    def tuple(self, content: Any) -> None:
        elements = content.elements
        short = opcodes.TUPLES.get(len(elements))
        self.payload += b"" if short else opcodes.MARK
        for element in elements:
            self.value(element)
        self.payload += short or opcodes.TUPLE

    def int_list(self, content: Any) -> None:
        self.begin_packed(names.BUILD_INTLIST)
        self.payload += b"".join(map(encode_int, content.values))
        self.end_packed()

    def double_list(self, content: Any) -> None:
        self.begin_packed(names.BUILD_DOUBLELIST)
        self.payload += b"".join(
            [_DOUBLE.pack(opcodes.BINFLOAT, number) for number in content.values]
        )
        self.end_packed()

    def bool_list(self, content: Any) -> None:
        self.begin_packed(names.BUILD_BOOLLIST)
        self.payload += b"".join(map(_BOOLS.__getitem__, content.values))
        self.end_packed()

    def tensor_list(self, content: Any) -> None:
        self.begin_packed(BUILD_TENSORLIST)
        for index in content.tensor_indices:
            # libtorch pickles a copy of the list, so that every tensor in it is used twice.
            self.tensor(index, held=True)
        self.end_packed()

    def generic_list(self, content: Any) -> None:
        self.name(names.RESTORE_TYPE_TAG)
        self.payload += opcodes.EMPTY_LIST + opcodes.MARK
        for element in content.elements:
            self.value(element)
        self.payload += opcodes.APPENDS
        self.end_tagged(content.type)

    def generic_dict(self, content: Any) -> None:
        self.name(names.RESTORE_TYPE_TAG)
        self.payload += opcodes.EMPTY_DICT + opcodes.MARK
        for entry in content.entries:
            self.value(entry.key)
            self.value(entry.value)
        self.payload += opcodes.SETITEMS
        self.end_tagged(content.type)

    def end_tagged(self, annotation: str) -> None:
        self.string(annotation)
        self.payload += opcodes.TUPLE2 + opcodes.REDUCE

    def device(self, content: Any) -> None:
        device = Device._from_proto(content)
        if not self.refer(device):
            self.name(names.DEVICE)
            self.string(str(device))
            self.payload += opcodes.TUPLE1 + opcodes.REDUCE
            self.put(device)

    def object(self, content: Any) -> None:
        self.name(Global(*content.type.rsplit(".", 1)))
        self.payload += opcodes.EMPTY_TUPLE + opcodes.NEWOBJ
        if content.HasField("state"):
            self.value(content.state)
        else:
            self.payload += opcodes.EMPTY_DICT + opcodes.MARK
            for attribute in content.attributes:
                self.string(attribute.name)
                self.value(attribute.value)
            self.payload += opcodes.SETITEMS
        self.payload += opcodes.BUILD

    def enum(self, content: Any) -> None:
        self.name(Global(*content.type.rsplit(".", 1)))
        self.value(content.value)
        self.payload += opcodes.REDUCE

    def rref(self, content: Any) -> None:
        """Write an RRef. It has a memo mark: the program that passes it on holds it."""
        key = content.SerializeToString(deterministic=True), "rref"
        if self.refer(key):
            return
        self.name(names.RREF)
        self.payload += opcodes.MARK
        self.integer(content.owner_id)
        for identifier in (content.rref_id, content.fork_id):
            self.integer(identifier.created_on)
            self.integer(identifier.local_id)
        self.integer(content.parent)
        self.string(content.type_str)
        self.payload += opcodes.TUPLE + opcodes.REDUCE
        self.put(key)


_BOOLS = {True: opcodes.NEWTRUE, False: opcodes.NEWFALSE}

# By field. Tensors are written by `_Writer.value` itself.
WRITERS: dict[str, Callable[[_Writer, Any], None]] = {
    "none_value": lambda writer, _: writer.payload.extend(opcodes.NONE),
    "double_value": _Writer.double,
    "complex_value": _Writer.complex,
    "int_value": _Writer.integer,
    "bool_value": lambda writer, value: writer.payload.extend(_BOOLS[value]),
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
# The fields whose values tell whether two of them are one object, and have their own memo mark.
IDENTIFIED = {"tensor_index", "rref_value"}
# The fields whose values libtorch memoizes by their pointer.
BY_POINTER = WRITERS.keys() - {
    "none_value", "double_value", "int_value", "bool_value", "string_value", "bytes_value",
    "device_value",
} | IDENTIFIED  # fmt: skip


def _count_uses(values: Iterable[IValue]) -> Counter[int]:
    """Count how often each tensor, by its identity, is in the values."""
    uses: Counter[int] = Counter()
    for value in values:
        proto, tensors = generated_parts(value)
        for each in descendants(proto) if tensors else ():
            if each.WhichOneof("kind") == "tensor_index":
                uses[id(tensors[each.tensor_index])] += 1
            elif each.WhichOneof("kind") == "tensor_list":
                uses.update(id(tensors[index]) for index in each.tensor_list.tensor_indices)
    return uses
