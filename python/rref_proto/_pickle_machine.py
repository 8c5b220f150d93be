"""The stack machine that a pickle is a program for: its bytes, stack, marks and memo.

What the opcodes do is said by the readers that build on it: those of `libtorch`, `python_object`
and `tensorpipe`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import _pickle_opcodes as opcodes
from .errors import DecodeError


class PickleMachine:
    """One pickle that is being read."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.start = 0  # of the opcode that is being carried out
        self.position = 0
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def run(self, operations: Mapping[bytes, Callable[[Any], object]], expected: str) -> Any:
        """Carry out the opcodes up to STOP; return the value that is then on the stack.

        `expected` describes the opcodes of `operations`, which are all that is allowed.
        """
        while True:
            self.start = self.position
            opcode = self.take(1)
            if opcode == opcodes.STOP:
                return self.pop()
            operation = operations.get(opcode)
            if operation is None:
                raise DecodeError(f"expected {expected}, got 0x{opcode.hex()}")
            operation(self)

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        end = self.position + size
        if size < 0 or end > len(self.payload):
            left = len(self.payload) - self.position
            raise DecodeError(f"expected {size} more bytes, got {left}")
        taken = self.payload[self.position : end]
        self.position = end
        return taken

    def argument(self, opcode: bytes) -> Any:
        """Return the number after an opcode."""
        number = opcodes.ARGUMENTS[opcode]
        return number.unpack(self.take(number.size))[0]

    def counted(self, opcode: bytes) -> bytes:
        """Return the bytes after an opcode, whose number is before them."""
        return self.take(self.argument(opcode))

    def line(self) -> bytes:
        """Return the bytes up to the next newline."""
        end = self.payload.find(b"\n", self.position)
        if end < 0:
            raise DecodeError("expected a line of text, got its beginning only")
        line = self.take(end - self.position)
        self.position += 1
        return line

    def push(self, value: Any) -> None:
        """Push a value."""
        self.stack.append(value)

    def pop(self) -> Any:
        """Pop a value that was pushed since the last MARK."""
        self.check_top()
        return self.stack.pop()

    def check_top(self) -> None:
        """Raise DecodeError where nothing was pushed since the last MARK."""
        if len(self.stack) == (self.marks[-1] if self.marks else 0):
            raise DecodeError("expected a value before this opcode, got none")

    def pop_mark(self) -> list[Any]:
        """Pop what was pushed since the last MARK."""
        if not self.marks:
            raise DecodeError("expected a MARK before this opcode, got none")
        mark = self.marks.pop()
        values = self.stack[mark:]
        del self.stack[mark:]
        return values
