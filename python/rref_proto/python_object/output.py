"""The pickle that is being written: its frames, its memo, and the values without parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _pickle_opcodes as opcodes
from ..tensor import Tensor
from .framing import FramedBytes

PROTOCOL = 4
INT32 = range(-(2**31), 2**31)
# For text and bytes: the opcodes, by the bytes that their length has.
TEXT = (opcodes.SHORT_BINUNICODE, opcodes.BINUNICODE, opcodes.BINUNICODE8)
BYTES = (opcodes.SHORT_BINBYTES, opcodes.BINBYTES, opcodes.BINBYTES8)


class PickleOutput(FramedBytes):
    """The bytes of a pickle, what is in its memo, and the tensors that it refers to."""

    def __init__(self) -> None:
        super().__init__(opcodes.PROTO + bytes([PROTOCOL]))
        # The index of each value in the memo, by its id, and the values, so that no id is used
        # again.
        self.memo: dict[int, int] = {}
        self.kept: list[Any] = []
        self.names: dict[Any, Any] = {}
        self.tensors: list[Tensor] = []

    def finish(self) -> bytes:
        """Return the pickle."""
        self.write(opcodes.STOP)
        self.end_frame()
        return bytes(self.finished)

    def memoize(self, value: Any) -> None:
        """Give the value that has just been written the next index."""
        self.memo[id(value)] = len(self.kept)
        self.kept.append(value)
        self.write(opcodes.MEMOIZE)

    def get(self, index: int) -> None:
        """Refer to a value of the memo."""
        self.with_number(opcodes.BINGET if index < 256 else opcodes.LONG_BINGET, index)

    def with_number(self, opcode: bytes, number: float) -> None:
        """Write an opcode and its argument."""
        self.write(opcode, opcodes.ARGUMENTS[opcode].pack(number))

    def the_same(self, name: Any) -> Any:
        """Return one object for all equal names, so that the memo knows it again."""
        return self.names.setdefault(name, name)


def _none(output: PickleOutput, _: None) -> None:
    output.write(opcodes.NONE)


def _bool(output: PickleOutput, value: bool) -> None:
    output.write(opcodes.NEWTRUE if value else opcodes.NEWFALSE)


def _int(output: PickleOutput, number: int) -> None:
    if number not in INT32:
        size = (number if number >= 0 else ~number).bit_length() // 8 + 1
        output.with_number(opcodes.LONG1 if size < 256 else opcodes.LONG4, size)
        output.write(number.to_bytes(size, "little", signed=True))
    elif 0 <= number < 256:
        output.with_number(opcodes.BININT1, number)
    elif 0 <= number < 65536:
        output.with_number(opcodes.BININT2, number)
    else:
        output.with_number(opcodes.BININT, number)


def _float(output: PickleOutput, number: float) -> None:
    output.with_number(opcodes.BINFLOAT, number)


def _str(output: PickleOutput, value: str) -> None:
    _counted(output, TEXT, value.encode("utf-8", "surrogatepass"))
    output.memoize(value)


def _bytes(output: PickleOutput, value: bytes) -> None:
    _counted(output, BYTES, value)
    output.memoize(value)


def _counted(output: PickleOutput, choice: tuple[bytes, ...], data: bytes) -> None:
    """Write text or bytes with the opcode whose length is long enough."""
    opcode = choice[(len(data) >= 1 << 8) + (len(data) >= 1 << 32)]
    output.write_data(opcode + opcodes.ARGUMENTS[opcode].pack(len(data)), data)


LEAVES: dict[type, Callable[[PickleOutput, Any], None]] = {
    type(None): _none,
    bool: _bool,
    int: _int,
    float: _float,
    str: _str,
    bytes: _bytes,
}
