"""The one thing of protobuf's wire format done here: cutting a large field out of a message.

Generated code copies every bytes field. So a tensor's memory is cut out of the message before
protobuf's parser sees it, and put back after its serializer has written the rest. The parser gets
everything else as it came, in its order, and judges it.
"""

from __future__ import annotations

from collections.abc import Callable

from .errors import DecodeError, EncodeError

LENGTH_DELIMITED = 2
# What protobuf allows a message to have in all.
MAX_SIZE = 2**31 - 1


def varint(value: int) -> bytes:
    """Encode a non-negative integer."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def read_varint(buffer: memoryview, position: int) -> tuple[int, int]:
    """Decode the varint at `position`; return it, cut to 64 bits, and where it ends."""
    if position < len(buffer) and buffer[position] < 0x80:  # as most tags and lengths are
        return buffer[position], position + 1
    value = shift = 0
    for end in range(position, min(position + 10, len(buffer))):
        byte = buffer[end]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, end + 1
        shift += 7
    raise DecodeError("expected a varint, got its beginning only or too many bytes")


def tag(field: int) -> bytes:
    """Encode the tag of a length-delimited field."""
    return varint(field << 3 | LENGTH_DELIMITED)


def cut(buffer: memoryview, field: int, take: Callable[[memoryview], object]) -> bytes:
    """Take all occurrences of the length-delimited field number `field` out of a message.

    Calls `take` with a view of the content of each, and returns a copy of the rest. Fields of
    that number but another wire type, or inside a group, stay in the rest.
    Raises DecodeError where the message ends inside a field.
    """
    rest = bytearray()
    size, position, kept, groups = len(buffer), 0, 0, 0
    while position < size:
        start = position
        key, position = read_varint(buffer, position)
        wire_type = key & 7
        if wire_type == 0:
            _, position = read_varint(buffer, position)
        elif wire_type == LENGTH_DELIMITED:
            length, position = read_varint(buffer, position)
            if length <= size - position and key >> 3 == field and not groups:
                rest += buffer[kept:start]
                take(buffer[position : position + length])
                kept = position + length
            position += length
        elif wire_type == 1:
            position += 8
        elif wire_type == 5:
            position += 4
        elif wire_type == 3:
            groups += 1
        elif wire_type == 4:
            groups -= 1
        if wire_type > 5 or position > size:
            raise DecodeError(f"expected a whole field at byte {start}, got its beginning only")
    rest += buffer[kept:]
    return bytes(rest)


def check_size(size: int, described: str) -> None:
    """Raise EncodeError where a message of `size` bytes is more than protobuf allows."""
    if size > MAX_SIZE:
        raise EncodeError(f"expected at most {MAX_SIZE} bytes, got {size} bytes of {described}")
