"""The speed of a fetch return with one small tensor: written, and read."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterator
from typing import Any

import msgspec
from formats import Format, compare_formats
from schemas import (
    BetterFetchRet,
    BetterIValue,
    BetterMessage,
    BetterTensor,
    PlainTensor,
    PlusFetchRet,
    PlusIValue,
    PlusMessage,
    PlusTensor,
    StructTensor,
)
from timing import Table
from values import ours_in, ours_out, titles

from rref_proto import ScalarType, Tensor
from rref_proto.v1 import message_pb2

Parts = tuple[int, tuple[int, ...], object]

DTYPE, SIZES, DATA = 12, (2, 3), struct.pack("<6f", 0.5, 1.5, 2.5, 3.5, 4.5, 5.5)
TENSOR = Tensor(ScalarType.float32, SIZES, DATA)


def stubs_out() -> bytes:
    """Write with the generated code. `add` with keyword arguments is slower by a tenth."""
    message = message_pb2.Message()
    message.script_rref_fetch_ret.values.add().tensor_index = 0
    tensor = message.tensors.add()
    tensor.dtype = DTYPE
    tensor.sizes.extend(SIZES)
    tensor.data = DATA
    return message.SerializeToString()


def stubs_in(wire: bytes) -> Parts:
    """Read with the generated code. `tuple(sizes)` is slower than a tuple of a slice."""
    message = message_pb2.Message.FromString(wire)
    tensor = message.tensors[message.script_rref_fetch_ret.values[0].tensor_index]
    return tensor.dtype, tuple(tensor.sizes[:]), tensor.data


def rref_proto_out() -> bytes:
    """Write with this library."""
    return ours_out(TENSOR)


def rref_proto_in(wire: bytes) -> Parts:
    """Read with this library, validated. The data is a view of `wire`."""
    tensor = ours_in(wire)
    return tensor.dtype, tensor.sizes, tensor.data


def pickle_out() -> bytes:
    """Write an equal dataclass as a pickle."""
    return pickle.dumps(PlainTensor(DTYPE, SIZES, DATA))


def pickle_in(encoded: bytes) -> Parts:
    """Read an equal dataclass from a pickle."""
    tensor = pickle.loads(encoded)
    return tensor.dtype, tensor.sizes, tensor.data


UNPACK = msgspec.msgpack.Decoder(StructTensor).decode


def msgspec_out() -> bytes:
    """Write an equal struct as msgpack."""
    return msgspec.msgpack.encode(StructTensor(DTYPE, SIZES, DATA))


def msgspec_in(encoded: bytes) -> Parts:
    """Read an equal struct from msgpack, validated."""
    tensor = UNPACK(encoded)
    return tensor.dtype, tensor.sizes, tensor.data


def plus_out() -> bytes:
    """Write with proto-plus."""
    message = PlusMessage(
        script_rref_fetch_ret=PlusFetchRet(values=[PlusIValue(tensor_index=0)]),
        tensors=[PlusTensor(dtype=DTYPE, sizes=SIZES, data=DATA)],
    )
    return bytes(PlusMessage.serialize(message))


def plus_in(wire: bytes) -> Parts:
    """Read with proto-plus."""
    return _parts(PlusMessage.deserialize(wire))


def better_out() -> bytes:
    """Write with betterproto2."""
    message = BetterMessage(
        script_rref_fetch_ret=BetterFetchRet(values=[BetterIValue(tensor_index=0)]),
        tensors=[BetterTensor(dtype=DTYPE, sizes=list(SIZES), data=DATA)],
    )
    return bytes(message)


def better_in(wire: bytes) -> Parts:
    """Read with betterproto2."""
    return _parts(BetterMessage.parse(wire))


def _parts(message: Any) -> Parts:
    tensor = message.tensors[message.script_rref_fetch_ret.values[0].tensor_index]
    return tensor.dtype, tuple(tensor.sizes), tensor.data


FORMATS = (
    Format("generated stubs, leanest", "protobuf", stubs_out, stubs_in),
    Format("rref_proto, validated", "protobuf", rref_proto_out, rref_proto_in),
    Format("pickle of a dataclass", "pickle", pickle_out, pickle_in),
    Format("msgspec (msgpack), validated", "msgpack", msgspec_out, msgspec_in),
    Format("proto-plus", "protobuf", plus_out, plus_in),
    Format("betterproto2", "protobuf", better_out, better_in),
)


def tables() -> Iterator[Table]:
    """Measure all ways to write, then all ways to read."""
    value = (DTYPE, SIZES, DATA)
    yield from compare_formats(titles("fetch return, tensor of 2 x 3 floats"), value, FORMATS)
