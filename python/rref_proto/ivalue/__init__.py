"""IValue: one TorchScript value, with ways from and to Python, and to the generated message."""

from .base import MAX_DEPTH, Kind
from .containers import (
    CLASS_PREFIX,
    EnumHolder,
    GenericDict,
    GenericList,
    RRefForkData,
    ScriptObject,
)
from .proto import (
    Indices,
    value_from_proto,
    value_to_proto,
    values_from_proto,
    values_to_proto,
)
from .tree import children_of, collect_tensors
from .value import IValue

__all__ = [
    "CLASS_PREFIX",
    "MAX_DEPTH",
    "EnumHolder",
    "GenericDict",
    "GenericList",
    "IValue",
    "Indices",
    "Kind",
    "RRefForkData",
    "ScriptObject",
    "children_of",
    "collect_tensors",
    "value_from_proto",
    "value_to_proto",
    "values_from_proto",
    "values_to_proto",
]
