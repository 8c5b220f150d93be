"""The opcodes and globals of the pickles that libtorch's C++ Pickler writes.

The names of the opcodes are those of the standard module pickletools.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

PROTO = b"\x80"
STOP = b"."
MARK = b"("

NONE = b"N"
NEWTRUE = b"\x88"
NEWFALSE = b"\x89"
BININT1 = b"K"
BININT2 = b"M"
BININT = b"J"
LONG1 = b"\x8a"
BINFLOAT = b"G"
BINUNICODE = b"X"

EMPTY_TUPLE = b")"
TUPLE1 = b"\x85"
TUPLE2 = b"\x86"
TUPLE3 = b"\x87"
TUPLE = b"t"
EMPTY_LIST = b"]"
APPENDS = b"e"
EMPTY_DICT = b"}"
SETITEMS = b"u"

BINPUT = b"q"
LONG_BINPUT = b"r"
BINGET = b"h"
LONG_BINGET = b"j"

GLOBAL = b"c"
REDUCE = b"R"
NEWOBJ = b"\x81"
BUILD = b"b"

# Number arguments. LONG1 and BINUNICODE have the length of the rest instead.
ARGUMENTS = {
    BININT1: Struct("<B"),
    BININT2: Struct("<H"),
    BININT: Struct("<i"),
    BINFLOAT: Struct(">d"),
    LONG1: Struct("<B"),
    BINUNICODE: Struct("<I"),
    BINPUT: Struct("<B"),
    LONG_BINPUT: Struct("<I"),
    BINGET: Struct("<B"),
    LONG_BINGET: Struct("<I"),
}
# What follows the length of a LONG1. libtorch writes all of them with 8 bytes.
LONG1_NUMBER = Struct("<q")

# How each payload begins.
PROTOCOL = 2
HEADER = PROTO + bytes([PROTOCOL])

# By the number of elements, the opcode that makes a tuple without a MARK.
TUPLES = {0: EMPTY_TUPLE, 1: TUPLE1, 2: TUPLE2, 3: TUPLE3}


class Global(NamedTuple):
    """What a GLOBAL opcode names."""

    module: str
    name: str


BUILD_TENSOR = Global("torch.jit._pickle", "build_tensor_from_id")
BUILD_INTLIST = Global("torch.jit._pickle", "build_intlist")
BUILD_DOUBLELIST = Global("torch.jit._pickle", "build_doublelist")
BUILD_BOOLLIST = Global("torch.jit._pickle", "build_boollist")
BUILD_TENSORLIST = Global("torch.jit._pickle", "build_tensorlist")
RESTORE_TYPE_TAG = Global("torch.jit._pickle", "restore_type_tag")
COMPLEX = Global("builtins", "complex")
DEVICE = Global("torch", "device")
RREF = Global("torch.distributed.rpc", "rref")
