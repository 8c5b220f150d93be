"""ScalarType, Device and Tensor: a dtype, sizes and bytes, with ways to and from numpy and torch.

A Tensor copies neither the memory that it is made of nor the memory that it hands out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from math import prod
from typing import TYPE_CHECKING, Any

from ._arrays import (
    data_of_numpy,
    data_of_torch,
    dtype_of_numpy,
    dtype_of_torch,
    to_numpy,
    to_torch,
)
from ._check import INT64_RANGE, check_int, check_items, check_str, check_type
from ._text import short_repr
from ._wire import (
    PARSE_ERRORS,
    bytes_view,
    not_parsed,
    replace_field,
    tag,
    unknown_fields,
    varint,
)
from .errors import DecodeError, EncodeError, RRefProtoError
from .v1 import tensor_pb2

if TYPE_CHECKING:
    from numpy import ndarray as NumpyArray  # noqa: N812 - Tensor has attributes of these names
    from torch import Tensor as TorchTensor
    from typing_extensions import Buffer

DATA_FIELD = tensor_pb2.Tensor.DATA_FIELD_NUMBER
DATA_TAG = tag(DATA_FIELD)
# The longest of c10's names has 13 letters.
DEVICE_TYPE = re.compile(r"[a-zA-Z_]{1,32}")
DEVICE = re.compile(r"([a-zA-Z_]{1,32})(?::(0|[1-9][0-9]{0,2}))?")
DEVICE_INDEX_RANGE = (0, 127)
SIZE_RANGE = (0, INT64_RANGE[1])
# A repr has the data of a tensor of so many bytes, and can then be pasted back.
LARGEST_REPR_DATA = 4096


class ScalarType(IntEnum):
    """The type of a tensor's elements, by torch's name for the dtype.

    Source: the enum ScalarType of tensor.proto; libtorch's c10::ScalarType.
    """

    bool = 1
    uint8 = 2
    uint16 = 3
    uint32 = 4
    uint64 = 5
    int8 = 6
    int16 = 7
    int32 = 8
    int64 = 9
    float16 = 10
    bfloat16 = 11
    float32 = 12
    float64 = 13
    complex32 = 14
    complex64 = 15
    complex128 = 16
    float8_e4m3fn = 17
    float8_e4m3fnuz = 18
    float8_e5m2 = 19
    float8_e5m2fnuz = 20
    float8_e8m0fnu = 21

    @property
    def itemsize(self) -> int:
        """The size of one element in bytes."""
        return _ITEMSIZE[self]

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return f"ScalarType.{self.name}"


def _itemsize(name: str) -> int:
    """Bytes of one element, by the bits in the dtype's name: float8_e5m2 has 8, bool none."""
    bits = re.search(r"\d+", name)
    return int(bits.group()) // 8 if bits else 1


_ITEMSIZE = {dtype: _itemsize(dtype.name) for dtype in ScalarType}
_SCALAR_TYPES = {int(dtype): dtype for dtype in ScalarType}


@dataclass(frozen=True, slots=True)
class Device:
    """A place that has memory: `type` ("cpu", "cuda") and which of that type, 0 to 127, or None.

    Raises EncodeError where c10 would not take the type or the index. Fields of a later version are
    kept, but neither repr nor dataclasses.replace has them.
    Source: the message Device of tensor.proto; libtorch's c10::Device.
    """

    type: str
    index: int | None = None
    # Fields of a later version, as they were read.
    _unknown: bytes = field(default=b"", init=False, repr=False)

    def __post_init__(self) -> None:
        device_type = check_str(self.type, "Device.type")
        if not DEVICE_TYPE.fullmatch(device_type):
            problem = f"expected 1 to 32 letters and underscores, got {short_repr(device_type)}"
            raise EncodeError(problem, "Device.type")
        object.__setattr__(self, "type", device_type)
        if self.index is not None:
            index = check_int(self.index, DEVICE_INDEX_RANGE, "Device.index")
            object.__setattr__(self, "index", index)

    @classmethod
    def parse(cls, text: str) -> Device:
        """Read torch's notation, "cuda" or "cuda:3". Raises DecodeError for any other text."""
        check_type(text, str, "Device.parse")
        match = DEVICE.fullmatch(text)
        if not match or int(match[2] or 0) > DEVICE_INDEX_RANGE[1]:
            raise DecodeError(f'expected a device such as "cuda:3", got {short_repr(text)}')
        return cls(match[1], None if match[2] is None else int(match[2]))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def _to_proto(self, proto: tensor_pb2.Device) -> None:
        """Set every field of `proto`, a new generated Device."""
        proto.MergeFromString(self._unknown)
        proto.type = self.type
        if self.index is not None:
            proto.index = self.index

    @classmethod
    def _from_proto(cls, proto: tensor_pb2.Device) -> Device:
        """Read a generated Device. Raises EncodeError where c10 would not take it."""
        device = cls(proto.type, proto.index if proto.HasField("index") else None)
        if unknown := unknown_fields(proto):
            object.__setattr__(device, "_unknown", unknown)
        return device


