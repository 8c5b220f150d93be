"""What this package does with protobuf's wire format itself.

Generated code copies every bytes field. So a tensor's memory is cut out of the message before
protobuf's parser sees it, and put back after its serializer has written the rest. The parser gets
everything else as it came, in its order, and judges it. Fields of a later version are kept as the
bytes that they came in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError as ProtobufDecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from ._check import wrong_type
from .errors import DecodeError, EncodeError

if TYPE_CHECKING:
    from google.protobuf.message import Message as GeneratedMessage
    from typing_extensions import Buffer

LENGTH_DELIMITED = 2
# What protobuf allows a message to have in all, in bytes.
MAX_SIZE = 2**31 - 1
# What protobuf's parser raises: the first in both of its backends for Python, the others in the
# pure one.
PARSE_ERRORS = (ProtobufDecodeError, RecursionError, UnicodeDecodeError)


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


def cut_out(buffer: memoryview, field: int, take: Callable[[memoryview], object]) -> bytes:
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


def bytes_view(buffer: Buffer, where: str) -> memoryview:
    """Return a view of the bytes of `buffer`; TypeError where it has no plain ones."""
    try:
        view = memoryview(buffer)
    except TypeError:
        raise wrong_type("a bytes-like object", buffer, where) from None
    if not view.c_contiguous:
        raise TypeError(f"{where}: expected a C-contiguous buffer")
    return view.cast("B") if view.nbytes else memoryview(b"")


def not_parsed(message: str, error: Exception) -> DecodeError:
    """Return the error for bytes that protobuf's parser refuses as `message`, for PARSE_ERRORS."""
    return DecodeError(f"expected the wire bytes of a {message}: {error}")


def unknown_fields(proto: GeneratedMessage) -> bytes:
    """Return the fields of `proto` that this version of the schema does not know, as they came."""
    if not len(UnknownFieldSet(proto)):
        return b""
    unknown = type(proto)()
    unknown.CopyFrom(proto)
    for known in unknown.DESCRIPTOR.fields:
        unknown.ClearField(known.name)
    return unknown.SerializeToString()
