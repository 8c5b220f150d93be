"""What is the same in all pickles of libtorch's C++ Pickler: how they begin, and what they name."""

from __future__ import annotations

from struct import Struct

from .._pickle_opcodes import PROTO, Global

# How each payload begins.
PROTOCOL = 2
HEADER = PROTO + bytes([PROTOCOL])
# What follows the length of a LONG1. libtorch writes all of them with 8 bytes.
LONG1_NUMBER = Struct("<q")

BUILD_TENSOR = Global("torch.jit._pickle", "build_tensor_from_id")
BUILD_INTLIST = Global("torch.jit._pickle", "build_intlist")
BUILD_DOUBLELIST = Global("torch.jit._pickle", "build_doublelist")
BUILD_BOOLLIST = Global("torch.jit._pickle", "build_boollist")
BUILD_TENSORLIST = Global("torch.jit._pickle", "build_tensorlist")
RESTORE_TYPE_TAG = Global("torch.jit._pickle", "restore_type_tag")
COMPLEX = Global("builtins", "complex")
DEVICE = Global("torch", "device")
RREF = Global("torch.distributed.rpc", "rref")
