"""ScalarType: the type of a tensor's elements."""

from __future__ import annotations

import re
from enum import IntEnum

from ..errors import EncodeError


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
        return ITEMSIZE[self]

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return f"ScalarType.{self.name}"


def _itemsize(name: str) -> int:
    """Bytes of one element, by the bits in the dtype's name: float8_e5m2 has 8, bool none."""
    bits = re.search(r"\d+", name)
    return int(bits.group()) // 8 if bits else 1


# In bytes.
ITEMSIZE = {dtype: _itemsize(dtype.name) for dtype in ScalarType}
# By the number in the .proto enum.
SCALAR_TYPES = {int(dtype): dtype for dtype in ScalarType}


def scalar_type_of(name: str, described: str) -> ScalarType:
    """Return the type of a dtype's name. Raises EncodeError, which has it `described`."""
    try:
        return ScalarType[name]
    except KeyError:
        raise EncodeError(
            f"expected a dtype of ScalarType, got {described}", "Tensor.dtype"
        ) from None
