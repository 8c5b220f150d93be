"""Kind and IValueBase: what the parts of a value need to know of IValue, which is made of them."""

from __future__ import annotations

from typing import Any, Literal, get_args

from .._check import check_items, wrong_type
from ..tensor import Tensor, TensorTable

# The names of the fields in the .proto message's oneof, but for a tensor, which the schema refers
# to by its index.
Kind = Literal[
    "none_value",
    "tensor_value",
    "double_value",
    "complex_value",
    "int_value",
    "bool_value",
    "string_value",
    "bytes_value",
    "tuple_value",
    "int_list",
    "double_list",
    "bool_list",
    "tensor_list",
    "list_value",
    "dict_value",
    "device_value",
    "object_value",
    "enum_value",
    "rref_value",
]
ALL_KINDS: tuple[Kind, ...] = get_args(Kind)
# By the name of a field in the oneof, the kind.
KIND_OF_FIELD: dict[str, Kind] = {
    "tensor_index" if kind == "tensor_value" else kind: kind for kind in ALL_KINDS
}

# How many levels of protobuf messages a value may have. Four messages are around it in a recorded
# ScriptRemoteCall, and a parser that counts the outermost message allows 100 levels.
MAX_DEPTH = 96


class IValueBase:
    """Base of IValue alone. The containers hold values of it, and IValue holds containers."""

    __slots__ = ()

    def __init__(self, *_: Any, **__: Any) -> None:
        raise TypeError("IValueBase is a base class: expected IValue")

    @property
    def kind(self) -> Kind:
        """The kind, such as "int_list"."""
        raise NotImplementedError

    @property
    def value(self) -> Any:
        """The value."""
        raise NotImplementedError

    @property
    def byte_size(self) -> int:
        """How many bytes the value takes in a message, tensors' data not counted."""
        raise NotImplementedError

    @property
    def type(self) -> str:
        """TorchScript's annotation of the value's type, such as "List[int]"."""
        raise NotImplementedError

    def tensors(self) -> tuple[Tensor, ...]:
        """Return each tensor inside the value once, in the order in which they are met."""
        raise NotImplementedError

    def _to_proto(self, proto: Any, table: TensorTable) -> None:
        """Set every field of `proto`, a new generated IValue; `table` gives tensors their index."""
        raise NotImplementedError


def check_ivalue(value: Any, where: str) -> None:
    """Raise TypeError unless `value` is an IValue."""
    if not isinstance(value, IValueBase):
        raise wrong_type("an IValue", value, where)


def check_ivalues(values: Any, where: str) -> tuple[Any, ...]:
    """Return `values` as a tuple. Raises TypeError unless each of them is an IValue."""
    checked = check_items(values, where)
    for value in checked:
        if not isinstance(value, IValueBase):
            check_ivalue(value, where)
    return checked
