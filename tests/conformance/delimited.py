"""Protobuf's delimited format: before each message is its length, as a varint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, TypeVar

from google.protobuf.message import Message

_Message = TypeVar("_Message", bound=Message)


def write_delimited(file: BinaryIO, messages: Iterable[Message]) -> None:
    """Write `messages` to a binary file."""
    for message in messages:
        wire = message.SerializeToString()
        length = len(wire)
        while length > 0x7F:
            file.write(bytes([length & 0x7F | 0x80]))
            length >>= 7
        file.write(bytes([length]) + wire)


def read_delimited(file: BinaryIO, cls: type[_Message]) -> Iterator[_Message]:
    """Read messages of `cls` from a binary file. Raises EOFError if a message is cut off."""
    while byte := file.read(1):
        length, shift = byte[0] & 0x7F, 7
        while byte and byte[0] & 0x80:
            byte = file.read(1)
            length |= (byte[0] & 0x7F) << shift if byte else 0
            shift += 7
        wire = file.read(length)
        if not byte or len(wire) < length:
            raise EOFError(f"expected a {cls.__name__} of {length} bytes, got {len(wire)}")
        yield cls.FromString(wire)
