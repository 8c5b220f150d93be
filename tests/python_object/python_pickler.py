"""Python's own pickler, with objects that refer to PyTorch's internal classes, without PyTorch."""

from __future__ import annotations

import copyreg
import pickle
import sys
from io import BytesIO
from types import ModuleType
from typing import Any, NamedTuple

from rref_proto import RRefForkData, Tensor

INTERNAL = "torch.distributed.rpc.internal"


class _InternalRPCPickler:
    """Has the methods that a pickle names."""

    @classmethod
    def _tensor_receiver(cls, index: int) -> None: ...

    @classmethod
    def _py_rref_receiver(cls, data: tuple[Any, ...]) -> None: ...


class PythonUDF(NamedTuple):
    """A call of a Python function."""

    func: Any
    args: Any
    kwargs: Any


class RemoteException(NamedTuple):
    """What a Python function raised."""

    msg: str
    exception_type: type


for _each in (_InternalRPCPickler, PythonUDF, RemoteException):
    _each.__module__ = INTERNAL
    _each.__qualname__ = _each.__name__


def _reduce_rref(fork: RRefForkData) -> tuple[Any, ...]:
    rref, identifier = fork.rref_id, fork.fork_id
    ids = rref.created_on, rref.local_id, identifier.created_on, identifier.local_id
    data = (fork.owner_id, *ids, fork.parent, fork.type_str)
    return _InternalRPCPickler._py_rref_receiver, (data,)


def pickled(value: Any, protocol: int = 4) -> bytes:
    """Pickle a value as PyTorch's RPC does, its RRefs and tensors among them."""
    tensors: list[Tensor] = []

    def reduce_tensor(tensor: Tensor) -> tuple[Any, ...]:
        tensors.append(tensor)
        return _InternalRPCPickler._tensor_receiver, (len(tensors) - 1,)

    output = BytesIO()
    pickler = pickle.Pickler(output, protocol)
    own = {RRefForkData: _reduce_rref, Tensor: reduce_tensor}
    pickler.dispatch_table = {**copyreg.dispatch_table, **own}
    # The pickler imports a class by its name, to see that it finds the same one.
    module: Any = ModuleType(INTERNAL)
    module.__dict__.update(
        {each.__name__: each for each in (_InternalRPCPickler, PythonUDF, RemoteException)}
    )
    packages = {name: ModuleType(name) for name in ("torch", "torch.distributed")}
    before = dict(sys.modules)
    sys.modules.update(
        {**packages, "torch.distributed.rpc": ModuleType(INTERNAL), INTERNAL: module}
    )
    try:
        pickler.dump(value)
    finally:
        sys.modules.clear()
        sys.modules.update(before)
    return output.getvalue()
