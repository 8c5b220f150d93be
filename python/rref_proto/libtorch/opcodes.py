"""The opcodes and globals of the pickles that libtorch's C++ Pickler writes."""

from __future__ import annotations

from struct import Struct

from .._pickle_opcodes import (
    APPENDS,
    ARGUMENTS,
    BINFLOAT,
    BINGET,
    BININT,
    BININT1,
    BININT2,
    BINPUT,
    BINUNICODE,
    BUILD,
    EMPTY_DICT,
    EMPTY_LIST,
    EMPTY_TUPLE,
    GLOBAL,
    LONG1,
    LONG_BINGET,
    LONG_BINPUT,
    MARK,
    NEWFALSE,
    NEWOBJ,
    NEWTRUE,
    NONE,
    PROTO,
    REDUCE,
    SETITEMS,
    STOP,
    TUPLE,
    TUPLE1,
    TUPLE2,
    TUPLE3,
    TUPLES,
    Global,
)

__all__ = [
    "APPENDS",
    "ARGUMENTS",
    "BINFLOAT",
    "BINGET",
    "BININT",
    "BININT1",
    "BININT2",
    "BINPUT",
    "BINUNICODE",
    "BUILD",
    "BUILD_BOOLLIST",
    "BUILD_DOUBLELIST",
    "BUILD_INTLIST",
    "BUILD_TENSOR",
    "BUILD_TENSORLIST",
    "COMPLEX",
    "DEVICE",
    "EMPTY_DICT",
    "EMPTY_LIST",
    "EMPTY_TUPLE",
    "GLOBAL",
    "HEADER",
    "LONG1",
    "LONG1_NUMBER",
    "LONG_BINGET",
    "LONG_BINPUT",
    "MARK",
    "NEWFALSE",
    "NEWOBJ",
    "NEWTRUE",
    "NONE",
    "PROTO",
    "PROTOCOL",
    "REDUCE",
    "RESTORE_TYPE_TAG",
    "RREF",
    "SETITEMS",
    "STOP",
    "TUPLE",
    "TUPLE1",
    "TUPLE2",
    "TUPLE3",
    "TUPLES",
    "Global",
]

# What follows the length of a LONG1. libtorch writes all of them with 8 bytes.
LONG1_NUMBER = Struct("<q")

# How each payload begins.
PROTOCOL = 2
HEADER = PROTO + bytes([PROTOCOL])

BUILD_TENSOR = Global("torch.jit._pickle", "build_tensor_from_id")
BUILD_INTLIST = Global("torch.jit._pickle", "build_intlist")
BUILD_DOUBLELIST = Global("torch.jit._pickle", "build_doublelist")
BUILD_BOOLLIST = Global("torch.jit._pickle", "build_boollist")
BUILD_TENSORLIST = Global("torch.jit._pickle", "build_tensorlist")
RESTORE_TYPE_TAG = Global("torch.jit._pickle", "restore_type_tag")
COMPLEX = Global("builtins", "complex")
DEVICE = Global("torch", "device")
RREF = Global("torch.distributed.rpc", "rref")
