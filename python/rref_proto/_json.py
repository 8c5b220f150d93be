"""Protobuf's JSON mapping of generated messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from google.protobuf import json_format

from ._check import check_type
from .errors import DecodeError

if TYPE_CHECKING:
    from google.protobuf.message import Message as GeneratedMessage

_Generated = TypeVar("_Generated", bound="GeneratedMessage")

# What json and json_format raise for one or another malformed document.
PARSE_ERRORS = (json_format.Error, ValueError, TypeError, ArithmeticError, RecursionError)


def to_json(proto: GeneratedMessage, indent: int | None) -> str:
    """Return the JSON of a generated message; on one line unless `indent` is given."""
    return str(json_format.MessageToJson(proto, indent=indent))


def parse_json(text: str | bytes, proto: _Generated, where: str) -> _Generated:
    """Set the fields of `proto`, which is new, to those in JSON, and return it.

    Raises DecodeError where the text is no JSON of such a message, TypeError where it is no text.
    """
    check_type(text, (str, bytes), where)
    expected = f"expected a {proto.DESCRIPTOR.name} in protobuf's JSON"
    try:
        decoded = text if isinstance(text, str) else text.decode()
        json_format.Parse(decoded, proto)
    except PARSE_ERRORS as error:
        raise DecodeError(f"{expected}: {error}") from None
    if not decoded.lstrip().startswith("{"):  # Parse takes an empty list as well
        raise DecodeError(f"{expected}, got no object")
    return proto
