"""The table of operations: what a Machine does for each opcode of the protocols 2 to 5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _pickle_opcodes as opcodes
from ..errors import DecodeError
from . import objects
from .machine import Machine, decoded
from .nodes import CallNode, Kind
from .plain import make_bytearray

Operation = Callable[[Machine], object]

PROTOCOLS = range(2, 6)


def _change_protocol(machine: Machine) -> None:
    protocol = machine.argument(opcodes.PROTO)
    if protocol not in PROTOCOLS:
        raise DecodeError(f"expected a pickle of protocol 2 to 5, got {protocol}")
    machine.protocol = protocol


# Each of these returns the operation of an opcode.


def _push(value: Any) -> Operation:
    return lambda machine: machine.push(value)


def _push_number(opcode: bytes) -> Operation:
    return lambda machine: machine.push(machine.argument(opcode))


def _push_long(opcode: bytes) -> Operation:
    return lambda machine: machine.push(
        int.from_bytes(machine.counted(opcode), "little", signed=True)
    )


def _push_text(opcode: bytes) -> Operation:
    return lambda machine: machine.push(decoded(machine.counted(opcode)))


def _push_bytes(opcode: bytes) -> Operation:
    return lambda machine: machine.push(machine.counted(opcode))


def _push_empty(kind: Kind) -> Operation:
    return lambda machine: machine.push_node(kind, [])


def _push_marked(kind: Kind) -> Operation:
    return lambda machine: machine.push_node(kind, machine.pop_mark())


def _push_tuple(length: int) -> Operation:
    def operation(machine: Machine) -> None:
        items = [machine.pop() for _ in range(length)]
        machine.push_node(Kind.TUPLE, items[::-1])

    return operation


def _put(opcode: bytes) -> Operation:
    return lambda machine: machine.put(machine.argument(opcode))


def _get(opcode: bytes) -> Operation:
    return lambda machine: machine.get(machine.argument(opcode))


def _call(opcode: bytes) -> Operation:
    return lambda machine: objects.call(machine, opcode)


def _old_text(opcode: bytes) -> Operation:
    def operation(machine: Machine) -> None:
        machine.counted(opcode)
        machine.push_opaque("text as Python 2 writes it")

    return operation


def _extension(opcode: bytes) -> Operation:
    return lambda machine: machine.push_opaque(f"the extension code {machine.argument(opcode)}")


# Each of these is the operation of an opcode.


def _push_byte_array(machine: Machine) -> None:
    items = [machine.counted(opcodes.BYTEARRAY8)]
    machine.push(CallNode(make_bytearray, items, machine.start))


def _set_items(machine: Machine, items: list[Any]) -> None:
    if len(items) % 2:
        raise DecodeError(f"expected keys and values, got {len(items)} items")
    machine.add(Kind.DICT, items)


def _set_item(machine: Machine) -> None:
    value, key = machine.pop(), machine.pop()
    machine.add(Kind.DICT, [key, value])


def _push_dict(machine: Machine) -> None:
    items = machine.pop_mark()
    machine.push_node(Kind.DICT, [])
    _set_items(machine, items)


def _old_line(machine: Machine) -> None:
    machine.line()
    machine.push_opaque("a number or text as protocol 0 writes it")


def _persistent(machine: Machine) -> None:
    machine.pop()
    machine.push_opaque("a persistent id")


def _persistent_line(machine: Machine) -> None:
    machine.line()
    machine.push_opaque("a persistent id")


def _next_buffer(machine: Machine) -> None:
    machine.push_opaque("a buffer outside the pickle")


def _read_only_buffer(machine: Machine) -> None:
    machine.pop()
    _next_buffer(machine)


OPERATIONS: dict[bytes, Operation] = {
    opcodes.PROTO: _change_protocol,
    # Python's C code, too, only looks whether the frame is there.
    opcodes.FRAME: lambda machine: machine.check_left(machine.argument(opcodes.FRAME)),
    opcodes.MARK: lambda machine: machine.marks.append(len(machine.stack)),
    opcodes.POP: Machine.pop_value_or_mark,
    opcodes.POP_MARK: Machine.pop_mark,
    opcodes.DUP: lambda machine: machine.push(machine.top()),
    opcodes.NONE: _push(None),
    opcodes.NEWTRUE: _push(True),
    opcodes.NEWFALSE: _push(False),
    opcodes.BININT: _push_number(opcodes.BININT),
    opcodes.BININT1: _push_number(opcodes.BININT1),
    opcodes.BININT2: _push_number(opcodes.BININT2),
    opcodes.LONG1: _push_long(opcodes.LONG1),
    opcodes.LONG4: _push_long(opcodes.LONG4),
    opcodes.BINFLOAT: _push_number(opcodes.BINFLOAT),
    opcodes.BINBYTES: _push_bytes(opcodes.BINBYTES),
    opcodes.SHORT_BINBYTES: _push_bytes(opcodes.SHORT_BINBYTES),
    opcodes.BINBYTES8: _push_bytes(opcodes.BINBYTES8),
    opcodes.BYTEARRAY8: _push_byte_array,
    opcodes.NEXT_BUFFER: _next_buffer,
    opcodes.READONLY_BUFFER: _read_only_buffer,
    opcodes.BINUNICODE: _push_text(opcodes.BINUNICODE),
    opcodes.SHORT_BINUNICODE: _push_text(opcodes.SHORT_BINUNICODE),
    opcodes.BINUNICODE8: _push_text(opcodes.BINUNICODE8),
    opcodes.EMPTY_TUPLE: _push_empty(Kind.TUPLE),
    opcodes.TUPLE1: _push_tuple(1),
    opcodes.TUPLE2: _push_tuple(2),
    opcodes.TUPLE3: _push_tuple(3),
    opcodes.TUPLE: _push_marked(Kind.TUPLE),
    opcodes.EMPTY_LIST: _push_empty(Kind.LIST),
    opcodes.LIST: _push_marked(Kind.LIST),
    opcodes.APPEND: lambda machine: machine.add(Kind.LIST, [machine.pop()]),
    opcodes.APPENDS: lambda machine: machine.add(Kind.LIST, machine.pop_mark()),
    opcodes.EMPTY_DICT: _push_empty(Kind.DICT),
    opcodes.DICT: _push_dict,
    opcodes.SETITEM: _set_item,
    opcodes.SETITEMS: lambda machine: _set_items(machine, machine.pop_mark()),
    opcodes.EMPTY_SET: _push_empty(Kind.SET),
    opcodes.ADDITEMS: lambda machine: machine.add(Kind.SET, machine.pop_mark()),
    opcodes.FROZENSET: _push_marked(Kind.FROZENSET),
    opcodes.BINPUT: _put(opcodes.BINPUT),
    opcodes.LONG_BINPUT: _put(opcodes.LONG_BINPUT),
    opcodes.MEMOIZE: lambda machine: machine.put(len(machine.memo)),
    opcodes.BINGET: _get(opcodes.BINGET),
    opcodes.LONG_BINGET: _get(opcodes.LONG_BINGET),
    opcodes.GLOBAL: objects.push_name,
    opcodes.STACK_GLOBAL: objects.push_name_of_stack,
    opcodes.REDUCE: _call(opcodes.REDUCE),
    opcodes.NEWOBJ: _call(opcodes.NEWOBJ),
    opcodes.NEWOBJ_EX: objects.call_with_keywords,
    opcodes.BUILD: objects.set_state,
    opcodes.EXT1: _extension(opcodes.EXT1),
    opcodes.EXT2: _extension(opcodes.EXT2),
    opcodes.EXT4: _extension(opcodes.EXT4),
    opcodes.BINPERSID: _persistent,
    # Opcodes of the protocols 0 and 1, which later ones still allow.
    opcodes.INT: _old_line,
    opcodes.LONG: _old_line,
    opcodes.FLOAT: _old_line,
    opcodes.STRING: _old_line,
    opcodes.UNICODE: _old_line,
    opcodes.BINSTRING: _old_text(opcodes.BINSTRING),
    opcodes.SHORT_BINSTRING: _old_text(opcodes.SHORT_BINSTRING),
    opcodes.PUT: lambda machine: machine.put(machine.index_line()),
    opcodes.GET: lambda machine: machine.get(machine.index_line()),
    opcodes.INST: objects.call_name_of_lines,
    opcodes.OBJ: objects.call_marked,
    opcodes.PERSID: _persistent_line,
}
