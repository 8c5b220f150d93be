"""Outlines: of each record of a recording the few numbers by which recordings are merged."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from .identity import Identity, Role
from .timestamp import SECOND

# Hashes are numbered in so many parts, one after the other, to hold only one of them in a dict.
PARTS = 256
# In place of a recording's position: which recordings have the request of a pair.
NOBODY, SEVERAL = -1, -2


class Outline:
    """The numbers of all records of one recording, in their order: 29 bytes for each record."""

    def __init__(self) -> None:
        self._seconds, self._nanoseconds = array("q"), array("i")
        self.roles = bytearray()
        # Hashes, until `number_records` and `number_pairs` replace them by small numbers.
        self.records, self.pairs = array("Q"), array("Q")

    def add(self, time: int, identity: Identity) -> None:
        """Add the next record."""
        seconds, nanoseconds = divmod(time, SECOND)  # together they are more than 64 bits
        self._seconds.append(seconds)
        self._nanoseconds.append(nanoseconds)
        self.records.append(identity.content)
        self.roles.append(identity.role)
        self.pairs.append(identity.pair)

    def __len__(self) -> int:
        return len(self.roles)

    def time_of(self, position: int) -> int:
        """Return the time of a record."""
        return self._seconds[position] * SECOND + self._nanoseconds[position]


def number_records(outlines: Sequence[Outline]) -> array[int]:
    """Give the records of all recordings numbers from 0; return how many each number has.

    The copies in different recordings have one number. What is twice in one recording has two:
    the first one in it is a copy of the first one in the others, the second of the second.
    """
    numbers = _number([outline.records for outline in outlines], repeats_differ=True)
    counts = array("I", bytes(array("I").itemsize * numbers))
    for outline in outlines:
        for number in outline.records:
            counts[number] += 1
    return counts


def number_pairs(outlines: Sequence[Outline]) -> array[int]:
    """Give the pairs numbers from 0; return for each which recording has its request.

    That is the position of the recording, or NOBODY, or SEVERAL.
    """
    numbers = _number([outline.pairs for outline in outlines], repeats_differ=False)
    requested_in = array("i", [NOBODY]) * numbers
    for position, outline in enumerate(outlines):
        for role, pair in zip(outline.roles, outline.pairs, strict=True):
            if role == Role.REQUEST:
                alone = requested_in[pair] in (NOBODY, position)
                requested_in[pair] = position if alone else SEVERAL
    return requested_in


def _number(columns: Sequence[array[int]], *, repeats_differ: bool) -> int:
    """Replace each hash by its number, equal ones by equal ones; return how many there are.

    Where `repeats_differ`, the second of equal ones in one column has another number than the
    first.
    """
    hashes = [array("Q") for _ in range(PARTS)]
    columns_of = [array("I") for _ in range(PARTS)]
    for position, column in enumerate(columns):
        for each in column:
            hashes[each % PARTS].append(each)
            columns_of[each % PARTS].append(position)
    total = 0
    for part, positions in zip(hashes, columns_of, strict=True):
        total += _number_part(part, positions, total, repeats_differ)
    parts = [iter(part) for part in hashes]
    for column in columns:
        for index, each in enumerate(column):
            column[index] = next(parts[each % PARTS])
    return total


def _number_part(hashes: array[int], columns: array[int], start: int, repeats_differ: bool) -> int:
    """Replace each hash by its number, from `start` on; return how many there are.

    `columns` tells for each hash which column it is of.
    """
    first: dict[int, int] = {}
    # By a hash: the column where it was last, and the number that it had there.
    last: dict[int, tuple[int, int]] = {}
    # By a number, without `start`: that of the next repeat, or 0, which repeats nothing.
    next_repeat = array("I")
    for index, (column, each) in enumerate(zip(columns, hashes, strict=True)):
        number = first.setdefault(each, len(next_repeat))
        if repeats_differ and each in last and last[each][0] == column:
            before = last[each][1]
            number = next_repeat[before] = next_repeat[before] or len(next_repeat)
        if number == len(next_repeat):
            next_repeat.append(0)
        last[each] = column, number
        hashes[index] = start + number
    return len(next_repeat)
