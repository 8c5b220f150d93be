"""Checks of values that another worker sent: what the constructors would refuse is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import DecodeError, EncodeError, RRefProtoError
from ..tensor import Device
from .base import KIND_OF_FIELD, MAX_DEPTH
from .containers import ENUM_KINDS, RRefForkData, check_class_name
from .tree import is_deeper

# Checks what a field of the oneof holds: its content, how many tensors the message has, and how
# many levels of messages of the value are around it.
Check = Callable[[Any, int, int], None]


def check_value(proto: Any, tensor_count: int, level: int = 0) -> None:
    """Raise RRefProtoError, with the path to what is invalid, unless `proto` is a valid IValue.

    `tensor_count` is the number of tensors in the message, `level` that of the messages around
    `proto` that belong to the same value.
    """
    check_field(proto, proto.WhichOneof("kind"), tensor_count, level)


def check_field(proto: Any, field: str | None, tensor_count: int, level: int) -> None:
    """Check a generated IValue by its field of the oneof, as `check_value` does."""
    if field is None:
        raise DecodeError("expected a value of a kind that this version knows, found none")
    check = CHECKS.get(field)
    if check is not None:
        # Only a value with values inside is deep. The last levels are counted one by one.
        if level > MAX_DEPTH - 6 and is_deeper(proto, MAX_DEPTH - level):
            raise EncodeError(f"expected at most {MAX_DEPTH} levels of nesting, got more")
        try:
            check(getattr(proto, field), tensor_count, level + 2)
        except RRefProtoError as error:
            raise error.within(field) from None


def check_values(protos: Any, tensor_count: int, name: str, level: int = 0) -> None:
    """Check each value of the repeated field `name`."""
    index = 0
    try:
        for index, proto in enumerate(protos):  # noqa: B007 - the error says which it was
            field = proto.WhichOneof("kind")
            if field not in ALWAYS_VALID:
                check_field(proto, field, tensor_count, level)
    except RRefProtoError as error:
        raise error.within(f"{name}[{index}]") from None


def check_required(parent: Any, name: str, tensor_count: int, level: int = 0) -> None:
    """Check the value in the field `name`, which must be there."""
    if not parent.HasField(name):
        raise DecodeError("expected an IValue, found none", name)
    try:
        check_value(getattr(parent, name), tensor_count, level)
    except RRefProtoError as error:
        raise error.within(name) from None


def _tensor(index: int, tensor_count: int, _: int) -> None:
    if index >= tensor_count:
        raise DecodeError(f"expected an index into {tensor_count} tensors, got {index}")


def _tensor_list(content: Any, tensor_count: int, level: int) -> None:
    _tensor(max(content.tensor_indices, default=-1), tensor_count, level)


def _elements(content: Any, tensor_count: int, level: int) -> None:
    check_values(content.elements, tensor_count, "elements", level)


def _dict(content: Any, tensor_count: int, level: int) -> None:
    index = 0
    try:
        for index, entry in enumerate(content.entries):  # noqa: B007 - as above
            # Most entries need no more: this line is the speed of large dicts.
            if entry.key.WhichOneof("kind") not in ALWAYS_VALID:
                check_required(entry, "key", tensor_count, level + 1)
            if entry.value.WhichOneof("kind") not in ALWAYS_VALID:
                check_required(entry, "value", tensor_count, level + 1)
    except RRefProtoError as error:
        raise error.within(f"entries[{index}]") from None


def _object(content: Any, tensor_count: int, level: int) -> None:
    check_class_name(content.type, "type")
    if content.HasField("state"):
        if content.attributes:
            raise DecodeError("expected attributes or a state, got both")
        check_required(content, "state", tensor_count, level)
    index = 0
    try:
        for index, attribute in enumerate(content.attributes):  # noqa: B007 - as above
            check_required(attribute, "value", tensor_count, level + 1)
    except RRefProtoError as error:
        raise error.within(f"attributes[{index}]") from None


def _enum(content: Any, tensor_count: int, level: int) -> None:
    check_class_name(content.type, "type")
    check_required(content, "value", tensor_count, level)
    kind = KIND_OF_FIELD[content.value.WhichOneof("kind")]
    if kind not in ENUM_KINDS:
        raise DecodeError(f"expected an int, a float or a str, got {kind}", "value")


def _device(content: Any, *_: int) -> None:
    Device._from_proto(content)


def _rref(content: Any, *_: int) -> None:
    RRefForkData._from_proto(content)


# By field. What protobuf's parser has accepted needs no more in the others.
CHECKS: dict[str, Check] = {
    "tensor_index": _tensor,
    "tuple_value": _elements,
    "tensor_list": _tensor_list,
    "list_value": _elements,
    "dict_value": _dict,
    "device_value": _device,
    "object_value": _object,
    "enum_value": _enum,
    "rref_value": _rref,
}
ALWAYS_VALID = KIND_OF_FIELD.keys() - CHECKS.keys()
