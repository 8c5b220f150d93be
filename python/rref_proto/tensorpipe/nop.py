"""libnop, the part of it that TensorPipe's packets are made of: written and read.

A value begins with a byte that says its type. Lengths and counts are unsigned ints. What is written
has the shortest form of each int, as libnop writes it; any form is read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from struct import Struct
from typing import TYPE_CHECKING, TypeVar

from ..errors import DecodeError

if TYPE_CHECKING:
    from typing_extensions import Buffer

_Item = TypeVar("_Item")
_Key = TypeVar("_Key")

# The first byte of a value. Ints from -64 to 127 are this byte alone.
UNSIGNED = {0x80: Struct("<B"), 0x81: Struct("<H"), 0x82: Struct("<I"), 0x83: Struct("<Q")}
SIGNED = {0x84: Struct("<b"), 0x85: Struct("<h"), 0x86: Struct("<i"), 0x87: Struct("<q")}
SMALLEST, LARGEST = -64, 127
VARIANT, STRUCTURE, ARRAY, MAP, BINARY, STRING, NONE = range(0xB8, 0xBF)
NAMES = {
    VARIANT: "a variant",
    STRUCTURE: "a structure",
    ARRAY: "an array",
    MAP: "a map",
    BINARY: "binary data",
    STRING: "a string",
}

NIL = bytes([NONE])


def unsigned(number: int) -> bytes:
    """Write an unsigned int of at most 64 bits."""
    if number <= LARGEST:
        return bytes([number])
    fitting = (each for each in UNSIGNED.items() if number < 1 << 8 * each[1].size)
    first, form = next(fitting)
    return bytes([first]) + form.pack(number)


def signed(number: int) -> bytes:
    """Write a signed int of at most 64 bits."""
    if SMALLEST <= number <= LARGEST:
        return bytes([number & 0xFF])
    # The bits of the number without its sign, and one for the sign.
    bits = (number if number >= 0 else ~number).bit_length() + 1
    fitting = (each for each in SIGNED.items() if bits <= 8 * each[1].size)
    first, form = next(fitting)
    return bytes([first]) + form.pack(number)


def string(text: str) -> bytes:
    """Write a string."""
    encoded = text.encode()
    return bytes([STRING]) + unsigned(len(encoded)) + encoded


def binary(content: bytes) -> bytes:
    """Write binary data, as which libnop has a vector of ints."""
    return bytes([BINARY]) + unsigned(len(content)) + content


def structure(*members: bytes) -> bytes:
    """Write a structure of members that are written already."""
    return bytes([STRUCTURE]) + unsigned(len(members)) + b"".join(members)


def array(items: Collection[bytes]) -> bytes:
    """Write an array of items that are written already. A pair is an array of two."""
    return bytes([ARRAY]) + unsigned(len(items)) + b"".join(items)


def mapping(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Write a map of keys and values that are written already."""
    written = [key + value for key, value in pairs]
    return bytes([MAP]) + unsigned(len(written)) + b"".join(written)


def variant(index: int, value: bytes) -> bytes:
    """Write a variant: which of its types the value has, and the value, written already."""
    return bytes([VARIANT]) + signed(index) + value


class Reader:
    """The bytes of one value that is being read.

    Each method reads what its name says, and raises DecodeError where something else comes. So
    nothing is made of more than the bytes that are there.
    """

    def __init__(self, data: Buffer, described: str) -> None:
        self.data = bytes(data)
        self.position = 0
        self.described = described

    def error(self, problem: str, position: int) -> DecodeError:
        """Return the error for what begins at a position."""
        return DecodeError(problem, f"byte {position} of the {self.described}")

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        taken = self.data[self.position : self.position + size]
        if len(taken) < size:
            problem = f"expected {size} more bytes, got {len(taken)}"
            raise self.error(problem, self.position)
        self.position += size
        return taken

    def unsigned(self) -> int:
        """Read an unsigned int."""
        first = self.take(1)[0]
        if first <= LARGEST:
            return first
        return self._wide(first, UNSIGNED, "an unsigned int")

    def signed(self) -> int:
        """Read a signed int."""
        first = self.take(1)[0]
        if first <= LARGEST:
            return first
        if first >= SMALLEST & 0xFF:
            return first - 0x100
        return self._wide(first, SIGNED, "a signed int")

    def _wide(self, first: int, forms: dict[int, Struct], described: str) -> int:
        form = forms.get(first)
        if form is None:
            raise self._unexpected(first, described)
        return int(form.unpack(self.take(form.size))[0])

    def string(self) -> str:
        """Read a string."""
        start = self.position
        self._begin(STRING)
        try:
            return self.take(self.unsigned()).decode()
        except UnicodeDecodeError:
            raise self.error("expected text in UTF-8", start) from None

    def binary(self) -> bytes:
        """Read binary data."""
        self._begin(BINARY)
        return self.take(self.unsigned())

    def structure(self, length: int) -> None:
        """Read the beginning of a structure of `length` members. The members come next."""
        self._counted(STRUCTURE, length, "members")

    def pair(self) -> None:
        """Read the beginning of a pair. Its two items come next."""
        self._counted(ARRAY, 2, "items")

    def array(self, read_item: Callable[[Reader], _Item]) -> list[_Item]:
        """Read an array, each item by `read_item`."""
        self._begin(ARRAY)
        return [read_item(self) for _ in range(self._count())]

    def mapping(
        self, read_key: Callable[[Reader], _Key], read_value: Callable[[Reader], _Item]
    ) -> dict[_Key, _Item]:
        """Read a map, each key and value by these functions."""
        self._begin(MAP)
        # Of a key that is there twice, the first value counts, as in C++'s unordered_map.emplace.
        found: dict[_Key, _Item] = {}
        for _ in range(self._count()):
            key = read_key(self)
            found.setdefault(key, read_value(self))
        return found

    def optional(self, read: Callable[[Reader], _Item]) -> _Item | None:
        """Read a value that may be absent."""
        if self.data[self.position : self.position + 1] == NIL:
            self.position += 1
            return None
        return read(self)

    def variant(self) -> int:
        """Read the beginning of a variant: which of its types the value has that comes next."""
        self._begin(VARIANT)
        return self.signed()

    def finish(self) -> None:
        """Raise DecodeError where bytes are left."""
        if left := len(self.data) - self.position:
            raise self.error(f"expected the end, got {left} more bytes", self.position)

    def _begin(self, expected: int) -> None:
        first = self.take(1)[0]
        if first != expected:
            raise self._unexpected(first, NAMES[expected])

    def _unexpected(self, first: int, described: str) -> DecodeError:
        problem = f"expected {described}, got the first byte {first:#04x}"
        return self.error(problem, self.position - 1)

    def _counted(self, expected: int, length: int, described: str) -> None:
        start = self.position
        self._begin(expected)
        count = self.unsigned()
        if count != length:
            raise self.error(f"expected {length} {described}, got {count}", start)

    def _count(self) -> int:
        """Read how many items come next. Each of them has at least one byte."""
        start = self.position
        count, left = self.unsigned(), len(self.data) - self.position
        if count > left:
            raise self.error(f"expected {count} items, got {left} more bytes", start)
        return count
