"""ScalarType, Device and Tensor: a dtype, sizes and bytes, with ways to and from numpy and torch.

A Tensor never copies the memory it is given or the memory it gives. numpy and torch are imported
where a tensor is turned into theirs, and nowhere else.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from google.protobuf.unknown_fields import UnknownFieldSet

from ._check import INT64, check_int, check_type, shorten
from .errors import DecodeError, EncodeError, RRefProtoError
from .v1 import tensor_pb2

if TYPE_CHECKING:
    from numpy import dtype as NumpyDtype  # noqa: N812 - Tensor has attributes of these names
    from numpy import ndarray as NumpyArray  # noqa: N812
    from torch import Tensor as TorchTensor
    from typing_extensions import Buffer

# The longest of c10's names has 13 letters.
DEVICE_TYPE = re.compile(r"[a-zA-Z_]{1,32}")
DEVICE = re.compile(r"([a-zA-Z_]{1,32})(?::(0|[1-9][0-9]{0,2}))?")
DEVICE_INDEX = (0, 127)
REPR_BYTES = 4096


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


@dataclass(frozen=True, slots=True)
class Device:
    """A place that has memory: `type` ("cpu", "cuda") and which of that type, 0 to 127, or None.

    Raises EncodeError where c10 would not take the type or the index.
    Source: the message Device of tensor.proto; libtorch's c10::Device.
    """

    type: str
    index: int | None = None

    def __post_init__(self) -> None:
        check_type(self.type, str, "Device.type")
        if not DEVICE_TYPE.fullmatch(self.type):
            raise EncodeError(
                f"expected 1 to 32 letters and underscores, got {shorten(self.type)}", "Device.type"
            )
        if self.index is not None:
            index = check_int(self.index, DEVICE_INDEX, "Device.index")
            object.__setattr__(self, "index", index)

    @classmethod
    def parse(cls, text: str) -> Device:
        """Read torch's notation, "cuda" or "cuda:3". Raises DecodeError for anything else."""
        match = DEVICE.fullmatch(text)
        if not match or int(match[2] or 0) > DEVICE_INDEX[1]:
            raise DecodeError(f'expected a device such as "cuda:3", got {shorten(text)}')
        return cls(match[1], None if match[2] is None else int(match[2]))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def _proto(self) -> tensor_pb2.Device:
        return tensor_pb2.Device(type=self.type, index=self.index)

    @classmethod
    def _read(cls, proto: tensor_pb2.Device) -> Device:
        return cls(proto.type, proto.index if proto.HasField("index") else None)


