"""A set of identifiers that takes little memory."""

from __future__ import annotations

from collections.abc import Iterator

from ..ids import GloballyUniqueId

# How many identifiers one int tells of.
IDENTIFIERS_IN_BLOCK = 1024


class IdentifierSet:
    """A set of identifiers, small where they are dense: each worker counts its own up from 0."""

    def __init__(self) -> None:
        self._bits: dict[tuple[int, int], int] = {}

    def add(self, identifier: GloballyUniqueId) -> None:
        """Put an identifier in."""
        block, bit = divmod(identifier.local_id, IDENTIFIERS_IN_BLOCK)
        key = identifier.created_on, block
        self._bits[key] = self._bits.get(key, 0) | 1 << bit

    def __contains__(self, identifier: GloballyUniqueId) -> bool:
        block, bit = divmod(identifier.local_id, IDENTIFIERS_IN_BLOCK)
        return bool(self._bits.get((identifier.created_on, block), 0) >> bit & 1)

    def gaps(self) -> Iterator[tuple[int, int, int]]:
        """Yield what is missing below each worker's highest number: (worker, first, last)."""
        expected: dict[int, int] = {}
        for (worker, block), left in sorted(self._bits.items()):
            bits = left
            while bits:
                lowest = bits & -bits
                bits ^= lowest
                number = block * IDENTIFIERS_IN_BLOCK + lowest.bit_length() - 1
                if number < 0:
                    continue
                first = expected.get(worker, 0)
                if first < number:
                    yield worker, first, number - 1
                expected[worker] = number + 1
