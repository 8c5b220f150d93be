"""What the pickles of libtorch's C++ Pickler name."""

from __future__ import annotations

from .._pickle_opcodes import Global

BUILD_TENSOR = Global("torch.jit._pickle", "build_tensor_from_id")
BUILD_INTLIST = Global("torch.jit._pickle", "build_intlist")
BUILD_DOUBLELIST = Global("torch.jit._pickle", "build_doublelist")
BUILD_BOOLLIST = Global("torch.jit._pickle", "build_boollist")
RESTORE_TYPE_TAG = Global("torch.jit._pickle", "restore_type_tag")
COMPLEX = Global("builtins", "complex")
DEVICE = Global("torch", "device")
RREF = Global("torch.distributed.rpc", "rref")
