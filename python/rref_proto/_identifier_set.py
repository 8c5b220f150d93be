"""A set of identifiers that takes little memory."""

from __future__ import annotations

from collections.abc import Iterator

from .ids import GloballyUniqueId

# How many numbers one int tells of.
NUMBERS_IN_BLOCK = 1024


class IdentifierSet:
    """A set of identifiers, small where they are dense: each worker counts its own up from 0."""

    def __init__(self) -> None:
        # By worker, then by block: a sender cannot choose numbers that have one hash.
        self._blocks: dict[int, dict[int, int]] = {}

    def add(self, identifier: GloballyUniqueId) -> None:
        """Put an identifier in."""
        self.add_number(identifier.created_on, identifier.local_id)

    def add_number(self, worker: int, number: int) -> bool:
        """Put in what a worker has given this number; return whether it was not in before."""
        blocks = self._blocks.get(worker)
        if blocks is None:
            blocks = self._blocks[worker] = {}
        block, bit = number // NUMBERS_IN_BLOCK, 1 << number % NUMBERS_IN_BLOCK
        before = blocks.get(block, 0)
        blocks[block] = before | bit
        return not before & bit

    def has(self, identifier: GloballyUniqueId) -> bool:
        """Tell whether an identifier is in the set."""
        blocks = self._blocks.get(identifier.created_on)
        if blocks is None:
            return False
        number = identifier.local_id
        return bool(blocks.get(number // NUMBERS_IN_BLOCK, 0) >> number % NUMBERS_IN_BLOCK & 1)

    def workers(self) -> set[int]:
        """Return the workers that have numbers in the set."""
        return set(self._blocks)

    def count(self, worker: int) -> int:
        """Return how many numbers of a worker are in the set."""
        return sum(bits.bit_count() for bits in self._blocks.get(worker, {}).values())

    def gaps(self) -> Iterator[tuple[int, int, int]]:
        """Yield what is missing below each worker's highest number: (worker, first, last)."""
        for worker, blocks in sorted(self._blocks.items()):
            expected = 0
            for block, left in sorted(blocks.items()):
                bits = left
                while bits:
                    lowest = bits & -bits
                    bits ^= lowest
                    number = block * NUMBERS_IN_BLOCK + lowest.bit_length() - 1
                    if number < 0:
                        continue
                    if expected < number:
                        yield worker, expected, number - 1
                    expected = number + 1
