"""IValues in the fields of a message, read and checked, and the tensors that they refer to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._wire import serialize
from ..tensor import Tensor, TensorTable, table_of
from ..v1 import ivalue_pb2
from .check import check_required, check_values
from .value import IValue, generated_parts


def serialize_value(value: IValue, tensors: tuple[Tensor, ...]) -> bytes:
    """Serialize a value for a message whose table is `tensors`."""
    proto, own = generated_parts(value)
    if own and own is not tensors:
        proto = ivalue_pb2.IValue()
        value._to_proto(proto, table_of(tensors))
    return serialize(proto)


def values_from_proto(protos: Any, tensors: tuple[Tensor, ...], field: str) -> tuple[IValue, ...]:
    """Check the repeated field `field` of generated IValues; return views of them.

    `tensors` are the message's. Raises RRefProtoError with the path to the value that is invalid.
    """
    protos = protos[:]  # iterating over a list takes less than over a repeated field
    check_values(protos, len(tensors), field)
    return tuple([IValue._from_proto(proto, tensors) for proto in protos])


def value_from_proto(parent: Any, field: str, tensors: tuple[Tensor, ...]) -> IValue:
    """Check the required field `field`, a generated IValue; return a view of it.

    `tensors` are the message's. Raises RRefProtoError with the path to what is invalid.
    """
    check_required(parent, field, len(tensors))
    return IValue._from_proto(getattr(parent, field), tensors)


def collect_tensors(values: Sequence[IValue]) -> tuple[Tensor, ...]:
    """Return each Tensor inside `values` once, in the order in which they are met."""
    if len(values) == 1:
        return values[0].tensors()
    table = TensorTable()
    for value in values:
        for tensor in value.tensors():
            table.index(tensor)
    return table.tensors()
