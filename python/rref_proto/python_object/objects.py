"""What the opcodes for names, calls and objects do. Nothing is imported, and nothing is called.

A class or function is its name. What its call would make is known for those of plain data and for
an RRef; any other object is OPAQUE.
"""

from __future__ import annotations

from typing import Any

from .. import _pickle_opcodes as opcodes
from .._pickle_opcodes import Global
from ..errors import DecodeError
from ..ids import ForkId, RRefId
from ..ivalue import RRefForkData
from .machine import Machine
from .names import (
    GETATTR,
    LONGEST_NAME,
    MODULES_OF_PYTHON_2,
    PICKLER,
    RREF_RECEIVER,
    attribute,
)
from .nodes import OPAQUE, CallNode, Kind, Node, described, short_name
from .plain import CALLS

RREF = attribute(PICKLER, RREF_RECEIVER)
# In characters, so that many RRefs with one long type are not much work.
LONGEST_TYPE = 4096
RREF_TYPES = [int, int, int, int, int, int, str]


def push_name(machine: Machine) -> None:
    """GLOBAL: a name whose two parts are lines."""
    machine.push(_name_of_lines(machine))


def push_name_of_stack(machine: Machine) -> None:
    """STACK_GLOBAL: a name whose two parts are on the stack."""
    name, module = machine.pop(), machine.pop()
    if type(name) is not str or type(module) is not str:
        raise DecodeError(
            f"expected the text of a module and a name, got {described(module)} and "
            f"{described(name)}"
        )
    machine.push(_name(machine, module, name))


def call(machine: Machine, opcode: bytes) -> None:
    """REDUCE and NEWOBJ: call what is on the stack, with a tuple of arguments."""
    arguments, called = machine.pop(), machine.pop()
    _call(machine, opcode, called, arguments)


def call_with_keywords(machine: Machine) -> None:
    """NEWOBJ_EX: call what is on the stack, with a tuple and a dict of arguments."""
    for _ in range(3):
        machine.pop()
    machine.push_opaque("an object with keyword arguments")


def call_name_of_lines(machine: Machine) -> None:
    """INST: call a name whose parts are lines, with what is above the mark."""
    called = _name_of_lines(machine)
    _call(machine, opcodes.REDUCE, called, Node(Kind.TUPLE, machine.pop_mark(), machine.start))


def call_marked(machine: Machine) -> None:
    """OBJ: call what is first above the mark, with the others there."""
    called, *arguments = machine.pop_mark() or [OPAQUE]
    _call(machine, opcodes.REDUCE, called, Node(Kind.TUPLE, arguments, machine.start))


def set_state(machine: Machine) -> None:
    """BUILD: give an object its state."""
    machine.pop()
    machine.note(f"a state for {described(machine.top())}")


def _call(machine: Machine, opcode: bytes, called: Any, arguments: Any) -> None:
    """Push what is made by calling a class or function, where it is known what that is."""
    is_tuple = isinstance(arguments, Node) and arguments.kind is Kind.TUPLE
    if not isinstance(called, Global) or not is_tuple:
        machine.push_opaque(f"a call of {described(called)}")
        return
    items = arguments.items
    make = CALLS.get((opcode, called, len(items)))
    if make:
        machine.push(CallNode(make, items, machine.start))
    elif called == GETATTR and _is_attribute(items):
        machine.push(attribute(*items))
    elif called == RREF and opcode == opcodes.REDUCE:
        machine.forks.append(_fork(items))
        machine.push(machine.forks[-1])
    else:
        machine.push_opaque(f"an object of {short_name(called)}")


def _name_of_lines(machine: Machine) -> Global:
    return _name(machine, machine.text_line(), machine.text_line())


def _name(machine: Machine, module: str, name: str) -> Global:
    """Return a name, with the module's name of today."""
    if machine.protocol == 2:
        module = MODULES_OF_PYTHON_2.get(module, module)
    return Global(module, name)


def _is_attribute(items: list[Any]) -> bool:
    """Tell whether these arguments of getattr are a class or module and a name."""
    if len(items) != 2 or not isinstance(items[0], Global) or type(items[1]) is not str:
        return False
    return len(items[0].name) + len(items[1]) < LONGEST_NAME


def _fork(items: list[Any]) -> RRefForkData:
    """Make an RRef that is passed on of the arguments of RREF: one tuple."""
    data = items[0] if len(items) == 1 else None
    fields = data.items if isinstance(data, Node) and data.kind is Kind.TUPLE else []
    if len(fields) != len(RREF_TYPES) or list(map(type, fields)) != RREF_TYPES:
        raise DecodeError("expected an RRef as a tuple of six ints and a str")
    if len(fields[-1]) > LONGEST_TYPE:
        raise DecodeError(f"expected a type of at most {LONGEST_TYPE} characters")
    owner_id, rref_creator, rref_number, fork_creator, fork_number, parent, type_str = fields
    rref_id, fork_id = RRefId(rref_creator, rref_number), ForkId(fork_creator, fork_number)
    return RRefForkData(owner_id, rref_id, fork_id, parent, type_str)
