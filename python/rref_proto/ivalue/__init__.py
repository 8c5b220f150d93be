"""IValue: one TorchScript value, with ways from and to Python, and to the generated message."""

from .proto import Indices, children_of, collect_tensors, read_values, write_values
from .value import (
    CLASS_PREFIX,
    EnumHolder,
    GenericDict,
    GenericList,
    IValue,
    RRefForkData,
    ScriptObject,
    SerializedPyObj,
)

__all__ = [
    "CLASS_PREFIX",
    "EnumHolder",
    "GenericDict",
    "GenericList",
    "IValue",
    "Indices",
    "RRefForkData",
    "ScriptObject",
    "SerializedPyObj",
    "children_of",
    "collect_tensors",
    "read_values",
    "write_values",
]
