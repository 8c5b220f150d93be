"""The table of tensors beside a payload: a pickle of libtorch's that says how to make them.

A tensor is a view of a storage: an offset, sizes and strides, counted in elements. The bytes of
each storage are a buffer of the channel. A tensor of ours is a storage of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from .. import _pickle_opcodes as opcodes
from .._pickle_opcodes import Global
from .._pickle_writer import BUILD_TENSORLIST, PickleWriter
from ..errors import DecodeError, EncodeError, RRefProtoError
from ..tensor import ScalarType, Tensor
from .limits import DEFAULT_LIMITS, Limits
from .strides import (
    BYTES_PER_ROW,
    cost_of,
    gathered,
    is_contiguous,
    last_element,
    strides_of,
)
from .table_reader import ORDERED_DICT, REBUILD_TENSOR, Storage, Unread, View, read_views

# libtorch's name of the storage of each type.
STORAGES = {
    ScalarType.bool: "Bool",
    ScalarType.uint8: "Byte",
    ScalarType.uint16: "UInt16",
    ScalarType.uint32: "UInt32",
    ScalarType.uint64: "UInt64",
    ScalarType.int8: "Char",
    ScalarType.int16: "Short",
    ScalarType.int32: "Int",
    ScalarType.int64: "Long",
    ScalarType.float16: "Half",
    ScalarType.bfloat16: "BFloat16",
    ScalarType.float32: "Float",
    ScalarType.float64: "Double",
    ScalarType.complex32: "ComplexHalf",
    ScalarType.complex64: "ComplexFloat",
    ScalarType.complex128: "ComplexDouble",
    ScalarType.float8_e4m3fn: "Float8_e4m3fn",
    ScalarType.float8_e4m3fnuz: "Float8_e4m3fnuz",
    ScalarType.float8_e5m2: "Float8_e5m2",
    ScalarType.float8_e5m2fnuz: "Float8_e5m2fnuz",
    ScalarType.float8_e8m0fnu: "Float8_e8m0fnu",
}
GLOBALS = {dtype: Global("torch", f"{name}Storage") for dtype, name in STORAGES.items()}
DTYPES = {found: dtype for dtype, found in GLOBALS.items()}
# A worker of PyTorch that is sent one that requires gradients ends: nothing catches what it throws.
WITHOUT_GRADIENTS = {
    dtype for dtype in ScalarType if dtype.name.startswith(("bool", "int", "uint"))
}
# Most messages of a job have one of a few tables: its bytes tell types, sizes and strides only.
LARGEST_REMEMBERED = 1 << 10
_remembered_views = lru_cache(maxsize=256)(read_views)
# In the place of a tensor that cannot be read, so that the payload's indices stay what they are.
NO_TENSOR = Tensor(ScalarType.uint8, [0], b"")


def write_table(tensors: Iterable[Tensor]) -> tuple[bytes, list[memoryview]]:
    """Return the table of a message that has these tensors, and the buffers that it names.

    The buffers are views of the tensors' memory. A tensor that is there twice is written once and
    referred to, as by libtorch.
    Raises EncodeError for a tensor of another device, which libtorch without a device map refuses
    too, and for ints that require gradients.
    """
    writer = PickleWriter()
    buffers: list[memoryview] = []
    writer.begin_packed(BUILD_TENSORLIST)
    for tensor in tensors:
        if tensor.device.type != "cpu":
            raise EncodeError(f"expected a tensor on the cpu, got one on {tensor.device}")
        if tensor.requires_grad and tensor.dtype in WITHOUT_GRADIENTS:
            raise EncodeError(f"torch has no gradients of {tensor.dtype.name}")
        # Of all keys of the memo, this one alone is an int.
        if not writer.refer(id(tensor)):
            _write_tensor(writer, tensor, len(buffers))
            buffers.append(tensor.data)
    writer.end_packed()
    writer.payload += opcodes.STOP
    return bytes(writer.payload), buffers


def _write_tensor(writer: PickleWriter, tensor: Tensor, buffer: int) -> None:
    writer.name(REBUILD_TENSOR)
    writer.payload += opcodes.MARK
    writer.payload += opcodes.MARK
    writer.string("storage")
    writer.name(GLOBALS[tensor.dtype])
    writer.string(str(buffer))
    writer.string("cpu")
    writer.integer(len(tensor.data) // tensor.dtype.itemsize)
    writer.payload += opcodes.TUPLE + opcodes.BINPERSID
    writer.put(("storage", buffer))
    writer.integer(0)  # the offset
    for numbers in (tensor.sizes, strides_of(tensor.sizes)):
        writer.payload += opcodes.MARK
        for number in numbers:
            writer.integer(number)
        writer.payload += opcodes.TUPLE
    writer.payload += opcodes.NEWTRUE if tensor.requires_grad else opcodes.NEWFALSE
    writer.name(ORDERED_DICT)  # of hooks, always empty
    writer.payload += opcodes.EMPTY_TUPLE + opcodes.REDUCE
    writer.payload += opcodes.TUPLE + opcodes.REDUCE
    writer.put(id(tensor))


class ReadTable(NamedTuple):
    """What was read: the tensors, and why some of them could not be read, or None.

    NO_TENSOR is in the place of those. Where the pickle as a whole cannot be read, there are as
    many of them as the message has buffers.
    """

    tensors: tuple[Tensor, ...]
    error: DecodeError | None


def read_table(
    table: bytes, buffers: Sequence[memoryview], limits: Limits = DEFAULT_LIMITS
) -> ReadTable:
    """Read the table of a message whose buffers have come.

    A tensor that is contiguous is a view of its buffer; all others are copied. Sparse and quantized
    tensors cannot be read, and others that libtorch builds with functions of their own.
    """
    read = _remembered_views if len(table) <= LARGEST_REMEMBERED else read_views
    try:
        views = read(table, limits.dimensions)
    except DecodeError as error:
        return ReadTable((NO_TENSOR,) * len(buffers), error)
    reading = _Tensors(buffers, limits)
    tensors = tuple([reading.tensor(view) for view in views])
    return ReadTable(tensors, reading.error)


class _Tensors:
    """The tensors of a message that is being read."""

    def __init__(self, buffers: Sequence[memoryview], limits: Limits) -> None:
        self.buffers = buffers
        self.left_to_copy = limits.unfolded + BYTES_PER_ROW * sum(map(len, buffers))
        self.made: dict[int, Tensor] = {}  # by the identity of the view
        self.error: DecodeError | None = None

    def tensor(self, view: View | Unread) -> Tensor:
        """Return the tensor of a view, or NO_TENSOR."""
        tensor = self.made.get(id(view))
        if tensor is None:
            try:
                tensor = self._of_view(view)
            except RRefProtoError as error:
                tensor = NO_TENSOR
                if self.error is None:
                    self.error = error.as_decode_error("the table of tensors")
            self.made[id(view)] = tensor
        return tensor

    def _of_view(self, view: View | Unread) -> Tensor:
        if isinstance(view, Unread):
            raise DecodeError(f"expected a dense tensor, got {view.described()}")
        dtype = DTYPES.get(view.storage.dtype)
        if dtype is None:
            problem = f"expected a storage of a ScalarType, got {view.storage.dtype.name}"
            raise DecodeError(problem)
        if view.requires_grad and dtype in WITHOUT_GRADIENTS:
            raise DecodeError(f"torch has no gradients of {dtype.name}")
        return Tensor(dtype, view.sizes, self._data(view, dtype.itemsize), view.requires_grad)

    def _data(self, view: View, itemsize: int) -> bytes | memoryview:
        storage = self._storage(view.storage, itemsize)
        if 0 in view.sizes:
            return b""
        end = view.offset + last_element(view.sizes, view.strides) + 1
        if end > view.storage.length:
            raise DecodeError(f"expected at most {view.storage.length} elements, got {end}")
        elements = storage[view.offset * itemsize : end * itemsize]
        if is_contiguous(view.sizes, view.strides):
            return elements
        self.left_to_copy -= cost_of(view.sizes, itemsize)
        if self.left_to_copy < 0:
            raise DecodeError("expected views that unfold to no more than the limit, got more")
        return gathered(elements, itemsize, view.sizes, view.strides)

    def _storage(self, storage: Storage, itemsize: int) -> memoryview:
        if storage.device != "cpu":
            raise DecodeError("expected a tensor on the cpu, got one of another device")
        if storage.buffer >= len(self.buffers):
            problem = f"expected one of {len(self.buffers)} buffers, got number {storage.buffer}"
            raise DecodeError(problem)
        buffer = self.buffers[storage.buffer]
        if storage.length * itemsize > len(buffer):
            problem = f"expected {storage.length * itemsize} bytes in a buffer, got {len(buffer)}"
            raise DecodeError(problem)
        return buffer
