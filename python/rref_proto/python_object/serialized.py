"""SerializedPyObj: a Python object as PyTorch's RPC sends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._check import check_items
from .._wire import bytes_view
from ..errors import EncodeError
from ..ivalue import IValue, RRefForkData
from ..tensor import Tensor
from .plain import make_plain
from .reader import read_pickle
from .writer import write_pickle

_set = object.__setattr__  # the class is frozen


@dataclass(frozen=True, slots=True)
class SerializedPyObj:
    """A Python object as PyTorch's RPC sends it: a pickle, and the tensors that it refers to.

    The pickle is never unpickled: that runs whatever code its sender chose. A reader of this
    package's own, which imports and runs nothing, finds the RRefs in it, and its value where all of
    it is plain data: None, bool, int, float, complex, str, bytes, bytearray, list, tuple, dict,
    set, frozenset, Tensor, RRefForkData, PythonUDF and PythonRemoteException.
    Source: libtorch's SerializedPyObj (torch/csrc/distributed/rpc/types.h).
    """

    payload: bytes
    tensors: tuple[Tensor, ...] = ()

    def __post_init__(self) -> None:
        if type(self.payload) is not bytes:
            _set(self, "payload", bytes(bytes_view(self.payload, "SerializedPyObj.payload")))
        _set(self, "tensors", check_items(self.tensors, "SerializedPyObj.tensors", Tensor))

    @classmethod
    def from_python(cls, value: Any) -> SerializedPyObj:
        """Make the pickle that PyTorch's own RPC would make of plain data.

        Raises TypeError where a part of it is of no type listed above (a subclass is another type),
        EncodeError where it contains itself or is nested too deep.
        """
        return cls(*write_pickle(value))

    def to_python(self) -> Any:
        """Return the value as plain Python.

        Raises DecodeError, saying what was found and at which byte, where a part of it is no plain
        data, contains itself, is nested too deep, or where the pickle is no valid one.
        """
        pickle = read_pickle(self.payload)
        if pickle.unlike_plain_data:
            raise pickle.unlike_plain_data
        return make_plain(pickle.value, self.tensors, len(self.payload))

    def rrefs(self) -> tuple[RRefForkData, ...]:
        """Return the RRefs that the pickle passes on, each once, as they are met in it.

        Whatever else is in the pickle is skipped. Raises DecodeError where it is no valid pickle.
        """
        return read_pickle(self.payload).forks

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
