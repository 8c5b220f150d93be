"""The values inside a value."""

from __future__ import annotations

from collections.abc import Iterable

from ..tensor import Tensor
from .kinds import KINDS
from .value import IValue


def children_of(ivalue: IValue) -> Iterable[IValue]:
    """Return the values directly inside `ivalue`, in the order in which they are written."""
    return KINDS[ivalue.kind].children(ivalue.value)


def collect_tensors(values: Iterable[IValue]) -> tuple[Tensor, ...]:
    """Return each Tensor inside `values` once, in the order in which they are met.

    A value that is in several places is visited once, so that a small value with many references
    takes no long time.
    """
    tensors: dict[int, Tensor] = {}
    visited: set[int] = set()

    def visit(ivalue: IValue) -> None:
        if ivalue.kind == "tensor_value":
            tensors.setdefault(id(ivalue.value), ivalue.value)
        elif ivalue.kind == "tensor_list":
            for tensor in ivalue.value:
                tensors.setdefault(id(tensor), tensor)
        elif id(ivalue) not in visited:
            visited.add(id(ivalue))
            for child in children_of(ivalue):
                visit(child)

    for value in values:
        visit(value)
    return tuple(tensors.values())
