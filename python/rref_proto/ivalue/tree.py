"""The parts of a value's generated message: the values inside it, its tensors, its depth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..tensor import Tensor, TensorTable


def _of_dict(content: Any) -> Iterator[Any]:
    for entry in content.entries:
        yield entry.key
        yield entry.value


def _of_object(content: Any) -> Iterator[Any]:
    if content.HasField("state"):
        yield content.state
    else:
        for attribute in content.attributes:
            yield attribute.value


# By the field of a kind that has values inside, how to find them in what the field holds.
CHILDREN: dict[str, Callable[[Any], Iterable[Any]]] = {
    "tuple_value": lambda content: content.elements,
    "list_value": lambda content: content.elements,
    "dict_value": _of_dict,
    "object_value": _of_object,
    "enum_value": lambda content: (content.value,),
}


def children(proto: Any) -> Iterable[Any]:
    """Return the generated IValues directly inside `proto`, in the order in which they are."""
    field = proto.WhichOneof("kind")
    find = CHILDREN.get(field)
    return find(getattr(proto, field)) if find else ()


def descendants(proto: Any) -> Iterator[Any]:
    """Yield `proto` and every generated IValue inside it, in the order in which they are."""
    rest = [proto]
    while rest:
        each = rest.pop()
        yield each
        rest += reversed(list(children(each)))


def tensors_inside(proto: Any, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return each tensor that `proto` refers to once, in the order in which they are met."""
    if proto.WhichOneof("kind") == "tensor_index":  # as most values with tensors are
        return tensors if len(tensors) == 1 else (tensors[proto.tensor_index],)
    table = TensorTable()
    for each in descendants(proto):
        field = each.WhichOneof("kind")
        if field == "tensor_index":
            table.index(tensors[each.tensor_index])
        elif field == "tensor_list":
            for index in each.tensor_list.tensor_indices:
                table.index(tensors[index])
    return table.tensors()


def renumber(proto: Any, tensors: tuple[Tensor, ...], index_of: Callable[[Tensor], int]) -> None:
    """Give each tensor in `proto` the index that `index_of` has for it."""
    for each in descendants(proto):
        field = each.WhichOneof("kind")
        if field == "tensor_index":
            each.tensor_index = index_of(tensors[each.tensor_index])
        elif field == "tensor_list":
            indices = each.tensor_list.tensor_indices
            indices[:] = [index_of(tensors[index]) for index in indices]


def is_deeper(message: Any, levels: int) -> bool:
    """Return whether a generated message has more than `levels` levels, its own included."""
    if levels < 1:
        return True
    for field, content in message.ListFields():
        if field.message_type is None:
            continue
        parts = (content,) if hasattr(content, "ListFields") else content
        if any(is_deeper(part, levels - 1) for part in parts):
            return True
    return False
