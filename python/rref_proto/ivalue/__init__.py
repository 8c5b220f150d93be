"""IValue: one TorchScript value, with ways from and to Python, and to the generated message."""

from .base import MAX_DEPTH, Kind
from .containers import (
    CLASS_PREFIX,
    ENUM_KINDS,
    EnumHolder,
    GenericDict,
    GenericList,
    RRefForkData,
    ScriptObject,
    check_class_name,
)
from .fields import collect_tensors, serialize_value, value_from_proto, values_from_proto
from .tree import descendants
from .value import IValue, generated_parts
from .write import values_to_proto

__all__ = [
    "CLASS_PREFIX",
    "ENUM_KINDS",
    "MAX_DEPTH",
    "EnumHolder",
    "GenericDict",
    "GenericList",
    "IValue",
    "Kind",
    "RRefForkData",
    "ScriptObject",
    "check_class_name",
    "collect_tensors",
    "descendants",
    "generated_parts",
    "serialize_value",
    "value_from_proto",
    "values_from_proto",
    "values_to_proto",
]
