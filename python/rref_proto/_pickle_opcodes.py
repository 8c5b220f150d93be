"""The opcodes of Python's pickles, by the names that the standard module pickletools has for them.

Two parts of the package read and write pickles, each in its own way: `libtorch` those of libtorch's
C++ Pickler, `python_object` those of Python's own. Neither uses the standard module pickle, which
can run any code that the sender of a pickle wants.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

PROTO = b"\x80"
FRAME = b"\x95"
STOP = b"."

MARK = b"("
POP = b"0"
POP_MARK = b"1"
DUP = b"2"

NONE = b"N"
NEWTRUE = b"\x88"
NEWFALSE = b"\x89"
INT = b"I"
BININT = b"J"
BININT1 = b"K"
BININT2 = b"M"
LONG = b"L"
LONG1 = b"\x8a"
LONG4 = b"\x8b"
FLOAT = b"F"
BINFLOAT = b"G"

STRING = b"S"
BINSTRING = b"T"
SHORT_BINSTRING = b"U"
BINBYTES = b"B"
SHORT_BINBYTES = b"C"
BINBYTES8 = b"\x8e"
BYTEARRAY8 = b"\x96"
NEXT_BUFFER = b"\x97"
READONLY_BUFFER = b"\x98"
UNICODE = b"V"
BINUNICODE = b"X"
SHORT_BINUNICODE = b"\x8c"
BINUNICODE8 = b"\x8d"

EMPTY_TUPLE = b")"
TUPLE1 = b"\x85"
TUPLE2 = b"\x86"
TUPLE3 = b"\x87"
TUPLE = b"t"
EMPTY_LIST = b"]"
LIST = b"l"
APPEND = b"a"
APPENDS = b"e"
EMPTY_DICT = b"}"
DICT = b"d"
SETITEM = b"s"
SETITEMS = b"u"
EMPTY_SET = b"\x8f"
ADDITEMS = b"\x90"
FROZENSET = b"\x91"

PUT = b"p"
BINPUT = b"q"
LONG_BINPUT = b"r"
MEMOIZE = b"\x94"
GET = b"g"
BINGET = b"h"
LONG_BINGET = b"j"

GLOBAL = b"c"
STACK_GLOBAL = b"\x93"
REDUCE = b"R"
BUILD = b"b"
INST = b"i"
OBJ = b"o"
NEWOBJ = b"\x81"
NEWOBJ_EX = b"\x92"
EXT1 = b"\x82"
EXT2 = b"\x83"
EXT4 = b"\x84"
PERSID = b"P"
BINPERSID = b"Q"

# The number after an opcode. LONG1, LONG4 and those of text and bytes have the length of the rest.
ARGUMENTS = {
    PROTO: Struct("<B"),
    FRAME: Struct("<Q"),
    BININT: Struct("<i"),
    BININT1: Struct("<B"),
    BININT2: Struct("<H"),
    LONG1: Struct("<B"),
    LONG4: Struct("<i"),
    BINFLOAT: Struct(">d"),
    BINSTRING: Struct("<i"),
    SHORT_BINSTRING: Struct("<B"),
    BINBYTES: Struct("<I"),
    SHORT_BINBYTES: Struct("<B"),
    BINBYTES8: Struct("<Q"),
    BYTEARRAY8: Struct("<Q"),
    BINUNICODE: Struct("<I"),
    SHORT_BINUNICODE: Struct("<B"),
    BINUNICODE8: Struct("<Q"),
    BINPUT: Struct("<B"),
    LONG_BINPUT: Struct("<I"),
    BINGET: Struct("<B"),
    LONG_BINGET: Struct("<I"),
    EXT1: Struct("<B"),
    EXT2: Struct("<H"),
    EXT4: Struct("<i"),
}

# By the number of elements, the opcode that makes a tuple without a MARK.
TUPLES = {0: EMPTY_TUPLE, 1: TUPLE1, 2: TUPLE2, 3: TUPLE3}


class Global(NamedTuple):
    """What GLOBAL and STACK_GLOBAL name: a class or a function of a module."""

    module: str
    name: str