CPU = Device("cpu")
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
        expected = _byte_count(lengths, _ITEMSIZE[scalar_type])
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
        dtype = _scalar_type(dtype_of_numpy(array), f"numpy's {array.dtype}")
        return cls(dtype, array.shape, data_of_numpy(array, dtype.name))

    @classmethod
    def from_torch(cls, tensor: TorchTensor) -> Tensor:
        """Make a tensor of a torch tensor: a view where it is contiguous and on the cpu.

        Raises EncodeError for a tensor without plain strided memory: sparse, quantized, meta.
        """
        name = dtype_of_torch(tensor)
        dtype, data = _scalar_type(name, f"torch's {name}"), data_of_torch(tensor)
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
        head = tensor_pb2.Tensor(dtype=int(self.dtype), sizes=self.sizes)  # type: ignore[arg-type]
        tail = tensor_pb2.Tensor(requires_grad=self.requires_grad)
        if self.device != CPU:
            self.device._to_proto(tail.device)
        return head.SerializeToString(), tail.SerializeToString() + self._unknown

    @classmethod
    def _from_proto(cls, proto: tensor_pb2.Tensor, data: Buffer) -> Tensor:
        """Make a tensor of a generated message, whose own `data` is ignored, and of `data`."""
        view = memoryview(data)
        sizes = tuple(proto.sizes[:])  # a slice takes half the time
        dtype = _SCALAR_TYPES.get(proto.dtype)
        # Most tensors are seen to be valid at once. The constructor says what is wrong with others.
        if (
            dtype
            and (not sizes or min(sizes) > 0)
            and len(view) == prod(sizes) * _ITEMSIZE[dtype]
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


class TensorTable(dict[int, tuple[int, Tensor]]):
    """The tensors of a message that is being made: each of them once, known by its index.

    By the identity of a tensor, its index and the tensor. It is a dict because nothing in Python is
    made faster.
    """

    def index(self, tensor: Tensor) -> int:
        """Return the tensor's index in the table, to which it is added if it is new."""
        return self.setdefault(id(tensor), (len(self), tensor))[0]

    def tensors(self) -> tuple[Tensor, ...]:
        """Return all tensors by their index."""
        return tuple([tensor for _, tensor in self.values()])


def table_of(tensors: Iterable[Tensor]) -> TensorTable:
    """Return the table of a message that has these tensors."""
    table = TensorTable()
    for tensor in tensors:
        table.index(tensor)
    return table


def tensor_to_parts(tensor: Tensor) -> list[bytes | memoryview]:
    """Return buffers whose concatenation is the wire bytes of a tensor, `data` as it is."""
    head, tail = tensor._fields_around_data()
    if tensor.data:
        head += DATA_TAG + varint(len(tensor.data))
    return [head, tensor.data, tail]


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


def _scalar_type(name: str, described: str) -> ScalarType:
    try:
        return ScalarType[name]
    except KeyError:
        raise EncodeError(
            f"expected a dtype of ScalarType, got {described}", "Tensor.dtype"
        ) from None
