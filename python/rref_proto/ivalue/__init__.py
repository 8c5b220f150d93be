"""IValue: one TorchScript value, with ways from and to Python, and to the generated message."""

from .base import Kind
from .containers import (
    CLASS_PREFIX,
    EnumHolder,
    GenericDict,
    GenericList,
    RRefForkData,
    ScriptObject,
)
from .proto import Indices, values_from_proto, values_to_proto
from .python_object import SerializedPyObj
from .tree import children_of, collect_tensors
from .value import IValue

__all__ = [
    "CLASS_PREFIX",
    "EnumHolder",
    "GenericDict",
    "GenericList",
    "IValue",
    "Indices",
    "Kind",
    "RRefForkData",
    "ScriptObject",
    "SerializedPyObj",
    "children_of",
    "collect_tensors",
    "values_from_proto",
    "values_to_proto",
]
