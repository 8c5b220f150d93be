"""What this package does with protobuf's wire format itself.

Generated code copies every bytes field. So a tensor's memory is taken out of the message before
protobuf's parser sees it, and put back after its serializer has written the rest. The parser gets
everything else as it came, in its order and at its place, and judges it. Fields of a later version
are kept as the bytes that they came in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from google.protobuf.message import DecodeError as ProtobufDecodeError
from google.protobuf.message import EncodeError as ProtobufEncodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from ._check import wrong_type
from .errors import DecodeError, EncodeError, RRefProtoError

if TYPE_CHECKING:
    from google.protobuf.message import Message as GeneratedMessage
    from typing_extensions import Buffer

_Item = TypeVar("_Item")

LENGTH_DELIMITED = 2
# In bytes. A shorter varint can be padded to so many; the C and C++ parsers refuse more.
LONGEST_TAG = LONGEST_LENGTH = 5
LARGEST_TAG = 2**32 - 1
# What protobuf allows a message to have in all, in bytes.
MAX_SIZE = 2**31 - 1
# What protobuf's parser raises: the first in both of its backends for Python, the others in the
# pure one.
PARSE_ERRORS = (ProtobufDecodeError, RecursionError, UnicodeDecodeError)

# The varints of one byte, by their value.
_SHORT_VARINTS = [bytes([value]) for value in range(0x80)]


def varint(value: int) -> bytes:
    """Encode a non-negative integer."""
    if value < 0x80:
        return _SHORT_VARINTS[value]
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def read_varint(buffer: memoryview, position: int, longest: int = 10) -> tuple[int, int]:
    """Decode the varint at `position`, of at most `longest` bytes; return it and where it ends.

    It is cut to 64 bits.
    """
    if position < len(buffer) and buffer[position] < 0x80:  # as most tags and lengths are
        return buffer[position], position + 1
    value = shift = 0
    for end in range(position, min(position + longest, len(buffer))):
        byte = buffer[end]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, end + 1
        shift += 7
    raise DecodeError("expected a varint, got its beginning only or too many bytes")


@cache
def tag(field: int) -> bytes:
    """Encode the tag of a length-delimited field."""
    return varint(field << 3 | LENGTH_DELIMITED)


def length_delimited(field: int, content: bytes) -> bytes:
    """Encode a length-delimited field."""
    size = len(content)
    # A call less for most: small messages are made of small fields.
    return tag(field) + (_SHORT_VARINTS[size] if size < 0x80 else varint(size)) + content


def replace_field(
    buffer: memoryview, field: int, replacement: Callable[[memoryview], bytes]
) -> bytes:
    """Return a copy of a message that has other contents in the length-delimited field `field`.

    Each occurrence is replaced by what `replacement` returns for a view of its content. What is
    inside a group, or has that number and another wire type, is another field.
    Raises DecodeError where the message ends inside a field, or where a tag or a length has more
    bytes than protobuf's parsers in C and C++ accept.
    """
    copy = bytearray()
    size, position, copied, groups = len(buffer), 0, 0, 0
    while position < size:
        start = position
        key = buffer[start]
        # Most tags and lengths are one byte. A call for each of them would cost most of the time.
        if key < 0x80:
            position += 1
        else:
            key, position = read_varint(buffer, position, LONGEST_TAG)
        wire_type = key & 7
        if wire_type == 0:
            _, position = read_varint(buffer, position)
        elif wire_type == LENGTH_DELIMITED:
            if position < size and buffer[position] < 0x80:
                length, position = buffer[position], position + 1
            else:
                length, position = read_varint(buffer, position, LONGEST_LENGTH)
            end = position + length
            if end <= size and key >> 3 == field and not groups:
                content = replacement(buffer[position:end])
                copy += buffer[copied:start]
                copy += length_delimited(field, content)
                copied = end
            position = end
        elif wire_type == 1:
            position += 8
        elif wire_type == 5:
            position += 4
        elif wire_type == 3:
            groups += 1
        elif wire_type == 4:
            groups -= 1
        if wire_type > 5 or position > size or key > LARGEST_TAG:
            raise DecodeError(f"expected a whole field at byte {start}, got its beginning only")
    copy += buffer[copied:]
    return bytes(copy)


def too_large(size: int, described: str) -> EncodeError:
    """Return the error for a message of more than MAX_SIZE bytes."""
    return EncodeError(f"expected at most {MAX_SIZE} bytes, got {size} bytes of {described}")


def serialize(proto: GeneratedMessage) -> bytes:
    """Serialize a generated message. Raises EncodeError for more than protobuf's 2 GiB."""
    try:
        return proto.SerializeToString()
    except (ProtobufEncodeError, ValueError, MemoryError) as error:
        raise EncodeError(f"expected at most {MAX_SIZE} bytes: {error}", "body") from None


def bytes_view(buffer: Buffer, where: str) -> memoryview:
    """Return a view of the bytes of `buffer`; TypeError where it has no plain ones."""
    try:
        view = memoryview(buffer)
        if not view.nbytes:
            return memoryview(b"")
        # A released view fails at any use; an array of dates cannot be made a view at all.
        if view.c_contiguous:
            return view.cast("B")
    except (TypeError, ValueError, BufferError):
        raise wrong_type("a bytes-like object", buffer, where) from None
    raise TypeError(f"{where}: expected a C-contiguous buffer")


def not_parsed(message: str, error: Exception) -> DecodeError:
    """Return the error for bytes that protobuf's parser refuses as `message`, for PARSE_ERRORS."""
    return DecodeError(f"expected the wire bytes of a {message}: {error}")


def read_repeated(
    read: Callable[[Any], _Item], protos: Sequence[Any], field: str
) -> tuple[_Item, ...]:
    """Read the elements of a repeated field. An error says which of them is not valid."""
    if not protos:
        return ()
    items: list[_Item] = []
    try:
        for proto in protos:
            items.append(read(proto))  # noqa: PERF401 - its length says where
    except RRefProtoError as error:
        raise error.within(f"{field}[{len(items)}]") from None
    return tuple(items)


def unknown_fields(proto: GeneratedMessage) -> bytes:
    """Return the fields of `proto` that this version of the schema does not know, as they came."""
    if not len(UnknownFieldSet(proto)):
        return b""
    unknown = type(proto)()
    unknown.CopyFrom(proto)
    for known in unknown.DESCRIPTOR.fields:
        unknown.ClearField(known.name)
    return unknown.SerializeToString()