CPU = Device("cpu")


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Tensor:
    """A dense tensor.

    `dtype` is a ScalarType, `sizes` the lengths of the dimensions, `data` a memoryview of the
    elements in C order, little-endian, prod(sizes) * dtype.itemsize bytes: a view of whatever
    buffer the tensor was made of, and writable where that is. `requires_grad` and `device` say
    what the sender had.

    Raises EncodeError where data does not fit sizes and dtype.
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
            scalar_type = ScalarType(dtype)
        except ValueError:
            raise EncodeError(
                f"expected a ScalarType, got {shorten(dtype)}", "Tensor.dtype"
            ) from None
        lengths = tuple(check_int(size, (0, INT64[1]), "Tensor.sizes") for size in sizes)
        view = _bytes_view(data)
        expected = _byte_count(lengths, scalar_type.itemsize)
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
        import numpy

        dtype = _numpy_dtype(self.dtype.name)
        try:
            array: NumpyArray[Any, Any] = numpy.ndarray(self.sizes, dtype, self.data)
        except ValueError as error:
            raise EncodeError(f"numpy cannot hold the tensor: {error}", "Tensor.sizes") from None
        return array

    def torch(self) -> TorchTensor:
        """Return a torch tensor on the cpu that shares the memory.

        Where `data` is read-only, nothing may be written to the result: torch has no read-only
        tensors. Raises EncodeError for a dtype that the installed torch does not have, and for
        integers that require gradients.
        """
        import torch

        dtype = getattr(torch, self.dtype.name, None)
        if dtype is None:
            raise EncodeError(f"this torch has no {self.dtype.name}", "Tensor.dtype")
        if not self.data:
            return torch.empty(self.sizes, dtype=dtype, requires_grad=self.requires_grad)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The given buffer is not writable")
            flat = torch.frombuffer(self.data, dtype=dtype)
        if self.requires_grad and not (dtype.is_floating_point or dtype.is_complex):
            raise EncodeError(
                f"torch has no gradients of {self.dtype.name}", "Tensor.requires_grad"
            )
        tensor: TorchTensor = flat.reshape(self.sizes)
        return tensor.requires_grad_(self.requires_grad)

    @classmethod
    def from_numpy(cls, array: NumpyArray[Any, Any]) -> Tensor:
        """Make a tensor of a numpy array: a view where it is C-contiguous and little-endian.

        Raises EncodeError for a dtype that no ScalarType stands for.
        """
        import numpy

        check_type(array, numpy.ndarray, "Tensor.from_numpy")
        dtype = _scalar_type(array.dtype.name, f"numpy's {array.dtype}")
        packed = numpy.asarray(array, _numpy_dtype(dtype.name), order="C")
        return cls(dtype, array.shape, packed.reshape(-1).view(numpy.uint8))

    @classmethod
    def from_torch(cls, tensor: TorchTensor) -> Tensor:
        """Make a tensor of a torch tensor: a view where it is contiguous and on the cpu.

        Raises EncodeError for a tensor without plain strided memory: sparse, quantized, meta.
        """
        import torch

        check_type(tensor, torch.Tensor, "Tensor.from_torch")
        name = str(tensor.dtype).removeprefix("torch.")
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta:
            kind = "quantized" if tensor.is_quantized else str(tensor.layout)
            kind = "meta" if tensor.is_meta else kind
            raise EncodeError(f"expected a dense tensor with memory, got a {kind} one", "Tensor")
        dtype = _scalar_type(name, f"torch's {name}")
        try:
            plain = tensor.detach().resolve_conj().resolve_neg().cpu().contiguous()
            # A dimension of one element may have any stride and be contiguous all the same.
            flat = plain.as_strided((plain.numel(),), (1,))
            data = flat.view(torch.uint8).numpy() if plain.numel() else b""
        except (RuntimeError, NotImplementedError) as error:  # nested, functional and other kinds
            raise EncodeError(f"expected a tensor with memory: {error}", "Tensor") from None
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
        data = repr(bytes(self.data)) if size <= REPR_BYTES else f"<{size} bytes>"
        more = f", {self.requires_grad}" if self.requires_grad or self.device != CPU else ""
        more += f", {self.device!r}" if self.device != CPU else ""
        return f"Tensor({self.dtype!r}, {self.sizes!r}, {data}{more})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Tensor._of_wire, (b"".join(self._wire()), bytes(self.data))

    @classmethod
    def _of_wire(cls, fields: bytes, data: Buffer) -> Tensor:
        """Make a tensor of what `_wire` gave, and of its data."""
        return cls._read(tensor_pb2.Tensor.FromString(fields), data)

    def _wire(self) -> tuple[bytes, bytes]:
        """Serialize the fields before `data`, and those after it: .proto message Tensor."""
        head = tensor_pb2.Tensor(dtype=int(self.dtype), sizes=self.sizes)  # type: ignore[arg-type]
        device = None if self.device == CPU else self.device._proto()
        tail = tensor_pb2.Tensor(requires_grad=self.requires_grad, device=device)
        return head.SerializeToString(), tail.SerializeToString() + self._unknown

    def _fill(self, proto: tensor_pb2.Tensor) -> None:
        """Set every field of a new generated message, to which the data is copied."""
        proto.MergeFromString(b"".join(self._wire()))
        proto.data = bytes(self.data)

    @classmethod
    def _read(cls, proto: tensor_pb2.Tensor, data: Buffer) -> Tensor:
        """Make a tensor of a generated message, whose own `data` is ignored, and of `data`."""
        try:
            device = Device._read(proto.device) if proto.HasField("device") else CPU
            tensor = cls(proto.dtype, proto.sizes, data, proto.requires_grad, device)  # type: ignore[arg-type]
        except RRefProtoError as error:
            raise DecodeError(error.problem, error.where) from None
        if len(UnknownFieldSet(proto)):
            for field in tensor_pb2.Tensor.DESCRIPTOR.fields:
                proto.ClearField(field.name)
            _set_unknown(tensor, proto.SerializeToString())
        return tensor


# The slots' own setters: the class is frozen for everybody else.
_set_dtype, _set_sizes, _set_data, _set_requires_grad, _set_device, _set_unknown = (
    Tensor.__dict__[name].__set__ for name in Tensor.__slots__
)


def _bytes_view(data: Buffer) -> memoryview:
    """Return `data` as a flat view of its bytes."""
    try:
        view = memoryview(data)
    except TypeError:
        raise TypeError(
            f"Tensor.data: expected a bytes-like object, got {type(data).__name__}"
        ) from None
    if not view.nbytes:
        return memoryview(b"")
    if not view.c_contiguous:
        raise EncodeError("expected a C-contiguous buffer", "Tensor.data")
    return view.cast("B")


def _byte_count(sizes: tuple[int, ...], itemsize: int) -> int:
    """Return the size of the elements in bytes, refusing what no machine can address."""
    count = itemsize
    for size in sizes:
        count *= size or 1  # an empty tensor may not hide an overflow either
        if count > INT64[1]:
            raise EncodeError("expected less than 2**63 bytes in all", "Tensor.sizes")
    return 0 if 0 in sizes else count


def _scalar_type(name: str, described: str) -> ScalarType:
    try:
        return ScalarType[name]
    except KeyError:
        raise EncodeError(f"no ScalarType stands for {described}", "Tensor.dtype") from None


def _numpy_dtype(name: str) -> NumpyDtype[Any]:
    """Return numpy's little-endian dtype of torch's `name`, from ml_dtypes where numpy has none."""
    import numpy

    if name == "complex32":
        raise EncodeError("numpy has no complex32; use torch()", "Tensor.dtype")
    if name == "bfloat16" or name.startswith("float8"):
        import ml_dtypes

        name = getattr(ml_dtypes, name)
    dtype: NumpyDtype[Any] = numpy.dtype(name).newbyteorder("<")
    return dtype
