"""A set of identifiers that takes little memory."""

from __future__ import annotations

from collections.abc import Iterator

# How many numbers one int tells of.
NUMBERS_IN_BLOCK = 1024


class IdentifierSet:
    """A set of pairs of a worker and a number, small where the numbers are dense.

    Each worker counts its identifiers up from 0, and so it does its requests.
    """

    def __init__(self) -> None:
        # By worker, then by block: a sender cannot choose numbers that have one hash.
        self._blocks: dict[int, dict[int, int]] = {}

    def add(self, worker: int, number: int) -> None:
        """Put a pair in."""
        block, bit = divmod(number, NUMBERS_IN_BLOCK)
        blocks = self._blocks.setdefault(worker, {})
        blocks[block] = blocks.get(block, 0) | 1 << bit

    def __contains__(self, pair: tuple[int, int]) -> bool:
        block, bit = divmod(pair[1], NUMBERS_IN_BLOCK)
        return bool(self._blocks.get(pair[0], {}).get(block, 0) >> bit & 1)

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
