"""TensorTable: the tensors of a message that is being made."""

from __future__ import annotations

from collections.abc import Iterable

from .tensor import Tensor


class TensorTable(dict[int, tuple[int, Tensor]]):
    """The tensors of a message that is being made: each of them once, known by its index.

    The keys are the ids of the tensors, the values their index and the tensor. It is a dict since
    Python makes no other object in less time.
    """

    def index(self, tensor: Tensor) -> int:
        """Return the tensor's index in the table, to which it is added if it is new."""
        return self.setdefault(id(tensor), (len(self), tensor))[0]

    def tensors(self) -> tuple[Tensor, ...]:
        """Return all tensors by their index."""
        return tuple([tensor for _, tensor in self.values()])


def table_of(tensors: Iterable[Tensor]) -> TensorTable:
    """Return the table of a message that has these tensors."""
    table = TensorTable()
    for tensor in tensors:
        table.index(tensor)
    return table
