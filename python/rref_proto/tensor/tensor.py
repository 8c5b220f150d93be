"""Tensor: a dtype, sizes and bytes, with ways to and from numpy and torch.

A Tensor copies neither the memory that it is made of nor the memory that it hands out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any

from .._arrays import (
    data_of_numpy,
    data_of_torch,
    dtype_of_numpy,
    dtype_of_torch,
    to_numpy,
    to_torch,
)
from .._check import INT64_RANGE, check_int, check_items, check_type
from .._text import short_repr
from .._wire import (
    PARSE_ERRORS,
    bytes_view,
    not_parsed,
    replace_field,
    tag,
    unknown_fields,
    varint,
)
from ..errors import EncodeError, RRefProtoError
from ..v1 import tensor_pb2
from .device import CPU, Device
from .scalar_type import ITEMSIZE, SCALAR_TYPES, ScalarType, scalar_type_of

if TYPE_CHECKING:
    from numpy import ndarray as NumpyArray  # noqa: N812 - Tensor has attributes of these names
    from torch import Tensor as TorchTensor
    from typing_extensions import Buffer

DATA_FIELD = tensor_pb2.Tensor.DATA_FIELD_NUMBER
DATA_TAG = tag(DATA_FIELD)
SIZE_RANGE = (0, INT64_RANGE[1])
# What has more dimensions is not kept in memory.
CACHED_DIMENSIONS = 8
# A repr has the data of a tensor of so many bytes, and can then be pasted back.
LARGEST_REPR_DATA = 4096


_new = object.__new__


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Tensor:
    """A dense tensor.

    `dtype` is a ScalarType, `sizes` the lengths of the dimensions, `data` a memoryview of the
    elements in C order, little-endian, prod(sizes) * dtype.itemsize bytes: a view of whatever
    buffer the tensor was made of, and writable where that is. `requires_grad` and `device` say
    what the sender had.

    Raises EncodeError where data does not fit sizes and dtype. Fields of a later version are kept,
    but repr does not have them.
    Source: the message Tensor of tensor.proto; libtorch's at::Tensor.
    """

    dtype: ScalarType
    sizes: tuple[int, ...]
    data: memoryview
    requires_grad: bool
    device: Device
    _unknown: bytes

    __match_args__ = ("dtype", "sizes", "data", "requires_grad", "device")

    def __init__(
        self,
        dtype: ScalarType,
        sizes: Iterable[int],
        data: Buffer,
        requires_grad: bool = False,
        device: Device = CPU,
    ) -> None:
        check_type(requires_grad, bool, "Tensor.requires_grad")
        check_type(device, Device, "Tensor.device")
        try:
            scalar_type = dtype if type(dtype) is ScalarType else ScalarType(dtype)
        except ValueError:
            raise EncodeError(
                f"expected a ScalarType, got {short_repr(dtype)}", "Tensor.dtype"
            ) from None
        lengths = check_items(sizes, "Tensor.sizes")
        if not all(type(size) is int and 0 <= size <= INT64_RANGE[1] for size in lengths):
            lengths = tuple(check_int(size, SIZE_RANGE, "Tensor.sizes") for size in lengths)
        view = bytes_view(data, "Tensor.data")
        expected = _byte_count(lengths, ITEMSIZE[scalar_type])
        if len(view) != expected:
            raise EncodeError(
                f"expected {expected} bytes for {scalar_type.name}{list(lengths)}, got {len(view)}",
                "Tensor.data",
            )
        _set_dtype(self, scalar_type)
        _set_sizes(self, lengths)
        _set_data(self, view)
        _set_requires_grad(self, requires_grad)
        _set_device(self, device)
        _set_unknown(self, b"")

    def numpy(self) -> NumpyArray[Any, Any]:
        """Return a numpy array of the same memory, read-only where `data` is.

        bfloat16 and float8 take the dtypes of the package ml_dtypes.
        Raises EncodeError for complex32, which numpy lacks, and for more dimensions than it has.
        """
        return to_numpy(self.dtype.name, self.sizes, self.data)

    def torch(self) -> TorchTensor:
        """Return a torch tensor on the cpu that shares the memory.

        Where `data` is read-only, nothing may be written to the result: torch has no read-only
        tensors. Raises EncodeError for a dtype that the installed torch does not have, and for
        integers that require gradients.
        """
        return to_torch(self.dtype.name, self.sizes, self.data, self.requires_grad)

    @classmethod
    def from_numpy(cls, array: NumpyArray[Any, Any]) -> Tensor:
        """Make a tensor of a numpy array: a view where it is C-contiguous and little-endian.

        Raises EncodeError for a dtype that is none of ScalarType.
        """
        dtype = scalar_type_of(dtype_of_numpy(array), f"numpy's {array.dtype}")
        return cls(dtype, array.shape, data_of_numpy(array, dtype.name))

    @classmethod
    def from_torch(cls, tensor: TorchTensor) -> Tensor:
        """Make a tensor of a torch tensor: a view where it is contiguous and on the cpu.

        Raises EncodeError for a tensor without plain strided memory: sparse, quantized, meta.
        """
        name = dtype_of_torch(tensor)
        dtype, data = scalar_type_of(name, f"torch's {name}"), data_of_torch(tensor)
        device = Device(tensor.device.type, tensor.device.index)
        return cls(dtype, tuple(tensor.shape), data, tensor.requires_grad, device)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tensor):
            return NotImplemented
        return self is other or (self._key() == other._key() and self.data == other.data)

    def __hash__(self) -> int:
        try:
            return hash((self._key(), self.data))
        except ValueError:
            raise TypeError("unhashable tensor: its memory can be written") from None

    def _key(self) -> tuple[object, ...]:
        return (self.dtype, self.sizes, self.requires_grad, self.device, self._unknown)

    def __repr__(self) -> str:
        size = len(self.data)
        data = repr(bytes(self.data)) if size <= LARGEST_REPR_DATA else f"<{size} bytes>"
        more = f", {self.requires_grad}" if self.requires_grad or self.device != CPU else ""
        more += f", {self.device!r}" if self.device != CPU else ""
        return f"Tensor({self.dtype!r}, {self.sizes!r}, {data}{more})"

    def __reduce__(self) -> tuple[Any, ...]:
        head, tail = self._fields_around_data()
        return _read_parts, (head + tail, bytes(self.data))

    def _to_proto(self, proto: tensor_pb2.Tensor) -> None:
        """Set every field of `proto`, a new generated Tensor, to which the data is copied."""
        proto.dtype = self.dtype  # type: ignore[assignment]
        proto.sizes.extend(self.sizes)
        proto.data = bytes(self.data)
        if self.requires_grad:
            proto.requires_grad = True
        if self.device is not CPU and self.device != CPU:
            self.device._to_proto(proto.device)
        if self._unknown:
            proto.MergeFromString(self._unknown)

    def _fields_around_data(self) -> tuple[bytes, bytes]:
        """Serialize the fields before `data`, and those after it."""
        make_head = _head if len(self.sizes) <= CACHED_DIMENSIONS else _head.__wrapped__
        head = make_head(self.dtype, self.sizes)
        if self.device is CPU and not self.requires_grad:
            return head, self._unknown
        tail = tensor_pb2.Tensor(requires_grad=self.requires_grad)
        if self.device != CPU:
            self.device._to_proto(tail.device)
        return head, tail.SerializeToString() + self._unknown

    @classmethod
    def _from_proto(cls, proto: tensor_pb2.Tensor, data: Buffer) -> Tensor:
        """Make a tensor of a generated message, whose own `data` is ignored, and of `data`."""
        view = memoryview(data)
        sizes = tuple(proto.sizes[:])  # a slice takes half the time
        dtype = SCALAR_TYPES.get(proto.dtype)
        # Most tensors are seen to be valid at once. The constructor says what is wrong with others.
        if (
            dtype
            and (not sizes or min(sizes) > 0)
            and len(view) == prod(sizes) * ITEMSIZE[dtype]
            and not proto.HasField("device")
        ):
            tensor = _new(cls)
            _set_dtype(tensor, dtype)
            _set_sizes(tensor, sizes)
            _set_data(tensor, view)
            _set_requires_grad(tensor, proto.requires_grad)
            _set_device(tensor, CPU)
            _set_unknown(tensor, unknown_fields(proto))
            return tensor
        try:
            device = Device._from_proto(proto.device) if proto.HasField("device") else CPU
            tensor = cls(dtype or proto.dtype, sizes, view, proto.requires_grad, device)  # type: ignore[arg-type]
        except RRefProtoError as error:
            raise error.as_decode_error() from None
        _set_unknown(tensor, unknown_fields(proto))
        return tensor


def tensor_to_parts(tensor: Tensor) -> list[bytes | memoryview]:
    """Return buffers whose concatenation is the wire bytes of a tensor, `data` as it is.

    The first is bytes. None of the others is empty.
    """
    head, tail = tensor._fields_around_data()
    if not tensor.data:
        return [head + tail]
    head += DATA_TAG + varint(len(tensor.data))
    return [head, tensor.data, tail] if tail else [head, tensor.data]


def take_data_out(encoded: memoryview) -> tuple[bytes, memoryview]:
    """Return the wire bytes of a Tensor with nothing in `data`, and a view of what was in it.

    Raises DecodeError where the bytes end inside a field.
    """
    data = memoryview(b"")

    def take(content: memoryview) -> bytes:
        nonlocal data
        data = content  # of several occurrences the last one counts
        return b""

    return replace_field(encoded, DATA_FIELD, take), data


def _read_parts(fields: bytes, data: Buffer) -> Tensor:
    """Make a tensor of the wire bytes of all other fields, and of its data."""
    try:
        return Tensor._from_proto(tensor_pb2.Tensor.FromString(fields), data)
    except PARSE_ERRORS as error:
        raise not_parsed("Tensor", error) from None


@lru_cache(maxsize=1024)
def _head(dtype: ScalarType, sizes: tuple[int, ...]) -> bytes:
    """Serialize the fields before `data`. Most tensors of a job have one of a few shapes."""
    return tensor_pb2.Tensor(dtype=int(dtype), sizes=sizes).SerializeToString()  # type: ignore[arg-type]


# The class is frozen, so attributes are set by the slots' own setters.
_set_dtype, _set_sizes, _set_data, _set_requires_grad, _set_device, _set_unknown = (
    Tensor.__dict__[name].__set__ for name in Tensor.__slots__
)


def _byte_count(sizes: tuple[int, ...], itemsize: int) -> int:
    """Return the size of the elements in bytes, refusing what no machine can address."""
    count = itemsize
    for size in sizes:
        count *= size or 1  # an empty tensor may not hide an overflow either
        if count > INT64_RANGE[1]:
            raise EncodeError("expected less than 2**63 bytes in all", "Tensor.sizes")
    return 0 if 0 in sizes else count
