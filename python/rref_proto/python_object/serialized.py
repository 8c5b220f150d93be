"""SerializedPyObj: a Python object as PyTorch's RPC sends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._check import check_items, check_type
from ..errors import EncodeError
from ..ivalue import IValue
from ..tensor import Tensor

_set = object.__setattr__  # the class is frozen


@dataclass(frozen=True, slots=True)
class SerializedPyObj:
    """A Python object as PyTorch's RPC sends it: a pickle, and the tensors that it refers to.

    The pickle is never read here: unpickling runs whatever code its sender chose.
    Source: libtorch's SerializedPyObj (torch/csrc/distributed/rpc/types.h).
    """

    payload: bytes
    tensors: tuple[Tensor, ...] = ()

    def __post_init__(self) -> None:
        check_type(self.payload, (bytes, bytearray, memoryview), "SerializedPyObj.payload")
        _set(self, "payload", bytes(self.payload))
        _set(self, "tensors", check_items(self.tensors, "SerializedPyObj.tensors", Tensor))

    def toIValues(self) -> tuple[IValue, ...]:
        """Return the tensors, then the payload: the values of a PythonRRefFetchRet."""
        tensors = tuple(IValue("tensor_value", tensor) for tensor in self.tensors)
        return (*tensors, IValue("bytes_value", self.payload))

    @classmethod
    def fromIValues(cls, values: Sequence[IValue]) -> SerializedPyObj:
        """Read back what `toIValues` returned. Raises EncodeError for any other values."""
        values = check_items(values, "SerializedPyObj.fromIValues", IValue)
        if not values or values[-1].kind not in {"bytes_value", "string_value"}:
            last = values[-1].kind if values else "nothing"
            raise EncodeError(f"expected a pickle as the last value, got {last}", "values")
        for index, value in enumerate(values[:-1]):
            if value.kind != "tensor_value":
                raise EncodeError(f"expected a Tensor, got {value.kind}", f"values[{index}]")
        payload = values[-1].value
        payload = payload if isinstance(payload, bytes) else payload.encode()
        return cls(payload, tuple(value.value for value in values[:-1]))
