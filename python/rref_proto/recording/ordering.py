"""In which order the records of several recordings come, told by their outlines alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from .identity import Role
from .outline import NOBODY, Outline, number_pairs, number_records
from .timestamp import SECOND

# Messages that say the same, but at times that differ by more, are of two jobs: the second one was
# started again, and counts its ids from 0 again. To start takes longer than clocks differ.
LARGEST_DIFFERENCE = 10 * SECOND


class Step(NamedTuple):
    """The next record of a recording is the next of all, or a copy of one that came before."""

    recording: int
    is_copy: bool


class _Place:
    """How far the order has come in one recording. What comes next in it is its head."""

    def __init__(self, index: int, outline: Outline) -> None:
        self.index = index
        self.outline = outline
        self.position = 0

    @property
    def is_at_end(self) -> bool:
        return self.position == len(self.outline)

    @property
    def time(self) -> int:
        """The time of the head."""
        return self.outline.time_of(self.position)

    @property
    def record(self) -> int:
        """The number of the head."""
        return self.outline.records[self.position]

    @property
    def pair(self) -> int:
        """The number of the pair that the head belongs to, if it has a role in one."""
        return self.outline.pairs[self.position]

    @property
    def is_response(self) -> bool:
        return self.outline.roles[self.position] == Role.RESPONSE


class _Queue:
    """Heads, the earliest first; of equal times that of the earlier recording."""

    def __init__(self, places: Sequence[_Place]) -> None:
        self._places = places
        self._heap: list[tuple[int, int, int]] = []

    def add(self, place: _Place) -> None:
        """Add the head of a recording."""
        if len(self._heap) > 2 * len(self._places):
            self._heap = sorted({each for each in self._heap if self._is_head(*each)})
        heappush(self._heap, (place.time, place.index, place.position))

    def take(self) -> _Place | None:
        """Take the first; None where there is none."""
        while self._heap:
            entry = heappop(self._heap)
            if self._is_head(*entry):
                return self._places[entry[1]]
        return None

    def _is_head(self, _time: int, index: int, position: int) -> bool:
        """Whether this is still a head: it may have gone by as a copy, or by another queue."""
        return self._places[index].position == position


class Ordering:
    """Puts the records of several recordings in one order; merging.py tells by which rules."""

    def __init__(self, outlines: Sequence[Outline]) -> None:
        # By the number of a record: how many copies are to come, heads included. A head is free
        # when they all are heads, since then no recording has something before it.
        self._to_come = number_records(outlines)
        self._has_come = bytearray(len(self._to_come))
        # By the number of a pair: who has its request, NOBODY once that has come.
        self._requested_in = number_pairs(outlines)
        self._places = [_Place(index, outline) for index, outline in enumerate(outlines)]
        # By the number of a record: whose head it is.
        self._heads: dict[int, list[_Place]] = {}
        # By the number of a pair: which heads wait for the request.
        self._waiting: dict[int, list[_Place]] = {}
        self._free, self._blocked = _Queue(self._places), _Queue(self._places)

    def steps(self) -> Iterator[Step]:
        """Yield the steps through all recordings."""
        for each in self._places:
            self._arrive(each)
        # Where all wait for one another, the recordings are in contradiction.
        while (place := self._free.take() or self._blocked.take()) is not None:
            record, time = place.record, place.time
            yield Step(place.index, bool(self._has_come[record]))
            self._has_come[record] = True
            copies = self._heads.pop(record)
            self._to_come[record] -= len(copies)
            self._end_waiting(place.pair)
            for each in copies:
                if each is not place:
                    yield Step(each.index, abs(each.time - time) <= LARGEST_DIFFERENCE)
                each.position += 1
                self._arrive(each)

    def _arrive(self, place: _Place) -> None:
        """Sort the new head of a recording in."""
        if place.is_at_end:
            return
        copies = self._heads.setdefault(place.record, [])
        copies.append(place)
        if len(copies) < self._to_come[place.record]:
            self._blocked.add(place)  # another recording has something before this
        else:
            for each in copies:
                self._wait_for_request(each)

    def _wait_for_request(self, place: _Place) -> None:
        if place.is_response and self._requested_in[place.pair] not in (NOBODY, place.index):
            self._waiting.setdefault(place.pair, []).append(place)
            self._blocked.add(place)
        else:
            self._free.add(place)

    def _end_waiting(self, pair: int) -> None:
        """Free the responses that wait for a request, since a message of the pair has come."""
        self._requested_in[pair] = NOBODY
        for each in self._waiting.pop(pair, ()):
            self._free.add(each)
