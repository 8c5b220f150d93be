"""How libtorch's C++ Pickler writes: the shortest opcode of an int, and a memo of what was written.

What the values are is said by the writers that build on it: the one of `libtorch` for payloads, and
the one of `tensorpipe` for the table of tensors beside a payload.
"""

from __future__ import annotations

from struct import Struct

from . import _pickle_opcodes as opcodes
from ._pickle_opcodes import Global

# How each pickle begins.
PROTOCOL = 2
HEADER = opcodes.PROTO + bytes([PROTOCOL])
# What follows the length of a LONG1. libtorch writes all of them with 8 bytes.
LONG1_NUMBER = Struct("<q")

# Both write lists of tensors.
BUILD_TENSORLIST = Global("torch.jit._pickle", "build_tensorlist")

# Opcodes with the number after them.
_SHORT = Struct("<cH")
_INT = Struct("<ci")
_LONG = Struct("<cBq")
_SMALL_INTS = [opcodes.BININT1 + bytes([number]) for number in range(256)]


def encode_int(number: int) -> bytes:
    """Encode an int64 as libtorch does, with its opcode."""
    if 0 <= number <= 0xFF:
        return _SMALL_INTS[number]
    if 0 <= number <= 0xFFFF:
        return _SHORT.pack(opcodes.BININT2, number)
    if -0x80000000 <= number <= 0x7FFFFFFF:
        return _INT.pack(opcodes.BININT, number)
    return _LONG.pack(opcodes.LONG1, LONG1_NUMBER.size, number)


def with_argument(opcode: bytes, number: int) -> bytes:
    """Encode an opcode with the number after it."""
    return opcode + opcodes.ARGUMENTS[opcode].pack(number)


class PickleWriter:
    """One pickle being written."""

    def __init__(self) -> None:
        self.payload = bytearray(HEADER)
        # At which memo index something is: strings by their bytes, globals as they are, all else by
        # keys of the writer's own. No key of one kind may be equal to a key of another.
        self.memo: dict[object, int] = {}
        self.memoized = 0

    def refer(self, key: object) -> bool:
        """Write a reference to a value if it is in the memo; return whether it is."""
        index = self.memo.get(key)
        if index is None:
            return False
        self.payload += with_argument(opcodes.BINGET if index < 256 else opcodes.LONG_BINGET, index)
        return True

    def put(self, key: object) -> None:
        """Memoize the value just written."""
        index = self.memo[key] = self.memoized
        self.memoized += 1
        self.payload += with_argument(opcodes.BINPUT if index < 256 else opcodes.LONG_BINPUT, index)

    def integer(self, number: int) -> None:
        """Write an int."""
        self.payload += encode_int(number)

    def string(self, text: str | bytes) -> None:
        """Write a string, or a reference to it if it was written."""
        encoded = text.encode() if isinstance(text, str) else text
        if not self.refer(encoded):
            self.payload += with_argument(opcodes.BINUNICODE, len(encoded))
            self.payload += encoded
            self.put(encoded)

    def name(self, found: Global) -> None:
        """Write a global: the name of what opcodes.REDUCE calls, or of a class."""
        if not self.refer(found):
            self.payload += opcodes.GLOBAL + f"{found.module}\n{found.name}\n".encode()
            self.put(found)

    def begin_packed(self, builder: Global) -> None:
        """Write what is before the elements of one of TorchScript's packed lists."""
        self.name(builder)
        self.payload += opcodes.MARK + opcodes.EMPTY_LIST + opcodes.MARK

    def end_packed(self) -> None:
        """Write what is after the elements of a packed list."""
        self.payload += opcodes.APPENDS + opcodes.TUPLE + opcodes.REDUCE
