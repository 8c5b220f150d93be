"""The type of a value, told by its generated message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def annotation_of(proto: Any) -> str:
    """Return TorchScript's annotation of the type of a generated IValue."""
    field = proto.WhichOneof("kind")
    found = ANNOTATIONS[field]
    return found if isinstance(found, str) else found(getattr(proto, field))


# By the field of the oneof, the annotation, or how to tell it by what the field holds.
ANNOTATIONS: dict[str, str | Callable[[Any], str]] = {
    "none_value": "NoneType",
    "tensor_index": "Tensor",
    "double_value": "float",
    "complex_value": "complex",
    "int_value": "int",
    "bool_value": "bool",
    "string_value": "str",
    "bytes_value": "str",
    "tuple_value": lambda content: (
        f"Tuple[{', '.join(map(annotation_of, content.elements)) or '()'}]"
    ),
    "int_list": "List[int]",
    "double_list": "List[float]",
    "bool_list": "List[bool]",
    "tensor_list": "List[Tensor]",
    "list_value": lambda content: content.type,
    "dict_value": lambda content: content.type,
    "device_value": "Device",
    "object_value": lambda content: content.type,
    "enum_value": lambda content: content.type,
    "rref_value": lambda content: f"RRef[{content.type_str}]",
}
