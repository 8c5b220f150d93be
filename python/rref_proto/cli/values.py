"""What a value is, in a few words: printable text of bounded length, for any value."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from .._text import beginning, end
from ..ivalue import IValue, generated_parts
from ..python_object import SerializedPyObj, name_in
from ..tensor import Tensor

# In characters.
LONGEST_VALUE = 32
# How many of several values or sizes are shown.
MOST_SHOWN = 8
# By the kind of a value, the field of its generated message that has its parts.
PARTS = {
    "tuple_value": "elements",
    "int_list": "values",
    "double_list": "values",
    "bool_list": "values",
    "tensor_list": "tensor_indices",
    "list_value": "elements",
    "dict_value": "entries",
}


def short(text: str) -> str:
    """Return the beginning of a text."""
    return beginning(text, LONGEST_VALUE)


def some_of(texts: Iterable[str]) -> str:
    """Return the first of several texts; "..." is written where there are more."""
    left = iter(texts)
    shown = list(islice(left, MOST_SHOWN))
    return ", ".join(shown if next(left, None) is None else [*shown, "..."])


def describe_value(value: IValue) -> str:
    """Return a small value as it is; of others the type, and how many parts they have."""
    kind = value.kind
    if kind == "tensor_value":
        return describe_tensor(value.value)
    if kind in {"string_value", "bytes_value"}:
        return describe_text(value.value)
    if kind in PARTS:
        content = getattr(generated_parts(value)[0], kind)
        return short(f"{value.type} of {len(getattr(content, PARTS[kind]))}")
    if kind in {"object_value", "enum_value", "rref_value"}:
        return short(value.type)
    return short(str(value.value))


def describe_text(text: str | bytes) -> str:
    """Return the beginning of a text as Python writes it."""
    return short(repr(text[:LONGEST_VALUE]))


def describe_tensor(tensor: Tensor) -> str:
    """Return the type, the sizes and the device of a tensor."""
    where = "" if tensor.device.type == "cpu" else f" on {short(str(tensor.device))}"
    return f"{tensor.dtype.name}[{some_of(map(str, tensor.sizes))}]{where}"


def describe_python(python: SerializedPyObj) -> str:
    """Return the name in a pickle, the size of the pickle, and the tensors beside it."""
    parts = [f"pickle of {len(python.payload)} bytes"]
    if name := name_in(python):
        # Its end tells more than its beginning, which is a package.
        parts.insert(0, end(name, LONGEST_VALUE))
    if python.tensors:
        parts.append(some_of(map(describe_tensor, python.tensors)))
    return ", ".join(parts)
