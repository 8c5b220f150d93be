"""Reads any pickle of Python's, protocol 2 to 5. It imports nothing and runs nothing.

A class is a name, and an object of a class is OPAQUE. So the RRefs that a pickle passes on can be
found in every pickle, and its value can be built where all of it is plain data.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .. import _pickle_opcodes as opcodes
from .._pickle_opcodes import Global
from .._text import short_repr
from ..errors import DecodeError, RRefProtoError
from ..ivalue import RRefForkData
from .machine import Machine
from .nodes import described
from .operations import OPERATIONS


class Pickle(NamedTuple):
    """What a pickle holds.

    `forks` are the RRefs that are made while it is unpickled, in that order, each once.
    `unlike_plain_data` says what was met first that plain data does not have.
    """

    value: Any
    forks: tuple[RRefForkData, ...]
    unlike_plain_data: DecodeError | None


def read_pickle(payload: bytes) -> Pickle:
    """Read a pickle. Bytes after its end are ignored, as Python does.

    Raises DecodeError, saying at which byte, where no value can be read, whatever its classes do.
    """
    machine = Machine(payload)
    try:
        value = _run(machine)
    except RRefProtoError as error:
        raise error.as_decode_error(machine.place(), ", ") from None
    return Pickle(value, tuple(dict.fromkeys(machine.forks)), machine.unlike_plain_data)


def _run(machine: Machine) -> Any:
    """Carry out all operations of a pickle; return its value."""
    if not machine.payload.startswith(opcodes.PROTO):
        raise DecodeError(f"expected a pickle, got {short_repr(machine.payload[:8])}")
    value = machine.run(OPERATIONS, "an opcode of a pickle")
    if isinstance(value, Global):
        machine.note(described(value))
    return value
