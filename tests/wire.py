"""The parts of protobuf's encoding that tests write by hand."""

from __future__ import annotations


def varint(value: int) -> bytes:
    """Encode a number from 0 to 2**64 - 1."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def length_delimited(number: int, content: bytes) -> bytes:
    """Encode the field `number`: its tag, the length of its content, and the content."""
    return varint(number << 3 | 2) + varint(len(content)) + content
