"""ScalarType, Device and Tensor: dtype, sizes and bytes, with ways to and from numpy and torch."""

from .device import Device
from .scalar_type import ScalarType
from .table import TensorTable, table_of
from .tensor import Tensor, take_data_out, tensor_to_parts

__all__ = [
    "Device",
    "ScalarType",
    "Tensor",
    "TensorTable",
    "table_of",
    "take_data_out",
    "tensor_to_parts",
]
